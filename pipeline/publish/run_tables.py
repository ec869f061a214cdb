"""The tables of a run as publication reads them: each column once, and every person by a number.

In: Arrow tables by name. Out: columns of them. Person ids are texts of which a run holds millions;
every measure asks who is who, and a number answers it in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

PersonNumbers = npt.NDArray[np.int64]

TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
"""Text as it lies in Arrow: no object per value. pandas 3 reads all text so."""

NOBODY = -1
"""The number of a person who is not known."""

PERSON_COLUMNS = {
    "mention_persons": ("person_id",),
    "declared_child_links": ("declared_person_id", "child_id"),
    "family_links": ("parent_id", "child_id", "declared_person_id", "related_adult_id"),
    "persons": ("person_id",),
}
"""Columns that hold person ids of the run; ids of extracts are records, not persons."""


@runtime_checkable
class ReadsColumns(Protocol):
    """A store of tables that can read a part of one."""

    def read_table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Some columns of a table; one that it lacks is left out."""

    def count_rows(self, name: str) -> int:
        """How many rows a table has."""


class RunTables(Mapping[str, pa.Table]):
    """The tables of a run, of which every column that a dataset asked for is kept.

    A dozen measures ask who is an offender and which person a mention is; a file is read once for
    all of them. Whole tables, which are only passed on, are not kept.

    Args:
        tables: Arrow tables by name, or a store of them that reads single columns.
    """

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables
        self._kept: dict[str, dict[str, pa.ChunkedArray]] = {}

    def columns(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Some columns of a table, persons by number; one that it lacks is left out."""
        kept = self._kept.setdefault(name, {})
        if not set(columns).isdisjoint(PERSON_COLUMNS.get(name, ())):
            kept.update(self.persons.numbers.get(name, {}))
        new = [column for column in columns if column not in kept]
        if new:
            read = self._read(name, new)
            kept.update(zip(read.column_names, read.columns, strict=True))
        return pa.table({column: kept[column] for column in columns if column in kept})

    @cached_property
    def persons(self) -> Persons:
        """Every person of the run."""
        held = {name: self._read(name, PERSON_COLUMNS[name]) for name in PERSON_COLUMNS
                if name in self._tables}  # fmt: skip
        return number_persons(held)

    def _read(self, name: str, columns: Sequence[str]) -> pa.Table:
        if isinstance(self._tables, ReadsColumns):
            return self._tables.read_table(name, columns)
        table = self._tables[name]
        return table.select([column for column in columns if column in table.column_names])

    def count_rows(self, name: str) -> int:
        """How many rows a table has; none where no agency sent it."""
        if name not in self._tables:
            return 0
        if isinstance(self._tables, ReadsColumns):
            return self._tables.count_rows(name)
        return int(self._tables[name].num_rows)

    def __getitem__(self, name: str) -> pa.Table:
        """A whole table, read anew, persons by their ids."""
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


@dataclass(frozen=True, repr=False)
class Persons:
    """Every person of a run. It has no text of its own: that would quote ids.

    Attributes:
        ids: the person id of each number.
        numbers: per table of `PERSON_COLUMNS`, its columns of ids as numbers; `NOBODY` for null.
    """

    ids: pa.Array
    numbers: Mapping[str, Mapping[str, pa.ChunkedArray]]

    def named(self, numbers: pd.Series) -> pd.Series:
        """The ids of numbers, null for `NOBODY`, under the same index."""
        ids = pd.array(self.named_array(numbers.to_numpy()), TEXT)
        return pd.Series(ids, index=numbers.index)

    def named_array(self, numbers: PersonNumbers) -> pa.Array:
        """The ids of numbers in Arrow, null for `NOBODY`."""
        return self.ids.take(pa.array(numbers, pa.int64(), mask=numbers == NOBODY))


def number_persons(tables: Mapping[str, pa.Table]) -> Persons:
    """A number for every person id in the tables, in the order in which they come."""
    columns = {(t, name): table[name] for t, table in tables.items() for name in table.column_names}
    chunks = [chunk for column in columns.values() for chunk in column.chunks]
    encoded = pa.chunked_array(chunks, pa.string()).dictionary_encode()
    numbers: dict[str, dict[str, pa.ChunkedArray]] = {name: {} for name in tables}
    start = 0
    for (table, name), column in columns.items():
        part = encoded.slice(start, len(column)).chunks
        kept = [chunk.indices.fill_null(NOBODY).cast(pa.int64()) for chunk in part]
        numbers[table][name] = pa.chunked_array(kept, pa.int64())
        start += len(column)
    ids = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], pa.string())
    return Persons(ids, numbers)
