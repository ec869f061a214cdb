"""Which visits count, worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from publication import ADAM, AS_OF, DORA, changed, made_up_context, number_of, table

from pipeline.publish.visits import count_visits

VISITS = "visit_id prisoner_number visit_date visit_type status"
VISITORS = "visit_id contact_id outcome"


def counts(visit: tuple[Any, ...], *visitors: tuple[Any, ...]) -> tuple[int, int, int]:
    """Visits of Adam in 90 and 365 days, and Dora's, after one visit."""
    tables = {
        "prison/visits": table(VISITS, visit),
        "prison/visit_visitors": table(VISITORS, *visitors),
    }
    context = changed(made_up_context(), **tables)
    adam, dora = (number_of(context.tables, one) for one in (ADAM, DORA))
    found = count_visits(context.tables, context.resolved, pd.Series([dora]), AS_OF)
    counted = ["visits_90_days", "visits_365_days"]
    recent, year = found.by_parent[counted].astype(float).reindex([adam]).fillna(0).iloc[0]
    by_child = found.by_child["child_visits_365_days"].get((adam, dora), 0)
    return int(recent), int(year), int(by_child)


RECENT, LAST_YEAR = date(2026, 9, 1), date(2025, 11, 1)


@pytest.mark.parametrize(
    ("visit", "visitors", "expected"),
    [
        (("V", "A1", RECENT, "SCON", "NORM"), [("V", "11", "ATT")], (1, 1, 1)),
        (("V", "A1", LAST_YEAR, "SCON", "NORM"), [("V", "11", "ATT")], (0, 1, 1)),
        (("V", "A1", date(2025, 9, 1), "SCON", "NORM"), [("V", "11", "ATT")], (0, 0, 0)),
        (("V", "A1", date(2026, 12, 1), "SCON", "NORM"), [("V", "11", "ATT")], (0, 0, 0)),
        (("V", "A1", RECENT, "OFFI", "NORM"), [("V", "11", "ATT")], (0, 0, 0)),
        (("V", "A1", RECENT, "SCON", "NORM"), [("V", "11", "ABS")], (0, 0, 0)),
        (("V", "A1", RECENT, "SCON", "COMP"), [("V", "11", None)], (1, 1, 1)),
        (("V", "A1", RECENT, "SCON", "CANC"), [("V", "11", None)], (0, 0, 0)),
        (("V", "A1", RECENT, "SCON", "NORM"), [("V", "11", "ATT"), ("V", "12", "ATT")], (1, 1, 1)),
        (("V", "A1", RECENT, "SCON", "NORM"), [("V", "12", "ATT")], (1, 1, 0)),
        (("V3", "A1", RECENT, "SCON", "NORM"), [("V3", None, "ATT")], (1, 1, 1)),
        (("V", "A1", RECENT, "SCON", "NORM"), [("V", None, "ATT")], (0, 0, 0)),
        (("V", "A1", RECENT, "SCON", "NORM"), [("V", "99", "ATT")], (0, 0, 0)),
    ],
    ids=[
        "attended", "half a year ago", "more than a year ago", "still to come", "official",
        "booked and absent", "outcome unsaid, visit held", "outcome unsaid, visit cancelled",
        "two children on one visit count once for the parent",
        "another child's visit is not Dora's", "a visitor without a contact who is Dora",
        "a visitor whom nobody knows", "a contact whom nobody declared as family",
    ],
)  # fmt: skip
def test_what_counts_as_a_visit(
    visit: tuple[Any, ...], visitors: list[tuple[Any, ...]], expected: tuple[int, int, int]
) -> None:
    assert counts(visit, *visitors) == expected
