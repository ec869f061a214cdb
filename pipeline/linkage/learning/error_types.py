"""Error types: how the slips of one person's records go together.

In: agreement patterns with their expected matches. Out: `ErrorTypes`, a mixture of ways in which
two records of one person differ, and what it adds to a pattern's evidence. It must not know
strangers, households or values.

Comparisons of true pairs are seldom independent: in some data a record has one slip and hardly ever
two, in other data a careless clerk spoils them all, another alphabet all names, and a move all
places. The matches are therefore a mixture, one type for slips in each comparison, one each for
slips in all names and in all places, and one for slips everywhere; within a type the comparisons
are independent. The mixture changes what a *pattern* is worth, never a single level: its part is
kept apart as the dependence of the comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparisons import PLACE
from pipeline.linkage.learning.classes import (
    ErrorTypes,
    Levels,
    level_sums,
    log_table,
    softmax,
)
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]

LIMIT = 1.0
"""Most nats, either way, that dependence may add: a factor of e."""
STRENGTH = 50.0
STRENGTH_SHARE = 0.01
"""Pairs' worth, and share of the matches, that hold every type to the common m. Among very many
matches the smallest misfit looks like a type; the share keeps such types near independence."""
CLEAN, SPOILT = 0.3, 3.0
"""A type starts with so many times the common slips, in the others' comparisons and in its own."""
MOST_SLIPS = 0.9
ITERATIONS = 100
TOLERANCE = 1e-3
LEAST_MATCHES = 1e-3
"""Patterns with fewer expected matches teach nothing."""


def learn_error_types(
    comparisons: Sequence[Comparison],
    levels: Levels,
    matches: Floats,
    m: Floats,
    start: ErrorTypes | None = None,
) -> ErrorTypes:
    """Fit the mixture to the expected matches of each pattern, by EM.

    Args:
        comparisons: What is compared.
        levels: Agreement levels of the patterns, (n_patterns, n_comparisons).
        matches: Expected matches of each pattern.
        m: Level probabilities of all matches together, (n_comparisons, max levels).
        start: Types to go on from.
    """
    used = matches > LEAST_MATCHES
    levels, matches = levels[used], matches[used]
    found = start or starting_types(comparisons, m)
    strength = STRENGTH + STRENGTH_SHARE * float(matches.sum())
    for _ in range(ITERATIONS):
        parts = softmax(type_likelihoods(levels, found)) * matches[:, None]
        shares = (parts.sum(axis=0) + 1) / (matches.sum() + len(found.shares))
        sums = np.stack([level_sums(levels, part, m.shape[1]) for part in parts.T])
        pulled = sums + strength * m
        moved = float(np.abs(shares - found.shares).max())
        found = ErrorTypes(shares, pulled / pulled.sum(axis=2, keepdims=True))
        if moved < TOLERANCE:
            break
    return found


def starting_types(comparisons: Sequence[Comparison], m: Floats) -> ErrorTypes:
    """One type for slips in each comparison, in all names, in all places, and everywhere."""
    spoilt = spoilt_together(comparisons)
    tables = np.repeat(m[None], len(spoilt), axis=0)
    for kind, rows in enumerate(spoilt):
        for row, comparison in enumerate(comparisons):
            times = SPOILT if row in rows else CLEAN
            tables[kind, row] = with_slips(m[row], comparison.exact_level, times)
    return ErrorTypes(np.full(len(spoilt), 1 / len(spoilt)), tables)


def spoilt_together(comparisons: Sequence[Comparison]) -> list[frozenset[int]]:
    """Which comparisons each type spoils: another spelling takes all names, a move all places."""
    every = range(len(comparisons))
    names = frozenset(row for row in every if comparisons[row].definition.domain == "name")
    places = frozenset(row for row in every if comparisons[row].household is PLACE)
    groups = [frozenset([row]) for row in every]
    groups += [group for group in (names, places) if 1 < len(group) < len(comparisons)]
    return [*groups, frozenset(every)]


def with_slips(m: Floats, exact: int, times: float) -> Floats:
    """Level probabilities in which anything but exact agreement is so many times as likely."""
    slips = 1 - m[exact]
    wanted = min(slips * times, MOST_SLIPS)
    changed = m * (wanted / max(slips, 1e-9))
    changed[exact] = 1 - wanted
    normalised: Floats = changed / changed.sum()
    return normalised


def type_likelihoods(levels: Levels, types: ErrorTypes) -> Floats:
    """Log of share times probability of every pattern under every type, (n_patterns, n_types)."""
    logs = log_table(types.m)
    total = np.tile(np.log(types.shares), (len(levels), 1))
    for comparison in range(levels.shape[1]):
        total += logs[:, comparison, :].T[levels[:, comparison]]
    return total


def dependence(levels: Levels, types: ErrorTypes | None, m: Floats) -> Floats:
    """What the comparisons' dependence adds to the evidence of every pattern, in nats.

    ln of the pattern's probability under the mixture over that under independence, limited.

    Args:
        levels: Agreement levels, (n_patterns, n_comparisons).
        types: The mixture; None where none was learned.
        m: Level probabilities of all matches together.
    """
    if types is None:
        return np.zeros(len(levels))
    together = np.logaddexp.reduce(type_likelihoods(levels, types), axis=1)
    apart = type_likelihoods(levels, ErrorTypes(np.ones(1), m[None]))[:, 0]
    limited: Floats = np.clip(together - apart, -LIMIT, LIMIT)
    return limited
