"""What each part of a family's evidence says under one tie, relative to strangers.

In: `FamilyEvidence` and the rates of one tie. Out: `Factors`, whose product is the odds of each
reading. It must not know how rates are learned, rivals or bands.

Source: docs/method.md, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.family.evidence import FamilyEvidence
from pipeline.family.rates import Rates

MOST_BITS, FEWEST_BITS = 60.0, -40.0
"""Person-level evidence is cut here; beyond it only overflow changes."""

RAREST_PLACE_BITS, COMMONEST_PLACE_BITS = 2.0, -7.0
"""What agreeing on a rare place may add, and on a common one take away."""

RAREST_SURNAME_BITS, COMMONEST_SURNAME_BITS = 4.0, -4.0


@dataclass(frozen=True)
class Factors:
    """What each part of the evidence says under one tie, relative to strangers.

    Attributes (length n_families unless said otherwise):
        prior: share of all pairs that have the tie.
        declaring: that the offender names anybody, and to whom.
        recorded: that the child's record has a parent, and of which sex.
        named: that the offender names this child: rate times likelihood ratio.
        unnamed: that the offender does not.
        listed: that the offender is recorded with the child: rate times likelihood ratio.
        unlisted: that the offender is not.
        at_home: homes of offender and child.
        gap: age gap.
        surname: surnames of offender and child.
        surname_if_shared: the same where they agree, else 1.
        each_nomination: (n_nominations,), each declared child's part of the likelihood ratio.
        each_listing: (n_listings,), each recorded adult's part.
    """

    prior: float
    declaring: np.ndarray
    recorded: np.ndarray
    named: np.ndarray
    unnamed: np.ndarray
    listed: np.ndarray
    unlisted: np.ndarray
    at_home: np.ndarray
    gap: np.ndarray
    surname: np.ndarray
    surname_if_shared: np.ndarray
    each_nomination: np.ndarray
    each_listing: np.ndarray

    def odds(self) -> np.ndarray:
        """Odds of the four readings, (4, n_families)."""
        alone = self.unlisted * self.at_home * self.gap
        readings = np.stack(
            [
                self.named * self.listed,
                self.named * alone * self.surname_if_shared,
                self.unnamed * self.listed,
                self.unnamed * alone * self.surname,
            ]
        )
        return np.asarray(self.prior * self.declaring * self.recorded * readings)


def factors_of(
    evidence: FamilyEvidence, rate: Rates, place: np.ndarray, floor: float, surname_bits: np.ndarray
) -> Factors:
    """The factors of one tie.

    Args:
        evidence: the candidate families.
        rate: the tie's rates.
        place: shares of place levels among strangers.
        floor: silence of a witness never counts by a smaller factor.
        surname_bits: log2 likelihood ratio of offender and child sharing a surname, as parents do.
    """
    size, population = len(evidence), evidence.population
    gap = _by_level(rate.age_gap / population.age_gap, evidence.age_gap)
    surname = surname_factor(evidence, rate)
    named = rate.nominated[evidence.declaring]
    listed = rate.listed[evidence.authority, evidence.recorded]
    each_nomination = _nomination_parts(evidence, rate)
    each_listing = _listing_parts(evidence, rate, place, gap, surname_bits)
    return Factors(
        prior=rate.prior,
        declaring=_declaring_factor(evidence, rate),
        recorded=_recorded_factor(evidence, rate),
        named=named * sum_by(evidence.nominations.family, each_nomination, size),
        unnamed=np.where(evidence.declaring == 0, 1.0, np.maximum(1 - named, floor)),
        listed=listed * sum_by(evidence.listings.family, each_listing, size),
        unlisted=np.maximum(1 - listed, floor),
        at_home=place_factor(evidence.place, evidence.place_share, rate.place_unlisted, place),
        gap=gap,
        surname=surname,
        surname_if_shared=np.where(evidence.surname == 1, surname, 1.0),
        each_nomination=each_nomination,
        each_listing=each_listing,
    )


def _declaring_factor(evidence: FamilyEvidence, rate: Rates) -> np.ndarray:
    """What it says that the offender names children at all, and to whom."""
    ratio = rate.declaring / np.maximum(evidence.population.declaring, 1e-9)
    return np.asarray(ratio[evidence.declaring])


def _recorded_factor(evidence: FamilyEvidence, rate: Rates) -> np.ndarray:
    """What it says that the child has no recorded parent, one of this sex, or another."""
    shares = evidence.population.recorded
    weight = rate.recorded / (shares * rate.recorded).sum(axis=1, keepdims=True)
    return np.asarray(weight[evidence.authority, evidence.recorded])


def _nomination_parts(evidence: FamilyEvidence, rate: Rates) -> np.ndarray:
    """Likelihood ratio that each declared child is the child, shared among the declared.

    Where offender and child share a surname, a declared child's surname agrees almost of itself: it
    then adds nothing, but still speaks against when it differs.
    """
    rows = evidence.nominations
    agrees = evidence.surname[rows.family] == 1
    surname = np.where(agrees, np.minimum(rows.surname_bits, 0.0), rows.surname_bits)
    label = rate.declared_as / evidence.population.declared_as
    return np.asarray(_power(rows.bits + surname) * label[rows.label] * rows.share)


def _listing_parts(
    evidence: FamilyEvidence,
    rate: Rates,
    place: np.ndarray,
    gap: np.ndarray,
    surname_bits: np.ndarray,
) -> np.ndarray:
    """Likelihood ratio that each recorded adult is the offender, shared among the recorded.

    Where the two surnames do not agree but the offender's agrees with the child's, that speaks.
    """
    rows = evidence.listings
    family = rows.family
    surname = rows.surname_bits + np.where(
        rows.surname_bits > 0, 0.0, np.maximum(surname_bits[family], 0.0)
    )
    label = rate.recorded_as / evidence.population.recorded_as
    at_home = place_factor(rows.place, rows.place_share, rate.place_listed, place)
    years = np.where(rows.has_date, 1.0, gap[family])
    return np.asarray(
        _power(rows.bits + surname) * label[rows.label] * rows.share * at_home * years
    )


def _power(bits: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp2(np.clip(bits, FEWEST_BITS, MOST_BITS)))


def place_factor(
    level: np.ndarray, share: np.ndarray, tied: np.ndarray, strangers: np.ndarray
) -> np.ndarray:
    """Likelihood ratio of a place level; agreeing where many live says less."""
    rarity = np.log2(strangers[level] / np.where(np.isnan(share), strangers[level], share))
    rarity = np.clip(rarity, COMMONEST_PLACE_BITS, RAREST_PLACE_BITS)
    rarity = np.where(level >= 2, rarity, 0.0)
    return np.asarray(_by_level(tied / strangers, level) * np.exp2(rarity))


def surname_factor(evidence: FamilyEvidence, rate: Rates) -> np.ndarray:
    """Likelihood ratio of offender and child sharing a surname or not; a rare one says more."""
    strangers = evidence.population.surname
    share = np.where(np.isnan(evidence.surname_share), strangers[1], evidence.surname_share)
    rarity = np.clip(np.log2(strangers[1] / share), COMMONEST_SURNAME_BITS, RAREST_SURNAME_BITS)
    rarity = np.where(evidence.surname == 1, rarity, 0.0)
    return np.asarray(_by_level(rate.surname / strangers, evidence.surname) * np.exp2(rarity))


def _by_level(ratio: np.ndarray, level: np.ndarray) -> np.ndarray:
    """The ratio of each level; 1 where the level is -1, not comparable."""
    return np.asarray(np.append(ratio, 1.0)[level])


def sum_by(family: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sum of values by family, (size,)."""
    return np.bincount(family, values, minlength=size)
