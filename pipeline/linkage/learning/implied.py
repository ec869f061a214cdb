"""Which comparisons another column implies: strangers who share a given name share the sex as well.

In: encoded tables. Out: pairs of a comparison and a column that implies it. It must not know rules,
patterns or classes.

Among the pairs of a rule that reads such a column, agreement says nothing, and there can be
millions of them: left in, EM finds a class of pairs who are strangers but for their sex.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import Int32s
from pipeline.linkage.encoding.encoded import Encoded

Counts = NDArray[np.int64]

MOST_VALUES = 30
"""Only columns of so few values are looked at: with more, hardly anything implies them."""

ENOUGH_RECORDS = 20
"""Values of so many records: among the pairs of rarer ones, records of one person are too many."""

LEAST_PAIRS = 1_000
"""Pairs of records that share a value; with fewer, nothing is said."""

LEFT_OF_DISAGREEMENT = 0.25
"""A column implies a comparison if it takes away three quarters of the disagreement or more."""


def implied_comparisons(encoded: Encoded) -> tuple[tuple[int, str], ...]:
    """Comparisons by index, each with a column that implies it, by the larger of the tables.

    A person's places are not looked at: that neighbours share them is a class of its own.
    """
    comparisons = encoded.spec.comparisons
    side = "left" if encoded.n_left >= encoded.n_right else "right"
    single = {
        name: (getattr(column, side).codes, getattr(column, f"{side}_counts"))
        for name, column in encoded.columns.items()
        if not getattr(column, side).is_many
    }
    names = dict.fromkeys(comparison.column for comparison in comparisons)
    return tuple(
        (index, name)
        for index, comparison in enumerate(comparisons)
        if comparison.column in single and not comparison.definition.is_place
        for name in names
        if name in single
        and name != comparison.column
        and is_implied(*single[comparison.column], *single[name])
    )


def is_implied(codes: Int32s, holders: Counts, by: Int32s, by_holders: Counts) -> bool:
    """Whether two records that share a value of `by` nearly always share that of `codes` too.

    Args:
        codes: (n_records,) a column's values, -1 for null.
        holders: (n_values,) records that hold each.
        by: (n_records,) another column's.
        by_holders: records that hold each of its values.
    """
    if not 2 <= len(holders) <= MOST_VALUES:
        return False
    disagree, pairs = shared_pairs(codes, by, by_holders)
    expected = 1 - float(((holders / max(holders.sum(), 1)) ** 2).sum())
    return pairs >= LEAST_PAIRS and disagree <= LEFT_OF_DISAGREEMENT * expected * pairs


def shared_pairs(codes: Int32s, by: Int32s, by_holders: Counts) -> tuple[float, float]:
    """Pairs of records that share a common value of `by`: those that differ in `codes`, and all."""
    is_common = by_holders >= ENOUGH_RECORDS
    numbers = np.cumsum(is_common) - 1
    # Code -1 reads the last value's flag here, and is ruled out by the term before it.
    wanted = (codes >= 0) & (by >= 0) & is_common[by]
    keys = numbers[by[wanted]] * MOST_VALUES + codes[wanted]
    size = int(is_common.sum()) * MOST_VALUES
    table = np.bincount(keys, minlength=size).astype(float).reshape(-1, MOST_VALUES)
    same = float((table * (table - 1)).sum()) / 2
    total = table.sum(axis=1)
    pairs = float((total * (total - 1)).sum()) / 2
    return pairs - same, pairs
