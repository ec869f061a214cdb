"""What an analyst may read, and what must never leave the room where people have names."""

from __future__ import annotations

import json

import pyarrow as pa
from publication import BIRTHS, HIDDEN, NAMES, PERSON_OF, made_up_context

from pipeline.contracts.outputs import ANALYST_CONTRACTS
from pipeline.contracts.schema import Sensitivity
from pipeline.publish import build_datasets
from pipeline.publish.context import Context

ANALYST_NAMES = {contract.name for contract in ANALYST_CONTRACTS}


def analyst_tables(context: Context) -> dict[str, pa.Table]:
    """Every dataset that an analyst reads."""
    made = build_datasets(context)
    return {d.contract.name: d.table for d in made if d.contract.name in ANALYST_NAMES}


def test_analysts_get_four_datasets() -> None:
    assert set(analyst_tables(made_up_context())) == {
        "linked_families", "children", "declared_children", "quality",
    }  # fmt: skip


def test_no_name_birth_date_address_or_record_id_is_in_any_of_them() -> None:
    secrets = (
        *NAMES, *BIRTHS, *HIDDEN, "A1\"", "X3", "\"C1\"", "K1",
        *(person_id.lower() for _, person_id, _ in PERSON_OF),
    )  # fmt: skip
    for name, table in analyst_tables(made_up_context()).items():
        text = json.dumps(table.to_pylist(), default=str).lower()
        found = [secret for secret in secrets if secret.lower() in text]
        assert found == [], f"{name} holds {len(found)} secrets"


def test_no_column_of_theirs_names_or_describes_one_person() -> None:
    for contract in ANALYST_CONTRACTS:
        for column in contract.columns:
            assert column.sensitivity is not Sensitivity.PERSONAL, column.name
            if column.sensitivity is Sensitivity.IDENTIFIER:
                assert column.name.endswith("_key"), column.name


def test_the_same_child_has_one_key_in_every_dataset_of_one_run() -> None:
    tables = analyst_tables(made_up_context())
    linked = set(tables["linked_families"]["child_key"].to_pylist())
    children = set(tables["children"]["child_key"].to_pylist())
    assert len(linked & children) == 3  # Dora, Evan, Finn; Hugh is 19, Gwen is not linked


def test_the_key_of_an_analyst_is_no_row_id_of_an_authority() -> None:
    keys, row_ids = set(), set()
    for dataset in build_datasets(made_up_context()):
        if dataset.contract.name in ANALYST_NAMES - {"quality"}:
            columns = [n for n in dataset.table.column_names if n.endswith("_key")]
            keys |= {key for name in columns for key in dataset.table[name].to_pylist()}
        elif dataset.partition:
            row_ids |= set(dataset.table["match_id"].to_pylist())
    assert keys
    assert row_ids
    assert not keys & row_ids
