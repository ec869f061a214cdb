"""Addresses and postcodes in one spelling, and what an address may be evidence of.

In: lines, postcodes, and each source's usage, status and type codes. Out: canonical text, and a
kind from `ADDRESS_KINDS`. It must not decide whether two people share a home.
"""

from __future__ import annotations

import re
from typing import NamedTuple

POSTCODE_PATTERN = r"\b([A-Z][A-HJ-Y]?\d[A-HJ-NP-Z\d]?) ?(\d[A-Z]{2})\b"
"""Outward and inward part; O and I end no outward part, they are mistyped digits."""

POSTCODE = re.compile(POSTCODE_PATTERN)
POSTCODE_WITHIN = re.compile(POSTCODE_PATTERN + r"(?! ?(?:FLOOR|FLR|FL|STOREY|FLAT)\b)")
"""`Flat B1 2ND FLOOR` holds no postcode."""

NOT_IN_AN_ADDRESS = re.compile(r"[^A-Z\d'\-/]+")
NOT_IN_A_WORD = re.compile(r"[^a-z0-9]+")
GIROBANK = "GIR0AA"

DUMMY_POSTCODES = frozenset({"AA1 1AA", "XX1 1XX", "XX99 9XX", "ZZ1 1ZZ"})
DUMMY_OUTWARD = frozenset({"NF1", "ZZ99"})
"""No fixed abode, and the pseudo-codes that stand for a country, for `not known` or `abroad`."""

DIGIT_FOR_LETTER = str.maketrans("OIL", "011")
LETTER_FOR_DIGIT = str.maketrans("01", "OI")

NO_FIXED_ABODE = re.compile(
    r"\b(nfa|no fixed (abode|address|addr|accommodation)|no (abode|address)|homeless"
    r"|rough sle\w+|sofa surf\w+|of no fixed|address (not|un) ?known|unknown|not known)\b"
)
"""Text that stands where an address was not known or the person had none."""

INSTITUTION = re.compile(
    r"\b(h ?m ?p|h ?m prison|prison|y ?o ?i|young offenders?|approved premises|bail hostel"
    r"|probation hostel|immigration removal)\b(?! (road|lane|street|close|way|avenue|rd|ln|st)\b)"
)
"""A prison, an approved premises: nobody's household. Prison Road is a road."""

ABBREVIATIONS = {
    "road": "rd", "street": "st", "str": "st", "avenue": "ave", "av": "ave", "close": "cl",
    "drive": "dr", "drv": "dr", "lane": "ln", "court": "ct", "crt": "ct", "crescent": "cres",
    "cresent": "cres", "place": "pl", "square": "sq", "terrace": "ter", "terr": "ter",
    "gardens": "gdns", "gdn": "gdns", "garden": "gdns", "grove": "gr", "grv": "gr", "house": "hse",
    "apartment": "flat", "apartments": "flat", "apt": "flat", "flt": "flat", "unit": "flat",
    "saint": "st", "mount": "mt", "north": "n", "south": "s", "east": "e", "west": "w",
    "boulevard": "blvd", "parade": "pde", "walk": "wlk", "park": "pk", "hill": "hl",
    "green": "grn", "building": "bldg", "buildings": "bldg", "block": "blk", "tower": "twr",
    "floor": "fl", "first": "1st", "second": "2nd", "third": "3rd", "ground": "grd",
}  # fmt: skip
NUMBER_SIGNS = frozenset({"no", "number", "num"})
"""Words before a house number that say nothing."""

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


class AddressLines(NamedTuple):
    """What address lines say.

    Attributes:
        address: lower case, abbreviated, without postcode; None where there is none.
        postcode: the last postcode inside the lines; None for none or a dummy.
        is_nowhere: they say that the person has no fixed abode, or that none is known.
        is_institution: they name a prison or approved premises.
    """

    address: str | None
    postcode: str | None
    is_nowhere: bool
    is_institution: bool


def postcode(text: str) -> str | None:
    """The postcode of a postcode field, as `B1 1AA`; None for none, an invalid one or a dummy."""
    upper = re.sub(r"[^A-Z\d ]", "", re.sub(r"\s+", " ", text.upper()))
    squeezed = upper.replace(" ", "")
    if GIROBANK in squeezed:
        return "GIR 0AA"
    match = POSTCODE.search(upper) or POSTCODE.fullmatch(squeezed)
    match = match or POSTCODE.fullmatch(_likely_meant(squeezed))
    return _unless_dummy(match.group(1), match.group(2)) if match else None


def read_lines(text: str) -> AddressLines:
    """What address lines say, in whatever order they were typed."""
    line = NOT_IN_AN_ADDRESS.sub(" ", text.upper())
    codes = POSTCODE_WITHIN.findall(line)
    if codes:
        line = POSTCODE_WITHIN.sub(" ", line)
    words = NOT_IN_A_WORD.sub(" ", line.replace("'", "").lower()).split()
    said = " ".join(words)
    is_nowhere = not words or NO_FIXED_ABODE.search(said) is not None
    return AddressLines(
        address=None if is_nowhere else _abbreviated(words),
        postcode=_unless_dummy(*codes[-1]) if codes else None,
        is_nowhere=is_nowhere and bool(words),
        is_institution=INSTITUTION.search(said) is not None,
    )


def _abbreviated(words: list[str]) -> str:
    """The words with every kind of street in one spelling, and no sign before a house number."""
    kept = [
        ABBREVIATIONS.get(word, word)
        for word, following in zip(words, [*words[1:], ""], strict=True)
        if not (word in NUMBER_SIGNS and following[:1].isdigit())
    ]
    return " ".join(kept)


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


def _unless_dummy(outward: str, inward: str) -> str | None:
    found = f"{outward} {inward}"
    return None if outward in DUMMY_OUTWARD or found in DUMMY_POSTCODES else found
