"""Which input table mentions whom: one function a table, each giving the same columns.

In: one contract-form table. Out: unsorted mention rows with text keys: `own_key` names the mention,
`owner_key` the offender who declared the person. It must not know what other tables hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.record_key import derived_record_ids
from pipeline.standardise import identifiers, names
from pipeline.standardise.dates import birth_dates, plain_dates, without_fills
from pipeline.standardise.distinct import TEXT, Column, as_text, column_of, flag, map_distinct
from pipeline.standardise.relationships import CHILD_KINDS, coded_relationship, free_relationship

ADULT_AGE_YEARS = 18

ROW_SCHEMA = pa.schema([
    ("own_key", TEXT), ("owner_key", TEXT), ("source", TEXT), ("table", TEXT), ("record_id", TEXT),
    ("role", TEXT), ("authority_code", TEXT), ("relationship", TEXT), ("is_restricted", pa.bool_()),
    ("given_name", TEXT), ("middle_names", TEXT), ("surname", TEXT), ("previous_surname", TEXT),
    ("date_of_birth", TEXT), ("expected_date_of_birth", TEXT), ("age_years", pa.float64()),
    ("sex", TEXT), ("ethnicity_code", TEXT), ("death_date", TEXT),
    ("prisoner_number", TEXT), ("crn", TEXT), ("pnc_number", TEXT), ("cro_number", TEXT),
    ("ni_number", TEXT), ("nhs_number", TEXT), ("upn", TEXT), ("former_upn", TEXT),
    ("postcode", TEXT), ("is_limited_access", pa.bool_()),
    ("start_date", TEXT), ("end_date", TEXT),
])  # fmt: skip
"""Columns of a mention before it has a number; `postcode` is one that stands on the row itself."""

SEXES = {"F": "F", "M": "M", "FEMALE": "F", "MALE": "M", "2": "F", "1": "M", "W": "F"}


def key(*parts: Column | str) -> pa.Array:
    """Text keys joined by `|`; null where a part is null."""
    columns = [as_text(part) if not isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, "|")


def rows(n_rows: int, **columns: Column | str | bool) -> pa.Table:
    """Mention rows; columns not given are null, flags not given are false."""
    arrays = []
    for field in ROW_SCHEMA:
        value = columns.get(field.name, False if pa.types.is_boolean(field.type) else None)
        if isinstance(value, (str, bool)):
            value = pa.repeat(pa.scalar(value, field.type), n_rows)
        elif value is None:
            value = pa.nulls(n_rows, field.type)
        elif isinstance(value, pa.ChunkedArray):
            value = value.combine_chunks()
        arrays.append(value.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=ROW_SCHEMA)


def person_columns(table: pa.Table, as_of: date, mid_month: bool = False) -> dict[str, Column]:
    """Names, date of birth and sex, which every table of people writes alike."""
    first, last = as_text(column_of(table, "first_name")), as_text(column_of(table, "last_name"))
    first, last = _unreversed(first, last)
    born = birth_dates(column_of(table, "date_of_birth"), as_of)
    further = map_distinct(first, names.further_names)
    middle = map_distinct(column_of(table, "middle_names"), names.middle_names)
    return {
        "given_name": map_distinct(first, names.given_name),
        "middle_names": _joined(further, middle),
        "surname": map_distinct(last, names.surname),
        "date_of_birth": without_fills(born, mid_month),
        "sex": map_distinct(column_of(table, "sex"), lambda text: SEXES.get(text.upper())),
        "ethnicity_code": pc.utf8_upper(as_text(column_of(table, "ethnicity_code"))),
    }


def _unreversed(first: pa.Array, last: pa.Array) -> tuple[pa.Array, pa.Array]:
    """`SMITH, John` in one field, the other empty, taken apart."""
    for whole, other in ((first, last), (last, first)):
        is_reversed = pc.fill_null(
            pc.and_(pc.match_substring(whole, ","), pc.is_null(other)), False
        )
        if not pc.any(is_reversed).as_py():
            continue
        given = map_distinct(whole, lambda text: (names.split_reversed(text) or (None, None))[0])
        family = map_distinct(whole, lambda text: (names.split_reversed(text) or (None, None))[1])
        first = pc.if_else(is_reversed, given, first)
        last = pc.if_else(is_reversed, family, last)
    return first, last


def _joined(first: pa.Array, second: pa.Array) -> pa.Array:
    """The two texts with a blank between; one of them where the other is null."""
    both = pc.binary_join_element_wise(first, second, " ")
    return pc.coalesce(both, first, second)


def prisoners(table: pa.Table, as_of: date) -> pa.Table:
    """Offenders of the prison extract."""
    number = as_text(table["prisoner_number"])
    return rows(
        table.num_rows, own_key=key("prison", number), source="prison", table="prisoners",
        record_id=number, role="offender",
        prisoner_number=map_distinct(number, identifiers.prisoner_number),
        **_justice_numbers(table, as_of), **person_columns(table, as_of),
    )  # fmt: skip


def offenders(table: pa.Table, as_of: date) -> pa.Table:
    """Offenders of the probation extract."""
    number = as_text(table["crn"])
    return rows(
        table.num_rows, own_key=key("probation", number), source="probation", table="offenders",
        record_id=number, role="offender", crn=map_distinct(number, identifiers.crn),
        prisoner_number=map_distinct(
            column_of(table, "prisoner_number"), identifiers.prisoner_number
        ),
        ni_number=map_distinct(column_of(table, "ni_number"), identifiers.ni_number),
        previous_surname=map_distinct(column_of(table, "previous_last_name"), names.surname),
        is_limited_access=flag(table, "is_limited_access"),
        **_justice_numbers(table, as_of), **person_columns(table, as_of),
    )  # fmt: skip


def _justice_numbers(table: pa.Table, as_of: date) -> dict[str, pa.Array]:
    return {
        "pnc_number": map_distinct(
            column_of(table, "pnc_number"), lambda text: identifiers.pnc_number(text, as_of.year)
        ),
        "cro_number": map_distinct(column_of(table, "cro_number"), identifiers.cro_number),
    }


def prisoner_contacts(table: pa.Table, as_of: date) -> pa.Table:
    """People on a prisoner's contact list."""
    number, contact = as_text(table["prisoner_number"]), as_text(table["contact_id"])
    relationship = map_distinct(column_of(table, "relationship_code"), coded_relationship)
    person = person_columns(table, as_of)
    relationship = pc.fill_null(relationship, "unknown")
    return rows(
        table.num_rows, own_key=key("prison", number, contact), owner_key=key("prison", number),
        source="prison", table="prisoner_contacts", record_id=contact, relationship=relationship,
        role=declared_role(relationship, person["date_of_birth"], as_of),
        is_restricted=pc.is_valid(as_text(column_of(table, "restriction_code"))),
        postcode=as_text(column_of(table, "postcode")), **person,
    )  # fmt: skip


