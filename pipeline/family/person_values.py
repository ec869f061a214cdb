"""What mentions say of people, as lists of codes: each text is read once, whoever it is said of.

In: columns of mentions, and whose each mention is. Out: lists by person. It must not know what the
columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.linkage.sorting import ascending_order


@dataclass(frozen=True)
class CodedColumn:
    """All values that mentions give of one thing, nulls left out.

    Attributes:
        mention: (n,), the mention id each value stands on, column by column.
        codes: int32 (n,), index into `texts`.
        texts: the distinct values.
    """

    mention: np.ndarray
    codes: np.ndarray
    texts: pa.Array


def code_columns(
    mentions: pa.Table, columns: Mapping[str, tuple[str, ...]], pool: Executor
) -> dict[str, CodedColumn]:
    """Values of all mentions.

    Args:
        mentions: `mention_id`, and text columns or lists of text.
        columns: names, and the columns that hold the values of each; the first is most current.
        pool: where columns are read side by side.
    """
    read = pool.map(lambda sources: _coded(mentions, sources), columns.values())
    return dict(zip(columns, read, strict=True))


def _coded(mentions: pa.Table, sources: tuple[str, ...]) -> CodedColumn:
    mention = mentions["mention_id"].to_numpy()
    owners, texts = [], []
    for source in sources:
        column = mentions[source].combine_chunks()
        if pa.types.is_list(column.type):
            owners.append(mention[pc.list_parent_indices(column).to_numpy()])
            texts.append(pc.list_flatten(column))
        else:
            owners.append(mention[column.is_valid().to_numpy(zero_copy_only=False)])
            texts.append(column.drop_null())
    encoded = pa.chunked_array(texts, pa.string()).dictionary_encode().combine_chunks()
    return CodedColumn(np.concatenate(owners), encoded.indices.to_numpy(), encoded.dictionary)


def lists_by_owner(column: CodedColumn, owners: np.ndarray, size: int) -> pa.ListArray:
    """One list per person: the distinct values of their mentions, in order of first appearance.

    Args:
        column: values of all mentions.
        owners: person number 0 ... size - 1 by mention id; -1 for nobody of interest.
        size: how many people there are.
    """
    owner = owners[column.mention]
    kept = owner >= 0
    return _lists(owner[kept], column.codes[kept], column.texts, size)


def joined_lists(own: pa.ListArray, lent: pa.ListArray, borrower: np.ndarray) -> pa.ListArray:
    """Lists with others of the same texts put behind them.

    Args:
        own: a list per person.
        lent: further lists.
        borrower: (len(lent),), whose each becomes.
    """
    owner = np.concatenate([_parents(own), borrower[_parents(lent)]])
    codes = np.concatenate([pc.list_flatten(one).indices.to_numpy() for one in (own, lent)])
    return _lists(owner, codes, own.values.dictionary, len(own))


def first_codes(lists: pa.ListArray) -> np.ndarray:
    """Code of the first value of each list, -1 where the list is empty."""
    offsets = lists.offsets.to_numpy()
    codes = np.append(lists.values.indices.to_numpy(), -1)
    return np.asarray(codes[np.where(np.diff(offsets) > 0, offsets[:-1], -1)])


def _parents(lists: pa.ListArray) -> np.ndarray:
    return np.asarray(pc.list_parent_indices(lists).to_numpy())


def _lists(owner: np.ndarray, codes: np.ndarray, texts: pa.Array, size: int) -> pa.ListArray:
    """Lists by owner 0 ... size - 1 of distinct values, in order of first appearance."""
    order = ascending_order(owner)
    owner, codes = owner[order], codes[order]
    key = owner.astype(np.int64) * max(len(texts), 1) + codes
    # Nearly ascending by now, which makes this quick.
    first = np.sort(np.unique(key, return_index=True)[1])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner[first], minlength=size))])
    values = pa.DictionaryArray.from_arrays(pa.array(codes[first]), texts)
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)
