"""Fit: how many pairs look like matches, and how many the model expects to look so.

In: gathered pairs and a model. Out: a table of both, overall and by blocking rule. It must not know
which pairs are returned.

A posterior predictive check needs no labels. A model that is right expects as many pairs of every
agreement pattern as there are. Where far more look like matches than it expects, pairs of another
kind are among them, or matches differ in ways it does not know. What the check finds is corrected
pattern by pattern (`observed_evidence`); this table says how much there was to correct.

Source: docs/method.md, "Slips that go together"; Gelman, Meng and Stern 1996.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import unpack
from pipeline.linkage.learning.classes import CountedLevels, Population
from pipeline.linkage.learning.gather import Gathered
from pipeline.linkage.learning.posteriors import posteriors
from pipeline.linkage.learning.score import (
    expected_of_classes,
    observed_evidence,
    pattern_evidence,
)
from pipeline.linkage.model import TrainedModel

Floats = NDArray[np.float64]

ALL_RULES = ""
LIKELY = 0.5
TOO_MANY, BY_CHANCE, ENOUGH_PAIRS = 1.5, 3.0, 100
"""More than half as many again as expected, beyond three standard deviations, among a hundred or
more: the check warns."""

FIT_SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("likely_pairs", pa.float64()),
        ("expected_pairs", pa.float64()),
        ("expected_matches", pa.float64()),
    ]
)
"""`rule` is empty for all candidate pairs together. Of patterns at which a match is likelier than
not: pairs seen, pairs of any class that the model expects (not more than are seen, where blocking
misses some), and matches among those seen."""


def model_fit(gathered: Gathered, model: TrainedModel, population: Population) -> pa.Table:
    """Pairs that look like matches, seen and expected, without term frequency.

    Args:
        gathered: Candidate pairs and their patterns.
        model: Level probabilities.
        population: Expected numbers of pairs of these tables.
    """
    counts = gathered.counts
    levels = unpack(counts.patterns, gathered.layout)
    seen = CountedLevels(levels, counts.pairs.astype(np.float64))
    evidence = observed_evidence(seen, model.probabilities, population, gathered.method)
    match = posteriors(*evidence, population)[0]
    uncorrected = pattern_evidence(levels, model.probabilities)
    expected = expected_of_classes(levels, model.probabilities, population, uncorrected).sum(axis=1)
    is_likely = match >= LIKELY
    share = np.minimum(expected / np.maximum(seen.counts, 1.0), 1.0)
    rows = [_row(ALL_RULES, seen.counts * is_likely, share, match)]
    for index, rule in enumerate(gathered.blocking.rules):
        patterns, pairs = counts.of_rule(index)
        likely = pairs.astype(np.float64) * is_likely[patterns]
        rows.append(_row(rule.name, likely, share[patterns], match[patterns]))
    return pa.Table.from_pylist(rows, FIT_SCHEMA)


def _row(rule: str, pairs: Floats, share: Floats, match: Floats) -> dict[str, str | float]:
    return {
        "rule": rule,
        "likely_pairs": float(pairs.sum()),
        "expected_pairs": float((pairs * share).sum()),
        "expected_matches": float((pairs * match).sum()),
    }


def fit_warnings(fit: pa.Table) -> tuple[str, ...]:
    """Whether far more pairs look like matches than the model expects."""
    seen, expected = (fit[name][0].as_py() for name in ("likely_pairs", "expected_pairs"))
    excess = seen - expected
    if seen < ENOUGH_PAIRS or seen < TOO_MANY * expected or excess < BY_CHANCE * seen**0.5:
        return ()
    return (
        f"{seen:,.0f} pairs look like matches where the model expects {expected:,.0f}: what is "
        "unexplained was shared out by what each class expects, and probabilities near one half "
        "are doubtful; compare another column, or label some pairs",
    )
