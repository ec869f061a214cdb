"""Dates: precision, dummies, ages that a role allows, and fills told by their excess."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipeline.standardise.dates import (
    OF_CHILDREN,
    OF_OFFENDERS,
    birth_dates,
    future_dates,
    iso_date,
    plain_dates,
    without_fills,
    years_before,
)

AS_OF = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-03-04", "2015-03-04"),
        ("2015-3-4", "2015-03-04"),
        ("2015-03-04T00:00:00", "2015-03-04"),
        ("2015-03", "2015-03"),
        ("2015-03-00", "2015-03"),
        ("2015", "2015"),
        ("2015-00-00", "2015"),
        ("1900-01-01", None),
        ("1970-01-01", None),
        ("2015-02-30", None),
        ("2015-13", None),
        ("2026-09-30", "2026-09-30"),
        ("2026-10-01", None),
        ("2026-10", None),
        ("2027", None),
        ("not known", None),
        ("", None),
    ],
)
def test_a_birth_date_keeps_its_precision_or_is_null(text: str, expected: str | None) -> None:
    assert iso_date(text, date(1915, 1, 1), AS_OF) == expected


def test_arrow_dates_are_read_like_text() -> None:
    column = pa.array([date(2015, 3, 4), None], pa.date32())
    assert birth_dates(column, AS_OF).to_pylist() == ["2015-03-04", None]


def test_nobody_offends_before_ten() -> None:
    column = pa.array(["2016-09-30", "2016-10-01"])
    assert birth_dates(column, AS_OF, OF_OFFENDERS).to_pylist() == ["2016-09-30", None]


def test_a_child_over_thirty_has_a_wrong_year() -> None:
    column = pa.array(["1995-10-01", "1995-09-29"])
    assert birth_dates(column, AS_OF, OF_CHILDREN).to_pylist() == ["1995-10-01", None]


def test_an_address_may_end_in_the_future() -> None:
    assert plain_dates(pa.array(["2027-01-31"])).to_pylist() == ["2027-01-31"]


def test_a_birth_ahead_is_an_expected_birth_within_a_year() -> None:
    column = pa.array(["2026-12-01", "2026-09-30", "2030-01-01", None])
    assert future_dates(column, AS_OF).to_pylist() == ["2026-12-01", None, None, None]


def test_a_leap_day_has_no_anniversary_in_other_years() -> None:
    assert years_before(date(2024, 2, 29), 10) == date(2014, 2, 28)


def _births(n_dates: int, n_fills: int, fill: str) -> pa.Array:
    """Evenly spread dates, some of them filled in."""
    days = np.datetime64("1980-01-01") + np.arange(n_dates) * 3
    dates = days.astype(str).astype(object)
    dates[:n_fills] = fill
    return pa.array(dates, pa.string())


def test_first_of_january_is_a_year_where_a_source_fills_it_in() -> None:
    dates = _births(3000, 100, "1985-01-01")
    cut = without_fills(dates, pa.array(["x"] * 3000), False).to_pylist()
    # A true birthday on that day goes with the fills; every other date stays.
    expected = [t[:4] if t.endswith("-01-01") else t for t in dates.to_pylist()]
    assert cut == expected
    assert cut[:100] == ["1985"] * 100


def test_first_of_january_stays_where_chance_explains_it() -> None:
    dates = _births(3000, 0, "")
    assert without_fills(dates, pa.array(["x"] * 3000), False).equals(dates)


def test_the_fifteenth_is_a_month_only_where_most_are_fills() -> None:
    few, many = _births(3000, 30, "2010-06-15"), _births(3000, 400, "2010-06-15")
    source = pa.array(["x"] * 3000)
    assert without_fills(few, source, True).equals(few)
    assert without_fills(many, source, True)[0].as_py() == "2010-06"
    assert without_fills(many, source, False)[0].as_py() == "2010-06-15"


def test_each_source_is_judged_by_itself() -> None:
    filled, honest = _births(3000, 100, "1985-01-01"), _births(3000, 1, "1985-01-01")
    dates = pa.concat_arrays([filled, honest])
    sources = pa.array(["330"] * 3000 + ["331"] * 3000)
    cut = without_fills(dates, sources, False)
    assert (cut[0].as_py(), cut[3000].as_py()) == ("1985", "1985-01-01")


def test_a_few_dates_prove_nothing() -> None:
    dates = pa.array(["1985-01-01", "1985-01-01", "1990-05-05"])
    assert without_fills(dates, pa.array(["x"] * 3), False).equals(dates)


def test_no_dates_are_no_trouble() -> None:
    assert len(without_fills(pa.nulls(0, pa.string()), pa.nulls(0, pa.string()), True)) == 0
