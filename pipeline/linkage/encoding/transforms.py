"""Transforms: what a blocking key, or a condition of a level, takes of a value.

In: the cleaned distinct values of one domain. Out: the part taken of each, null where it has none.
It must not know records.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.linkage.encoding.clean import clean_values, plain_letters
from pipeline.linkage.encoding.values import (
    local_part,
    metaphone,
    postcode_outward,
    postcode_sector,
    soundex,
)
from pipeline.linkage.ladders import MATCH
from pipeline.linkage.rules import prefix_length

DOMAIN_OF_TRANSFORM = {
    "outward": "postcode",
    "sector": "postcode",
    "local_part": "email",
    "year": "date",
    "year_month": "date",
    "month_day": "date",
    "year_day": "date",
}
"""Transforms that make sense in one domain only, or of text as given that reads as such."""

_DATE_PARTS = {
    "year": r"^(?P<a>\d{4})",
    "year_month": r"^(?P<a>\d{4}-\d\d)",
    "month_day": r"^[\d?]{4}-(?P<a>\d\d-\d\d)",
    "year_day": r"^(?P<a>\d{4})-[\d?]{2}(?P<b>-\d\d)",
}


def taken(values: pa.Array, domain: str, transform: str) -> pa.Array:
    """What a transform takes of each value: text, null where there is nothing to take.

    Args:
        values: cleaned distinct values.
        domain: their domain.
        transform: one that suits the domain.
    """
    if transform == "value":
        return values
    if transform.startswith(MATCH):
        return _blank_to_null(_first_group(values, f"(?P<a>{transform.removeprefix(MATCH)})"))
    if domain == "text":
        values = _as_domain(values, transform)
    if transform in _DATE_PARTS:
        return _first_group(values, _DATE_PARTS[transform])
    length = prefix_length(transform)
    found = pc.utf8_slice_codeunits(values, 0, length) if length else _TAKERS[transform](values)
    return _blank_to_null(found)


def _blank_to_null(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _as_domain(values: pa.Array, transform: str) -> pa.Array:
    """Text as given, cleaned as the transform needs it."""
    if transform in DOMAIN_OF_TRANSFORM:
        return clean_values(values, DOMAIN_OF_TRANSFORM[transform])
    if transform in ("soundex", "metaphone"):
        return plain_letters(pc.utf8_lower(values))
    return values


def _first_group(values: pa.Array, pattern: str) -> pa.Array:
    """Groups `a` and, where there is one, `b` of a pattern, joined; null without a match."""
    parts = pc.extract_regex(values, pattern=pattern)
    first = pc.struct_field(parts, "a")
    if parts.type.get_field_index("b") < 0:
        return first
    return pc.binary_join_element_wise(first, pc.struct_field(parts, "b"), "")


def real_dates(values: pa.Array) -> pa.Array:
    """ISO dates that exist, to the day, as text; a time of midnight after them is left out."""
    text = pc.replace_substring_regex(values, _MIDNIGHT, "")
    text = pc.if_else(pc.match_substring_regex(text, _ISO_DATE), text, pa.scalar(None, pa.string()))
    found = pc.strptime(text, format="%Y-%m-%d", unit="s", error_is_null=True)
    is_real = pc.equal(pc.strftime(found, format="%Y-%m-%d"), text)
    return pc.if_else(pc.fill_null(is_real, False), text, pa.scalar(None, pa.string()))


_MIDNIGHT = r"[T ]00:00:00(\.0+)?$"
_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"


_TAKERS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "date": real_dates,
    "lower": pc.utf8_lower,
    "soundex": soundex,
    "metaphone": metaphone,
    "outward": postcode_outward,
    "sector": postcode_sector,
    "local_part": local_part,
}
