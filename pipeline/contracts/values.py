"""Values as suppliers write them, read as the types of the contracts.

In: one column of any Arrow type, as it stands in a file. Out: the column in its contract's type,
and which values could not be read. It must not repeat a value in an error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.input_columns import PARTIAL_DATE
from pipeline.contracts.schema import Column

Mask = npt.NDArray[np.bool_]

FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}
ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ]\d{2}:\d{2}.*)?")
TIME_OF_DAY = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[AP]M)?$", re.IGNORECASE)
UNKNOWN_PARTS = re.compile(r"^(00[/.-]){1,2}")
LIST_SEPARATORS = re.compile(r"[,;|\s\[\]\"']+")

OLDEST_YEAR = 1850
"""Nobody on record was born before; an earlier year is a slip."""

DATES_KEPT = 200_000
"""Texts whose reading as a date is remembered: every authority writes the same few days again."""

NEVER_YEAR = 2200
"""Systems write 9999-12-31 and the like for `no end`."""


@dataclass(frozen=True)
class Reading:
    """A column in its contract's type.

    Attributes:
        values: null where nothing was recorded or where it could not be read.
        is_invalid: (n,) something was recorded and could not be read.
    """

    values: pa.Array
    is_invalid: Mask


def read_column(values: pa.ChunkedArray, column: Column, date_format: str | None) -> Reading:
    """A column of a file in its contract's type.

    Args:
        values: of any type; blank text, and NaN, count as not recorded.
        column: what the contract says.
        date_format: how the supplier writes dates, beside ISO.
    """
    if pa.types.is_list(column.type) and _is_list(values.type):
        lists = values.combine_chunks().cast(column.type)
        return Reading(lists, np.zeros(len(lists), bool))
    text = as_text(values)
    if column.type == pa.string() and column.unit != PARTIAL_DATE:
        return Reading(text, np.zeros(len(text), bool))
    return _parsed(text, _parser(column, date_format), column.type)


def as_text(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Any column as text without surrounding blanks; blank, and NaN, are null."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    if pa.types.is_timestamp(values.type):
        values = pc.strftime(values, "%Y-%m-%d")
    if _is_list(values.type):
        values = pc.binary_join(values.cast(pa.list_(pa.string())), ",")
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        values = pc.cast(values, pa.string(), safe=False)
    text = pc.utf8_trim_whitespace(values.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _is_list(type_: pa.DataType) -> bool:
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_))


def _parsed(text: pa.Array, parse: Callable[[str], object], type_: pa.DataType) -> Reading:
    """Each distinct text parsed once; None where it cannot be."""
    encoded = text.dictionary_encode()
    results = [parse(value) for value in encoded.dictionary.to_pylist()]
    values = pa.array(results, type_).take(encoded.indices)
    is_unreadable = pa.array([result is None for result in results], pa.bool_())
    is_invalid = pc.fill_null(is_unreadable.take(encoded.indices), False)
    return Reading(values, is_invalid.to_numpy(zero_copy_only=False))


def _parser(column: Column, date_format: str | None) -> Callable[[str], object]:
    formats = partial_formats(date_format)
    if column.unit == PARTIAL_DATE:
        return lambda text: partial_date(text, formats)
    if pa.types.is_date(column.type):
        return lambda text: whole_date(text, formats)
    if pa.types.is_boolean(column.type):
        return lambda text: FLAGS.get(text.lower())
    if pa.types.is_list(column.type):
        return text_list
    return number


DIRECTIVES = {"%d": r"(?P<day>\d{1,2})", "%m": r"(?P<month>\d{1,2})", "%Y": r"(?P<year>\d{4})"}
"""Directives of formats in figures alone, which are read without `strptime`, ten times faster."""


@functools.cache
def _in_figures(pattern: str) -> re.Pattern[str] | None:
    """A format as a regular expression, or None where it has more than day, month and year."""
    parts = re.split(r"(%.)", pattern)
    if any(part.startswith("%") and part not in DIRECTIVES for part in parts):
        return None
    return re.compile("".join(DIRECTIVES.get(part) or re.escape(part) for part in parts))


def _read_in_format(text: str, pattern: str) -> list[int] | None:
    """Year, month and day of a text in a format, as far as the format goes; None where it fails."""
    figures = _in_figures(pattern)
    if figures is None:
        try:
            parsed = datetime.strptime(text, pattern)
        except ValueError:
            return None
        has_day, has_month = (re.search(some, pattern) for some in ("%[dejcxDF]", "%[mbBjcxDF]"))
        return [
            parsed.year,
            *([parsed.month] if has_month else []),
            *([parsed.day] if has_day else []),
        ]
    match = figures.fullmatch(text)
    if not match:
        return None
    found = match.groupdict()
    return [int(found[name]) for name in ("year", "month", "day") if name in found]


def partial_formats(date_format: str | None) -> tuple[str, ...]:
    """The declared format, and what is left of it without the day, and without the month.

    `%d/%m/%Y` gives `%m/%Y` and `%Y` as well.
    """
    if date_format is None:
        return ()
    without_day = re.sub(r"%[dej][^%]*|[^%\w]*%[dej]$", "", date_format)
    is_numeric_month = "%m" in without_day
    return (date_format, without_day, "%Y") if is_numeric_month else (date_format,)


@functools.lru_cache(maxsize=DATES_KEPT)
def partial_date(text: str, formats: tuple[str, ...] = ()) -> str | None:
    """A whole or partial ISO date, or None where it is no date.

    Args:
        text: ISO, whole or partial (`2015`, `2015-03`), parts of `00` counting as unknown, or in
            one of the formats; a time of day is dropped.
        formats: the declared format first, then shorter ones.
    """
    if match := ISO_DATE.fullmatch(text):
        parts = [part for part in match.groups() if part]
        while parts and set(parts[-1]) == {"0"}:
            parts.pop()
        return "-".join(parts) if parts and _is_possible([int(part) for part in parts]) else None
    text = UNKNOWN_PARTS.sub("", TIME_OF_DAY.sub("", text))
    for pattern in formats:
        numbers = _read_in_format(text, pattern)
        if numbers and _is_possible(numbers):
            return "-".join(f"{number:0{4 if place == 0 else 2}}"
                            for place, number in enumerate(numbers))  # fmt: skip
    return None


def _is_possible(numbers: list[int]) -> bool:
    year, month, day = (*numbers, 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year >= OLDEST_YEAR


@functools.lru_cache(maxsize=DATES_KEPT)
def whole_date(text: str, formats: tuple[str, ...] = ()) -> date | None:
    """A date of which day, month and year are known, or None."""
    iso = partial_date(text, formats)
    return date.fromisoformat(iso) if iso and len(iso) == 10 else None


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def text_list(text: str) -> list[str]:
    """Codes separated by commas, semicolons, bars or blanks; brackets and quotes are dropped."""
    return [part for part in LIST_SEPARATORS.split(text) if part]
