"""Unlinkable records: those that could not be linked even with a perfect copy of themselves.

In: a table and a trained model. Out: the odds of every record against itself. It must not look at
any pair of two records.

A record with a common name and nothing else agrees with itself in full and still might be two
people. Such records are lost to linkage whatever the threshold's price; only more columns help.

Source: the share of unlinkable records is as in Splink (Linacre et al. 2022).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import compare_pairs, layout_of, unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import agreed_values
from pipeline.linkage.learning.affinity import name_affinity
from pipeline.linkage.learning.classes import PairLevels
from pipeline.linkage.learning.frequency import EQUAL_WEIGHTS
from pipeline.linkage.learning.lists import list_sizes
from pipeline.linkage.learning.posteriors import log_odds
from pipeline.linkage.learning.score import (
    evidence_together,
    pair_credits,
    pair_weights,
    pattern_evidence,
)
from pipeline.linkage.method import WHOLE_METHOD
from pipeline.linkage.model import TrainedModel


def own_weights_bits(table: pa.Table, model: TrainedModel) -> NDArray[np.float64]:
    """The match weight, in bits, that each record would have with a perfect copy of itself.

    Args:
        table: Table with the specification's id column.
        model: A trained model.

    Returns:
        (n_records,), in ascending order of the ids: log2 odds, rarity of the values included.
    """
    fields = [field.column for field in model.spec.fields]
    filled = model.spec.without(c for c in fields if table[c].null_count == table.num_rows)
    if not filled.comparisons:
        return np.full(table.num_rows, model.prior_bits)
    encoded = encode(table, None, filled, is_selective=False)
    applied = model.restricted_to(encoded.spec)
    spec, probabilities = encoded.spec, applied.probabilities
    records = np.arange(encoded.n_left, dtype=np.int32)
    layout = layout_of(spec)
    patterns = compare_pairs(encoded, records, records, layout)
    levels = unpack(patterns, layout)
    credits = pair_credits(encoded, EQUAL_WEIGHTS, probabilities, WHOLE_METHOD)
    names = spec.comparison_names
    values = {i: agreed_values(encoded, names[i], records, records) for i in credits}
    chances = list_sizes(encoded).chances(records, records)
    found = PairLevels.one_by_one(levels)
    same, household = pair_weights(found, values, spec, probabilities, credits, chances)
    affinity = name_affinity(encoded)
    if affinity is not None:
        same = affinity.taken_off(same, levels, (records, records), spec)
    together = evidence_together(levels, probabilities, pattern_evidence(levels, probabilities)[0])
    odds = log_odds(same.sum(axis=1) + together, household, applied.population)
    bits: NDArray[np.float64] = odds / np.log(2)
    return bits
