"""Addresses and postcodes in one spelling, and what an address may be evidence of.

In: lines, postcodes, and each source's usage, status and type codes. Out: canonical text, and a
kind from `ADDRESS_KINDS`. It must not decide whether two people share a home.
"""

from __future__ import annotations

import re

POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})\b")
DUMMY_POSTCODES = frozenset({"NF1 1NF", "NF1 1FA", "ZZ99 3VZ", "ZZ99 3WZ", "ZZ99 9ZZ", "AA1 1AA"})
"""No fixed abode, and codes that stand for "not known" or "abroad"."""

DUMMY_OUTWARD = frozenset({"NF1", "ZZ99"})

NO_FIXED_ABODE = re.compile(r"\b(nfa|no fixed (abode|address|addr)|homeless|rough sleep\w*)\b")

ABBREVIATIONS = {
    "road": "rd", "street": "st", "avenue": "ave", "close": "cl", "drive": "dr", "lane": "ln",
    "court": "ct", "crescent": "cres", "place": "pl", "square": "sq", "terrace": "ter",
    "gardens": "gdns", "grove": "gr", "house": "hse", "apartment": "flat", "apt": "flat",
    "saint": "st", "north": "n", "south": "s", "east": "e", "west": "w", "boulevard": "blvd",
}  # fmt: skip

PRISON_USAGES_HOME = frozenset({"HOME", "RECEP", "CURFEW", "HDC", "HDC2"})
PRISON_USAGES_EXCLUDED = frozenset({"HOSP", "CARE", "HOST"})
PROBATION_STATUSES_HOME = frozenset({"M", "PM", "P", "S", "B"})
PROBATION_STATUSES_EXCLUDED = frozenset({"PR", "PR1", "RJ", "MA", "RT"})
PROBATION_TYPES_EXCLUDED = frozenset({"A02", "CS05", "A05", "A08A"})
"""Approved premises, custody, no fixed abode, rough sleeping: nobody's household."""

CHILDRENS_KINDS = (
    ("refuge", ("refuge",)),
    ("placement", ("placement", "foster", "residential", "children s home", "childrens home")),
    ("home", ("home", "primary", "main", "current", "family")),
)


def postcode(text: str) -> str | None:
    """The postcode found in a text, as `B1 1AA`; None for none, an invalid one or a dummy."""
    match = POSTCODE.search(re.sub(r"[^A-Z\d ]", "", text.upper().replace("\n", " ")))
    match = match or POSTCODE.search(re.sub(r"[^A-Z\d]", "", text.upper()))
    if not match or match.group(1) in DUMMY_OUTWARD:
        return None
    found = f"{match.group(1)} {match.group(2)}"
    return None if found in DUMMY_POSTCODES else found


def address(text: str) -> str | None:
    """Address lines in lower case, abbreviated, without postcode; None for no fixed abode."""
    text = POSTCODE.sub(" ", text.upper()).lower().replace("'", "")
    words = re.sub(r"[^a-z0-9]+", " ", text).split()
    if not words or NO_FIXED_ABODE.search(" ".join(words)):
        return None
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def prison_kind(usage: str | None) -> str:
    """What an address of the prison extract is evidence of."""
    code = (usage or "").strip().upper()
    if code in PRISON_USAGES_EXCLUDED:
        return "excluded"
    return "home" if code in PRISON_USAGES_HOME else "other"


def probation_kind(status_code: str | None, type_code: str | None) -> str:
    """What an address of the probation extract is evidence of."""
    status, type_ = (status_code or "").strip().upper(), (type_code or "").strip().upper()
    if status in PROBATION_STATUSES_EXCLUDED or type_ in PROBATION_TYPES_EXCLUDED:
        return "excluded"
    return "home" if status in PROBATION_STATUSES_HOME else "other"


def childrens_kind(address_type: str | None) -> str:
    """What an address of a children's services extract is evidence of."""
    words = re.sub(r"[^a-z]+", " ", (address_type or "").lower())
    for kind, signs in CHILDRENS_KINDS:
        if any(sign in words for sign in signs):
            return kind
    return "other"
