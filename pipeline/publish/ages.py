"""Ages at the as-of date from dates of birth that may be partial, and bands of numbers.

In: ISO dates as far as known (`2015`, `2015-03`, `2015-03-04`). Out: whole years, bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Years = npt.NDArray[np.float64]

PARTIAL_DATE = r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$"
MIDDLE_MONTH, MIDDLE_DAY = 7, 15
"""Where a birth of which only the year, or year and month, is known is taken to have been."""


def age_years(dates_of_birth: pd.Series, as_of: date) -> Years:
    """Whole years at the as-of date; null where unknown; partial dates taken at their middle."""
    year, month, day = date_parts(dates_of_birth)
    month = np.where(np.isnan(month), MIDDLE_MONTH, month)
    day = np.where(np.isnan(day), MIDDLE_DAY, day)
    is_before_birthday = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
    years: Years = as_of.year - year - is_before_birthday
    return years


def least_age_years(dates_of_birth: pd.Series, as_of: date) -> Years:
    """Whole years that the person has reached whatever the unknown part of the date is."""
    year, month, day = date_parts(dates_of_birth)
    month = np.where(np.isnan(month), 12, month)
    day = np.where(np.isnan(day), 31, day)
    is_before_birthday = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
    years: Years = as_of.year - year - is_before_birthday
    return years


def date_parts(dates: pd.Series) -> tuple[Years, Years, Years]:
    """Year, month and day as numbers, each null where it is not known."""
    places, distinct = pd.factorize(dates)
    # A null has the place -1: the last of the distinct values, which is kept free for it.
    parts = pd.Series([*distinct, None], dtype="string").str.extract(PARTIAL_DATE)
    year, month, day = (pd.to_numeric(parts[i]).to_numpy(float, na_value=np.nan) for i in range(3))
    return year[places], month[places], day[places]


def bands(values: npt.ArrayLike, starts: Sequence[int]) -> pd.Series:
    """The band of each number, such as `5-9`; null for null and for what is below the first band.

    Args:
        values: ages in years, distances in miles.
        starts: first number of each band, rising.
    """
    numbers = np.asarray(values, dtype=float)
    labels = np.array([*band_labels(starts), None], dtype=object)
    index = np.searchsorted(np.asarray(starts, dtype=float), numbers, side="right") - 1
    is_in_no_band = np.isnan(numbers) | (index < 0)
    return pd.Series(labels[np.where(is_in_no_band, len(labels) - 1, index)], dtype=object)


def band_labels(starts: Sequence[int]) -> list[str]:
    """Names of the bands: `0`, `1-4`, `5+`."""
    ends = [start - 1 for start in starts[1:]]
    closed = [
        str(start) if start == end else f"{start}-{end}"
        for start, end in zip(starts, ends, strict=False)
    ]
    return [*closed, f"{starts[-1]}+"]
