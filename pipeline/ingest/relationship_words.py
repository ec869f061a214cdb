"""Suppliers' words for family relationships in children's services, with their direction.

In: a supplier's word. Out: what the related person is to the person, one of `RELATIONSHIPS`. A word
that nobody knows is never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.contracts.kinship import CHILD_KINDS, KIN

PHRASES: dict[str, str] = {
    phrase: kind
    for kind, phrases in {
        "parent": "natural mother, natural father, biological mother, biological father",
        "grandparent": "maternal grandmother, maternal grandfather, paternal grandmother, "
        "paternal grandfather",
        "carer": "main carer, primary carer, legal guardian, special guardian, foster mother, "
        "foster father, kinship carer",
        "child": "birth child, adopted child, adopted son, adopted daughter",
        "other_child": "cared for child, ward",
        "sibling": "full sibling",
        "partner": "ex partner",
        "other": "nephew, niece, other relative, household member, family friend, "
        "great grandparent",
        "unknown": "unknown, not known, not recorded",
    }.items()
    for phrase in phrases.split(", ")
}
"""What suppliers' phrases mean, beside the words of kinship. A nephew is a child whom the related
adult neither brings up nor cares for: in these tables a relative like any other."""

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
        person, related = _role(_folded(first)), _role(_folded(second))
        if CHILD_KINDS & {person, related} and None in (person, related):
            # `Zzz : Child`: that the one is a child does not make a parent of the other.
            return None
        if related in CHILD_KINDS and person and person not in CHILD_KINDS:
            # `Step Mother : Son`: the person's own role says more than the child's.
            return INVERSE.get(person, person)
        return related or (INVERSE.get(person, person) if person else None)
    return _role(folded)


def _role(folded: str) -> str | None:
    """What a word or phrase says the one person is to the other, whoever the one is."""
    kin = KIN.get(folded.replace(" ", ""))
    return PHRASES.get(folded) or (kin.kind if kin else None)


def _folded(word: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", word.lower()).split())
