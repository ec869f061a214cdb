"""What each part of a family's evidence says under one tie, relative to strangers.

In: `FamilyEvidence` and the rates of one tie. Out: `Factors`, whose product is the odds of each
reading. It must not know how rates are learned, rivals or bands.

Source: docs/method.md, "Families: two witnesses".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.family.evidence import FamilyEvidence
from pipeline.family.places import POSTCODE
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
        named: that the offender names this child: rate times likelihood ratio.
        unnamed: that the offender does not.
        listed: that the offender is recorded with the child: rate times likelihood ratio.
        unlisted: that the offender is not, and whom the record has instead.
        at_home: homes of offender and child.
        gap: age gap.
        surname: surnames of offender and child.
        kin: other contacts of the offender who are recorded with the child, or not.
        each_nomination: (n_nominations,), each declared child's part of the likelihood ratio.
        each_listing: (n_listings,), each recorded adult's part.
        each_kin: (n_kin,), each contact's part.
    """

    prior: float
    declaring: np.ndarray
    named: np.ndarray
    unnamed: np.ndarray
    listed: np.ndarray
    unlisted: np.ndarray
    at_home: np.ndarray
    gap: np.ndarray
    surname: np.ndarray
    kin: np.ndarray
    each_nomination: np.ndarray
    each_listing: np.ndarray
    each_kin: np.ndarray

    def odds(self) -> np.ndarray:
        """Odds of the four readings, (4, n_families)."""
        alone = self.unlisted * self.at_home
        readings = np.stack(
            [
                self.named * self.listed,
                self.named * alone,
                self.unnamed * self.listed,
                self.unnamed * alone,
            ]
        )
        common = self.prior * self.declaring * self.surname * self.gap * self.kin
        return np.asarray(common * readings)


@dataclass(frozen=True)
class Common:
    """What the factors of every tie have in common, whatever the tie's rates.

    Attributes:
        nominations: (n_nominations,), likelihood ratio that each declared child is the child, over
            the number that such an offender names.
        listings: (n_listings,), of each recorded adult, over the number recorded; home left out.
        kin: (n_kin,), of each contact, over the number that there could be.
        surname_rarity: (n_families,), what it adds that few share the surname; 1 if none is shared.
        place: (5,), shares of place levels among strangers.
        place_rarity: (n_families,), what it adds that few live there; 1 if no place is shared.
        listed_place_rarity: (n_listings,), the same of recorded adults.
    """

    nominations: np.ndarray
    listings: np.ndarray
    kin: np.ndarray
    surname_rarity: np.ndarray
    place: np.ndarray
    place_rarity: np.ndarray
    listed_place_rarity: np.ndarray

    def among(self, evidence: FamilyEvidence, place: np.ndarray) -> Common:
        """The same with other shares of place levels among strangers."""
        rows = evidence.listings
        return replace(
            self,
            place=place,
            place_rarity=_place_rarity(evidence.place, evidence.place_share, place),
            listed_place_rarity=_place_rarity(rows.place, rows.place_share, place),
        )


def common_to_ties(evidence: FamilyEvidence, place: np.ndarray) -> Common:
    """What all ties have in common, given the shares of place levels among strangers."""
    rows = evidence.listings
    return Common(
        nominations=_nomination_ratios(evidence),
        listings=_listing_ratios(evidence),
        kin=_kin_ratios(evidence),
        surname_rarity=_surname_rarity(evidence),
        place=place,
        place_rarity=_place_rarity(evidence.place, evidence.place_share, place),
        listed_place_rarity=_place_rarity(rows.place, rows.place_share, place),
    )


