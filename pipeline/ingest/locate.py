"""Where each table of each source lies, and how it is written.

In: the settings and the folder they start from. Out: one `Source` per agency and authority, with a
`Located` table each. It must not open an extract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.inputs import MAIN_TABLES, OTHER_TABLES, tables_of
from pipeline.contracts.schema import TableContract
from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest.files import exists, joined, listing, shown
from pipeline.ingest.places import Places
from pipeline.settings.ingest import (
    SHIPPED_CONFIG,
    ReadingSettings,
    SourceSettings,
    TableSource,
    read_toml,
)

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
        absent: names of optional tables that are not there.
        ignored: names of files in the folder that no table is called.
    """

    name: str
    tables: tuple[Located, ...]
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
    folder = where.resolve(folder) if folder else (joined(where.root, name) if where.root else "")
    names = listing(folder) if folder else {}
    reading = source.over(where.settings.default)
    found = {
        contract: _table(contract, name, source, where, (folder, names), reading)
        for contract in tables_of(agency)
    }
    tables = tuple(located for located in found.values() if located)
    absent = tuple(contract.name.rpartition("/")[2] for contract, at in found.items() if not at)
    if MAIN_TABLES[agency] in absent:
        raise ExtractError(
            f"source '{name}' has no table '{MAIN_TABLES[agency]}'"
            + (f" in folder '{shown(folder)}'" if folder else "")
            + "; the rest of the extract cannot be used without it"
        )
    return Source(name, tables, absent, _ignored(names, tables))


def _source_settings(name: str, where: Places) -> SourceSettings:
    """What the settings say of a source, over its mapping file."""
    agency = name.partition("/")[0]
    sources = where.settings.sources
    own = sources.get(name) or sources.get(agency) or SourceSettings.model_validate({})
    if own.mapping is None:
        return own
    mapping = read_toml(_mapping_path(own.mapping, where), SourceSettings)
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


def _mapping_path(mapping: str, where: Places) -> Path:
    shipped = SHIPPED_CONFIG / "sources" / f"{mapping}.toml"
    if shipped.exists():
        return shipped
    path = Path(where.resolve(mapping))
    if not path.exists():
        known = sorted(file.stem for file in shipped.parent.glob("*.toml"))
        raise SettingsError(f"no mapping file '{mapping}'; shipped ones: {known}")
    return path


def _table(
    contract: TableContract,
    name: str,
    source: SourceSettings,
    where: Places,
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
        url = where.resolve(own.path.format(code=name.partition("/")[2]))
    else:
        file = _file_of(short, folder[1], name)
        if file is None:
            return None
        url = joined(folder[0], file)
    return Located(name, contract, reading, url, own, _manifest(url, own, reading, where, folder))


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
    where: Places,
    folder: tuple[str, Mapping[str, bool]],
) -> str | None:
    """The manifest that is named, or lies beside the file, or in the source's folder."""
    if named := own.manifest or reading.manifest:
        return where.resolve(named)
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
        ExtractError: one that the settings name is not there, or one is there twice.
    """
    names = listing(where.root) if where.root is not None else {}
    found = {}
    for contract in OTHER_TABLES:
        path = getattr(where.settings.other, contract.name)
        file = _file_of(contract.name, names, "other inputs") if path is None else None
        if path is None and file is None:
            continue
        url = where.resolve(path) if path else joined(str(where.root), str(file))
        found[contract.name] = Located(
            "", contract, where.settings.default, url, NOTHING_SAID,
            url + MANIFEST_SUFFIX if exists(url + MANIFEST_SUFFIX) else None,
        )  # fmt: skip
    return found
