"""Names as clerks write them, and the name that is compared."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.standardise import names

SURNAMES = {
    "capitals are lowered": ("SMITH", "smith"),
    "an apostrophe vanishes": ("O'Neill", "oneill"),
    "a typographic apostrophe vanishes too": ("O’Neill", "oneill"),
    "O written apart is joined": ("O Neill", "oneill"),
    "Mc written apart is joined": ("Mc Donald", "mcdonald"),
    "Mac written apart is joined": ("MAC DONALD", "macdonald"),
    "a hyphen separates": ("Smith-Jones", "smith jones"),
    "Dutch particles are joined": ("van der Berg", "vanderberg"),
    "Spanish particles are joined": ("de la Cruz", "delacruz"),
    "an Arabic article is joined": ("Al-Hassan", "alhassan"),
    "a particle alone is a name": ("Le", "le"),
    "bin does not begin a surname": ("bin Rashid", "rashid"),
    "ap does not begin a surname": ("ap Rhys", "rhys"),
    "accents go": ("Müller", "muller"),
    "letters without an accent to drop are spelt out": ("Łukaszewski", "lukaszewski"),
    "stacked accents go": ("Nguyễn", "nguyen"),
    "a title goes": ("Mr Smith", "smith"),
    "a suffix goes": ("SMITH JNR", "smith"),
    "a suffix alone is a name": ("Senior", "senior"),
    "a stray initial goes": ("Smith J", "smith"),
    "an initial alone stays": ("J", "j"),
    "a migration mark goes": ("MIG_ERROR_SMITH", "smith"),
    "a duplicate mark behind goes": ("SMITH_DUPLICATE", "smith"),
    "a no-show mark goes": ("NO_SHOW_SMITH", "smith"),
    "a bracketed remark goes": ("SMITH (NOT ENTERED)", "smith"),
    "a maiden name is not part of the surname": ("Smith (née Jones)", "smith"),
    "another name is not part of the surname": ("Smith aka Jones", "smith"),
    "née before the only name goes": ("née Jones", "jones"),
    "the surname of a baby is its own": ("Baby Smith", "smith"),
    "digits go": ("Smith2", "smith"),
    "not entered is no name": ("NOT ENTERED", None),
    "not known is no name": ("Not Known", None),
    "unknown is no name": ("UNKNOWN", None),
    "not applicable is no name": ("N/A", None),
    "NA in capitals is no name": ("NA", None),
    "Na is a name": ("Na", "na"),
    "test is no name": ("TEST", None),
    "crosses are no name": ("XXX", None),
    "punctuation is no name": ("--", None),
    "another script cannot be compared": ("Смирнов", None),
}

GIVEN_NAMES = {
    "the first of two names": ("John Paul", "john", "paul"),
    "a hyphen separates": ("Mary-Jane", "mary", "jane"),
    "a title goes": ("Dr. John", "john", None),
    "a suffix goes": ("John Jr", "john", None),
    "Junior alone is a name": ("Junior", "junior", None),
    "a short form in brackets is not the name": ("Robert (Bob)", "robert", None),
    "a patronymic stays among the middle names": ("Mohammed bin Ali", "mohammed", "bin ali"),
    "an initial is kept": ("A", "a", None),
    "Baby is no name": ("BABY", None, None),
    "Baby girl is no name": ("Baby Girl", None, None),
    "the mother's name is not the baby's": ("baby of Jane", None, None),
    "Unborn is no name": ("UNBORN", None, None),
    "Infant is no name": ("Infant", None, None),
    "Twin 1 is no name": ("Twin 1", None, None),
    "Male is no name": ("MALE", None, None),
    "Not known is no name": ("NOT KNOWN", None, None),
    "a title alone is no name": ("Mr", None, None),
}

MIDDLE_NAMES = {
    "several names stay": ("Ann Marie", "ann marie"),
    "an initial stays": ("J.", "j"),
    "none is no name": ("NONE", None),
    "a dash is no name": ("-", None),
}

SECOND_GIVEN_NAMES = {
    "a short form in brackets": ("Robert (Bob)", "bob"),
    "a short form in quotes": ('William "Billy"', "billy"),
    "two names written as one": ("Chia-Wei", "chiawei"),
    "an initial is not joined": ("John P", None),
    "one name only": ("John", None),
    "no name": ("UNBORN", None),
}

SECOND_SURNAMES = {
    "née": ("Smith née Jones", "jones"),
    "née in brackets": ("Smith (nee Jones)", "jones"),
    "aka": ("Smith AKA Jones", "jones"),
    "a remark is no name": ("Smith (NOT ENTERED)", None),
    "one name only": ("Smith", None),
    "née before the only name": ("née Jones", None),
    "Nee is a surname": ("Nee", None),
}


@pytest.mark.parametrize(("text", "expected"), SURNAMES.values(), ids=SURNAMES.keys())
def test_surname(text: str, expected: str | None) -> None:
    assert names.surname(text) == expected


@pytest.mark.parametrize(("text", "given", "further"), GIVEN_NAMES.values(), ids=GIVEN_NAMES.keys())
def test_given_names(text: str, given: str | None, further: str | None) -> None:
    assert names.given_names(text) == (given, further)


@pytest.mark.parametrize(("text", "expected"), MIDDLE_NAMES.values(), ids=MIDDLE_NAMES.keys())
def test_middle_names(text: str, expected: str | None) -> None:
    assert names.middle_names(text) == expected


@pytest.mark.parametrize(("text", "expected"), SECOND_SURNAMES.values(), ids=SECOND_SURNAMES.keys())
def test_second_surname(text: str, expected: str | None) -> None:
    assert names.other_surname(text) == expected


def test_a_name_cut_at_35_letters_still_begins_like_the_whole() -> None:
    whole = "Wickramasinghe-Balasubramaniam-Ranganathan"
    assert names.surname(whole).startswith(names.surname(whole[:35]))


@given(st.text(max_size=40))
def test_any_text_gives_lower_case_ascii_or_nothing(text: str) -> None:
    parts = (*names.first_name_parts(text), *names.last_name_parts(text), names.middle_names(text))
    assert all(part is None or re.fullmatch(r"[a-z]+( [a-z]+)*", part) for part in parts)
