"""Encode: tables become dictionary codes over both tables, cleaned and in canonical order.

In: one or two Arrow tables and a specification. Out: `Encoded`, which every later step reads
instead of the tables. It must not know pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.comparing.ladder_tables import ColumnValues, build_ladders
from pipeline.linkage.comparisons import KINDS
from pipeline.linkage.compiled import Int32s, Int64s
from pipeline.linkage.encoding.columns import RawColumn, read_column, record_order
from pipeline.linkage.encoding.encoded import (
    Cells,
    Codes,
    Encoded,
    EncodedColumn,
    agreed_values,
    exact_share,
)
from pipeline.linkage.encoding.values import FIRST_LIST, NO_VALUE, Domain, build_values, numbered
from pipeline.linkage.sorting import distinct
from pipeline.linkage.spec import Field, LinkageSpec

__all__ = [
    "Cells", "Codes", "Encoded", "EncodedColumn", "agreed_values", "encode", "exact_share",
]  # fmt: skip

THREADS = 2
"""Tables, and then domains, that are read at once."""
MIN_FILLED_SHARE = 0.02
"""A column filled in fewer records of either table than this is not worth comparing."""


def encode(
    left: pa.Table, right: pa.Table | None, spec: LinkageSpec, is_selective: bool = True
) -> Encoded:
    """Clean and number the values of both tables.

    Args:
        left: has `spec.id_column`, unique, and every column of the specification.
        right: the same; None to deduplicate `left`.
        spec: what to read. A column constant over both tables, or filled in under 2% of either's
            records, is dropped with the comparisons and rules that need it, and a warning says so
            (an identifier is dropped only where it is empty).
        is_selective: False keeps every column, however little it says.

    Raises:
        SpecError: a column is missing, or has a type that cannot be read.
        LinkageError: record ids are null or not unique, or no column is left to compare.
    """
    tables = [left] if right is None else [left, right]
    with ThreadPoolExecutor(THREADS) as pool:
        read = list(pool.map(lambda table: _read(table, spec), tables))
        sides = [side for _, side in read]
        domains, counted = _unify(sides, spec.fields, pool)
    left_ids, right_ids = read[0][0], read[-1][0]
    columns = {field.column: _column(field, counted, domains) for field in spec.fields}
    sizes = [len(left_ids), len(right_ids)]
    dropped = _useless(columns, sizes) if is_selective else {}
    kept = {name: column for name, column in columns.items() if name not in dropped}
    if is_selective and not any(item.column in kept for item in spec.comparisons):
        raise LinkageError("no column is left to compare: " + "; ".join(dropped.values()))
    cells, kept_spec = _cells(kept, sizes, domains), spec.without(dropped)
    return Encoded(
        spec=kept_spec,
        is_dedupe=right is None,
        left_ids=left_ids,
        right_ids=right_ids,
        columns=kept,
        warnings=(*_unusable(sides, spec.fields), *dropped.values()),
        cells=cells,
        domains=domains,
        values=build_values(sorted(domains.values(), key=lambda domain: domain.base)),
        ladders=build_ladders(kept_spec.comparisons, _ladder_columns(kept, cells, domains)),
    )


def _ladder_columns(
    columns: Mapping[str, EncodedColumn], cells: Cells, domains: Mapping[str, Domain]
) -> dict[str, ColumnValues]:
    """What ladders need to know of each column."""
    return {
        name: ColumnValues(
            cell=cells.columns[name],
            domain=domains[_domain_name(Field(name, column.kind))],
            is_many=column.left.is_many,
        )
        for name, column in columns.items()
    }


def _read(table: pa.Table, spec: LinkageSpec) -> tuple[pa.Array, dict[str, RawColumn]]:
    """Record ids ascending, and every column in their order."""
    ids, order = record_order(table, spec.id_column)
    missing = [field.column for field in spec.fields if field.column not in table.column_names]
    if missing:
        raise SpecError(f"columns {missing} are not in the table; it has {table.column_names}")
    return ids, {
        field.column: read_column(table[field.column], KINDS[field.kind].domain, order)
        for field in spec.fields
    }


def _domain_name(field: Field) -> str:
    """Columns of free content have a dictionary of their own; names share one, and so on."""
    domain = KINDS[field.kind].domain
    return f"{domain}:{field.column}" if domain in ("exact", "identifier", "text") else domain


class _Counted(NamedTuple):
    """A column's codes in its domain's dictionary, and how often each value stands in it."""

    codes: Codes
    counts: Int64s


def _unify(
    sides: Sequence[Mapping[str, RawColumn]], fields: Sequence[Field], pool: ThreadPoolExecutor
) -> tuple[dict[str, Domain], dict[str, list[_Counted]]]:
    """One ascending dictionary per domain over all its columns and tables, and codes in it.

    The latter by column, one for each table.
    """
    domains: dict[str, Domain] = {}
    counted: dict[str, list[_Counted]] = {}
    members_of: dict[str, list[str]] = {}
    for field in fields:
        members_of.setdefault(_domain_name(field), []).append(field.column)
    unified = pool.map(lambda members: _unified(sides, members), members_of.values())
    base = 0
    for name, (values, columns) in zip(members_of, unified, strict=True):
        counts = sum(one.counts for column in columns.values() for one in column)
        domains[name] = Domain(name.split(":")[0], values, base, np.asarray(counts))
        base += len(values)
        counted |= columns
    return domains, counted


def _unified(
    sides: Sequence[Mapping[str, RawColumn]], columns: Sequence[str]
) -> tuple[pa.Array, dict[str, list[_Counted]]]:
    """The dictionary of these columns of all tables, and by column each table's codes in it."""
    values, numbers = _dictionary(sides, columns)
    coded = [
        {column: _in_dictionary(side[column], next(numbers), len(values)) for column in columns}
        for side in sides
    ]
    for column in columns:
        _agree_on_lists(coded, column)
    return values, {
        column: [_Counted(side[column], _counts(side[column], len(values))) for side in coded]
        for column in columns
    }


