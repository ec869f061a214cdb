"""When each prisoner number was in custody, as far as prison says.

In: the tables of prisoners and of their custody periods. Out: the stays of each number. It must not
know people: whether two numbers may be one man's is for the guards to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

PERIOD_COLUMNS = ("prisoner_number", "start_date", "end_date")
PRISONER_COLUMNS = ("prisoner_number", "status", "reception_date", "release_date")


class Stay(NamedTuple):
    """One time in custody; `end` is `date.max` where it lasts."""

    start: date
    end: date


Stays = Mapping[str, list[Stay]]
"""The stays of each prisoner number; a number of which prison gives no date is not among them."""


def stays_of_prisoners(prisoners: pa.Table | None, periods: pa.Table | None) -> Stays:
    """The stays of every prisoner number.

    A number without a custody period is taken from the prisoner record itself: from reception to
    release, or on and on while the status is active. Where neither says when it ended, reception is
    all that is certain.
    """
    stays: dict[str, list[Stay]] = {}
    for number, start, end in _rows(periods, PERIOD_COLUMNS):
        if start is not None:
            stays.setdefault(number, []).append(Stay(start, end or date.max))
    for number, status, received, released in _rows(prisoners, PRISONER_COLUMNS):
        if number in stays or received is None:
            continue
        is_active = (status or "").upper().startswith("ACTIVE")
        stays[number] = [Stay(received, date.max if is_active else released or received)]
    return stays


def is_in_custody_at_once(left: list[Stay], right: list[Stay]) -> bool:
    """Whether a stay of one began before a stay of the other ended, and the other way round.

    Leaving on the day on which the other is received is no overlap.
    """
    return any(one.start < other.end and other.start < one.end for one in left for other in right)


def _rows(table: pa.Table | None, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Rows of a table that have a prisoner number; none where nobody sent it."""
    if table is None:
        return []
    known = table.filter(pc.is_valid(table["prisoner_number"]))
    return list(zip(*(known[name].to_pylist() for name in columns), strict=True))
