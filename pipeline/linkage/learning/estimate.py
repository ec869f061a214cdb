"""Estimate how often each agreement level occurs in each class of pairs, by EM on pattern counts.

In: agreement patterns with their pair counts per blocking rule, patterns of the distinct
candidates, and level shares of random pairs. Out: m, h and u per level, expected numbers of matches
and household pairs, and whether it converged. It must not know records, values or single pairs.

Source: docs/method.md, "m and h, by EM over pattern counts"; Fellegi and Sunter 1969;
Dempster, Laird and Rubin 1977.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.learning.beliefs import (
    M_STRENGTH,
    cap_h,
    has_household_class,
    hold_to_agreement,
    neighbour_levels,
    prior_h,
    prior_m,
    start_h,
)
from pipeline.linkage.learning.classes import (
    TINY,
    ClassProbabilities,
    CountedLevels,
    Neighbours,
    Population,
    StrangerTie,
    expected_levels,
    log_likelihood,
)
from pipeline.linkage.method import WHOLE_METHOD, Method
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

START_SHARES = (0.2, 0.1, 0.1, 0.6)
START_SHARES_NO_NEIGHBOURS = (0.2, 0.1, 0.0, 0.7)
START_SHARES_NO_HOUSEHOLD = (0.2, 0.0, 0.0, 0.8)
START_NEIGHBOUR_SHARE = 0.5
CYCLE = 5
U_FLOOR = 0.05
PRIOR_ITERATIONS = 2_000


@dataclass(frozen=True)
class RuleLevels(CountedLevels):
    """Pattern counts per blocking rule, before de-duplication across rules.

    The comparisons of fields that a rule fixes are -1 in its rows: they agree by construction and
    must teach nothing.

    Attributes:
        rules: Index of each row's rule, shape (n_patterns,).
    """

    rules: Ints


@dataclass(frozen=True)
class Estimate:
    """The outcome of EM.

    Attributes:
        probabilities: Level probabilities of each class.
        population: Expected numbers of pairs.
        iterations: Iterations used.
        converged: Whether the last cycle moved every probability by less than the tolerance.
        trained: Expected matched pairs that taught each level, (n_comparisons, max levels).
    """

    probabilities: ClassProbabilities
    population: Population
    iterations: int
    converged: bool
    trained: Floats


def starting_probabilities(evidence: Evidence) -> ClassProbabilities:
    """Where EM begins: believed m, observed random shares as u, h between them."""
    shares = evidence.random_shares
    m, h = np.zeros_like(shares), np.zeros_like(shares)
    for row, comparison in enumerate(evidence.comparisons):
        used = slice(0, len(comparison.levels))
        m[row, used] = prior_m(comparison)
        h[row, used] = start_h(comparison, shares[row, used])
    n = update_n(evidence.comparisons, np.zeros_like(shares), h, shares)
    neighbours = Neighbours(START_NEIGHBOUR_SHARE, n) if evidence.has_neighbours else None
    return ClassProbabilities(m=m, h=h, u=shares, neighbours=neighbours, ties=evidence.ties)


def update_m(comparisons: Sequence[Comparison], matched: Floats) -> Floats:
    """m from expected matched pairs per level, pulled gently to belief, held to agreement."""
    m = np.zeros_like(matched)
    for row, comparison in enumerate(comparisons):
        used = slice(0, len(comparison.levels))
        counts = matched[row, used] + M_STRENGTH * prior_m(comparison)
        m[row, used] = counts / counts.sum()
        if comparison.household.is_capped:
            m[row, used] = hold_to_agreement(m[row, used])
    return m


def update_h(evidence: Evidence, household: Floats, m: Floats, u: Floats) -> Floats:
    """h from expected household pairs per level, pulled to strangers and capped near agreement."""
    h = np.zeros_like(household)
    for row, comparison in enumerate(evidence.comparisons):
        used = slice(0, len(comparison.levels))
        counts = household[row, used] + prior_h(comparison, m[row, used], u[row, used])
        h[row, used] = counts / counts.sum()
        if evidence.method.household_caps:
            h[row, used] = cap_h(comparison, h[row, used], m[row, used], u[row, used])
            if comparison.definition.is_place:
                h[row, used] = hold_to_agreement(h[row, used])
    return h


def update_n(comparisons: Sequence[Comparison], neighbours: Floats, h: Floats, u: Floats) -> Floats:
    """n from expected pairs of neighbours per level: free for places, u for all else."""
    n = np.zeros_like(neighbours)
    for row, comparison in enumerate(comparisons):
        used = slice(0, len(comparison.levels))
        n[row, used] = neighbour_levels(
            comparison, neighbours[row, used], h[row, used], u[row, used]
        )
    return n


def decontaminate(
    shares: Floats, probabilities: ClassProbabilities, population: Population
) -> Floats:
    """u: random level shares with the expected matches and household pairs taken out."""
    matched = population.matches / population.pairs
    household = population.households / population.pairs
    strangers = max(1 - matched - household, 0.5)
    cleaned = (shares - matched * probabilities.m - household * probabilities.home) / strangers
    u = np.maximum(cleaned, U_FLOOR * shares)
    normalised: Floats = u / u.sum(axis=1, keepdims=True)
    return normalised


def stranger_shares(
    evidence: Evidence, probabilities: ClassProbabilities, population: Population
) -> Floats:
    """u as the evidence has it now that so many matches are expected among the random pairs."""
    if not evidence.method.decontamination:
        return evidence.random_shares
    u = decontaminate(evidence.random_shares, probabilities, population)
    if evidence.exact_ceiling is None:
        return u
    return lower_exact(evidence.comparisons, u, evidence.exact_ceiling)


def lower_exact(comparisons: Sequence[Comparison], u: Floats, ceiling: Floats) -> Floats:
    """u with exact agreement no more likely than its ceiling; other levels take up the rest."""
    lowered = u.copy()
    for row, comparison in enumerate(comparisons):
        level, least = comparison.exact_level, U_FLOOR * u[row, comparison.exact_level]
        share = max(min(u[row, level], ceiling[row]), least)
        lowered[row] *= (1 - share) / max(1 - u[row, level], TINY)
        lowered[row, level] = share
    return lowered


def expected_pairs(
    candidates: CountedLevels, likelihoods: Floats, population: Population, neighbour_share: float
) -> Floats:
    """Expected pairs of M, H, neighbours and S among the candidates, (4,).

    Null adds nothing and the stranger class has weight N, as in
    P(M) = N_M e^{s_M} / (N_M e^{s_M} + N_H e^{s_H} + N).

    Args:
        candidates: Patterns and their pairs.
        likelihoods: Of every pattern under each class, (n_patterns, 4), up to a factor a pattern.
        population: Expected numbers of pairs.
        neighbour_share: Share of neighbours among the household pairs.
    """
    homes = population.households
    sizes = np.array([
        population.matches, homes * (1 - neighbour_share), homes * neighbour_share,
        population.pairs,
    ])  # fmt: skip
    # Not by `@`: the linear algebra library sums in another order with other numbers of threads.
    weights = candidates.counts / np.einsum("ij,j->i", likelihoods, sizes)
    sums: Floats = sizes * np.einsum("i,ij->j", weights, likelihoods)
    return sums


def solve_population(
    candidates: CountedLevels, probabilities: ClassProbabilities, start: Population
) -> tuple[Population, ClassProbabilities]:
    """Expected pairs of each class: the fixed point over distinct candidates.

    Returns:
        Expected matches and household pairs; the probabilities with the share of neighbours among
        the latter.
    """
    scores, population = log_likelihood(candidates.levels, probabilities), start
    likelihoods = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = 0.0 if probabilities.neighbours is None else probabilities.neighbours.share
    for _ in range(PRIOR_ITERATIONS):
        sums = expected_pairs(candidates, likelihoods, population, share)
        households = float(sums[1] + sums[2]) + 0.5 if start.households > 0 else 0.0
        share = float(sums[2]) / max(households, TINY)
        solved = replace(population, matches=float(sums[0]) + 0.5, households=households)
        change = abs(solved.matches - population.matches) / population.matches
        population = solved
        if change < 1e-6:
            break
    return population, with_neighbour_share(probabilities, share)


def with_neighbour_share(probabilities: ClassProbabilities, share: float) -> ClassProbabilities:
    """The same probabilities with another share of neighbours, where there is such a part."""
    if probabilities.neighbours is None:
        return probabilities
    return replace(probabilities, neighbours=replace(probabilities.neighbours, share=share))


@dataclass(frozen=True)
class Evidence:
    """Everything EM looks at.

    Attributes:
        comparisons: What is compared.
        rules: Pattern counts per rule, before de-duplication across rules.
        candidates: Pattern counts of the distinct candidate pairs.
        random_shares: Level shares of random pairs, exact agreement analytic.
        possible_pairs: All possible pairs.
        exact_ceiling: Most that strangers agree exactly, (n_comparisons,); None: nothing tells.
        ties: Comparisons that are not independent among strangers.
        method: Parts of the method in use.
    """

    comparisons: tuple[Comparison, ...]
    rules: RuleLevels
    candidates: CountedLevels
    random_shares: Floats
    possible_pairs: float
    exact_ceiling: Floats | None = None
    ties: tuple[StrangerTie, ...] = ()
    method: Method = WHOLE_METHOD

    @property
    def has_household(self) -> bool:
        """Whether there is a class for two people of one household."""
        return has_household_class(self.comparisons, self.method)

    @property
    def has_neighbours(self) -> bool:
        """Whether neighbours are told from families."""
        return self.has_household and self.method.neighbours


def estimate(evidence: Evidence, max_iterations: int, tolerance: float) -> Estimate:
    """Run EM to convergence or to the iteration limit, and say which.

    Args:
        evidence: Pattern counts and random shares.
        max_iterations: Iteration limit.
        tolerance: Largest change of a probability over one cycle that counts as converged.
    """
    probabilities = starting_probabilities(evidence)
    shares = starting_shares(evidence)
    population = starting_population(evidence)
    matched = np.zeros_like(probabilities.m)
    converged, iteration = False, 0
    while iteration < max_iterations and not converged:
        before = probabilities
        for _ in range(CYCLE):
            probabilities, shares, matched = em_step(evidence, probabilities, shares)
            iteration += 1
        population, probabilities = solve_population(evidence.candidates, probabilities, population)
        u = stranger_shares(evidence, probabilities, population)
        probabilities = replace(probabilities, u=u)
        converged = largest_change(before, probabilities) < tolerance
    return Estimate(probabilities, population, iteration, converged, matched)


def starting_shares(evidence: Evidence) -> Floats:
    """Class shares of every rule before the first step, (n_rules, 4)."""
    start = START_SHARES_NO_HOUSEHOLD
    if evidence.has_household:
        start = START_SHARES if evidence.has_neighbours else START_SHARES_NO_NEIGHBOURS
    rules = int(evidence.rules.rules.max(initial=-1)) + 1
    return np.tile(np.array(start), (rules, 1))


def starting_population(evidence: Evidence) -> Population:
    """A modest guess of the expected pairs; the fixed point does not depend on it."""
    candidates = max(float(evidence.candidates.counts.sum()), 1.0)
    return Population(
        pairs=max(evidence.possible_pairs, 1.0),
        matches=0.01 * candidates + 0.5,
        households=0.01 * candidates + 0.5 if evidence.has_household else 0.0,
    )


def em_step(
    evidence: Evidence, probabilities: ClassProbabilities, shares: Floats
) -> tuple[ClassProbabilities, Floats, Floats]:
    """One expectation and one maximisation.

    Returns:
        New probabilities (u untouched), new class shares per rule, matched pairs per level.
    """
    rows, u = evidence.rules, probabilities.u
    (matched, household, near, _), of_rules = expected_levels(
        rows, rows.rules, probabilities, shares
    )
    m = update_m(evidence.comparisons, matched)
    h = update_h(evidence, household, m, u)
    neighbours = probabilities.neighbours
    if neighbours is not None:
        neighbours = replace(neighbours, n=update_n(evidence.comparisons, near, h, u))
    new_shares = of_rules / np.maximum(of_rules.sum(axis=1, keepdims=True), TINY)
    found = replace(probabilities, m=m, h=h, neighbours=neighbours)
    return found, new_shares, matched


def largest_change(before: ClassProbabilities, after: ClassProbabilities) -> float:
    """Largest absolute move of any level probability between two steps.

    Family and neighbours count as the one class that they are beside the matches: where few pairs
    tell them apart the border between them wanders long after every match has settled.
    """
    pairs = ((before.m, after.m), (before.home, after.home), (before.u, after.u))
    return max(float(np.abs(one - other).max()) for one, other in pairs)
