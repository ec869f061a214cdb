"""Whom the children's services extracts mention: children, and adults recorded with them.

In: tables of `childrens_services/`, every authority's rows together. Out: mention rows.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.standardise import identifiers
from pipeline.standardise.dates import OF_CHILDREN, future_dates, plain_dates
from pipeline.standardise.distinct import as_text, column_of, map_distinct
from pipeline.standardise.person_rows import NOTHING, key, person_columns, rows


def children(table: pa.Table, as_of: date) -> pa.Table:
    """Children of the children's services extracts.

    A date of birth that lies ahead is the day the child is expected. A child has the one or the
    other, never both.
    """
    person = person_columns(table, as_of, OF_CHILDREN)
    expected = pc.coalesce(
        plain_dates(column_of(table, "expected_date_of_birth")),
        future_dates(column_of(table, "date_of_birth"), as_of),
    )
    return _childrens_rows(
        table, "children", "child",
        expected_date_of_birth=pc.if_else(pc.is_null(person["date_of_birth"]), expected, NOTHING),
        death_date=plain_dates(column_of(table, "death_date")),
        nhs_number=map_distinct(column_of(table, "nhs_number"), identifiers.nhs_number),
        upn=map_distinct(column_of(table, "upn"), identifiers.upn),
        former_upn=map_distinct(column_of(table, "former_upn"), identifiers.upn), **person,
    )  # fmt: skip


def related_adults(table: pa.Table, as_of: date) -> pa.Table:
    """Adults recorded with children in the children's services extracts."""
    return _childrens_rows(table, "related_adults", "related_adult", **person_columns(table, as_of))


def _childrens_rows(table: pa.Table, name: str, role: str, **columns: pa.Array) -> pa.Table:
    authority, record_id = as_text(table["authority_code"]), as_text(table["person_id"])
    return rows(
        table.num_rows, own_key=key(role, authority, record_id), table=name, record_id=record_id,
        source=pc.binary_join_element_wise("childrens_services", authority, "/"), role=role,
        authority_code=authority, **columns,
    )  # fmt: skip
