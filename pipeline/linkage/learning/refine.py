"""Refine a model: learn once more from all candidates, each weighed by what it probably is.

In: scored candidate pairs and a first estimate from EM. Out: better level probabilities. It must
not know tables beyond the candidates' patterns and values.

EM saw each rule's pairs without the fields that the rule fixes and without term frequency. Here
every pair counts once with everything known about it.

Source: docs/method.md, "Refinement, one-to-one evidence, clusters".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.classes import (
    APART,
    MOVED,
    STAYED,
    TOGETHER,
    ClassProbabilities,
    Levels,
    level_sums,
    parts_within,
)
from pipeline.linkage.learning.estimate import (
    Estimate,
    Evidence,
    taught,
    update_h,
    update_m,
    with_movers,
    with_strangers,
)
from pipeline.linkage.learning.lessons import Lessons
from pipeline.linkage.learning.posteriors import posteriors
from pipeline.linkage.learning.score import (
    Candidates,
    Scores,
    observed_evidence,
    score_candidates,
)

Floats = NDArray[np.float64]


def refine(
    encoded: Encoded,
    candidates: Candidates,
    first: Estimate,
    evidence: Evidence,
    limits: tuple[int, float],
    lessons: Lessons | None = None,
) -> Estimate:
    """Re-estimate from all candidates until nothing moves.

    Args:
        encoded: The tables.
        candidates: The candidate pairs.
        first: What EM found.
        evidence: What EM looked at.
        limits: Most rounds, and the largest change of a probability that counts as none.
        lessons: Labelled pairs, which are what their labels say; None without labels.
    """
    found, weights = first, None
    for _ in range(limits[0]):
        before = found.probabilities
        scores = score_candidates(encoded, candidates, before, found.population, weights)
        weights = scores.weights
        scores = scores if lessons is None else lessons.told(scores)
        learned, matched = relearned(evidence, (candidates, lessons), scores, before)
        population = scores.population
        del scores  # as large as all that is known of the pairs; the next would be made beside it
        learned = with_strangers(evidence, learned, population)
        found = replace(found, probabilities=learned, population=population, trained=matched)
        converged = change_of_matches(before, found.probabilities) < limits[1]
        found = replace(found, converged=converged)
        if converged:
            break
    return found


def change_of_matches(before: ClassProbabilities, after: ClassProbabilities) -> float:
    """Largest absolute move of m or u between two rounds.

    Few pairs may tell family from neighbours, and the border between them wanders long after every
    match has settled; what it does to matches shows in m.
    """
    moves = np.abs(before.m - after.m).max(), np.abs(before.u - after.u).max()
    return float(max(moves))


def relearned(
    evidence: Evidence,
    looked_at: tuple[Candidates, Lessons | None],
    scores: Scores,
    before: ClassProbabilities,
) -> tuple[ClassProbabilities, Floats]:
    """m and h from all candidates, u as before; and expected matches at each level.

    Args:
        evidence: What EM looked at.
        looked_at: The candidates, and labelled pairs if there are any.
        scores: What the candidates probably are.
        before: The level probabilities so far.
    """
    candidates, lessons = looked_at
    home: Any = np.bincount(candidates.pattern, scores.home, len(candidates.levels))
    home = home + rest_home(candidates, scores, before)
    levels, matches = expected_matches(candidates, scores, lessons)
    matched = taught_levels(levels, matches, before, (STAYED, MOVED))
    m = update_m(evidence.comparisons, matched)
    household = taught_levels(candidates.levels, home, before, (TOGETHER, APART))
    h = update_h(evidence, household, m, before.u)
    learned = ClassProbabilities(m, h, before.u, movers=before.movers, ties=before.ties)
    parts = np.einsum("i,ij->j", matches, parts_within(levels, before))
    return with_movers(learned, parts), matched


def taught_levels(
    levels: Levels, pairs: Floats, probabilities: ClassProbabilities, parts: tuple[int, int]
) -> Floats:
    """Expected pairs of a class that teach each level, (n_comparisons, max levels).

    Args:
        levels: Agreement levels of the patterns, (n_patterns, n_comparisons).
        pairs: Expected pairs of the class of each pattern.
        probabilities: Which tell who of them moved.
        parts: The class's parts: those who did not move, and those who did.
    """
    width, shares = probabilities.m.shape[1], parts_within(levels, probabilities)
    together, elsewhere = (level_sums(levels, pairs * shares[:, part], width) for part in parts)
    return taught(probabilities, together, elsewhere)


def expected_matches(
    candidates: Candidates, scores: Scores, lessons: Lessons | None
) -> tuple[Levels, Floats]:
    """Patterns with their expected matches; labelled pairs that are no candidates stand at the end.

    Returns:
        Agreement levels, (n_patterns, n_comparisons), and matches, (n_patterns,).
    """
    matches: Any = np.bincount(candidates.pattern, scores.match, len(candidates.levels))
    if lessons is None:
        return candidates.levels, matches
    levels, match = lessons.strays
    return np.concatenate([candidates.levels, levels]), np.concatenate([matches, match])


def rest_home(candidates: Candidates, scores: Scores, probabilities: ClassProbabilities) -> Floats:
    """Expected household pairs of each pattern among the pairs not kept one by one."""
    rest = observed_evidence(candidates.seen, probabilities, scores.population, candidates.method)
    expected: Floats = posteriors(*rest, scores.population)[1] * candidates.rest.counts
    return expected
