"""Protected persons and adopted children: who is removed, with what, and what can be seen of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from extract_files import (
    ADDRESS,
    ADULT,
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

from pipeline.contracts.suppression import SALT_CHECK, keyed_hash, protected_hash
from pipeline.errors import ExtractError, SettingsError

SALT = "a salt for tests"
SOURCES = '[suppression]\nsalt_file = "protected.salt"\n'


def write(folder: Path, tables: dict[str, Any], *identifiers: tuple[str, str]) -> Path:
    """Extracts with a list of protected persons beside them."""
    hashes = [{"identifier_hash": protected_hash(*one, SALT)} for one in identifiers]
    write_tables(folder, {**tables, "protected_persons": hashes})
    (folder / "protected.salt").write_text(SALT + "\n")
    (folder / "sources.toml").write_text(SOURCES)
    return folder


def family() -> dict[str, Any]:
    """The plain family, with every kind of row that can belong to its prisoner."""
    visit = {"visit_id": "V1", "prisoner_number": "A1001AA", "visit_date": "2026-09-01",
             "visit_type": "SCON", "status": "NORM"}  # fmt: skip
    return {
        **plain_tables(),
        "prison/prisoners": [{**PRISONER, "pnc_number": "2012/0394773H"}, OTHER_PRISONER],
        "prison/prisoner_aliases": [{"prisoner_number": "A1001AA", "last_name": "Quill",
                                     "name_type": "A"}],
        "prison/prisoner_addresses": [{"prisoner_number": "A1001AA", "usage": "HOME"}],
        "prison/custody_periods": [{"prisoner_number": "A1001AA", "start_date": "2026-01-01",
                                    "prison_id": "BMI"}],
        "prison/visits": [visit, {**visit, "visit_id": "V2", "prisoner_number": "A1002AA"}],
        "prison/visit_visitors": [{"visit_id": "V1", "contact_id": "", "outcome": "ATT"},
                                  {"visit_id": "V2", "contact_id": "901", "outcome": "ATT"},
                                  {"visit_id": "V2", "contact_id": "", "outcome": "ATT"}],
        "probation/offenders": [OFFENDER, {**OFFENDER, "crn": "X2", "prisoner_number": ""}],
        "probation/assessed_children": [{"crn": "X100001", "first_name": "Tamsin",
                                         "last_name": "Q"}],
    }  # fmt: skip


IDENTIFIERS = [
    ("prisoner_number", "A1001AA"),
    ("prisoner_number", " a1001-aa "),
    ("pnc_number", "12/394773H"),
    ("crn", "X100001"),
]


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_protected_offender_is_gone_from_every_table_of_both_agencies(
    identifier: tuple[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="pipeline"):
        found = read(write(tmp_path, family(), identifier))
    assert column(found, "prison/prisoners", "prisoner_number") == ["A1002AA"]
    assert column(found, "probation/offenders", "crn") == ["X2"]
    assert column(found, "prison/visits", "visit_id") == ["V2"]
    assert column(found, "prison/visit_visitors", "visit_id") == ["V2", "V2"]
    for table in ("prison/prisoner_aliases", "prison/prisoner_addresses", "prison/custody_periods",
                  "prison/prisoner_contacts", "probation/assessed_children"):  # fmt: skip
        assert found.tables[table].num_rows == 0, table
    said = everything_said(found) + caplog.text
    assert "A1001AA" not in said
    assert "X100001" not in said
    assert quarantined(found) == []


def test_protected_person_leaves_no_trace_in_any_count(tmp_path: Path) -> None:
    identifier = ("prisoner_number", "A1001AA")
    theirs = {"A1001AA", "X100001", "V1"}
    others = {
        name: [row for row in rows if not theirs & set(row.values())]
        for name, rows in family().items()
    }
    with_them = read(write(tmp_path / "a", family(), identifier))
    without = read(write(tmp_path / "b", {k: v for k, v in others.items() if v}, identifier))
    for name, table in without.tables.items():
        assert table.equals(with_them.tables[name]), name
    assert with_them.quarantine.equals(without.quarantine)
    profile = with_them.profile.to_pylist()
    assert all(row in profile for row in without.profile.to_pylist() if row["rows"])
    rows = {item["name"]: item["rows"] for item in with_them.input_facts()}
    assert all(rows[item["name"]] == item["rows"] for item in without.input_facts())


def test_protected_contact_is_gone_and_their_prisoner_stays(tmp_path: Path) -> None:
    found = read(write(tmp_path, family(), ("prison_contact_id", "901")))
    assert found.tables["prison/prisoner_contacts"].num_rows == 0
    assert found.tables["prison/prisoners"].num_rows == 2
    assert column(found, "prison/visit_visitors", "contact_id") == [None, None]


@pytest.mark.parametrize(
    "identifier",
    [("upn", "B801200005001"), ("person_id", "330/C1"), ("nhs_number", "943 476 5919")],
)
def test_protected_child_is_gone_with_their_rows(
    identifier: tuple[str, str], tmp_path: Path
) -> None:
    tables = family()
    tables["childrens_services/330/children"] = [{**CHILD, "nhs_number": "9434765919"}]
    found = read(write(tmp_path, tables, identifier))
    assert column(found, "childrens_services/children", "person_id") == ["D7"]
    for table in ("relationships", "addresses", "episodes"):
        assert found.tables[f"childrens_services/{table}"].num_rows == 0
    assert column(found, "childrens_services/related_adults", "person_id") == ["P1"]
    assert quarantined(found) == []


def test_protected_child_is_known_by_nhs_number_at_another_authority(tmp_path: Path) -> None:
    tables = family()
    tables["childrens_services/330/children"] = [{**CHILD, "nhs_number": "9434765919"}]
    tables["childrens_services/331/children"] = [
        {**CHILD, "person_id": "D7", "upn": "", "nhs_number": "943-476-5919"}, {**CHILD,
         "person_id": "D8", "upn": "", "nhs_number": ""},
    ]  # fmt: skip
    found = read(write(tmp_path, tables, ("upn", "B801200005001")))
    assert column(found, "childrens_services/children", "person_id") == ["D8"]


def test_person_id_protects_at_its_own_authority_alone(tmp_path: Path) -> None:
    tables = family()
    tables["childrens_services/331/children"] = [{**CHILD, "upn": ""}]
    found = read(write(tmp_path, tables, ("person_id", "331/C1")))
    assert column(found, "childrens_services/children", "authority_code") == ["330"]


def test_protected_adult_is_gone_with_relationships_on_either_side(tmp_path: Path) -> None:
    found = read(write(tmp_path, family(), ("person_id", "330/P1")))
    assert found.tables["childrens_services/related_adults"].num_rows == 0
    assert found.tables["childrens_services/relationships"].num_rows == 0
    assert found.tables["childrens_services/children"].num_rows == 2


def test_ragged_row_of_a_protected_person_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path, family(), ("prisoner_number", "A1003AA"))
    header, first = csv_text([PRISONER]).splitlines()
    ragged = "A1003AA,Zebediah"
    (tmp_path / "prison/prisoners.csv").write_text("\n".join([header, first, ragged]) + "\n")
    found = read(tmp_path)
    assert [item for item in quarantined(found) if item[1] == "prisoners"] == []


def test_shared_dummy_number_leads_to_nobody_else(tmp_path: Path) -> None:
    tables = family()
    tables["prison/prisoners"] = [
        {**PRISONER, "prisoner_number": f"A100{place}AA", "cro_number": "000000/00Z"}
        for place in range(1, 9)
    ]
    found = read(write(tmp_path, tables, ("prisoner_number", "A1001AA")))
    assert found.tables["prison/prisoners"].num_rows == 7


def test_without_the_salt_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, family(), ("crn", "X100001"))
    (tmp_path / "protected.salt").unlink()
    monkeypatch.delenv("KINLINK_SUPPRESSION_SALT", raising=False)
    with pytest.raises(SettingsError, match="KINLINK_SUPPRESSION_SALT"):
        read(tmp_path)


def test_salt_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, family(), ("crn", "X100001"))
    (tmp_path / "sources.toml").unlink()
    monkeypatch.setenv("KINLINK_SUPPRESSION_SALT", SALT)
    assert column(read(tmp_path), "probation/offenders", "crn") == ["X2"]


def test_list_of_plain_identifiers_is_refused_and_not_repeated(tmp_path: Path) -> None:
    write(tmp_path, family(), ("crn", "X100001"))
    (tmp_path / "protected_persons.csv").write_text("identifier_hash\nA1001AA\n")
    with pytest.raises(ExtractError, match="1 rows of identifier_hash are no SHA-256") as caught:
        read(tmp_path)
    assert "A1001AA" not in str(caught.value)


def test_list_made_with_another_salt_is_refused(tmp_path: Path) -> None:
    write(tmp_path, family(), ("crn", "X100001"))
    row = {"identifier_hash": protected_hash("crn", "X100001", SALT)}
    for salt, is_right in ((SALT, True), ("another", False)):
        rows = [{**row, "salt_check": keyed_hash(SALT_CHECK, salt.encode())}]
        write_tables(tmp_path, {"protected_persons": rows})
        if is_right:
            assert column(read(tmp_path), "probation/offenders", "crn") == ["X2"]
        else:
            with pytest.raises(ExtractError, match="another salt"):
                read(tmp_path)


def test_identity_of_the_inputs_changes_with_the_list_of_protected_persons(tmp_path: Path) -> None:
    one = read(write(tmp_path / "a", family(), ("crn", "X100001"))).input_facts()
    two = read(write(tmp_path / "b", family(), ("crn", "X2"))).input_facts()
    changed = [x["name"] for x, y in zip(one, two, strict=True) if x["checksum"] != y["checksum"]]
    assert changed == ["ingest_settings"]


ADOPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the record says so": ({"is_adopted": "yes"}, {}),
    "an episode closed with adoption": ({}, {"end_date": "2026-05-01", "closure_reason": "RC1"}),
    "a damaged episode closed with adoption": ({}, {"start_date": "x", "closure_reason": "rc1"}),
    "nobody can read what the record says": ({"is_adopted": "adpted"}, {}),
}


@pytest.mark.parametrize("case", ADOPTIONS)
def test_adopted_child_never_enters_matching(case: str, tmp_path: Path) -> None:
    of_record, of_episode = ADOPTIONS[case]
    tables = plain_tables()
    tables["childrens_services/330/children"] = [
        {**CHILD, **of_record}, {**CHILD, "person_id": "C2", "upn": "", "is_adopted": "no"}
    ]  # fmt: skip
    tables["childrens_services/330/episodes"] = [{**EPISODE, **of_episode}]
    tables["childrens_services/330/relationships"] = [
        RELATIONSHIP, {"person_id": "C2", "related_person_id": "C1", "relationship": "Sibling"}
    ]  # fmt: skip
    tables["childrens_services/330/addresses"] = [ADDRESS, {**ADDRESS, "person_id": "P1"}]
    tables["childrens_services/330/related_adults"] = [ADULT]
    found = read(write_tables(tmp_path, tables))
    assert column(found, "childrens_services/children", "person_id") == ["C2", "D7"]
    assert found.tables["childrens_services/relationships"].num_rows == 0
    assert found.tables["childrens_services/episodes"].num_rows == 0
    assert column(found, "childrens_services/addresses", "person_id") == ["P1"]
    removed = {
        row["table"]: row["rows"]
        for row in found.remarks.to_pylist()
        if row["kind"] == "adopted_removed"
    }
    assert removed == {"children": 1, "relationships": 2, "addresses": 1, "episodes": 1}
    assert_nothing_personal(everything_said(found))


def test_no_chain_of_former_upn_crosses_an_adoption(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["childrens_services/330/children"] = [
        {**CHILD, "upn": "A950000178301", "former_upn": "H243278544154", "is_adopted": "true"}
    ]
    tables["childrens_services/331/children"] = [
        {**CHILD, "person_id": "after", "upn": "B801200005001", "former_upn": "A9500 0017 8301"},
        {**CHILD, "person_id": "before", "upn": "h243278544154", "former_upn": "X1"},
        {**CHILD, "person_id": "other", "upn": "Y1", "former_upn": "Y2"},
    ]
    del tables["childrens_services/330/relationships"]
    found = read(write_tables(tmp_path, tables))
    former = dict(zip(column(found, "childrens_services/children", "person_id"),
                      column(found, "childrens_services/children", "former_upn"),
                      strict=True))  # fmt: skip
    assert former == {"after": None, "before": None, "other": "Y2"}
    cut = [row["rows"] for row in found.remarks.to_pylist() if row["kind"] == "former_upn_removed"]
    assert cut == [2]


def test_contact_of_a_protected_child_stays_where_no_number_joins_them(tmp_path: Path) -> None:
    found = read(write(tmp_path, family(), ("upn", "B801200005001")))
    assert column(found, "prison/prisoner_contacts", "contact_id") == [CONTACT["contact_id"]]
