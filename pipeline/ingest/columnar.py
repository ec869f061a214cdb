"""A Parquet extract, or the result of a database query, as a table.

In: bytes of one file or of a folder's files, or a query. Out: every column in the type it has
there. It must not know the contract, and it never repeats the text of a driver's error, which may
hold data or a password.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest.delimited import RawRows

ROWS_AT_ONCE = 50_000


def read_parquet(parts: Sequence[bytes], name: str) -> RawRows:
    """The rows of a Parquet file, or of a folder's files in the order of their names.

    Raises:
        ExtractError: a file is empty, truncated or damaged, or the files' columns differ.
    """
    try:
        tables = [pq.read_table(pa.BufferReader(part)) for part in parts]
    except (pa.ArrowException, OSError):
        raise ExtractError(
            f"'{name}' is no readable Parquet file (empty, truncated or damaged); ask for it again"
        ) from None
    try:
        table = pa.concat_tables(tables, promote_options="default")
    except pa.ArrowException:
        raise ExtractError(
            f"the files of '{name}' do not have the same columns and types; ask for it again"
        ) from None
    try:
        table.validate(full=True)
    except pa.ArrowException:
        raise ExtractError(
            f"'{name}' holds text that is not UTF-8, or damaged values; ask for it again"
        ) from None
    repeated = len(table.column_names) - len(set(table.column_names))
    if repeated:
        raise ExtractError(f"'{name}' has {repeated} column names more than once")
    return numbered(table)


def numbered(table: pa.Table) -> RawRows:
    """Rows numbered from 1."""
    return RawRows(table, np.arange(1, table.num_rows + 1, dtype=np.int64))


def read_query(query: str, connection_variable: str, name: str) -> RawRows:
    """The result of a query, every value as text.

    Args:
        query: a SELECT statement with the contract's (or the mapping's) column names.
        connection_variable: environment variable that holds the database's URL.
        name: the table, for messages.

    Raises:
        SettingsError: the variable is not set.
        ExtractError: the database refuses; its own words are left out, as they may quote data.
    """
    import sqlalchemy

    url = os.environ.get(connection_variable)
    if not url:
        raise SettingsError(
            f"environment variable {connection_variable} is not set; it must hold the database URL "
            f"for '{name}'"
        )
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            return numbered(_fetched(connection.execute(sqlalchemy.text(query))))
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, OSError, ValueError) as error:
        raise ExtractError(
            f"the query for '{name}' failed with {type(error).__name__}; check "
            f"{connection_variable}, the driver and the query"
        ) from None


def _fetched(result: Any) -> pa.Table:
    """Rows of a cursor as columns of text, a block at a time."""
    names = list(result.keys())
    blocks = []
    while rows := result.fetchmany(ROWS_AT_ONCE):
        columns = zip(*rows, strict=True)
        blocks.append(pa.table([_texts(column) for column in columns], names=names))
    empty = pa.schema([(name, pa.string()) for name in names]).empty_table()
    return pa.concat_tables([empty, *blocks])


def _texts(values: Sequence[object]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())