def personal_contacts(table: pa.Table, as_of: date) -> pa.Table:
    """People whom a probationer's record names, with a relationship in free text."""
    number, contact = as_text(table["crn"]), as_text(table["contact_id"])
    relationship = map_distinct(column_of(table, "relationship"), free_relationship)
    relationship = pc.fill_null(relationship, "unknown")
    person = person_columns(table, as_of)
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
    offender's own, and the relationship is read so. The table stays on the relationship row, and
    the family model learns its own rate of naming for it.
    """
    number = as_text(table["crn"])
    record_id = pa.array(_content_keys(table, number), TEXT)
    return rows(
        table.num_rows, own_key=key("probation", "assessed", record_id),
        owner_key=key("probation", number), source="probation", table="assessed_children",
        record_id=record_id, role="declared_child", relationship="child",
        age_years=column_of(table, "age_years", pa.float64()),
        postcode=as_text(column_of(table, "postcode")), **person_columns(table, as_of),
    )  # fmt: skip


def visitors(visitor_table: pa.Table, visits: pa.Table, as_of: date) -> pa.Table:
    """Visitors without a contact record: one row for each distinct visitor of a prisoner."""
    unknown = visitor_table.filter(pc.is_null(as_text(column_of(visitor_table, "contact_id"))))
    places = pc.index_in(as_text(unknown["visit_id"]), value_set=as_text(visits["visit_id"]))
    content = pa.table({
        "prisoner_number": as_text(visits["prisoner_number"]).take(places),
        **{name: as_text(column_of(unknown, name)) for name in
           ("first_name", "last_name", "date_of_birth")},
    })  # fmt: skip
    is_named = pc.and_(pc.is_valid(content["prisoner_number"]), pc.is_valid(content["last_name"]))
    content = content.filter(is_named).group_by(content.column_names).aggregate([])
    number = as_text(content["prisoner_number"])
    record_id = pa.array(_content_keys(content, number), TEXT)
    return rows(
        content.num_rows, own_key=key("prison", "visitor", record_id),
        owner_key=key("prison", number), source="prison", table="visit_visitors",
        record_id=record_id, role="visitor", relationship="unknown",
        **person_columns(content, as_of),
    )  # fmt: skip


def children(table: pa.Table, as_of: date) -> pa.Table:
    """Children of the children's services extracts."""
    expected = plain_dates(column_of(table, "expected_date_of_birth"))
    person = person_columns(table, as_of, mid_month=True)
    return _childrens_rows(
        table, "children", "child",
        expected_date_of_birth=pc.if_else(
            pc.is_null(person["date_of_birth"]), expected, pa.scalar(None, TEXT)
        ),
        death_date=plain_dates(column_of(table, "death_date")),
        nhs_number=map_distinct(column_of(table, "nhs_number"), identifiers.nhs_number),
        upn=map_distinct(column_of(table, "upn"), identifiers.upn),
        former_upn=map_distinct(column_of(table, "former_upn"), identifiers.upn), **person,
    )  # fmt: skip


