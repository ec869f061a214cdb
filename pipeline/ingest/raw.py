"""A located table, opened: its rows as they stand, under the contract's column names.

In: a `Located` table. Out: a `RawTable`, its manifest verified and its columns mapped. No value is
read yet, and no row is judged.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

import pyarrow as pa

from pipeline.contracts.inputs import INPUTS
from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest.columnar import numbered, read_parquet, read_query
from pipeline.ingest.delimited import Dialect, RawRows, read_delimited
from pipeline.ingest.files import decompressed, fetch
from pipeline.ingest.locate import Located
from pipeline.ingest.manifest import Arrived, claims_of, verify

COMPRESSED = (".gz", ".zip")
EVERY_COLUMN = frozenset(name for contract in INPUTS.values() for name in contract.column_names)


@dataclass(frozen=True)
class RawTable:
    """One table of one source as it stands in its file.

    Attributes:
        at: where it was found and how it is written.
        rows: under the contract's column names, of any types, with row numbers.
        supplier_names: the file's own name of each of these columns.
        sha256: of the file, or of the query's result.
        cut_off: date the extract was taken, where someone says so.
        absent_columns: columns that the contract does not require and the file does not have.
        ignored_columns: columns that the contract does not know.
    """

    at: Located
    rows: RawRows
    supplier_names: Mapping[str, str]
    sha256: str
    cut_off: date | None
    absent_columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]

    def without_rows(self) -> RawTable:
        """What is known of the table, its rows let go."""
        return dataclasses.replace(self, rows=numbered(self.rows.table.slice(0, 0)))


def open_table(at: Located) -> RawTable:
    """Read a table's rows, map its columns and verify its manifest.

    Raises:
        ExtractError: the table cannot be read, is not what its manifest says, or lacks a column.
        SettingsError: the mapping names a column that the contract does not have.
    """
    claims = claims_of(at)
    announced = [claim.rows for claim in claims if claim.rows is not None]
    rows, sha256, parts = _read(at, announced[0] if announced else None)
    cut_off = verify(at, claims, Arrived(rows.count, sha256, parts))
    names = supplier_names(at, rows.table.column_names)
    mapped = pa.table({column: rows.table[name] for column, name in names.items()})
    used = set(names.values())
    return RawTable(
        at=at,
        rows=dataclasses.replace(rows, table=mapped),
        supplier_names=names,
        sha256=sha256,
        cut_off=cut_off,
        absent_columns=tuple(name for name in at.contract.column_names if name not in names),
        ignored_columns=tuple(name for name in rows.table.column_names if name not in used),
    )


def _read(at: Located, announced_rows: int | None) -> tuple[RawRows, str, tuple[str, ...]]:
    """The rows, the checksum, and the names of the files that they came in."""
    if at.url is None:
        variable = at.reading.connection_variable
        if variable is None:
            raise SettingsError(f"'{at.label}' has a query but no connection_variable")
        rows = read_query(str(at.table.query), variable, at.label)
        return rows, _checksum(rows.table), ()
    stored = fetch(at.url)
    if is_parquet(at):
        return read_parquet(stored.parts, at.label), stored.sha256, stored.names
    data = decompressed(stored.parts[0], at.url, at.reading.compression)
    tabs = PurePosixPath(at.url.removesuffix(".gz").removesuffix(".zip")).suffix == ".tsv"
    dialect = Dialect(
        at.reading.encoding or "utf-8", at.reading.delimiter or ("\t" if tabs else ",")
    )
    return read_delimited(data, at.label, dialect, announced_rows), stored.sha256, stored.names


def is_parquet(at: Located) -> bool:
    """Whether a table lies in a Parquet file or folder: as declared, or by its suffix."""
    if at.reading.format is not None:
        return at.reading.format == "parquet"
    return at.url is not None and PurePosixPath(at.url).suffix in (".parquet", "")


def _checksum(table: pa.Table) -> str:
    """Checksum of a query's result, which has no file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def supplier_names(at: Located, present: list[str]) -> dict[str, str]:
    """The file's name of each contract column that it has.

    A name counts whatever its case, unless two columns differ in nothing else. The names found are
    never printed while a required one is missing: without a header they would be a person's values.

    Raises:
        ExtractError: a required column is missing.
        SettingsError: the mapping names a column that no contract has.
    """
    unknown = sorted(set(at.reading.columns) - EVERY_COLUMN)
    if unknown:
        raise SettingsError(
            f"the mapping of '{at.source}' names columns {unknown}, which no contract has"
        )
    by_case = _by_case(present)
    found: dict[str, str] = {}
    missing = []
    for column in at.contract.columns:
        wanted = at.reading.columns.get(column.name, column.name)
        name = wanted if wanted in present else by_case.get(wanted.strip().lower())
        if name is not None:
            found[column.name] = name
        elif column.is_required:
            missing.append(
                f"'{column.name}'" + (f" (there '{wanted}')" if wanted != column.name else "")
            )
    if missing:
        raise ExtractError(
            f"'{at.label}', table '{at.contract.name}': required column {', '.join(missing)} is "
            f"missing among the {len(present)} columns there; name it under `columns` in the "
            "source's mapping, check the delimiter, or ask the supplier for it"
        )
    return found


def _by_case(present: list[str]) -> Mapping[str, str]:
    folded: dict[str, list[str]] = {}
    for name in present:
        folded.setdefault(name.strip().lower(), []).append(name)
    return {name: same[0] for name, same in folded.items() if len(same) == 1}
