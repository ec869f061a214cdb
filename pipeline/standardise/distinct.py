"""Columns standardised through their distinct values.

In: an Arrow column and a function of one value. Out: the column of results. A name that a thousand
records share is cleaned once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece

TEXT = pa.string()
Column: TypeAlias = pa.Array | pa.ChunkedArray


def as_text(column: Column) -> pa.Array:
    """The column as text without surrounding blanks; empty text is null."""
    column = in_one_piece(column)
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), TEXT)
    text = pc.utf8_trim_whitespace(column.cast(TEXT))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, TEXT), text)


def map_distinct(
    column: Column, function: Callable[[str], object], type_: pa.DataType = TEXT
) -> pa.Array:
    """The function of every value, called once for each distinct value; null stays null."""
    encoded = as_text(column).dictionary_encode()
    results = [function(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(results, type_).take(encoded.indices)


def map_distinct_apart(
    column: Column, function: Callable[[str], Sequence[object]], types: Sequence[pa.DataType]
) -> list[pa.Array]:
    """One column for each part of the function's result; all null where the value is null."""

    def parts_of(values: pa.Array) -> list[pa.Array]:
        results = [function(value) for value in values.to_pylist()]
        parts = zip(*results, strict=True) if results else ([] for _ in types)
        return [pa.array(part, type_) for part, type_ in zip(parts, types, strict=True)]

    return through_distinct(column, parts_of)


def through_distinct(
    column: Column, function: Callable[[pa.Array], Iterable[pa.Array]]
) -> list[pa.Array]:
    """The columns that a function makes of the distinct values; null where the value is null."""
    encoded = as_text(column).dictionary_encode()
    return [part.take(encoded.indices) for part in function(encoded.dictionary)]


def distinct_rows(table: pa.Table) -> pa.Table:
    """Every row once, in the order of first appearance."""
    # One thread keeps the order, and at our sizes is several times faster than many.
    return table.group_by(table.column_names, use_threads=False).aggregate([]).combine_chunks()


def column_of(table: pa.Table, name: str, type_: pa.DataType = TEXT) -> pa.Array:
    """A column by name; nulls where an optional column is absent."""
    return (
        in_one_piece(table[name]) if name in table.column_names else pa.nulls(table.num_rows, type_)
    )


def flag(table: pa.Table, name: str) -> pa.Array:
    """A boolean column with absent and null read as false."""
    return pc.fill_null(column_of(table, name, pa.bool_()).cast(pa.bool_()), False)


def lists_by_row(rows: np.ndarray, values: pa.Array, n_rows: int) -> pa.ListArray:
    """Values gathered into one list a row, keeping their order and the first of equal values.

    Args:
        rows: (n_values,) row that each value belongs to, in any order.
        values: (n_values,) text; nulls are left out.
        n_rows: number of lists; a row without values gets an empty list.
    """
    order = np.argsort(rows, kind="stable")
    rows, values = rows[order], values.take(pa.array(order))
    present = values.is_valid().to_numpy(zero_copy_only=False)
    rows, values = rows[present], values.filter(pa.array(present))
    codes = values.dictionary_encode().indices.to_numpy()
    pairs = rows.astype(np.int64) * (codes.max(initial=0) + 1) + codes
    first = np.sort(np.unique(pairs, return_index=True)[1])
    rows, values = rows[first], values.take(pa.array(first))
    offsets = np.searchsorted(rows, np.arange(n_rows + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
