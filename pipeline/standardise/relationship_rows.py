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
from pipeline.standardise.distinct import as_text, column_of, map_distinct
from pipeline.standardise.relationships import adult_role
from pipeline.standardise.sources import key

log = logging.getLogger(__name__)


def declared_relationships(rows: pa.Table) -> pa.Table:
    """What each declared person is to the offender who declared them."""
    owners = pc.index_in(
        rows["owner_key"].combine_chunks(), value_set=rows["own_key"].combine_chunks()
    )
    declared = rows.append_column(
        "object_mention_id", rows["mention_id"].combine_chunks().take(owners)
    ).filter(pc.is_valid(owners))
    return pa.table(
        {
            "subject_mention_id": declared["mention_id"],
            "object_mention_id": declared["object_mention_id"],
            **{name: declared[name] for name in
               ("relationship", "source", "table", "start_date", "end_date", "is_restricted")},
        }
    ).select(list(RELATIONSHIP_TABLE.column_names))  # fmt: skip


def recorded_relationships(extracts: Mapping[str, pa.Table], rows: pa.Table) -> pa.Table:
    """What each related adult (or sibling) is to a child of a children's services extract.

    Suppliers write the row from either side. Which of the two ids is a child and which an adult
    decides the direction; the label decides only what the one is to the other.
    """
    if "childrens_services/relationships" not in extracts:
        return _empty()
    table = extracts["childrens_services/relationships"]
    authority = as_text(table["authority_code"])
    ids = {
        (role, side): _mention_ids(key(role, authority, table[side]), rows)
        for role in ("child", "related_adult")
        for side in ("person_id", "related_person_id")
    }
    plain = _pairs(ids["related_adult", "related_person_id"], ids["child", "person_id"])
    turned = _pairs(ids["related_adult", "person_id"], ids["child", "related_person_id"])
    children = _pairs(ids["child", "related_person_id"], ids["child", "person_id"])
    subject = pc.coalesce(*(subject for subject, _ in (plain, turned, children)))
    object_ = pc.coalesce(*(object_ for _, object_ in (plain, turned, children)))
    stated = pc.fill_null(map_distinct(column_of(table, "relationship"), adult_role), "unknown")
    is_placed = pc.is_valid(subject)
    if lost := table.num_rows - (pc.sum(is_placed).as_py() or 0):
        log.info("%d relationships name no child of the extract and are not used", lost)
    return (
        pa.table(
            {
                "subject_mention_id": subject,
                "object_mention_id": object_,
                "relationship": stated,
                "source": pc.binary_join_element_wise("childrens_services", authority, "/"),
                "table": pa.repeat(pa.scalar("relationships"), table.num_rows),
                "start_date": plain_dates(column_of(table, "start_date")),
                "end_date": plain_dates(column_of(table, "end_date")),
                "is_restricted": pa.repeat(pa.scalar(False), table.num_rows),
            }
        )
        .filter(is_placed)
        .cast(_empty().schema)
    )


def _pairs(subject: pa.Array, object_: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Both ids where both are there, null in both otherwise."""
    is_pair = pc.and_(pc.is_valid(subject), pc.is_valid(object_))
    nothing = pa.scalar(None, pa.int64())
    return pc.if_else(is_pair, subject, nothing), pc.if_else(is_pair, object_, nothing)


def _mention_ids(keys: pa.Array, rows: pa.Table) -> pa.Array:
    places = pc.index_in(keys, value_set=rows["own_key"].combine_chunks())
    return rows["mention_id"].combine_chunks().take(places)


def _empty() -> pa.Table:
    return pa.schema(
        [(column.name, column.type) for column in RELATIONSHIP_TABLE.columns]
    ).empty_table()
