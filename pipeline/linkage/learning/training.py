"""Train a model on what was gathered: EM, then refinement, or belief where data is too scarce.

In: `Gathered`, settings, and labelled pairs if there are any. Out: `TrainedModel`. It must not know
identities or results.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import unpack
from pipeline.linkage.comparing.pairs import Pairs
from pipeline.linkage.encoding.encoded import agreed_values
from pipeline.linkage.learning.beliefs import has_household_class
from pipeline.linkage.learning.checks import model_warnings
from pipeline.linkage.learning.classes import (
    MOVED,
    STAYED,
    ClassProbabilities,
    CountedLevels,
    Levels,
    Population,
)
from pipeline.linkage.learning.error_types import learn_error_types
from pipeline.linkage.learning.estimate import (
    Estimate,
    Evidence,
    estimate,
    solve_population,
    starting_population,
    starting_probabilities,
    update_m,
    with_strangers,
)
from pipeline.linkage.learning.frequency import EQUAL_WEIGHTS
from pipeline.linkage.learning.gather import Gathered, evidence_of
from pipeline.linkage.learning.lessons import LabelledPairs, Lessons
from pipeline.linkage.learning.posteriors import log_sizes
from pipeline.linkage.learning.refine import expected_matches, refine, relearned, taught_levels
from pipeline.linkage.learning.score import (
    Candidates,
    Scores,
    observed_evidence,
    pair_credits,
    score_candidates,
)
from pipeline.linkage.model import Provenance, TrainedModel
from pipeline.linkage.settings import LinkageSettings

Floats = NDArray[np.float64]

KEPT_PROBABILITY = 1e-4
"""Pairs that cannot be this probable are counted by pattern and not kept one by one."""
BELIEF_ROUNDS = 20
DEPENDENCE_ROUNDS = 3
"""Error types change what counts as a match, and matches teach error types; after three rounds
neither moves much."""


def train_model(
    gathered: Gathered,
    settings: LinkageSettings,
    trained_on: str,
    labelled: LabelledPairs | None = None,
) -> TrainedModel:
    """Learn level probabilities from the gathered pairs.

    Args:
        gathered: Candidate pairs and their patterns.
        settings: Limits and rounds.
        trained_on: Date to write into the model, ISO, or empty.
        labelled: Pairs of which somebody said whether they are one person.
    """
    evidence = evidence_of(gathered, settings)
    learns = evidence.candidates.counts.sum() >= settings.min_training_pairs
    if learns:
        first = estimate(evidence, settings.max_iterations, settings.tolerance)
        first = _refined(gathered, evidence, first, settings, labelled)
    else:
        first = believe(evidence)
    return TrainedModel(
        spec=gathered.encoded.spec,
        probabilities=first.probabilities,
        population=first.population,
        trained=first.trained,
        provenance=replace(
            _provenance(gathered, settings, first, (trained_on, bool(learns))),
            labels=0 if labelled is None else len(labelled.left),
        ),
        warnings=model_warnings(gathered.encoded, first, bool(learns)),
    )


def _refined(
    gathered: Gathered,
    evidence: Evidence,
    first: Estimate,
    settings: LinkageSettings,
    labelled: LabelledPairs | None,
) -> Estimate:
    encoded, candidates = gathered.encoded, keep_likely(gathered, first.probabilities)
    lessons, found = None, first
    if labelled is not None:
        lessons = Lessons.beside(labelled, candidates, encoded.n_right)
    if settings.method.refinement:
        limits = (settings.refine_rounds, settings.tolerance)
        found = refine(encoded, candidates, first, evidence, limits, lessons)
    if settings.method.error_types:
        weights = None
        for _ in range(DEPENDENCE_ROUNDS):
            scores = score_candidates(
                encoded, candidates, found.probabilities, found.population, weights
            )
            weights = scores.weights
            scores = scores if lessons is None else lessons.told(scores)
            found = _with_error_types(gathered, (candidates, lessons), scores, found)
            del scores
    return found if lessons is None else _taught(gathered, evidence, (candidates, lessons), found)


def _taught(
    gathered: Gathered, evidence: Evidence, looked_at: tuple[Candidates, Lessons], found: Estimate
) -> Estimate:
    """The estimate learned once more from probabilities in line with the labels.

    Once and not until it settles: belief holds the line near no change, and would have no hold if
    every round began where the last one ended.
    """
    candidates, lessons = looked_at
    before = found.probabilities
    scores = score_candidates(gathered.encoded, candidates, before, found.population)
    scores = lessons.told(lessons.calibrated(scores))
    learned, matched = relearned(evidence, looked_at, scores, before)
    found = replace(
        found,
        probabilities=replace(learned, error_types=before.error_types),
        population=scores.population,
        trained=matched,
    )
    if before.error_types is None:
        return found
    return _with_error_types(gathered, looked_at, scores, found)


def _with_error_types(
    gathered: Gathered,
    looked_at: tuple[Candidates, Lessons | None],
    scores: Scores,
    found: Estimate,
) -> Estimate:
    """The estimate with error types, and m, learned from what the candidates probably are."""
    probabilities, comparisons = found.probabilities, gathered.encoded.spec.comparisons
    levels, matches = expected_matches(looked_at[0], scores, looked_at[1])
    matched = taught_levels(levels, matches, probabilities, (STAYED, MOVED))
    m = update_m(comparisons, matched)
    types = learn_error_types(comparisons, levels, matches, m, probabilities.error_types)
    return replace(
        found,
        probabilities=replace(probabilities, m=m, error_types=types),
        population=scores.population,
        trained=matched,
    )


def believe(evidence: Evidence) -> Estimate:
    """The estimate where there is too little data to learn: belief, and u cleaned of matches."""
    probabilities = starting_probabilities(evidence)
    population = starting_population(evidence)
    for _ in range(BELIEF_ROUNDS):
        population, probabilities = solve_population(evidence.candidates, probabilities, population)
        probabilities = with_strangers(evidence, probabilities, population)
    nothing = np.zeros_like(probabilities.m)
    return Estimate(probabilities, population, 0, True, nothing)


def pattern_population(gathered: Gathered, probabilities: ClassProbabilities) -> Population:
    """Expected pairs of each class from patterns alone, without term frequency."""
    levels = unpack(gathered.counts.patterns, gathered.layout)
    counted = CountedLevels(levels, gathered.counts.pairs.astype(np.float64))
    candidates = max(float(counted.counts.sum()), 1.0)
    has_household = has_household_class(gathered.encoded.spec.comparisons, gathered.method)
    start = Population(
        pairs=max(float(gathered.encoded.n_pairs), 1.0),
        matches=0.01 * candidates + 0.5,
        households=0.01 * candidates + 0.5 if has_household else 0.0,
    )
    return solve_population(counted, probabilities, start)[0]


def keep_likely(gathered: Gathered, probabilities: ClassProbabilities) -> Candidates:
    """The candidate pairs that could match, one by one, and a count of the rest by pattern."""
    encoded, spec = gathered.encoded, gathered.encoded.spec
    levels = unpack(gathered.counts.patterns, gathered.layout)
    population = pattern_population(gathered, probabilities)
    seen = CountedLevels(levels, gathered.counts.pairs.astype(np.float64))
    same, _ = observed_evidence(seen, probabilities, population, gathered.method)
    sizes = log_sizes(population)
    needed = np.log(KEPT_PROBABILITY) + sizes[2] - sizes[0]
    credits = pair_credits(encoded, EQUAL_WEIGHTS, probabilities, gathered.method)
    bound = same.copy()
    for index, credit in credits.items():
        is_exact = levels[:, index] == spec.comparisons[index].exact_level
        bound += np.where(is_exact, max(float(credit.max()), 0.0), 0.0)

    def likely(pairs: Pairs) -> tuple[Pairs, dict[int, NDArray[np.int32]]]:
        values = _values(gathered, pairs, levels, tuple(credits))
        score = np.take(same, pairs.pattern)
        for index, value in values.items():
            score += np.take(credits[index], value)
        kept = np.flatnonzero(score >= needed)
        return pairs.take(kept).narrowed(len(gathered.blocking.rules)), {
            index: value[kept] for index, value in values.items()
        }

    parts = gathered.pairs.of_chunks(bound >= needed, likely)
    pairs = Pairs.joined([part for part, _ in parts])
    nothing = np.zeros(0, np.int32)
    kept = np.bincount(pairs.pattern, minlength=len(levels))
    return Candidates(
        left=pairs.left,
        right=pairs.right,
        rules=pairs.rules,
        pattern=pairs.pattern,
        levels=levels,
        values={
            index: np.concatenate([nothing, *(values[index] for _, values in parts)])
            for index in credits
        },
        rest=CountedLevels(levels, (gathered.counts.pairs - kept).astype(np.float64)),
        affinity=_affinity(gathered, pairs, levels),
        chances=gathered.lists.chances(pairs.left, pairs.right),
        method=gathered.method,
    )


def _affinity(gathered: Gathered, pairs: Pairs, levels: Levels) -> NDArray[np.float64]:
    """What names that go together take off the evidence of each pair, in nats."""
    if gathered.affinity is None:
        return np.zeros(len(pairs.left))
    pair_levels, spec = np.take(levels, pairs.pattern, axis=0), gathered.encoded.spec
    return gathered.affinity.of_pairs(pair_levels, pairs.left, pairs.right, spec)


def _values(
    gathered: Gathered, pairs: Pairs, levels: Levels, indices: tuple[int, ...]
) -> dict[int, NDArray[np.int32]]:
    """The value that each pair agrees on exactly, by comparison index; -1 where on none."""
    comparisons = gathered.encoded.spec.comparisons
    values = {}
    for index in indices:
        found = agreed_values(gathered.encoded, comparisons[index].name, pairs.left, pairs.right)
        is_exact = levels[:, index] == comparisons[index].exact_level
        values[index] = np.where(np.take(is_exact, pairs.pattern), found, np.int32(-1))
    return values


def _provenance(
    gathered: Gathered, settings: LinkageSettings, first: Estimate, how: tuple[str, bool]
) -> Provenance:
    encoded = gathered.encoded
    return Provenance(
        trained_on=how[0],
        left_records=encoded.n_left,
        right_records=encoded.n_right,
        is_dedupe=encoded.is_dedupe,
        candidate_pairs=len(gathered.pairs),
        random_pairs=min(settings.random_pairs, encoded.n_pairs),
        iterations=first.iterations,
        converged=first.converged,
        learned=how[1],
        seed=settings.seed,
    )
