"""Names as people write them, to names that can be compared.

In: one name as recorded. Out: lower-case ASCII tokens separated by one space, or None where nothing
was recorded but a placeholder. It must not decide whether two spellings are the same name: Mohammed
and Muhammad stay as written, for that is a comparison's business.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

TITLES = frozenset("mr mrs ms miss mx master dr rev sir lady dame prof mstr".split())
TITLES_ONLY = frozenset("mr mrs ms mx dr mstr".split())
"""Titles that are nobody's name, wherever they stand."""

SUFFIXES = frozenset("jr jnr junior sr snr senior ii iii esq".split())

NOTHING_RECORDED = re.compile(
    r"(no|not|never) (yet )?(known|entered|recorded|provided|given|stated|applicable|available"
    r"|disclosed|specified|supplied|named|registered)( yet| at present| name)?"
    r"|(un|not )?(known|named)|unk|nk|unspecified"
    r"|(no|unknown) (fore|sur|first |last |family |given |other )?names?( given| known| entered)?"
    r"|name|(first|last|fore|sur) ?name|n a|none|null|nil|nfn|fnu|lnu"
    r"|tb[acd]|to be (confirmed|named|advised)|x+( x+)*|test|dummy|test (test|name|record|person)"
)
"""Texts that stand where a name was not known."""

NOT_APPLICABLE = re.compile(r"\s*(NA|[Nn]\s*[/.\\]\s*[Aa]\.?)\s*")
"""`N/A`, and `NA` in capitals; `Na` is a name."""

CHILD_WORDS = frozenset(
    "baby babe infant newborn unborn unknown male female boy girl child twin triplet".split()
)
CHILD_FILLERS = frozenset("one two three first second third a b of the no".split())
"""A given name of such words and fillers alone is a child not yet named; `A` is an initial."""

BIRTH_PLACEHOLDERS = frozenset("baby unborn newborn infant".split())
"""A given name that begins so is a child not yet named: what follows is the mother's name."""

JUNK = re.compile(
    r"(?i)(?<![a-z])(mig[_ ]?error|no[_ ]show|duplicated?|do not use|not entered|merged record)"
    r"(?![a-z])[_ ]*"
)
"""Marks that systems and clerks leave inside names, from migrations, clinics and merges."""

ALIAS_WORDS = r"(?:a\.?k\.?a\.?|n[eé]e|(?:also |now )?known as|formerly|previously|prev\.?)"
ALIAS = re.compile(
    rf"(?i)[(\[{{]\s*(?:{ALIAS_WORDS}\b)?\s*(?P<bracketed>[^)\]}}]*)[)\]}}]?"
    r"|[\"“](?P<quoted>[^\"”]+)[\"”]"
    rf"|(?<![a-z]){ALIAS_WORDS}(?![a-z])[\s:]*(?P<named>.+)"
)
"""A second name inside a name: in brackets, in double quotes, or after `aka` or `née`."""

APOSTROPHES = re.compile("['`´ʼ‘’]")
SEPARATORS = re.compile(r"[^a-z]+")
LETTERS_WITHOUT_ACCENT = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
"""Letters that Unicode does not take apart into a base letter and an accent."""

JOINED_PARTICLES = frozenset(
    "mc mac o al el ben st de da di du do dos das del della la le van von der den ter ten".split()
)
"""Words written apart from the surname they begin, or not, as the clerk pleases."""

DROPPED_PARTICLES = frozenset("bin bint binti binte ibn ap ab ferch".split())
"""`Son of` and `daughter of`: a surname often stands without them in another system."""


Splitter: TypeAlias = Callable[[str], tuple[str, str] | None]
"""Takes one text apart into (given names, surname), where it holds both."""


class GivenNames(NamedTuple):
    """The first given name, and the further ones joined by a space."""

    given_name: str | None
    middle_names: str | None


def tokens(text: str) -> list[str]:
    """The name's words: lower case, ASCII, without marks, second names, titles and digits."""
    text = "" if NOT_APPLICABLE.fullmatch(text) else JUNK.sub(" ", text)
    words = _words(ALIAS.sub(" ", text)) or _words(ALIAS.sub(_second_name, text))
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    while len(words) > 1 and (words[-1] in SUFFIXES or words[-1] in TITLES_ONLY):
        words = words[:-1]
    return words


