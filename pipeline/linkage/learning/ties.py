"""Ties: places that go together among strangers.

In: agreement levels of random pairs. Out: `StrangerTie` for comparisons of places. It must not know
candidate pairs, m or h.

Comparisons are taken as independent among strangers. For places that is false: who shares a
postcode area shares a town, and often a part of the address. In one city everybody does, and u says
so; in the records of a country one pair in a thousand does, and two people of one given name who
live in one area would look like one person by two places that agree in part. The levels of places
are therefore tied two by two, along the tree of the strongest ties (Chow and Liu 1968), so that

    P(levels | strangers) = Π_c u_c · Π_(a,b) P(a, b) / (P(a) P(b)).

Random pairs hold some matches and households, who share every place. There are at most a few of
them for every record; so many are taken out of each cell before a tie is believed, and a tie never
makes a pair of levels rarer than independence has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.learning.classes import CountedLevels, StrangerTie
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]

KIN = 5.0
"""Pairs of one person or household that a record may be in, at the most, on average."""

INDEPENDENT = 5.0
"""Random pairs' worth of belief in independence, in every cell."""

LEAST_NATS = 0.1
"""Ties whose strongest cell says less are left out."""


def tie_places(
    comparisons: Sequence[Comparison], sample: CountedLevels, records: int
) -> tuple[StrangerTie, ...]:
    """The strongest ties between comparisons of places: a tree, or nothing.

    Args:
        comparisons: What is compared.
        sample: Random pairs by pattern.
        records: Records of the larger table.
    """
    definitions = [item.definition for item in comparisons]
    places = [row for row, kind in enumerate(definitions) if kind.neighbour_level is not None]
    tables = {pair: counted_together(comparisons, sample, pair) for pair in combinations(places, 2)}
    ties = [tie(pair, table, records) for pair, table in tables.items()]
    ties = [one for one in ties if one.log_ratios.max() >= LEAST_NATS]
    if not ties:
        return ()
    said = [float((tables[one.first, one.second] * one.log_ratios).sum()) for one in ties]
    return _strongest_tree(ties, said, len(comparisons))


def _strongest_tree(
    ties: Sequence[StrangerTie], said: Sequence[float], size: int
) -> tuple[StrangerTie, ...]:
    """The ties of the tree that says most, in their order."""
    # Slow to import, and a trained model does without.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    ends = [(one.first, one.second) for one in ties]
    # The tree of least cost is the one that says most.
    costs = max(said) + 1.0 - np.array(said)
    rows, columns = np.array(ends).T
    tree = minimum_spanning_tree(coo_array((costs, (rows, columns)), (size, size))).tocoo()
    kept = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    return tuple(one for one, end in zip(ties, ends, strict=True) if end in kept)


def tie(pair: tuple[int, int], table: Floats, records: int) -> StrangerTie:
    """How much likelier than independence two comparisons reach each pair of levels.

    Args:
        pair: indices of the comparisons.
        table: random pairs at each pair of levels.
        records: records of the larger table.
    """
    total = max(float(table.sum()), 1.0)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    kin = KIN * total / max(records, 1)
    believed = np.maximum(table - kin, expected)
    return StrangerTie(*pair, np.log((believed + INDEPENDENT) / (expected + INDEPENDENT)))


def counted_together(
    comparisons: Sequence[Comparison], sample: CountedLevels, pair: tuple[int, int]
) -> Floats:
    """Random pairs at each pair of levels, those left out where either is null."""
    first, second = (sample.levels[:, row] for row in pair)
    both = (first >= 0) & (second >= 0)
    table = np.zeros([len(comparisons[row].levels) for row in pair])
    np.add.at(table, (first[both], second[both]), sample.counts[both])
    return table
