"""Encode: tables become dictionary codes over both tables, cleaned and in canonical order.

In: one or two Arrow tables and a specification. Out: `Encoded`, which every later step reads
instead of the tables. It must not know pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

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

    codes: np.ndarray
    offsets: np.ndarray | None

    @property
    def is_many(self) -> bool:
        """Whether a record may hold several values."""
        return self.offsets is not None


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
    left_counts: np.ndarray
    right_counts: np.ndarray
    is_whole: np.ndarray


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
    """

    spec: LinkageSpec
    is_dedupe: bool
    left_ids: pa.Array
    right_ids: pa.Array
    columns: Mapping[str, EncodedColumn]
    warnings: tuple[str, ...]

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


def encode(left: pa.Table, right: pa.Table | None, spec: LinkageSpec) -> Encoded:
    """Clean and number the values of both tables.

    Args:
        left: has `spec.id_column`, unique, and every column of the specification.
        right: the same; None to deduplicate `left`.
        spec: what to read. A column constant over both tables, or filled in under 2% of either's
            records, is dropped with the comparisons and rules that need it, and a warning says so
            (an identifier is dropped only where it is empty).

    Raises:
        SpecError: a column is missing, or has a type that cannot be read.
        LinkageError: record ids are null or not unique, or no column is left to compare.
    """
    raise NotImplementedError


def exact_share(encoded: Encoded, comparison: str) -> float | None:
    """P(exact level | random pair, neither null), from value frequencies.

    None for a many-valued column: there only random pairs can tell.
    """
    raise NotImplementedError


def agreed_values(
    encoded: Encoded, comparison: str, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
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
    raise NotImplementedError
