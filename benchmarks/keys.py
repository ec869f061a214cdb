"""Blocking keys for every tool, written as Kinlink writes them: `surname + date_of_birth.year`.

In: a key. Out: the same key as SQL expressions for Splink and as text columns for the toolkit. It
must not know any data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

SLICES = {
    "value": (0, None), "initial": (0, 1), "first2": (0, 2), "first3": (0, 3), "first4": (0, 4),
    "year": (0, 4), "year_month": (0, 7), "month_day": (5, 10),
}  # fmt: skip
"""Every transform used here is a slice of the text; dates are ISO text."""


@dataclass(frozen=True)
class Part:
    """One part of a key: a column, and the slice of its text that is taken."""

    column: str
    start: int
    stop: int | None

    @property
    def sql(self) -> str:
        """As an SQL expression."""
        if self.stop is None:
            return self.column
        return f"substr({self.column}, {self.start + 1}, {self.stop - self.start})"


def parts(key: str) -> list[Part]:
    """The parts of a key."""
    found = []
    for text in key.partition(" where ")[0].split("+"):
        column, _, transform = text.strip().partition(".")
        found.append(Part(column, *SLICES[transform or "value"]))
    return found


def key_values(frame: pd.DataFrame, key: str) -> pd.Series:
    """The key of every record; null where a part is null."""
    taken = [frame[part.column].str.slice(part.start, part.stop) for part in parts(key)]
    whole = taken[0]
    for more in taken[1:]:
        whole = whole + "\x1f" + more
    return whole


def usable(keys: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """The keys whose every column is there, those of a condition after `where` too."""
    return tuple(key for key in keys if columns_of(key) <= set(columns))


def columns_of(key: str) -> set[str]:
    """The columns that a key and its condition look at."""
    condition = key.partition(" where ")[2]
    return {part.column for part in parts(key)} | set(re.findall(r"\b[lr]\.(\w+)", condition))
