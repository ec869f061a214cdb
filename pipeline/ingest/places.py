"""Which settings hold, which folder is read, which lists protect, and which sources there are.

In: the settings of the configuration, and perhaps a folder given by the user. Out: `Places`, and
the names of the sources. It must not open an extract.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.contracts.inputs import AGENCIES
from pipeline.errors import ExtractError
from pipeline.ingest.files import joined, listing
from pipeline.settings.ingest import (
    SOURCES_FILE,
    IngestSettings,
    OtherInputs,
    ReadingSettings,
    SourceSettings,
    SuppressionSettings,
    read_sources,
)
from pipeline.settings.places import SHIPPED_CONFIG

KEPT_WITH_FOLDER = ("largest_value_bytes", "largest_faulty_share")
"""What a given folder takes from the configuration where its `sources.toml` is silent."""

NOTHING_SAID = SourceSettings.model_validate({})


@dataclass(frozen=True)
class Protection:
    """What one file says of protected persons.

    Attributes:
        path: of the list; None where the file names none.
        settings: how its hashes are checked.
        reading: how the list is written.
    """

    path: str | None
    settings: SuppressionSettings
    reading: ReadingSettings

    @property
    def is_said(self) -> bool:
        """Whether the file speaks of protected persons at all, and so announces a list."""
        return self.path is not None or bool(self.settings.model_fields_set)


@dataclass(frozen=True)
class Places:
    """Settings, and the folder that holds what they do not place.

    Attributes:
        settings: of the configuration, or of the `sources.toml` beside the extracts.
        root: folder or URL; None where every path is given whole.
        codes: DfE codes of the authorities there are.
        protections: of the configuration and of `sources.toml`, in this order: neither hides the
            other.
    """

    settings: IngestSettings
    root: str | None
    codes: frozenset[str] = field(default_factory=frozenset)
    protections: tuple[Protection, ...] = ()

    def source(self, name: str) -> SourceSettings:
        """What the settings say of a source, its mapping file left aside."""
        sources = self.settings.sources
        return sources.get(name) or sources.get(name.partition("/")[0]) or NOTHING_SAID


def places(settings: IngestSettings, folder: Path | None) -> Places:
    """Where to look: the folder with its own `sources.toml`, or what the settings say.

    A folder given by the user stands in for the settings' sources altogether. Whatever protects
    stays: the settings' list of protected persons is read as well as the folder's own. Limits and
    other inputs that the folder does not have are the settings'.

    Raises:
        ExtractError: the folder is not there.
        SettingsError: its `sources.toml` is wrong.
    """
    if folder is not None and not folder.is_dir():
        raise ExtractError(f"folder '{folder}' is not there; check --extracts")
    root = settings.folder if folder is None else str(folder)
    beside = _beside(root)
    own = (
        _overlaid(settings, beside, ("sources", "default"))
        if folder is None
        else _overlaid(beside, settings, KEPT_WITH_FOLDER)
    )
    own = own.model_copy(update={"other": _either(beside.other, settings.other)})
    protections = tuple(
        Protection(one.other.protected_persons, one.suppression, one.default)
        for one in (settings, beside)
    )
    return Places(own, root, known_authorities(), protections)


def _beside(root: str | None) -> IngestSettings:
    """What the `sources.toml` in a local folder says; nothing where there is none."""
    if root is None or "://" in root or not (Path(root) / SOURCES_FILE).exists():
        return IngestSettings.model_validate({})
    return read_sources(Path(root) / SOURCES_FILE)


def _overlaid(
    settings: IngestSettings, other: IngestSettings, names: Iterable[str]
) -> IngestSettings:
    """Settings, with what they leave unsaid of these names taken from others."""
    unsaid = {name for name in names if name not in settings.model_fields_set}
    return settings.model_copy(update={name: getattr(other, name) for name in unsaid})


def _either(one: OtherInputs, other: OtherInputs) -> OtherInputs:
    """Each input where the first says it is, else where the other says."""
    return one.model_copy(update={name: path for name, path in other if getattr(one, name) is None})


@cache
def known_authorities() -> frozenset[str]:
    """DfE codes of the authorities of England and Wales."""
    path = SHIPPED_CONFIG / "reference" / "local_authorities.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return frozenset(row["dfe_code"] for row in csv.DictReader(file))


def source_names(where: Places) -> list[str]:
    """The sources that the settings name or the folder holds: prison, probation, authorities."""
    named = {name for name in where.settings.sources if name != "childrens_services"}
    if where.root is not None:
        there = listing(where.root)
        named |= {agency for agency in ("prison", "probation") if there.get(agency)}
        folder = joined(where.root, "childrens_services")
        folders = [name for name, is_folder in listing(folder).items() if is_folder]
        named |= {f"childrens_services/{name}" for name in folders if not name.startswith(".")}
    return in_order(named)


def in_order(names: Iterable[str]) -> list[str]:
    """Names of sources: prison, probation, authorities by code."""
    return sorted(names, key=lambda name: (AGENCIES.index(name.partition("/")[0]), name))
