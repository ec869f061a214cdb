"""Numbers for mentions, and rows that found their mention.

In: mention rows with text keys. Out: the same rows sorted and numbered; other rows with the number
in place of the key. It must not know what a row says.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece, in_order
from pipeline.standardise.distinct import distinct_rows

ROW_ORDER = ("source", "table", "record_id", "own_key")
"""What fixes a mention's number, whatever the order of the extracts."""


def numbered(rows: pa.Table) -> pa.Table:
    """Mention rows sorted, with `mention_id` dense from 0 and `owner_mention_id`."""
    rows = in_order(rows, ROW_ORDER).combine_chunks()
    rows = rows.append_column("mention_id", pa.array(np.arange(rows.num_rows, dtype=np.int64)))
    owners = mention_ids(rows["owner_key"], in_role(rows, "offender"))
    return rows.append_column("owner_mention_id", owners)


def in_role(rows: pa.Table, role: str) -> pa.Table:
    """The mentions in one role, no more than it takes to look them up."""
    columns = ["own_key", "mention_id", "authority_code", "record_id"]
    return rows.select(columns).filter(pc.equal(rows["role"], role))


def mention_ids(keys: pa.Array, rows: pa.Table) -> pa.Array:
    """(n,) mention id of each text key; null where no mention has it."""
    places = pc.index_in(
        in_one_piece(keys), value_set=in_one_piece(rows["own_key"]), skip_nulls=True
    )
    return in_one_piece(rows["mention_id"]).take(places)


def by_mention(found: pa.Table, rows: pa.Table) -> pa.Table:
    """Rows by text key to distinct rows by mention id; those of nobody are left out."""
    ids = mention_ids(found["own_key"], rows)
    found = found.drop_columns(["own_key"]).add_column(0, "mention_id", ids)
    return distinct_rows(found.filter(pc.is_valid(ids)))
