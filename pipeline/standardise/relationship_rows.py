"""The relationships that sources state, between numbered mentions.

In: mention rows with their declared relationship, and the children's services relationship tables.
Out: rows of the relationships contract, subject to object. It must not infer a relationship that no
source states.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.stages import RELATIONSHIP_TABLE
from pipeline.standardise.dates import plain_dates
from pipeline.standardise.distinct import as_text, column_of, distinct_rows
from pipeline.standardise.numbering import in_role, mention_ids
from pipeline.standardise.person_rows import key

log = logging.getLogger(__name__)


COLUMNS = list(RELATIONSHIP_TABLE.column_names)
STATED = ("relationship", "source", "table", "start_date", "end_date", "is_restricted")


def declared_relationships(rows: pa.Table) -> pa.Table:
    """What each declared person is to the offender who declared them."""
    wanted = rows.select(["mention_id", "owner_mention_id", *STATED])
    declared = wanted.filter(pc.is_valid(rows["owner_mention_id"]))
    return declared.rename_columns(["subject_mention_id", "object_mention_id", *STATED])


def recorded_relationships(extracts: Mapping[str, pa.Table], rows: pa.Table) -> pa.Table:
    """What each related adult (or sibling) is to a child of a children's services extract.

    Ingest has turned every row so that the person is the child and the word says what the related
    person is to it.
    """
    if "childrens_services/relationships" not in extracts:
        return _empty()
    table = extracts["childrens_services/relationships"]
    authority = as_text(table["authority_code"])
    subject, object_ = _subject_and_object(table, rows)
    stated = as_text(column_of(table, "relationship"))
    found = pa.table(
        {
            "subject_mention_id": subject,
            "object_mention_id": object_,
            "relationship": pc.fill_null(stated, "unknown"),
            "source": pc.binary_join_element_wise("childrens_services", authority, "/"),
            "table": pa.repeat(pa.scalar("relationships"), table.num_rows),
            "start_date": plain_dates(column_of(table, "start_date")),
            "end_date": plain_dates(column_of(table, "end_date")),
            "is_restricted": pa.repeat(pa.scalar(False), table.num_rows),
        }
    ).filter(pc.is_valid(subject))
    if lost := table.num_rows - found.num_rows:
        log.info("%d relationships name no child of the extract and are not used", lost)
    # A tie that the supplier wrote from both sides is one tie.
    return distinct_rows(found.select(COLUMNS)).cast(_empty().schema)


def _subject_and_object(table: pa.Table, rows: pa.Table) -> tuple[pa.Array, pa.Array]:
    """(subject, object) mention ids of each row; null in both where no child is concerned."""
    authority = as_text(table["authority_code"])
    person, related = (key(authority, table[side]) for side in ("person_id", "related_person_id"))
    children, adults = (_by_record(rows, role) for role in ("child", "related_adult"))
    object_ = mention_ids(person, children)
    subject = pc.coalesce(mention_ids(related, adults), mention_ids(related, children))
    is_tie = pc.fill_null(pc.not_equal(subject, object_), False)
    nothing = pa.scalar(None, pa.int64())
    return pc.if_else(is_tie, subject, nothing), pc.if_else(is_tie, object_, nothing)


def _by_record(rows: pa.Table, role: str) -> pa.Table:
    """The mentions in one role under a key of authority and record alone."""
    known = in_role(rows, role)
    own_key = key(known["authority_code"], known["record_id"])
    return known.set_column(known.column_names.index("own_key"), "own_key", own_key)


def _empty() -> pa.Table:
    return pa.schema(
        [(column.name, column.type) for column in RELATIONSHIP_TABLE.columns]
    ).empty_table()
