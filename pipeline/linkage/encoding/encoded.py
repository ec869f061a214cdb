"""Encoded tables: what blocking, comparing and scoring read instead of the tables.

In: nothing but what `encode` puts in. Out: codes, frequencies and shared values. It must not know
how values were cleaned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.linkage.comparing.ladder import Ladders
from pipeline.linkage.compiled import Flags, Int32s, Int64s, compiled
from pipeline.linkage.encoding.values import Domain, Values
from pipeline.linkage.spec import LinkageSpec


@dataclass(frozen=True)
class Codes:
    """The values of one column of one table as dictionary codes.

    Attributes:
        codes: int32, the column's local codes, 0 … n_values - 1. Single-valued: one per record, -1
            where null. Many-valued: all records' values one after another, never -1.
        offsets: None for a single-valued column; else int64 (n_records + 1,), record i holds
            `codes[offsets[i]:offsets[i + 1]]`, distinct and ascending; an empty list is null.
    """

    codes: Int32s
    offsets: Int64s | None

    @property
    def is_many(self) -> bool:
        """Whether a record may hold several values."""
        return self.offsets is not None

    @property
    def is_filled(self) -> Flags:
        """Whether each record holds a value, (n_records,)."""
        filled: Flags = self.codes >= 0 if self.offsets is None else np.diff(self.offsets) > 0
        return filled


@dataclass(frozen=True)
class EncodedColumn:
    """One column over both tables.

    Attributes:
        name: the column.
        kind: what it holds, a key of `comparisons.KINDS`.
        left: codes of the left table.
        right: codes of the right table; the same object as `left` when deduplicating.
        left_counts: int64 (n_values,), left records that hold each value.
        right_counts: int64 (n_values,), the same of the right table.
        is_whole: bool (n_values,), False for a value that can never agree exactly (a partial date).
    """

    name: str
    kind: str
    left: Codes
    right: Codes
    left_counts: Int64s
    right_counts: Int64s
    is_whole: Flags


@dataclass(frozen=True)
class Cells:
    """All codes, one row per record, so that a record's values lie side by side in memory.

    Attributes:
        columns: position of each column in a row.
        left: int32 (n_left, n_columns): a local code; NO_VALUE where null; and where there are
            several values, FIRST_LIST minus the number of their list. Most records of a
            many-valued column hold one value, and are then compared as those of any other column.
        right: the same of the right table; the same object when deduplicating.
        list_offsets: int64 (n_lists + 1,).
        list_codes: int32, local codes of all lists of several values end to end.
        bases: int64 (n_columns,), global code of each column's local code 0.
        is_many: bool (n_columns,).
    """

    columns: Mapping[str, int]
    left: Int32s
    right: Int32s
    list_offsets: Int64s
    list_codes: Int32s
    bases: Int64s
    is_many: Flags


@dataclass(frozen=True)
class Encoded:
    """One or two tables, ready for blocking and comparison.

    Records are numbered in ascending order of their ids, whatever order the tables had.

    Attributes:
        spec: the specification without the columns that were dropped.
        is_dedupe: one table with itself: pairs have left < right.
        left_ids: record ids, ascending; `left_ids[i]` is record i.
        right_ids: the right table's; the same object when deduplicating.
        columns: every column of the specification that carries information, by name.
        warnings: what was dropped or ignored and why; names columns and counts, never values.
        cells: the same codes record by record, as kernels read them.
        domains: distinct values of each domain, by its name.
        values: what kernels know of each distinct value.
        ladders: comparisons with levels of the user's own, compiled.
    """

    spec: LinkageSpec
    is_dedupe: bool
    left_ids: pa.Array
    right_ids: pa.Array
    columns: Mapping[str, EncodedColumn]
    warnings: tuple[str, ...]
    cells: Cells
    domains: Mapping[str, Domain]
    values: Values
    ladders: Ladders

    @property
    def n_left(self) -> int:
        """Records of the left table."""
        return len(self.left_ids)

    @property
    def n_right(self) -> int:
        """Records of the right table."""
        return len(self.right_ids)

    @property
    def n_pairs(self) -> int:
        """All pairs there could be: N in the method."""
        if self.is_dedupe:
            return self.n_left * (self.n_left - 1) // 2
        return self.n_left * self.n_right


def exact_share(encoded: Encoded, comparison: str) -> float | None:
    """P(exact level | random pair, neither null), from value frequencies.

    None for a many-valued column and for levels that do not go by equality alone, where only random
    pairs can tell, and where no pair has both.
    """
    compared = encoded.spec.comparison(comparison)
    column = encoded.columns[compared.column]
    is_many = column.left.is_many or column.right.is_many
    if is_many or not compared.definition.is_exact_all_equal:
        return None
    left, right = column.left_counts.astype(float), column.right_counts.astype(float)
    if encoded.is_dedupe:
        agree, pairs = (left * (left - 1))[column.is_whole].sum(), left.sum() * (left.sum() - 1)
    else:
        agree, pairs = (left * right)[column.is_whole].sum(), left.sum() * right.sum()
    return float(agree / pairs) if pairs else None


def agreed_values(encoded: Encoded, comparison: str, left: Int32s, right: Int32s) -> Int32s:
    """The value that each pair agrees on exactly.

    Args:
        encoded: the tables.
        comparison: its name.
        left: (n_pairs,) record numbers in the left table.
        right: (n_pairs,) record numbers in the right table.

    Returns:
        int32 (n_pairs,): local code of the shared value, of several the rarest (fewest records over
        both tables, then the lower code); -1 where none is shared.
    """
    column = encoded.columns[encoded.spec.comparison(comparison).column]
    if column.left.offsets is None or column.right.offsets is None:
        found = np.empty(len(left), np.int32)
        _shared(column.left.codes, column.right.codes, column.is_whole, left, right, found)
        return found
    holders = np.where(column.is_whole, column.left_counts + column.right_counts, 0)
    found = np.empty(len(left), np.int32)
    _rarest_shared(
        column.left.codes, column.left.offsets, column.right.codes, column.right.offsets,
        holders, left, right, found,
    )  # fmt: skip
    return found


@compiled
def _shared(
    left_codes: Int32s, right_codes: Int32s, is_whole: Flags,
    left: Int32s, right: Int32s, found: Int32s,
) -> None:  # fmt: skip
    """The code that both records of each pair have; -1 where none, or one of a partial value."""
    for pair in range(len(left)):
        code = left_codes[left[pair]]
        is_shared = code >= 0 and code == right_codes[right[pair]]
        found[pair] = code if is_shared and is_whole[code] else -1


@compiled
def _rarest_shared(
    left_codes: Int32s, left_offsets: Int64s, right_codes: Int32s, right_offsets: Int64s,
    holders: Int64s, left: Int32s, right: Int32s, found: Int32s,
) -> None:  # fmt: skip
    """Rarest value in both ascending lists; a value that nobody holds does not count."""
    for pair in range(len(left)):
        x, x_end = left_offsets[left[pair]], left_offsets[left[pair] + 1]
        y, y_end = right_offsets[right[pair]], right_offsets[right[pair] + 1]
        best = -1
        while x < x_end and y < y_end:
            code, other = left_codes[x], right_codes[y]
            if code == other and holders[code] > 0 and (best < 0 or holders[code] < holders[best]):
                best = code
            if code <= other:
                x += 1
            if other <= code:
                y += 1
        found[pair] = best
