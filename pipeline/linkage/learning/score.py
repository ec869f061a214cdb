"""Score candidate pairs with a trained model: a pattern's evidence plus term-frequency credit.

In: candidate pairs with their patterns and level probabilities. Out: log evidence for one person
and for one household against strangers, and posterior probabilities. It must not know how levels
came about, nor how probabilities were learned.

Everything is in natural logarithms here; bits appear only in the result (`results.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.classes import (
    STRANGERS,
    TINY,
    ClassProbabilities,
    CountedLevels,
    Levels,
    PairLevels,
    Population,
    class_evidence,
    log_likelihood,
    log_table,
)
from pipeline.linkage.learning.error_types import dependence
from pipeline.linkage.learning.frequency import (
    EQUAL_WEIGHTS,
    RecordWeights,
    entity_weights,
    frequency_credits,
)
from pipeline.linkage.learning.lists import NO_CHANCES, Chances, list_corrections
from pipeline.linkage.learning.posteriors import (
    CountedTimes,
    log_sizes,
    settle_population,
    shares,
    times_strangers,
)
from pipeline.linkage.method import Method
from pipeline.linkage.slices import in_slices
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

ENTITY_ROUNDS = 3


@dataclass(frozen=True)
class Candidates:
    """Candidate pairs worth a look of their own, and a count of the rest.

    Attributes:
        left: Record numbers in the left table, (n_pairs,).
        right: Record numbers in the right table.
        rules: Set of blocking rules that make each pair, one bit a rule, as narrow as they allow.
        pattern: Index of each pair's pattern in `levels`.
        levels: Agreement levels of the patterns, (n_patterns, n_comparisons).
        values: For each comparison with term frequency, the value each pair agrees on exactly.
        rest: Number of further pairs of each pattern, too unlikely to match to be kept one by one.
        affinity: What names that go together take off each pair's evidence, in nats.
        chances: How many values each pair compares, by comparison index.
        method: Parts of the method in use.
    """

    left: Rows
    right: Rows
    rules: NDArray[np.unsignedinteger[Any]]
    pattern: Rows
    levels: Levels
    values: Mapping[int, Rows]
    rest: CountedLevels
    affinity: Floats
    chances: Chances
    method: Method

    @cached_property
    def seen(self) -> CountedLevels:
        """All candidate pairs by pattern."""
        kept = np.bincount(self.pattern, minlength=len(self.levels))
        return CountedLevels(self.levels, self.rest.counts + kept)


@dataclass(frozen=True)
class Scores:
    """Evidence and posterior of every candidate pair, each (n_pairs,).

    Attributes:
        same: ln of P(pair | one person) / P(pair | strangers), term frequency included.
        household: The same for two people of one household.
        match: Posterior probability of one person.
        home: Posterior probability of one household but two people.
        population: Expected numbers of pairs that the posterior rests on.
        credits: Term-frequency credit of each value, by comparison index, in nats.
        weights: How many persons each record counts as by these probabilities.
    """

    same: Floats
    household: Floats
    match: Floats
    home: Floats
    population: Population
    credits: Mapping[int, Floats]
    weights: RecordWeights = EQUAL_WEIGHTS

    @property
    def outlook(self) -> tuple[Population, RecordWeights]:
        """What scoring the same pairs once more begins with."""
        return self.population, self.weights


def pattern_evidence(levels: Levels, probabilities: ClassProbabilities) -> tuple[Floats, Floats]:
    """ln m/u, with dependence, and ln h/u of every pattern, each (n_patterns,)."""
    same, household = class_evidence(levels, probabilities)
    return same + dependence(levels, probabilities.error_types, probabilities.m), household


def evidence_together(levels: Levels, probabilities: ClassProbabilities, same: Floats) -> Floats:
    """What comparisons say only together: moves, slips, ties among strangers, and excess.

    Args:
        levels: Agreement levels, (n_patterns, n_comparisons).
        probabilities: The model's.
        same: ln m/u of every pattern.

    Returns:
        Nats, (n_patterns,): `same` less the sum of every comparison's own ln m/u.
    """
    logs, together = log_table(probabilities.stacked()), same.copy()
    for index in range(levels.shape[1]):
        together -= (logs[0, index] - logs[2, index])[levels[:, index]]
    return together


def pair_weights(
    levels: PairLevels,
    values: Mapping[int, Rows],
    spec: LinkageSpec,
    probabilities: ClassProbabilities,
    credits: Mapping[int, Floats],
    chances: Chances = NO_CHANCES,
) -> tuple[Floats, Floats]:
    """Evidence of single pairs, for one person by comparison, and for one household, in nats.

    Args:
        levels: Agreement levels of the pairs.
        values: Value each pair agrees on, by comparison index.
        spec: The comparisons.
        probabilities: m, h and u.
        credits: Term-frequency credit of each value, by comparison index.
        chances: How many values each pair compares, by comparison index.

    Returns:
        ln m/u, (n_pairs, n_comparisons), 0 where null; ln h/u of all comparisons, (n_pairs,). What
        the comparisons say only together (`evidence_together`) is no part of them.
    """
    (patterns, which), logs = levels, log_table(probabilities.stacked())
    of_pattern = np.zeros(patterns.shape)
    for index in range(len(spec.comparisons)):
        of_pattern[:, index] = (logs[0, index] - logs[2, index])[patterns[:, index]]
    # A comparison's weights stand side by side: they are added to, and written, one by one.
    same = np.take(of_pattern.T, which, axis=1).T
    household = np.take(class_evidence(patterns, probabilities)[1], which)
    credited: dict[int, Floats] = {}
    for index, of_pair in values.items():
        comparison = spec.comparisons[index]
        is_exact = np.take(patterns[:, index] == comparison.exact_level, which)
        credit = np.where(is_exact, np.take(credits[index], of_pair), 0.0)
        same[:, index] += credit
        home = household_credit(credits[index], probabilities, index, comparison.exact_level)
        household += np.where(is_exact, np.take(home, of_pair), 0.0)
        credited[index] = credit
    if chances:
        own, home = list_corrections(levels, chances, probabilities, credited)
        household += home
        for index, correction in own.items():
            same[:, index] += correction
    return same, household


def household_credit(
    credit: Floats, probabilities: ClassProbabilities, index: int, exact: int
) -> Floats:
    """What exact agreement on each value adds to ln h/u of one comparison, in nats.

    Two people of a household share a value by chance, as strangers do, or because the household
    has it (a surname, an address, a name handed down). Only the latter says more of a rare value:
    P(agree on v | household) / P(agree on v | strangers) = (u + (h - u) e^credit(v)) / u.

    Args:
        credit: Term-frequency credit of each value for one person, (n_values + 1,).
        probabilities: Level probabilities.
        index: The comparison.
        exact: Its level of exact agreement.
    """
    h, u = float(probabilities.h[index, exact]), float(probabilities.u[index, exact])
    by_right = max(h - u, 0.0)
    earned: Floats = np.log((u + by_right * np.exp(credit)) / (u + by_right))
    return earned


def observed_evidence(
    patterns: CountedLevels,
    probabilities: ClassProbabilities,
    population: Population,
    method: Method,
) -> tuple[Floats, Floats]:
    """Evidence of every pattern, corrected where more of its pairs are seen than expected.

    If more pairs are seen, the model misjudges some class, and likelier the one that expects most.
    With ln(true / expected pairs) of every class normal, of mean 0 and one variance, the likeliest
    misjudgements that explain the excess are, to first order, in proportion to what each class
    expects, so that the excess is shared by the squares. Shared by expectation, as EM would have
    it, every excess of strangers would also be one of matches, and teach that matches differ. Fewer
    pairs than expected say nothing: blocking misses some.

    Args:
        patterns: Agreement patterns, and how many pairs of each are seen.
        probabilities: The model's.
        population: Expected numbers of pairs.
        method: Parts of the method in use.

    Returns:
        ln m/u and ln h/u of every pattern, each (n_patterns,).
    """
    same, household = pattern_evidence(patterns.levels, probabilities)
    if not method.excess:
        return same, household
    evidence = (same, household)
    expected = expected_of_classes(patterns.levels, probabilities, population, evidence)
    expected = np.maximum(expected, TINY)
    excess = np.maximum(patterns.counts - expected.sum(axis=1), 0.0)
    relative = expected / expected.max(axis=1, keepdims=True)
    more = excess[:, None] * relative / (expected.max(axis=1) * (relative**2).sum(axis=1))[:, None]
    correction = np.log1p(more)
    return (
        same + correction[:, 0] - correction[:, 2],
        household + correction[:, 1] - correction[:, 2],
    )


def expected_of_classes(
    levels: Levels,
    probabilities: ClassProbabilities,
    population: Population,
    evidence: tuple[Floats, Floats],
) -> Floats:
    """Pairs of one person, of one household and of strangers expected of every pattern.

    Args:
        levels: Agreement levels, (n_patterns, n_comparisons).
        probabilities: The model's.
        population: Expected numbers of pairs.
        evidence: `pattern_evidence` of the same patterns.

    Returns:
        Pairs, (n_patterns, 3).
    """
    strangers = log_likelihood(levels, probabilities)[:, STRANGERS]
    against = np.stack([*evidence, np.zeros(len(levels))], axis=1)
    expected: Floats = np.exp(against + strangers[:, None] + log_sizes(population))
    return expected


def pair_evidence(
    candidates: Candidates,
    spec: LinkageSpec,
    probabilities: ClassProbabilities,
    credits: Mapping[int, Floats],
    of_pattern: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Evidence of every pair for one person and for one household, term frequency included.

    Args:
        candidates: The pairs.
        spec: The comparisons.
        probabilities: Level probabilities.
        credits: Term-frequency credit of each value, by comparison index.
        of_pattern: Evidence of every pattern, for one person and for one household.
    """
    same, household = (np.empty(len(candidates.pattern)) for _ in of_pattern)
    home = {
        index: household_credit(credit, probabilities, index, spec.comparisons[index].exact_level)
        for index, credit in credits.items()
    }

    def fill(part: slice) -> None:
        for evidence, known in zip((same, household), of_pattern, strict=True):
            # Patterns are in bounds; to check, numpy would write the evidence elsewhere first.
            np.take(known, candidates.pattern[part], out=evidence[part], mode="clip")
        same[part] -= candidates.affinity[part]
        for index, credit in credits.items():
            _add_credits(credit, candidates.values[index][part], same[part])
            _add_credits(home[index], candidates.values[index][part], household[part])

    in_slices(len(same), fill)
    if not candidates.chances:
        return same, household
    credited = {
        index: credit[candidates.values[index]]
        for index, credit in credits.items()
        if index in candidates.chances
    }
    levels = PairLevels(candidates.levels, candidates.pattern)
    own, shared = list_corrections(levels, candidates.chances, probabilities, credited)
    return same + sum(own.values()), household + shared


