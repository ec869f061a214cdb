"""Which person each record of an extract is: the dataset `person_map`.

In: mentions, mention_persons, declared_child_links. Out: one row per record and role. A declared
child who is surely a child of a children's services extract carries that child's id.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.outputs import PERSON_MAP
from pipeline.contracts.schema import in_one_piece, in_order
from pipeline.publish.context import Context
from pipeline.publish.frames import with_run_id
from pipeline.publish.records import persons_of
from pipeline.publish.run_tables import NOBODY

DECLARED_ROLES = ("declared_child", "visitor")
RECORD = ("source", "table", "record_id", "role")


def person_map(context: Context) -> pa.Table:
    """Every record's person. Arrow throughout: it is the largest of the datasets made here."""
    mentions = context.tables.columns("mentions", ("mention_id", *RECORD))
    persons = persons_of(context.tables, mentions["mention_id"].to_numpy())
    roles = pa.array(DECLARED_ROLES, pa.string())
    is_declared = pc.is_in(mentions["role"], roles).to_numpy()
    persons = np.where(is_declared, context.resolved[persons], persons)
    rows = mentions.drop_columns(["mention_id"])
    rows = rows.append_column("person_id", context.tables.persons.named_array(persons))
    rows = rows.filter(pa.array(persons != NOBODY))
    return PERSON_MAP.conform(with_run_id(distinct_rows(rows), context.run_id))


def distinct_rows(rows: pa.Table) -> pa.Table:
    """Each row once, in order: a contact whom two prisoners share is mentioned twice."""
    rows = in_order(rows.combine_chunks(), (*RECORD, "person_id"))
    is_new = np.zeros(max(rows.num_rows - 1, 0), np.bool_)
    for name in rows.column_names:
        column = in_one_piece(rows[name])
        is_new |= pc.not_equal(column[:-1], column[1:]).to_numpy(zero_copy_only=False)
    return rows.filter(pa.array(np.append(rows.num_rows > 0, is_new)[: rows.num_rows]))
