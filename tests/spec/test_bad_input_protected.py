"""Protected persons and adopted children: who is removed, with what, and what can be seen of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
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

from pipeline.contracts.suppression import SALT_CHECK, keyed_hash, protected_hash, rows_check
from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest import LastRun

SALT = "a salt for tests"
SOURCES = '[suppression]\nsalt_file = "protected.salt"\n'


def write(folder: Path, tables: dict[str, Any], *identifiers: tuple[str, str]) -> Path:
    """Extracts with a list of protected persons beside them."""
    write_tables(folder, {**tables, "protected_persons": protected_rows(*identifiers)})
    (folder / "protected.salt").write_text(SALT + "\n")
    (folder / "sources.toml").write_text(SOURCES)
    return folder


def protected_rows(*identifiers: tuple[str, str], salt: str = SALT) -> list[dict[str, str]]:
    """A list of protected persons, its check row last."""
    hashes = [protected_hash(*one, salt) for one in identifiers]
    return [{"identifier_hash": one} for one in (*hashes, rows_check(len(hashes), salt))]


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


def cut_at_a_line_end(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def cut_before_the_check_row(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:-2], lines[-1]]))


def header_alone(path: Path) -> None:
    path.write_text("identifier_hash\n")


def nothing_at_all(path: Path) -> None:
    path.write_bytes(b"")


def misnamed(path: Path) -> None:
    path.rename(path.with_name("protected_person.csv"))


def missing(path: Path) -> None:
    path.unlink()


def of_another_salt(path: Path) -> None:
    path.write_text(csv_text(protected_rows(("crn", "X100001"), ("crn", "X9"), salt="another")))


def without_any_check(path: Path) -> None:
    path.write_text(csv_text([{"identifier_hash": protected_hash("crn", "X100001", SALT)}]))


def with_the_salt_checked_alone(path: Path) -> None:
    check = keyed_hash(SALT_CHECK, SALT.encode())
    hashes = [protected_hash("crn", "X100001", SALT)]
    path.write_text(csv_text([{"identifier_hash": one, "salt_check": check} for one in hashes]))


UNRELIABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "its last row is gone": (cut_at_a_line_end, "no check row that fits"),
    "a row before the check row is gone": (cut_before_the_check_row, "no check row that fits"),
    "it has a header alone": (header_alone, "names nobody"),
    "it is empty": (nothing_at_all, "is empty"),
    "it is misnamed": (misnamed, "there is no list of them"),
    "it is missing": (missing, "there is no list of them"),
    "it was made with another salt": (of_another_salt, "no check row that fits"),
    "nothing shows its salt or its end": (without_any_check, "no check row that fits"),
    "nothing shows its end": (with_the_salt_checked_alone, "does not show that it is whole"),
}


@pytest.mark.parametrize("case", UNRELIABLE)
@pytest.mark.parametrize("place", ["beside the extracts", "in the configuration"])
def test_list_that_cannot_be_relied_on_stops_everything(
    case: str, place: str, tmp_path: Path
) -> None:
    damage, reason = UNRELIABLE[case]
    write(tmp_path, family(), ("crn", "X100001"), ("crn", "X9"))
    path, settings = tmp_path / "protected_persons.csv", {}
    if place == "in the configuration":
        (tmp_path / "secure").mkdir()
        (tmp_path / "sources.toml").unlink()
        path = path.rename(tmp_path / "secure" / path.name)
        settings = configured(path, tmp_path / "protected.salt")
    damage(path)
    is_absent = settings and not path.exists()
    with pytest.raises(ExtractError, match="is not there" if is_absent else reason):
        read(tmp_path, **settings)


def configured(path: Path, salt: Path) -> dict[str, Any]:
    """Settings that name a list of protected persons and its salt."""
    return {
        "other": {"protected_persons": str(path)},
        "suppression": {"salt_file": str(salt)},
    }


def test_source_left_out_still_tells_who_is_protected(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tables = family()
    tables["prison/prisoners"] = [{**PRISONER, "pnc_number": "2012/0394773H"}, OTHER_PRISONER]
    write(tmp_path, tables, ("pnc_number", "12/394773H"))
    found = read(tmp_path, without=["prison"])
    assert found.tables["prison/prisoners"].num_rows == 0
    assert column(found, "probation/offenders", "crn") == ["X2"]
    assert "not recognised elsewhere" not in caplog.text
    with (tmp_path / "sources.toml").open("a") as file:
        file.write('[sources.prison]\nformat = "database"\ntables.prisoners.query = "SELECT 1"\n')
    unread = read(tmp_path, without=["prison"])
    assert unread.input_facts()[-1]["checksum"] != found.input_facts()[-1]["checksum"]
    assert "protected persons that only prison would show" in caplog.text


def test_configured_list_protects_a_given_folder_too(tmp_path: Path) -> None:
    write(tmp_path / "secure", {}, ("crn", "X100001"))
    write_tables(tmp_path / "given", family())
    secure = tmp_path / "secure"
    settings = configured(secure / "protected_persons.csv", secure / "protected.salt")
    found = read(tmp_path / "given", **settings)
    assert column(found, "probation/offenders", "crn") == ["X2"]
    assert found.has_protected_persons


def test_configured_list_and_the_folders_own_protect_together(tmp_path: Path) -> None:
    write(tmp_path / "secure", {}, ("crn", "X2"))
    write(tmp_path / "given", family(), ("crn", "X100001"))
    secure = tmp_path / "secure"
    settings = configured(secure / "protected_persons.csv", secure / "protected.salt")
    found = read(tmp_path / "given", **settings)
    assert found.tables["probation/offenders"].num_rows == 0


def test_list_of_the_last_run_must_be_there_again(tmp_path: Path) -> None:
    write_tables(tmp_path, family())
    last = LastRun(has_protected_persons=True)
    with pytest.raises(ExtractError, match="the last published run removed protected persons"):
        read(tmp_path, last=last)
    assert not read(tmp_path).has_protected_persons
    found = read(write(tmp_path, family()), last=last)
    assert found.tables["probation/offenders"].num_rows == 2
    assert found.has_protected_persons


def test_salt_check_and_manifest_stand_in_for_the_check_row(tmp_path: Path) -> None:
    write(tmp_path, family(), ("crn", "X100001"))
    path = tmp_path / "protected_persons.csv"
    for salt, is_right in ((SALT, True), ("another", False)):
        row = {
            "identifier_hash": protected_hash("crn", "X100001", SALT),
            "salt_check": keyed_hash(SALT_CHECK, salt.encode()),
        }
        path.write_text(csv_text([row]))
        (tmp_path / "protected_persons.csv.manifest.json").write_text('{"rows": 1}')
        if is_right:
            assert column(read(tmp_path), "probation/offenders", "crn") == ["X2"]
        else:
            with pytest.raises(ExtractError, match="another salt"):
                read(tmp_path)
    (tmp_path / "protected_persons.csv.manifest.json").write_text('{"rows": 2}')
    with pytest.raises(ExtractError, match="1 rows where 2 were announced"):
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


def test_unreadable_adoption_sets_the_record_aside_and_nothing_else(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["childrens_services/330/children"] = [
        {**CHILD, "is_adopted": "adpted"},
        {**CHILD, "person_id": "C2", "upn": "", "is_adopted": ""},
    ]
    tables["childrens_services/331/children"] = [
        {**CHILD, "person_id": "D7", "upn": "", "former_upn": CHILD["upn"]}
    ]
    found = read(write_tables(tmp_path, tables))
    assert column(found, "childrens_services/children", "person_id") == ["C2", "D7"]
    assert column(found, "childrens_services/children", "former_upn") == [None, None]
    source = "childrens_services/330"
    assert (source, "children", 1, "type_invalid", "is_adopted", "row") in quarantined(found)
    assert (source, "episodes", 1, "foreign_key_missing", "person_id", "row") in quarantined(found)
    kinds = {row["kind"] for row in found.remarks.to_pylist()}
    assert "adopted_removed" not in kinds
    assert_nothing_personal(everything_said(found))


def test_authority_whose_adoptions_cannot_be_read_at_all_holds_the_run(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["childrens_services/330/children"] = [
        {**CHILD, "person_id": f"C{number}", "is_adopted": "unclear"} for number in range(200)
    ]
    with pytest.raises(ExtractError, match="column 'is_adopted': 200 of 200 rows have the same"):
        read(write_tables(tmp_path, tables))
