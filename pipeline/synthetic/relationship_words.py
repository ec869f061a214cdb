"""Made-up suppliers' words for who a person is to a child.

In: ties in one vocabulary (`mother`, `step_father`, …). Out: the same ties in a supplier's words:
single words, codes, or labels that name both. It must not know how a supplier writes files.
"""

from __future__ import annotations

import pandas as pd

ROLE_WORDS = {
    "mother": "Mother", "father": "Father", "parent": "Parent", "step_mother": "Step Mother",
    "step_father": "Step Father", "grandmother": "Grandmother", "grandfather": "Grandfather",
    "aunt": "Aunt", "uncle": "Uncle", "friend": "Family Friend", "carer": "Main Carer",
    "other": "Other Relative", "sibling": "Sibling",
}  # fmt: skip
ROLE_CODES = {
    "mother": "CHI", "father": "CHI", "parent": "CHI", "step_mother": "SCH", "step_father": "SCH",
    "grandmother": "GCH", "grandfather": "GCH", "aunt": "NEN", "uncle": "NEN", "friend": "FRD",
    "carer": "CFC", "other": "REL", "sibling": "SIB",
}  # fmt: skip
CODE_MEANINGS = {
    "SCH": "step_parent", "GCH": "grandparent", "NEN": "other", "FRD": "other", "CFC": "carer",
    "REL": "other", "SIB": "sibling",
}  # fmt: skip
"""Meaning of the made-up codes of `ROLE_CODES` beside CHI: what the related person is."""

PAIR_ENDINGS = {
    "F": {"parent": "Daughter", "step": "Step Daughter", "grand": "Granddaughter"},
    "M": {"parent": "Son", "step": "Step Son", "grand": "Grandson"},
}


def role_words(ties: pd.DataFrame) -> pd.DataFrame:
    """One word for what the related person is: `Mother`, `Step Father`, `Sibling`."""
    return ties.assign(relationship=ties["relationship"].map(ROLE_WORDS))


def role_codes(ties: pd.DataFrame) -> pd.DataFrame:
    """A code for what the child is to the related person: `CHI`."""
    return ties.assign(relationship=ties["relationship"].map(ROLE_CODES))


def paired_labels(ties: pd.DataFrame) -> pd.DataFrame:
    """Labels that name both, the adult's row first: `Mother : Child`, `Step Father : Step Son`."""
    role = ties["relationship"]
    kind = role.map(lambda name: name[:4] if name.startswith("step") else "parent")
    kind = kind.where(~role.isin(["grandmother", "grandfather"]), "grand")
    ending = pd.Series(
        [PAIR_ENDINGS[sex][form] for sex, form in zip(ties["child_sex"], kind, strict=True)],
        index=ties.index, dtype=object,
    )  # fmt: skip
    # A third of labels say Child of either sex; the row number decides, not chance.
    plain = (ties["person_id"].str[-1].isin(["0", "3", "7"])) | role.isin(
        ["aunt", "uncle", "friend", "other", "carer"]
    )
    ending = ending.where(~plain, "Child")
    ending = ending.where(role != "sibling", "Sibling")
    return ties.assign(
        relationship=role.map(ROLE_WORDS) + " : " + ending,
        person_id=ties["related_person_id"],
        related_person_id=ties["person_id"],
    )
