"""Let rivals compete: a declared child is one child, and a recorded adult is one person.

In: the readings of every candidate family. Out: the same readings with each witness's odds divided
by one plus the odds of its rivals, and how far the nearest rival is behind. Siblings and twins
compete for a declared child, namesakes for a recorded adult, and then parents of one sex for the
child. It must not know rates or bands.

Two records that look alike in every compared respect are no rivals: they are far more likely one
person whom resolution has left apart than two people of one name and birth date.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.family.assemble import expand
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.fusion import (
    BOTH_SPEAK,
    NAMED_ONLY,
    NEITHER,
    PARENT,
    RECORDED_ONLY,
    Readings,
)
from pipeline.family.ties import UNKNOWN, Differ

NO_RIVAL = np.inf

FAINT_ODDS = 1e-3
"""Below these odds a claim takes nothing from another."""


@dataclass(frozen=True)
class Competition:
    """The readings after competition.

    Attributes:
        readings: odds with rivals counted.
        child_margin_bits: (n_families,), how far the nearest rival child for the family's declared
            child is behind; negative: ahead; NO_RIVAL where there is none.
        offender_margin_bits: the same of rival offenders for the family's recorded adult.
    """

    readings: Readings
    child_margin_bits: np.ndarray
    offender_margin_bits: np.ndarray


@dataclass(frozen=True)
class Claims:
    """Families that claim one witness's person.

    Attributes (length n_claims):
        person: the declared child, or the recorded adult.
        likeness: who claims; equal for claimants that look alike.
        odds: that the claim is right, against everything else.
    """

    person: np.ndarray
    likeness: np.ndarray
    odds: np.ndarray


def compete(
    evidence: FamilyEvidence, readings: Readings, child_likeness: np.ndarray,
    offender_likeness: np.ndarray,
) -> Competition:  # fmt: skip
    """Discount every family's witnesses by their rivals.

    Args:
        evidence: candidate families.
        readings: their odds, each family taken by itself.
        child_likeness: (n_children,), equal numbers for children who look alike.
        offender_likeness: (n_offenders,), the same of offenders.
    """
    named, recorded = evidence.nominations, evidence.listings
    by_child = Claims(
        named.declared,
        child_likeness[evidence.child[named.family]],
        _claim_odds(readings.nomination_odds, readings.total[named.family]),
    )
    by_offender = Claims(
        recorded.adult,
        offender_likeness[evidence.offender[recorded.family]],
        _claim_odds(readings.listing_odds, readings.total[recorded.family]),
    )
    child_rivals, offender_rivals = rival_odds(by_child), rival_odds(by_offender)
    nominations = readings.nomination_odds / (1 + child_rivals.total)
    listings = readings.listing_odds / (1 + offender_rivals.total)
    kept_named = _kept(nominations, readings.nomination_odds, named.family, len(evidence))
    kept_recorded = _kept(listings, readings.listing_odds, recorded.family, len(evidence))
    odds = readings.odds.copy()
    odds[:, NAMED_ONLY] *= kept_named
    odds[:, RECORDED_ONLY] *= kept_recorded
    odds[:, BOTH_SPEAK] *= kept_named * kept_recorded
    return Competition(
        replace(readings, odds=odds, nomination_odds=nominations, listing_odds=listings),
        _margins(by_child, child_rivals.largest, named.family, len(evidence)),
        _margins(by_offender, offender_rivals.largest, recorded.family, len(evidence)),
    )


@dataclass(frozen=True)
class Parenthood:
    """What rivals for the place of one parent are judged by.

    Attributes:
        sex: (n_families,), of the offender; where it is unknown nobody competes.
        instead: (n_families,), how much likelier it is that a record that leaves a parent out has
            whom it has instead.
        both: how often a parent has another of the same sex beside, against chance.
        are_two: whether offenders left[i] and right[i] are plainly two people, and not one whom
            resolution has left apart.
    """

    sex: np.ndarray
    instead: np.ndarray
    both: float
    are_two: Differ


def other_parents(evidence: FamilyEvidence, readings: Readings, place: Parenthood) -> Readings:
    """The readings with each parent's odds lessened by who else is likely to be that parent.

    A child has one father and one mother, but for a few. With odds a of the one and b of the other
    offender of the same sex, each against not being a parent, the four cases weigh 1, a, b and
    both * a * b. Whom no witness speaks of is no rival: the parent explains the shared home. That
    the record has another instead has been counted where it leaves the offender out; a rival then
    counts only for what it says beyond that.
    """
    odds = readings.odds.copy()
    parent = odds[PARENT].sum(axis=0)
    witnessed = odds[PARENT, :NEITHER].sum(axis=0) / (readings.total - parent)
    nearest = _nearest_rival(evidence, witnessed, place)
    lessened = (1 + place.both * nearest) / (1 + nearest)
    beyond = np.minimum(lessened / np.minimum(place.instead, 1.0), 1.0)
    odds[PARENT, [BOTH_SPEAK, RECORDED_ONLY]] *= lessened
    odds[PARENT, [NAMED_ONLY, NEITHER]] *= beyond
    return replace(readings, odds=odds)


def _nearest_rival(
    evidence: FamilyEvidence, witnessed: np.ndarray, place: Parenthood
) -> np.ndarray:
    """Largest of the rivals' odds for each family, (n_families,); 0 without a rival."""
    family, rival = _same_parent(evidence.child, place.sex, witnessed >= FAINT_ODDS)
    another = place.are_two(evidence.offender[family], evidence.offender[rival])
    nearest = np.zeros(len(witnessed))
    np.maximum.at(nearest, family[another], witnessed[rival[another]])
    return nearest