def _counts(codes: Codes, n_values: int) -> Int64s:
    """How often each value stands there, (n_values,); null, which is -1, is left out."""
    return np.bincount(codes.codes + 1, minlength=n_values + 1)[1:]


def _dictionary(
    sides: Sequence[Mapping[str, RawColumn]], columns: Sequence[str]
) -> tuple[pa.Array, Iterator[Int64s]]:
    """Distinct values of these columns over all tables, ascending, and where each table's are.

    The latter table by table and column by column, as positions of `RawColumn.values`; -1 null.
    """
    texts = [side[column].values for side in sides for column in columns]
    values, numbers = numbered(pa.concat_arrays(texts))
    ends = np.cumsum([len(part) for part in texts])
    return values, iter(np.split(numbers, ends[:-1]))


def _in_dictionary(column: RawColumn, numbers: Int64s, n_values: int) -> Codes:
    """Codes of a column in the domain's dictionary; lists become distinct and ascending.

    Args:
        column: the column in codes of its own.
        numbers: by its own codes the dictionary's, -1 null.
        n_values: how long the dictionary is.
    """
    # One more entry, so that code -1 (null) leads to -1.
    codes = np.append(numbers, -1).astype(np.int32)[column.codes]
    if column.offsets is None:
        return Codes(codes, None)
    n_records = len(column.offsets) - 1
    owner = np.repeat(np.arange(n_records), np.diff(column.offsets))
    width = max(n_values, 1)
    pairs = distinct(owner[codes >= 0] * width + codes[codes >= 0])
    sizes = np.bincount(pairs // width, minlength=n_records)
    return Codes((pairs % width).astype(np.int32), np.concatenate([[0], np.cumsum(sizes)]))


def _agree_on_lists(coded: Sequence[dict[str, Codes]], column: str) -> None:
    """Where one table holds lists and the other single values, make lists of those."""
    if len({codes[column].is_many for codes in coded}) == 1:
        return
    for codes in coded:
        single = codes[column]
        if single.offsets is None:
            sizes = single.codes >= 0
            offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
            codes[column] = Codes(single.codes[sizes], offsets)


def _column(
    field: Field, counted: Mapping[str, Sequence[_Counted]], domains: Mapping[str, Domain]
) -> EncodedColumn:
    values, sides = domains[_domain_name(field)].values, counted[field.column]
    is_whole = np.ones(len(values), np.bool_)
    if KINDS[field.kind].domain == "date" and len(values):
        is_whole = pc.match_substring_regex(values, r"^\d{4}-\d\d-\d\d$").to_numpy(False)
    return EncodedColumn(
        name=field.column,
        kind=field.kind,
        left=sides[0].codes,
        right=sides[-1].codes,
        left_counts=sides[0].counts,
        right_counts=sides[-1].counts,
        is_whole=is_whole,
    )


def _useless(columns: Mapping[str, EncodedColumn], sizes: Sequence[int]) -> dict[str, str]:
    """Columns that carry no information, each with the warning that says so."""
    dropped = {}
    for name, column in columns.items():
        shares = [
            codes.is_filled.sum() / max(size, 1)
            for codes, size in zip((column.left, column.right), sizes, strict=True)
        ]
        n_values = int(((column.left_counts + column.right_counts) > 0).sum())
        floor = 0.0 if column.kind == "identifier" else MIN_FILLED_SHARE
        if 0 in sizes:
            continue
        if min(shares) < floor or min(shares) == 0.0:
            dropped[name] = (
                f"column '{name}' is not used: filled in {shares[0]:.1%} of the left and "
                f"{shares[1]:.1%} of the right records"
            )
        elif n_values == 1:
            dropped[name] = f"column '{name}' is not used: it has the same value everywhere"
    return dropped


def _unusable(sides: Sequence[Mapping[str, RawColumn]], fields: Iterable[Field]) -> tuple[str, ...]:
    warnings = []
    for field in fields:
        count = sum(side[field.column].unusable for side in sides)
        if count:
            warnings.append(
                f"column '{field.column}': {count} values are placeholders or cannot be read as "
                f"{field.kind}, and count as not recorded"
            )
    return tuple(warnings)


def _cells(
    columns: Mapping[str, EncodedColumn], sizes: Sequence[int], domains: Mapping[str, Domain]
) -> Cells:
    names = list(columns)
    lists: list[Codes] = []
    left = _side_cells([column.left for column in columns.values()], sizes[0], lists)
    is_same = all(column.left is column.right for column in columns.values())
    right = left
    if not is_same:
        right = _side_cells([column.right for column in columns.values()], sizes[1], lists)
    fields = [Field(column.name, column.kind) for column in columns.values()]
    return Cells(
        columns={name: position for position, name in enumerate(names)},
        left=left,
        right=right,
        list_offsets=_joined_offsets(lists),
        list_codes=np.concatenate([item.codes for item in lists] + [np.zeros(1, np.int32)]),
        bases=np.array([domains[_domain_name(field)].base for field in fields], np.int64),
        is_many=np.array([columns[name].left.is_many for name in names], np.bool_),
    )


def _side_cells(columns: Sequence[Codes], n_records: int, lists: list[Codes]) -> Int32s:
    """Cells of one table; the lists of its many-valued columns are appended to `lists`."""
    cells = np.full((n_records, len(columns)), NO_VALUE, np.int32)
    for position, codes in enumerate(columns):
        if codes.offsets is None:
            cells[:, position] = codes.codes
            continue
        sizes, starts = np.diff(codes.offsets), codes.offsets[:-1]
        has_one, has_several = sizes == 1, sizes > 1
        first = sum(len(item.offsets) - 1 for item in lists if item.offsets is not None)
        numbers = first + np.arange(np.count_nonzero(has_several), dtype=np.int32)
        cells[has_one, position] = codes.codes[starts[has_one]]
        cells[has_several, position] = FIRST_LIST - numbers
        offsets = np.concatenate([[0], np.cumsum(sizes[has_several])])
        lists.append(Codes(codes.codes[np.repeat(has_several, sizes)], offsets))
    return cells


def _joined_offsets(lists: Sequence[Codes]) -> Int64s:
    parts = [np.zeros(1, np.int64)]
    start = 0
    for item in lists:
        if item.offsets is not None:
            parts.append(item.offsets[1:] + start)
            start += len(item.codes)
    return np.concatenate(parts)
