"""Row by row: does a table that came in keep its contract, and if not, why not?

In: a table as it stands in a file, under the contract's column names. Out: the same rows in the
contract's types, and a reason for every value that is wrong. Only a row that does not say whose it
is, is damaged, or may be an adopted child's is lost by its fault: a person with half a record is
still a person. It must not
drop a row itself, and no reason holds a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.input_columns import PARTIAL_DATE
from pipeline.contracts.inputs import (
    READ_WHEN_MISSING,
    READ_WHEN_UNREADABLE,
    SET_ASIDE_WHEN_UNREADABLE,
    is_needed,
    may_lie_ahead,
)
from pipeline.contracts.schema import Column, TableContract
from pipeline.contracts.values import NEVER_YEAR, Mask, Reading, read_column
from pipeline.errors import ExtractError

Reason = Literal[
    "ragged_row", "value_too_long", "key_missing", "value_missing", "value_assumed",
    "type_invalid", "date_invalid", "date_in_future", "row_repeated", "key_duplicate",
    "foreign_key_missing", "relationship_unknown",
]  # fmt: skip

REASONS: dict[Reason, str] = {
    "ragged_row": "The row has more or fewer values than the header.",
    "value_too_long": "A value is longer than `largest_value_bytes`.",
    "key_missing": "The row does not say which record it is or belongs to.",
    "value_missing": "A value that every row should have is empty.",
    "value_assumed": "A value that every row should have is empty and is read as the safest one.",
    "type_invalid": "The value is no number, or neither yes nor no.",
    "date_invalid": "The value is no date, neither in ISO nor in the declared format.",
    "date_in_future": "The date lies after the as-of date, where that cannot be.",
    "row_repeated": "The row says the same as another row of its key, which is kept.",
    "key_duplicate": "Another row of the same key says more, or as much and sorts first.",
    "foreign_key_missing": "The record that the row belongs to is not in the extract.",
    "relationship_unknown": "Nobody knows the word; the relationship is kept as unknown.",
}

Consequence = Literal["row", "value", "none"]

CONSEQUENCES: dict[Consequence, str] = {
    "row": "The row is left out.",
    "value": "The value is read as not recorded; the rest of the row is used.",
    "none": "The row is used.",
}


@dataclass(frozen=True)
class Problem:
    """Rows with the same thing wrong in the same column.

    Attributes:
        reason: one of REASONS.
        column: where; empty where the whole row is meant.
        rows: (n_rows,) which rows.
        consequence: what follows for them.
    """

    reason: Reason
    column: str
    rows: Mask
    consequence: Consequence


@dataclass(frozen=True)
class Validated:
    """A table in its contract's types, and what is wrong with it.

    Attributes:
        table: every row, with every column of the contract; null where a value is wrong.
        problems: in the contract's column order.
    """

    table: pa.Table
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Rules:
    """What decides whether a value is right, beside the contract."""

    as_of: date
    date_format: str | None = None
    largest_value_bytes: int = 100_000


def validate(table: pa.Table, contract: TableContract, rules: Rules) -> Validated:
    """Read every value in its contract's type and say what is wrong with which rows.

    Args:
        table: under the contract's column names, of any types; a column that is not required may
            be absent and is read as null.
        contract: what the table should be.
        rules: the as-of date, the supplier's date format and the longest value.

    Raises:
        ExtractError: a column is of a type that cannot be read at all.
    """
    problems: list[Problem] = []
    arrays = []
    for column in contract.columns:
        if column.name not in table.column_names:
            arrays.append(pa.nulls(table.num_rows, column.type))
            continue
        values, found = _read(table[column.name], column, contract.name, rules)
        arrays.append(values)
        problems.extend(problem for problem in found if problem.rows.any())
    return Validated(pa.table(arrays, names=list(contract.column_names)), tuple(problems))


def _read(
    raw: pa.ChunkedArray, column: Column, table: str, rules: Rules
) -> tuple[pa.Array, list[Problem]]:
    """One column read, and its problems.

    Raises:
        ExtractError: the column is of a type that cannot be read at all, such as a structure.
    """
    try:
        return _checked(raw, column, table, rules)
    except pa.ArrowException:
        # Arrow's own message may quote a value.
        raise ExtractError(
            f"table '{table}', column '{column.name}': type {raw.type} cannot be read as "
            f"{column.type}; export it as text"
        ) from None


def _checked(
    raw: pa.ChunkedArray, column: Column, table: str, rules: Rules
) -> tuple[pa.Array, list[Problem]]:
    is_long = _is_long(raw, rules.largest_value_bytes)
    if is_long.any():
        raw = pc.if_else(pa.array(is_long), pa.scalar(None, raw.type), raw)
    reading = read_column(raw, column, rules.date_format)
    is_set_aside = is_needed(column) or (table, column.name) in SET_ASIDE_WHEN_UNREADABLE
    refused: Consequence = "row" if is_set_aside else "value"
    if (table, column.name) in READ_WHEN_UNREADABLE:
        reading, refused = _safest(reading, READ_WHEN_UNREADABLE[table, column.name]), "none"
    values, is_ahead = _without_future(reading.values, column, table, rules.as_of)
    problems = [
        Problem("value_too_long", column.name, is_long, "row"),
        Problem(_type_reason(column), column.name, reading.is_invalid, refused),
        Problem("date_in_future", column.name, is_ahead, refused),
    ]
    if not column.is_nullable:
        is_wrong = is_long | reading.is_invalid | is_ahead
        values, missing = _without_gaps(Reading(values, is_wrong), column, table)
        problems.append(missing)
    return values, problems


def _safest(reading: Reading, value: bool) -> Reading:
    """Values that cannot be read taken for the safest one; they stay marked as invalid."""
    filled = pc.if_else(pa.array(reading.is_invalid), pa.scalar(value), reading.values)
    return Reading(filled, reading.is_invalid)


def _is_long(raw: pa.ChunkedArray, limit: int) -> Mask:
    if not (pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)):
        return np.zeros(len(raw), bool)
    lengths = pc.fill_null(pc.binary_length(raw), 0)
    return np.asarray(pc.greater(lengths, limit).to_numpy())


def _type_reason(column: Column) -> Reason:
    is_date = column.unit == PARTIAL_DATE or pa.types.is_date(column.type)
    return "date_invalid" if is_date else "type_invalid"


def _without_future(
    values: pa.Array, column: Column, table: str, as_of: date
) -> tuple[pa.Array, Mask]:
    """Dates that cannot be yet made null; the year 9999 (no end) is null and no fault."""
    if _type_reason(column) != "date_invalid":
        return values, np.zeros(len(values), bool)
    iso = values.cast(pa.string())
    if may_lie_ahead(table, column.name):
        is_never = pc.fill_null(pc.greater(iso, f"{NEVER_YEAR}"), False)
        return pc.if_else(is_never, pa.scalar(None, values.type), values), np.zeros(len(iso), bool)
    # A partial date is ahead only if all of it is: 2026 is not after 2026-09-30.
    latest = pc.utf8_slice_codeunits(pa.repeat(as_of.isoformat(), len(iso)), 0, 10)
    lengths = pc.fill_null(pc.utf8_length(iso), 10)
    for length in (4, 7):
        short = pa.repeat(as_of.isoformat()[:length], len(iso))
        latest = pc.if_else(pc.equal(lengths, length), short, latest)
    is_ahead = pc.fill_null(pc.greater(iso, latest), False)
    values = pc.if_else(is_ahead, pa.scalar(None, values.type), values)
    return values, is_ahead.to_numpy(zero_copy_only=False)


def _without_gaps(reading: Reading, column: Column, table: str) -> tuple[pa.Array, Problem]:
    """Values that every row should have: filled where there is a safe answer, else a fault."""
    is_empty = reading.values.is_null().to_numpy(zero_copy_only=False) & ~reading.is_invalid
    assumed = READ_WHEN_MISSING.get((table, column.name))
    if is_needed(column):
        return reading.values, Problem("key_missing", column.name, is_empty, "row")
    if assumed is None:
        return reading.values, Problem("value_missing", column.name, is_empty, "none")
    filled = pc.if_else(pa.array(is_empty), pa.scalar(assumed, column.type), reading.values)
    return filled, Problem("value_assumed", column.name, is_empty, "none")
