"""Numbers of children in free text."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from pipeline.standardise.declared_counts import PARSE_STATUSES, declared_counts, parse_count

AS_OF = date(2026, 9, 30)
BEFORE, AFTER = date(2026, 1, 1), date(2026, 12, 1)


def test_a_primary_carer_has_at_least_one_child_while_the_circumstance_lasts() -> None:
    circumstances = [
        ("X1", "I02", BEFORE, None),
        ("X1", "I02", BEFORE, AFTER),
        ("X2", "I01", BEFORE, None),
        ("X3", "I02", BEFORE, AS_OF),
        ("X4", "I02", AFTER, None),
    ]
    names = ("crn", "sub_type", "start_date", "end_date")
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in circumstances])
    rows = pa.table({"own_key": [f"probation|X{n}" for n in range(5)], "mention_id": range(5)})
    counts = declared_counts({"probation/circumstances": table}, rows, AS_OF)
    assert counts.to_pylist() == [
        {
            "mention_id": 1,
            "number_of_children_raw": "at least one",
            "parsed_count": 1,
            "parse_status": "approximate",
        }
    ]


@pytest.mark.parametrize(
    ("text", "count", "status"),
    [
        ("3", 3, "exact"),
        ("0", 0, "exact"),
        ("two", 2, "exact"),
        ("none", 0, "exact"),
        ("No children", 0, "exact"),
        ("does not have any", 0, "exact"),
        ("3 + 1 step", 4, "exact"),
        ("1 boy 2 girls", 3, "exact"),
        ("3 (2 boys, 1 girl)", 3, "exact"),
        ("2 aged 5 and 7", 2, "exact"),
        ("1 son 5 years", 1, "exact"),
        ("twins", 2, "exact"),
        ("2-3", 3, "approximate"),
        ("2 or 3", 3, "approximate"),
        ("3+", 3, "approximate"),
        ("2?", 2, "approximate"),
        ("at least 2", 2, "approximate"),
        ("?", None, "none_stated"),
        ("not known", None, "none_stated"),
        ("not disclosed", None, "none_stated"),
        ("no answer", None, "none_stated"),
        ("N/A", None, "none_stated"),
        ("YES", None, "not_parsed"),
        ("99", None, "not_parsed"),
        ("-1", None, "not_parsed"),
        ("several", None, "not_parsed"),
    ],
)
def test_parse_count(text: str, count: int | None, status: str) -> None:
    assert parse_count(text) == (count, status)
    assert status in PARSE_STATUSES
