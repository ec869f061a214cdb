"""Dates as far as they are known.

In: ISO dates, whole or partial, as text or Arrow dates. Out: the same text with dummies, impossible
and future dates gone, and known fills cut to what they really say. It never guesses a missing part.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.standardise.distinct import Column, map_distinct

DUMMY_DATES = frozenset({"1970-01-01", "1901-01-01", "1900-01-01", "1111-11-11"})
"""Filled in where a system demands a date of birth and the clerk has none."""

OLDEST_YEAR = 1900
FILL_EXCESS = 3.0
"""1 January is taken as a fill when this many times more dates fall on it than chance allows."""

FILL_EXCESS_MID_MONTH = 1.5
"""The same for the 15th, which children's services use by convention for an unknown day."""

FEWEST_DATES_TO_JUDGE = 200
"""Fewer dates than this cannot show a fill: the expected number on 1 January is below one."""


def iso_date(text: str, latest: date) -> str | None:
    """A whole or partial ISO date that can be true, or None.

    Args:
        text: `2015`, `2015-03`, `2015-03-04`, or with a time behind.
        latest: the last day that can be true.
    """
    parts = text[:10].rstrip("-").split("-")
    try:
        numbers = [int(part) for part in parts]
        date(*numbers, *[1] * (3 - len(numbers)))
    except (ValueError, TypeError):
        return None
    whole = "-".join(f"{number:0{4 if i == 0 else 2}}" for i, number in enumerate(numbers))
    is_possible = numbers[0] > OLDEST_YEAR and whole <= latest.isoformat()[: len(whole)]
    return whole if is_possible and whole not in DUMMY_DATES else None


def birth_dates(column: Column, as_of: date) -> pa.Array:
    """Dates of birth: dummies and dates after `as_of` become null."""
    return map_distinct(column, lambda text: iso_date(text, as_of))


def plain_dates(column: Column) -> pa.Array:
    """Other dates (addresses, episodes, expected births), which may lie in the future."""
    return map_distinct(column, lambda text: iso_date(text, date(2200, 1, 1)))


def without_fills(dates: pa.Array, has_mid_month_convention: bool) -> pa.Array:
    """Fills cut to what they say: 1 January to the year, the 15th to the month.

    A date cannot say that it is a fill; a column can. Where far more dates fall on the day than
    chance allows, most of those are fills, and believing them would make strangers agree.

    Args:
        dates: one table's dates of birth, as `birth_dates` gives them.
        has_mid_month_convention: whether the source writes the 15th for an unknown day.
    """
    is_whole = pc.equal(pc.utf8_length(dates), 10)
    n_whole = pc.sum(pc.fill_null(is_whole, False)).as_py() or 0
    if n_whole < FEWEST_DATES_TO_JUDGE:
        return dates
    first_of_year = pc.ends_with(dates, "-01-01")
    if has_mid_month_convention:
        mid_month = pc.and_(is_whole, pc.ends_with(dates, "-15"))
        if _share(mid_month, n_whole) > FILL_EXCESS_MID_MONTH * 12 / 365.25:
            dates = pc.if_else(mid_month, pc.utf8_slice_codeunits(dates, 0, 7), dates)
    if _share(first_of_year, n_whole) > FILL_EXCESS / 365.25:
        dates = pc.if_else(first_of_year, pc.utf8_slice_codeunits(dates, 0, 4), dates)
    return dates


def _share(flags: pa.Array, whole: int) -> float:
    return float(pc.sum(pc.fill_null(flags, False)).as_py() or 0) / whole
