"""Decide what each family is: band, relationship, who says so, and what speaks against it.

In: evidence, and readings after competition. Out: `Decisions`, one entry per candidate family. It
must not know names or how odds came about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.contracts.family import CONFLICTS
from pipeline.family.competition import NO_RIVAL, Competition
from pipeline.family.conflicts import (
    LOWERING,
    NEVER_A_MATCH,
    DecisionRules,
    conflicts_of_witnesses,
    crowded,
    impossible_gap,
    is_adult,
    is_parent_link,
    weakest_of_crowd,
)
from pipeline.family.entities import Entities
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.fusion import (
    BOTH_SPEAK,
    NAMED_ONLY,
    PARENT,
    RECORDED_ONLY,
    STEP_PARENT,
    WITNESSED,
    Readings,
)
from pipeline.family.places import POSTCODE
from pipeline.family.ties import DECLARED_LABELS, RECORDED_LABELS
from pipeline.family.words import Vocabulary
from pipeline.settings.family import FamilySettings

NOBODY = -1

LOW, POTENTIAL, MATCH = range(3)
BAND_NAMES = np.array(["low", "potential", "match"])

SPEAKS = 0.5
"""A witness speaks where this share of the odds of any tie rests on it."""

DECLARED_MEANS = {
    "child": "parent", "step_child": "step_parent", "grandchild": "grandparent",
    "other_child": "other", "assessed": "parent", "unknown": "unknown",
}  # fmt: skip
"""What the adult is to a child declared like this."""


@dataclass(frozen=True)
class Decisions:
    """What is decided of every candidate family (arrays of length n_families).

    Attributes:
        probability: that the offender is the child's parent.
        relative_probability: that the offender is a step-parent or another relative.
        witness_share: share of `probability` that rests on a witness's word.
        nomination: row of the nearest declared child in the evidence's nominations, or NOBODY.
        listing: row of the nearest recorded adult in the evidence's listings, or NOBODY.
        is_named: the offender is taken to have named this child.
        is_listed: the offender is taken to be recorded with this child.
        band: `match`, `potential` or `low`.
        relationship: one of LINK_RELATIONSHIPS.
        basis: codes of BASES joined by `+`.
        lead: `sibling`, `address`, `likeness`, or None where a witness speaks.
        conflicts: one boolean array per code of CONFLICTS.
        rival_margin_bits: distance of the nearest rival; inf where there is none.
    """

    probability: np.ndarray
    relative_probability: np.ndarray
    witness_share: np.ndarray
    nomination: np.ndarray
    listing: np.ndarray
    is_named: np.ndarray
    is_listed: np.ndarray
    band: np.ndarray
    relationship: np.ndarray
    basis: np.ndarray
    lead: np.ndarray
    conflicts: dict[str, np.ndarray]
    rival_margin_bits: np.ndarray

    @property
    def relationship_probability(self) -> np.ndarray:
        """That the offender is what `relationship` says: a parent, or another relative."""
        return np.asarray(np.maximum(self.probability, self.relative_probability))


def decide(
    evidence: FamilyEvidence,
    competition: Competition,
    entities: Entities,
    is_sibling_lead: np.ndarray,
    rules: DecisionRules,
) -> Decisions:
    """Decide every candidate family.

    Args:
        evidence: candidate families.
        competition: their readings, rivals counted and leads held down.
        entities: people and stated ties.
        is_sibling_lead: the child is recorded as a sibling of a child linked to the offender.
        rules: settings, the date, and who looks alike.
    """
    readings = competition.readings
    probability = readings.odds[PARENT].sum(axis=0) / readings.total
    relative = readings.odds[STEP_PARENT:].sum(axis=(0, 1)) / readings.total
    witness = _share(readings.odds[PARENT], WITNESSED)
    is_named, is_listed = _speaking(readings)
    nomination = best_rows(
        evidence.nominations.family, readings.nomination_odds.sum(axis=0),
        evidence.nominations.bits, len(evidence),
    )  # fmt: skip
    listing = best_rows(
        evidence.listings.family, readings.listing_odds.sum(axis=0),
        evidence.listings.bits, len(evidence),
    )  # fmt: skip
    declared, recorded = _labels(evidence, nomination, listing, rules.words)
    relationship = _relationships(probability >= relative, is_named, is_listed, declared, recorded)
    conflicts = conflicts_of_witnesses(evidence, competition, (is_named, is_listed), rules)
    conflicts["impossible_age_gap"] = impossible_gap(evidence, entities, rules.settings)
    conflicts["more_than_two_parents"] = crowded(evidence, probability, witness, rules)
    conflicts["declared_another_relationship"] = is_named & _is_another(declared)
    conflicts["recorded_another_relationship"] = is_listed & _is_another(recorded)
    conflicts["model_in_doubt"] = (witness >= rules.settings.witness_share) & (
        _share(readings.odds[PARENT], rules.carrying) < rules.settings.witness_share
    )
    conflicts["child_is_an_adult"] = is_adult(entities, evidence, rules)
    band = _bands(probability, relative, witness, (is_named, is_listed), rules.settings)
    return Decisions(
        probability=probability,
        relative_probability=relative,
        witness_share=witness,
        nomination=nomination,
        listing=listing,
        is_named=is_named,
        is_listed=is_listed,
        band=_lowered(band, conflicts, weakest_of_crowd(evidence, probability, conflicts)),
        relationship=relationship,
        basis=_basis(
            evidence, entities, nomination,
            is_named & (declared == relationship), is_listed & (recorded == relationship),
        ),
        lead=_leads(evidence, witness, is_named | is_listed, is_sibling_lead, rules.settings),
        conflicts={code: conflicts[code] for code in CONFLICTS},
        rival_margin_bits=np.minimum(
            np.where(is_named, competition.child_margin_bits, NO_RIVAL),
            np.where(is_listed, competition.offender_margin_bits, NO_RIVAL),
        ),
    )  # fmt: skip


def _share(odds: np.ndarray, readings: tuple[int, ...]) -> np.ndarray:
    """Share of a tie's odds, (4, n), that rests on some of its readings."""
    resting = odds[list(readings)].sum(axis=0)
    return np.asarray(resting / np.maximum(odds.sum(axis=0), 1e-300))


