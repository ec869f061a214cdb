"""Numbers of children in free text."""

from __future__ import annotations

import pytest

from pipeline.standardise.declared_counts import PARSE_STATUSES, parse_count


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
