"""Made-up official numbers keep the real ones' rules."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipeline.synthetic import identifiers

COUNT = 400
PNC_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize(
    ("year", "serial", "letter"),
    [(2012, 394773, "H"), (2008, 56560, "Z"), (1979, 163001, "B")],
    ids=["2012/0394773H", "2008/0056560Z", "1979/0163001B"],
)
def test_pnc_check_letters_of_published_examples(year: int, serial: int, letter: str) -> None:
    check = identifiers.police_check_letters(np.array([year]), np.array([serial]), 7)
    assert check.tolist() == [letter]


def test_cro_check_letter_of_a_published_example() -> None:
    # 29906/12J: 12 followed by 029906, modulo 23.
    check = identifiers.police_check_letters(np.array([2012]), np.array([29906]), 6)
    assert check.tolist() == ["J"]


def test_upn_check_letters_of_published_examples() -> None:
    body = np.array([801200005001, 950000178301, 243278544154])
    assert identifiers.pupil_check_letters(body).tolist() == ["B", "A", "H"]


def test_nhs_numbers_are_of_the_test_range_and_pass_their_check(rng: np.random.Generator) -> None:
    numbers = identifiers.nhs_numbers(rng, COUNT)
    assert len(set(numbers)) == COUNT
    for number in numbers:
        assert re.fullmatch(r"999\d{7}", number)
        total = sum(int(digit) * (10 - place) for place, digit in enumerate(number[:9]))
        assert (11 - total % 11) % 11 == int(number[9])


def test_prisoner_and_case_numbers_have_their_form_and_differ(rng: np.random.Generator) -> None:
    prisoners = identifiers.prisoner_numbers(rng, COUNT)
    cases = identifiers.case_reference_numbers(rng, COUNT)
    assert all(re.fullmatch(r"[A-Z]\d{4}[A-Z]{2}", number) for number in prisoners)
    assert all(re.fullmatch(r"[A-Z]\d{6}", number) for number in cases)
    assert len(set(prisoners)) == len(set(cases)) == COUNT


def test_pnc_numbers_pass_their_check_in_both_spellings(rng: np.random.Generator) -> None:
    numbers = identifiers.pnc_numbers(rng, np.full(COUNT, 2007))
    short = identifiers.short_pnc_numbers(numbers)
    for long_form, short_form in zip(numbers, short, strict=True):
        year, serial, letter = re.fullmatch(r"(\d{4})/(\d{7})([A-Z])", long_form).groups()
        assert PNC_LETTERS[int(year[2:] + serial) % 23] == letter
        assert short_form == f"07/{int(serial)}{letter}"


def test_cro_numbers_pass_the_check_of_their_kind(rng: np.random.Generator) -> None:
    for number in identifiers.cro_numbers(rng, np.full(COUNT, 2012)):
        if match := re.fullmatch(r"SF12/(\d+)([A-Z])", number):
            assert PNC_LETTERS[int("12" + match[1]) % 23] == match[2]
        else:
            serial, letter = re.fullmatch(r"(\d+)/12([A-Z])", number).groups()
            assert PNC_LETTERS[int("12" + serial.zfill(6)) % 23] == letter


def test_pupil_numbers_use_pseudo_authorities(rng: np.random.Generator) -> None:
    numbers = identifiers.pupil_numbers(rng, np.full(COUNT, 2016))
    assert {number[1:4] for number in numbers} <= {"001", "002", "003", "004", "005"}
    assert all(len(number) == 13 and number[8:10] == "16" for number in numbers)


def test_national_insurance_prefixes_that_are_never_issued_do_not_occur(
    rng: np.random.Generator,
) -> None:
    numbers = identifiers.ni_numbers(rng, 5_000)
    assert not {number[:2] for number in numbers} & identifiers.INSURANCE_FORBIDDEN
    assert all(re.fullmatch(r"[A-Z]{2}\d{6}[A-D]", number) for number in numbers)


def test_a_wrong_check_differs_in_the_last_character_only(rng: np.random.Generator) -> None:
    numbers = np.array(["2012/0394773H", "9991158669", "12/1W"], dtype=object)
    for right, wrong in zip(numbers, identifiers.with_wrong_check(rng, numbers), strict=True):
        assert right[:-1] == wrong[:-1]
        assert right[-1] != wrong[-1]
