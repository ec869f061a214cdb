"""Dates as far as they are known.

In: ISO dates, whole or partial, as text or Arrow dates. Out: the same text with dummies, impossible
and future dates gone, and known fills cut to what they really say. It must not guess a missing
part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece
from pipeline.standardise.distinct import Column, map_distinct

DUMMY_DATES = frozenset({"1970-01-01", "1901-01-01", "1900-01-01", "1111-11-11"})
"""Filled in where a system demands a date of birth and the clerk has none. 1970-01-01 is also day
zero of many systems; the few people truly born then lose their day of birth, no more."""

OLDEST_AGE_YEARS = 110
"""Nobody in these extracts is older; such a date has a wrong century or is a fill."""

YOUNGEST_OFFENDER_YEARS = 10
"""The age of criminal responsibility in England and Wales."""

OLDEST_CHILD_YEARS = 30
"""Children's services know care leavers to 25; a "child" older than this has a wrong year."""

LATEST_YEAR = 2200


@dataclass(frozen=True)
class BirthRules:
    """What dates of birth of one table can be.

    Attributes:
        youngest_years: a person of the table is at least so old.
        oldest_years: and at most so old.
        has_mid_month_convention: the source writes the 15th for an unknown day.
    """

    youngest_years: int = 0
    oldest_years: int = OLDEST_AGE_YEARS
    has_mid_month_convention: bool = False


OF_ANYONE = BirthRules()
OF_OFFENDERS = BirthRules(youngest_years=YOUNGEST_OFFENDER_YEARS)
OF_CHILDREN = BirthRules(oldest_years=OLDEST_CHILD_YEARS, has_mid_month_convention=True)

FILL_EXCESS = 2.0
"""Where a day has twice its share of dates, half of those are fills: cutting them then gains at
one record (a fill that would disagree) as much as it loses at another (a true date cut short)."""

SURE_BY_DEVIATIONS = 3.0
"""Standard deviations of a count that chance may not explain, so that small tables stay as they
are."""

DAYS_A_YEAR = 365.25


def iso_date(text: str, earliest: date, latest: date) -> str | None:
    """A whole or partial ISO date that can be true, or None.

    Args:
        text: `2015`, `2015-03`, `2015-03-04`, or with a time behind; month or day `00` is unknown.
        earliest: the first day that can be true.
        latest: the last day that can be true.
    """
    parts = text[:10].rstrip("-").split("-")
    try:
        numbers = [int(part) for part in parts]
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        date(*numbers, *[1] * (3 - len(numbers)))
    except (ValueError, TypeError):
        return None
    whole = "-".join(f"{number:0{4 if i == 0 else 2}}" for i, number in enumerate(numbers))
    first, last = earliest.isoformat()[: len(whole)], latest.isoformat()[: len(whole)]
    return whole if first <= whole <= last and whole not in DUMMY_DATES else None


def birth_dates(column: Column, as_of: date, rules: BirthRules = OF_ANYONE) -> pa.Array:
    """Dates of birth; dummies, and ages that the rules do not allow at `as_of`, become null."""
    earliest = years_before(as_of, rules.oldest_years + 1)
    latest = years_before(as_of, rules.youngest_years)
    return map_distinct(column, lambda text: iso_date(text, earliest, latest))


def plain_dates(column: Column) -> pa.Array:
    """Other dates (addresses, episodes, expected births), which may lie in the future."""
    earliest, latest = date(1900, 1, 2), date(LATEST_YEAR, 1, 1)
    return map_distinct(column, lambda text: iso_date(text, earliest, latest))


def future_dates(column: Column, as_of: date) -> pa.Array:
    """Dates after `as_of`: in a column of births, the day a child is expected; others are null."""
    latest = years_before(as_of, -1)
    dates = map_distinct(column, lambda text: iso_date(text, as_of, latest))
    is_future = pc.greater(dates, pa.scalar(as_of.isoformat()))
    return pc.if_else(is_future, dates, pa.scalar(None, pa.string()))


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 29 February becomes 28."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def without_fills(dates: pa.Array, sources: Column, has_mid_month_convention: bool) -> pa.Array:
    """Fills cut to what they say: 1 January to the year, the 15th to the month.

    A date cannot say that it is a fill; a source's column of dates can. Where a source has so many
    dates on the day that most must be fills, believing them would make strangers agree and a person
    disagree with himself. Elsewhere every date stays whole: children's services write the 15th for
    an unknown day, but where few do so a 15th is a true birthday more often than not.

    Args:
        dates: one table's dates of birth, as `birth_dates` gives them.
        sources: who filled in each date; every source is judged by itself.
        has_mid_month_convention: whether the table's sources write the 15th for an unknown day.
    """
    is_whole = _true(pc.equal(pc.utf8_length(dates), 10))
    group = in_one_piece(sources).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    if has_mid_month_convention:
        is_fill = _in_excess(_true(pc.ends_with(dates, "-15")), is_whole, group, 12 / DAYS_A_YEAR)
        dates = _cut(dates, is_fill & is_whole, 7)
    is_fill = _in_excess(_true(pc.ends_with(dates, "-01-01")), is_whole, group, 1 / DAYS_A_YEAR)
    return _cut(dates, is_fill, 4)


def _in_excess(
    is_on_day: np.ndarray, is_whole: np.ndarray, group: np.ndarray, share: float
) -> np.ndarray:
    """(n,) the dates on the day, in the groups where surely most of them are fills."""
    if not len(group):
        return is_on_day
    on_day = np.bincount(group, weights=is_on_day)
    expected = np.bincount(group, weights=is_whole) * share
    is_excessive = on_day - SURE_BY_DEVIATIONS * np.sqrt(on_day) > FILL_EXCESS * expected
    return np.asarray(is_on_day & is_excessive[group])


def _cut(dates: pa.Array, is_fill: np.ndarray, length: int) -> pa.Array:
    return pc.if_else(pa.array(is_fill), pc.utf8_slice_codeunits(dates, 0, length), dates)


def _true(flags: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), bool)
