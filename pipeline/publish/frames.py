"""Tables of a run as frames of just the columns that a dataset needs.

In: Arrow tables by name. Out: pandas frames with dates as dates. An optional table that no agency
sent counts as empty; a missing column is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import TableContract
from pipeline.errors import ContractError
from pipeline.publish.run_tables import TEXT, RunTables


def frame(
    tables: RunTables,
    name: str,
    columns: Sequence[str],
    only: Mapping[str, Collection[object] | pa.Array] | None = None,
) -> pd.DataFrame:
    """Some columns of a table, persons by number, dates as `datetime64`, text as `TEXT`.

    Lists of codes become text joined by commas.

    Args:
        tables: tables of the run.
        name: the table; an absent one gives no rows.
        columns: what is needed of it; names ending `_date` become dates.
        only: values by column: rows that have one of them in each; all rows unless given.

    Raises:
        ContractError: the table is there and lacks a column.
    """
    if name not in tables:
        return pd.DataFrame({column: pd.Series(dtype=empty_type(column)) for column in columns})
    only = only or {}
    table = tables.columns(name, list(dict.fromkeys([*columns, *only])))
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise ContractError(f"table '{name}' lacks columns {missing}, which publication needs")
    for column, values in only.items():
        wanted = pa.array(values, table[column].type)
        table = table.filter(pc.is_in(table[column], wanted))
    return as_frame(table.select(list(columns)))


def as_frame(table: pa.Table) -> pd.DataFrame:
    """A table as a frame, its dates as dates and its lists as texts."""
    chosen = pa.table({name: flat(table[name]) for name in table.column_names})
    result: pd.DataFrame = chosen.to_pandas(
        date_as_object=False, types_mapper={pa.string(): TEXT}.get
    )
    for name in table.column_names:
        if name.endswith("_date"):
            result[name] = pd.to_datetime(result[name], format="ISO8601", errors="coerce")
    return result


def stacked(*parts: pd.DataFrame) -> pd.DataFrame:
    """The rows of all parts, numbered anew; a part without rows would change others' types."""
    return pd.concat([part for part in parts if len(part)] or [parts[0]], ignore_index=True)


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
