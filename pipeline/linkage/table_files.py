"""Table files: read tables from CSV or Parquet, and write tables and text, whole or not at all.

In: paths. Out: Arrow tables, or files. It must not know what is in a table beyond its record ids.
Errors name files, columns and counts, never values.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pipeline.errors import LinkageError
from pipeline.linkage.sorting import distinct
from pipeline.quotation import count_lines, doubtful_quotation, line_of

RECORD_ID = "record_id"
SHOWN = 5


def read_table(path: str | Path, id_column: str = RECORD_ID) -> pa.Table:
    """A CSV (gzip allowed) or Parquet file, or a folder of Parquet files, with its id column.

    CSV columns are read as text: an id or a code keeps its leading zeros; an empty cell is null.

    Args:
        path: Where the file is.
        id_column: Column that names a record; renamed to `record_id`.

    Raises:
        LinkageError: The file is missing, empty or damaged, has no such column, or an id is null or
            stands twice.
    """
    path = Path(path)
    return _with_record_id(read_any_table(path, (id_column,)), id_column, path)


def read_tables(
    paths: Sequence[str | Path], id_column: str, meanwhile: Callable[[], None]
) -> list[pa.Table]:
    """Several files, each as `read_table` reads it, side by side.

    Args:
        paths: Where the files are.
        id_column: Column that names a record, in each.
        meanwhile: What to do while they are read.

    Raises:
        LinkageError: A file cannot be used, the first of them.
    """
    with ThreadPoolExecutor(len(paths)) as pool:
        reading = [pool.submit(read_table, path, id_column) for path in paths]
        meanwhile()
        return [one.result() for one in reading]


def read_any_table(path: str | Path, id_columns: Sequence[str]) -> pa.Table:
    """A CSV or Parquet file, or a folder of Parquet files, as it is; CSV columns are text.

    Args:
        path: Where the file is.
        id_columns: Columns of record ids, whose values do not repeat enough to be a dictionary.

    Raises:
        LinkageError: The file is missing, empty or damaged.
    """
    path = Path(path)
    if not path.exists():
        raise LinkageError(f"'{path}' does not exist")
    if path.is_file() and path.stat().st_size == 0:
        raise LinkageError(f"'{path}' is empty: it has not even a header")
    name = path.name.lower()
    if path.is_dir() or name.endswith((".parquet", ".pq")):
        return _read_parquet(path, id_columns)
    if name.endswith((".csv", ".csv.gz", ".txt")):
        return _read_csv(path)
    raise LinkageError(f"'{path}' is neither .csv, .csv.gz nor .parquet")


def _read_parquet(path: Path, id_columns: Sequence[str]) -> pa.Table:
    """The table, its text as dictionaries where it is one file: values repeat, ids do not.

    One file is read without `read_table`, which loads a fifth of a second of modules for folders.
    """
    try:
        if path.is_dir():
            return pq.read_table(path)
        fields = pq.read_schema(path)
        texts = [f.name for f in fields if pa.types.is_string(f.type) and f.name not in id_columns]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        raise LinkageError(
            f"'{path}' cannot be read as Parquet ({type(error).__name__}): it may be cut off; "
            "write it again"
        ) from None


def _read_csv(path: Path) -> pa.Table:
    """Every column as text. The parser's own messages quote rows, so they are not passed on."""
    ragged: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            names = _header(
                stream.readall() if path.stat().st_size < 1 << 16 else stream.read(1 << 20)
            )
        table = pacsv.read_csv(
            str(path),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        raise LinkageError(
            f"'{path}' cannot be read as CSV ({type(error).__name__}): it must be UTF-8 with a "
            "header and commas"
        ) from None
    _refuse_lost_rows(path, table.num_rows + len(ragged), len(names))
    if ragged:
        raise LinkageError(
            f"'{path}' has {len(ragged):,} rows with another number of columns than its header's "
            f"{len(names)}: mend them, or quote values that hold commas"
        )
    return table


def _refuse_lost_rows(path: Path, n_rows: int, n_columns: int) -> None:
    """Stray quotation marks take in every row between them, and the parser says nothing.

    Args:
        path: Of the file.
        n_rows: Read by the parser, whatever their number of columns.
        n_columns: Of the header.

    Raises:
        LinkageError: naming the line on which the quotation opens.
    """
    with pa.input_stream(str(path), compression="detect") as stream:
        text = stream.readall()
    if b'"' not in text or count_lines(text) <= n_rows + 1:
        return
    quotation = doubtful_quotation(text, ",", n_columns)
    if quotation is not None:
        raise LinkageError(
            f"'{path}', line {line_of(text, quotation.start)}: a quotation opens that takes in "
            f"{quotation.rows_taken:,} lines after it, which cannot be told from rows: close it, "
            "and double quotation marks within values"
        )


def _header(start: bytes) -> list[str]:
    """Column names in the first line of a CSV file."""
    lines = start.decode("utf-8-sig", errors="replace").splitlines()
    return next(csv.reader(lines[:1]), [])


def _with_record_id(table: pa.Table, id_column: str, path: Path) -> pa.Table:
    """The table with its id column named `record_id`.

    Raises:
        LinkageError: There is no such column, or ids are null or not unique.
    """
    if id_column not in table.column_names:
        raise LinkageError(
            f"'{path}' has no column '{id_column}'; it has {table.column_names}; name the column "
            "that holds the record id with --id"
        )
    ids = table[id_column]
    if ids.null_count:
        raise LinkageError(
            f"'{path}', column '{id_column}': {ids.null_count:,} record ids are null"
        )
    if not _are_distinct(ids):
        counts = pc.value_counts(ids)
        repeated = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
        first = sorted(repeated.to_pylist())[:SHOWN]
        raise LinkageError(
            f"'{path}', column '{id_column}': {len(repeated):,} record ids stand more than once, "
            f"such as {first}; give each record an id of its own"
        )
    names = [name for name in table.column_names if name == id_column or name != RECORD_ID]
    table = table.select(names)
    return table.rename_columns([RECORD_ID if name == id_column else name for name in names])


def _are_distinct(ids: pa.ChunkedArray) -> bool:
    """Whether no id stands twice; numbers are sorted, which takes a tenth of counting them."""
    if pa.types.is_integer(ids.type):
        return len(distinct(ids.to_numpy())) == len(ids)
    return bool(pc.count_distinct(ids).as_py() == len(ids))


def check_output(path: str | Path, endings: Sequence[str] = (".csv", ".parquet")) -> None:
    """Refuse, before any work, an output that cannot be written.

    Raises:
        LinkageError: The ending is unknown or the folder does not exist.
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        known = f"{', '.join(endings[:-1])} or {endings[-1]}" if endings[1:] else endings[0]
        raise LinkageError(f"cannot write '{path}': the output must end in {known}")
    if not path.parent.is_dir():
        raise LinkageError(f"cannot write '{path}': folder '{path.parent}' does not exist")


def check_replaces_nothing(
    outputs: Sequence[str | Path | None], inputs: Sequence[str | Path | None]
) -> None:
    """Refuse, before any work, outputs that would replace one another or something that is read.

    Args:
        outputs: What a command writes; None for what it was not asked to write.
        inputs: Files and folders that it reads; None for what it was not given.

    Raises:
        LinkageError: Two outputs are one file, or an output is or lies in an input.
    """
    written = [path for path in outputs if path is not None]
    for place, output in enumerate(written):
        for other in written[:place]:
            if _is_same_file(output, other):
                raise LinkageError(
                    f"'{other}' and '{output}' are one file, and one output would replace the "
                    "other: give each a name of its own"
                )
        for path in inputs:
            if path is not None and (_is_same_file(output, path) or _lies_in(output, path)):
                raise LinkageError(
                    f"writing '{output}' would change '{path}', which is read: give the output "
                    "another name"
                )


def _is_same_file(one: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to one file, through links too; of what is not there, by name.

    Names that differ in case alone are one file on some disks and two on others.
    """
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    return os.path.realpath(one).casefold() == os.path.realpath(other).casefold()


def _lies_in(path: str | Path, folder: str | Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table as CSV or Parquet; the file appears whole or not at all."""
    path = Path(path)
    with _appearing(path) as unfinished:
        if path.suffix.lower() == ".csv":
            pacsv.write_csv(_flat(table), unfinished)
        else:
            pq.write_table(table, unfinished, compression="zstd")


def write_text(text: str, path: str | Path) -> None:
    """Write a report or a page; the file appears whole or not at all."""
    with _appearing(Path(path)) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write into, which takes its place when all went well."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _umask() -> int:
    """The process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flat(table: pa.Table) -> pa.Table:
    """The table with lists joined by '; ', as CSV has none."""
    for index, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            joined = pc.binary_join(table.column(index).cast(pa.list_(pa.string())), "; ")
            table = table.set_column(index, field.name, joined)
    return table
