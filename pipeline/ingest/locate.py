"""Where each table of each source lies, and how it is written.

In: the settings and the folder they start from. Out: one `Source` per agency and authority, with a
`Located` table each. It must not open an extract.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.inputs import MAIN_TABLES, OTHER_TABLES, PROTECTED_PERSONS, tables_of
from pipeline.contracts.schema import TableContract
from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest.files import (
    SHOWN,
    exists,
    is_moved,
    is_within,
    joined,
    leaving,
    listing,
    real,
    shown,
)
from pipeline.ingest.places import Places
from pipeline.settings.ingest import (
    NOT_ACTED_ON,
    ReadingSettings,
    SourceSettings,
    SuppressionSettings,
    TableSource,
    read_toml,
)
from pipeline.settings.places import SHIPPED_MAPPINGS, shipped_mapping

log = logging.getLogger(__name__)

SUFFIXES = (".csv", ".csv.gz", ".csv.zip", ".zip", ".tsv", ".txt", ".parquet", "")
"""What may follow a table's name; nothing for a folder of Parquet files."""

MANIFEST_SUFFIX = ".manifest.json"
SOURCE_MANIFEST = "manifest.json"
NOTHING_SAID = TableSource.model_validate({})


@dataclass(frozen=True)
class Located:
    """One table of one source, not yet opened.

    Attributes:
        source: `prison`, `probation`, `childrens_services/<code>`; empty for other inputs.
        contract: what the table should be.
        reading: how it is written.
        url: file, folder or URL; None for a database query.
        table: what the settings say of this table alone (query, rows, checksum).
        manifest: manifest of the table or of its source.
    """

    source: str
    contract: TableContract
    reading: ReadingSettings
    url: str | None
    table: TableSource
    manifest: str | None = None

    @property
    def name(self) -> str:
        """The table without its agency."""
        return self.contract.name.rpartition("/")[2]

    @property
    def label(self) -> str:
        """What messages call it: the file, or the source and table."""
        return shown(self.url) if self.url else f"{self.source}/{self.name} (database)"


@dataclass(frozen=True)
class Source:
    """One agency's, or one authority's, extract.

    Attributes:
        name: `prison`, `probation` or `childrens_services/<code>`.
        tables: what is there, owners before what they own.
        names: of every file in its folder.
        absent: names of optional tables that are not there.
        ignored: names of files in the folder that no table is called.
    """

    name: str
    tables: tuple[Located, ...]
    names: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def agency(self) -> str:
        """`prison`, `probation` or `childrens_services`."""
        return self.name.partition("/")[0]

    @property
    def authority_code(self) -> str | None:
        """DfE code of the authority; None for the justice agencies."""
        return self.name.partition("/")[2] or None


def locate(name: str, where: Places) -> Source:
    """Where the tables of one source are.

    Raises:
        ExtractError: the authority does not exist, the main table is missing, or a table is there
            twice.
        SettingsError: a mapping file is missing or wrong.
    """
    agency, _, code = name.partition("/")
    if code and code not in where.codes:
        raise ExtractError(
            f"'{name}': no authority in England or Wales has the DfE code '{code}'; rename the "
            "folder, or add the code to config/reference/local_authorities.csv"
        )
    source = _source_settings(name, where)
    folder = (source.folder or "").format(code=code)
    if not folder and where.root is not None:
        folder = joined(where.root, name)
        _refuse_moved(where.root, name)
    names = listing(folder) if folder else {}
    _refuse_leaving(name, folder if names else "")
    reading = source.over(where.settings.default)
    found = {
        contract: _table(contract, name, source, (folder, names), reading)
        for contract in tables_of(agency)
    }
    tables = tuple(located for located in found.values() if located)
    for located in tables:
        _refuse_elsewhere(located)
    absent = tuple(contract.name.rpartition("/")[2] for contract, at in found.items() if not at)
    if MAIN_TABLES[agency] in absent:
        raise ExtractError(
            f"source '{name}' has no table '{MAIN_TABLES[agency]}'"
            + (f" in folder '{shown(folder)}'" if folder else "")
            + "; the rest of the extract cannot be used without it"
        )
    return Source(name, tables, tuple(names), absent, _ignored(names, tables))


def _refuse_moved(root: str, name: str) -> None:
    """A folder that is a link may be another source's: one authority's file as another's.

    Raises:
        ExtractError: the source's folder, or one on the way to it, is a link.
    """
    if is_moved(root, name):
        raise ExtractError(
            f"the folder of source '{name}' is a link, or lies behind one; put the folder itself "
            "there, or name its true place as the source's `folder` in the settings"
        )


def _refuse_leaving(name: str, folder: str) -> None:
    """A source does not leave its folder.

    Raises:
        ExtractError: naming the links in it that lead out.
    """
    links = leaving(folder) if folder else []
    if links:
        raise ExtractError(
            f"the folder of source '{name}' holds {len(links)} links that lead out of it or "
            f"nowhere ({', '.join(links[:SHOWN])}); put the files themselves there"
        )


def _refuse_elsewhere(at: Located) -> None:
    """A file that the settings name may lie anywhere, but is no link to elsewhere.

    Raises:
        ExtractError: naming the file.
    """
    is_named = at.table.path is not None and at.url is not None and "://" not in at.url
    path = Path(str(at.url))
    if is_named and path.is_symlink() and not is_within(str(path), str(path.parent)):
        raise ExtractError(
            f"source '{at.source}', table '{at.name}': '{at.label}' is a link that leads out of "
            "its folder or nowhere; name the file itself"
        )