def _speaking(readings: Readings) -> tuple[np.ndarray, np.ndarray]:
    """Whether the nomination, and whether the listing, is taken to speak of this very pair."""
    odds = readings.odds.sum(axis=0)
    total = np.maximum(odds.sum(axis=0), 1e-300)
    named = (odds[BOTH_SPEAK] + odds[NAMED_ONLY]) / total
    listed = (odds[BOTH_SPEAK] + odds[RECORDED_ONLY]) / total
    return named >= SPEAKS, listed >= SPEAKS


def best_rows(family: np.ndarray, odds: np.ndarray, bits: np.ndarray, size: int) -> np.ndarray:
    """The row of each family with the highest odds, then the most bits; NOBODY without rows."""
    best = np.full(size, NOBODY, np.int64)
    order = np.lexsort((-np.arange(len(family)), bits, odds, family))
    best[family[order]] = order
    return best


def _labels(
    evidence: FamilyEvidence, nomination: np.ndarray, listing: np.ndarray, words: Vocabulary
) -> tuple[np.ndarray, np.ndarray]:
    """What the adult is to the child in the words of each witness; `unknown` without one.

    A word for another tie that its source writes whoever the adult is, is none.
    """
    named, records = evidence.nominations, evidence.listings
    declared = np.array([DECLARED_MEANS[label] for label in DECLARED_LABELS])[named.label]
    declared[words.declared.is_habit[named.named_to, named.label]] = "unknown"
    recorded = np.array(RECORDED_LABELS)[records.label]
    authority = evidence.authority[records.family]
    recorded[words.recorded.is_habit[authority, records.label]] = "unknown"
    return np.append(declared, "unknown")[nomination], np.append(recorded, "unknown")[listing]


def _is_another(words: np.ndarray) -> np.ndarray:
    """Whether a word says another relationship than a parent's. `other` says too little."""
    return np.asarray(~np.isin(words, ("parent", "other", "unknown")))


