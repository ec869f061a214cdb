"""What a local authority may read, and what it must never read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from publication import (
    ADAM,
    BETH,
    DORA,
    EVAN,
    HIDDEN,
    LINK_ROWS,
    changed,
    made_up_context,
    rows_of,
    table,
)

from pipeline.contracts.family import FAMILY_LINKS
from pipeline.contracts.outputs import MATCHED_CHILDREN
from pipeline.contracts.people import PERSONS
from pipeline.contracts.stages import RELATIONSHIP_TABLE
from pipeline.publish import Context
from pipeline.publish.authority_lists import authority_lists


def lists_of(context: Context) -> dict[str, list[dict[str, Any]]]:
    """Every authority's rows."""
    return {one.authority_code: one.table.to_pylist() for one in authority_lists(context)}


def with_link(parent_id: str, child_id: str, **changes: Any) -> Context:
    """The made-up run with one link changed."""
    rows = [
        {**row, **changes} if (row["parent_id"], row["child_id"]) == (parent_id, child_id) else row
        for row in LINK_ROWS
    ]
    return changed(made_up_context(), family_links=rows_of(FAMILY_LINKS, rows))


def texts_of(rows: list[dict[str, Any]]) -> str:
    """Everything a reader sees, as one text."""
    return "\n".join(str(value) for row in rows for value in row.values())


def test_each_authority_reads_its_own_children_under_its_own_ids() -> None:
    lists = lists_of(made_up_context())
    assert {code: [row["child_person_id"] for row in rows] for code, rows in lists.items()} == {
        "330": ["C1", "C2"], "331": ["K1"],
    }  # fmt: skip
    assert {row["authority_code"] for row in lists["330"]} == {"330"}


def test_a_child_of_two_authorities_is_in_both_lists_as_each_of_them_knows_the_child() -> None:
    lists = lists_of(made_up_context())
    ours, theirs = lists["330"][0], lists["331"][0]
    assert (ours["child_first_name"], theirs["child_first_name"]) == ("Dora", "Dorah")
    assert (ours["case_status"], theirs["case_status"]) == ("CIN", "CP")
    assert ours["match_id"] != theirs["match_id"]


def test_nothing_in_one_list_tells_of_the_other_authority() -> None:
    ours = lists_of(made_up_context())["330"]
    seen = texts_of(ours)
    assert not any(word in seen for word in ("331", "K1", "Dorah", "AD7"))
    assert "recorded" not in ours[0]["evidence_summary"].replace("prison records", "")
    assert ours[0]["relationship_basis"] == "declared_prison"


def test_a_child_held_twice_by_one_authority_is_one_row_that_names_both_ids() -> None:
    row = lists_of(made_up_context())["330"][0]
    assert (row["child_person_id"], row["other_child_person_ids"]) == ("C1", "C9")


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        ({"match_band": "match"}, True),
        ({"match_band": "potential"}, True),
        ({"match_band": "low"}, False),
        ({"judgement": "not parent"}, False),
        ({"judgement": "parent"}, True),
        ({"judgement": "unsure"}, True),
    ],
    ids=[
        "a match is listed", "a potential link is listed", "a low link is not listed",
        "a link that a reviewer refused is not listed",
        "a link that a reviewer confirmed is listed",
        "a link that a reviewer left open is listed",
    ],
)  # fmt: skip
def test_which_links_are_listed(changes: dict[str, Any], is_listed: bool) -> None:
    lists = lists_of(with_link(BETH, EVAN, **changes))
    rows = [row for row in lists["330"] if row["child_person_id"] == "C2"]
    assert bool(rows) is is_listed


def test_a_person_of_eighteen_or_over_is_on_no_list() -> None:
    assert "C4" not in texts_of(lists_of(made_up_context())["330"])


def test_no_list_has_an_address_a_postcode_or_an_offence() -> None:
    names = " ".join(MATCHED_CHILDREN.column_names)
    assert not any(word in names for word in ("address", "postcode", "offence", "sentence", "pnc"))
    seen = "".join(texts_of(rows) for rows in lists_of(made_up_context()).values())
    assert not any(place in seen for place in HIDDEN)


def test_no_list_has_a_person_id_of_ours() -> None:
    seen = "".join(texts_of(rows) for rows in lists_of(made_up_context()).values())
    assert not any(word in seen for word in (ADAM, BETH, DORA, EVAN))


