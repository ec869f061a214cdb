"""Bad rows and values: each is used, or set aside with a reason; none is lost; nothing is told."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from extract_files import (
    CHILD,
    CONTACT,
    EPISODE,
    OFFENDER,
    OTHER_PRISONER,
    PRISONER,
    RELATIONSHIP,
    assert_nothing_personal,
    column,
    csv_text,
    everything_said,
    plain_tables,
    quarantined,
    read,
    write_tables,
)

from pipeline.contracts.suppression import protected_hash, rows_check

PRISON, PEOPLE = "prison/prisoners", "childrens_services/330/children"

Case = tuple[str, list[dict[str, Any]], str, str | None, str]

CASES: dict[str, Case] = {
    "the key is empty": (
        PRISON, [{**PRISONER, "prisoner_number": ""}], "key_missing", "prisoner_number", "row"
    ),
    "a date of birth is no date": (
        PRISON, [{**PRISONER, "date_of_birth": "June"}], "date_invalid", "date_of_birth", "value"
    ),
    "a day does not exist": (
        PRISON, [{**PRISONER, "date_of_birth": "1987-02-30"}], "date_invalid", "date_of_birth",
        "value",
    ),
    "a date of birth lies in the future": (
        PRISON, [{**PRISONER, "date_of_birth": "2031-06-05"}], "date_in_future", "date_of_birth",
        "value",
    ),
    "a partial date of birth lies in the future": (
        PEOPLE, [{**CHILD, "date_of_birth": "2027"}], "date_in_future", "date_of_birth", "value"
    ),
    "a reception lies in the future": (
        PRISON, [{**PRISONER, "reception_date": "2026-10-01"}], "date_in_future",
        "reception_date", "value",
    ),
    "a surname is empty": (
        PRISON, [{**PRISONER, "last_name": "  "}], "value_missing", "last_name", "none"
    ),
    "a sex is empty": (PEOPLE, [{**CHILD, "sex": ""}], "value_assumed", "sex", "none"),
    "an episode begins at no date": (
        "childrens_services/330/episodes", [{**EPISODE, "start_date": "soon"}], "date_invalid",
        "start_date", "value",
    ),
    "a yes or no is neither": (
        "prison/prisoner_contacts", [{**CONTACT, "is_active": "perhaps"}], "type_invalid",
        "is_active", "value",
    ),
    "an age is no number": (
        "probation/assessed_children",
        [{"crn": "X100001", "first_name": "Tamsin", "last_name": "Q", "age_years": "seven"}],
        "type_invalid", "age_years", "value",
    ),
    "a contact belongs to no prisoner": (
        "prison/prisoner_contacts", [{**CONTACT, "prisoner_number": "A9999ZZ"}],
        "foreign_key_missing", "prisoner_number", "row",
    ),
    "a relationship names nobody": (
        "childrens_services/330/relationships", [{**RELATIONSHIP, "related_person_id": "P9"}],
        "foreign_key_missing", "related_person_id", "row",
    ),
    "a relationship word is unknown": (
        "childrens_services/330/relationships", [{**RELATIONSHIP, "relationship": "Blorp"}],
        "relationship_unknown", "relationship", "none",
    ),
    "a relationship code is unknown": (
        "prison/prisoner_contacts", [{**CONTACT, "relationship_code": "XYZ"}],
        "relationship_unknown", "relationship_code", "none",
    ),
    "a value is ten megabytes long": (
        PRISON, [{**PRISONER, "first_name": "Zebediah" * 1_250_000}], "value_too_long",
        "first_name", "row",
    ),
    "a row says again what another says": (
        PRISON, [PRISONER, dict(PRISONER)], "row_repeated", None, "row"
    ),
    "two rows of one key differ": (
        PRISON, [PRISONER, {**PRISONER, "first_name": "Tamsin"}], "key_duplicate", None, "row"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_row_has_its_reason_and_is_not_lost(
    case: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table, bad, reason, where, consequence = CASES[case]
    tables = {**plain_tables(), table: bad}
    with caplog.at_level(logging.DEBUG, logger="pipeline"):
        found = read(write_tables(tmp_path, tables))
    source, _, name = table.rpartition("/")
    own = [item for item in quarantined(found) if item[:2] == (source, name)]
    assert [item[3:] for item in own] == [(reason, where, consequence)]
    used = found.tables[f"{source.partition('/')[0]}/{name}"].to_pylist()
    used = [row for row in used if row.get("authority_code", "330") == "330"]
    assert len(used) == len(bad) - (consequence == "row")
    assert_nothing_personal(everything_said(found) + caplog.text)


def test_row_with_a_bad_value_is_used_without_it(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["probation/offenders"] = [{**OFFENDER, "date_of_birth": "31/02/1987", "last_name": ""}]
    found = read(write_tables(tmp_path, tables))
    assert column(found, "probation/offenders", "crn") == ["X100001"]
    assert column(found, "probation/offenders", "date_of_birth") == [None]
    assert column(found, "probation/offenders", "last_name") == [None]
    assert column(found, "probation/offenders", "first_name") == ["Zebediah"]


def test_row_with_two_faults_is_one_row(tmp_path: Path) -> None:
    nobody = {"person_id": "C9", "related_person_id": "P9", "relationship": "Mother"}
    tables = {**plain_tables(), "childrens_services/330/relationships": [nobody]}
    found = read(write_tables(tmp_path, tables))
    assert [item[4] for item in quarantined(found)] == ["person_id", "related_person_id"]
    assert found.rows_quarantined == 1


def test_unknown_relationship_word_is_kept_as_unknown(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["childrens_services/330/relationships"] = [{**RELATIONSHIP, "relationship": "Blorp"}]
    found = read(write_tables(tmp_path, tables))
    assert column(found, "childrens_services/relationships", "relationship") == ["unknown"]


def test_ragged_rows_are_set_aside_by_number(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    header, first, second = csv_text([PRISONER, OTHER_PRISONER]).splitlines()
    lines = [header, first, "A1003AA,Zebediah", second, second.replace("A1002", "A1004") + ",x,y"]
    (tmp_path / "prison/prisoners.csv").write_text("\n".join(lines) + "\n")
    found = read(tmp_path)
    assert column(found, "prison/prisoners", "prisoner_number") == ["A1001AA", "A1002AA"]
    assert quarantined(found) == [
        ("prison", "prisoners", 2, "ragged_row", None, "row"),
        ("prison", "prisoners", 4, "ragged_row", None, "row"),
    ]
    assert_nothing_personal(everything_said(found))


def test_fuller_of_two_conflicting_rows_is_kept_whatever_their_order(tmp_path: Path) -> None:
    full = {**PRISONER, "pnc_number": "12/394773H"}
    poor = {**PRISONER, "first_name": "Zeb", "pnc_number": ""}
    for place, rows in enumerate([[full, poor], [poor, full]]):
        tables = {**plain_tables(), "prison/prisoners": rows}
        found = read(write_tables(tmp_path / str(place), tables))
        assert column(found, "prison/prisoners", "first_name") == ["Zebediah"]
        assert [item[3] for item in quarantined(found)] == ["key_duplicate"]


def test_same_tables_whatever_the_order_of_their_rows(tmp_path: Path) -> None:
    rows = [
        {**PRISONER, "prisoner_number": f"A{number:04}AA", "first_name": name}
        for number, name in enumerate(["Ann", "Bo", "Cy", "Di", "Ed"] * 4)
    ]
    one = read(write_tables(tmp_path / "a", {**plain_tables(), "prison/prisoners": rows}))
    other = read(write_tables(tmp_path / "b", {**plain_tables(), "prison/prisoners": rows[::-1]}))
    assert one.tables["prison/prisoners"].equals(other.tables["prison/prisoners"])


def test_key_in_the_wrong_column_is_not_repeated(tmp_path: Path) -> None:
    shifted = {**PRISONER, "prisoner_number": "Zebediah Quillfeather", "date_of_birth": "M"}
    found = read(write_tables(tmp_path, {**plain_tables(), "prison/prisoners": [shifted]}))
    own = [row for row in found.quarantine.to_pylist() if row["table"] == "prisoners"]
    assert [(row["reason"], row["record_id"]) for row in own] == [("date_invalid", None)]
    assert_nothing_personal(everything_said(found))


def test_planned_dates_may_lie_ahead(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["prison/prisoners"] = [{**PRISONER, "release_date": "2028-01-01"}]
    tables["prison/visits"] = [{
        "visit_id": "V1", "prisoner_number": "A1001AA", "visit_date": "2026-10-20",
        "visit_type": "SCON", "status": "SCH",
    }]  # fmt: skip
    tables[PEOPLE] = [{**CHILD, "date_of_birth": "", "expected_date_of_birth": "2027-01-15"}]
    found = read(write_tables(tmp_path, tables))
    assert quarantined(found) == []
    assert column(found, "prison/visits", "visit_date")[0].isoformat() == "2026-10-20"


def test_extra_columns_are_ignored_and_reported(tmp_path: Path) -> None:
    tables = {**plain_tables(), "prison/prisoners": [{**PRISONER, "shoe_size": "43"}]}
    found = read(write_tables(tmp_path, tables))
    assert "shoe_size" not in found.tables["prison/prisoners"].column_names
    remarks = [
        row["remark"] for row in found.remarks.to_pylist() if row["kind"] == "column_ignored"
    ]
    assert remarks == ["column 'shoe_size' is not in the contract"]


def test_quarantined_rows_are_kept_as_they_were_sent(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["prison/prisoners"] = [
        PRISONER,
        {**OTHER_PRISONER, "date_of_birth": "June"},
        {**PRISONER, "prisoner_number": ""},
    ]
    write_tables(tmp_path, tables)
    path = tmp_path / "prison/prisoners.csv"
    path.write_text(path.read_text().replace("last_name", "SURNAME", 1) + "A1009AA,Ann\n")
    (tmp_path / "sources.toml").write_text(
        '[sources.prison.tables.prisoners]\ncolumns.last_name = "SURNAME"\n'
    )
    found = read(tmp_path)
    kept = {
        (row["source"], row["table"], row["row_number"]): json.loads(row["row_as_sent"])
        for row in found.quarantined_rows.to_pylist()
    }
    assert sorted(kept) == [("prison", "prisoners", number) for number in (2, 3, 4)]
    assert kept["prison", "prisoners", 2]["date_of_birth"] == "June"
    assert kept["prison", "prisoners", 2]["SURNAME"] == "Marsh"
    assert kept["prison", "prisoners", 4] == ["A1009AA", "Ann"]
    places = {item[:3] for item in quarantined(found) if item[5] in ("row", "value")}
    assert set(kept) == places
    assert_nothing_personal(everything_said(found))


def test_rows_of_adopted_and_protected_people_are_not_among_the_quarantined(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["childrens_services/330/children"] = [
        {**CHILD, "date_of_birth": "soon", "is_adopted": "yes"},
        {**CHILD, "person_id": "C3", "upn": "", "date_of_birth": "later"},
    ]
    hashes = [protected_hash("crn", OFFENDER["crn"], "salt")]
    tables["probation/offenders"] = [
        {**OFFENDER, "date_of_birth": "never"},
        {**OFFENDER, "crn": "X2", "prisoner_number": "", "date_of_birth": "perhaps"},
    ]
    tables["protected_persons"] = [
        {"identifier_hash": one} for one in (*hashes, rows_check(1, "salt"))
    ]
    write_tables(tmp_path, tables)
    (tmp_path / "salt").write_text("salt")
    (tmp_path / "sources.toml").write_text('[suppression]\nsalt_file = "salt"\n')
    sent = "".join(read(tmp_path).quarantined_rows["row_as_sent"].to_pylist())
    assert "later" in sent
    assert "perhaps" in sent
    assert "soon" not in sent
    assert "never" not in sent
