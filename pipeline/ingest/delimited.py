"""A CSV extract as a table of text.

In: bytes, and how the supplier writes them. Out: every value as text, with the number of each row,
and the rows that do not fit the header. Text of the parser's own errors is never passed on, because
it quotes the data.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from pipeline.errors import ExtractError
from pipeline.quotation import count_lines, doubtful_quotation, line_of

UTF8 = frozenset({"utf-8", "utf8", "utf-8-sig", "utf_8"})
MARK = b"\xef\xbb\xbf"
SMALLEST_BLOCK = 32 << 20
"""A row must fit a block of the parser; few extracts have longer rows."""

Ragged = tuple[int, tuple[str, ...]]


@dataclass(frozen=True)
class RawRows:
    """The rows of a file, unread.

    Attributes:
        table: columns under the supplier's names, of any type.
        row_numbers: (n,) number of each row in the file; the first row of data is 1.
        ragged: number and values of each row that does not fit the header.
    """

    table: pa.Table
    row_numbers: npt.NDArray[np.int64]
    ragged: tuple[Ragged, ...] = ()

    @property
    def count(self) -> int:
        """How many rows there are, those that do not fit the header too."""
        return int(self.table.num_rows) + len(self.ragged)


@dataclass(frozen=True)
class Dialect:
    """How a supplier writes CSV."""

    encoding: str = "utf-8"
    delimiter: str = ","


def read_delimited(
    data: bytes, name: str, dialect: Dialect, announced_rows: int | None = None
) -> RawRows:
    """Every value of a CSV file as text.

    Args:
        data: the decompressed file.
        name: the file, for messages.
        dialect: encoding and delimiter.
        announced_rows: how many there should be, where somebody says so.

    Raises:
        ExtractError: the file is empty, is not in its encoding, has no usable header, or a
            quotation that may have taken in rows.
    """
    data = as_utf8(data, name, dialect.encoding)
    if not data.strip():
        raise ExtractError(f"'{name}' is empty: it has not even a header; ask for it again")
    text = data.lstrip(b"\r\n")
    header = _header(text, name, dialect.delimiter)
    ragged: list[Ragged] = []

    def set_apart(row: pacsv.InvalidRow) -> str:
        values = next(csv.reader([row.text], delimiter=dialect.delimiter), [])
        ragged.append((row.number, tuple(values)))
        return "skip"

    try:
        table = _parse(text, header, dialect.delimiter, set_apart)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, csv.Error):
        raise ExtractError(
            f"'{name}' cannot be read as CSV with delimiter '{dialect.delimiter}'; check the "
            "delimiter, and that every quotation mark is closed"
        ) from None
    rows = _numbered(table, ragged)
    if announced_rows != rows.count or text.count(b'"') % 2:
        _refuse_lost_rows(data, name, dialect.delimiter, (len(header), rows.count + 1))
    return rows


def as_utf8(data: bytes, name: str, encoding: str) -> bytes:
    """The text in UTF-8, without byte order mark; a wrong encoding is an error, never a guess.

    Raises:
        ExtractError: the bytes are not in the encoding, or are plainly in another.
    """
    if encoding.lower() in UTF8:
        _verify(data, name, encoding)
        return data.removeprefix(MARK)
    if not data.isascii() and _is_utf8(data) and not encoding.lower().startswith("utf"):
        raise ExtractError(
            f"'{name}' is UTF-8, but its settings say encoding '{encoding}'; correct the settings"
        )
    return _verify(data, name, encoding).removeprefix("\ufeff").encode()


def _verify(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise ExtractError(f"'{name}': no encoding is called '{encoding}'") from None
    except UnicodeError as error:
        place = getattr(error, "start", 0)
        line = data.count(b"\n", 0, place) + 1
        raise ExtractError(
            f"'{name}' is not {encoding} text (line {line}); set `encoding`, for instance to "
            "cp1252, or ask for UTF-8"
        ) from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _header(data: bytes, name: str, delimiter: str) -> list[str]:
    """Column names; never printed, because a file without a header would put a person there."""
    first = io.StringIO(data[: 1 << 20].decode("utf-8", errors="ignore"), newline="")
    try:
        row = next(csv.reader(first, delimiter=delimiter), [])
    except csv.Error:
        row = []
    names = [column.strip() for column in row]
    if not any(names):
        raise ExtractError(f"'{name}' has no header row; ask for it again")
    repeated = {column for column in names if column and names.count(column) > 1}
    if repeated:
        raise ExtractError(
            f"'{name}' has {len(repeated)} column names more than once in its header; "
            "each column needs a name of its own"
        )
    return [column or f"unnamed {place}" for place, column in enumerate(names)]


def _parse(data: bytes, header: list[str], delimiter: str, set_apart: object) -> pa.Table:
    """All columns as text, in one thread so that row numbers are known."""
    block = min(max(SMALLEST_BLOCK, _longest_line(data) + 1), (1 << 31) - 1)
    return pacsv.read_csv(
        pa.BufferReader(data),
        read_options=pacsv.ReadOptions(
            use_threads=False, block_size=block, column_names=header, skip_rows=0
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_apart
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )


def _longest_line(data: bytes) -> int:
    """Length of the longest line, looked for only where it could matter."""
    if len(data) <= SMALLEST_BLOCK:
        return 0
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    return int(np.diff(newlines, prepend=0, append=len(data)).max())


def _refuse_lost_rows(data: bytes, name: str, delimiter: str, shape: tuple[int, int]) -> None:
    """Two stray quotation marks, or one, take in every row between them, without a word.

    Args:
        data: the file, in UTF-8.
        name: the file, for messages.
        delimiter: between values.
        shape: columns of the header, and lines that the parser read as rows or header.

    Raises:
        ExtractError: naming the line on which the quotation opens.
    """
    n_columns, n_read = shape
    if b'"' not in data or count_lines(data) <= n_read:
        return
    quotation = doubtful_quotation(data, delimiter, n_columns)
    if quotation is not None:
        line = line_of(data, quotation.start)
        fault = "is never closed" if quotation.is_open else "closes in a later row"
        raise ExtractError(
            f"'{name}', line {line}: a quotation opens that {fault} "
            f"and takes in {quotation.rows_taken:,} lines that cannot be told from rows; ask for "
            "the file again with quotation marks doubled within values, or with a manifest that "
            "gives its rows"
        )


def _numbered(table: pa.Table, ragged: list[Ragged]) -> RawRows:
    """Row numbers, counted from the first row of data; the header itself is taken off."""
    numbers = np.arange(table.num_rows + len(ragged), dtype=np.int64)
    whole = np.delete(numbers, [number - 1 for number, _ in ragged])
    if len(whole) and whole[0] == 0:
        table, whole = table.slice(1), whole[1:]
    shifted = tuple((number - 1, values) for number, values in ragged)
    return RawRows(table, whole, shifted)
