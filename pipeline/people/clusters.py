"""Clusters: which records are one person, each group checked as a whole before it is accepted.

In: which pairs may be joined and which may stand together. Out: a label for every record. It must
not know records, levels or guards.

Records connected by joining pairs are one person if every two of them may stand together. Where two
may not, the group is built up anew from its surest pairs, and a pair joins two parts only if each
record of the one may stand with each of the other: the weakest links are what is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from pipeline.people.records import Rows

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Ties:
    """Pairs of records, each array (n_pairs,).

    Attributes:
        left: record number.
        right: the other.
        weight_bits: log2 odds that the two are one person; the surest pair joins first.
        joins: probable enough to join two records.
        stands: may be within one person: not too unlike, and no guard against it. Pairs that are
            not listed at all may not.
    """

    left: Rows
    right: Rows
    weight_bits: Floats
    joins: Flags
    stands: Flags


def cluster_records(ties: Ties, n_records: int) -> Rows:
    """The smallest record of each record's cluster, (n_records,)."""
    joins = ties.joins & ties.stands
    labels = _components(ties.left[joins], ties.right[joins], n_records)
    for component in _unsound_components(ties, labels):
        _rebuild(ties, component, labels)
    return labels


def _components(left: Rows, right: Rows, n_records: int) -> Rows:
    """The smallest record of each record's connected component."""
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), (n_records, n_records))
    numbers = connected_components(graph, directed=False)[1]
    smallest = np.unique(numbers, return_index=True)[1].astype(np.int64)
    labels: Rows = smallest[numbers]
    return labels


def _unsound_components(ties: Ties, labels: Rows) -> list[Rows]:
    """Components with two records that may not stand together: rows of each one's ties."""
    sizes = np.bincount(labels, minlength=len(labels))
    inside = np.flatnonzero((labels[ties.left] == labels[ties.right]) & ties.stands)
    standing = np.bincount(labels[ties.left[inside]], minlength=len(labels))
    is_unsound = standing < sizes * (sizes - 1) // 2
    rows = inside[is_unsound[labels[ties.left[inside]]]]
    # The surest pair first; between equals the smaller records.
    order = np.lexsort(
        (ties.right[rows], ties.left[rows], -ties.weight_bits[rows], labels[ties.left[rows]])
    )
    rows = rows[order]
    bounds = np.flatnonzero(np.diff(labels[ties.left[rows]])) + 1
    return [part for part in np.split(rows, bounds) if len(part)]


def _rebuild(ties: Ties, rows: Rows, labels: Rows) -> None:
    """Join the records of one component anew, surest pair first; writes their labels.

    Args:
        ties: all ties.
        rows: the component's standing ties, surest first.
        labels: written for the component's records.
    """
    pairs = list(zip(ties.left[rows].tolist(), ties.right[rows].tolist(), strict=True))
    members = {record: [record] for pair in pairs for record in pair}
    part = {record: record for record in members}
    standing = {record: dict[int, int]() for record in members}
    for a, b in pairs:
        standing[a][b] = standing[b][a] = 1
    for (a, b), joins in zip(pairs, ties.joins[rows].tolist(), strict=True):
        keep, gone = sorted((part[a], part[b]))
        if not joins or keep == gone:
            continue
        if standing[keep].get(gone, 0) < len(members[keep]) * len(members[gone]):
            continue
        _merge(standing, keep, gone)
        for record in members[gone]:
            part[record] = keep
        members[keep] += members.pop(gone)
    for record, label in part.items():
        labels[record] = label


def _merge(standing: dict[int, dict[int, int]], keep: int, gone: int) -> None:
    """Count the standing pairs of two parts as those of one."""
    for other, count in standing.pop(gone).items():
        del standing[other][gone]
        if other != keep:
            total = standing[keep].get(other, 0) + count
            standing[keep][other] = standing[other][keep] = total


def weakest_links(ties: Ties, labels: Rows) -> Floats:
    """For each record's cluster the weight of the weakest link that holds it together, in bits.

    Every record is held by the strongest path to the others, so that a third record which
    resembles both of two makes them surer, never less sure.

    Returns:
        log2 odds, (n_records,); NaN for a record on its own.
    """
    inside = labels[ties.left] == labels[ties.right]
    left, right, bits = ties.left[inside], ties.right[inside], ties.weight_bits[inside]
    weakest = np.full(len(labels), np.nan)
    if len(bits) == 0:
        return weakest
    # A spanning tree of least cost keeps the strongest links; a cost of zero would be no link.
    cost = bits.max() - bits + 1
    tree = minimum_spanning_tree(csr_array((cost, (left, right)), (len(labels),) * 2)).tocoo()
    largest = np.zeros(len(labels))
    np.maximum.at(largest, labels[tree.row], tree.data)
    held = largest[labels]
    weakest[held > 0] = bits.max() + 1 - held[held > 0]
    return weakest
