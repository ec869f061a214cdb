"""Files as the store writes them: whole or not at all, in bytes that depend on content alone.

In: tables, text, paths. Out: Parquet, Arrow, CSV, JSON, checksums. It must not know what a run is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import StoreError

ROWS_PER_GROUP = 122_880
"""DuckDB's own row group size: sixty vectors of 2,048 rows."""

FORMULA_START = r"^[=+\-@\t\r\n]"
"""First characters that make a spreadsheet run a cell instead of showing it.

Source: OWASP, CSV Injection.
"""


def hash_json(value: object) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table whole or not at all, in bytes that depend on its rows and their order alone."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    # One chunk a column: page boundaries follow chunks, and chunks follow how a stage worked.
    pq.write_table(
        table.combine_chunks(), temporary, compression="zstd", row_group_size=ROWS_PER_GROUP,
        version="2.6",
    )  # fmt: skip
    os.replace(temporary, path)


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write a table as it lies in memory, whole or not at all: for the next stage, not for keeping.

    Encoding and compressing a table costs more than the disk it saves, where it is read at once.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table.combine_chunks())
    os.replace(temporary, path)


def write_text(text: str, path: Path) -> None:
    """Write a text file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def to_json(value: object) -> str:
    """JSON for people and programs: sorted, indented, ending in a newline."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def write_csv(table: pa.Table, path: Path) -> None:
    """Write CSV that a spreadsheet shows as it is: UTF-8 with BOM, no cell taken for a formula."""
    shown = pa.table({name: cells(table[name]) for name in table.column_names})
    path.parent.mkdir(parents=True, exist_ok=True)
    shown.to_pandas().to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as a spreadsheet's user reads it: yes and no, and text that is never a formula."""
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "yes", "no")
    if pa.types.is_string(column.type):
        is_formula = pc.match_substring_regex(column, FORMULA_START)
        return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)
    return column


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A table as it was written, or some columns of it; one that it lacks is left out.

    Raises:
        StoreError: the file is not a whole Parquet file.
    """
    try:
        # `partitioning=None`: the folder `recipient=330` is no column of the file.
        wanted = columns and [name for name in columns if name in pq.read_schema(path).names]
        return pq.read_table(path, columns=wanted, partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(
            f"'{path}' cannot be read as Parquet ({type(error).__name__}); it is damaged"
        ) from None


def open_arrow(path: Path) -> pa.RecordBatchFileReader:
    """A table written by `write_arrow`, mapped into memory: only what is used is ever read.

    Raises:
        StoreError: the file is not a whole Arrow file.
    """
    try:
        return pa.ipc.open_file(pa.memory_map(str(path)))
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(
            f"'{path}' cannot be read as Arrow ({type(error).__name__}); it is damaged"
        ) from None


def sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
