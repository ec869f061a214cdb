"""Made-up official numbers that keep the real ones' rules, check digits and letters included.

In: counts and years. Out: object arrays of text. NHS numbers are of the test range 999, pupil
numbers of the pseudo authorities 001 to 005; no test range is known for prisoner, CRN, PNC and CRO
numbers, so these may coincide with real ones and must never be joined to anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.synthetic.draws import Array, Generator

LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), dtype=object)
POLICE_CHECK_LETTERS = np.array(list("ZABCDEFGHJKLMNPQRTUVWXY"), dtype=object)
"""Check letters of PNC and CRO numbers, by the number's remainder on division by 23."""

PUPIL_CHECK_LETTERS = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"), dtype=object)
INSURANCE_LETTERS = np.array(list("ABCEGHJKLMNPRSTWXYZ"), dtype=object)
INSURANCE_FORBIDDEN = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def digits(values: Array, width: int) -> Array:
    """Whole numbers as text of at least this many digits."""
    return pd.Series(np.asarray(values)).astype(str).str.zfill(width).to_numpy(dtype=object)


def unique_numbers(rng: Generator, below: int, count: int) -> Array:
    """Different whole numbers in random order."""
    return rng.choice(below, count, replace=False)


def prisoner_numbers(rng: Generator, count: int) -> Array:
    """`A1234AA`, all different."""
    number = unique_numbers(rng, 26**3 * 10_000, count)
    number, serial = number // 10_000, number % 10_000
    first, second, third = number // 676, number // 26 % 26, number % 26
    return np.asarray(LETTERS[first] + digits(serial, 4) + LETTERS[second] + LETTERS[third])


def case_reference_numbers(rng: Generator, count: int) -> Array:
    """`X123456`, all different."""
    number = unique_numbers(rng, 26 * 10**6, count)
    return np.asarray(LETTERS[number // 10**6] + digits(number % 10**6, 6))


def police_check_letters(year: Array, serial: Array, width: int) -> Array:
    """Check letters over the year's last two digits and the serial padded to a width."""
    return np.asarray(POLICE_CHECK_LETTERS[(year % 100 * 10**width + serial) % 23])


def pnc_numbers(rng: Generator, year: Array) -> Array:
    """`2012/0394773H`, all different; `year` is when the person was first recorded."""
    serial = unique_numbers(rng, 10**7, len(year))
    check = police_check_letters(year, serial, 7)
    return digits(year, 4) + "/" + digits(serial, 7) + check


def short_pnc_numbers(numbers: Array) -> Array:
    """The same numbers with a two-digit year and no padding: `12/394773H`."""
    parts = pd.Series(numbers, dtype=object).str.extract(r"^\d\d(\d\d)/0*(\d+[A-Z])$")
    return (parts[0] + "/" + parts[1]).to_numpy(dtype=object)


def cro_numbers(rng: Generator, year: Array) -> Array:
    """`29906/12J`, or `SF39/29906J` for one in ten; all different."""
    serial = 1 + unique_numbers(rng, 10**6 - 1, len(year))
    short_year = digits(year % 100, 2)
    standard = serial.astype(str).astype(object) + "/" + short_year
    standard = standard + police_check_letters(year, serial, 6)
    # The file numbers of minor offences are checked without padding.
    width = np.floor(np.log10(serial)).astype(int) + 1
    unpadded = POLICE_CHECK_LETTERS[(year % 100 * 10**width + serial) % 23]
    minor = "SF" + short_year + "/" + serial.astype(str).astype(object) + unpadded
    return np.where(rng.random(len(year)) < 0.1, minor, standard)


def ni_numbers(rng: Generator, count: int) -> Array:
    """`AB123456C`, with prefixes that are issued."""
    prefixes = [
        first + second
        for first in INSURANCE_LETTERS
        for second in INSURANCE_LETTERS
        if first + second not in INSURANCE_FORBIDDEN
    ]
    prefix = np.array(prefixes, dtype=object)[rng.integers(0, len(prefixes), count)]
    serial = digits(rng.integers(0, 10**6, count), 6)
    return np.asarray(prefix + serial + LETTERS[rng.integers(0, 4, count)])


def nhs_numbers(rng: Generator, count: int) -> Array:
    """Ten digits of the test range 999, all different, check digit right."""
    serial = np.arange(10**6)
    body = 999 * 10**6 + serial
    total = sum(body // 10 ** (8 - place) % 10 * (10 - place) for place in range(9))
    check = (11 - total % 11) % 11
    valid = np.flatnonzero(check < 10)
    chosen = rng.choice(valid, count, replace=False)
    return digits(body[chosen] * 10 + check[chosen], 10)


def pupil_numbers(rng: Generator, year: Array) -> Array:
    """Thirteen characters `B801200005001`, all different; `year` is the year of first admission."""
    number = unique_numbers(rng, 5 * 10**7, len(year))
    authority = 1 + number // 10**7
    body = (authority * 10**4 + number // 1000 % 10**4) * 10**5 + year % 100 * 1000 + number % 1000
    text = digits(body, 12)
    return pupil_check_letters(body) + text


def pupil_check_letters(body: Array) -> Array:
    """Check letters of the twelve digits that follow them; position 2 counts first."""
    total = sum(body // 10 ** (13 - place) % 10 * place for place in range(2, 14))
    return np.asarray(PUPIL_CHECK_LETTERS[total % 23])


def with_wrong_check(rng: Generator, numbers: Array) -> Array:
    """The numbers with their last character changed, so that the check fails."""
    last = pd.Series(numbers).str[-1].to_numpy(dtype=object)
    head = pd.Series(numbers).str[:-1].to_numpy(dtype=object)
    is_letter = pd.Series(last).str.isalpha().to_numpy(dtype=bool)
    letters = np.where(last == "W", "X", "W").astype(object)
    digit = pd.to_numeric(pd.Series(last), errors="coerce").fillna(0).to_numpy(int)
    moved = ((digit + rng.integers(1, 9, len(numbers))) % 10).astype(str).astype(object)
    return head + np.where(is_letter, letters, moved)
