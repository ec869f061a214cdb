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
    TINY,
    ClassProbabilities,
    Levels,
    Neighbours,
    level_sums,
    neighbour_part,
)
from pipeline.linkage.learning.estimate import (
    Estimate,
    Evidence,
    stranger_shares,
    update_h,
    update_m,
    update_n,
)
from pipeline.linkage.learning.lessons import Lessons
from pipeline.linkage.learning.posteriors import posteriors
from pipeline.linkage.learning.score import Candidates, Scores, pattern_evidence, score_candidates

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
        learned = replace(learned, u=stranger_shares(evidence, learned, population))
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
    n_patterns, width = len(candidates.levels), before.m.shape[1]
    home: Any = np.bincount(candidates.pattern, scores.home, n_patterns)
    home = home + rest_home(candidates, scores, before)
    neighbours = before.neighbours
    near = home * neighbour_part(candidates.levels, before)
    matched = level_sums(*expected_matches(candidates, scores, lessons), width)
    m = update_m(evidence.comparisons, matched)
    h = update_h(evidence, level_sums(candidates.levels, home - near, width), m, before.u)
    if neighbours is not None:
        levels = level_sums(candidates.levels, near, width)
        neighbours = Neighbours(
            share=float(near.sum() / max(home.sum(), TINY)),
            n=update_n(evidence.comparisons, levels, h, before.u),
        )
    learned = ClassProbabilities(m, h, before.u, neighbours=neighbours, ties=before.ties)
    return learned, matched


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
    rest = pattern_evidence(candidates.rest.levels, probabilities)
    expected: Floats = posteriors(*rest, scores.population)[1] * candidates.rest.counts
    return expected
