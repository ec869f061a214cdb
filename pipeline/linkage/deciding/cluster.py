"""Clusters of one table's records: whole groups are judged, not pairs one by one.

In: scored pairs of one table and a way to score further pairs. Out: a cluster for every record and
a probability for every pair inside the components looked at. It must not know levels or values.

Source: docs/method.md, "Refinement, one-to-one evidence, clusters".
How groups are merged: `merge.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.linkage.deciding.merge import judge_components
from pipeline.linkage.sorting import is_among

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]
PairScorer = Callable[[Rows, Rows], Floats]

RISING_FLOORS = (0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999)
PAIRS_AT_ONCE = 2_000_000
BELIEVED_CORRELATION, BELIEF_GROUPS = 0.6, 50
"""Correlation believed before data, worth so many records with several pairs."""
DEPENDENCE_RANGE = (0.5, 0.95)
SURE = math.log(19)
"""Log odds, of .95, of the matches that dependence is learned from."""


@dataclass(frozen=True)
class Clustering:
    """The outcome of clustering.

    Attributes:
        labels: For each record the first row of its cluster, shape (n_records,).
        left: Smaller row of every pair within a component, sorted with `right`.
        right: Larger row.
        log_odds: Judged natural log odds of those pairs.
        oversized: Components too large to be judged as wholes; left as the pairs had them.
    """

    labels: Rows
    left: Rows
    right: Rows
    log_odds: Floats
    oversized: int


@dataclass(frozen=True)
class ClusterRule:
    """How groups are judged.

    Attributes:
        log_prior: Natural log of N_M / N, the log odds of a pair about which nothing is known.
        dependence: ρ, correlation of the evidence of pairs between the same two groups.
        component_floor: Pairs at least this probable hold a component together.
        max_component: Larger components are cut at ever higher floors.
    """

    log_prior: float
    dependence: float
    component_floor: float
    max_component: int


def cluster_records(
    pairs: tuple[Rows, Rows], log_odds: Floats, copies: Rows, rule: ClusterRule, score: PairScorer
) -> Clustering:
    """Group the records of one table.

    Args:
        pairs: Candidate pairs, rows of the table, smaller first.
        log_odds: Natural log posterior odds of each.
        copies: For every record of the table, the number of the value set that it and its exact
            copies hold.
        rule: How groups are judged.
        score: Natural log posterior odds of any further pairs.
    """
    size = len(copies)
    components, oversized = bounded_components(pairs, log_odds, size, rule)
    members, starts = components_of_two_or_more(components, rule.max_component)
    shares = copy_shares(components[members], copies[members])
    labels = np.arange(size, dtype=np.int32)
    lefts, rights, judged = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0)]
    for first, last in batches(starts):
        left, right = all_pairs(members, starts[first : last + 1])
        outcome = judge_components(
            members,
            starts[first : last + 1],
            shares,
            score(left, right),
            (rule.log_prior, rule.dependence),
        )
        labels[members[starts[first] : starts[last]]] = outcome[0]
        lefts.append(left)
        rights.append(right)
        judged.append(outcome[1])
    left, right, odds = np.concatenate(lefts), np.concatenate(rights), np.concatenate(judged)
    order = np.lexsort((right, left))
    if oversized:
        whole = np.flatnonzero(np.bincount(components, minlength=size) > rule.max_component)
        labels = join_whole(labels, components, whole)
    return Clustering(labels, left[order], right[order], odds[order], oversized)


def copy_shares(components: Rows, copies: Rows) -> Floats:
    """What each record counts as within its component: 1/c where c exact copies are in it."""
    key = components.astype(np.int64) * (int(copies.max(initial=0)) + 1) + copies
    _, which, counts = np.unique(key, return_inverse=True, return_counts=True)
    shares: Floats = 1.0 / counts[which]
    return shares


def first_copies(copies: Rows) -> NDArray[np.bool_]:
    """Which records are the first of their exact copies."""
    is_first = np.zeros(len(copies), np.bool_)
    is_first[np.unique(copies, return_index=True)[1]] = True
    return is_first


def learned_dependence(pairs: tuple[Rows, Rows], log_odds: Floats, copies: Rows) -> float:
    """ρ: how much of the evidence of one pair is repeated in another that shares a record.

    Two pairs of one person's records that share a record are correlated as the likely matches show
    (intraclass correlation). Two pairs of different people are repeated almost whole: what makes a
    record look like one record of a group makes it look like all of them. ρ lies halfway between.

    Only sure matches among three records, all of them sure, are asked: where every person is
    recorded twice at most, a record with two likely partners has a true and a false one, which are
    as unlike as can be and say nothing of one person's records. What is left of such groups shows
    as a negative correlation, which records of one person cannot have: then belief stands.

    Args:
        pairs: Candidate pairs.
        log_odds: Natural log odds of each.
        copies: For every record the number of its value set; of exact copies only the first counts.
    """
    size, is_first = len(copies), first_copies(copies)
    likely = (log_odds > SURE) & is_first[pairs[0]] & is_first[pairs[1]]
    left, right, odds = pairs[0][likely], pairs[1][likely], log_odds[likely]
    asked = have_common_partner(left, right, size)
    record = np.concatenate([left[asked], right[asked]])
    value = np.concatenate([odds[asked], odds[asked]])
    counts = np.bincount(record, minlength=size)
    is_used = counts[record] >= 2
    groups = int((counts >= 2).sum())
    found = intraclass_correlation(record[is_used], value[is_used]) if groups >= 2 else 0.0
    groups = groups if found >= 0 else 0
    correlation = (groups * found + BELIEF_GROUPS * BELIEVED_CORRELATION) / (groups + BELIEF_GROUPS)
    return float(np.clip((1 + correlation) / 2, *DEPENDENCE_RANGE))


def have_common_partner(left: Rows, right: Rows, size: int) -> NDArray[np.bool_]:
    """Whether some third record is paired with both records of each pair, (n_pairs,)."""
    # Slow to import, and linking two tables does without.
    from scipy.sparse import csr_array

    ends = (np.concatenate([left, right]), np.concatenate([right, left]))
    graph = csr_array((np.ones(len(ends[0]), np.int32), ends), shape=(size, size))
    common = (graph @ graph).multiply(graph).tocoo()
    keys = np.sort(common.row.astype(np.int64) * size + common.col)
    return is_among(left.astype(np.int64) * size + right, keys)


def intraclass_correlation(group: NDArray[np.int32], value: Floats) -> float:
    """Correlation of two values of one group, from one-way analysis of variance.

    Source: Donner 1986, International Statistical Review 54:67-82, the ANOVA estimator.
    """
    counts = np.bincount(group)
    counts, means = counts[counts > 0], np.bincount(group, value)[counts > 0] / counts[counts > 0]
    n, k = len(value), len(counts)
    if k < 2 or n <= k:
        return 0.0
    between = float((counts * (means - value.mean()) ** 2).sum()) / (k - 1)
    total = float(((value - value.mean()) ** 2).sum())
    within = (total - between * (k - 1)) / (n - k)
    typical = (n - float((counts**2).sum()) / n) / (k - 1)
    spread = between + (typical - 1) * within
    return (between - within) / spread if spread > 0 else 1.0


def bounded_components(
    pairs: tuple[Rows, Rows], log_odds: Floats, size: int, rule: ClusterRule
) -> tuple[Rows, int]:
    """Component of every record; too large ones are cut at ever higher probabilities.

    Returns:
        A component number per record, and how many components stay too large.
    """
    floors = (rule.component_floor, *[f for f in RISING_FLOORS if f > rule.component_floor])
    holds = log_odds >= _logit(floors[0])
    components = _components(pairs, holds, size)
    for floor in floors[1:]:
        is_large = np.bincount(components) > rule.max_component
        if not is_large.any():
            return components, 0
        holds &= ~is_large[components[pairs[0]]] | (log_odds >= _logit(floor))
        components = _components(pairs, holds, size)
    return components, int((np.bincount(components) > rule.max_component).sum())


def _components(pairs: tuple[Rows, Rows], holds: NDArray[np.bool_], size: int) -> Rows:
    # Slow to import, and linking two tables does without.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = pairs[0][holds], pairs[1][holds]
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


def joined_records(pairs: tuple[Rows, Rows], holds: NDArray[np.bool_], size: int) -> Rows:
    """For each record the first row of its component, where nothing judges groups as wholes."""
    components = _components(pairs, holds, size)
    return np.unique(components, return_index=True)[1][components].astype(np.int32)


def _logit(probability: float) -> float:
    return float(np.log(probability) - np.log1p(-probability))


def components_of_two_or_more(
    components: Rows, max_component: int
) -> tuple[Rows, NDArray[np.int64]]:
    """Records of every component that has pairs to judge, one component after another.

    Returns:
        Record rows, ascending within a component; offsets, one more than there are components.
    """
    order = np.argsort(components, kind="stable").astype(np.int32)
    sizes = np.bincount(components)
    wanted = (sizes >= 2) & (sizes <= max_component)
    members = order[wanted[components[order]]]
    starts = np.concatenate([[0], np.cumsum(sizes[wanted])])
    return members, starts.astype(np.int64)


def batches(starts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Ranges of components, of few enough pairs together to be scored at once, or of one."""
    sizes = np.diff(starts)
    total = np.cumsum(sizes * (sizes - 1) // 2)
    ranges, first = [], 0
    while first < len(sizes):
        done = total[first - 1] if first else 0
        last = max(int(np.searchsorted(total, done + PAIRS_AT_ONCE, side="right")), first + 1)
        ranges.append((first, last))
        first = last
    return ranges


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def all_pairs(members: Rows, starts: NDArray[np.int64]) -> tuple[Rows, Rows]:
    """Every pair within every component, smaller row first."""
    total = 0
    for component in range(len(starts) - 1):
        size = starts[component + 1] - starts[component]
        total += size * (size - 1) // 2
    left, right = np.empty(total, np.int32), np.empty(total, np.int32)
    at = 0
    for component in range(len(starts) - 1):
        for i in range(starts[component], starts[component + 1]):
            for j in range(i + 1, starts[component + 1]):
                left[at], right[at] = members[i], members[j]
                at += 1
    return left, right


def join_whole(labels: Rows, components: Rows, whole: NDArray[np.int64]) -> Rows:
    """Labels in which each of these components is one cluster."""
    joined = labels.copy()
    for component in whole:
        rows = np.flatnonzero(components == component)
        joined[rows] = rows[0]
    return joined
