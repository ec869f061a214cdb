"""Judge gathered pairs with a model: score, let rivals compete or clusters form.

In: `Gathered` and a trained model. Out: final odds of every pair worth returning, and clusters. It
must not learn anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import compare_pairs, unpack
from pipeline.linkage.deciding.assign import best_partners, competing_log_odds
from pipeline.linkage.deciding.cluster import (
    Clustering,
    ClusterRule,
    cluster_records,
    joined_records,
    learned_dependence,
)
from pipeline.linkage.deciding.duplicates import is_free_of_duplicates
from pipeline.linkage.deciding.pairwise import pairwise_scores, value_weights
from pipeline.linkage.deciding.results import ScoredPairs, id_order
from pipeline.linkage.encoding.encoded import Encoded, agreed_values
from pipeline.linkage.encoding.values import NO_VALUE
from pipeline.linkage.learning.calibration import NO_CHANGE
from pipeline.linkage.learning.classes import CountedLevels, Levels, PairLevels, class_evidence
from pipeline.linkage.learning.gather import Gathered
from pipeline.linkage.learning.lists import NO_CHANCES
from pipeline.linkage.learning.posteriors import log_odds
from pipeline.linkage.learning.score import (
    Scores,
    evidence_together,
    observed_evidence,
    pair_weights,
    score_candidates,
)
from pipeline.linkage.learning.training import keep_likely, pattern_population
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.sorting import is_among, row_numbers

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Judged:
    """Every pair that was judged, and the clusters.

    Attributes:
        left: Record numbers in the left table.
        right: Record numbers in the right table.
        rules: Set of blocking rules that make the pair; 0 where only its cluster does.
        log_odds: Natural log odds of the final match probability.
        labels: First record of each record's cluster; None when two tables were linked.
        scores: Evidence before rivals or clusters.
        warnings: What was doubtful.
    """

    left: Rows
    right: Rows
    rules: NDArray[np.uint64]
    log_odds: Floats
    labels: Rows | None
    scores: Scores
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PairEvidence:
    """Levels and evidence of pairs, in nats.

    Attributes:
        levels: Agreement levels, (n_pairs, n_comparisons).
        same: ln m/u by comparison, (n_pairs, n_comparisons).
        household: ln h/u of all comparisons, (n_pairs,).
        together: What the comparisons say only together, (n_pairs,).
    """

    levels: Levels
    same: Floats
    household: Floats
    together: Floats


def judge(gathered: Gathered, model: TrainedModel, settings: LinkageSettings) -> Judged:
    """Final odds of every candidate pair that could match.

    Args:
        gathered: Candidate pairs and their patterns.
        model: Level probabilities for the specification that `gathered` used.
        settings: How clusters are judged.
    """
    encoded = gathered.encoded
    if model.decision is not None:
        return _judged_one_by_one(gathered, model, settings)
    candidates = keep_likely(gathered, model.probabilities)
    start = pattern_population(gathered, model.probabilities)
    scores = score_candidates(encoded, candidates, model.probabilities, start)
    odds = log_odds(scores.same, scores.household, scores.population)
    line = model.calibration or NO_CHANGE
    pairs = (candidates.left, candidates.right)
    if encoded.is_dedupe:
        scored = (*pairs, candidates.rules, line.applied(odds))
        if not gathered.method.group_evidence:
            return Judged(*scored, joined_records(pairs, scored[3] > 0, encoded.n_left), scores, ())
        clustering = _cluster(gathered, model, settings, (pairs, odds, scores))
        return _with_clusters(gathered, scored, clustering, scores)
    likely = odds > 0
    likely_pairs = (candidates.left[likely], candidates.right[likely])
    if gathered.method.group_evidence and is_free_of_duplicates(
        encoded, gathered.layout, model.probabilities, scores.population, likely_pairs
    ):
        sizes = (encoded.n_left, encoded.n_right)
        odds = competing_log_odds(candidates.left, candidates.right, odds, sizes)
    return Judged(*pairs, candidates.rules, line.applied(odds), None, scores, ())


def _judged_one_by_one(
    gathered: Gathered, model: TrainedModel, settings: LinkageSettings
) -> Judged:
    """Pairs under the model's own prior; likely ones join the records of one table to clusters."""
    line = model.calibration or NO_CHANGE
    floor = line.before(min(_logit(settings.threshold), 0.0))
    pairs, scores = pairwise_scores(gathered, model, floor)
    odds = line.applied(log_odds(scores.same, scores.household, scores.population))
    labels = None
    if gathered.encoded.is_dedupe:
        labels = joined_records((pairs.left, pairs.right), odds > 0, gathered.encoded.n_left)
    return Judged(pairs.left, pairs.right, pairs.rules, odds, labels, scores, ())


