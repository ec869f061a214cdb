"""What the other children of one family say: parents are recorded, and siblings named, together.

In: candidate families, their readings, each by itself. Out: the same readings with what a child's
siblings add. It must not know names, rates' learning or bands.

Two things hold a family together. An adult recorded with two children is one person: a declared
child who is the one child shows that this adult is the offender for the other child too. And where
one child is the offender's, its siblings often are: a sibling whom the offender names, or with whom
an adult like the offender is recorded, then needs far less evidence than a child of strangers.

Neither is evidence by itself: a sibling of whom no witness speaks gains nothing here. It is equally
explained by another father, and stays a lead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.family.assemble import expand
from pipeline.family.entities import Entities
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.factors import Factors, sum_by
from pipeline.family.fusion import (
    BOTH_SPEAK,
    NAMED_ONLY,
    NEITHER,
    RECORDED_ONLY,
    Readings,
)
from pipeline.family.ties import RECORDED_LABELS
from pipeline.linkage.sorting import distinct

NOBODY = -2
"""No declared child at all; -1 stands for a family without one."""

FULL = 0.8
"""Believed share of recorded siblings who are full ones."""

MOST_SUPPORT = 2.0**40
"""Beyond it only overflow changes."""


@dataclass(frozen=True)
class Siblings:
    """Pairs of candidate families of one offender whose children have a recorded parent in common.

    Attributes (length n_pairs, each pair both ways):
        family: the one family.
        other: the other.
    """

    family: np.ndarray
    other: np.ndarray


def siblings_in_view(entities: Entities, evidence: FamilyEvidence) -> Siblings:
    """Every two candidate families of one offender whose children are recorded as siblings."""
    parents = entities.listings[surest_parents(entities)]
    family, at = expand(evidence.child, parents.child.to_numpy())
    size = max(len(entities.adults), 1)
    key = evidence.offender[family].astype(np.int64) * size + parents.adult.to_numpy()[at]
    order = np.argsort(key, kind="stable")
    row, beside = expand(key[order], key[order])
    one, other = family[order][row], family[order][beside]
    pairs = distinct(one[one != other] * np.int64(len(evidence)) + other[one != other])
    return Siblings(pairs // max(len(evidence), 1), pairs % max(len(evidence), 1))


def surest_parents(entities: Entities) -> np.ndarray:
    """Which listings are of a parent, as surely as the child's authority tells, (n_listings,).

    Children who have an adult in common whom nobody calls a parent may be cousins in one household.
    Only where an authority calls nobody so must an adult of a parent's age do.
    """
    listings = entities.listings
    is_called = (listings.label == RECORDED_LABELS.index("parent")).to_numpy()
    authority = entities.child_authority[listings.child.to_numpy()]
    calls = np.bincount(authority, is_called, minlength=1) > 0
    return np.asarray(np.where(calls[authority], is_called, listings.is_parent.to_numpy()))


def supported(
    siblings: Siblings,
    evidence: FamilyEvidence,
    readings: Readings,
    factors: tuple[Factors, ...],
    share: float,
) -> Readings:
    """The readings of every family with what its children's siblings add.

    A sibling speaks only by whom the offender *names*: were it to speak by the adult recorded with
    it as well, an adult like the offender by chance would vouch for himself, child by child.

    Args:
        siblings: candidate families whose children are recorded as siblings.
        evidence: candidate families.
        readings: each family by itself.
        factors: of every tie.
        share: share of a child's recorded siblings who have the tie too.
    """
    odds, listing_odds = readings.odds.copy(), readings.listing_odds.copy()
    rows, size = evidence.listings.family, len(evidence)
    own = _best_declared(evidence, readings)[rows]
    key = _pair_codes(evidence.offender[rows], evidence.listings.adult)
    vouched = np.stack([_vouched(factor, readings.odds) for factor in factors])
    # Recorded with two children, an adult may be the one's parent and the other's step-parent.
    vouched = FULL * vouched + (1 - FULL) * vouched.max(axis=0)
    for tie, factor in enumerate(factors):
        by_sibling = _gain_of_siblings(siblings, readings, (tie, factor), share)
        odds[tie, NAMED_ONLY] *= by_sibling
        total = np.maximum(sum_by(rows, readings.listing_odds[tie], size), 1e-300)
        # Where the family itself rests on a declared child, another must vouch for the adult.
        for reading, besides in ((BOTH_SPEAK, own), (RECORDED_ONLY, np.full(len(rows), NOBODY))):
            by_adult = Vouching(key, rows, own, vouched[tie][rows])
            gain = np.minimum(np.maximum(by_adult.best(besides), by_sibling[rows]), MOST_SUPPORT)
            gained = readings.listing_odds[tie] * gain
            odds[tie, reading] *= np.maximum(sum_by(rows, gained, size) / total, 1.0)
        listing_odds[tie] = gained
    return with_odds(evidence, replace(readings, listing_odds=listing_odds), odds)


def _vouched(factor: Factors, odds: np.ndarray) -> np.ndarray:
    """How much likelier the offender's naming of each child is if a recorded adult is the offender.

    A child whom the offender names for certain says little of the adult: it may as well be the
    offender's without being recorded so. That a child is not named has been counted for the child.

    Args:
        factor: of the tie.
        odds: (n_ties, 4, n_families), of all readings: a child whom the offender names as another
            tie's is explained as well.
    """
    otherwise = 1 + odds[:, [NAMED_ONLY, NEITHER]].sum(axis=(0, 1))
    return np.asarray(np.maximum((factor.named + factor.unnamed) / otherwise, 1.0))


def _gain_of_siblings(
    siblings: Siblings, readings: Readings, tie: tuple[int, Factors], share: float
) -> np.ndarray:
    """By what factor named siblings speak for each child of whom a witness speaks, (n_families,).

    With probability p the sibling is the offender's; then the odds that this child is too, before
    its own witnesses, are those of siblings, of whom surname, home and the offender's habits say
    nothing new. Otherwise they are a stranger's.
    """
    number, factor = tie
    named = readings.odds[:, NAMED_ONLY]
    by_tie = readings.odds.sum(axis=1)
    linked = named.sum(axis=0) / (1 + named.sum(axis=0)) * by_tie[number] / by_tie.sum(axis=0)
    likely = np.zeros(named.shape[1])
    np.maximum.at(likely, siblings.family, linked[siblings.other])
    apart = factor.prior * factor.declaring * factor.kin
    for alike in (factor.surname, factor.gap, factor.at_home):
        apart = apart * np.maximum(alike, 1.0)
    together = share / (1 - share) / np.maximum(apart, 1e-300)
    return np.asarray(1 - likely + likely * np.clip(together, 1.0, MOST_SUPPORT))


def with_odds(evidence: FamilyEvidence, readings: Readings, odds: np.ndarray) -> Readings:
    """The readings with other odds, their rows' parts in the same proportions."""
    size = len(evidence)
    named, recorded = odds[:, [BOTH_SPEAK, NAMED_ONLY]], odds[:, [BOTH_SPEAK, RECORDED_ONLY]]
    parts = []
    for rows, old, new in (
        (evidence.nominations.family, readings.nomination_odds, named.sum(axis=1)),
        (evidence.listings.family, readings.listing_odds, recorded.sum(axis=1)),
    ):
        total = np.stack([sum_by(rows, one, size) for one in old])
        parts.append(old * (new / np.maximum(total, 1e-300))[:, rows])
    return replace(readings, odds=odds, nomination_odds=parts[0], listing_odds=parts[1])


