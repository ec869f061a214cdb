"""The input contracts, and what is made of them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from pipeline.contracts.dictionary import data_dictionary
from pipeline.contracts.inputs import INPUTS, OWNERS, READ_WHEN_MISSING, as_read, is_needed
from pipeline.contracts.intake import QUARANTINE
from pipeline.contracts.schema import Sensitivity
from pipeline.contracts.suppression import canonical, protected_hash
from pipeline.contracts.validate import REASONS, Rules, validate

AS_OF = date(2026, 9, 30)


@pytest.mark.parametrize("name", INPUTS)
def test_every_column_says_what_it_is(name: str) -> None:
    contract = INPUTS[name]
    assert contract.description
    assert len(set(contract.column_names)) == len(contract.column_names)
    assert set(contract.sort_by) <= set(contract.column_names)
    for column in contract.columns:
        assert column.description
        assert column.is_required or column.is_nullable


def test_names_dates_of_birth_and_addresses_are_personal() -> None:
    personal = {"first_name", "middle_names", "last_name", "date_of_birth", "address", "postcode"}
    for name, contract in INPUTS.items():
        for column in contract.columns:
            if column.name in personal and name != "postcode_directory":
                assert column.sensitivity is Sensitivity.PERSONAL, (name, column.name)


def test_owners_come_before_what_they_own() -> None:
    order = list(INPUTS)
    for name, columns in OWNERS.items():
        for column, owners in columns.items():
            assert is_needed(INPUTS[name][column])
            assert all(order.index(owner) < order.index(name) for owner in owners)


def test_assumed_values_are_for_columns_that_should_be_filled() -> None:
    for name, column in READ_WHEN_MISSING:
        assert not INPUTS[name][column].is_nullable


def test_table_of_authorities_once_read_begins_with_the_authority() -> None:
    contract = as_read(INPUTS["childrens_services/children"])
    assert contract.column_names[0] == "authority_code"
    assert contract.key == ("authority_code", "person_id")
    assert contract["sex"].is_nullable
    assert not contract["person_id"].is_nullable


def test_every_problem_of_one_row_is_told() -> None:
    table = pa.table({
        "crn": ["X1"], "first_name": ["A"], "last_name": [" "], "date_of_birth": ["2030-01-01"],
        "is_limited_access": ["who knows"],
    })  # fmt: skip
    found = validate(table, INPUTS["probation/offenders"], Rules(AS_OF))
    assert [(p.reason, p.column, p.consequence) for p in found.problems] == [
        ("value_missing", "last_name", "none"),
        ("date_in_future", "date_of_birth", "value"),
        ("type_invalid", "is_limited_access", "none"),
    ]
    row = found.table.to_pylist()[0]
    assert row["is_limited_access"] is True  # the reading that shows less
    assert row["date_of_birth"] is None
    assert row["pnc_number"] is None


def test_end_of_never_is_no_end() -> None:
    table = pa.table({"crn": ["X1"], "start_date": ["2020-01-01"], "end_date": ["9999-12-31"],
                      "order_type": ["COMMUNITY"]})  # fmt: skip
    found = validate(table, INPUTS["probation/supervision_periods"], Rules(AS_OF))
    assert found.problems == ()
    assert found.table["end_date"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("born", "is_ahead"),
    [("2026", False), ("2026-09", False), ("2026-09-30", False), ("2026-10-01", True),
     ("2026-10", True), ("2027", True)],
)  # fmt: skip
def test_partial_date_is_ahead_only_if_all_of_it_is(born: str, is_ahead: bool) -> None:
    table = pa.table({"person_id": ["C1"], "date_of_birth": [born], "sex": ["F"]})
    found = validate(table, INPUTS["childrens_services/children"], Rules(AS_OF))
    assert [p.reason for p in found.problems] == ["date_in_future"] * is_ahead


def test_hash_of_a_protected_person_is_the_documented_one() -> None:
    # printf 'prisoner_number:A1234BC' | openssl dgst -sha256 -hmac salt
    expected = "a21897b9a33e275c53169367e76915d8c94d8e868171abce69cad2522d92dbd8"
    assert protected_hash("prisoner_number", " a1234-bc", "salt") == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("pnc_number", "12/394773H", "2012/0394773H"),
        ("pnc_number", "79/163001B", "1979/0163001B"),
        ("pnc_number", "2008/56560Z", "2008/0056560Z"),
        ("pnc_number", "illegible", "ILLEGIBLE"),
        ("cro_number", "029906/12J", "29906/12J"),
        ("cro_number", "SF05/00482703J", "SF05/482703J"),
        ("nhs_number", "943 476 5919", "9434765919"),
        ("person_id", " 330/a-1 ", "330/a-1"),
    ],
)
def test_one_spelling_of_an_identifier(kind: str, value: str, expected: str) -> None:
    assert canonical(kind, value) == expected


def test_dictionary_names_every_input_column_reason_and_stage_table() -> None:
    text = data_dictionary()
    for name, contract in INPUTS.items():
        section = text.split(f"\n### {name}\n")[1].split("\n### ")[0]
        for column in contract.columns:
            assert f" {column.name} |" in section or f"**{column.name}** |" in section
    assert all(f"`{reason}`" in text for reason in REASONS)
    for name in ("mentions", "mention_persons", QUARANTINE.name, "run_manifest"):
        assert f"\n### {name}\n" in text
    assert data_dictionary() == text
