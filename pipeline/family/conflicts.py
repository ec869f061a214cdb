"""What speaks against a link: impossible ages, too many parents, rivals, witnesses of others.

In: evidence, rivals and probabilities. Out: one boolean array per conflict. It must not know bands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.family.competition import Competition
from pipeline.family.entities import Entities
from pipeline.family.evidence import SAME_SEX, FamilyEvidence
from pipeline.family.ties import FEMALE
from pipeline.family.words import Vocabulary
from pipeline.settings.family import FamilySettings

LOWERING = ("impossible_age_gap", "rival_child", "rival_offender")
"""Conflicts that lower every band by one."""

NEVER_A_MATCH = (
    "declared_another_relationship",
    "recorded_another_relationship",
    "model_in_doubt",
)
"""Conflicts that turn a match into a case for review: a source says step-parent, or carer; or a
model that the link rests on had not converged."""


@dataclass(frozen=True)
class DecisionRules:
    """What decisions depend on besides evidence.

    Attributes:
        settings: thresholds and limits.
        as_of_year: the date ages are counted at, as a decimal year.
        offender_likeness: (n_offenders,), equal numbers for offenders who look alike.
        words: how far each source means its words.
        carrying: the readings that may carry a match: those of models that have settled.
    """

    settings: FamilySettings
    as_of_year: float
    offender_likeness: np.ndarray
    words: Vocabulary
    carrying: tuple[int, ...]


def conflicts_of_witnesses(
    evidence: FamilyEvidence,
    competition: Competition,
    speaking: tuple[np.ndarray, np.ndarray],
    rules: DecisionRules,
) -> dict[str, np.ndarray]:
    """Conflicts with rivals, and with what the witnesses say of others."""
    is_named, is_listed = speaking
    settings = rules.settings
    near_child = competition.child_margin_bits < settings.rival_margin_bits
    near_offender = competition.offender_margin_bits < settings.rival_margin_bits
    return {
        "rival_child": is_named & ~is_listed & near_child,
        "rival_offender": is_listed & ~is_named & near_offender,
        "recorded_parent_is_another": ~is_listed & (evidence.recorded == SAME_SEX),
        "declared_children_are_others": ~is_named & (evidence.declaring > 0),
    }


def impossible_gap(
    evidence: FamilyEvidence, entities: Entities, settings: FamilySettings
) -> np.ndarray:
    """Too young or too old to be the parent; an unknown gap is possible."""
    is_woman = entities.offenders.sexes[evidence.offender] == FEMALE
    oldest = np.where(is_woman, settings.max_age_gap_years_women, settings.max_age_gap_years_men)
    return np.asarray(
        (evidence.age_gap_years < settings.min_age_gap_years) | (evidence.age_gap_years > oldest)
    )


def is_parent_link(
    probability: np.ndarray, witness: np.ndarray, settings: FamilySettings
) -> np.ndarray:
    """Sure enough, and carried by a witness."""
    return np.asarray(
        (probability >= settings.match_probability) & (witness >= settings.witness_share)
    )


def crowded(
    evidence: FamilyEvidence, probability: np.ndarray, witness: np.ndarray, rules: DecisionRules
) -> np.ndarray:
    """The child has more than two likely parents; offenders who look alike count once."""
    likely = is_parent_link(probability, witness, rules.settings)
    parents = pd.DataFrame(
        {
            "child": evidence.child[likely],
            "who": rules.offender_likeness[evidence.offender[likely]],
        }
    ).drop_duplicates()
    counts = parents.child.value_counts()
    crowded = counts.index.to_numpy()[counts.to_numpy() > 2]
    return np.asarray(likely & np.isin(evidence.child, crowded))


def weakest_of_crowd(
    evidence: FamilyEvidence, probability: np.ndarray, conflicts: dict[str, np.ndarray]
) -> np.ndarray:
    """Of more than two parents, all but the two most probable (all, where those are tied)."""
    rows = np.flatnonzero(conflicts["more_than_two_parents"])
    frame = pd.DataFrame({"child": evidence.child[rows], "p": -probability[rows]})
    rank = frame.groupby("child").p.rank(method="max").to_numpy()
    weakest = np.zeros(len(evidence), bool)
    weakest[rows[rank > 2]] = True
    return weakest


def is_adult(entities: Entities, evidence: FamilyEvidence, rules: DecisionRules) -> np.ndarray:
    """The child has come of age, as far as its birth date is known."""
    age = rules.as_of_year - entities.children.birth_years[evidence.child]
    return np.asarray(age >= rules.settings.adult_age_years)
