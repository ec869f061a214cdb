"""Evidence and conflicts in plain words, for people who decide about families.

In: codes of family links. Out: one or two sentences that say what agrees and what differs, and
nothing that the reader may not know: no address, no offence, no other family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

SOURCES = {
    "declared_prison": "named as a child in prison records",
    "declared_probation": "named as a child in probation records",
    "visit": "visited in prison",
    "la_recorded": "recorded with the child by this authority",
    "inferred": "found by comparing records",
}

AGREEMENT = {
    "agrees": "agrees", "similar": "is similar", "differs": "differs", "missing": "is not recorded",
}  # fmt: skip

FIELDS = {
    "declared_name": "the child's name", "declared_birth_date": "the child's date of birth",
    "recorded_name": "the adult's name", "recorded_birth_date": "the adult's date of birth",
}  # fmt: skip

PHRASES = {
    **{f"{field}_{how}": f"{text} {word}" for field, text in FIELDS.items()
       for how, word in AGREEMENT.items()},
    "same_address": "an address is shared",
    "same_postcode": "a postcode is shared",
    "same_area": "homes are in one area",
    "address_differs": "no address is shared",
    "same_surname": "the surname is shared",
    "surname_differs": "the surnames differ",
    "age_gap_fits": "the age gap fits",
    "age_gap_unlikely": "the age gap is unlikely",
}  # fmt: skip

CONFLICT_PHRASES = {
    "impossible_age_gap": "the age gap is impossible for a parent",
    "more_than_two_parents": "more than two adults would be parents of the child",
    "rival_child": "another child fits as well",
    "rival_offender": "another adult fits as well",
    "recorded_parent_is_another": "a recorded parent of the same sex is someone else",
    "declared_children_are_others": "the children whom the adult names are others",
    "declared_another_relationship": "the adult states another relationship",
    "recorded_another_relationship": "this authority records another relationship",
    "model_in_doubt": "the estimate that this rests on had not settled",
    "child_is_an_adult": "the child is 18 or over",
}

RIVAL_CONFLICTS = ("rival_child", "rival_offender")


def evidence_sentences(bases: pd.Series, evidence: pd.Series) -> pd.Series:
    """What speaks for each link and what does not, as one or two sentences.

    Args:
        bases: `relationship_basis`, sources joined by `+`.
        evidence: `evidence_summary`, codes joined by commas.
    """
    who = each_distinct(bases, lambda basis: said_by(basis.split("+")))
    what = each_distinct(evidence, lambda codes: spoken(codes.split(","), PHRASES))
    return who + what.where(what == "", " " + what)


def conflict_sentences(conflicts: pd.Series) -> pd.Series:
    """What speaks against each link; null where nothing does."""
    words = each_distinct(conflicts, lambda codes: spoken(codes.split(","), CONFLICT_PHRASES))
    return words.where(words != "", None)


def said_by(bases: Sequence[str]) -> str:
    """Who says so, as a sentence."""
    return sentence([SOURCES.get(basis, basis.replace("_", " ")) for basis in bases], "; ")


def spoken(codes: Sequence[str], phrases: dict[str, str]) -> str:
    """Codes as a sentence; a code without a phrase is read as its own words."""
    return sentence([phrases.get(code, code.replace("_", " ")) for code in codes if code], ", ")


def sentence(parts: list[str], separator: str) -> str:
    """Phrases as one sentence, or nothing."""
    text = separator.join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def each_distinct(values: pd.Series, phrase: Callable[[str], str]) -> pd.Series:
    """A phrase for each value, worked out once per distinct value."""
    places, distinct = pd.factorize(values.fillna(""))
    phrases = np.array([phrase(str(value)) for value in distinct], dtype=object)
    return pd.Series(phrases[places] if len(places) else [], index=values.index, dtype=object)


def has_rival(conflicts: pd.Series) -> pd.Series:
    """Whether another child or adult fits nearly as well."""
    return conflicts.str.contains("|".join(RIVAL_CONFLICTS), regex=True).astype(bool)


def seen_by_authority(links: pd.DataFrame, is_recorded_here: pd.Series) -> pd.DataFrame:
    """The links as one authority may see them: nothing of what another authority records.

    That another authority holds the child, and whom it records as parent, is not this reader's to
    know (Offender Management Act 2007, s14, does not let authorities tell one another through us).

    Args:
        links: `relationship_basis`, `evidence_summary`, `conflicts`.
        is_recorded_here: whether the reader's own records hold the adult that the link rests on.
    """
    hiders = {
        "relationship_basis": without_recorded_basis,
        "evidence_summary": not_recorded,
        "conflicts": not_recorded,
    }
    seen = {
        name: links[name].where(is_recorded_here, each_distinct(links[name], hide))
        for name, hide in hiders.items()
    }
    return links.assign(**seen)


def without_recorded_basis(basis: str) -> str:
    """The bases but for an authority's record; `inferred` where nothing is left."""
    kept = [part for part in basis.split("+") if part != "la_recorded"]
    return "+".join(kept) or "inferred"


def not_recorded(codes: str) -> str:
    """The codes but for those about an adult recorded with the child."""
    return ",".join(code for code in codes.split(",") if not code.startswith("recorded_"))