def factors_of(evidence: FamilyEvidence, rate: Rates, common: Common, floor: float) -> Factors:
    """The factors of one tie.

    Args:
        evidence: the candidate families.
        rate: the tie's rates.
        common: what the ties have in common.
        floor: silence of a witness never counts by a smaller factor.
    """
    size, population = len(evidence), evidence.population
    named = rate.nominated[evidence.declaring]
    each_nomination = _nomination_parts(evidence, rate, common)
    each_listing = _listing_parts(evidence, rate, common)
    each_kin = _kin_parts(evidence, rate, common)
    return Factors(
        prior=rate.prior,
        declaring=_declaring_factor(evidence, rate),
        named=named * sum_by(evidence.nominations.family, each_nomination, size),
        unnamed=np.where(evidence.declaring == 0, 1.0, np.maximum(1 - named, floor)),
        listed=rate.listed[evidence.authority]
        * sum_by(evidence.listings.family, each_listing, size),
        unlisted=_unlisted_factor(evidence, rate, floor),
        at_home=_by_level(rate.place_unlisted / common.place, evidence.place) * common.place_rarity,
        gap=_by_level(rate.age_gap / population.age_gap, evidence.age_gap),
        surname=_surname_factor(evidence, rate, common),
        kin=_kin_factor(evidence, rate, each_kin),
        each_nomination=each_nomination,
        each_listing=each_listing,
        each_kin=each_kin,
    )


def _declaring_factor(evidence: FamilyEvidence, rate: Rates) -> np.ndarray:
    """What it says that the offender names children at all, and to whom."""
    ratio = rate.declaring / np.maximum(evidence.population.declaring, 1e-9)
    return np.asarray(ratio[evidence.declaring])


def _unlisted_factor(evidence: FamilyEvidence, rate: Rates, floor: float) -> np.ndarray:
    """That the offender is not recorded, but nobody, one of this sex, or another parent is."""
    shares = evidence.population.recorded
    weight = rate.unlisted / (shares * rate.unlisted).sum(axis=1, keepdims=True)
    silent = 1 - rate.listed[evidence.authority]
    factor = silent * weight[evidence.authority, evidence.recorded]
    return np.asarray(np.maximum(factor, floor))


def _nomination_ratios(evidence: FamilyEvidence) -> np.ndarray:
    """Likelihood ratio that each declared child is the child, given surname and age gap.

    An offender who names five children is likelier than one who names one to be the parent of any
    child: each of the five counts against the mean number named, not against the five.
    """
    rows, population = evidence.nominations, evidence.population
    agree = np.broadcast_to(population.surname_of_declared, (len(rows.family), 2))
    surname = surname_given_tie(rows.surname_bits, evidence.surname[rows.family], agree)
    gap = np.log2(population.age_gap / population.gap_of_declared)
    years = np.where(rows.has_date, _at_level(gap, evidence.age_gap[rows.family]), 0.0)
    many = population.declared_each[evidence.declaring[rows.family]]
    return np.asarray(_power(rows.bits + surname + years) / many)


def _listing_ratios(evidence: FamilyEvidence) -> np.ndarray:
    """Likelihood ratio that each recorded adult is the offender, given surname and age gap."""
    rows, population = evidence.listings, evidence.population
    family = rows.family
    agree = population.surname_of_recorded[rows.label]
    surname = surname_given_tie(rows.surname_bits, evidence.surname[family], agree)
    gap = np.log2(population.age_gap / population.gap_of_recorded)
    level = evidence.age_gap[family]
    years = np.where(rows.has_date & (level >= 0), gap[rows.label, np.maximum(level, 0)], 0.0)
    many = population.recorded_each[evidence.authority[family]]
    return np.asarray(_power(rows.bits + surname + years) / many)


def _kin_ratios(evidence: FamilyEvidence) -> np.ndarray:
    """Likelihood ratio that each contact of the offender is each adult of the child."""
    rows, population = evidence.kin, evidence.population
    many = population.kin_each * population.recorded_each[evidence.authority[rows.family]]
    return np.asarray(_power(rows.bits) / many)


def _nomination_parts(evidence: FamilyEvidence, rate: Rates, common: Common) -> np.ndarray:
    rows = evidence.nominations
    return np.asarray(common.nominations * rate.declared_words[rows.named_to, rows.label])


def _listing_parts(evidence: FamilyEvidence, rate: Rates, common: Common) -> np.ndarray:
    rows = evidence.listings
    label = rate.recorded_words[evidence.authority[rows.family], rows.label]
    beside = _by_level(rate.beside / evidence.population.beside, rows.beside)
    at_home = listed_place_factor(evidence, rate, common)
    return np.asarray(common.listings * label * beside * at_home)


