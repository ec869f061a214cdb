"""The number of children that an offender states, from free text.

In: the text as typed. Out: the number, and how sure the reading is. It must not compare the number
with anything: that is publication's business.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PARSE_STATUSES = ("exact", "approximate", "none_stated", "not_parsed")

WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
}
NONE_WORDS = frozenset({"none", "no", "nil", "nought", "childless"})
UNKNOWN_WORDS = frozenset({"unknown", "known", "refused", "declined", "stated", "disclosed", "tbc"})
MOST_CHILDREN = 25
"""A larger number is a typing error, an age or a year."""


class DeclaredCount(NamedTuple):
    """A stated number of children.

    Attributes:
        parsed_count: children, step-children included; None where the text gives no number.
        parse_status: `exact`; `approximate` (a range, "+", "?"); `none_stated` (the text says that
            it is not known); `not_parsed`.
    """

    parsed_count: int | None
    parse_status: str


def parse_count(text: str) -> DeclaredCount:
    """The number in texts such as `3`, `two`, `none`, `3 + 1 step`, `2-3` or `?`."""
    lowered = text.lower()
    words = re.findall(r"[a-z]+|\d+", lowered)
    numbers = [int(w) if w.isdigit() else WORDS[w] for w in words if w.isdigit() or w in WORDS]
    if not numbers:
        return _without_number(words, lowered)
    is_range = bool(re.search(r"\d\s*(-|–|to|or|/)\s*\d", lowered))
    count = max(numbers) if is_range else sum(numbers)
    if count > MOST_CHILDREN:
        return DeclaredCount(None, "not_parsed")
    is_vague = is_range or bool(re.search(r"\?|\+\s*$|at least|about|approx|maybe", lowered))
    return DeclaredCount(count, "approximate" if is_vague else "exact")


def _without_number(words: list[str], text: str) -> DeclaredCount:
    if set(words) & UNKNOWN_WORDS or set(text.strip()) <= set("?-./ "):
        return DeclaredCount(None, "none_stated")
    if set(words) & NONE_WORDS:
        return DeclaredCount(0, "exact")
    return DeclaredCount(None, "not_parsed")
