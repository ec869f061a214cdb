"""Ties: what goes together among strangers.

In: agreement levels of random pairs, and the probabilities so far. Out: `StrangerTie` for
comparisons of places, and of names with what they tell. It must not know candidate pairs.

Comparisons are taken as independent among strangers. For places that is false: who shares a
postcode area shares a town, and often a part of the address. For names too: who shares a given name
shares the sex and, by fashion, the years of birth, and has an e-mail address made of the name. Such
pairs would be counted twice, and a class of matches that differ in all else grows out of them. The
levels of one group of comparisons are therefore tied two by two, along the tree of the strongest
ties (Chow and Liu 1968), so that

    P(levels | strangers) = Π_c u_c · Π_(a,b) P(a, b) / (P(a) P(b)).

Random pairs hold some matches and households. As many as are expected are taken out of each cell,
and two standard deviations more, before a tie is believed, and a tie never makes a pair of levels
rarer than independence has it. Given name and surname are not tied here: which of them go together
differs from name to name (`affinity.py`).

Source: docs/method.md, "m and h, by EM over pattern counts".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.learning.classes import (
    STRANGERS,
    ClassProbabilities,
    CountedLevels,
    Population,
    StrangerTie,
    part_levels,
    part_shares,
)
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]

INDEPENDENT = 0.5
"""Random pairs' worth of belief in independence, in every cell."""
CHANCE = 2.0
"""Standard deviations by which a cell may be full by chance."""
FEW_PAIRS = 10.0
"""A cell of fewer random pairs is tied at least as the level below it is."""
LEAST_NATS = 0.1
"""Ties whose strongest cell says less are left out."""


@dataclass(frozen=True)
class JointLevels:
    """Random pairs at each pair of levels of two comparisons that may go together.

    Attributes:
        first: Index of a comparison.
        second: Index of another.
        counts: Random pairs, (levels of the first, levels of the second); nulls are left out.
    """

    first: int
    second: int
    counts: Floats


def joint_levels(
    comparisons: Sequence[Comparison], sample: CountedLevels
) -> tuple[JointLevels, ...]:
    """Random pairs by the levels of two comparisons of one group.

    Args:
        comparisons: What is compared.
        sample: Random pairs by pattern.
    """
    groups = [item.definition.tied_group for item in comparisons]
    return tuple(
        JointLevels(*pair, counted_together(comparisons, sample, pair))
        for pair in combinations(range(len(comparisons)), 2)
        if groups[pair[0]] is not None
        and groups[pair[0]] == groups[pair[1]]
        and {comparisons[row].kind for row in pair} != {"given_name", "surname"}
    )


def stranger_ties(
    joint: Sequence[JointLevels], probabilities: ClassProbabilities, population: Population
) -> tuple[StrangerTie, ...]:
    """The strongest ties among strangers: a tree, or nothing.

    Args:
        joint: Random pairs by two levels.
        probabilities: Level probabilities, u without matches and households.
        population: Expected numbers of pairs.
    """
    tables = [(one, strangers_of(one, probabilities, population)) for one in joint]
    ties = [(tie(one, table, probabilities.u), table) for one, table in tables]
    ties = [(one, table) for one, table in ties if one.log_ratios.max() >= LEAST_NATS]
    said = [float((table * one.log_ratios).sum()) for one, table in ties]
    return _strongest_tree([one for one, _ in ties], said)


def strangers_of(
    joint: JointLevels, probabilities: ClassProbabilities, population: Population
) -> Floats:
    """Random pairs of strangers at each pair of levels: matches and households taken out."""
    drawn = float(joint.counts.sum())
    shares = part_shares(probabilities)
    left = joint.counts - CHANCE * np.sqrt(joint.counts)
    sizes = np.array([population.matches] * 2 + [population.households] * 2) / population.pairs
    for part, table in enumerate(part_levels(probabilities)[:STRANGERS]):
        rows, columns = (
            table[row, :size]
            for row, size in zip((joint.first, joint.second), left.shape, strict=True)
        )
        left -= drawn * sizes[part] * shares[part] * np.outer(rows, columns)
    return np.maximum(left, 0.0)


def tie(joint: JointLevels, strangers: Floats, u: Floats) -> StrangerTie:
    """How much likelier than independence two comparisons reach each pair of levels.

    A tie never makes a pair of levels rarer than independence has it.
    """
    rows, columns = (
        u[row, :size]
        for row, size in zip((joint.first, joint.second), strangers.shape, strict=True)
    )
    expected = max(float(strangers.sum()), 1.0) * np.outer(rows, columns)
    ratios = (np.maximum(strangers, expected) + INDEPENDENT) / (expected + INDEPENDENT)
    for level in range(2, ratios.shape[1]):
        is_rare = joint.counts[:, level] < FEW_PAIRS
        raised = np.maximum(ratios[:, level], ratios[:, level - 1])
        ratios[:, level] = np.where(is_rare, raised, ratios[:, level])
    return StrangerTie(joint.first, joint.second, np.log(ratios))


def _strongest_tree(ties: Sequence[StrangerTie], said: Sequence[float]) -> tuple[StrangerTie, ...]:
    """The ties of the tree that says most, in their order (Kruskal 1956)."""
    tree_of: dict[int, int] = {}
    kept = set()
    for row in sorted(range(len(ties)), key=lambda row: (-said[row], row)):
        one, other = (tree_of.setdefault(end, end) for end in (ties[row].first, ties[row].second))
        if one != other:
            kept.add(row)
            tree_of = {end: one if tree == other else tree for end, tree in tree_of.items()}
    return tuple(ties[row] for row in sorted(kept))


def counted_together(
    comparisons: Sequence[Comparison], sample: CountedLevels, pair: tuple[int, int]
) -> Floats:
    """Random pairs at each pair of levels, those left out where either is null."""
    first, second = (sample.levels[:, row] for row in pair)
    both = (first >= 0) & (second >= 0)
    table = np.zeros([len(comparisons[row].levels) for row in pair])
    np.add.at(table, (first[both], second[both]), sample.counts[both])
    return table
