"""The number of children that an offender states, from free text.

In: the text as typed, and who is recorded as a primary carer. Out: the number, and how sure the
reading is. It must not compare the number with anything: that is publication's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.standardise.distinct import as_text, column_of, map_distinct
from pipeline.standardise.numbering import mention_ids
from pipeline.standardise.person_rows import key

PARSE_STATUSES = ("exact", "approximate", "none_stated", "not_parsed")

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"twins": 2, "triplets": 3}
NO_CHILDREN = re.compile(
    r"\b(none|nil|nought|childless|(no|any|not any) (children|kids|child|dependants|dependents)"
    r"|has(n t| not) (any|got)|does ?n(o|)t? have|never had)\b|^no$"
)
NOT_STATED = re.compile(
    r"\b(unknown|(not|un) ?(known|stated|disclosed|asked|recorded|given|sure|applicable|answered)"
    r"|refused|declined|no (answer|reply|response|info|information|data|comment)|n a|tbc|dk)\b"
)
RANGE = re.compile(r"\d+\s*(?:-|–|to|or|/)\s*(\d+)")
VAGUE = re.compile(r"\?|\+\s*$|at least|about|approx|maybe|possibly|or more|think|around")
ASIDE = re.compile(
    r"[(\[:].*|\bage[ds]?\b.*|\b\d+\s*(yrs?|years?|y\s*/?\s*o|months?|mths?|weeks?|wks?)\b"
)
"""What follows the number: ages, names, a breakdown into boys and girls."""

PRIMARY_CARER, AT_LEAST_ONE = "I02", "at least one"
"""Sub-type of a personal circumstance, and what it says.

Source: one of the five records that the Ministry of Justice counts children of prisoners by (Better
Outcomes through Linked Data, 2024).
"""

STATED = pa.schema([("own_key", pa.string()), ("raw", pa.string())])

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


def declared_counts(extracts: Mapping[str, pa.Table], rows: pa.Table, as_of: date) -> pa.Table:
    """The number of children that each offender's record states, raw and read."""
    stated = pa.concat_tables([_by_prisoners(extracts), _by_circumstances(extracts, as_of)])
    raw = stated["raw"]
    return pa.table(
        {
            "mention_id": mention_ids(stated["own_key"], rows),
            "number_of_children_raw": raw,
            "parsed_count": map_distinct(raw, lambda text: parse_count(text)[0], pa.int64()),
            "parse_status": map_distinct(raw, lambda text: parse_count(text)[1]),
        }
    ).filter(pc.is_valid(raw))


def _by_prisoners(extracts: Mapping[str, pa.Table]) -> pa.Table:
    """What each prisoner states: own_key, raw."""
    if "prison/prisoners" not in extracts:
        return STATED.empty_table()
    table = extracts["prison/prisoners"]
    raw = as_text(column_of(table, "number_of_children"))
    return pa.table([key("prison", table["prisoner_number"]), raw], schema=STATED)


def _by_circumstances(extracts: Mapping[str, pa.Table], as_of: date) -> pa.Table:
    """Whoever probation records as a primary carer has a child, if no more is known."""
    if "probation/circumstances" not in extracts:
        return STATED.empty_table()
    table, today = extracts["probation/circumstances"], pa.scalar(as_of)
    has_begun = pc.less_equal(table["start_date"], today)
    is_open = pc.fill_null(pc.greater(table["end_date"], today), True)
    is_carer = pc.equal(table["sub_type"], PRIMARY_CARER)
    carers = pc.unique(table["crn"].filter(pc.and_(is_carer, pc.and_(has_begun, is_open))))
    return pa.table([key("probation", carers), pa.repeat(AT_LEAST_ONE, len(carers))], schema=STATED)


def parse_count(text: str) -> DeclaredCount:
    """The number in texts such as `3`, `two`, `none`, `3 + 1 step`, `2-3` or `?`."""
    lowered = text.lower().strip()
    said = ASIDE.sub(" ", lowered)
    words = re.findall(r"[a-z]+|\d+", said)
    numbers = [int(w) if w.isdigit() else NUMBER_WORDS.get(w) for w in words]
    counts = [number for number in numbers if number is not None]
    if not counts or lowered.startswith("-"):
        return _without_number(lowered)
    between = RANGE.search(said)
    count = int(between.group(1)) if between else sum(counts)
    if count > MOST_CHILDREN:
        return DeclaredCount(None, "not_parsed")
    is_vague = between is not None or VAGUE.search(lowered) is not None
    return DeclaredCount(count, "approximate" if is_vague else "exact")


def _without_number(text: str) -> DeclaredCount:
    words = re.sub(r"[^a-z]+", " ", text).strip()
    if not words and not any(c.isdigit() for c in text):
        return DeclaredCount(None, "none_stated")
    if NOT_STATED.search(words):
        return DeclaredCount(None, "none_stated")
    return (
        DeclaredCount(0, "exact")
        if NO_CHILDREN.search(words)
        else DeclaredCount(None, "not_parsed")
    )
