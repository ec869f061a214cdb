"""Ages from partial dates, and bands."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.publish.ages import age_years, band_labels, bands, least_age_years

AS_OF = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("born", "years", "at_least"),
    [
        ("2016-09-30", 10, 10),
        ("2016-10-01", 9, 9),
        ("2016-09", 10, 9),
        ("2016", 10, 9),
        ("2008", 18, 17),
        ("2007", 19, 18),
        ("2027", -1, -2),
    ],
)
def test_age_counts_birthdays(born: str, years: int, at_least: int) -> None:
    dates = pd.Series([born])
    assert age_years(dates, AS_OF).tolist() == [years]
    assert least_age_years(dates, AS_OF).tolist() == [at_least]


def test_no_date_of_birth_gives_no_age() -> None:
    assert np.isnan(age_years(pd.Series([None, "nonsense"]), AS_OF)).all()


def test_bands_hold_their_first_year_and_not_the_next_band_s() -> None:
    starts = (0, 1, 5, 10, 16, 18)
    assert band_labels(starts) == ["0", "1-4", "5-9", "10-15", "16-17", "18+"]
    values = [0, 1, 4, 5, 17, 18, 90, np.nan, -1]
    assert bands(values, starts).to_list() == [
        "0", "1-4", "1-4", "5-9", "16-17", "18+", "18+", None, None,
    ]  # fmt: skip