def related_adults(table: pa.Table, as_of: date) -> pa.Table:
    """Adults recorded with children in the children's services extracts."""
    return _childrens_rows(table, "related_adults", "related_adult", **person_columns(table, as_of))


def _childrens_rows(table: pa.Table, name: str, role: str, **columns: Column) -> pa.Table:
    authority, record_id = as_text(table["authority_code"]), as_text(table["person_id"])
    return rows(
        table.num_rows, own_key=key(role, authority, record_id), table=name, record_id=record_id,
        source=pc.binary_join_element_wise("childrens_services", authority, "/"), role=role,
        authority_code=authority, **columns,
    )  # fmt: skip


def declared_role(relationship: Column, born: Column, as_of: date) -> pa.Array:
    """`declared_child` for a child in any sense, and for an unknown contact under 18."""
    is_child = pc.is_in(relationship, value_set=pa.array(sorted(CHILD_KINDS)))
    limit = f"{as_of.year - ADULT_AGE_YEARS}{as_of.isoformat()[4:]}"
    is_minor = pc.fill_null(pc.greater(born, pa.scalar(limit)), False)
    is_unknown_minor = pc.and_(pc.equal(relationship, "unknown"), is_minor)
    return pc.if_else(pc.or_(is_child, is_unknown_minor), "declared_child", "declared_other")


def _content_keys(table: pa.Table, owners: pa.Array) -> list[str]:
    """Keys from the content of each row, for a table whose source gives its people none."""
    contents = zip(*(as_text(column).to_pylist() for column in table.columns), strict=True)
    return derived_record_ids(owners.to_pylist(), contents)


def mention_rows(extracts: Mapping[str, pa.Table], as_of: date) -> pa.Table:
    """Rows of every table of people that the extracts hold."""
    readers = {
        "prison/prisoners": prisoners,
        "prison/prisoner_contacts": prisoner_contacts,
        "probation/offenders": offenders,
        "probation/personal_contacts": personal_contacts,
        "probation/assessed_children": assessed_children,
        "childrens_services/children": children,
        "childrens_services/related_adults": related_adults,
    }
    found = [read(extracts[name], as_of) for name, read in readers.items() if name in extracts]
    if "prison/visit_visitors" in extracts and "prison/visits" in extracts:
        found.append(visitors(extracts["prison/visit_visitors"], extracts["prison/visits"], as_of))
    return pa.concat_tables([ROW_SCHEMA.empty_table(), *found])
