"""Small extracts of the three agencies, and the mentions that come of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from pipeline.contracts.inputs import INPUTS, as_read
from pipeline.contracts.stages import ADDRESS_KINDS, MENTIONS, RELATIONSHIPS, ROLES
from pipeline.standardise import Standardised, standardise

AS_OF = date(2026, 9, 30)
Row = Mapping[str, Any]


def extract(name: str, *given: Row) -> pa.Table:
    """Rows of an input table; columns not given are null."""
    schema = as_read(INPUTS[name]).to_arrow()
    columns = {
        field.name: pa.array([row.get(field.name) for row in given], field.type) for field in schema
    }
    return pa.table(columns)


def standardised(**tables: tuple[Row, ...] | list[Row]) -> Standardised:
    """What becomes of tables named `agency__table`."""
    names = {name: name.replace("__", "/", 1) for name in tables}
    return standardise({names[n]: extract(names[n], *given) for n, given in tables.items()}, AS_OF)


def mention(result: Standardised, record_id: str) -> dict[str, Any]:
    """The mention of a record."""
    (found,) = [row for row in result.mentions.to_pylist() if row["record_id"] == record_id]
    return dict(found)


PRISONER: Row = {
    "prisoner_number": "A1234BC", "first_name": "John", "last_name": "Smith",
    "date_of_birth": "1985-06-01", "sex": "M", "status": "ACTIVE IN",
}  # fmt: skip
PROBATIONER: Row = {
    "crn": "X320741", "first_name": "John", "last_name": "Smith", "date_of_birth": "1985-06-01",
    "sex": "M", "is_limited_access": True,
}  # fmt: skip
CONTACT: Row = {
    "prisoner_number": "A1234BC", "contact_id": "1", "first_name": "Amy", "last_name": "Jones",
    "relationship_code": "DAU", "is_active": True,
}  # fmt: skip
CHILD: Row = {
    "authority_code": "330", "person_id": "C1", "first_name": "Amy", "last_name": "Jones",
    "date_of_birth": "2015-03-04", "sex": "F",
}  # fmt: skip
ADULT: Row = {
    "authority_code": "330", "person_id": "P1", "first_name": "John", "last_name": "Smith",
}  # fmt: skip


def test_no_extracts_give_empty_tables() -> None:
    result = standardise({}, AS_OF)
    assert result.mentions.num_rows == 0
    assert result.mentions.schema.names == list(MENTIONS.column_names)


def test_every_table_of_people_has_its_role() -> None:
    result = standardised(
        prison__prisoners=[PRISONER], probation__offenders=[PROBATIONER],
        prison__prisoner_contacts=[
            CONTACT, {**CONTACT, "contact_id": "2", "relationship_code": "MOT"},
        ],
        probation__assessed_children=[{"crn": "X320741", "first_name": "Amy", "age_years": 7.0}],
        childrens_services__children=[CHILD], childrens_services__related_adults=[ADULT],
    )  # fmt: skip
    roles = {(row["table"], row["role"]) for row in result.mentions.to_pylist()}
    assert roles == {
        ("prisoners", "offender"), ("offenders", "offender"),
        ("prisoner_contacts", "declared_child"), ("prisoner_contacts", "declared_other"),
        ("assessed_children", "declared_child"), ("children", "child"),
        ("related_adults", "related_adult"),
    }  # fmt: skip
    assert {role for _, role in roles} <= set(ROLES)


def test_a_declared_child_belongs_to_the_offender_who_declared_it() -> None:
    result = standardised(prison__prisoners=[PRISONER], prison__prisoner_contacts=[CONTACT])
    (stated,) = result.relationships.to_pylist()
    child, offender = mention(result, "1"), mention(result, "A1234BC")
    assert child["owner_mention_id"] == offender["mention_id"]
    assert stated["subject_mention_id"] == child["mention_id"]
    assert stated["object_mention_id"] == offender["mention_id"]
    assert stated["relationship"] == "child"


def test_a_contact_known_as_daughter_is_female() -> None:
    result = standardised(prison__prisoners=[PRISONER], prison__prisoner_contacts=[CONTACT])
    assert mention(result, "1")["sex"] == "F"


@pytest.mark.parametrize(
    ("born", "role"),
    [
        pytest.param("2008-10-01", "declared_child", id="still seventeen"),
        pytest.param("2008-09-30", "declared_other", id="eighteen today"),
        pytest.param(None, "declared_other", id="age unknown"),
    ],
)
def test_a_contact_of_unknown_kind_is_a_child_if_known_to_be_under_18(
    born: str | None, role: str
) -> None:
    contact = {**CONTACT, "relationship_code": "OTHER", "date_of_birth": born}
    result = standardised(prison__prisoners=[PRISONER], prison__prisoner_contacts=[contact])
    assert mention(result, "1")["role"] == role
    assert result.relationships["relationship"].to_pylist() == ["unknown"]


def test_a_restriction_on_contact_is_carried() -> None:
    contact = {**CONTACT, "restriction_code": "NONCON"}
    result = standardised(prison__prisoners=[PRISONER], prison__prisoner_contacts=[contact])
    assert result.relationships["is_restricted"].to_pylist() == [True]


VISIT: Row = {
    "visit_id": "V1", "prisoner_number": "A1234BC", "visit_date": date(2026, 5, 1),
    "visit_type": "SCON", "status": "COMP",
}  # fmt: skip
VISITOR: Row = {
    "visit_id": "V1", "first_name": "Ben", "last_name": "Jones", "date_of_birth": "2016-01-02",
    "outcome": "ATT",
}  # fmt: skip


def test_a_visitor_without_contact_record_is_mentioned_once_for_all_visits() -> None:
    second = {**VISITOR, "visit_id": "V2"}
    result = standardised(
        prison__prisoners=[PRISONER], prison__visits=[VISIT, {**VISIT, "visit_id": "V2"}],
        prison__visit_visitors=[VISITOR, second],
    )  # fmt: skip
    (visitor,) = [row for row in result.mentions.to_pylist() if row["role"] == "visitor"]
    assert visitor["record_id"].startswith("A1234BC#")
    assert visitor["owner_mention_id"] == mention(result, "A1234BC")["mention_id"]


def test_a_visitor_on_official_business_is_not_mentioned() -> None:
    result = standardised(
        prison__prisoners=[PRISONER], prison__visits=[{**VISIT, "visit_type": "OFFI"}],
        prison__visit_visitors=[VISITOR],
    )  # fmt: skip
    assert "visitor" not in result.mentions["role"].to_pylist()


def test_a_booking_tells_the_birth_date_that_the_contact_list_lacks() -> None:
    result = standardised(
        prison__prisoners=[PRISONER], prison__prisoner_contacts=[CONTACT], prison__visits=[VISIT],
        prison__visit_visitors=[{**VISITOR, "contact_id": "1", "first_name": "Amelia"}],
    )  # fmt: skip
    found = mention(result, "1")
    assert found["date_of_birth"] == "2016-01-02"
    assert found["given_names"] == ["amy", "amelia"]
    assert "visitor" not in result.mentions["role"].to_pylist()


def test_bookings_that_disagree_leave_the_birth_date_open() -> None:
    booked = {**VISITOR, "contact_id": "1"}
    other = {**booked, "visit_id": "V2", "date_of_birth": "2016-02-01"}
    result = standardised(
        prison__prisoners=[PRISONER], prison__prisoner_contacts=[CONTACT],
        prison__visits=[VISIT, {**VISIT, "visit_id": "V2"}],
        prison__visit_visitors=[booked, other],
    )  # fmt: skip
    found = mention(result, "1")
    assert found["date_of_birth"] is None
    assert found["dates_of_birth"] == ["2016-01-02", "2016-02-01"]


def test_the_name_on_the_record_comes_before_its_aliases() -> None:
    alias = {"prisoner_number": "A1234BC", "first_name": "Jack", "last_name": "Brown",
             "date_of_birth": "1986-06-01", "name_type": "A"}  # fmt: skip
    result = standardised(
        prison__prisoners=[{**PRISONER, "first_name": "John (Johnny)"}],
        prison__prisoner_aliases=[alias, alias],
    )
    found = mention(result, "A1234BC")
    assert found["given_names"] == ["john", "jack", "johnny"]
    assert found["surnames"] == ["smith", "brown"]
    assert found["full_names"] == ["john smith", "jack brown", "johnny smith"]
    assert found["dates_of_birth"] == ["1985-06-01", "1986-06-01"]


def test_a_previous_surname_goes_with_the_present_given_name() -> None:
    result = standardised(probation__offenders=[{**PROBATIONER, "previous_last_name": "née Brown"}])
    assert mention(result, "X320741")["full_names"] == ["john smith", "john brown"]


def test_a_name_in_reverse_with_a_comma_is_taken_apart() -> None:
    person = {**CHILD, "first_name": None, "last_name": "JONES, Amy Louise"}
    found = mention(standardised(childrens_services__children=[person]), "C1")
    assert (found["given_name"], found["middle_names"], found["surname"]) == (
        "amy",
        "louise",
        "jones",
    )


def test_a_full_name_in_a_probation_contacts_first_name_is_taken_apart() -> None:
    contact = {"crn": "X320741", "contact_id": "9", "first_name": "Jamie Lee Smith",
               "relationship": "my little boy"}  # fmt: skip
    result = standardised(
        probation__offenders=[PROBATIONER], probation__personal_contacts=[contact]
    )
    found = mention(result, "9")
    assert (found["given_name"], found["middle_names"], found["surname"]) == (
        "jamie",
        "lee",
        "smith",
    )
    assert (found["role"], found["sex"]) == ("declared_child", "M")


def test_an_unborn_child_is_expected_and_has_no_birth_date() -> None:
    unborn = {**CHILD, "first_name": "UNBORN", "date_of_birth": "2026-12-01", "sex": "U"}
    found = mention(standardised(childrens_services__children=[unborn]), "C1")
    assert found["given_name"] is None
    assert found["date_of_birth"] is None
    assert found["expected_date_of_birth"] == "2026-12-01"
    assert found["sex"] is None


def test_addresses_that_show_no_household_are_kept_but_not_used() -> None:
    own = {"authority_code": "330", "person_id": "C1"}
    result = standardised(
        childrens_services__children=[CHILD],
        childrens_services__addresses=[
            {**own, "address": "1 Elm Road", "postcode": "B1 1AA", "address_type": "Home",
             "start_date": date(2020, 1, 1), "end_date": date(2022, 1, 1)},
            {**own, "address": "2 Oak Street", "postcode": "B2 2BB", "address_type": "Home",
             "start_date": date(2022, 1, 1)},
            {**own, "postcode": "B3 3CC", "address_type": "Placement"},
            {**own, "postcode": "B4 4DD", "address_type": "Refuge", "is_confidential": True},
            {**own, "postcode": "B5 5EE", "address_type": "Home", "is_confidential": True},
            {**own, "postcode": "NF1 1NF", "address_type": "Home"},
        ],
    )  # fmt: skip
    found = mention(result, "C1")
    assert found["postcodes"] == ["B2 2BB", "B1 1AA"]
    assert found["addresses"] == ["2 oak st", "1 elm rd"]
    kinds = result.mention_addresses["kind"].to_pylist()
    assert sorted(kinds) == ["home", "home", "home", "placement", "refuge"]
    assert set(kinds) <= set(ADDRESS_KINDS)


def test_a_prison_is_nobodys_household() -> None:
    own = {"prisoner_number": "A1234BC", "usage": "HOME"}
    result = standardised(
        prison__prisoners=[PRISONER],
        prison__prisoner_addresses=[
            {**own, "address": "HMP Birmingham", "postcode": "B18 4AS"},
            {**own, "address": "NFA", "postcode": "B1 1AA"},
            {**own, "address": "5 Elm Road B2 2BB", "is_no_fixed_abode": False},
            {**own, "address": "6 Elm Road", "is_no_fixed_abode": True},
        ],
    )
    assert mention(result, "A1234BC")["postcodes"] == ["B2 2BB"]
    assert mention(result, "A1234BC")["addresses"] == ["5 elm rd"]


TIES = {
    "the related adult is the mother": (("C1", "P1", "parent"), ("P1", "C1", "parent")),
    "a sibling": (("C1", "C2", "sibling"), ("C2", "C1", "sibling")),
    "a mother who is herself a child": (("C2", "C1", "parent"), ("C1", "C2", "parent")),
    "a word that nobody knew": (("C1", "P1", "unknown"), ("P1", "C1", "unknown")),
    "no word": (("C1", "P1", None), ("P1", "C1", "unknown")),
}


@pytest.mark.parametrize(("written", "meant"), TIES.values(), ids=TIES.keys())
def test_direction_of_a_recorded_relationship(
    written: tuple[str, str, str | None], meant: tuple[str, str, str]
) -> None:
    tie = dict(zip(("person_id", "related_person_id", "relationship"), written, strict=True))
    result = standardised(
        childrens_services__children=[CHILD, {**CHILD, "person_id": "C2"}],
        childrens_services__related_adults=[ADULT],
        childrens_services__relationships=[{"authority_code": "330", **tie}],
    )
    (stated,) = result.relationships.to_pylist()
    subject, object_ = (mention(result, meant[i])["mention_id"] for i in (0, 1))
    assert (stated["subject_mention_id"], stated["object_mention_id"]) == (subject, object_)
    assert stated["relationship"] == meant[2]
    assert stated["relationship"] in RELATIONSHIPS


def test_the_same_id_at_another_authority_is_another_person() -> None:
    result = standardised(
        childrens_services__children=[CHILD, {**CHILD, "authority_code": "331"}],
        childrens_services__related_adults=[ADULT],
        childrens_services__relationships=[
            {"authority_code": "331", "person_id": "C1", "related_person_id": "P1",
             "relationship": "Mother"},
        ],
    )  # fmt: skip
    assert result.relationships.num_rows == 0


def test_stated_numbers_of_children_are_read() -> None:
    counted = {**PRISONER, "prisoner_number": "A1234BD", "number_of_children": "3 + 1 step"}
    result = standardised(prison__prisoners=[PRISONER, counted])
    (row,) = result.declared_counts.to_pylist()
    assert row["mention_id"] == mention(result, "A1234BD")["mention_id"]
    assert (row["parsed_count"], row["parse_status"]) == (4, "exact")


def test_the_order_of_rows_changes_nothing() -> None:
    people = [{**PRISONER, "prisoner_number": f"A000{i}BC"} for i in range(5)]
    contacts = [{**CONTACT, "prisoner_number": p["prisoner_number"], "contact_id": str(i % 2)}
                for i, p in enumerate(people)]  # fmt: skip
    visitors = [{**VISITOR, "first_name": name} for name in ("Ben", "Zoe", "Ben")]
    visits = [{**VISIT, "prisoner_number": "A0001BC"}]
    results = [
        standardised(
            prison__prisoners=people[::step], prison__prisoner_contacts=contacts[::step],
            prison__visit_visitors=visitors[::step], prison__visits=visits,
        )
        for step in (1, -1)
    ]  # fmt: skip
    for name in ("mentions", "mention_addresses", "relationships", "declared_counts"):
        assert getattr(results[0], name).equals(getattr(results[1], name))


def test_the_log_holds_counts_and_no_one(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        standardised(prison__prisoners=[PRISONER], prison__prisoner_contacts=[CONTACT])
    assert "2 mentions" in caplog.text
    for word in ("john", "smith", "amy", "jones", "1985"):
        assert word not in caplog.text.lower()
