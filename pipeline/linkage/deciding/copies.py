"""Exact copies: records of one table that say the same in every column read.

In: a table, then the result for its distinct records. Out: the distinct records, then the result
for all. It must not know how pairs are scored.

A copy brings no evidence of its own: learned from with copies in it, a model would take m and the
prior from records that can have no slip, and every copy would change what is thought of all other
pairs. So one record of each set of copies is linked, and the others follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.linkage.deciding.results import LinkResult
from pipeline.linkage.sorting import row_numbers

Ints = NDArray[np.int64]

LARGEST_SET = 100
"""Larger sets of copies are linked record by record: each of their pairs would be a row."""

SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Copies:
    """Which records of a table are exact copies of one another.

    Attributes:
        ids: Record ids of all records, ascending.
        sets: For each the number of its set, int64 (n_records,).
        distinct: The table without all but the first record of each set.
        copied_ids: Ids of those first records that have copies.
    """

    ids: pa.Array
    sets: Ints
    distinct: pa.Table
    copied_ids: pa.Array


def find_copies(table: pa.Table, id_column: str, columns: Sequence[str]) -> Copies | None:
    """The exact copies in a table; None where there are none.

    Args:
        table: Has these columns.
        id_column: Names a record.
        columns: Every column that linking reads; a record null in all of them has no copies.
    """
    table = table.sort_by(id_column)
    ids = table[id_column].combine_chunks()
    numbers = [_value_numbers(table[column].combine_chunks()) for column in columns]
    values = np.stack(numbers, axis=1)
    which = row_numbers(values)
    _, first, counts = np.unique(which, return_index=True, return_counts=True)
    is_apart = ((values < 0).all(axis=1)) | (counts[which] > LARGEST_SET)
    if (counts[which[~is_apart]] == 1).all():
        return None
    own = np.arange(len(ids))
    leader = np.where(is_apart, own, first[which])
    distinct, sets, sizes = np.unique(leader, return_inverse=True, return_counts=True)
    return Copies(
        ids=ids,
        sets=sets.reshape(-1).astype(np.int64),
        distinct=table.take(pa.array(distinct)),
        copied_ids=ids.take(pa.array(distinct[sizes > 1])),
    )


def _value_numbers(values: pa.Array) -> Ints:
    """Each value's number in the column, -1 where null or an empty list."""
    if pa.types.is_list(values.type):
        values = pc.binary_join(pc.cast(values, pa.list_(pa.string())), SEPARATOR)
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    codes = pc.fill_null(pc.dictionary_encode(values).indices, -1)
    numbers: Ints = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def expanded(result: LinkResult, copies: Copies) -> LinkResult:
    """The result for all records, from that for the distinct ones and their pairs with themselves.

    A copy's pairs are those of the record it copies. It joins that record's cluster where the
    record matches itself: two people may have little recorded, and all of it alike.
    """
    order = np.argsort(copies.sets, kind="stable")
    sizes = np.bincount(copies.sets)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    leaders = copies.ids.take(pa.array(order[starts]))
    left, right = (
        pc.index_in(result.pairs[f"record_id_{side}"].combine_chunks(), leaders).to_numpy(
            zero_copy_only=False
        )
        for side in "lr"
    )
    times = sizes[left] * sizes[right]
    row = np.repeat(np.arange(len(left)), times)
    within = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    one = order[starts[left[row]] + within // sizes[right[row]]]
    other = order[starts[right[row]] + within % sizes[right[row]]]
    kept = np.flatnonzero((one < other) | ((left != right)[row]))
    first = np.minimum(one, other)[kept]
    second = np.maximum(one, other)[kept]
    placed = np.lexsort((second, first))
    pairs = result.pairs.take(pa.array(row[kept][placed]))
    for name, numbers in (("record_id_l", first), ("record_id_r", second)):
        index = pairs.column_names.index(name)
        pairs = pairs.set_column(index, name, copies.ids.take(pa.array(numbers[placed])))
    joins = np.ones(len(sizes), np.bool_)
    joins[sizes > 1] = False
    joins[left[(left == right) & (result.pairs["match_weight_bits"].to_numpy() > 0)]] = True
    return replace(result, pairs=pairs, clusters=_clusters(result, copies, joins))


def _clusters(result: LinkResult, copies: Copies, joins: NDArray[np.bool_]) -> pa.Table | None:
    if result.clusters is None:
        return None
    leader_clusters = result.clusters["cluster_id"].combine_chunks()
    own = pc.is_in(copies.ids, result.clusters["record_id"].combine_chunks())
    follows = pc.or_(own, pa.array(joins[copies.sets]))
    clusters = pc.if_else(follows, leader_clusters.take(pa.array(copies.sets)), copies.ids)
    return pa.table({"record_id": copies.ids, "cluster_id": clusters})
