"""Official numbers in one spelling, or None where they are dummies or fail their check.

In: one number as recorded. Out: its canonical form. A wrong number is worse than none: it would
join strangers, or keep a person's own records apart.
"""

from __future__ import annotations

import re
from operator import mul

CHECK_ALPHABET_23 = "ZABCDEFGHJKLMNPQRTUVWXY"
"""Check letters of PNC and CRO numbers, by remainder of 23."""

UPN_ALPHABET = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""Letters of a UPN by value; I, O and S are not used."""

PRISONER_NUMBER = re.compile(r"[A-Z]\d{4}[A-Z]{2}")
CRN = re.compile(r"[A-Z]\d{6}")
PNC = re.compile(r"(\d{4}|\d{2})/(\d{1,7})([A-Z])")
PNC_WITHOUT_SLASH = re.compile(r"(\d{4}(?=\d{7}[A-Z])|\d{2})(\d{1,7})([A-Z])")
"""Twelve characters begin with a year of four digits, fewer with one of two."""

PNC_SEPARATOR = re.compile(r"(?<=\d)\s*[/\-\\ ]\s*(?=\d)")
CRO_STANDARD = re.compile(r"(\d{1,6})/(\d{2})([A-Z])")
CRO_SMALL_FILE = re.compile(r"SF(\d{2})/(\d{1,6})([A-Z])")
NINO = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
NINO_DUMMIES = re.compile(r"[A-Z]{2}(123456|(\d)\2{5})[A-D]")
"""Specimens and keys held down; one true number in a hundred thousand goes with them."""

NINO_UNUSED_PREFIXES = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]")
UPN_POSITIONS = range(2, 14)
UPN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **{letter: value for value, letter in enumerate(UPN_ALPHABET)},
}
NHS = re.compile(r"[0-9]{10}")
NHS_WEIGHTS = range(10, 1, -1)
BETWEEN = re.compile(r"[\s.\-]+")


def squeeze(text: str) -> str:
    """Upper case, without blanks, dots and hyphens."""
    return (text if text.isalnum() else BETWEEN.sub("", text)).upper()


def prisoner_number(text: str) -> str | None:
    """A prisoner (NOMS) number: letter, four digits, two letters; it has no check digit."""
    number = squeeze(text)
    return number if PRISONER_NUMBER.fullmatch(number) else None


def crn(text: str) -> str | None:
    """A probation case reference number: letter and six digits."""
    number = squeeze(text)
    return number if CRN.fullmatch(number) else None


def pnc_number(text: str, this_year: int) -> str | None:
    """A PNC number as `YYYY/NNNNNNNX`, its check letter verified over the two-digit year.

    Args:
        text: the number as recorded; two digits of year are this century's up to `this_year`.
        this_year: the year of the run.
    """
    number = squeeze(PNC_SEPARATOR.sub("/", text.strip(), count=1))
    match = PNC.fullmatch(number) or PNC_WITHOUT_SLASH.fullmatch(number)
    if not match:
        return None
    year, serial, letter = match.group(1), match.group(2).zfill(7), match.group(3)
    if CHECK_ALPHABET_23[int(year[-2:] + serial) % 23] != letter or int(serial) == 0:
        return None
    if len(year) == 2:
        year = ("20" if int(year) <= this_year % 100 else "19") + year
    return f"{year}/{serial}{letter}"


def cro_number(text: str) -> str | None:
    """A CRO number, `NNNNNN/YYX` or `SFYY/NNNNNNX`, its check letter verified; dummies are None."""
    number = squeeze(text)
    if match := CRO_SMALL_FILE.fullmatch(number):
        year, serial, letter = match.groups()
        # A small-file serial is checked without padding, a standard one padded to six digits.
        checked = int(f"{year}{int(serial)}")
        canonical = f"SF{year}/{int(serial)}{letter}"
    elif match := CRO_STANDARD.fullmatch(number):
        serial, year, letter = match.groups()
        checked = int(year + serial.zfill(6))
        canonical = f"{int(serial)}/{year}{letter}"
    else:
        return None
    return canonical if int(serial) and CHECK_ALPHABET_23[checked % 23] == letter else None


def ni_number(text: str) -> str | None:
    """A National Insurance number with a prefix in use."""
    number = squeeze(text)
    is_valid = NINO.fullmatch(number) and number[:2] not in NINO_UNUSED_PREFIXES
    return number if is_valid and not NINO_DUMMIES.fullmatch(number) else None


def nhs_number(text: str) -> str | None:
    """An NHS number of ten digits; the last is 11 − Σ weight·digit mod 11, weights 10 to 2."""
    number = squeeze(text)
    if not NHS.fullmatch(number) or len(set(number)) == 1:
        return None
    total = sum(map(mul, map(int, number), NHS_WEIGHTS))
    return number if (11 - total % 11) % 11 == int(number[9]) else None


def upn(text: str) -> str | None:
    """A unique pupil number; its first letter is Σ position·value of the others mod 23."""
    number = squeeze(text)
    if not UPN.fullmatch(number) or number[-1] not in UPN_VALUES:
        return None
    total = sum(map(mul, map(UPN_VALUES.__getitem__, number[1:]), UPN_POSITIONS))
    return number if UPN_ALPHABET[total % 23] == number[0] else None
