"""Official numbers: check letters computed by hand, valid and invalid examples."""

from __future__ import annotations

import pytest

from pipeline.standardise import identifiers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12/394773H", "2012/0394773H"),
        ("2008/0056560Z", "2008/0056560Z"),
        ("1979/0163001B", "1979/0163001B"),
        ("79/163001b", "1979/0163001B"),
        ("20080056560Z", "2008/0056560Z"),
        ("080056560Z", "2008/0056560Z"),
        ("0856560Z", "2008/0056560Z"),
        (" 2008 56560 Z ", "2008/0056560Z"),
        ("2001/0141640Y", None),  # 010141640 mod 23 = 20, the letter is W
        ("2008/0000000H", None),
        ("12/394773", None),
        ("unknown", None),
    ],
)
def test_pnc_number(text: str, expected: str | None) -> None:
    assert identifiers.pnc_number(text, 2026) == expected


def test_a_short_pnc_year_is_this_century_up_to_this_year() -> None:
    assert 260056560 % 23 == 22
    assert identifiers.pnc_number("26/56560Y", 2026) == "2026/0056560Y"
    assert identifiers.pnc_number("26/56560Y", 2025) == "1926/0056560Y"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29906/12J", "29906/12J"),  # 12029906 mod 23 = 9 -> J
        ("029906/12j", "29906/12J"),
        ("SF05/482703J", "SF05/482703J"),  # 5482703 mod 23 = 9 -> J
        ("29906/12K", None),
        ("000000/00Z", None),
        ("SF05/482703K", None),
        ("29906-12J", None),
    ],
)
def test_cro_number(text: str, expected: str | None) -> None:
    assert identifiers.cro_number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("943 476 5919", "9434765919"),
        ("9434765918", None),
        ("999 999 9999", None),
        ("943476591", None),
    ],
)
def test_nhs_number(text: str, expected: str | None) -> None:
    assert identifiers.nhs_number(text) == expected


def test_an_nhs_number_whose_check_would_be_ten_is_never_valid() -> None:
    # 10+18+24+28+30+30+28+24+18 = 210, and 210 mod 11 = 1
    assert all(identifiers.nhs_number(f"123456789{digit}") is None for digit in range(10))


@pytest.mark.parametrize("number", ["B801200005001", "A950000178301", "H243278544154"])
def test_a_valid_upn(number: str) -> None:
    assert identifiers.upn(number.lower()) == number


def test_a_temporary_upn_ends_in_a_letter_valued_by_its_index() -> None:
    # digits of 80120000500 at positions 2 to 12: 8·2 + 0 + 1·4 + 2·5 + 5·10 = 80; B (1) · 13 = 13
    assert (80 + 13) % 23 == 1
    assert identifiers.upn("B80120000500B") == "B80120000500B"


@pytest.mark.parametrize("number", ["A801200005001", "B80120000500S", "UN1", "B80120000500"])
def test_an_invalid_upn(number: str) -> None:
    assert identifiers.upn(number) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jn 12 34 57 c", "JN123457C"),
        ("QQ123457C", None),
        ("BG123457A", None),
        ("JN123457E", None),
        ("AB123456C", None),
        ("AA111111A", None),
    ],
)
def test_ni_number(text: str, expected: str | None) -> None:
    assert identifiers.ni_number(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("a1234bc", "A1234BC"), ("A123BC", None)])
def test_prisoner_number(text: str, expected: str | None) -> None:
    assert identifiers.prisoner_number(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("x320741", "X320741"), ("320741", None)])
def test_crn(text: str, expected: str | None) -> None:
    assert identifiers.crn(text) == expected
