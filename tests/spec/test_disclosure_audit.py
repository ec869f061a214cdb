"""A staged run that would tell the wrong reader something is never published."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from publication import DORA, NAMES, made_up_context

from pipeline.contracts import outputs
from pipeline.contracts.schema import Column, Sensitivity
from pipeline.publish import audit_run, build_datasets
from pipeline.publish.audit import personal_columns
from pipeline.store import RunStore


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """A staged run as it should be."""
    staging = RunStore(tmp_path).stage("2026-09-30-0123456789ab")
    for dataset in build_datasets(made_up_context()):
        staging.write(dataset.contract, dataset.table, dataset.partition)
    return staging.path


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)


def replaced(table: pa.Table, column: str, value: str) -> pa.Table:
    """The first row's value of a column replaced."""
    values = table[column].to_pylist()
    place = table.column_names.index(column)
    return table.set_column(place, column, pa.array([value, *values[1:]], table[column].type))


def list_of(folder: Path, code: str) -> Path:
    return folder / "authority_lists" / f"recipient={code}" / "matched_children.parquet"


def test_a_run_as_it_should_be_passes(staged: Path) -> None:
    assert list(audit_run(staged)) == []


def test_a_row_of_another_authority_is_found(staged: Path) -> None:
    rewrite(list_of(staged, "330"), lambda t: replaced(t, "authority_code", "331"))
    assert list(audit_run(staged)) == ["the list of authority 330 holds 1 rows of others"]


def test_a_row_relabelled_as_the_authority_s_own_is_found_by_the_child(staged: Path) -> None:
    rewrite(list_of(staged, "330"), lambda t: replaced(t, "child_person_id", "K1"))
    assert list(audit_run(staged)) == [
        "the list of authority 330 names 1 children it does not hold"
    ]


def test_a_list_in_the_wrong_folder_is_found(staged: Path) -> None:
    list_of(staged, "331").write_bytes(list_of(staged, "330").read_bytes())
    assert len(list(audit_run(staged))) == 2


def test_a_person_id_in_an_analyst_s_dataset_is_found(staged: Path) -> None:
    rewrite(staged / "children.parquet", lambda t: replaced(t, "child_key", DORA))
    assert list(audit_run(staged)) == [
        "dataset 'children', column 'child_key': 1 person ids in the clear"
    ]


def test_a_lost_link_is_found(staged: Path) -> None:
    rewrite(staged / "linked_families.parquet", lambda t: t.slice(1))
    assert list(audit_run(staged)) == ["family_links has 5 rows, linked_families 4"]


def test_a_missing_dataset_is_found(staged: Path) -> None:
    (staged / "quality.parquet").unlink()
    assert list(audit_run(staged)) == ["dataset 'quality' was not written"]


def test_a_list_without_its_csv_is_found(staged: Path) -> None:
    list_of(staged, "330").with_suffix(".csv").unlink()
    assert list(audit_run(staged)) == ["the list of authority 330 has no CSV"]


@pytest.mark.parametrize("sensitivity", [Sensitivity.PERSONAL, Sensitivity.IDENTIFIER])
def test_a_column_that_tells_of_one_person_cannot_be_added_for_analysts(
    sensitivity: Sensitivity,
) -> None:
    column = Column("child_first_name", pa.string(), "A name.", sensitivity=sensitivity)
    widened = dataclasses.replace(outputs.CHILDREN, columns=(*outputs.CHILDREN.columns, column))
    assert list(personal_columns(widened)) == [
        "dataset 'children' for analysts has the column 'child_first_name'"
    ]


def test_what_the_audit_says_names_nobody(staged: Path) -> None:
    rewrite(list_of(staged, "330"), lambda t: replaced(t, "child_person_id", "Dora Fell"))
    rewrite(staged / "children.parquet", lambda t: replaced(t, "child_key", DORA))
    said = " ".join(audit_run(staged)).lower()
    assert not any(name in said for name in NAMES if name != "dora")
    assert DORA.lower() not in said
    assert "dora fell" not in said


def test_a_csv_opens_in_a_spreadsheet_without_running(staged: Path) -> None:
    text = list_of(staged, "330").with_suffix(".csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert b",'=Evan," in text
