"""Values as suppliers write them, and what they are read as."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.contracts.input_columns import DATE_OF_BIRTH, NUMBER, START_DATE, flag, optional
from pipeline.contracts.values import partial_date, partial_formats, read_column, text_list

DAY_FIRST = "%d/%m/%Y"


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("2015-03-04", None, "2015-03-04"),
        ("2015-03", None, "2015-03"),
        ("2015", None, "2015"),
        ("2015-03-00", None, "2015-03"),
        ("2015-00-00", None, "2015"),
        ("2015-03-04T00:00:00", None, "2015-03-04"),
        ("2015-03-04 10:20:30.000", None, "2015-03-04"),
        ("2015-02-29", None, None),
        ("2016-02-29", None, "2016-02-29"),
        ("2015-13-01", None, None),
        ("0215-03-04", None, None),
        ("04/03/2015", None, None),
        ("04/03/2015", DAY_FIRST, "2015-03-04"),
        ("4/3/2015", DAY_FIRST, "2015-03-04"),
        ("04/03/2015 00:00", DAY_FIRST, "2015-03-04"),
        ("03/2015", DAY_FIRST, "2015-03"),
        ("00/03/2015", DAY_FIRST, "2015-03"),
        ("00/00/2015", DAY_FIRST, "2015"),
        ("2015-03-04", DAY_FIRST, "2015-03-04"),
        ("31/02/2015", DAY_FIRST, None),
        ("12/25/2015", DAY_FIRST, None),
        ("04-Mar-2015", "%d-%b-%Y", "2015-03-04"),
        ("20150304", "%Y%m%d", "2015-03-04"),
        ("04/03/15", "%d/%m/%y", "2015-03-04"),
        ("03/15", "%d/%m/%y", "2015-03"),
        ("soon", DAY_FIRST, None),
    ],
)
def test_date_keeps_its_precision(text: str, date_format: str | None, expected: str | None) -> None:
    assert partial_date(text, partial_formats(date_format)) == expected


@pytest.mark.parametrize("text", ["true", "T", "yes", "Y", "1", "1.0"])
def test_yes_has_many_spellings(text: str) -> None:
    reading = read_column(pa.chunked_array([[text]]), flag("x", ""), None)
    assert reading.values.to_pylist() == [True]


@pytest.mark.parametrize("text", ["FALSE", "f", "No", "n", "0", "0.0"])
def test_no_has_many_spellings(text: str) -> None:
    reading = read_column(pa.chunked_array([[text]]), flag("x", ""), None)
    assert reading.values.to_pylist() == [False]


def test_blank_is_not_recorded_and_nonsense_is_invalid() -> None:
    column = optional("age_years", "", type=NUMBER)
    reading = read_column(pa.chunked_array([["7", " ", None, "x", "nan", "7.5"]]), column, None)
    assert reading.values.to_pylist() == [7.0, None, None, None, None, 7.5]
    assert reading.is_invalid.tolist() == [False, False, False, True, True, False]


def test_number_column_with_nan_reads_nan_as_not_recorded() -> None:
    column = optional("age_years", "", type=NUMBER)
    reading = read_column(pa.chunked_array([pa.array([7.0, float("nan")])]), column, None)
    assert reading.values.to_pylist() == [7.0, None]
    assert not reading.is_invalid.any()


def test_partial_date_is_no_whole_date() -> None:
    raw = pa.chunked_array([["2015-03", "2015-03-04"]])
    assert read_column(raw, START_DATE, None).is_invalid.tolist() == [True, False]
    assert read_column(raw, DATE_OF_BIRTH, None).values.to_pylist() == ["2015-03", "2015-03-04"]


def test_surname_null_is_a_surname() -> None:
    reading = read_column(pa.chunked_array([["Null", "NA"]]), optional("last_name", ""), None)
    assert reading.values.to_pylist() == ["Null", "NA"]


@pytest.mark.parametrize("text", ["1A,3B", "1A; 3B", "1A 3B", '["1A", "3B"]', "1A|3B"])
def test_list_in_text(text: str) -> None:
    assert text_list(text) == ["1A", "3B"]