def test_a_restricted_record_is_withheld_unless_the_setting_says_flag() -> None:
    withheld = lists_of(made_up_context())
    assert "Carl" not in texts_of(withheld["331"])
    flagged = lists_of(made_up_context(limited_access="flag"))
    carl = next(row for row in flagged["331"] if row["parent_first_name"] == "Carl")
    assert carl["is_limited_access"]


def test_contact_is_flagged_where_prison_or_authority_restricts_it() -> None:
    lists = lists_of(made_up_context(limited_access="flag"))
    flags = {
        row["child_person_id"]: row["has_contact_restriction"]
        for rows in lists.values()
        for row in rows
    }
    # Adam's alert is active; Beth's is not; the authority restricts Carl with Finn.
    assert flags == {"C1": True, "K1": True, "C2": False, "K3": True}


@pytest.mark.parametrize(
    ("code", "end_date", "is_flagged"),
    [
        ("RCHD", None, True),
        ("RCHD", date(2027, 1, 1), True),
        ("RCHD", date(2026, 1, 1), False),
        ("ADVP", None, False),
    ],
    ids=["open", "ends later", "has ended", "not about children"],
)
def test_a_registered_risk_to_children_is_flagged(
    code: str, end_date: date | None, is_flagged: bool
) -> None:
    quiet = {"prison/prisoner_alerts": made_up_context().tables["prison/prisoner_alerts"].slice(1)}
    registered = table("crn code start_date end_date", ("X1", code, date(2025, 1, 1), end_date))
    context = changed(made_up_context(), **quiet, **{"probation/registrations": registered})
    assert lists_of(context)["330"][0]["has_contact_restriction"] is is_flagged


def test_a_contact_that_the_prison_restricts_is_flagged_for_that_child() -> None:
    quiet = {"prison/prisoner_alerts": made_up_context().tables["prison/prisoner_alerts"].slice(1)}
    context = changed(made_up_context(), **quiet)
    assert not lists_of(context)["330"][0]["has_contact_restriction"]
    stated = [{"subject_mention_id": 4, "object_mention_id": 0, "relationship": "child",
               "is_restricted": True}]  # fmt: skip
    context = changed(context, relationships=rows_of(RELATIONSHIP_TABLE, stated))
    assert lists_of(context)["330"][0]["has_contact_restriction"]


@pytest.mark.parametrize(
    ("detail", "shown"), [("name", "Birmingham"), ("region", "West Midlands"), ("none", None)]
)
def test_the_prison_is_shown_as_the_agreement_says(detail: str, shown: str | None) -> None:
    row = lists_of(made_up_context(establishment_detail=detail))["330"][0]
    assert row["establishment"] == shown or shown in row["establishment"]


def test_every_row_says_why_it_is_shared_and_leaves_the_decision_to_a_person() -> None:
    for row in lists_of(made_up_context(purpose="a purpose", legal_gateway="a law"))["330"]:
        assert (row["purpose"], row["legal_gateway"]) == ("a purpose", "a law")
        assert [row[name] for name in ("decision", "decided_by", "decided_on")] == [None] * 3
        assert row["evidence_summary"].endswith(".")


def test_a_parent_is_printed_as_persons_has_the_parent() -> None:
    context = made_up_context()
    rows = context.tables["persons"].to_pylist()
    adam = next(row for row in rows if row["person_id"] == ADAM)
    adam |= {"given_name": "ADAMO", "surname": "FELLE", "date_of_birth": "1985-05-06"}
    row = lists_of(changed(context, persons=rows_of(PERSONS, rows)))["330"][0]
    printed = [row[f"parent_{name}"] for name in ("first_name", "last_name", "date_of_birth")]
    assert printed == ["Adamo", "Felle", "1985-05-06"]


def test_an_authority_without_matches_gets_an_empty_list() -> None:
    context = changed(made_up_context(), family_links=FAMILY_LINKS.empty())
    assert lists_of(context) == {"330": [], "331": []}


def test_a_row_keeps_its_id_from_run_to_run() -> None:
    first = lists_of(made_up_context())["330"][0]["match_id"]
    again = lists_of(with_link(ADAM, DORA, match_probability=0.96))["330"][0]["match_id"]
    assert first == again


def test_lists_are_tables_of_the_contract() -> None:
    for one in authority_lists(made_up_context()):
        assert one.table.schema.equals(MATCHED_CHILDREN.to_arrow())
        assert isinstance(one.table, pa.Table)
