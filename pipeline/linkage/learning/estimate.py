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

from pipeline.linkage.comparisons import FAMILY
from pipeline.linkage.learning.beliefs import (
    M_STRENGTH,
    cap_h,
    has_household_class,
    hold_to_agreement,
    most_disagreement,
    prior_h,
    prior_m,
    start_h,
)
from pipeline.linkage.learning.classes import (
    APART,
    MOVED,
    STAYED,
    TINY,
    TOGETHER,
    ClassProbabilities,
    CountedLevels,
    Movers,
    Population,
    expected_levels,
    log_likelihood,
    part_shares,
)
from pipeline.linkage.learning.ties import JointLevels, stranger_ties
from pipeline.linkage.method import WHOLE_METHOD, Method
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

START_MATCHES, START_HOUSEHOLDS = 0.2, 0.1
"""Shares of a rule's pairs that EM starts from; the rest are strangers."""
START_MOVED_SHARE = 0.2
MOVED_STRENGTH = 10.0
"""Matches' worth of belief that one in five has moved."""
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
    movers = Movers(START_MOVED_SHARE, evidence.places) if evidence.has_movers else None
    probabilities = ClassProbabilities(m=m, h=h, u=shares, movers=movers)
    nothing = Population(evidence.possible_pairs, 0.0, 0.0)
    return replace(probabilities, ties=stranger_ties(evidence.joint, probabilities, nothing))


def update_m(comparisons: Sequence[Comparison], matched: Floats) -> Floats:
    """m from expected matched pairs per level, pulled gently to belief, held to agreement."""
    m = np.zeros_like(matched)
    for row, comparison in enumerate(comparisons):
        used = slice(0, len(comparison.levels))
        counts = matched[row, used] + M_STRENGTH * prior_m(comparison)
        m[row, used] = counts / counts.sum()
        m[row, used] = hold_to_agreement(m[row, used], most_disagreement(comparison))
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
            if comparison.definition.is_place or comparison.household is FAMILY:
                h[row, used] = hold_to_agreement(h[row, used])
    return h


def decontaminate(
    shares: Floats, probabilities: ClassProbabilities, population: Population
) -> Floats:
    """u: random level shares with the expected matches and household pairs taken out."""
    matched = population.matches / population.pairs
    household = population.households / population.pairs
    strangers = max(1 - matched - household, 0.5)
    cleaned = (shares - matched * probabilities.same - household * probabilities.home) / strangers
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


def with_strangers(
    evidence: Evidence, probabilities: ClassProbabilities, population: Population
) -> ClassProbabilities:
    """The probabilities with u and ties as they are once the expected matches are taken out."""
    u = stranger_shares(evidence, probabilities, population)
    cleaned = replace(probabilities, u=u)
    return replace(cleaned, ties=stranger_ties(evidence.joint, cleaned, population))


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
    candidates: CountedLevels, likelihoods: Floats, population: Population, shares: Floats
) -> Floats:
    """Expected pairs of every part among the candidates, (N_PARTS,).

    Null adds nothing and the stranger class has weight N, as in
    P(M) = N_M e^{s_M} / (N_M e^{s_M} + N_H e^{s_H} + N).

    Args:
        candidates: Patterns and their pairs.
        likelihoods: Of every pattern under each part, (n_patterns, N_PARTS), up to a factor a
            pattern.
        population: Expected numbers of pairs.
        shares: Share of each part within its class, (N_PARTS,).
    """
    matches, homes = population.matches, population.households
    sizes = shares * np.array([matches, matches, homes, homes, population.pairs])
    # Not by `@`: the linear algebra library sums in another order with other numbers of threads.
    weights = candidates.counts / np.einsum("ij,j->i", likelihoods, sizes)
    sums: Floats = sizes * np.einsum("i,ij->j", weights, likelihoods)
    return sums


