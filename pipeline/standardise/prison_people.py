"""Whom the prison extract mentions: prisoners, their contacts, and visitors.

In: tables of `prison/`. Out: mention rows and other names and dates of birth of the same mentions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.prison import VISIT_VISITORS
from pipeline.contracts.schema import in_one_piece
from pipeline.standardise import identifiers
from pipeline.standardise.dates import OF_OFFENDERS, birth_dates
from pipeline.standardise.distinct import TEXT, as_text, column_of, distinct_rows, map_distinct
from pipeline.standardise.person_rows import (
    NOTHING,
    content_keys,
    declared_role,
    key,
    name_columns,
    person_columns,
    rows,
)
from pipeline.standardise.relationships import coded_kin

OFFICIAL_VISIT = "OFFI"
VISITOR_CONTENT = ["prisoner_number", "first_name", "last_name", "date_of_birth"]
"""What makes two visitor rows speak of one visitor; what their key is made of."""

BOOKING_SCHEMA = pa.schema([
    ("own_key", TEXT), ("given_name", TEXT), ("surname", TEXT), ("date_of_birth", TEXT),
])  # fmt: skip


def prisoners(table: pa.Table, as_of: date) -> pa.Table:
    """Offenders of the prison extract."""
    number = as_text(table["prisoner_number"])
    return rows(
        table.num_rows, own_key=key("prison", number), source="prison", table="prisoners",
        record_id=number, role="offender",
        prisoner_number=map_distinct(number, identifiers.prisoner_number),
        **police_numbers(table, as_of), **person_columns(table, as_of, OF_OFFENDERS),
    )  # fmt: skip


def police_numbers(table: pa.Table, as_of: date) -> dict[str, pa.Array]:
    """PNC and CRO numbers, which prison and probation both record."""
    return {
        "pnc_number": map_distinct(
            column_of(table, "pnc_number"), lambda text: identifiers.pnc_number(text, as_of.year)
        ),
        "cro_number": map_distinct(column_of(table, "cro_number"), identifiers.cro_number),
    }


def prisoner_contacts(table: pa.Table, bookings: pa.Table, as_of: date) -> pa.Table:
    """People on a prisoner's contact list.

    A date of birth that the list lacks is taken from a visit booking, which always asks for it, if
    all bookings of the contact agree. A relationship such as SON tells a sex that was not recorded.
    """
    number, contact = as_text(table["prisoner_number"]), as_text(table["contact_id"])
    own_key = key("prison", number, contact)
    person = person_columns(table, as_of)
    person["date_of_birth"] = pc.coalesce(person["date_of_birth"], _only_birth(bookings, own_key))
    code = column_of(table, "relationship_code")
    person["sex"] = pc.coalesce(person["sex"], map_distinct(code, lambda text: coded_kin(text).sex))
    relationship = pc.fill_null(map_distinct(code, lambda text: coded_kin(text).kind), "unknown")
    return rows(
        table.num_rows, own_key=own_key, owner_key=key("prison", number),
        source="prison", table="prisoner_contacts", record_id=contact, relationship=relationship,
        role=declared_role(relationship, person["date_of_birth"], as_of),
        is_restricted=pc.is_valid(as_text(column_of(table, "restriction_code"))),
        postcode=as_text(column_of(table, "postcode")), **person,
    )  # fmt: skip


def booked_contacts(extracts: Mapping[str, pa.Table], as_of: date) -> pa.Table:
    """Names and dates of birth by which listed contacts were booked on visits, each once."""
    found = _booked(extracts)
    contact = in_one_piece(found["contact_id"])
    booked = pa.table(
        {
            "own_key": key("prison", found["prisoner_number"], contact),
            **{name: array for name, array in name_columns(found).items()
               if name in BOOKING_SCHEMA.names},
            "date_of_birth": birth_dates(found["date_of_birth"], as_of),
        },
        schema=BOOKING_SCHEMA,
    ).filter(pc.is_valid(contact))  # fmt: skip
    return distinct_rows(booked)


def visitors(extracts: Mapping[str, pa.Table], as_of: date) -> pa.Table:
    """Visitors without a contact record: one mention for each distinct visitor of a prisoner.

    The key is made of the prisoner and the visitor's details, so that further visits of the same
    visitor change nothing. Visitors of official visits (lawyers, officers) are nobody's family.
    """
    found = _booked(extracts)
    found = found.filter(pc.is_null(found["contact_id"])).select(VISITOR_CONTENT)
    found = found.filter(pc.or_(pc.is_valid(found["first_name"]), pc.is_valid(found["last_name"])))
    found = distinct_rows(found)
    number = in_one_piece(found["prisoner_number"])
    record_id = content_keys(found, number, VISITOR_CONTENT)
    return rows(
        found.num_rows, own_key=key("prison", "visitor", record_id),
        owner_key=key("prison", number), source="prison", table="visit_visitors",
        record_id=record_id, role="visitor", relationship="unknown", **person_columns(found, as_of),
    )  # fmt: skip


def _booked(extracts: Mapping[str, pa.Table]) -> pa.Table:
    """Visitor rows of social visits with the prisoner visited; columns of the contract, as text."""
    if "prison/visit_visitors" not in extracts or "prison/visits" not in extracts:
        empty = pa.schema([(name, TEXT) for name in VISIT_VISITORS.column_names]).empty_table()
        return empty.append_column("prisoner_number", pa.nulls(0, TEXT))
    table, visits = extracts["prison/visit_visitors"], extracts["prison/visits"]
    is_social = pc.not_equal(pc.fill_null(as_text(visits["visit_type"]), ""), OFFICIAL_VISIT)
    visits = visits.filter(is_social)
    places = pc.index_in(as_text(table["visit_id"]), value_set=as_text(visits["visit_id"]))
    columns = {name: as_text(column_of(table, name)) for name in VISIT_VISITORS.column_names}
    columns["prisoner_number"] = as_text(visits["prisoner_number"]).take(places)
    return pa.table(columns).filter(pc.is_valid(places))


def _only_birth(bookings: pa.Table, own_key: pa.Array) -> pa.Array:
    """The date of birth that all bookings of a contact agree on; null elsewhere."""
    known = bookings.filter(pc.is_valid(bookings["date_of_birth"]))
    found = known.group_by("own_key").aggregate(
        [("date_of_birth", "min"), ("date_of_birth", "max")]
    )
    lowest, highest = (
        in_one_piece(found["date_of_birth_min"]),
        in_one_piece(found["date_of_birth_max"]),
    )
    only = pc.if_else(pc.equal(lowest, highest), lowest, NOTHING)
    return only.take(pc.index_in(own_key, value_set=in_one_piece(found["own_key"])))
