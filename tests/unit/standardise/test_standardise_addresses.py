"""Postcodes, address lines, and what an address is evidence of."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipeline.contracts.stages import ADDRESS_KINDS
from pipeline.standardise.address_lines import read_lines
from pipeline.standardise.addresses import (
    childrens_kind,
    postcode,
    prison_kind,
    probation_kind,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B1 1AA", "B1 1AA"),
        ("b11aa", "B1 1AA"),
        ("B1  1AA.", "B1 1AA"),
        ("EC2Y8BX", "EC2Y 8BX"),
        ("gir 0aa", "GIR 0AA"),
        ("mum's: B15 2TT", "B15 2TT"),
        ("BI 1AA", "B1 1AA"),
        ("LE1O 1AA", "LE10 1AA"),
        ("B1 OAA", "B1 0AA"),
        ("NF1 1NF", None),
        ("NF11FA", None),
        ("ZZ99 3VZ", None),
        ("B1", None),
        ("B1 1A", None),
        ("not known", None),
    ],
)
def test_postcode(text: str, expected: str | None) -> None:
    assert postcode(text) == expected


def read(text: str) -> tuple[Any, ...]:
    """Address, postcode, and whether the lines name nowhere, or an institution."""
    return tuple(column[1].as_py() for column in read_lines(pa.array(["1 Elm Rd", text])))


def test_each_line_is_read_by_itself() -> None:
    lines = read_lines(pa.array(["Flat no", "5 Elm Road", "No 5", "nfa"]))
    assert lines.address.to_pylist() == ["flat no", "5 elm rd", "5", None]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("Flat 2, 10 High Street, Birmingham B1 1AA", "flat 2 10 high st birmingham", "B1 1AA"),
        ("Apartment 2, 10 High St., Birmingham", "flat 2 10 high st birmingham", None),
        ("No. 5 Saint John's Road", "5 st johns rd", None),
        ("Flat B1 2nd Floor, 5 Elm Road", "flat b1 2nd fl 5 elm rd", None),
        ("12 St Marys Rd, LE3 2TH", "12 st marys rd", "LE3 2TH"),
        ("12 Prison Lane", "12 prison ln", None),
        ("B1 1AA", None, "B1 1AA"),
        ("...", None, None),
    ],
)
def test_lines(text: str, line: str | None, code: str | None) -> None:
    assert read(text) == (line, code, False, False)


@pytest.mark.parametrize("text", ["NFA", "No Fixed Abode", "of no fixed address", "rough sleeping"])
def test_no_fixed_abode(text: str) -> None:
    assert read(text) == (None, None, True, False)


@pytest.mark.parametrize(
    "text", ["c/o HMP Birmingham", "HMP/YOI Hindley", "Elm Tree Approved Premises, Leeds"]
)
def test_institution(text: str) -> None:
    *_, is_institution = read(text)
    assert is_institution


@pytest.mark.parametrize(
    ("usage", "kind"),
    [
        ("HOME", "home"),
        ("RECEP", "other"),
        ("RELEASE", "other"),
        ("HOSP", "excluded"),
        ("", "other"),
    ],
)
def test_prison_kind(usage: str, kind: str) -> None:
    assert prison_kind(usage) == kind


@pytest.mark.parametrize(
    ("status", "type_code", "kind"),
    [
        ("M", "", "home"), ("P", "A01A", "home"), ("S", "", "other"), ("B", "", "other"),
        ("M", "A02", "excluded"), ("M", "CS05", "excluded"), ("RJ", "", "excluded"),
        ("PR", "", "excluded"), ("MA", "", "excluded"), ("m", "a05", "excluded"),
    ],
)  # fmt: skip
def test_probation_kind(status: str, type_code: str, kind: str) -> None:
    assert probation_kind(status, type_code) == kind


@pytest.mark.parametrize(
    ("address_type", "kind"),
    [
        ("Home", "home"), ("Primary", "home"), ("Placement", "placement"),
        ("Foster placement - main", "placement"), ("Children's Home", "placement"),
        ("Refuge", "refuge"), ("School", "excluded"), ("Temporary", "other"),
    ],
)  # fmt: skip
def test_childrens_kind(address_type: str, kind: str) -> None:
    assert childrens_kind(address_type) == kind
    assert kind in ADDRESS_KINDS
