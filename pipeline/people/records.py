"""The records of one kind of person, as the engine and the guards read them.

In: mentions. Out: `Records`, rows numbered from 0. It must not know pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Rows = NDArray[np.int64]
TEXT = pa.string()


@dataclass(frozen=True)
class Records:
    """Records of one kind.

    Attributes:
        kind: what they are compared as; one of PERSON_KINDS.
        rows: row of each record in the mentions, ascending, (n_records,).
        table: columns of the mentions, one row a record; `record_id` is the record's number.
    """

    kind: str
    rows: Rows
    table: pa.Table

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def texts(self, column: str, records: Rows) -> list[Any]:
        """Values of some records; for the few pairs that need more than levels."""
        return list(self.table[column].take(pa.array(records)).to_pylist())


def records_of(
    kind: str,
    mentions: pa.Table,
    roles: Sequence[str],
    columns: Sequence[str],
    further: Mapping[str, pa.Array] | None = None,
) -> Records:
    """The mentions in some roles, with the columns that are compared.

    Args:
        kind: what they are compared as.
        mentions: all mentions, by mention_id.
        roles: which of them.
        columns: columns of mentions to keep.
        further: columns to add, one value a mention.
    """
    is_wanted = pc.is_in(mentions["role"], value_set=pa.array(roles, TEXT))
    rows = np.flatnonzero(is_wanted.to_numpy())
    chosen = mentions.select(["mention_id", *columns])
    for name, values in (further or {}).items():
        chosen = chosen.append_column(name, values)
    table = chosen.take(pa.array(rows)).combine_chunks()
    table = table.add_column(0, "record_id", pa.array(np.arange(len(rows), dtype=np.int64)))
    return Records(kind, rows.astype(np.int64), table)


def lists_of(*columns: pa.Array) -> pa.ListArray:
    """list<string> of what each row has in these columns, in their order; maybe nothing."""
    n_rows, n_columns = len(columns[0]), len(columns)
    order = np.arange(n_columns * n_rows).reshape(n_columns, n_rows).T.ravel()
    items = pa.concat_arrays(list(columns)).take(pa.array(order))
    is_known = items.is_valid().to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(is_known.reshape(n_rows, n_columns).sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), items.drop_null())
