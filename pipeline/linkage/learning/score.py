"""Score candidate pairs with a trained model: a pattern's evidence plus term-frequency credit.

In: candidate pairs with their patterns and level probabilities. Out: log evidence for one person
and for one household against strangers, and posterior probabilities. It must not know how levels
came about, nor how probabilities were learned.

Everything is in natural logarithms here; bits appear only in the result (`results.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.classes import (
    ClassProbabilities,
    CountedLevels,
    Levels,
    PairLevels,
    Population,
    household_evidence,
    log_likelihood,
    log_table,
    tied,
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
    scores = log_likelihood(levels, probabilities)
    same = scores[:, 0] - scores[:, 3]
    same += dependence(levels, probabilities.error_types, probabilities.m)
    return same, np.logaddexp(*household_evidence(levels, probabilities))


def evidence_together(levels: Levels, probabilities: ClassProbabilities) -> Floats:
    """What comparisons say only together: slips of one person's, less ties among strangers.

    Args:
        levels: Agreement levels, (n_patterns, n_comparisons).
        probabilities: The model's.

    Returns:
        Nats, (n_patterns,): `pattern_evidence` less the sum of every comparison's own ln m/u.
    """
    slips = dependence(levels, probabilities.error_types, probabilities.m)
    return slips - tied(levels, probabilities.ties)


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
    household = np.take(np.logaddexp(*household_evidence(patterns, probabilities)), which)
    credited: dict[int, Floats] = {}
    for index, of_pair in values.items():
        comparison = spec.comparisons[index]
        is_exact = np.take(patterns[:, index] == comparison.exact_level, which)
        credit = np.where(is_exact, np.take(credits[index], of_pair), 0.0)
        same[:, index] += credit
        household += credit if comparison.household.is_shared else 0.0
        credited[index] = credit
    if chances:
        own, home = list_corrections(levels, chances, probabilities, credited)
        household += home
        for index, correction in own.items():
            same[:, index] += correction
    return same, household


def pair_evidence(
    candidates: Candidates,
    spec: LinkageSpec,
    probabilities: ClassProbabilities,
    credits: Mapping[int, Floats],
) -> tuple[Floats, Floats]:
    """Evidence of every pair for one person and for one household, term frequency included.

    A rare surname or address speaks for one household as much as for one person.
    """
    of_pattern = pattern_evidence(candidates.levels, probabilities)
    same, household = (np.empty(len(candidates.pattern)) for _ in of_pattern)

    def fill(part: slice) -> None:
        for evidence, known in zip((same, household), of_pattern, strict=True):
            # Patterns are in bounds; to check, numpy would write the evidence elsewhere first.
            np.take(known, candidates.pattern[part], out=evidence[part], mode="clip")
        same[part] -= candidates.affinity[part]
        for index, credit in credits.items():
            _add_credits(credit, candidates.values[index][part], same[part])
            if spec.comparisons[index].household.is_shared:
                _add_credits(credit, candidates.values[index][part], household[part])

    in_slices(len(same), fill)
    if not candidates.chances:
        return same, household
    credited = {
        index: credit[candidates.values[index]]
        for index, credit in credits.items()
        if index in candidates.chances
    }
    levels = PairLevels(candidates.levels, candidates.pattern)
    own, home = list_corrections(levels, candidates.chances, probabilities, credited)
    return same + sum(own.values()), household + home


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
    rest = CountedTimes(
        times_strangers(*pattern_evidence(candidates.rest.levels, probabilities)),
        candidates.rest.counts,
    )
    for _ in range(rounds - 1):
        # Only what the next begins with is kept: scores are as large as all known of the pairs.
        known = _scored_once(encoded, candidates, probabilities, rest, known).outlook
    return _scored_once(encoded, candidates, probabilities, rest, known)


def _scored_once(
    encoded: Encoded,
    candidates: Candidates,
    probabilities: ClassProbabilities,
    rest: CountedTimes,
    known: tuple[Population, RecordWeights],
) -> Scores:
    """Scores with term frequencies counted by these weights; and the weights that follow."""
    population, weights = known
    credits = pair_credits(encoded, weights, probabilities, candidates.method)
    same, household = pair_evidence(candidates, encoded.spec, probabilities, credits)
    times = times_strangers(same, household)
    population = settle_population(times, rest, population)
    match, home = shares(times, population)
    weights = entity_weights(encoded, candidates.left, candidates.right, match)
    return Scores(same, household, match, home, population, credits, weights)
