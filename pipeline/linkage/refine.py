"""Refine a model: learn once more from all candidates, each weighed by what it probably is.

In: scored candidate pairs and a first estimate from EM. Out: better level probabilities. It must
not know tables beyond the candidates' patterns and values.

EM saw each rule's pairs without the fields that the rule fixes and without term frequency. Here
every pair counts once with everything known about it.

Source: method section 1.6.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.encoded import Encoded
from pipeline.linkage.estimate import (
    ClassProbabilities,
    Population,
    decontaminate,
    largest_change,
    level_sums,
    update_h,
    update_m,
)
from pipeline.linkage.score import (
    Candidates,
    Scores,
    log_sizes,
    pattern_evidence,
    posteriors,
    score_candidates,
)

Floats = NDArray[np.float64]


def refine(
    encoded: Encoded,
    candidates: Candidates,
    start: tuple[ClassProbabilities, Population],
    random_shares: Floats,
    limits: tuple[int, float],
) -> tuple[ClassProbabilities, Population, bool]:
    """Re-estimate from all candidates until nothing moves.

    Args:
        encoded: The tables.
        candidates: The candidate pairs.
        start: Level probabilities and expected pairs from EM.
        random_shares: Level shares of random pairs.
        limits: Most rounds, and the largest change of a probability that counts as none.

    Returns:
        Level probabilities, expected pairs, and whether the last round changed nothing.
    """
    probabilities, population = start
    converged = False
    for _ in range(limits[0]):
        before = probabilities
        scores = score_candidates(encoded, candidates, probabilities, population)
        population = scores.population
        probabilities = relearn(encoded, candidates, scores, probabilities)
        u = decontaminate(random_shares, probabilities, population)
        probabilities = replace(probabilities, u=u)
        converged = largest_change(before, probabilities) < limits[1]
        if converged:
            break
    return probabilities, population, converged


def relearn(
    encoded: Encoded, candidates: Candidates, scores: Scores, probabilities: ClassProbabilities
) -> ClassProbabilities:
    """m and h from all candidates weighed by their posterior."""
    comparisons = encoded.spec.comparisons
    n_patterns, width = len(candidates.levels), probabilities.m.shape[1]
    match: Any = np.bincount(candidates.pattern, scores.match, n_patterns)
    home: Any = np.bincount(candidates.pattern, scores.home, n_patterns)
    matched = level_sums(candidates.levels, match, width)
    household = level_sums(candidates.levels, home, width)
    household += level_sums(
        candidates.rest.levels, rest_home(candidates, scores, probabilities), width
    )
    m = update_m(comparisons, matched)
    h = update_h(comparisons, household, m, probabilities.u)
    return ClassProbabilities(m, h, probabilities.u)


def rest_home(candidates: Candidates, scores: Scores, probabilities: ClassProbabilities) -> Floats:
    """Expected household pairs of each pattern among the pairs not kept one by one."""
    rest = pattern_evidence(candidates.rest.levels, probabilities)
    expected: Floats = posteriors(*rest, log_sizes(scores.population))[1] * candidates.rest.counts
    return expected
