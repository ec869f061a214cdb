"""Numbers for mentions, and rows that found their mention.

In: mention rows with text keys. Out: the same rows sorted and numbered; other rows with the number
in place of the key. It must not know what a row says.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.standardise.distinct import as_array

ROW_ORDER = ("source", "table", "record_id", "own_key")
"""What fixes a mention's number, whatever the order of the extracts."""


def numbered(rows: pa.Table) -> pa.Table:
    """Mention rows sorted, with `mention_id` dense from 0."""
    rows = rows.sort_by([(name, "ascending") for name in ROW_ORDER]).combine_chunks()
    return rows.append_column("mention_id", pa.array(np.arange(rows.num_rows, dtype=np.int64)))


def mention_ids(keys: pa.Array, rows: pa.Table) -> pa.Array:
    """(n,) mention id of each text key; null where no mention has it."""
    places = pc.index_in(as_array(keys), value_set=as_array(rows["own_key"]), skip_nulls=True)
    return as_array(rows["mention_id"]).take(places)


def by_mention(found: pa.Table, rows: pa.Table) -> pa.Table:
    """Rows by text key to distinct rows by mention id; those of nobody are left out."""
    ids = mention_ids(found["own_key"], rows)
    found = found.drop_columns(["own_key"]).add_column(0, "mention_id", ids)
    found = found.filter(pc.is_valid(ids)).group_by(found.column_names).aggregate([])
    return found.combine_chunks()