def _cluster(
    gathered: Gathered,
    model: TrainedModel,
    settings: LinkageSettings,
    scored: tuple[tuple[Rows, Rows], Floats, Scores],
) -> Clustering:
    """Clusters of the scored pairs, by calibrated odds.

    What judges groups is linear in the odds of their pairs and in the prior, so that a line through
    these is the line through what is judged.
    """
    pairs, odds, scores = scored
    population, line = scores.population, model.calibration or NO_CHANGE

    def score(left: Rows, right: Rows) -> Floats:
        found = _evidence(gathered, model, scores, (left, right), settings)
        same = found.same.sum(axis=1) + found.together
        return line.applied(log_odds(same, found.household, population))

    copies = value_sets(gathered.encoded)
    repetition = settings.dependence
    if repetition is None:
        repetition = learned_dependence(pairs, odds, copies)
    rule = ClusterRule(
        log_prior=float(line.applied(np.log(population.matches / population.pairs))),
        dependence=repetition,
        component_floor=settings.component_floor,
        max_component=settings.max_component,
    )
    return cluster_records(pairs, line.applied(odds), copies, rule, score)


def value_sets(encoded: Encoded) -> Rows:
    """A number for every left record that it shares with its exact copies only."""
    return row_numbers(encoded.cells.left).astype(np.int32)


def _evidence(
    gathered: Gathered,
    model: TrainedModel,
    scores: Scores,
    pairs: tuple[Rows, Rows],
    settings: LinkageSettings,
) -> PairEvidence:
    """Levels and evidence of any pairs."""
    encoded = gathered.encoded
    patterns = compare_pairs(encoded, *pairs, gathered.layout, settings.threads)
    coded = pa.array(patterns).dictionary_encode()
    packed = coded.dictionary.to_numpy()
    of_pattern = unpack(packed, gathered.layout)
    which = coded.indices.to_numpy()
    levels = np.take(of_pattern.T, which, axis=1).T
    values = {
        index: agreed_values(encoded, encoded.spec.comparison_names[index], *pairs)
        for index in scores.credits
    }
    probabilities = model.probabilities
    chances = NO_CHANCES if model.decision is not None else gathered.lists.chances(*pairs)
    same, household = pair_weights(
        PairLevels(of_pattern, which), values, encoded.spec, probabilities, scores.credits, chances
    )
    if model.decision is not None:
        same += value_weights(encoded, model, levels, pairs)
    elif gathered.affinity is not None:
        same = gathered.affinity.taken_off(same, levels, pairs, encoded.spec)
    # A model that judges pairs by itself is not corrected by what others there are.
    pairs_seen = gathered.counts.pairs_of(packed) * (model.decision is None)
    seen = CountedLevels(of_pattern, pairs_seen.astype(np.float64))
    observed = observed_evidence(seen, probabilities, scores.population, gathered.method)
    household += (observed[1] - class_evidence(of_pattern, probabilities)[1])[which]
    together = evidence_together(of_pattern, probabilities, observed[0])
    return PairEvidence(levels, same, household, together[which])


