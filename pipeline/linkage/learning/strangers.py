"""Strangers: how often two random records reach each agreement level.

In: encoded tables and random pairs of their records. Out: level shares that u starts from, and a
ceiling for exact agreement. It must not know candidate pairs, m or h.

What value frequencies can tell is not sampled: exact agreement, and names that agree crosswise,
which a million random pairs hardly ever show.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import PatternLayout, compare_pairs, random_pairs, unpack
from pipeline.linkage.encoding.encoded import Encoded, exact_share
from pipeline.linkage.learning.beliefs import U_STRENGTH, prior_u, table_width
from pipeline.linkage.learning.classes import CountedLevels, level_sums
from pipeline.linkage.learning.lists import ListSizes
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR, SIMILAR = 4, 2
"""Levels of names from which two names crosswise count as near, and as similar."""

SEEN_ONCE_MORE = 2.0
"""Coincidences added to those found, lest a column without any be thought never to coincide."""


def random_levels(
    encoded: Encoded, layout: PatternLayout, settings: LinkageSettings, lists: ListSizes
) -> CountedLevels:
    """Random pairs by agreement pattern, those of very long lists left out."""
    left, right = random_pairs(encoded, settings.random_pairs, settings.seed)
    if not lists.all_teach:
        teaches = lists.teaches(left, right)
        left, right = left[teaches], right[teaches]
    patterns = compare_pairs(encoded, left, right, layout, settings.threads)
    packed, counts = np.unique(patterns, return_counts=True)
    return CountedLevels(unpack(packed, layout), counts.astype(np.float64))


def random_shares(encoded: Encoded, sample: CountedLevels) -> Floats:
    """Level shares of random pairs, (n_comparisons, max levels)."""
    comparisons = encoded.spec.comparisons
    sums = level_sums(sample.levels, sample.counts, table_width(comparisons))
    drawn = max(float(sample.counts.sum()), 1.0)
    shares = np.zeros_like(sums)
    for row, comparison in enumerate(comparisons):
        used = slice(0, len(comparison.levels))
        sampled = sums[row, used]
        possible = sampled.sum() / drawn * encoded.n_pairs
        exact = exact_share(encoded, comparison.name)
        shares[row, used] = believed_shares(comparison, sampled, exact, possible)
    for row, comparison in enumerate(comparisons):
        if comparison.swap_with is not None:
            surname = encoded.spec.comparison_names.index(comparison.swap_with)
            _raise_swaps(encoded, shares, (row, surname))
    return shares


def believed_shares(
    comparison: Comparison, sampled: Floats, exact: float | None, possible: float
) -> Floats:
    """Level shares among strangers: sampled, exact agreement analytic, pulled gently to belief.

    Args:
        comparison: What is compared.
        sampled: Random pairs at each level, (levels,).
        exact: Share of exact agreement from value frequencies; None where only the sample can tell.
        possible: Number of pairs that `exact` speaks of.
    """
    belief = prior_u(comparison)
    shares: Floats = (sampled + U_STRENGTH * belief) / (sampled.sum() + U_STRENGTH)
    if exact is None:
        return shares
    level = comparison.exact_level
    share = (exact * possible + U_STRENGTH * belief[level]) / (possible + U_STRENGTH)
    shares[level] = 0
    shares *= (1 - share) / shares.sum()
    shares[level] = share
    return shares


def _raise_swaps(encoded: Encoded, shares: Floats, rows: tuple[int, int]) -> None:
    """Let swapped names be at least as common as chance has names agree crosswise, in place.

    Strangers swap seldom where given names and surnames are two pools, and often where they are
    one. P(swap) = P(left given name is right surname) · P(left surname is right given name), each
    Σ_v p(v) q(v) over values, raised for near names as the names' own levels have it.
    """
    exact = crosswise_shares(encoded, rows)
    if exact is None:
        return
    given, top = rows[0], encoded.spec.comparisons[rows[0]].exact_level
    ratios = [
        [shares[row, level : top + 1].sum() / shares[row, top] for level in (NEAR, SIMILAR)]
        for row in rows
    ]
    near, similar = (min(one, other) for one, other in zip(*ratios, strict=True))
    whole = exact[0] * exact[1] * near**2
    half = 2 * exact[0] * exact[1] * near * (similar - near) + sum(exact) * missing_names(
        encoded, rows
    )
    for level, least in ((top + 1, whole), (top + 2, half)):
        shares[given, level] = max(shares[given, level], min(least, shares[given, top]))
    shares[given] /= shares[given].sum()


def crosswise_shares(encoded: Encoded, rows: tuple[int, int]) -> tuple[float, float] | None:
    """P(left given name = right surname) and P(left surname = right given name) of random pairs.

    None where a name is many-valued, or never recorded.
    """
    given, surname = (encoded.columns[encoded.spec.comparisons[row].column] for row in rows)
    if given.left.is_many or surname.left.is_many:
        return None
    shares = []
    for one, other in (
        (given.left_counts, surname.right_counts), (surname.left_counts, given.right_counts),
    ):  # fmt: skip
        pairs = float(one.sum()) * float(other.sum())
        if pairs == 0:
            return None
        shares.append((float(one.astype(np.float64) @ other) + 0.5) / pairs)
    return shares[0], shares[1]


def missing_names(encoded: Encoded, rows: tuple[int, int]) -> float:
    """Share of random pairs of which one of the two other names is missing."""
    filled = 1.0
    for row in rows:
        column = encoded.columns[encoded.spec.comparisons[row].column]
        filled *= float(column.left_counts.sum()) / max(encoded.n_left, 1)
    return 1 - filled


def exact_ceiling(encoded: Encoded) -> Floats:
    """Most that strangers of two tables agree exactly, (n_comparisons,); 1 where nothing tells.

    Random pairs of two tables hold the people who are in both; pairs within a table do not. With
    p(v) and q(v) the shares of value v in the tables, Σ_v p(v) q(v) is at most the geometric mean
    of Σ_v p(v)² and Σ_v q(v)², which are what records of one table agree among themselves.
    Duplicates within a table only raise it.

    Source: Cauchy–Schwarz.
    """
    ceiling = np.ones(len(encoded.spec.comparisons))
    if encoded.is_dedupe:
        return ceiling
    for row, comparison in enumerate(encoded.spec.comparisons):
        column = encoded.columns[comparison.column]
        if column.left.is_many or not comparison.definition.is_exact_all_equal:
            continue
        agreeing = [
            coincidences(counts[column.is_whole], int(counts.sum()))
            for counts in (column.left_counts, column.right_counts)
        ]
        ceiling[row] = min(float(np.sqrt(agreeing[0] * agreeing[1])), 1.0)
    return ceiling


def coincidences(counts: Ints, records: int) -> float:
    """Share of the pairs within a table that agree exactly, a few more believed than were found.

    Args:
        counts: Records that hold each value.
        records: Records that hold any.
    """
    found = float((counts.astype(np.float64) * (counts - 1)).sum()) / 2
    pairs = max(records * (records - 1) / 2, 1.0)
    return min((found + SEEN_ONCE_MORE) / pairs, 1.0)
