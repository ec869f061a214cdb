"""Whom the probation extract mentions: people on probation, their contacts, assessed children.

In: tables of `probation/`. Out: mention rows.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.probation import ASSESSED_CHILDREN
from pipeline.standardise import identifiers, names
from pipeline.standardise.dates import OF_OFFENDERS, plain_dates
from pipeline.standardise.distinct import as_text, column_of, flag, map_distinct
from pipeline.standardise.person_rows import (
    content_keys,
    declared_role,
    key,
    person_columns,
    rows,
    with_full_first_names,
)
from pipeline.standardise.prison_people import police_numbers
from pipeline.standardise.relationships import read_kin


def offenders(table: pa.Table, as_of: date) -> pa.Table:
    """Offenders of the probation extract."""
    number = as_text(table["crn"])
    prisoner_number = column_of(table, "prisoner_number")
    return rows(
        table.num_rows, own_key=key("probation", number), source="probation", table="offenders",
        record_id=number, role="offender", crn=map_distinct(number, identifiers.crn),
        prisoner_number=map_distinct(prisoner_number, identifiers.prisoner_number),
        ni_number=map_distinct(column_of(table, "ni_number"), identifiers.ni_number),
        previous_surname=map_distinct(column_of(table, "previous_last_name"), names.surname),
        is_limited_access=flag(table, "is_limited_access"),
        **police_numbers(table, as_of), **person_columns(table, as_of, OF_OFFENDERS),
    )  # fmt: skip


def personal_contacts(table: pa.Table, as_of: date) -> pa.Table:
    """People whom a probationer's record names, with a relationship in free text."""
    table = with_full_first_names(table)
    number, contact = as_text(table["crn"]), as_text(table["contact_id"])
    person = person_columns(table, as_of)
    text = column_of(table, "relationship")
    person["sex"] = pc.coalesce(
        person["sex"], map_distinct(text, lambda words: read_kin(words).sex)
    )
    relationship = pc.fill_null(map_distinct(text, lambda words: read_kin(words).kind), "unknown")
    return rows(
        table.num_rows, own_key=key("probation", number, contact),
        owner_key=key("probation", number), source="probation", table="personal_contacts",
        record_id=contact, relationship=relationship,
        role=declared_role(relationship, person["date_of_birth"], as_of),
        postcode=as_text(column_of(table, "postcode")),
        start_date=plain_dates(column_of(table, "start_date")),
        end_date=plain_dates(column_of(table, "end_date")), **person,
    )  # fmt: skip


def assessed_children(table: pa.Table, as_of: date) -> pa.Table:
    """Children named in an offender's risk assessment.

    The form asks for children at risk from the offender without saying whose they are; most are the
    offender's own, and the relationship is read as `child`. The table stays on the relationship row
    for a reader who wants to trust it less, and the family model learns its own rate for it.
    """
    number = as_text(table["crn"])
    age = column_of(table, "age_years", pa.float64()).cast(pa.float64())
    if "age_years" in table.column_names:
        table = table.set_column(table.column_names.index("age_years"), "age_years", age)
    record_id = content_keys(table, number, ASSESSED_CHILDREN.column_names)
    return rows(
        table.num_rows, own_key=key("probation", "assessed", record_id),
        owner_key=key("probation", number), source="probation", table="assessed_children",
        record_id=record_id, role="declared_child", relationship="child", age_years=age,
        postcode=as_text(column_of(table, "postcode")), **person_columns(table, as_of),
    )  # fmt: skip
