"""How made-up suppliers write: words, encodings, and bytes that never change."""

from __future__ import annotations

import csv
import gzip
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.synthetic.suppliers import (
    CODES,
    PAIRED_LABELS,
    PROBATION,
    ROLES,
    Supplier,
    write_source,
)
from pipeline.synthetic.world import Holdings

NOTHING = pd.DataFrame()


def ties() -> pd.DataFrame:
    """A mother, a step-father and a brother of one child."""
    return pd.DataFrame({
        "person_id": ["11", "11", "12"],
        "related_person_id": ["90", "91", "11"],
        "relationship": ["mother", "step_father", "sibling"],
        "related_sex": ["F", "M", "M"],
        "child_sex": ["M", "F", "M"],
    })  # fmt: skip


def holdings(**tables: pd.DataFrame) -> Holdings:
    return Holdings("probation", tables, NOTHING, NOTHING)


def test_paired_labels_name_the_adult_first() -> None:
    written = PAIRED_LABELS.words(ties())
    assert written["relationship"].tolist() == [
        "Mother : Son", "Step Father : Step Daughter", "Sibling : Sibling",
    ]  # fmt: skip
    assert written["person_id"].tolist() == ["90", "91", "11"]
    assert written["related_person_id"].tolist() == ["11", "11", "12"]


def test_codes_and_roles_stand_on_the_childs_row() -> None:
    assert CODES.words(ties())["relationship"].tolist() == ["CHI", "SCH", "SIB"]
    assert ROLES.words(ties())["relationship"].tolist() == ["Mother", "Step Father", "Sibling"]
    assert CODES.words(ties())["person_id"].tolist() == ["11", "11", "12"]


def test_text_is_written_in_the_suppliers_dates_flags_and_encoding(tmp_path: Path) -> None:
    table = pd.DataFrame({
        "crn": ["X000002", "X000001"],
        "last_name": ["Łuczak", "Núñez"],
        "date_of_birth": ["1987-03-09", "2015-03"],
        "start_date": pd.to_datetime(["2026-01-02", None]).to_numpy(),
        "is_limited_access": [True, False],
    })  # fmt: skip
    write_source(tmp_path, holdings(orders=table), PROBATION, date(2026, 9, 30))
    content = gzip.decompress((tmp_path / "probation" / "orders.csv.gz").read_bytes())
    lines = content.decode("cp1252").splitlines()
    assert list(csv.reader(lines, delimiter="|")) == [
        ["crn", "last_name", "date_of_birth", "start_date", "is_limited_access"],
        ["X000001", "Núñez", "2015-03", "", "0"],
        ["X000002", "Luczak", "09/03/1987", "02/01/2026", "1"],
    ]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.zip", ".parquet"])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    supplier: Supplier = replace(PROBATION, suffix=suffix)
    for folder in ("one", "two"):
        write_source(tmp_path / folder, holdings(relationships=ties()), supplier, date(2026, 9, 30))
    one, two = (
        (tmp_path / folder / "probation" / f"relationships{suffix}").read_bytes()
        for folder in ("one", "two")
    )
    assert one == two


def test_a_zip_holds_one_csv(tmp_path: Path) -> None:
    write_source(tmp_path, holdings(children=ties()), ROLES, date(2026, 9, 30))
    with zipfile.ZipFile(tmp_path / "probation" / "person_children.csv.zip") as archive:
        assert archive.namelist() == ["person_children.csv"]
