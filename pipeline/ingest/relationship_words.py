"""Suppliers' words for family relationships in children's services, with their direction.

In: a supplier's word. Out: what the related person is to the person, one of `RELATIONSHIPS`. A word
that nobody knows is never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ROLES: dict[str, str] = {
    word: kind
    for kind, words in {
        "parent": "parent, mother, father, mum, dad, birth mother, birth father, birth parent, "
        "natural mother, natural father, biological mother, biological father, adoptive mother, "
        "adoptive father, adoptive parent",
        "step_parent": "step parent, step mother, step father, stepmother, stepfather, stepparent",
        "grandparent": "grandparent, grandmother, grandfather, grand parent, grand mother, "
        "grand father, maternal grandmother, maternal grandfather, paternal grandmother, "
        "paternal grandfather",
        "carer": "carer, main carer, primary carer, guardian, legal guardian, special guardian, "
        "foster carer, foster parent, foster mother, foster father, kinship carer",
        "child": "child, son, daughter, birth child, adopted child, adopted son, adopted daughter",
        "step_child": "step child, step son, step daughter, stepchild, stepson, stepdaughter",
        "grandchild": "grandchild, grandson, granddaughter, grand child, grand son, grand daughter",
        "other_child": "foster child, foster son, foster daughter, cared for child, ward",
        "sibling": "sibling, brother, sister, half sibling, half brother, half sister, "
        "step sibling, step brother, step sister, twin, full sibling",
        "partner": "partner, spouse, husband, wife, ex partner, boyfriend, girlfriend",
        "other": "nephew, niece, other, other relative, relative, household member, aunt, uncle, "
        "cousin, friend, family friend, neighbour, great grandparent, lodger, professional",
        "unknown": "unknown, not known, not recorded",
    }.items()
    for word in words.split(", ")
}
"""What a word says the one person is to the other, whoever the one is."""

VOCABULARIES: dict[str, Mapping[str, str]] = {
    "plain": {},
    "liquidlogic": {
        "chi": "child",  # the related person is the person's child
        "par": "parent",
    },
    "mosaic": {},
    "eclipse": {},
}
"""Codes of one supplier, beside words and pairs of words, which are read for all of them."""

INVERSE = {
    "child": "parent", "step_child": "step_parent", "grandchild": "grandparent",
    "other_child": "carer", "parent": "child", "step_parent": "step_child",
    "grandparent": "grandchild", "carer": "other_child",
}  # fmt: skip
"""What the one is to the other, where the other is … to the one; the same word where not listed."""

CHILD_KINDS = frozenset({"child", "step_child", "grandchild", "other_child"})


def related_is(word: str, vocabulary: str, own: Mapping[str, str]) -> str | None:
    """What the related person is to the person, or None where nobody knows the word.

    Args:
        word: `Mother`, `CHI`, or a pair such as `Mother : Child`, which names the person first.
        vocabulary: the supplier's, one of VOCABULARIES.
        own: further words that the settings declare, in the supplier's spelling.
    """
    folded = _folded(word)
    for known, kind in own.items():
        if _folded(known) == folded:
            return kind
    if folded in VOCABULARIES[vocabulary]:
        return VOCABULARIES[vocabulary][folded]
    first, pair, second = word.partition(":")
    if pair:
        person, related = ROLES.get(_folded(first)), ROLES.get(_folded(second))
        if related in CHILD_KINDS and person and person not in CHILD_KINDS:
            # `Step Mother : Son`: the person's own role says more than the child's.
            return INVERSE.get(person, person)
        return related or (INVERSE.get(person, person) if person else None)
    return ROLES.get(folded)


def _folded(word: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", word.lower()).split())