def _source_settings(name: str, where: Places) -> SourceSettings:
    """What the settings say of a source, over its mapping file."""
    own = where.source(name)
    if own.mapping is None:
        return own
    mapping = read_toml(_mapping_path(own.mapping), SourceSettings)
    merged = own.over(mapping)
    tables = {
        table: _merged_table(own.tables.get(table), mapping.tables.get(table))
        for table in sorted({*own.tables, *mapping.tables})
    }
    return SourceSettings(**merged.model_dump(), tables=tables, folder=own.folder or mapping.folder)


def _merged_table(own: TableSource | None, lower: TableSource | None) -> TableSource:
    own, lower = own or NOTHING_SAID, lower or NOTHING_SAID
    alone = {
        name: getattr(own, name) if getattr(own, name) is not None else getattr(lower, name)
        for name in ("path", "query", "rows", "sha256")
    }
    return TableSource.model_validate({**dict(own.over(lower)), **alone})


def _mapping_path(mapping: str) -> Path:
    shipped = shipped_mapping(mapping)
    if shipped.exists():
        return shipped
    if not Path(mapping).exists():
        known = sorted(file.stem for file in SHIPPED_MAPPINGS.glob("*.toml"))
        raise SettingsError(f"no mapping file '{mapping}'; shipped ones: {known}")
    return Path(mapping)


def _table(
    contract: TableContract,
    name: str,
    source: SourceSettings,
    folder: tuple[str, Mapping[str, bool]],
    reading: ReadingSettings,
) -> Located | None:
    """One table, or None where an optional one is absent."""
    short = contract.name.rpartition("/")[2]
    own = source.tables.get(short) or NOTHING_SAID
    reading = own.over(reading)
    if own.query is not None or reading.format == "database":
        return Located(name, contract, reading, None, own, None) if own.query else None
    if own.path is not None:
        url = own.path.format(code=name.partition("/")[2])
    else:
        file = _file_of(short, folder[1], name)
        if file is None:
            return None
        url = joined(folder[0], file)
    return Located(name, contract, reading, url, own, _manifest(url, own, reading, folder))


def _file_of(table: str, names: Mapping[str, bool], source: str) -> str | None:
    """The file, or folder, of a table in its source's folder."""
    found = [
        f"{table}{suffix}"
        for suffix in SUFFIXES
        if f"{table}{suffix}" in names
        and (names[f"{table}{suffix}"] == (suffix == "") or suffix == ".parquet")
    ]
    if len(found) > 1:
        raise ExtractError(
            f"source '{source}' has table '{table}' {len(found)} times ({', '.join(found)}); "
            "keep one of them"
        )
    return found[0] if found else None


def _manifest(
    url: str,
    own: TableSource,
    reading: ReadingSettings,
    folder: tuple[str, Mapping[str, bool]],
) -> str | None:
    """The manifest that is named, or lies beside the file, or in the source's folder."""
    if named := own.manifest or reading.manifest:
        return named
    if exists(url + MANIFEST_SUFFIX):
        return url + MANIFEST_SUFFIX
    return joined(folder[0], SOURCE_MANIFEST) if SOURCE_MANIFEST in folder[1] else None


def _ignored(names: Mapping[str, bool], tables: tuple[Located, ...]) -> tuple[str, ...]:
    """Files of the folder that are neither a table nor a manifest: perhaps misspelt."""
    used = {located.url.rpartition("/")[2] for located in tables if located.url}
    return tuple(
        name for name in names
        if name not in used and name[0] not in "._"
        and not name.endswith(("manifest.json", ".toml", ".md"))
    )  # fmt: skip


def locate_other(where: Places) -> dict[str, Located]:
    """Inputs that belong to no agency, by name; absent ones are left out.

    Raises:
        ExtractError: one is there twice.
    """
    found = {}
    for contract in OTHER_TABLES:
        url = getattr(where.settings.other, contract.name) or _beside(contract.name, where)
        if contract is not PROTECTED_PERSONS and url is not None:
            found[contract.name] = _other(contract, url, where.settings.default)
    for name in NOT_ACTED_ON:
        if _beside(name, where) is not None:
            log.warning("'%s' among the extracts is not read: no part of Kinlink acts on it", name)
    return found


def locate_protected(where: Places) -> list[tuple[Located, SuppressionSettings]]:
    """Every list of protected persons, with how it is checked.

    Those that the configuration and `sources.toml` name, and one that its name shows in the folder,
    checked as `sources.toml` says, or else the configuration.

    Raises:
        ExtractError: the settings speak of protected persons, and there is no list.
    """
    said = [one for one in where.protections if one.is_said]
    named = [(one.path, one) for one in said if one.path is not None]
    by_name = _beside(PROTECTED_PERSONS.name, where)
    if by_name is not None:
        named.append((by_name, said[-1] if said else where.protections[-1]))
    if said and not named:
        raise ExtractError(
            "the settings say how protected persons are recognised, and there is no list of them; "
            "name it as `protected_persons` under [ingest.other], or put it beside the extracts"
        )
    # The same file may be named and found; what names it says how it is checked.
    lists = {real(path): (path, one) for path, one in reversed(named)}
    return [
        (_other(PROTECTED_PERSONS, path, one.reading), one.settings) for path, one in lists.values()
    ]


def _beside(name: str, where: Places) -> str | None:
    """The other input of that name in the folder of extracts."""
    names = listing(where.root) if where.root is not None else {}
    file = _file_of(name, names, "other inputs")
    return joined(str(where.root), file) if file else None


def _other(contract: TableContract, url: str, reading: ReadingSettings) -> Located:
    """An input that belongs to no agency, with the manifest beside it."""
    manifest = url + MANIFEST_SUFFIX
    return Located("", contract, reading, url, NOTHING_SAID, manifest if exists(manifest) else None)
