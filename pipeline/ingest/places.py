"""Which settings hold, which folder paths start from, and which sources there are.

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
from pipeline.settings.ingest import SHIPPED_CONFIG, SOURCES_FILE, IngestSettings, read_sources

KEPT_WITH_FOLDER = ("suppression", "largest_value_bytes", "largest_faulty_share", "broken_source")
"""What a given folder takes from the configuration where its `sources.toml` is silent."""

SAID_BESIDE_EXTRACTS = ("default", "sources", "suppression", "other")


@dataclass(frozen=True)
class Places:
    """Settings and the folder that relative paths start from.

    Attributes:
        settings: of the configuration, or of the `sources.toml` beside the extracts.
        root: folder or URL; None where every path is given whole.
    """

    settings: IngestSettings
    root: str | None
    codes: frozenset[str] = field(default_factory=frozenset)

    def resolve(self, path: str) -> str:
        """A path of the settings; relative ones start at the root."""
        is_whole = "://" in path or Path(path).is_absolute() or self.root is None
        return path if is_whole else joined(str(self.root), path)


def places(settings: IngestSettings, folder: Path | None) -> Places:
    """Where to look: the folder with its own `sources.toml`, or what the settings say.

    A folder given by the user stands in for the settings' sources altogether; only limits, the salt
    and other inputs that its `sources.toml` does not mention are kept from the settings.

    Raises:
        ExtractError: the folder is not there.
        SettingsError: its `sources.toml` is wrong.
    """
    if folder is None:
        root = settings.folder
        own = settings
        if root is not None and "://" not in root and (Path(root) / SOURCES_FILE).exists():
            own = _overlaid(
                settings, read_sources(Path(root) / SOURCES_FILE), {"sources", "default"}
            )
        return Places(own, root, known_authorities())
    if not folder.is_dir():
        raise ExtractError(f"folder '{folder}' is not there; check --extracts")
    path = folder / SOURCES_FILE
    own = read_sources(path) if path.exists() else IngestSettings.model_validate({})
    return Places(_overlaid(own, settings, KEPT_WITH_FOLDER), str(folder), known_authorities())


def _overlaid(
    settings: IngestSettings, other: IngestSettings, names: Iterable[str]
) -> IngestSettings:
    """Settings, with what they leave unsaid of these names taken from others."""
    unsaid = {name for name in names if name not in settings.model_fields_set}
    return settings.model_copy(update={name: getattr(other, name) for name in unsaid})


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
        named |= {
            f"childrens_services/{name}" for name, is_folder in listing(folder).items() if is_folder
        }
    return sorted(named, key=lambda name: (AGENCIES.index(name.partition("/")[0]), name))
