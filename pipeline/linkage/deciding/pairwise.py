"""Pairwise: pairs judged one by one, where the model says so.

In: gathered pairs and a model with a `PairDecision`. Out: what each pair's levels and values are
worth. It must not know rivals, clusters or households.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import LinkageError
from pipeline.linkage.comparing.compare import unpack
from pipeline.linkage.comparing.pairs import Pairs
from pipeline.linkage.decision import ValueShares
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.classes import Levels
from pipeline.linkage.learning.gather import Gathered
from pipeline.linkage.learning.posteriors import log_odds, posteriors
from pipeline.linkage.learning.score import Scores, pattern_evidence
from pipeline.linkage.model import TrainedModel

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

ROUNDING = 1e-9
"""Slack of a bound against the sum that it bounds."""


def pairwise_scores(gathered: Gathered, model: TrainedModel, floor: float) -> tuple[Pairs, Scores]:
    """Candidate pairs that can reach the floor, and their evidence under the model's own prior.

    Args:
        gathered: Candidate pairs and their patterns.
        model: Says that pairs are judged one by one.
        floor: Natural log odds below which no pair is asked for.
    """
    encoded = gathered.encoded
    levels = unpack(gathered.counts.patterns, gathered.layout)
    worth = pattern_evidence(levels, model.probabilities)[0]
    bound = worth.copy()
    for shares in _value_shares(model):
        index = model.spec.comparison_names.index(shares.comparison)
        most = value_evidence(shares, _shares_of_values(encoded, shares)).max(initial=0.0)
        bound += np.where(levels[:, index] == shares.level, most, 0.0)
    possible = log_odds(bound, np.zeros(len(bound)), model.population) >= floor - ROUNDING
    pairs = gathered.pairs.where(possible)
    same = worth[pairs.pattern]
    for shares in _value_shares(model):
        index = model.spec.comparison_names.index(shares.comparison)
        rows = np.flatnonzero((levels[:, index] == shares.level)[pairs.pattern])
        same[rows] += pair_values(encoded, shares, pairs.left[rows], pairs.right[rows])
    nothing = np.zeros(len(same))
    match, home = posteriors(same, nothing, model.population)
    return pairs, Scores(same, nothing, match, home, model.population, {})


def value_weights(
    encoded: Encoded, model: TrainedModel, levels: Levels, pairs: tuple[Rows, Rows]
) -> Floats:
    """What the values of pairs add to each comparison, (n_pairs, n_comparisons), in nats."""
    added = np.zeros(levels.shape)
    for shares in _value_shares(model):
        index = model.spec.comparison_names.index(shares.comparison)
        rows = np.flatnonzero(levels[:, index] == shares.level)
        added[rows, index] += pair_values(encoded, shares, pairs[0][rows], pairs[1][rows])
    return added


def pair_values(encoded: Encoded, shares: ValueShares, left: Rows, right: Rows) -> Floats:
    """What the values of pairs at the level add, in nats; 0 where neither record has one."""
    column, of_value = encoded.columns[shares.column], _shares_of_values(encoded, shares)
    # Code -1, no value, reads the NaN at the end.
    larger = np.fmax(of_value[column.left.codes[left]], of_value[column.right.codes[right]])
    return value_evidence(shares, larger)


def value_evidence(shares: ValueShares, share: Floats) -> Floats:
    """What values of these shares add, in nats; 0 for NaN."""
    known = np.where(np.isnan(share), shares.expected, np.maximum(share, shares.least_share))
    evidence: Floats = shares.weight * (np.log(shares.expected) - np.log(known))
    return evidence


def _value_shares(model: TrainedModel) -> tuple[ValueShares, ...]:
    return () if model.decision is None else model.decision.value_shares


def _shares_of_values(encoded: Encoded, shares: ValueShares) -> Floats:
    """Share of each value among the records of both tables that have one; NaN for none.

    Raises:
        LinkageError: The column is many-valued: no share is that of one value.
    """
    column = encoded.columns[shares.column]
    if column.left.is_many:
        raise LinkageError(
            f"column '{shares.column}' holds lists, and the model of comparison "
            f"'{shares.comparison}' weighs single values by their frequency"
        )
    counts = column.left_counts.astype(np.float64)
    if not encoded.is_dedupe:
        counts = counts + column.right_counts
    held = np.where(counts > 0, counts, np.nan) / max(counts.sum(), 1.0)
    found: Floats = np.append(held, np.nan)
    return found
