"""Clean: the same value written differently becomes the same text.

In: the distinct values of one column, and what the column holds. Out: cleaned values, null where
nothing usable was written. It must not know records or other columns.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

PLACEHOLDERS = (
    "unknown", "unk", "not known", "n/a", "n a", "null", "none", "not recorded", "not given",
    "not available", "not applicable", "no name", "no surname", "tbc", "xxx", "xxxx",
    "no fixed abode", "nfa", "test",
)  # fmt: skip
"""Written where nothing is known, in any column; compared in lower case."""

UNKNOWN_SEXES = ("u", "unspecified", "not specified", "indeterminate", "i", "x", "n", "0", "9")
"""Codes and words of public vocabularies that mean not known (0) or not specified (9)."""

_LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i",
})  # fmt: skip
"""Latin letters that have no accent to strip but have an ASCII spelling."""


def clean_values(values: pa.Array, domain: str) -> pa.Array:
    """Clean distinct raw values.

    Args:
        values: text, may hold null.
        domain: domain of the column's kind (`comparisons.Kind.domain`).

    Returns:
        Text of the same length; null for null, blank and placeholder values. Of the
        domain `text` only the ends are trimmed, and nothing is a placeholder.
    """
    if domain == "text":
        given = pc.utf8_trim_whitespace(pc.utf8_normalize(values, form="NFC"))
        return _to_null(given, ("",))
    values = pc.utf8_trim_whitespace(plain_letters(pc.utf8_lower(values)))
    values = _to_null(values, PLACEHOLDERS)
    return _to_null(_CLEANERS[domain](values), ("",))


def plain_letters(values: pa.Array) -> pa.Array:
    """Text without accents and other marks; letters of other scripts stay as they are."""
    return _rewritten(values, pc.invert(pc.string_is_ascii(values)), _without_marks)


def _without_marks(values: pa.Array) -> pa.Array:
    values = pc.utf8_normalize(values, form="NFKD")
    values = pc.replace_substring_regex(values, r"[\pM\p{Cf}\p{Cc}\p{Co}]+", "")
    values = pc.utf8_normalize(values, form="NFC")
    return pa.array([text.translate(_LETTERS) for text in values.to_pylist()], pa.string())


def _rewritten(
    values: pa.Array, is_wanted: pa.BooleanArray, rewrite: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """The values with those wanted rewritten: what is plain already need not be."""
    is_wanted = pc.fill_null(is_wanted, False)
    if not pc.any(is_wanted).as_py():
        return values
    return pc.replace_with_mask(values, is_wanted, rewrite(values.filter(is_wanted)))


def _words(values: pa.Array) -> pa.Array:
    """Words and numbers separated by single spaces; apostrophes vanish, hyphens separate."""
    is_other = pc.match_substring_regex(values, r"[^\pL\pN ]|  |^ | $")
    return _rewritten(values, is_other, _single_spaced)


def _single_spaced(values: pa.Array) -> pa.Array:
    values = pc.replace_substring_regex(values, r"['’‘`´.]", "")
    values = pc.replace_substring_regex(values, r"[^\pL\pN]+", " ")
    return pc.utf8_trim_whitespace(values)


def _joined(values: pa.Array) -> pa.Array:
    """Letters and digits only."""
    values = pc.replace_substring(values, " ", "")
    is_other = pc.match_substring_regex(values, r"[^\pL\pN]")
    return _rewritten(
        values, is_other, lambda some: pc.replace_substring_regex(some, r"[^\pL\pN]+", "")
    )


def _email(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(values, r"\s+", "")


def _phone(values: pa.Array) -> pa.Array:
    """National digits: +44 and 0044 become 0."""
    values = pc.replace_substring_regex(values, r"\(0\)|[^0-9+]", "")
    values = pc.replace_substring_regex(values, r"^(\+44|0044)0?", "0")
    return pc.replace_substring_regex(values, r"\+", "")


def _sex(values: pa.Array) -> pa.Array:
    values = pc.replace_substring_regex(_to_null(values, UNKNOWN_SEXES), r"^(male|man|boy)$", "m")
    return pc.replace_substring_regex(values, r"^(female|woman|girl)$", "f")


_PLAIN_DATE = r"^[1-8]\d{3}-(0[1-9]|[1-9]\d)-(0[1-9]|[1-9]\d)$"
"""Dates that `_read_date` would leave as they are."""
_MISREAD_DIGITS = (
    ("[oq]", "0"), ("[il|]", "1"), ("z", "2"), ("s", "5"), ("g", "6"), ("b", "8"),
)  # fmt: skip
"""Letters that optical character recognition writes for digits."""


def _date(values: pa.Array) -> pa.Array:
    is_plain = pc.match_substring_regex(values, _PLAIN_DATE)
    return _rewritten(values, pc.invert(is_plain), _read_date)


def _read_date(values: pa.Array) -> pa.Array:
    """ISO text as far as known: 2015, 2015-03 or 2015-03-04. A day 00 or month 00 is not known.

    Day-first dates with the year last are read too. Months and days need not exist: a mistyped
    date is still comparable digit by digit. So is a damaged one: `?` stands for a digit that cannot
    be read, and for every digit of a part with one too many or too few. Anything else becomes null.
    """
    for pattern, replacement in (
        *_MISREAD_DIGITS,
        (r"[t ]\d{1,2}:.*$", ""),
        (r"^(\d)([/.-])", r"0\1\2"),
        (r"^(\d{2}[/.-])(\d[/.-]\d{4})$", r"\10\2"),
        (r"^(\d{2})[/.-](\d{2})[/.-](\d{4})$", r"\3-\2-\1"),
        (r"^(\d{4})[/.]?(\d{2})[/.]?(\d{2})$", r"\1-\2-\3"),
        (r"-00(-\d\d)?$", ""),
        (r"^(0000|0001|9999).*$", ""),
    ):
        values = pc.replace_substring_regex(values, pattern, replacement)
    is_date = pc.match_substring_regex(values, r"^\d{4}(-\d{2}(-\d{2})?)?$")
    values = _rewritten(values, pc.invert(is_date), _repaired_date)
    is_date = pc.or_(is_date, _is_read(values))
    return pc.if_else(is_date, values, pa.scalar(None, pa.string()))


_REPAIRS = (
    # A letter too many, or instead of a digit.
    (r"^(\d*-?\d*-?\d*)[a-z](\d*-?\d*-?\d*)$", r"\1\2"),
    (r"^(\d*-?\d*-?\d*)[a-z](\d*-?\d*-?\d*)$", r"\1?\2"),
    # A hyphen is missing, or has changed places with a digit.
    (r"^([\d?]{4})-?([\d?])-?([\d?])-?([\d?])-?([\d?])$", r"\1-\2\3-\4\5"),
    (r"^([\d?]{3})-([\d?])([\d?]{2})-?([\d?]{2})$", r"\1\2-\3-\4"),
    # A part has a digit too many or too few.
    (r"^[\d?]{3,5}-(\d{2}-\d{2})$", r"????-\1"),
    (r"^(\d{4})-[\d?]{1,3}-(\d{2})$", r"\1-??-\2"),
    (r"^(\d{4}-\d{2})-[\d?]{1,3}$", r"\1-??"),
)
"""What a slip does to an ISO date, and what can still be read of it."""
_WHOLE_OR_DAMAGED = r"^[\d?]{4}-[\d?]{2}-[\d?]{2}$"


def _repaired_date(values: pa.Array) -> pa.Array:
    """Damaged ISO dates with what can be read of them, the rest as `?`; others as they are."""
    for pattern, replacement in _REPAIRS:
        repaired = pc.replace_substring_regex(values, pattern, replacement)
        is_repaired = pc.and_not(_is_read(repaired), _is_read(values))
        values = pc.if_else(is_repaired, repaired, values)
    return values


def _is_read(values: pa.Array) -> pa.Array:
    return pc.match_substring_regex(values, _WHOLE_OR_DAMAGED)


def _same(values: pa.Array) -> pa.Array:
    return values


_CLEANERS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "name": _words,
    "date": _date,
    "sex": _sex,
    "address": _words,
    "town": _words,
    "postcode": _joined,
    "phone": _phone,
    "email": _email,
    "exact": _same,
    "identifier": _joined,
}


def _to_null(values: pa.Array, unusable: tuple[str, ...]) -> pa.Array:
    is_unusable = pc.is_in(values, value_set=pa.array(unusable, pa.string()))
    return pc.if_else(is_unusable, pa.scalar(None, pa.string()), values)