def _kin_parts(evidence: FamilyEvidence, rate: Rates, common: Common) -> np.ndarray:
    """Rate times likelihood ratio that each contact of the offender is each adult of the child."""
    label = rate.kin_as / evidence.population.kin_as
    return np.asarray(rate.kin * common.kin * label[evidence.kin.label])


def _kin_factor(evidence: FamilyEvidence, rate: Rates, each_kin: np.ndarray) -> np.ndarray:
    """That a contact of the offender is recorded with the child, or none is; 1 where unknown."""
    silent = np.where(evidence.knows_kin, 1 - rate.kin, 1.0)
    return np.asarray(silent + sum_by(evidence.kin.family, each_kin, len(evidence)))


def surname_given_tie(bits: np.ndarray, agrees: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """What a witness's surname still adds when offender's and child's have been compared.

    Where those two agree, the surname of a declared child who is another agrees nearly of itself,
    as often as children have the name of whoever declares them; so of a recorded adult.

    Args:
        bits: log2 likelihood ratio of the witness's surname by itself; 0 not comparable.
        agrees: 1 where offender's and child's surnames agree, 0 differ, -1 not comparable.
        shares: (n, 2), how often the surnames of such a stated tie differ and agree.

    Returns:
        (n,) bits.
    """
    near = np.minimum(bits, -np.log2(shares[:, 1]))
    same = np.where(agrees == 1, near, bits)
    return np.where(bits < 0, bits - np.log2(shares[:, 0]), same)


def _power(bits: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp2(np.clip(bits, FEWEST_BITS, MOST_BITS)))


def listed_place_factor(evidence: FamilyEvidence, rate: Rates, common: Common) -> np.ndarray:
    """Likelihood ratio of each recorded adult's home, (n_listings,)."""
    ratio = _by_level(rate.place_listed / common.place, evidence.listings.place)
    return np.asarray(ratio * common.listed_place_rarity)


def _place_rarity(level: np.ndarray, share: np.ndarray, strangers: np.ndarray) -> np.ndarray:
    """What agreeing on a place adds where few live, or takes away where many do."""
    rarity = np.ones(len(level))
    near = np.flatnonzero((level >= POSTCODE) & ~np.isnan(share))
    bits = np.log2(strangers[level[near]] / share[near])
    rarity[near] = np.exp2(np.clip(bits, COMMONEST_PLACE_BITS, RAREST_PLACE_BITS))
    return rarity


def _surname_rarity(evidence: FamilyEvidence) -> np.ndarray:
    """What sharing a surname adds where few have it, or takes away where many do."""
    share, rarity = evidence.surname_share, np.ones(len(evidence))
    same = np.flatnonzero((evidence.surname == 1) & ~np.isnan(share))
    bits = np.log2(evidence.population.surname[1] / share[same])
    rarity[same] = np.exp2(np.clip(bits, COMMONEST_SURNAME_BITS, RAREST_SURNAME_BITS))
    return rarity


def _surname_factor(evidence: FamilyEvidence, rate: Rates, common: Common) -> np.ndarray:
    """Likelihood ratio of offender and child sharing a surname or not, and of whose the child has.

    A rare surname says more.
    """
    population = evidence.population
    factor = _by_level(rate.surname / population.surname, evidence.surname)
    whose = _by_level(rate.named_after / population.named_after, evidence.named_after)
    return np.asarray(factor * common.surname_rarity * whose)


def _by_level(ratio: np.ndarray, level: np.ndarray) -> np.ndarray:
    """The ratio of each level; 1 where the level is -1, not comparable."""
    return np.asarray(np.append(ratio, 1.0)[level])


def _at_level(bits: np.ndarray, level: np.ndarray) -> np.ndarray:
    """The bits of each level; 0 where the level is -1, not comparable."""
    return np.asarray(np.append(bits, 0.0)[level])


def sum_by(family: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sum of values by family, (size,)."""
    return np.bincount(family, values, minlength=size)
