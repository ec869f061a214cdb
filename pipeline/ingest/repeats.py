"""Rows that share a key which should be theirs alone.

In: a table in its contract's types. Out: which rows to set aside, by a rule that does not depend on
the order of the rows: of the rows of one key the one with the most values is kept; of several such,
the one whose values sort first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.values import Mask

SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Repeats:
    """Rows set aside because another row of the same key is kept.

    Attributes:
        repeated: (n,) the row says what the kept one says.
        conflicting: (n,) the row says something else.
    """

    repeated: Mask
    conflicting: Mask


def find_repeats(table: pa.Table, key: Sequence[str], is_candidate: Mask) -> Repeats:
    """Which rows give way to another row of the same key.

    Args:
        table: every row.
        key: columns that together should name one row; none means that rows may repeat.
        is_candidate: (n,) rows that are to be used at all.
    """
    repeats = Repeats(np.zeros(table.num_rows, bool), np.zeros(table.num_rows, bool))
    if not key:
        return repeats
    rows = _shared(table, key, is_candidate)
    if not len(rows):
        return repeats
    ranked = _ranked(table.take(pa.array(rows)), key).assign(row=rows)
    ranked = ranked.sort_values(["key", "filled", "content"], ascending=[True, False, True],
                                kind="stable")  # fmt: skip
    kept = ranked.groupby("key", sort=False)["content"].transform("first")
    is_first = ~ranked["key"].duplicated()
    is_same = ranked["content"] == kept
    repeats.repeated[ranked["row"][is_same & ~is_first]] = True
    repeats.conflicting[ranked["row"][~is_same]] = True
    return repeats


def _shared(table: pa.Table, key: Sequence[str], is_candidate: Mask) -> np.ndarray:
    """Candidate rows whose key another candidate row has as well."""
    rows = np.flatnonzero(is_candidate)
    keys = _joined(table.select(list(key)).take(pa.array(rows)))
    codes = keys.dictionary_encode().indices.to_numpy()
    counts = np.bincount(codes, minlength=1)
    return np.asarray(rows[counts[codes] > 1])


def _ranked(table: pa.Table, key: Sequence[str]) -> pd.DataFrame:
    """Each row's key, number of values and content."""
    filled = sum(column.is_valid().to_numpy().astype(int) for column in table.columns)
    return pd.DataFrame({
        "key": _joined(table.select(list(key))).to_pandas(), "filled": filled,
        "content": _joined(table).to_pandas(),
    })  # fmt: skip


def _joined(table: pa.Table) -> pa.Array:
    """(n,) the values of each row in one text."""
    texts = [_text(column) for column in table.columns]
    return pc.binary_join_element_wise(
        *texts, SEPARATOR, null_handling="replace", null_replacement=""
    )


def _text(column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks()
    return (
        pc.binary_join(values, ",") if pa.types.is_list(values.type) else values.cast(pa.string())
    )
