"""Quotations in CSV over several lines: a value with line breaks, or rows taken in unseen.

In: the text of a file. Out: the first quotation that cannot be told apart from stray marks. Two
stray marks, or one that is never closed, make every row between them a part of one value, and a
parser says nothing. It must not know what the columns are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MARK = b'"'
ENDS = (b"", b"\n", b"\r")


@dataclass(frozen=True)
class Quotation:
    """A quoted value that goes over several lines.

    Attributes:
        start: place of the mark that opens it.
        column: of the row in which it opens; the first is 0.
        lines: its text, line by line.
        after: what follows the closing mark; None where the quotation is never closed.
    """

    start: int
    column: int
    lines: tuple[bytes, ...]
    after: bytes | None

    @property
    def is_open(self) -> bool:
        """Whether it is never closed."""
        return self.after is None

    @property
    def rows_taken(self) -> int:
        """How many lines after its first it takes in, blank ones left aside."""
        return sum(bool(line) for line in self.lines[1:])


def doubtful_quotation(text: bytes, delimiter: str, n_columns: int) -> Quotation | None:
    """The first quotation over several lines that may have taken in rows.

    Args:
        text: of the whole file, in UTF-8, its header first.
        delimiter: one character.
        n_columns: of the header.
    """
    separator = delimiter.encode()
    quotations = long_quotations(text, separator)
    return next((one for one in quotations if _takes_in_rows(one, separator, n_columns)), None)


def count_lines(text: bytes) -> int:
    """Lines of a text, blank ones too; the last need not end."""
    end = b"\n" if b"\n" in text else b"\r"
    return text.count(end) + (not text.endswith(end))


def line_of(text: bytes, place: int) -> int:
    """The line on which a place of the text is; the first is 1."""
    return count_lines(text[:place] + b".")


def _takes_in_rows(one: Quotation, separator: bytes, n_columns: int) -> bool:
    """Whether the mark is stray, as far as can be seen.

    A stray mark is closed by another row's: in the middle of a value, or after lines that have as
    many delimiters as a row, or where the two ends together make up one row's.
    """
    if one.after is None or one.after not in (*ENDS, separator):
        return True
    counts = [line.count(separator) for line in one.lines]
    of_a_row = n_columns - 1
    is_a_row_in_two = (counts[0], counts[-1]) == (of_a_row - one.column, one.column)
    return of_a_row in counts or is_a_row_in_two


def long_quotations(text: bytes, separator: bytes) -> Iterator[Quotation]:
    """Every quotation over several lines, as parsers read them: a mark opens where a value does."""
    row_start = hidden = after = 0
    start = text.find(MARK)
    while start >= 0:
        if not _opens(text, start, separator):
            start = text.find(MARK, start + 1)
            continue
        line_end = max(text.rfind(b"\n", after, start), text.rfind(b"\r", after, start))
        if line_end >= 0:
            row_start, hidden = line_end + 1, 0
        end = _closing(text, start)
        lines = _lines(text[start + 1 : len(text) if end < 0 else end])
        if end < 0 or len(lines) > 1:
            yield Quotation(
                start=start,
                column=text.count(separator, row_start, start) - hidden,
                lines=lines,
                after=None if end < 0 else text[end + 1 : end + 2],
            )
        if end < 0:
            return
        hidden += text.count(separator, start, end)
        after, start = end + 1, text.find(MARK, end + 1)


def _opens(text: bytes, place: int, separator: bytes) -> bool:
    before = text[max(place - len(separator), 0) : place]
    return not before or before.endswith((separator, b"\n", b"\r"))


def _closing(text: bytes, start: int) -> int:
    """The mark that closes a quotation; two marks in a row stand for one within it. -1: none."""
    end = text.find(MARK, start + 1)
    while end >= 0 and text[end + 1 : end + 2] == MARK:
        end = text.find(MARK, end + 2)
    return end


def _lines(text: bytes) -> tuple[bytes, ...]:
    return tuple(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
