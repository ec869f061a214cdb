"""One-to-one evidence: when no record has two partners, its candidates compete.

In: candidate pairs of two tables with their posterior odds. Out: odds in which rivals weaken one
another and lone candidates gain, and at most one partner a record where that is asked. It must not
know levels, patterns or values.

Source: docs/method.md, "Refinement, one-to-one evidence, clusters".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import Flags, Int64s, compiled

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

UNMATCHED_FLOOR = 0.05
"""Share of a file that is taken to be unmatched at least, lest odds run away when all match."""
MAX_LOG_ODDS = 500.0
ITERATIONS = 200
TOLERANCE = 1e-6


def competing_log_odds(left: Rows, right: Rows, log_odds: Floats, sizes: tuple[int, int]) -> Floats:
    """Natural log odds of every pair when no record has two partners.

    The odds w = odds·f count only strangers that are still free, f = n_l·n_r / (free_l·free_r).
    A rival counts for less the surer it has a partner of its own. With

        x_ij = w_ij / (1 + Σ_{k≠j} y_ik),    y_ij = w_ij / (1 + Σ_{k≠i} x_kj),

    the odds of i and j are w_ij / ((1 + Σ_{k≠j} y_ik)·(1 + Σ_{k≠i} x_kj)). The number of matches
    K = ΣP sets what is free, and all is iterated.

    Args:
        left: Row of the left table of every pair.
        right: Row of the right table.
        log_odds: Natural log posterior odds before competition.
        sizes: Records in the left and in the right table.

    Source: belief propagation for matchings; Bayati, Gamarnik, Katz, Nair and Tetali 2007.
    """
    odds = np.exp(np.clip(log_odds, -MAX_LOG_ODDS, MAX_LOG_ODDS))
    scale, matches = 1.0, 0.0
    by_right = np.ones(len(odds))
    for _ in range(ITERATIONS):
        previous = matches
        by_left = 1 + rivals(left, scale * odds / by_right, sizes[0])
        by_right = 1 + rivals(right, scale * odds / by_left, sizes[1])
        match = scale * odds / (by_left * by_right)
        matches = float((match / (1 + match)).sum())
        scale = stranger_scale(matches, sizes)
        if abs(matches - previous) <= TOLERANCE * max(matches, 1.0):
            break
    competing: Floats = np.log(scale * odds) - np.log(by_left) - np.log(by_right)
    return competing


def rivals(rows: Rows, values: Floats, size: int) -> Floats:
    """Sum over the other pairs of each pair's record."""
    return np.maximum(np.bincount(rows, values, size)[rows] - values, 0.0)


def stranger_scale(matches: float, sizes: tuple[int, int]) -> float:
    """How much likelier a free pair is to match, once the other matches are taken."""
    free = [max(size - matches, UNMATCHED_FLOOR * size) for size in sizes]
    return sizes[0] * sizes[1] / (free[0] * free[1])


def best_partners(left: Rows, right: Rows, probability: Floats) -> Flags:
    """Which pairs remain when each record keeps at most one partner, the likeliest first.

    Ties fall to the pair that stands first.
    """
    order = np.argsort(-probability, kind="stable")
    kept = np.zeros(len(order), np.bool_)
    taken = [np.zeros(int(side.max(initial=-1)) + 1, np.bool_) for side in (left, right)]
    _take_greedily(left, right, order, taken[0], taken[1], kept)
    return kept


@compiled
def _take_greedily(
    left: Rows, right: Rows, order: Int64s, left_taken: Flags, right_taken: Flags, kept: Flags
) -> None:
    for pair in order:
        if not left_taken[left[pair]] and not right_taken[right[pair]]:
            left_taken[left[pair]] = True
            right_taken[right[pair]] = True
            kept[pair] = True