def _pair_codes(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """One number for each pair of numbers."""
    return np.asarray(one.astype(np.int64) * (int(other.max(initial=0)) + 1) + other)


def _best_declared(evidence: FamilyEvidence, readings: Readings) -> np.ndarray:
    """The declared child that each family's nomination rests on; -1 without one."""
    rows = evidence.nominations
    best = np.full(len(evidence), -1, np.int64)
    order = np.lexsort((readings.nomination_odds.sum(axis=0), rows.family))
    best[rows.family[order]] = rows.declared[order]
    return best


@dataclass(frozen=True)
class Vouching:
    """Families that may vouch for one another's recorded adult.

    Attributes (length n_listings):
        key: equal for rows of one offender and one adult.
        family: the family.
        declared: the declared child that the family rests on.
        value: how strongly it vouches, 1 or more.
    """

    key: np.ndarray
    family: np.ndarray
    declared: np.ndarray
    value: np.ndarray

    def best(self, besides: np.ndarray) -> np.ndarray:
        """Largest value of another family of the same key that rests on another child; at least 1.

        Args:
            besides: (n_listings,), the declared child that does not count.
        """
        one, other = expand(self.key, np.sort(self.key, kind="stable"))
        other = np.argsort(self.key, kind="stable")[other]
        counts = (self.family[one] != self.family[other]) & (self.declared[other] != besides[one])
        best = np.ones(len(self.key))
        np.maximum.at(best, one[counts], self.value[other[counts]])
        return best
