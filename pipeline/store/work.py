"""The tables that stages of one run hand to one another, in a folder that nobody else reads.

In: stage tables by name. Out: the same tables. It must not know what any of them means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.errors import StoreError
from pipeline.store.files import open_arrow, write_arrow


@dataclass(frozen=True)
class WorkFolder(Mapping[str, pa.Table]):
    """The tables that stages of one run hand to one another; read as a mapping of name to table.

    Attributes:
        path: the folder; a table named `prison/prisoners` is `prison/prisoners.arrow` in it.
    """

    path: Path

    def table_path(self, name: str) -> Path:
        """Where a table of that name is or would be."""
        path = (self.path / f"{name}.arrow").resolve()
        if not path.is_relative_to(self.path.resolve()):
            raise StoreError(f"table name '{name}' leads out of the work folder")
        return path

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write a stage's table."""
        write_arrow(table, self.table_path(name))

    def write_tables(self, tables: Mapping[str, pa.Table]) -> None:
        """Write several tables of a stage, two at a time."""
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(self.write_table, tables.keys(), tables.values()):
                pass

    def read_table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A stage's table, or some columns of it; a column that it lacks is left out.

        Raises:
            StoreError: no stage has written it, or it cannot be read.
        """
        path = self.table_path(name)
        if not path.is_file():
            raise StoreError(f"table '{name}' is not in {self.path}; the stage before did not run")
        table = open_arrow(path).read_all()
        wanted = table.column_names if columns is None else columns
        return table.select([column for column in wanted if column in table.column_names])

    def count_rows(self, name: str) -> int:
        """How many rows a stage's table has, none of them read."""
        return int(open_arrow(self.table_path(name)).read_all().num_rows)

    def __getitem__(self, name: str) -> pa.Table:
        """A stage's table, by the protocol of mappings."""
        if name not in self:
            raise KeyError(name)
        return self.read_table(name)

    def __contains__(self, name: object) -> bool:
        """Whether a stage has written a table of that name."""
        return isinstance(name, str) and self.table_path(name).is_file()

    def __iter__(self) -> Iterator[str]:
        """Names of all tables, sorted."""
        paths = self.path.rglob("[!.]*.arrow")
        return iter(sorted(str(p.relative_to(self.path).with_suffix("")) for p in paths))

    def __len__(self) -> int:
        """Number of tables."""
        return sum(1 for _ in self)
