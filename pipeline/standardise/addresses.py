"""Postcodes in one spelling, and what an address may be evidence of.

In: postcodes, and each source's usage, status and type codes. Out: canonical text, and a
kind from `ADDRESS_KINDS`. It must not decide whether two people share a home.
"""

from __future__ import annotations

import re

POSTCODE_PATTERN = r"\b([A-Z][A-HJ-Y]?\d[A-HJ-NP-Z\d]?) ?(\d[A-Z]{2})\b"
"""Outward and inward part; O and I end no outward part, they are mistyped digits."""

POSTCODE = re.compile(POSTCODE_PATTERN)
BLANKS, NOT_OF_A_POSTCODE = re.compile(r"\s+"), re.compile(r"[^A-Z\d ]")
GIROBANK = "GIR0AA"

DUMMY_POSTCODES = frozenset({"AA1 1AA", "XX1 1XX", "XX99 9XX", "ZZ1 1ZZ"})
DUMMY_OUTWARD = frozenset({"NF1", "ZZ99"})
"""No fixed abode, and the pseudo-codes that stand for a country, for `not known` or `abroad`."""

DIGIT_FOR_LETTER = str.maketrans("OIL", "011")
LETTER_FOR_DIGIT = str.maketrans("01", "OI")

PRISON_USAGES_HOME = frozenset({"HOME", "CURFEW", "HDC", "HDC2"})
PRISON_USAGES_EXCLUDED = frozenset({"HOSP", "CARE", "HOST", "BUS", "WORK", "DNF"})
"""Hospital, care home, hostel, workplace, discharged without an abode. An address of reception
(RECEP) is where a prisoner said that they came from; it stays `other`, usable but second to a
home."""

PROBATION_STATUSES_HOME = frozenset({"M", "PM", "P"})
PROBATION_STATUSES_EXCLUDED = frozenset({"PR", "PR1", "RJ", "MA", "RT"})
"""Proposed, rejected, postal, on temporary licence: no one lives or lived there."""

PROBATION_TYPES_EXCLUDED = frozenset({"A02", "CS05", "A05", "A08A"})
"""Approved premises, custody, no fixed abode, rough sleeping."""

CHILDRENS_KINDS = (
    ("refuge", ("refuge",)),
    ("placement", ("placement", "foster", "residential", "children s home", "childrens home",
                   "secure", "hostel", "semi independent")),
    ("excluded", ("school", "nursery", "hospital", "correspondence", "postal", "work")),
    ("home", ("home", "primary", "main", "current", "family", "permanent", "previous")),
)  # fmt: skip
"""The first kind, one of whose signs stands in the address type."""


def postcode(text: str) -> str | None:
    """The postcode of a postcode field, as `B1 1AA`; None for none, an invalid one or a dummy."""
    match = POSTCODE.fullmatch(text)  # most are written as they should be
    if not match:
        upper = NOT_OF_A_POSTCODE.sub("", BLANKS.sub(" ", text.upper()))
        squeezed = upper.replace(" ", "")
        if GIROBANK in squeezed:
            return "GIR 0AA"
        match = POSTCODE.search(upper) or POSTCODE.fullmatch(squeezed)
        match = match or POSTCODE.fullmatch(_likely_meant(squeezed))
    return unless_dummy(match.group(1), match.group(2)) if match else None


def prison_kind(usage: str) -> str:
    """What an address of the prison extract is evidence of."""
    code = usage.strip().upper()
    if code in PRISON_USAGES_EXCLUDED:
        return "excluded"
    return "home" if code in PRISON_USAGES_HOME else "other"


def probation_kind(status_code: str, type_code: str) -> str:
    """What an address of the probation extract is evidence of."""
    status, type_ = status_code.strip().upper(), type_code.strip().upper()
    if status in PROBATION_STATUSES_EXCLUDED or type_ in PROBATION_TYPES_EXCLUDED:
        return "excluded"
    return "home" if status in PROBATION_STATUSES_HOME else "other"


def childrens_kind(address_type: str) -> str:
    """What an address of a children's services extract is evidence of."""
    words = re.sub(r"[^a-z]+", " ", address_type.lower())
    for kind, signs in CHILDRENS_KINDS:
        if any(sign in words for sign in signs):
            return kind
    return "other"


def _likely_meant(squeezed: str) -> str:
    """Letters and digits typed for one another put right: `BI 1AA` and `B1 IAA` mean `B1 1AA`."""
    if not 5 <= len(squeezed) <= 7:
        return squeezed
    outward, digit, inward = squeezed[:-3], squeezed[-3], squeezed[-2:]
    area = outward[0].translate(LETTER_FOR_DIGIT)
    district = outward[1:]
    if district[-1:] in {"O", "I"} or not any(c.isdigit() for c in district):
        district = district[:-1] + district[-1:].translate(DIGIT_FOR_LETTER)
    digit, inward = digit.translate(DIGIT_FOR_LETTER), inward.translate(LETTER_FOR_DIGIT)
    return area + district + digit + inward


def unless_dummy(outward: str, inward: str) -> str | None:
    """The postcode of its two parts, None where it stands for no place."""
    found = f"{outward} {inward}"
    return None if outward in DUMMY_OUTWARD or found in DUMMY_POSTCODES else found
