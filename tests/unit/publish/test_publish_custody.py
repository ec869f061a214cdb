"""Custody and supervision at the as-of date, worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from publication import mention, number_of, rows_of, table

from pipeline.contracts.stages import MENTION_PERSONS, MENTIONS
from pipeline.publish import RunTables
from pipeline.publish.custody import justice_status

AS_OF = date(2026, 9, 30)


def day(month: int, of_month: int) -> date:
    return date(2026, month, of_month)


def last_year(month: int, of_month: int) -> date:
    return date(2025, month, of_month)


def next_year(month: int, of_month: int) -> date:
    return date(2027, month, of_month)


PERIODS = "prisoner_number start_date end_date prison_id"


def status_of(*periods: tuple[Any, ...], **more: pa.Table) -> dict[str, Any]:
    """Status of one person who has prisoner numbers A1 and A2 and the CRN X1."""
    records = [("prison", "prisoners", "A1"), ("prison", "prisoners", "A2"),
               ("probation", "offenders", "X1")]  # fmt: skip
    mentions = [mention(i, *record, "offender") for i, record in enumerate(records)]
    persons = [{"mention_id": i, "person_id": "P", "kind": "offender"} for i in range(3)]
    held = {"prison/custody_periods": table(PERIODS, *periods)} if periods else {}
    everything = {
        "mentions": rows_of(MENTIONS, mentions),
        "mention_persons": rows_of(MENTION_PERSONS, persons),
        **held, **more,
    }  # fmt: skip
    tables = RunTables(everything)
    status = justice_status(tables, AS_OF)
    assert status.index.to_list() == [number_of(tables, "P")]
    return status.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("periods", "since", "prison"),
    [
        ([("A1", day(9, 1), None, "BMI")], "2026-09-01", "BMI"),
        ([("A1", day(9, 1), day(10, 9), "BMI")], "2026-09-01", "BMI"),
        (
            [("A1", day(5, 1), None, "BMI"), ("A1", day(1, 1), day(5, 1), "HEI")],
            "2026-01-01", "BMI",
        ),
        (
            [("A1", day(1, 1), day(4, 30), "HEI"), ("A2", day(5, 1), None, "BMI")],
            "2026-01-01", "BMI",
        ),
        (
            [("A1", day(1, 1), day(4, 29), "HEI"), ("A1", day(5, 1), None, "BMI")],
            "2026-05-01", "BMI",
        ),
        (
            [("A1", day(1, 1), None, "HEI"), ("A1", day(2, 1), day(3, 1), "BMI")],
            "2026-01-01", "HEI",
        ),
    ],
    ids=[
        "an open period is custody", "a period that ends later is custody",
        "a move between prisons does not begin a new custody",
        "one night between two numbers' periods is a move",
        "two nights out begin a new custody",
        "an ended period within an open one does not end it",
    ],
)  # fmt: skip
def test_present_custody(periods: list[tuple[Any, ...]], since: str, prison: str) -> None:
    status = status_of(*periods)
    assert status["custody_status"] == "in_custody"
    assert str(status["custody_since"].date()) == since
    assert status["prison_id"] == prison
    assert status["custody_days"] == (AS_OF - date.fromisoformat(since)).days


@pytest.mark.parametrize(
    "period",
    [
        ("A1", day(9, 1), day(9, 30), "BMI"),
        ("A1", last_year(1, 1), last_year(2, 1), "BMI"),
    ],
    ids=["leaving on the day is being out", "past custody"],
)
def test_released(period: tuple[Any, ...]) -> None:
    status = status_of(period)
    assert status["custody_status"] == "released"
    assert not status["is_in_custody"]


def test_a_period_that_begins_later_is_not_custody() -> None:
    status = status_of(("A1", day(10, 1), None, "BMI"))
    assert status["custody_status"] == "not_known"


@pytest.mark.parametrize(
    ("order", "end", "expected"),
    [
        ("LICENCE", None, "on_licence"),
        ("Post-sentence supervision", None, "on_licence"),
        ("COMMUNITY ORDER", None, "community_order"),
        (None, next_year(1, 1), "community_order"),
        ("LICENCE", day(9, 30), "order_ended"),
    ],
)
def test_supervision(order: str | None, end: date | None, expected: str) -> None:
    periods = table("crn start_date end_date order_type", ("X1", day(1, 1), end, order))
    status = status_of(**{"probation/supervision_periods": periods})
    assert status["custody_status"] == expected
    assert status["is_on_supervision"] == (expected != "order_ended")


def test_custody_comes_before_supervision_and_both_are_kept() -> None:
    periods = table("crn start_date end_date order_type", ("X1", day(1, 1), None, "LICENCE"))
    status = status_of(("A1", day(9, 1), None, "BMI"), **{"probation/supervision_periods": periods})
    assert status["custody_status"] == "in_custody"
    assert status["is_on_supervision"]


@pytest.mark.parametrize(
    ("word", "release", "expected"),
    [
        ("ACTIVE IN", next_year(1, 1), "in_custody"),
        ("INACTIVE OUT", day(3, 1), "released"),
        ("INACTIVE OUT", None, "released"),
    ],
)
def test_a_prisoner_without_periods_is_taken_from_the_prisoner_record(
    word: str, release: date | None, expected: str
) -> None:
    prisoners = table(
        "prisoner_number prison_id status reception_date release_date",
        ("A1", "BMI", word, day(2, 1), release),
    )
    status = status_of(**{"prison/prisoners": prisoners})
    assert status["custody_status"] == expected