def _relationships(
    is_parent: np.ndarray,
    is_named: np.ndarray,
    is_listed: np.ndarray,
    declared: np.ndarray,
    recorded: np.ndarray,
) -> np.ndarray:
    """What the adult is: the likelier tie, by the word of a witness that speaks for it.

    Where none does, a likelier parent is `parent` if any witness speaks, else `unknown`; a likelier
    relative is `other`: a row never states the less likely tie.
    """
    named = np.where(is_named, declared, "unknown")
    listed = np.where(is_listed, recorded, "unknown")
    other_listed = np.where(_is_another(listed), listed, "unknown")
    other_named = np.where(_is_another(named), named, "unknown")
    other = np.where(other_listed != "unknown", other_listed, other_named)
    says_parent = (named == "parent") | (listed == "parent") | (other != "unknown")
    as_parent = np.where(says_parent, "parent", "unknown")
    return np.where(is_parent, as_parent, np.where(other != "unknown", other, "other"))


def _basis(
    evidence: FamilyEvidence,
    entities: Entities,
    nomination: np.ndarray,
    declared: np.ndarray,
    recorded: np.ndarray,
) -> np.ndarray:
    """Who states the relationship, codes joined by `+`; `inferred` where nobody does."""
    sources = nomination_sources(evidence, entities, nomination)
    said = {
        "declared_prison": declared & sources["is_prison"],
        "declared_probation": declared & sources["is_probation"],
        "visit": declared & sources["is_visit"],
        "la_recorded": recorded,
    }
    codes = np.full(len(evidence), "", object)
    for name, is_said in said.items():
        codes = np.where(is_said, np.where(codes == "", name, codes + f"+{name}"), codes)
    return np.where(codes == "", "inferred", codes)


def nomination_sources(
    evidence: FamilyEvidence, entities: Entities, nomination: np.ndarray
) -> dict[str, np.ndarray]:
    """To whom the nearest declared child of each family was named."""
    declarations = entities.declarations
    keys = pd.MultiIndex.from_arrays([declarations.declared, declarations.offender])
    declared = np.append(evidence.nominations.declared, NOBODY)[nomination]
    at = keys.get_indexer(pd.MultiIndex.from_arrays([declared, evidence.offender]))
    return {
        name: np.append(declarations[name].to_numpy(dtype=bool), False)[at]
        for name in ("is_prison", "is_probation", "is_visit")
    }


def _bands(
    probability: np.ndarray,
    relative: np.ndarray,
    witness: np.ndarray,
    speaking: tuple[np.ndarray, np.ndarray],
    settings: FamilySettings,
) -> np.ndarray:
    """LOW, POTENTIAL or MATCH, conflicts not yet counted.

    A step-parent or carer whom a witness names is for review: the probability is a parent's.
    """
    is_witnessed = witness >= settings.witness_share
    is_match = is_parent_link(probability, witness, settings)
    is_tied = (speaking[0] | speaking[1]) & (
        probability + relative >= settings.potential_probability
    )
    is_potential = np.where(
        is_witnessed, probability >= settings.potential_probability,
        probability >= settings.lead_probability,
    )  # fmt: skip
    return np.where(is_match, MATCH, np.where(is_potential | is_tied, POTENTIAL, LOW))


def _lowered(band: np.ndarray, conflicts: dict[str, np.ndarray], weakest: np.ndarray) -> np.ndarray:
    lowered = weakest.copy()
    for code in LOWERING:
        lowered |= conflicts[code]
    for code in NEVER_A_MATCH:
        lowered |= conflicts[code] & (band == MATCH)
    return BAND_NAMES[np.where(lowered, np.maximum(band - 1, LOW), band)]


def _leads(
    evidence: FamilyEvidence,
    witness: np.ndarray,
    is_spoken_of: np.ndarray,
    is_sibling_lead: np.ndarray,
    settings: FamilySettings,
) -> np.ndarray:
    """Why a link that no witness carries is shown at all."""
    why = np.where(evidence.place >= POSTCODE, "address", "likeness").astype(object)
    why = np.where(is_sibling_lead, "sibling", why)
    why[(witness >= settings.witness_share) | is_spoken_of] = None
    return np.asarray(why)
