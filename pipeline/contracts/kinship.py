"""The words of kinship: which relationship each names, and of which sex.

In: nothing. Out: `KIN`, every word known. Whoever reads a supplier's label, a code or free text has
the meaning of its words from here. It must not read sentences.
"""

from __future__ import annotations

from typing import NamedTuple


class Kin(NamedTuple):
    """What a word says of a person.

    Attributes:
        kind: what the person is, one of `RELATIONSHIPS`.
        sex: `F` or `M`; None where the word does not say.
        is_weak: the word gives way to any other word of kinship in the same text.
    """

    kind: str
    sex: str | None = None
    is_weak: bool = False


NEUTRAL = {
    "child": "child children kid kiddie baby toddler newborn infant teenager offspring",
    "step_child": "stepchild stepchildren stepkid",
    "grandchild": "grandchild grandchildren grandkid",
    "other_child": "dependant dependent godchild fosterchild fosterchildren",
    "parent": "parent birthparent adoptiveparent adopter",
    "step_parent": "stepparent",
    "grandparent": "grandparent",
    "carer": "carer guardian kinship caregiver custodian fosterparent fostercarer parental",
    "partner": "partner spouse fiance fiancee cohabitee cohabiting lover married civil coparent",
    "sibling": "sibling sib twin halfsibling stepsibling",
    "other": "cousin friend mate neighbour gp doctor dr nurse social worker solicitor lawyer "
    "professional employer landlord teacher school nursery college hospital hostel charity inlaw "
    "tenant lodger housemate flatmate keyworker sponsor mentor tutor vicar sitter babysitter "
    "childminder minder officer probation police manager advocate godparent interpreter none",
}
MALE = {
    "child": "son boy lad",
    "step_child": "stepson stepboy",
    "grandchild": "grandson",
    "other_child": "nephew godson fosterson",
    "parent": "father dad daddy fat fth birthfather birthdad adoptivefather pops",
    "step_parent": "stepfather stepdad",
    "grandparent": "grandfather grandad granddad grandpa mgf pgf gramps",
    "partner": "husband hubby boyfriend",
    "sibling": "brother bro halfbrother stepbrother",
    "other": "uncle godfather",
}
FEMALE = {
    "child": "daughter dau girl dtr",
    "step_child": "stepdaughter stepgirl",
    "grandchild": "granddaughter",
    "other_child": "niece goddaughter fosterdaughter",
    "parent": "mother mum mam mom mummy mommy mama mot birthmother birthmum adoptivemother",
    "step_parent": "stepmother stepmum stepmom",
    "grandparent": "grandmother gran granny nan nana nanny nannan grandma mgm pgm",
    "partner": "wife missus girlfriend",
    "sibling": "sister sis halfsister stepsister",
    "other": "aunt auntie aunty godmother",
}
WEAK = "other household relative relation family member emergency contact associate significant"

KIN: dict[str, Kin] = {
    **{word: Kin("other", None, True) for word in WEAK.split()},
    **{
        word: Kin(kind, sex)
        for words, sex in ((NEUTRAL, None), (MALE, "M"), (FEMALE, "F"))
        for kind, text in words.items()
        for word in text.split()
    },
}

CHILD_KINDS = frozenset({"child", "step_child", "grandchild", "other_child"})
