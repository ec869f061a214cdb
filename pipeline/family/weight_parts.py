"""A link's weight taken apart: what each part of the evidence adds, in bits.

In: evidence, readings, factors, decisions. Out: `WeightParts`. It must not decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.family.decide import Decisions
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.factors import Factors, listed_place_factor
from pipeline.family.fusion import PARENT, Fusion

CERTAINTY = 1e-12
"""Probabilities nearer to 0 or 1 are written as this far away: nothing is more certain."""


@dataclass(frozen=True)
class WeightParts:
    """A link's weight by part, in bits; the parts sum to `total` (arrays of length n_links).

    `is_named` and `is_listed` say what the likeliest reading of the evidence is: the parts are its.
    """

    is_named: np.ndarray
    is_listed: np.ndarray
    total: np.ndarray
    nomination: np.ndarray
    listing: np.ndarray
    place: np.ndarray
    surname: np.ndarray
    age_gap: np.ndarray
    prior: np.ndarray
    rival: np.ndarray


def weight_parts(
    evidence: FamilyEvidence, fusion: Fusion, factors: Factors, decisions: Decisions
) -> WeightParts:
    """The parts of every family's weight, under the likeliest reading of its evidence.

    What other readings, rivals, the chance of another tie and ceilings change is `rival`.
    """
    reading = fusion.readings.odds[PARENT].argmax(axis=0)
    is_named, is_listed = reading <= 1, reading % 2 == 0
    at_home = np.where(is_listed, _listing_place(evidence, fusion, decisions), factors.at_home)
    nomination = factors.declaring * np.where(is_named, factors.named, factors.unnamed)
    listing = np.where(is_listed, factors.listed / at_home, factors.unlisted)
    probability = np.clip(decisions.probability, CERTAINTY, 1 - CERTAINTY)
    total = np.log2(probability / (1 - probability))
    prior = np.full(len(evidence), np.log2(factors.prior))
    parts = np.log2(np.maximum([nomination, listing, at_home, factors.surname, factors.gap], 1e-30))
    return WeightParts(
        is_named=is_named,
        is_listed=is_listed,
        total=total,
        nomination=parts[0],
        listing=parts[1],
        place=parts[2],
        surname=parts[3],
        age_gap=parts[4],
        prior=prior,
        rival=total - prior - parts.sum(axis=0),
    )


def _listing_place(evidence: FamilyEvidence, fusion: Fusion, decisions: Decisions) -> np.ndarray:
    """What the home says by way of the nearest recorded adult; 1 without one."""
    place = listed_place_factor(evidence, fusion.rates[PARENT], fusion.common)
    return np.asarray(np.append(place, 1.0)[decisions.listing])
