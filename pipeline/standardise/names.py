"""Names as people write them, to names that can be compared.

In: one name as recorded. Out: lower-case ASCII tokens separated by one space, or None where nothing
was recorded but a placeholder. It must not decide whether two spellings are the same name: Mohammed
and Muhammad stay as written, for that is a comparison's business.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

TITLES = frozenset("mr mrs ms miss mx master dr rev sir lady dame prof mstr".split())
SUFFIXES = frozenset("jr jnr junior sr snr senior ii iii esq".split())

GIVEN_PLACEHOLDERS = frozenset(
    (
        "baby babe infant newborn unborn unknown unk not known none null na nk nfn fnu male "
        "female boy girl child twin of one two entered name no provided recorded given tbc test "
        "dummy x xx xxx "
    ).split()
)
"""A given name made up of these words alone says nothing."""

SURNAME_PLACEHOLDERS = frozenset(
    (
        "unknown unk not known none null na nk lnu entered name no provided recorded tbc test "
        "dummy x xx xxx "
    ).split()
)

BIRTH_PLACEHOLDERS = frozenset("baby unborn newborn infant".split())
"""A given name that begins so is a child not yet named: what follows is the mother's surname."""

JUNK = re.compile(r"(?i)\b(mig[_ ]error|no[_ ]show|duplicate[d]?|do not use|not entered)[_ ]*")
"""Marks that systems and clerks leave inside names, from migrations, clinics and merges."""

BRACKETED = re.compile(r"[(\[{].*?[)\]}]")
APOSTROPHES = re.compile("['`´ʼ‘’]")
SEPARATORS = re.compile(r"[^a-z]+")

LETTERS_WITHOUT_ACCENT = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
"""Letters that Unicode does not take apart into a base letter and an accent."""


class GivenNames(NamedTuple):
    """The first given name, and the further ones joined by a space."""

    given_name: str | None
    middle_names: str | None


def tokens(text: str) -> list[str]:
    """The name's words: lower case, ASCII, without marks, brackets, titles and digits."""
    text = BRACKETED.sub(" ", JUNK.sub(" ", text))
    text = text.lower().translate(LETTERS_WITHOUT_ACCENT)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = SEPARATORS.sub(" ", APOSTROPHES.sub("", text)).split()
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    return words


def given_names(text: str) -> GivenNames:
    """The given names of a given-name field, which often holds the middle names too."""
    words = [word for word in tokens(text) if word not in SUFFIXES]
    if not words or set(words) <= GIVEN_PLACEHOLDERS or words[0] in BIRTH_PLACEHOLDERS:
        return GivenNames(None, None)
    words = join_gaelic(words)
    return GivenNames(words[0], " ".join(words[1:]) or None)


def given_name(text: str) -> str | None:
    """The first given name."""
    return given_names(text).given_name


def further_names(text: str) -> str | None:
    """Given names after the first, from a given-name field."""
    return given_names(text).middle_names


def middle_names(text: str) -> str | None:
    """The names of a middle-names field; initials are kept."""
    words = tokens(text)
    return None if not words or set(words) <= SURNAME_PLACEHOLDERS - {"x"} else " ".join(words)


def surname(text: str) -> str | None:
    """The surname: Mc and O joined to what follows, hyphens opened, stray initials dropped."""
    words = join_gaelic([word for word in tokens(text) if word not in SUFFIXES])
    if not words or set(words) <= SURNAME_PLACEHOLDERS:
        return None
    if len(words) > 1 and words[0] in BIRTH_PLACEHOLDERS:
        words = words[1:]
    long_words = [word for word in words if len(word) > 1]
    return " ".join(long_words or words)


def join_gaelic(words: list[str]) -> list[str]:
    """`mc donald`, `mac donald` and `o neill` written as one word."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in {"mc", "mac", "o"}:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def split_reversed(text: str) -> tuple[str, str] | None:
    """`SMITH, John` as (given names, surname); None where there is no such comma."""
    before, comma, after = text.partition(",")
    return (after.strip(), before.strip()) if comma and before.strip() and after.strip() else None