@compiled
def _add_credits(credit_of_value: Floats, values: Rows, evidence: Floats) -> None:
    """Compiled: evidence is added up again and again, and numpy would write each credit first."""
    for pair in range(len(values)):
        # The last value, which -1 indexes, earns nothing.
        if values[pair] >= 0:
            evidence[pair] += credit_of_value[values[pair]]


def pair_credits(
    encoded: Encoded, weights: RecordWeights, probabilities: ClassProbabilities, method: Method
) -> Mapping[int, Floats]:
    """Term-frequency credit of each value, by comparison index, in nats; none where left out."""
    if not method.term_frequency:
        return {}
    return frequency_credits(encoded, encoded.spec, weights, probabilities.u)


def score_candidates(
    encoded: Encoded,
    candidates: Candidates,
    probabilities: ClassProbabilities,
    start: Population,
    weights: RecordWeights | None = None,
) -> Scores:
    """Score every candidate pair, with term frequencies counted by person rather than by record.

    Args:
        encoded: The tables.
        candidates: The pairs.
        probabilities: m, h and u.
        start: Where the search for the expected numbers of pairs begins.
        weights: How many persons each record counts as by probabilities near these, which saves
            further rounds; None to begin with one each.
    """
    by_entity = encoded.is_dedupe and candidates.method.frequency_by_entity
    rounds = ENTITY_ROUNDS if by_entity and weights is None else 1
    known = (start, EQUAL_WEIGHTS if weights is None or not by_entity else weights)
    for _ in range(rounds - 1):
        # Only what the next begins with is kept: scores are as large as all known of the pairs.
        known = _scored_once(encoded, candidates, probabilities, known).outlook
    return _scored_once(encoded, candidates, probabilities, known)


def _scored_once(
    encoded: Encoded,
    candidates: Candidates,
    probabilities: ClassProbabilities,
    known: tuple[Population, RecordWeights],
) -> Scores:
    """Scores with term frequencies counted by these weights; and the weights that follow."""
    population, weights = known
    credits = pair_credits(encoded, weights, probabilities, candidates.method)
    of_pattern = observed_evidence(candidates.seen, probabilities, population, candidates.method)
    rest = CountedTimes(times_strangers(*of_pattern), candidates.rest.counts)
    same, household = pair_evidence(candidates, encoded.spec, probabilities, credits, of_pattern)
    times = times_strangers(same, household)
    population = settle_population(times, rest, population)
    match, home = shares(times, population)
    weights = entity_weights(encoded, candidates.left, candidates.right, match)
    return Scores(same, household, match, home, population, credits, weights)
