"""Each source's words for a relationship, to one vocabulary with a direction.

In: a code or free text. Out: what the one person is to the other, from `RELATIONSHIPS`. A word that
nobody knows becomes `unknown`, never a guess.
"""

from __future__ import annotations

import re

import jellyfish

PRISON_CODES = {
    "SON": "child", "DAU": "child", "SSON": "step_child", "SDAU": "step_child",
    "GSON": "grandchild", "GDAU": "grandchild", "NEP": "other_child", "NIE": "other_child",
    "MOT": "parent", "FA": "parent", "PAR": "parent", "SMOT": "step_parent", "SFA": "step_parent",
    "GMOT": "grandparent", "GFA": "grandparent",
    "GUA": "carer", "FOP": "carer", "ILP": "carer",
    "WIFE": "partner", "HUS": "partner", "PART": "partner", "CLW": "partner", "CLH": "partner",
    "GIF": "partner", "BOF": "partner", "ENT": "partner",
    "BRO": "sibling", "SIS": "sibling", "HBRO": "sibling", "HSIS": "sibling", "SBRO": "sibling",
    "SSIS": "sibling",
    "AUNT": "other", "UN": "other", "COU": "other", "FRI": "other", "NONE": "other",
    "SWO": "other", "LAC": "other", "FLO": "other", "FW": "other", "COM": "other", "POM": "other",
    "PROB": "other", "OTHER": "unknown",
}  # fmt: skip
"""NOMIS social and official codes: the contact is the prisoner's … OTHER says nothing."""

WORDS = {
    "child": "child son daughter kid boy girl baby lad toddler newborn chi children sons daughters",
    "step_child": "stepson stepdaughter stepchild",
    "grandchild": "grandson granddaughter grandchild",
    "other_child": "nephew niece godson goddaughter godchild",
    "parent": "parent mother father mum dad mam mummy daddy mom birthmother birthfather "
    "birthparent adoptivemother adoptivefather",
    "step_parent": "stepmother stepfather stepparent stepmum stepdad",
    "grandparent": "grandparent grandmother grandfather nan nana gran granny grandad granddad "
    "mgm mgf pgm pgf",
    "carer": "carer guardian foster fosterparent kinship",
    "partner": "wife husband partner spouse girlfriend boyfriend fiance fiancee cohabitee civil",
    "sibling": "sibling brother sister twin halfbrother halfsister stepbrother "
    "stepsister halfsibling",
    "other": "household aunt auntie uncle cousin friend neighbour gp doctor social worker "
    "solicitor professional relative family member employer landlord teacher emergency inlaw tenant lodger",
}
VOCABULARY = {word: kind for kind, words in WORDS.items() for word in words.split()}

JOINED_PREFIXES = frozenset({"step", "grand", "half", "birth", "adoptive", "foster", "god"})
"""`step son` and `half-sister` are one word in the vocabulary; `foster son` is not a son."""

EX = frozenset(
    {"ex", "former", "late", "deceased", "estranged", "biological", "natural", "adopted"}
)

INVERSE = {
    "child": "parent", "step_child": "step_parent", "grandchild": "grandparent",
    "other_child": "other", "parent": "child", "step_parent": "step_child",
    "grandparent": "grandchild", "carer": "other_child",
    "partner": "partner", "sibling": "sibling", "other": "other", "unknown": "unknown",
}  # fmt: skip
"""What the object is to the subject, where the subject is … to the object."""

CHILD_KINDS = frozenset({"child", "step_child", "grandchild", "other_child"})
ADULT_KINDS = frozenset({"parent", "step_parent", "grandparent", "carer"})

SHORTEST_MISSPELT = 5
"""Words of fewer letters are too easily another word: son and sun, dad and dan."""


def coded_relationship(code: str) -> str:
    """A prison contact's code; a supplier's words are read as free text."""
    return PRISON_CODES.get(code.strip().upper()) or free_relationship(code)


def free_relationship(text: str) -> str:
    """The first word of a free text that names a relationship decides; misspelling is forgiven."""
    words = re.sub(r"[^a-z]+", " ", text.lower()).split()
    words = _join_prefixes([word for word in words if word not in EX])
    for word in words:
        if word.startswith("foster"):
            return "other_child" if _is_child(word.removeprefix("foster")) else "carer"
        if word in VOCABULARY:
            return VOCABULARY[word]
    for word in words:
        if kind := _misspelt(word):
            return kind
    return "unknown"


def paired_relationship(text: str) -> tuple[str, str | None]:
    """A children's services label as (first person's role, second person's role).

    `Mother : Child` names both; `Mother` alone names the related person, and the other is None.
    """
    first, colon, second = text.partition(":")
    if colon and second.strip():
        return free_relationship(first), free_relationship(second)
    return free_relationship(text), None


def adult_role(text: str) -> str:
    """What the adult of a row is to its child, whichever side the label speaks of.

    Of `Mother : Child`, `Child : Mother`, `Mother`, `CHI` and `Daughter` each says parent.
    """
    roles = [role for role in paired_relationship(text) if role]
    for role in roles:
        if role in ADULT_KINDS:
            return role
    for role in roles:
        if role in CHILD_KINDS:
            return INVERSE[role]
    return roles[0]


def _join_prefixes(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in JOINED_PREFIXES:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _is_child(word: str) -> bool:
    return VOCABULARY.get(word) in CHILD_KINDS


def _misspelt(word: str) -> str | None:
    """The kind of the nearest vocabulary word within one edit, or two from eight letters on."""
    if len(word) < SHORTEST_MISSPELT:
        return None
    allowed = 2 if len(word) >= 8 else 1
    distances = {
        known: jellyfish.damerau_levenshtein_distance(word, known)
        for known in VOCABULARY
        if len(known) >= SHORTEST_MISSPELT and abs(len(known) - len(word)) <= allowed
    }
    nearest = min(distances, key=lambda known: (distances[known], known), default=None)
    return VOCABULARY[nearest] if nearest and distances[nearest] <= allowed else None
