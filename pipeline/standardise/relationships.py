"""Each source's words for a relationship, to one vocabulary with a direction.

In: a code or free text. Out: what the declared person is to the one who declares, from
`RELATIONSHIPS`. A word nobody knows becomes `unknown`, never a guess.
"""

from __future__ import annotations

import re
from functools import cache

import jellyfish

from pipeline.contracts.kinship import KIN, Kin
from pipeline.contracts.stages import RELATIONSHIPS

UNKNOWN = Kin("unknown")

JOINED_PREFIXES = frozenset("step grand half birth adoptive foster god co".split())
"""`step son` and `half-sister` are one word of the vocabulary; `foster son` is not a son."""

QUALIFIERS = frozenset("baby twin kid child girl boy lad infant teenager married".split())
"""Words that may only describe the next word of kinship: `baby brother`, `twin daughter`."""

NEXT_OF_KIN = re.compile(r"\b(next of kin|n\.?o\.?k)\b")
IN_LAW = re.compile(r"\b[a-z]+[\s\-]+in[\s\-]+law\b")
FRIEND = re.compile(r"\b(girl|boy)[\s\-]+friend")
POSSESSIVE = re.compile(r"['’`´]s\b|(?<=s)['’`´](?=\s)")
WORDS = re.compile(r"'s|[a-z]+")
OF = frozenset({"of", "to"})

SHORTEST_MISSPELT = 5
"""Words of fewer letters are too easily another word: son and sun, dad and dan."""

TWO_EDITS_FROM = 8
"""Letters from which a word may be two edits away from the one meant; below, one."""

NEVER_MISSPELT = frozenset(
    "rather mister bother another career months month where there other laughter patent piece "
    "add ann adopted fiend sitter chill farther nobody known shared cared partially".split()
)
"""English words within an edit of a word of kinship."""


PRISON_CODES = {
    "SON": "son", "DAU": "daughter", "SSON": "stepson", "SDAU": "stepdaughter",
    "GSON": "grandson", "GDAU": "granddaughter", "NEP": "nephew", "NIE": "niece",
    "MOT": "mother", "FA": "father", "PAR": "parent", "SMOT": "stepmother", "SFA": "stepfather",
    "GMOT": "grandmother", "GFA": "grandfather", "GUA": "guardian", "FOP": "fosterparent",
    "ILP": "carer", "WIFE": "wife", "HUS": "husband", "PART": "partner", "CLW": "wife",
    "CLH": "husband", "GIF": "girlfriend", "BOF": "boyfriend", "ENT": "fiance",
    "BRO": "brother", "SIS": "sister", "HBRO": "halfbrother", "HSIS": "halfsister",
    "SBRO": "stepbrother", "SSIS": "stepsister", "AUNT": "aunt", "UN": "uncle", "COU": "cousin",
    "FRI": "friend", "NONE": "none", "SWO": "worker", "LAC": "worker", "FLO": "officer",
    "FW": "worker", "COM": "officer", "POM": "officer", "PROB": "officer", "OTHER": "unknown",
}  # fmt: skip
"""NOMIS social and official codes: the contact is the prisoner's … `OTHER` says nothing."""

THROUGH = {
    ("partner", "child"): "step_child", ("partner", "step_child"): "step_child",
    ("child", "child"): "grandchild", ("step_child", "child"): "grandchild",
    ("child", "parent"): "partner", ("step_child", "parent"): "partner",
    ("child", "sibling"): "other_child",
    ("sibling", "child"): "other_child", ("other", "child"): "other_child",
    ("parent", "child"): "sibling", ("parent", "parent"): "grandparent",
    ("parent", "partner"): "step_parent",
}  # fmt: skip
"""What the … of somebody's … is to that person: a partner's child is a step-child, a child's other
parent counts as a partner. Any other chain is `other`."""


def coded_kin(code: str) -> Kin:
    """The kinship of a prison contact's code, with the sex that it tells."""
    return read_kin(PRISON_CODES.get(code.strip().upper(), code))


def read_kin(text: str) -> Kin:
    """The kinship in a free text.

    The first word of kinship decides, and misspelling is forgiven. Chains are followed: `partner's
    son` and `daughter of girlfriend` are step-children, `mother of my kids` a partner, `mother in
    law` neither parent nor child.
    """
    if text.strip().lower() in RELATIONSHIPS:
        return Kin(text.strip().lower())
    text = FRIEND.sub(r"\1friend", IN_LAW.sub("inlaw", NEXT_OF_KIN.sub(" ", text.lower())))
    words = _join_prefixes(WORDS.findall(POSSESSIVE.sub(" 's ", text + " ")))
    found = [_known(word) for word in words]
    places = [i for i, kin in enumerate(found) if kin and not kin.is_weak]
    if not places:
        return next((kin for kin in found if kin), UNKNOWN)
    first, *rest = places
    kin = found[first] or UNKNOWN
    for place in rest:
        following = found[place] or UNKNOWN
        between = words[first + 1 : place]
        if OF & set(between):
            kin = Kin(THROUGH.get((following.kind, kin.kind), "other"), kin.sex)
        elif between == ["'s"] or (not between and _belongs(words[first], kin, following)):
            kin = Kin(THROUGH.get((kin.kind, following.kind), "other"), following.sex)
        elif not between and words[first] in QUALIFIERS:
            kin = following
        else:
            break
        first = place
    return kin


def _belongs(word: str, kin: Kin, following: Kin) -> bool:
    """Whether two words side by side are possessor and possessed: `sons mother`, `baby mother`."""
    is_plural = word.endswith("s") and KIN.get(word) is None
    return is_plural or (kin.kind == "child" and following.kind == "parent")


def _join_prefixes(words: list[str]) -> list[str]:
    joined: list[str] = []
    is_open = False
    for word in words:
        if is_open and word != "'s":
            joined[-1] += word
        else:
            joined.append(word)
        is_open = word in JOINED_PREFIXES
    return joined


@cache
def _known(word: str) -> Kin | None:
    """The kinship of one word, in the plural or misspelt if need be; None for any other word."""
    if kin := _spelt(word) or _spelt(word.removesuffix("s")):
        return kin
    for prefix in ("ex", "step", "grand", "great", "adoptive", "birth", "half"):
        rest = _spelt(word.removeprefix(prefix)) if word.startswith(prefix) else None
        if rest:
            return rest
    if word.startswith("foster"):
        return KIN["carer"]
    return _misspelt(word)


def _spelt(word: str) -> Kin | None:
    return KIN.get(word)


def _misspelt(word: str) -> Kin | None:
    """The nearest word of the vocabulary within one edit, or two for long words.

    A short word is only forgiven two letters in the wrong order: `sno` is no other word.
    """
    if word in NEVER_MISSPELT:
        return None
    if len(word) < SHORTEST_MISSPELT:
        swapped = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
        return next((KIN[known] for known in swapped if len(known) > 2 and known in KIN), None)
    distances = {
        known: jellyfish.damerau_levenshtein_distance(word, known)
        for known in KIN
        if len(known) >= SHORTEST_MISSPELT and abs(len(known) - len(word)) <= 2
    }
    nearest = min(distances, key=lambda known: (distances[known], known), default=None)
    if nearest is None:
        return None
    allowed = 2 if len(nearest) >= TWO_EDITS_FROM else 1
    return KIN[nearest] if distances[nearest] <= allowed else None
