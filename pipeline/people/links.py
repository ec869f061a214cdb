"""The dataset of pair scores: every pair that may be one person, with all its evidence.

In: resolved kinds and mentions. Out: `person_links`. It must not decide anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.contracts.people import COMPARISON, DECISIONS, GUARDS, PERSON_LINKS
from pipeline.people.compared import ComparedPairs
from pipeline.people.decide import Resolved

TEXT = pa.string()


def person_links(resolved: list[Resolved], mentions: pa.Table) -> pa.Table:
    """Pairs of every kind.

    Args:
        resolved: the kinds.
        mentions: all mentions, by mention_id.
    """
    parts = [_links_of_kind(kind, mentions) for kind in resolved]
    return PERSON_LINKS.conform(pa.concat_tables(parts))


def _links_of_kind(resolved: Resolved, mentions: pa.Table) -> pa.Table:
    pairs, rows = resolved.pairs, resolved.records.rows
    n_pairs = len(pairs.left)
    columns: dict[str, Any] = {"kind": pa.repeat(pa.scalar(resolved.records.kind), n_pairs)}
    for side, records in (("l", rows[pairs.left]), ("r", rows[pairs.right])):
        for name in ("source", "table", "record_id"):
            columns[f"{name}_{side}"] = mentions[name].take(pa.array(records))
    prior = 0.0 if pairs.model is None else pairs.model.prior_bits
    columns |= {
        "blocking_rules": pairs.blocking_rules,
        "comparisons": comparison_lists(pairs),
        "prior_bits": np.full(n_pairs, prior),
        "match_weight_bits": pairs.weight_bits,
        "match_probability": pairs.probability,
        "decision": pa.array(DECISIONS).take(pa.array(resolved.decisions)),
        "guard": guard_lists(resolved),
        "override": pa.nulls(n_pairs, TEXT),
    }
    return pa.table(columns).cast(PERSON_LINKS.to_arrow().remove_metadata())


def comparison_lists(pairs: ComparedPairs) -> pa.ListArray:
    """list<struct<comparison, level, weight_bits>>: what could be compared of each pair."""
    names = tuple(pairs.levels)
    shape = (len(pairs.left), len(names))
    levels, weights = np.empty(shape, np.int8), np.empty(shape)
    for place, name in enumerate(names):
        levels[:, place], weights[:, place] = pairs.levels[name], pairs.weights_bits[name]
    pair, column = np.nonzero(levels >= 0)
    values = [
        pa.array(names, TEXT).take(pa.array(column)),
        pa.array(levels[pair, column]),
        pa.array(weights[pair, column]),
    ]
    structs = pa.StructArray.from_arrays(values, fields=list(COMPARISON))
    return pa.ListArray.from_arrays(_ends(pair, shape[0]), structs)


def guard_lists(resolved: Resolved) -> pa.ListArray:
    """list<string>: the guards that keep each pair apart."""
    flags = np.stack([resolved.guards[name] for name in GUARDS], axis=1)
    pair, column = np.nonzero(flags)
    return pa.ListArray.from_arrays(
        _ends(pair, len(flags)), pa.array(GUARDS, TEXT).take(pa.array(column))
    )


def _ends(pair: NDArray[np.int64], n_pairs: int) -> pa.Array:
    """Offsets of lists whose items, pair by pair, are of these pairs."""
    counts = np.bincount(pair, minlength=n_pairs)
    return pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