def _same_parent(
    child: np.ndarray, sex: np.ndarray, is_rival: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a family and another, a rival's, of the same child and sex of the offender."""
    of_sex = np.flatnonzero(sex != UNKNOWN)
    key = child.astype(np.int64) * UNKNOWN + sex
    rivals = of_sex[is_rival[of_sex]]
    rivals = rivals[np.argsort(key[rivals], kind="stable")]
    row, at = expand(key[of_sex], key[rivals])
    apart = of_sex[row] != rivals[at]
    return of_sex[row][apart], rivals[at][apart]


def _claim_odds(odds: np.ndarray, total: np.ndarray) -> np.ndarray:
    claim = odds.sum(axis=0)
    return np.asarray(claim / np.maximum(total - claim, 1e-12))


@dataclass(frozen=True)
class RivalOdds:
    """Odds of the other claimants of each claim's person.

    Attributes (length n_claims):
        total: of all rivals together.
        largest: of the nearest rival; 0 where there is none.
    """

    total: np.ndarray
    largest: np.ndarray


def rival_odds(claims: Claims) -> RivalOdds:
    """The odds of each claim's rivals: those who claim the same person and do not look alike.

    Claimants who look alike count once, by the best of them.
    """
    order = np.lexsort((claims.likeness, claims.person))
    person, likeness, odds = (
        claims.person[order], claims.likeness[order], claims.odds[order],
    )  # fmt: skip
    is_first = np.ones(len(order), bool)
    is_first[1:] = (person[1:] != person[:-1]) | (likeness[1:] != likeness[:-1])
    camp = np.cumsum(is_first) - 1
    best = np.zeros(camp[-1] + 1 if len(camp) else 0)
    np.maximum.at(best, camp, odds)
    total, largest = _others(person[is_first], best)
    at = np.empty(len(order), np.int64)
    at[order] = camp
    return RivalOdds(total[at], largest[at])


def _others(person: np.ndarray, odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and largest of the other entries of the same person; `person` is sorted."""
    starts = np.flatnonzero(np.append(True, person[1:] != person[:-1])[: len(person)])
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(person))))
    order = np.lexsort((-odds, group))
    first = order[starts]
    second = np.zeros(len(starts))
    has_second = np.diff(np.append(starts, len(person))) > 1
    second[has_second] = odds[order[starts[has_second] + 1]]
    largest = odds[first][group]
    largest[first] = second
    total = np.bincount(group, odds, minlength=len(starts))[group] - odds
    # Differences of nearly equal sums may lose the small rival: it is at least the largest.
    return np.maximum(total, largest), largest


def _kept(after: np.ndarray, before: np.ndarray, family: np.ndarray, size: int) -> np.ndarray:
    """Share of each tie's and family's witness odds that rivals leave, (n_ties, n_families)."""
    kept = np.ones((len(before), size))
    for tie in range(len(before)):
        total = np.bincount(family, before[tie], minlength=size)
        left = np.bincount(family, after[tie], minlength=size)
        some = total > 0
        kept[tie, some] = left[some] / total[some]
    return kept


def _margins(claims: Claims, rival: np.ndarray, family: np.ndarray, size: int) -> np.ndarray:
    """log2 of the family's best claim over that claim's nearest rival."""
    margins = np.full(size, NO_RIVAL)
    order = np.lexsort((claims.odds, family))
    best = order[np.append(family[order][1:] != family[order][:-1], True)[: len(order)]]
    rivalled = best[rival[best] > 0]
    margins[family[rivalled]] = np.log2(
        np.maximum(claims.odds[rivalled], 1e-300) / np.maximum(rival[rivalled], 1e-300)
    )
    return margins
