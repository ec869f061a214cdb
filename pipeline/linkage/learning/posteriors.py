"""Posteriors: the probability of each class of pairs, and how many pairs of each there are.

In: evidence of pairs or patterns for one person and for one household, against strangers. Out:
posterior probabilities, odds, and the expected numbers of pairs as their fixed point. It must not
know levels, values or records.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled
from pipeline.linkage.learning.classes import Population
from pipeline.linkage.slices import in_slices

Floats = NDArray[np.float64]

SOLVE_ITERATIONS = 60
SOLVE_TOLERANCE = 1e-7
LARGEST = 500.0
"""Most nats of evidence, either way: far beyond what decides anything, and e to it is finite."""


class Times(NamedTuple):
    """How many times as likely as between strangers each pair is, (n_pairs,) each.

    Attributes:
        same: Between records of one person.
        household: Between two people of one household.
    """

    same: Floats
    household: Floats


class CountedTimes(NamedTuple):
    """The same of patterns, and how many pairs have each pattern."""

    times: Times
    counts: Floats


def times_strangers(same: Floats, household: Floats) -> Times:
    """Evidence in nats as a factor, within what a number can hold."""
    times = Times(np.empty(len(same)), np.empty(len(household)))

    def fill(part: slice) -> None:
        for evidence, factor in zip((same, household), times, strict=True):
            np.clip(evidence[part], -LARGEST, LARGEST, out=factor[part])
            np.exp(factor[part], out=factor[part])

    in_slices(len(same), fill)
    return times


def posteriors(same: Floats, household: Floats, population: Population) -> tuple[Floats, Floats]:
    """Probability of one person and of one household for every pair.

    Args:
        same: ln evidence for one person against strangers.
        household: ln evidence for one household against strangers.
        population: Expected numbers of pairs.
    """
    return shares(times_strangers(same, household), population)


def shares(times: Times, population: Population) -> tuple[Floats, Floats]:
    """The posterior probabilities N_M s, N_H h over N_M s + N_H h + N of every pair.

    They are written over the evidence: it is as large as all else that is known of the pairs.
    """
    _shares(times.same, times.household, _sizes(population))
    return times.same, times.household


@compiled
def _shares(same: Floats, household: Floats, sizes: Floats) -> None:
    for pair in range(len(same)):
        a, b = sizes[0] * same[pair], sizes[1] * household[pair]
        share = 1 / (a + b + sizes[2])
        same[pair], household[pair] = a * share, b * share


@compiled
def _expected_pairs(
    same: Floats, household: Floats, counts: Floats, sizes: Floats
) -> tuple[float, float]:
    """Expected matches and household pairs among pairs of so many times strangers' likelihood.

    The last of `counts` is that of all further rows.
    """
    match, home = 0.0, 0.0
    last = len(counts) - 1
    for row in range(len(same)):
        a, b = sizes[0] * same[row], sizes[1] * household[row]
        share = counts[min(row, last)] / (a + b + sizes[2])
        match += share * a
        home += share * b
    return match, home


def _sizes(population: Population) -> Floats:
    return np.array([population.matches, population.households, population.pairs])


def log_sizes(population: Population) -> Floats:
    """ln N_M, ln N_H, ln N; a household class that does not exist is at -700, nearly nothing."""
    return np.array(
        [
            np.log(population.matches),
            np.log(population.households) if population.households > 0 else -700.0,
            np.log(population.pairs),
        ]
    )


def log_odds(same: Floats, household: Floats, population: Population) -> Floats:
    """ln posterior odds of one person, exact however sure: ln N_M e^s - ln (N_H e^h + N)."""
    sizes = log_sizes(population)
    odds = np.empty(len(same))

    def fill(part: slice) -> None:
        np.logaddexp(household[part] + sizes[1], sizes[2], out=odds[part])
        np.subtract(same[part] + sizes[0], odds[part], out=odds[part])

    in_slices(len(same), fill)
    return odds


def settle_population(times: Times, rest: CountedTimes, start: Population) -> Population:
    """Expected matches and household pairs as the fixed point over all candidate pairs.

    Args:
        times: Pairs looked at one by one.
        rest: The others by pattern; they count towards households, and hold no matches worth
            counting.
        start: Where the search begins.
    """
    each = np.ones(1)

    def expected(numbers: Floats) -> Floats:
        sizes = np.array([numbers[0], numbers[1], start.pairs])
        match, home = _expected_pairs(times.same, times.household, each, sizes)
        if start.households <= 0:
            return np.array([match + 0.5, 0.0])
        rest_home = _expected_pairs(*rest.times, rest.counts, sizes)
        return np.array([match + 0.5, home + rest_home[1] + 0.5])

    numbers = np.array([start.matches, start.households])
    for _ in range(SOLVE_ITERATIONS):
        once = expected(numbers)
        if abs(once[0] - numbers[0]) < SOLVE_TOLERANCE * numbers[0]:
            return Population(start.pairs, float(once[0]), float(once[1]))
        numbers = further(numbers, once, expected(once))
    return Population(start.pairs, float(numbers[0]), float(numbers[1]))


def further(before: Floats, once: Floats, twice: Floats) -> Floats:
    """Where two steps of a slowly converging iteration of positive numbers are heading.

    Source: Varadhan and Roland 2008, Scandinavian Journal of Statistics 35, 335-353 (SQUAREM, third
    step length), never short of the second step, and not beyond a tenth of it.
    """
    first, bend = once - before, twice - 2 * once + before
    size = float(np.sqrt(bend @ bend))
    if size == 0:
        return twice
    length = max(float(np.sqrt(first @ first)) / size, 1.0)
    ahead: Floats = before + 2 * length * first + length**2 * bend
    return np.maximum(ahead, twice / 10)
