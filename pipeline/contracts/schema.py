"""What a table contract is: its columns, their types, and what each value and each null means.

In: nothing. Out: the `Column` and `TableContract` values that the input, stage and output contracts
are written in. It must not know any table by name.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ContractError


class Sensitivity(enum.StrEnum):
    """How much a column tells about a person; decides where it may be written."""

    NONE = "none"
    """Tells nothing about one person: codes, counts, probabilities."""
    IDENTIFIER = "identifier"
    """Points at one person: record keys, person ids, official numbers."""
    PERSONAL = "personal"
    """Describes one person: name, date of birth, address."""
    SPECIAL = "special"
    """Special-category or criminal-offence data: ethnicity, custody, case status."""


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Attributes:
        name: the column's name, the same wherever the quantity appears; units end it.
        type: its Arrow type.
        description: what a value means, in one sentence.
        null: what null means; `None` where null is not allowed.
        sensitivity: how much the column tells about a person.
        unit: `days`, `bits`, `miles`, `probability`, …; empty for codes and text.
        is_key: part of the table's key, unique together with the other key columns.
        is_required: the extract must have the column (only input contracts ask).
    """

    name: str
    type: pa.DataType
    description: str
    null: str | None = None
    sensitivity: Sensitivity = Sensitivity.NONE
    unit: str = ""
    is_key: bool = False
    is_required: bool = True

    @property
    def is_nullable(self) -> bool:
        """Whether the contract allows null here."""
        return self.null is not None

    def to_arrow(self) -> pa.Field:
        """The Arrow field, its meaning in the metadata."""
        metadata = {
            "description": self.description,
            "null": self.null or "not allowed",
            "sensitivity": self.sensitivity.value,
            "unit": self.unit,
        }
        return pa.field(self.name, self.type, nullable=self.is_nullable, metadata=metadata)


@dataclass(frozen=True)
class TableContract:
    """A table: its name, who reads it, its columns and how its rows are sorted.

    Attributes:
        name: `prison/prisoners`, `mentions`, `family_links`, …
        description: what one row is.
        columns: in the order written.
        reader: who may read it (`internal`, `analyst`, `authority`, …).
        sort_by: columns that fix the row order of a written table.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    reader: str = "internal"
    sort_by: tuple[str, ...] = field(default=())

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.columns if column.is_key)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(f"table '{self.name}' has no column '{name}' in its contract")

    def to_arrow(self) -> pa.Schema:
        """The Arrow schema, with the table's meaning in its metadata."""
        metadata = {"table": self.name, "description": self.description, "reader": self.reader}
        return pa.schema([column.to_arrow() for column in self.columns], metadata=metadata)

    def empty(self) -> pa.Table:
        """A table with these columns and no rows."""
        return self.to_arrow().empty_table()

    def conform(self, table: pa.Table) -> pa.Table:
        """The same rows with exactly the contract's columns, types, metadata and row order.

        Args:
            table: has every column of the contract, in any order; further columns are an error,
                because a stage that invents a column has not been understood.

        Raises:
            ContractError: a column is missing, unknown, of a type that cannot be cast without
                loss, or null where null is not allowed.
        """
        missing = [name for name in self.column_names if name not in table.column_names]
        unknown = [name for name in table.column_names if name not in self.column_names]
        if missing or unknown:
            raise ContractError(
                f"table '{self.name}' breaks its contract: missing columns {missing}, "
                f"unknown columns {unknown}; change the stage or the contract"
            )
        table = table.select(list(self.column_names))
        arrays = []
        for column in self.columns:
            values = table[column.name]
            try:
                values = values.cast(column.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                # The Arrow message quotes the value, which may be personal: leave it out.
                raise ContractError(
                    f"table '{self.name}', column '{column.name}': "
                    f"{values.type} cannot be cast to {column.type}"
                ) from (error if column.sensitivity is Sensitivity.NONE else None)
            if not column.is_nullable and values.null_count:
                raise ContractError(
                    f"table '{self.name}', column '{column.name}': {values.null_count} nulls "
                    "where none are allowed"
                )
            arrays.append(in_one_piece(values))
        return in_order(pa.table(arrays, schema=self.to_arrow()), self.sort_by)


def in_one_piece(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column as one array, copied only where it is in several."""
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def in_order(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows sorted by these columns; a table that already is stays as it is."""
    if not names or table.num_rows < 2 or is_ascending(table, names):
        return table
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names])
    is_sorted = np.array_equal(order, np.arange(table.num_rows))
    return table if is_sorted else table.take(order)


def is_ascending(table: pa.Table, names: Sequence[str]) -> bool:
    """Whether the rows ascend by these columns, nulls last; no answer is given of floats (NaN).

    A look at neighbours takes a tenth of the time of sorting rows that are in order already.
    """
    is_tied = np.ones(max(table.num_rows - 1, 0), np.bool_)
    for name in names:
        column = in_one_piece(table[name])
        if pa.types.is_floating(column.type):
            return False
        is_null = column.is_null().to_numpy(zero_copy_only=False)
        falls, ties = (
            compared(column[:-1], column[1:]).fill_null(False).to_numpy(zero_copy_only=False)
            for compared in (pc.greater, pc.equal)
        )
        if ((falls | (is_null[:-1] & ~is_null[1:])) & is_tied).any():
            return False
        is_tied &= ties | (is_null[:-1] & is_null[1:])
        if not is_tied.any():
            break
    return True
