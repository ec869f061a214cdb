"""Tables of a run as frames of just the columns that a dataset needs.

In: Arrow tables by name. Out: pandas frames with dates as dates. An optional table that no agency
sent counts as empty; a missing column is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import TableContract
from pipeline.errors import ContractError

Tables = Mapping[str, pa.Table]
Days = npt.NDArray[np.datetime64]


def frame(
    tables: Tables, name: str, columns: Sequence[str], roles: Sequence[str] = ()
) -> pd.DataFrame:
    """Some columns of a table, dates as `datetime64`, lists of codes as text joined by commas.

    Args:
        tables: tables of the run, by name.
        name: the table; an absent one gives no rows.
        columns: what is needed of it; names ending `_date` become dates.
        roles: only rows whose `role` is one of these; all rows unless given.

    Raises:
        ContractError: the table is there and lacks a column.
    """
    if name not in tables:
        return pd.DataFrame({column: pd.Series(dtype=empty_type(column)) for column in columns})
    table = some_columns(tables, name, columns)
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise ContractError(f"table '{name}' lacks columns {missing}, which publication needs")
    if roles:
        table = table.filter(pc.is_in(table["role"], pa.array(roles, pa.string())))
    return as_frame(table.select(list(columns)))


def as_frame(table: pa.Table) -> pd.DataFrame:
    """A table as a frame, its dates as dates and its lists as texts."""
    chosen = pa.table({name: flat(table[name]) for name in table.column_names})
    # To look for equal texts among a million different ids takes ten times as long as to make them.
    result: pd.DataFrame = chosen.to_pandas(date_as_object=False, deduplicate_objects=False)
    for name in table.column_names:
        if name.endswith("_date"):
            result[name] = pd.to_datetime(result[name], format="ISO8601", errors="coerce")
    return result


@runtime_checkable
class ReadsColumns(Protocol):
    """A store of tables that can read a part of one."""

    def read_table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Some columns of a table; one that it lacks is left out."""

    def count_rows(self, name: str) -> int:
        """How many rows a table has."""


def some_columns(tables: Tables, name: str, columns: Sequence[str]) -> pa.Table:
    """Some columns of a table, nothing else read where the tables are files."""
    if isinstance(tables, ReadsColumns):
        return tables.read_table(name, columns)
    table = tables[name]
    return table.select([column for column in columns if column in table.column_names])


def count_rows(tables: Tables, name: str) -> int:
    """How many rows a table has; none where no agency sent it."""
    if name not in tables:
        return 0
    return tables.count_rows(name) if isinstance(tables, ReadsColumns) else tables[name].num_rows


class KeptTables(Mapping[str, pa.Table]):
    """The tables of a run, of which every column that a dataset asked for is kept.

    A dozen measures ask who is an offender and which person a mention is; a file is read once for
    all of them. Whole tables, which are only passed on, are not kept.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._kept: dict[str, dict[str, pa.ChunkedArray]] = {}

    def read_table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Some columns of a table; one that it lacks is left out."""
        if columns is None:
            return self[name]
        kept = self._kept.setdefault(name, {})
        new = [column for column in columns if column not in kept]
        if new:
            read = some_columns(self._tables, name, new)
            kept.update(zip(read.column_names, read.columns, strict=True))
        return pa.table({column: kept[column] for column in columns if column in kept})

    def count_rows(self, name: str) -> int:
        """How many rows a table has."""
        return count_rows(self._tables, name)

    def __getitem__(self, name: str) -> pa.Table:
        """A whole table, read anew."""
        return self._tables[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a table of that name."""
        return name in self._tables

    def __iter__(self) -> Iterator[str]:
        """Names of all tables."""
        return iter(self._tables)

    def __len__(self) -> int:
        """Number of tables."""
        return len(self._tables)


def flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column whose lists, if it holds any, are texts: a frame handles a million of those."""
    return pc.binary_join(column, ",") if pa.types.is_list(column.type) else column


def empty_type(column: str) -> str:
    """The type of a column of which there is no row to tell."""
    return "datetime64[ns]" if column.endswith("_date") else "object"


def to_table(rows: pd.DataFrame, contract: TableContract, run_id: str) -> pa.Table:
    """The frame as a table of its contract, `run_id` added; columns beyond the contract left out.

    Raises:
        ContractError: a column is missing or of another type.
    """
    arrays = []
    rows = rows.assign(run_id=run_id)
    missing = [name for name in contract.column_names if name not in rows.columns]
    if missing:
        raise ContractError(f"dataset '{contract.name}' lacks columns {missing}")
    for column in contract.columns:
        try:
            arrays.append(pa.array(rows[column.name], type=column.type, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            # The Arrow message quotes a value, which may be personal.
            raise ContractError(
                f"dataset '{contract.name}', column '{column.name}' does not hold {column.type}"
            ) from None
    return contract.conform(pa.table(arrays, names=list(contract.column_names)))


def with_run_id(table: pa.Table, run_id: str) -> pa.Table:
    """A stage table as it is published: `run_id` first, nothing else changed."""
    column = pa.array([run_id], pa.string()).take(pa.array(np.zeros(table.num_rows, np.int32)))
    return table.add_column(0, "run_id", column)
