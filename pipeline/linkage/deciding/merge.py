"""Merge the records of one component into groups, the surest merge first.

In: the log odds of all pairs of a component. Out: groups, and judged log odds of every pair.
Compiled; it must not know tables, values or how components were found.

The pairs between two groups are not independent witnesses: an error in one record shows in all of
its pairs. So the mean evidence of k pairs counts k/(1+(k-1)ρ) times, not k times; and a record's
exact copies count as one record.

Source: docs/method.md, "Refinement, one-to-one evidence, clusters"; Kish 1965 for the
design effect.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]
Int64s = NDArray[np.int64]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def judge_components(
    members: Rows, starts: Int64s, shares: Floats, scores: Floats, rule: tuple[float, float]
) -> tuple[Rows, Floats]:
    """Merge the groups of every component.

    Args:
        members: Record rows of all components, end to end.
        starts: Offsets of the components in `members`.
        shares: What each member counts as: 1, or 1/c of c exact copies.
        scores: Log odds of all pairs of all components, in the order of `all_pairs`.
        rule: Log prior odds of a pair, and ρ.

    Returns:
        For each member the first row of its group; judged log odds of every pair.
    """
    first = starts[0]
    labels = np.empty(starts[-1] - first, np.int32)
    judged = np.empty(len(scores))
    at = 0
    for component in range(len(starts) - 1):
        low, high = starts[component], starts[component + 1]
        n_pairs = (high - low) * (high - low - 1) // 2
        own = square(high - low, scores[at : at + n_pairs])
        groups, odds = merge_groups(own, shares[low:high], rule[0], rule[1])
        judged[at : at + n_pairs] = odds
        at += n_pairs
        for i in range(high - low):
            labels[low - first + i] = members[low + groups[i]]
    return labels, judged


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def evidence_between(
    total: float, pairs: float, distinct: float, rule: tuple[float, float]
) -> float:
    """Log odds that two groups are one person.

    Args:
        total: Summed log odds of the pairs between them.
        pairs: How many pairs.
        distinct: How many, counting copies once.
        rule: Log prior odds of a pair, and ρ.
    """
    mean = total / pairs
    if mean <= rule[0]:
        return mean
    return rule[0] + distinct / (1 + (distinct - 1) * rule[1]) * (mean - rule[0])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def merge_groups(
    own: Floats, shares: Floats, prior: float, dependence: float
) -> tuple[Int64s, Floats]:
    """Merge the records of one component while any two groups are more likely one person than not.

    Args:
        own: Log odds of every pair, (n, n), symmetric.
        shares: What each record counts as: 1, or 1/c of c exact copies.
        prior: Log odds of a pair about which nothing is known.
        dependence: ρ.

    Returns:
        For each record the first record of its group; judged log odds of the pairs in the order
        (0, 1), (0, 2) … (1, 2) …: of joined ones those of the merge that joined them, of others
        those between their final groups, but no more than the pair's own.
    """
    size = len(own)
    groups, records, distinct = np.arange(size), np.ones(size), shares.copy()
    between, judged = own.copy(), np.full((size, size), -np.inf)
    rule = (prior, dependence)
    a, b, odds = surest_merge(between, groups, records, distinct, rule)
    while a >= 0:
        for i in range(size):
            for j in range(size):
                if groups[i] == a and groups[j] == b:
                    judged[i, j] = judged[j, i] = odds
        for i in range(size):
            between[a, i] += between[b, i]
            between[i, a] += between[i, b]
            groups[i] = a if groups[i] == b else groups[i]
        records[a] += records[b]
        distinct[a] += distinct[b]
        a, b, odds = surest_merge(between, groups, records, distinct, rule)
    for i in range(size):
        for j in range(i + 1, size):
            a, b = groups[i], groups[j]
            if a != b:
                apart = group_odds(between, records, distinct, (a, b), rule)
                judged[i, j] = min(apart, own[i, j])
    return groups, flat(judged)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def surest_merge(
    between: Floats, groups: Int64s, records: Floats, distinct: Floats, rule: tuple[float, float]
) -> tuple[int, int, float]:
    """The two groups most likely one person, and their log odds; -1 where none is likely."""
    best, a, b = 0.0, -1, -1
    for i in range(len(groups)):
        if groups[i] != i:
            continue
        for j in range(i + 1, len(groups)):
            if groups[j] == j:
                odds = group_odds(between, records, distinct, (i, j), rule)
                if odds > best:
                    best, a, b = odds, i, j
    return a, b, best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def group_odds(
    between: Floats,
    records: Floats,
    distinct: Floats,
    pair: tuple[int, int],
    rule: tuple[float, float],
) -> float:
    """Log odds that these two groups are one person."""
    a, b = pair
    effective = max(distinct[a], 1.0) * max(distinct[b], 1.0)
    odds: float = evidence_between(between[a, b], records[a] * records[b], effective, rule)
    return odds


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def square(size: int, scores: Floats) -> Floats:
    """Pair scores in the order (0, 1), (0, 2) … (1, 2) … as a symmetric table."""
    table = np.zeros((size, size))
    at = 0
    for i in range(size):
        for j in range(i + 1, size):
            table[i, j] = table[j, i] = scores[at]
            at += 1
    return table


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def flat(table: Floats) -> Floats:
    """The inverse of `square`."""
    size = len(table)
    scores = np.empty(size * (size - 1) // 2)
    at = 0
    for i in range(size):
        for j in range(i + 1, size):
            scores[at] = table[i, j]
            at += 1
    return scores
