"""Results: scored pairs and clusters as Arrow tables.

In: scored pairs as record numbers. Out: `LinkResult`. It must not judge anything.

`weight_<comparison>_bits` is log2 m/u of the pair's level with term frequency, 0 where null;
`weight_dependence_bits` is what the comparisons say only together (slips that come alone, or all at
once). A pair's weights sum to the log2 likelihood ratio of one person against strangers; to leave a
comparison out of it (place, say), leave its weight and the dependence out of the sum.
`match_weight_bits` is the log2 odds of the final probability: prior, households, rivals and
clusters included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.linkage.blocking.block import Blocking
from pipeline.linkage.compiled import Int32s, Words, compiled
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.classes import Levels
from pipeline.linkage.learning.missed import BlockingRecall
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

LEVEL = "level_{}"
WEIGHT = "weight_{}_bits"
DEPENDENCE = "weight_dependence_bits"
RULE_NAMES = pa.list_(pa.dictionary(pa.int8(), pa.string()))
"""Lists of text; written out, rule names of a million pairs would take a hundred megabytes."""


@dataclass(frozen=True)
class LinkResult:
    """What a linkage found.

    Attributes:
        pairs: record_id_l, record_id_r, match_weight_bits, match_probability, level_<comparison>,
            weight_<comparison>_bits, weight_dependence_bits, blocking_rules; sorted by the ids; in
            one table l < r.
        clusters: record_id, cluster_id (the smallest id of the cluster), for every record of one
            table; None when two were linked.
        model: The model used, learned here or given.
        block_report: One row per blocking rule considered; see `BlockReport.rules`.
        blocking_recall: How many matches blocking found and, as far as can be told, missed.
        fit: Pairs that look like matches, seen and expected, by rule; see `fit.FIT_SCHEMA`.
        warnings: Everything doubtful, in words, with what to do.
    """

    pairs: pa.Table
    clusters: pa.Table | None
    model: TrainedModel
    block_report: pa.Table
    blocking_recall: BlockingRecall
    fit: pa.Table
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs to return, each array (n_pairs, …).

    Attributes:
        left: Record numbers in the left table.
        right: Record numbers in the right table.
        rules: Set of blocking rules that make the pair; 0 where only its cluster does.
        log_odds: Natural log odds of the final match probability.
        levels: Agreement levels, (n_pairs, n_comparisons).
        weights_bits: log2 m/u with term frequency, (n_pairs, n_comparisons).
        dependence_bits: What the comparisons say only together, (n_pairs,).
    """

    left: Rows
    right: Rows
    rules: NDArray[np.uint64]
    log_odds: Floats
    levels: Levels
    weights_bits: Floats
    dependence_bits: Floats


def id_order(left: Rows, right: Rows) -> NDArray[np.int64]:
    """The order in which pairs ascend by left and then right row."""
    words = left.astype(np.int64) << 32 | right
    if (words[1:] > words[:-1]).all():
        return np.arange(len(words))
    return np.argsort(words)


def pairs_table(
    encoded: Encoded, blocking: Blocking, pairs: ScoredPairs, is_exchanged: bool
) -> pa.Table:
    """The pairs as an Arrow table.

    Args:
        encoded: The tables.
        blocking: The rules in use.
        pairs: In the order wanted: records are numbered by ascending id.
        is_exchanged: The encoded left table is the caller's right one.
    """
    ids = [
        encoded.left_ids.take(pa.array(pairs.left)),
        encoded.right_ids.take(pa.array(pairs.right)),
    ]
    if is_exchanged:
        ids.reverse()
    columns = {
        "record_id_l": ids[0],
        "record_id_r": ids[1],
        "match_weight_bits": pa.array(pairs.log_odds / math.log(2)),
        "match_probability": pa.array(1 / (1 + np.exp(-np.clip(pairs.log_odds, -700, 700)))),
    }
    for index, name in enumerate(encoded.spec.comparison_names):
        levels = pairs.levels[:, index]
        columns[LEVEL.format(name)] = pa.array(levels, pa.int8(), mask=levels < 0)
    for index, name in enumerate(encoded.spec.comparison_names):
        columns[WEIGHT.format(name)] = pa.array(pairs.weights_bits[:, index])
    columns[DEPENDENCE] = pa.array(pairs.dependence_bits)
    names = tuple(rule.name for rule in blocking.rules)
    columns["blocking_rules"] = rule_lists(pairs.rules, names)
    return pa.table(columns)


def rule_lists(rules: NDArray[np.uint64], names: tuple[str, ...]) -> pa.Array:
    """The names of each pair's rules, of type RULE_NAMES."""
    offsets = np.zeros(len(rules) + 1, np.int32)
    np.cumsum(np.bitwise_count(rules), out=offsets[1:])
    made = np.empty(offsets[-1], np.int8)
    _list_rules(rules.astype(np.uint64), offsets, made)
    held = pa.DictionaryArray.from_arrays(pa.array(made), pa.array(names, pa.string()))
    return pa.ListArray.from_arrays(pa.array(offsets), held)


@compiled
def _list_rules(rules: Words, offsets: Int32s, made: NDArray[np.int8]) -> None:
    """Write down the rules of each set, ascending."""
    for pair in range(len(rules)):
        left, rule, place = rules[pair], 0, offsets[pair]
        while left:
            if left & np.uint64(1):
                made[place] = rule
                place += 1
            left >>= np.uint64(1)
            rule += 1


def clusters_table(ids: pa.Array, labels: Rows) -> pa.Table:
    """Every record with the smallest id of its cluster."""
    return pa.table({"record_id": ids, "cluster_id": ids.take(pa.array(labels))})


def empty_pairs(spec: LinkageSpec, left_id: pa.DataType, right_id: pa.DataType) -> pa.Table:
    """A pairs table without rows."""
    fields = [
        pa.field("record_id_l", left_id),
        pa.field("record_id_r", right_id),
        pa.field("match_weight_bits", pa.float64()),
        pa.field("match_probability", pa.float64()),
        *[pa.field(LEVEL.format(name), pa.int8()) for name in spec.comparison_names],
        *[pa.field(WEIGHT.format(name), pa.float64()) for name in spec.comparison_names],
        pa.field(DEPENDENCE, pa.float64()),
        pa.field("blocking_rules", RULE_NAMES),
    ]
    return pa.schema(fields).empty_table()