def solve_population(
    candidates: CountedLevels, probabilities: ClassProbabilities, start: Population
) -> tuple[Population, ClassProbabilities]:
    """Expected pairs of each class: the fixed point over distinct candidates.

    Returns:
        Expected matches and household pairs; the probabilities with the share of movers.
    """
    scores, population = log_likelihood(candidates.levels, probabilities), start
    likelihoods = np.exp(scores - scores.max(axis=1, keepdims=True))
    solved_with = probabilities
    for _ in range(PRIOR_ITERATIONS):
        sums = expected_pairs(candidates, likelihoods, population, part_shares(solved_with))
        households = float(sums[TOGETHER] + sums[APART]) + 0.5 if start.households > 0 else 0.0
        matches = float(sums[STAYED] + sums[MOVED]) + 0.5
        solved = replace(population, matches=matches, households=households)
        solved_with = with_movers(solved_with, sums)
        change = abs(solved.matches - population.matches) / population.matches
        population = solved
        if change < 1e-6:
            break
    return population, solved_with


def with_movers(probabilities: ClassProbabilities, pairs: Floats) -> ClassProbabilities:
    """The probabilities with the share of movers among these expected matches.

    Args:
        probabilities: Level probabilities.
        pairs: Expected pairs of each part, (N_PARTS,).
    """
    movers = probabilities.movers
    if movers is None:
        return probabilities
    stayed = pairs[STAYED] + MOVED_STRENGTH * (1 - START_MOVED_SHARE)
    moved = pairs[MOVED] + MOVED_STRENGTH * START_MOVED_SHARE
    return replace(probabilities, movers=replace(movers, share=float(moved / (stayed + moved))))


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
        joint: Random pairs by the levels of two comparisons that may go together.
        method: Parts of the method in use.
    """

    comparisons: tuple[Comparison, ...]
    rules: RuleLevels
    candidates: CountedLevels
    random_shares: Floats
    possible_pairs: float
    exact_ceiling: Floats | None = None
    joint: tuple[JointLevels, ...] = ()
    method: Method = WHOLE_METHOD

    @property
    def has_household(self) -> bool:
        """Whether there is a class for two people of one household."""
        return has_household_class(self.comparisons, self.method)

    @property
    def places(self) -> tuple[int, ...]:
        """Comparisons that a move changes."""
        return tuple(
            row
            for row, comparison in enumerate(self.comparisons)
            if comparison.definition.changes_with_moves
        )

    @property
    def has_movers(self) -> bool:
        """Whether matches who moved are told from those who stayed."""
        return self.method.movers and len(self.places) > 1


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
        probabilities = with_strangers(evidence, probabilities, population)
        converged = largest_change(before, probabilities) < tolerance
    return Estimate(probabilities, population, iteration, converged, matched)


def starting_shares(evidence: Evidence) -> Floats:
    """Share of each part among every rule's pairs before the first step, (n_rules, N_PARTS)."""
    moved = START_MATCHES * START_MOVED_SHARE if evidence.has_movers else 0.0
    households = START_HOUSEHOLDS if evidence.has_household else 0.0
    strangers = 1 - START_MATCHES - households
    rules = int(evidence.rules.rules.max(initial=-1)) + 1
    apart = households * START_MOVED_SHARE if evidence.has_movers else 0.0
    shares = [START_MATCHES - moved, moved, households - apart, apart, strangers]
    return np.tile(np.array(shares), (rules, 1))


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
    expected, of_rules = expected_levels(rows, rows.rules, probabilities, shares)
    matched = taught(probabilities, expected[STAYED], expected[MOVED])
    household = taught(probabilities, expected[TOGETHER], expected[APART])
    m = update_m(evidence.comparisons, matched)
    h = update_h(evidence, household, m, u)
    new_shares = of_rules / np.maximum(of_rules.sum(axis=1, keepdims=True), TINY)
    found = replace(probabilities, m=m, h=h)
    return found, new_shares, matched


def taught(probabilities: ClassProbabilities, together: Floats, elsewhere: Floats) -> Floats:
    """Expected pairs that teach each level of m or h: of places only those who did not move.

    Args:
        probabilities: Which tell what a move changes.
        together: Expected pairs who did not move at each level, (n_comparisons, max levels).
        elsewhere: The same of those who moved.
    """
    pairs: Floats = together + elsewhere
    if probabilities.movers is not None:
        rows = list(probabilities.movers.places)
        pairs[rows] = together[rows]
    return pairs


def largest_change(before: ClassProbabilities, after: ClassProbabilities) -> float:
    """Largest absolute move of any level probability between two steps."""
    pairs = ((before.m, after.m), (before.h, after.h), (before.u, after.u))
    return max(float(np.abs(one - other).max()) for one, other in pairs)
