"""Sides: which of two tables is worked on as the left one, so that exchanging them changes nothing.

In: two tables and the columns that are read. Out: whether they change places. It must not know what
the columns say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SpecError


def stands_second(left: pa.Table, right: pa.Table, columns: list[str]) -> bool:
    """Whether the left table is worked on as the right one.

    Args:
        left: Table with these columns.
        right: The same.
        columns: The id column, and the others in an order of their own.

    Raises:
        SpecError: A column is missing.
    """
    if left.num_rows != right.num_rows:
        return bool(left.num_rows > right.num_rows)
    require_columns((left, right), columns)
    for summary in (_extremes, _digest):
        one, other = summary(left, columns), summary(right, columns)
        if one != other:
            return one > other
    return False


def require_columns(tables: Sequence[pa.Table], columns: Sequence[str]) -> None:
    """Refuse tables that lack a column.

    Raises:
        SpecError: A column is missing.
    """
    for table in tables:
        missing = [column for column in columns if column not in table.column_names]
        if missing:
            raise SpecError(f"columns {missing} are not in the table; it has {table.column_names}")


def _extremes(table: pa.Table, columns: list[str]) -> bytes:
    """Least and greatest record id, and nulls of every column: tells most tables apart at once."""
    ids = pc.min_max(table[columns[0]]).as_py()
    nulls = [table[column].null_count for column in columns]
    return repr((ids["min"], ids["max"], nulls)).encode()


def _digest(table: pa.Table, columns: list[str]) -> bytes:
    """A hash of a table's content that does not depend on the order of its rows."""
    ordered = table.select(columns).sort_by(columns[0]).combine_chunks()
    for index, column in enumerate(ordered.columns):
        if pa.types.is_dictionary(column.type):
            plain = column.cast(column.type.value_type)
            ordered = ordered.set_column(index, columns[index], plain)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, ordered.schema.remove_metadata()) as writer:
        writer.write_table(ordered.replace_schema_metadata(None))
    return hashlib.sha256(sink.getvalue()).digest()