def _with_clusters(
    gathered: Gathered,
    pairs: tuple[Rows, Rows, NDArray[np.uint64], Floats],
    clustering: Clustering,
    scores: Scores,
) -> Judged:
    """Pairs within components as their clusters judge them; the others as they were."""
    left, right, rules, odds = pairs
    size = np.int64(gathered.encoded.n_left)
    keys = left.astype(np.int64) * size + right
    inside = clustering.left.astype(np.int64) * size + clustering.right
    outside = ~is_among(keys, inside)
    found_rules = np.zeros(len(inside), np.uint64)
    for some in gathered.pairs:
        look_up(inside, some.left.astype(np.int64) * size + some.right, some.rules, found_rules)
    warnings: tuple[str, ...] = ()
    if clustering.oversized:
        warnings = (
            f"{clustering.oversized} groups of records were too large to be judged as wholes; "
            "their pairs stand as scored: compare a column that tells persons apart, or raise "
            "max_component",
        )
    return Judged(
        left=np.concatenate([left[outside], clustering.left]),
        right=np.concatenate([right[outside], clustering.right]),
        rules=np.concatenate([rules[outside], found_rules]),
        log_odds=np.concatenate([odds[outside], clustering.log_odds]),
        labels=clustering.labels,
        scores=scores,
        warnings=warnings,
    )


def with_own_pairs(
    gathered: Gathered, model: TrainedModel, judged: Judged, rows: Rows, settings: LinkageSettings
) -> Judged:
    """Judged pairs, and each of these records with itself, as its exact copies are judged."""
    found = _evidence(gathered, model, judged.scores, (rows, rows), settings)
    same = found.same.sum(axis=1) + found.together
    odds = log_odds(same, found.household, judged.scores.population)
    odds = (model.calibration or NO_CHANGE).applied(odds)
    return replace(
        judged,
        left=np.concatenate([judged.left, rows]),
        right=np.concatenate([judged.right, rows]),
        rules=np.concatenate([judged.rules, own_rules(gathered, rows)]),
        log_odds=np.concatenate([judged.log_odds, odds]),
    )


def own_rules(gathered: Gathered, rows: Rows) -> NDArray[np.uint64]:
    """Rules that bring each record together with its copies: all whose columns it has."""
    cells = gathered.encoded.cells
    found = np.zeros(len(rows), np.uint64)
    for bit, rule in enumerate(gathered.blocking.rules):
        columns = [cells.columns[column] for column in rule.columns]
        has_key = (cells.left[np.ix_(rows, np.array(columns))] != NO_VALUE).all(axis=1)
        found |= has_key.astype(np.uint64) << np.uint64(bit)
    return found


def look_up(
    wanted: NDArray[np.int64],
    keys: NDArray[np.int64],
    rules: NDArray[np.uint64],
    found: NDArray[np.uint64],
) -> None:
    """Fill in the rule set of each wanted pair among these; `wanted` is ascending."""
    if len(wanted) == 0:
        return
    at = np.searchsorted(wanted, keys)
    at[at == len(wanted)] = 0
    is_wanted = wanted[at] == keys
    found[at[is_wanted]] = rules[is_wanted]


def returned_pairs(
    gathered: Gathered,
    model: TrainedModel,
    judged: Judged,
    settings: LinkageSettings,
    is_exchanged: bool,
) -> ScoredPairs:
    """The pairs at or above the threshold, with levels and weights.

    They ascend by left and then right record, or the other way round where sides are exchanged.
    """
    floor = _logit(settings.threshold)
    rows = np.flatnonzero(judged.log_odds >= floor)
    if settings.one_to_one and not gathered.encoded.is_dedupe:
        best = best_partners(judged.left[rows], judged.right[rows], judged.log_odds[rows])
        rows = rows[best]
    ends = (judged.left[rows], judged.right[rows])
    rows = rows[id_order(*(reversed(ends) if is_exchanged else ends))]
    pairs = (judged.left[rows], judged.right[rows])
    found = _evidence(gathered, model, judged.scores, pairs, settings)
    return ScoredPairs(
        left=pairs[0],
        right=pairs[1],
        rules=judged.rules[rows],
        log_odds=judged.log_odds[rows],
        levels=found.levels,
        weights_bits=found.same / np.log(2),
        dependence_bits=found.together / np.log(2),
    )


def _logit(probability: float) -> float:
    """Natural log odds; minus or plus infinity at 0 and 1."""
    with np.errstate(divide="ignore"):
        return float(np.log(probability) - np.log1p(-probability))