def given_names(text: str) -> GivenNames:
    """The given names of a given-name field, which often holds the middle names too."""
    words = tokens(text)
    if is_placeholder(words) or is_unnamed_child(words) or set(words) <= TITLES_ONLY:
        return GivenNames(None, None)
    return GivenNames(words[0], " ".join(words[1:]) or None)


def given_name(text: str) -> str | None:
    """The first given name."""
    return given_names(text).given_name


def middle_names(text: str) -> str | None:
    """The names of a middle-names field; initials are kept."""
    words = tokens(text)
    is_initial = len(words) == 1 and len(words[0]) == 1
    return None if is_placeholder(words) and not is_initial else " ".join(words)


def surname(text: str) -> str | None:
    """The surname: particles joined to what they begin, hyphens opened, stray initials dropped."""
    words = tokens(text)
    if is_placeholder(words):
        return None
    if len(words) > 1 and words[0] in BIRTH_PLACEHOLDERS:
        words = words[1:]
    words = [word for word in words if word not in DROPPED_PARTICLES] or words
    words = join_particles(words)
    long_words = [word for word in words if len(word) > 1]
    return " ".join(long_words or words)


def first_name_parts(text: str) -> tuple[str | None, str | None, str | None]:
    """Of a first-name field: given name, further names, second given name."""
    return (*given_names(text), other_given_name(text))


def last_name_parts(text: str) -> tuple[str | None, str | None]:
    """Of a last-name field: surname, second surname."""
    return surname(text), other_surname(text)


def other_given_name(text: str) -> str | None:
    """A second form of the given name: `Robert (Bob)`, `William "Billy"`; else two names as one.

    `Chia-Wei`, `Chia Wei` and `Chiawei` are one name in three spellings, and so is `Anne-Marie`.
    """
    inside = _inside(text)
    if inside and (second := given_name(inside)):
        return second
    given, further = given_names(text)
    following = (further or "").partition(" ")[0]
    return f"{given}{following}" if given and len(given) > 1 and len(following) > 1 else None


def other_surname(text: str) -> str | None:
    """The second surname inside a surname field: `Smith (née Jones)`, `Smith aka Jones`."""
    inside = _inside(text)
    return surname(inside) if inside else None


def is_placeholder(words: list[str]) -> bool:
    """Whether the words say only that no name was recorded, or there are none."""
    return not words or bool(NOTHING_RECORDED.fullmatch(" ".join(words)))


def is_unnamed_child(words: list[str]) -> bool:
    """Whether the words stand for a child without a name: `baby of Jane`, `twin two`, `male`."""
    said = set(words)
    only_such = said <= CHILD_WORDS | CHILD_FILLERS and not said.isdisjoint(CHILD_WORDS)
    return only_such or words[0] in BIRTH_PLACEHOLDERS


def join_particles(words: list[str]) -> list[str]:
    """`mc donald`, `o neill`, `van der berg` and `al hassan` each as one word."""
    joined: list[str] = []
    is_open = False
    for word in words:
        if is_open:
            joined[-1] += word
        else:
            joined.append(word)
        is_open = word in JOINED_PARTICLES
    return joined


def split_reversed(text: str) -> tuple[str, str] | None:
    """`SMITH, John` as (given names, surname); None where there is no such comma."""
    before, comma, after = text.partition(",")
    return (after.strip(), before.strip()) if comma and before.strip() and after.strip() else None


def split_full_name(text: str) -> tuple[str, str] | None:
    """`Jamie Lee Smith` as (given names, surname), for a record whose surname field is empty."""
    words = tokens(text)
    if len(words) < 2 or len(words[-1]) == 1 or given_name(text) is None:
        return None
    first = next(i for i, word in enumerate(words) if i and _begins_surname(words, i))
    return " ".join(words[:first]), " ".join(words[first:])


def _begins_surname(words: list[str], place: int) -> bool:
    is_last = place == len(words) - 1
    return is_last or words[place] in JOINED_PARTICLES | DROPPED_PARTICLES


def _words(text: str) -> list[str]:
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(LETTERS_WITHOUT_ACCENT))
        text = "".join(c for c in text if not unicodedata.combining(c))
    return SEPARATORS.sub(" ", APOSTROPHES.sub("", text)).split()


def _inside(text: str) -> str | None:
    """The second name inside a text, where there is one beside the first."""
    text = JUNK.sub(" ", text)
    match = ALIAS.search(text)
    return _second_name(match) if match and _words(ALIAS.sub(" ", text)) else None


def _second_name(match: re.Match[str]) -> str:
    return next((part for part in match.groups() if part), "")
