"""Columns: one column of a table as codes of its distinct cleaned values.

In: an Arrow column. Out: `RawColumn`. It must not know the other table, nor what values mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.compiled import Int32s, Int64s
from pipeline.linkage.encoding.clean import clean_values

WORD_BYTES = 8


@dataclass(frozen=True)
class RawColumn:
    """One column of one table, records in canonical order.

    Attributes:
        codes: int32 index into `values`: one per record, or of a many-valued column all records'
            values end to end; -1 where null.
        offsets: None, or int64 (n_records + 1,) slices of `codes`.
        values: cleaned distinct values; null where nothing usable was written.
        unusable: records or list items whose value was written but could not be used.
    """

    codes: Int32s
    offsets: Int64s | None
    values: pa.Array
    unusable: int


def record_order(table: pa.Table, id_column: str) -> tuple[pa.Array, Int64s | None]:
    """Record ids ascending, and the row each stands in; None for the rows' own order.

    Raises:
        SpecError: there is no such column.
        LinkageError: an id is null, or stands twice.
    """
    if id_column not in table.column_names:
        raise SpecError(f"the table has no id column '{id_column}'; it has {table.column_names}")
    ids = _one_array(table[id_column])
    if ids.null_count:
        raise LinkageError(f"column '{id_column}': {ids.null_count} record ids are null")
    order = None
    if not pc.all(pc.less(ids[:-1], ids[1:])).as_py() and len(ids) > 1:
        order = _ascending(ids)
        ids = ids.take(pa.array(order))
        is_repeated = pc.equal(ids[:-1], ids[1:])
        if pc.any(is_repeated).as_py():
            repeated = pc.filter(ids[1:], is_repeated)
            raise LinkageError(
                f"column '{id_column}': {len(repeated)} record ids stand more than once, first "
                f"{repeated[:5].to_pylist()}; give every record an id of its own"
            )
    return ids, order


def _ascending(ids: pa.Array) -> Int64s:
    """The rows in ascending order of their ids.

    Ids of one length that differ in their last eight bytes at most are sorted as numbers, which is
    four times as fast.
    """
    if pa.types.is_string(ids.type):
        ends = pc.min_max(ids).as_py()
        first, last = ends["min"].encode(), ends["max"].encode()
        width = len(first)
        differing = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
        shared = next(differing, width)
        lengths = pc.min_max(pc.binary_length(ids)).as_py()
        if lengths["min"] == lengths["max"] and width - shared <= WORD_BYTES:
            _, offsets, data = ids.buffers()
            start = int(np.frombuffer(offsets, np.int32)[ids.offset])
            text = np.frombuffer(data, np.uint8)[start : start + len(ids) * width]
            words = np.zeros((len(ids), WORD_BYTES), np.uint8)
            words[:, WORD_BYTES - (width - shared) :] = text.reshape(-1, width)[:, shared:]
            return np.argsort(words.view(">u8")[:, 0].astype(np.uint64))
    order: Int64s = pc.array_sort_indices(ids).to_numpy().astype(np.int64)
    return order


def read_column(column: pa.ChunkedArray, domain: str, order: Int64s | None) -> RawColumn:
    """Dictionary codes of a column in canonical record order, its distinct values cleaned.

    Raises:
        SpecError: the column has a type that cannot be read as text.
    """
    array = _one_array(column)
    offsets = None
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        array, offsets, order = _flatten(array, order)
    codes, values = _dictionary(array)
    codes = codes if order is None else codes[order]
    values = clean_values(values, domain)
    is_used = pc.is_valid(values).to_numpy(zero_copy_only=False)
    unusable = 0 if is_used.all() else int((~is_used[codes[codes >= 0]]).sum())
    return RawColumn(codes, offsets, values, unusable)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _flatten(array: pa.Array, order: Int64s | None) -> tuple[pa.Array, Int64s, Int64s | None]:
    """Items of lists end to end in record order, the lists' offsets, and where each item was."""
    sizes = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    items = pc.list_flatten(array)
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    if order is not None:
        sizes, starts = sizes[order], starts[order]
    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    if order is None:
        return items, offsets, None
    return items, offsets, np.repeat(starts - offsets[:-1], sizes) + np.arange(offsets[-1])


def _dictionary(array: pa.Array) -> tuple[Int32s, pa.Array]:
    """Codes of a column, -1 where null, and the values that occur in it as text."""
    if not (pa.types.is_dictionary(array.type) and pa.types.is_string(array.type.value_type)):
        array = _as_text(array).dictionary_encode()
    codes = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    is_used = np.bincount(codes + 1, minlength=len(array.dictionary) + 1)[1:] > 0
    if is_used.all():
        return codes, array.dictionary
    numbers = np.append(np.cumsum(is_used, dtype=np.int32) - 1, np.int32(-1))
    return numbers[codes], array.dictionary.filter(pa.array(is_used))


def _as_text(array: pa.Array) -> pa.Array:
    """Text of any scalar column; whole numbers held as floats lose their decimal point."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        is_whole = pc.all(pc.equal(array, pc.round(array))).as_py()
        array = array.cast(pa.int64()) if is_whole is not False else array
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        raise SpecError(
            f"a column of type {array.type} cannot be compared; use text, number or date"
        )
    return array.cast(pa.string())
