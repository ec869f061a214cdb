"""Straight lines between homes and prisons, and what is too secret to measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from publication import AS_OF, made_up_context, rows_of, table

from pipeline.contracts.stages import MENTION_ADDRESSES
from pipeline.errors import SettingsError
from pipeline.publish import RunTables
from pipeline.publish.places import homes, read_reference, straight_miles, whole

PEOPLE = pd.DataFrame({"mention_id": [0], "person_id": [0]})
DIRECTORY = table(
    "postcode authority_code latitude longitude",
    ("B1 1AA", "330", 52.0, -1.0), ("B2 2BB", "330", 53.0, -2.0),
)  # fmt: skip


def places(*rows: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["latitude", "longitude"])


def test_a_degree_of_latitude_is_sixty_nine_miles() -> None:
    miles = straight_miles(places((52.0, -1.0)), places((53.0, -1.0)))
    assert miles[0] == pytest.approx(3958.8 * 3.14159265 / 180, rel=1e-6)


def test_london_to_edinburgh_is_three_hundred_and_thirty_two_miles() -> None:
    miles = straight_miles(places((51.5074, -0.1278)), places((55.9533, -3.1883)))
    assert miles[0] == pytest.approx(332, abs=1)


def test_an_unknown_place_has_no_distance() -> None:
    assert whole(straight_miles(places((float("nan"), 0)), places((52, 0)))).isna().all()


def home_of(*addresses: dict[str, Any]) -> list[float]:
    rows = [{"mention_id": 0, "kind": "home", **address} for address in addresses]
    tables = RunTables({
        "mention_addresses": rows_of(MENTION_ADDRESSES, rows), "postcode_directory": DIRECTORY
    })  # fmt: skip
    return homes(tables, PEOPLE, ("home",), AS_OF)["latitude"].to_list()


@pytest.mark.parametrize(
    ("addresses", "latitude"),
    [
        ([{"postcode": "B1 1AA"}], [52.0]),
        ([{"postcode": "B1 1AA", "end_date": "2020-01-01"}, {"postcode": "B2 2BB"}], [53.0]),
        ([{"postcode": "B1 1AA", "end_date": "2020-01-01"}], [52.0]),
        ([{"postcode": "B1 1AA", "start_date": "2024-01-01"},
          {"postcode": "B2 2BB", "start_date": "2025-01-01"}], [53.0]),
        ([{"postcode": "B1 1AA", "is_primary": True}, {"postcode": "B2 2BB"}], [52.0]),
        ([{"postcode": "B1 1AA", "kind": "excluded"}], []),
        ([{"postcode": None}], []),
        ([{"postcode": "ZZ9 9ZZ"}], []),
        ([{"postcode": "B1 1AA"}, {"postcode": "B2 2BB", "is_confidential": True}], []),
        ([{"postcode": "B1 1AA"}, {"postcode": "B2 2BB", "kind": "refuge"}], []),
        ([{"postcode": "B1 1AA"},
          {"postcode": "B2 2BB", "is_confidential": True, "end_date": "2020-01-01"}], [52.0]),
    ],
    ids=[
        "a home", "current before past", "past where nothing is current", "later before earlier",
        "main before other", "a prison is no home", "no postcode", "postcode not in the directory",
        "a confidential address hides every home", "a refuge hides every home",
        "an ended confidential address hides nothing",
    ],
)  # fmt: skip
def test_which_address_is_home(addresses: list[dict[str, Any]], latitude: list[float]) -> None:
    assert home_of(*addresses) == latitude


def test_reference_tables_that_come_with_kinlink_have_prisons_and_authorities() -> None:
    reference = made_up_context().reference
    assert reference.prisons.at["BMI", "region"] == "West Midlands"
    assert reference.authorities.at["330", "name"] == "Birmingham"


def test_a_missing_reference_table_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"prisons\.csv"):
        read_reference(tmp_path)
