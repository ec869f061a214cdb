"""Which person each record of an extract is: the dataset `person_map`.

In: mentions, mention_persons, declared_child_links. Out: one row per record and role. A declared
child who is surely a child of a children's services extract carries that child's id.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from pipeline.contracts.outputs import PERSON_MAP
from pipeline.publish.context import Context
from pipeline.publish.frames import frame, to_table
from pipeline.publish.records import resolve

DECLARED_ROLES = ("declared_child", "visitor")


def person_map(context: Context) -> pa.Table:
    """Every record's person."""
    names = ("mention_id", "source", "table", "record_id", "role")
    mentions = frame(context.tables, "mentions", names)
    persons = frame(context.tables, "mention_persons", ("mention_id", "person_id"))
    rows = mentions.merge(persons, on="mention_id")
    is_declared = rows["role"].isin(DECLARED_ROLES)
    child_ids = resolve(rows["person_id"], context.resolved)
    rows["person_id"] = child_ids.where(is_declared, rows["person_id"])
    return to_table(without_repeats(rows), PERSON_MAP, context.run_id)


def without_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per record and role: a contact whom two prisoners share is mentioned twice."""
    keys = ["source", "table", "record_id", "role"]
    ordered = rows.sort_values([*keys, "person_id"])
    return ordered.drop_duplicates([*keys, "person_id"])
