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
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.linkage.blocking.block import Blocking
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
        warnings: Everything doubtful, in words, with what to do.
    """

    pairs: pa.Table
    clusters: pa.Table | None
    model: TrainedModel
    block_report: pa.Table
    blocking_recall: BlockingRecall
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


def pairs_table(encoded: Encoded, blocking: Blocking, pairs: ScoredPairs) -> pa.Table:
    """The pairs as an Arrow table, sorted by the ids."""
    order = np.lexsort((pairs.right, pairs.left))
    odds = pairs.log_odds[order]
    columns = {
        "record_id_l": encoded.left_ids.take(pa.array(pairs.left[order])),
        "record_id_r": encoded.right_ids.take(pa.array(pairs.right[order])),
        "match_weight_bits": pa.array(odds / math.log(2)),
        "match_probability": pa.array(1 / (1 + np.exp(-np.clip(odds, -700, 700)))),
    }
    for index, name in enumerate(encoded.spec.comparison_names):
        levels = pairs.levels[order, index]
        columns[LEVEL.format(name)] = pa.array(levels, pa.int8(), mask=levels < 0)
    for index, name in enumerate(encoded.spec.comparison_names):
        columns[WEIGHT.format(name)] = pa.array(pairs.weights_bits[order, index])
    columns[DEPENDENCE] = pa.array(pairs.dependence_bits[order])
    names = tuple(rule.name for rule in blocking.rules)
    columns["blocking_rules"] = rule_lists(pairs.rules[order], names)
    return pa.table(columns)


def rule_lists(rules: NDArray[np.uint64], names: tuple[str, ...]) -> pa.Array:
    """The names of each pair's rules, as list<string>."""
    sets, which = np.unique(rules, return_inverse=True)
    lists = [[name for bit, name in enumerate(names) if int(s) >> bit & 1] for s in sets]
    return pa.array(lists, pa.list_(pa.string())).take(pa.array(which))


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
        pa.field("blocking_rules", pa.list_(pa.string())),
    ]
    return pa.schema(fields).empty_table()


def swapped_sides(result: LinkResult) -> LinkResult:
    """The same result with left and right exchanged, sorted anew."""
    exchange = {"record_id_l": "record_id_r", "record_id_r": "record_id_l"}
    names = [exchange.get(name, name) for name in result.pairs.column_names]
    pairs = result.pairs.rename_columns(names).select(result.pairs.column_names)
    order = [("record_id_l", "ascending"), ("record_id_r", "ascending")]
    return replace(result, pairs=pairs.sort_by(order))
