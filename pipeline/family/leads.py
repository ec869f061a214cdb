"""Leads: families that no witness carries but that deserve a look.

In: readings. Out: readings in which home and surname alone never pass the ceiling, and recorded
siblings of a linked child are worth a look. It must not decide.

A linked sibling is equally explained by the offender being the other parent, or the recorded
parent's new partner; half-siblings make false links. So siblings are shown, and never linked by
that alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.family.assemble import Surnames, expand
from pipeline.family.entities import Entities
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.factors import Factors
from pipeline.family.fusion import (
    BOTH_SPEAK,
    NAMED_ONLY,
    NEITHER,
    PARENT,
    RECORDED_ONLY,
    Readings,
)
from pipeline.family.support import FULL, Siblings
from pipeline.linkage.sorting import distinct

SHARE_ROUNDS = 50

ANOTHER_NAME, THEIR_NAME, OFFENDERS_NAME = range(3)
"""What surname a child has that is recorded as sibling of another child of the offender."""

FULL_SIBLINGS, HALF_SIBLINGS = np.array([0.1, 0.3, 0.6]), np.array([0.5, 0.3, 0.2])
"""Believed shares of these."""

AGAIN = 0.9
"""Believed share of full siblings of whom a witness speaks who speaks of one of them."""

SPOKEN_OF = 0.25
"""Odds of its witnesses from which on a family is no mere lead."""

SPEAKS = 0.5
"""A witness speaks where this share of a parent's odds rests on it."""

BELIEF_SIBLINGS = 10.0
"""Siblings' worth of weight of each belief."""


def siblings_of(
    entities: Entities, offender: np.ndarray, child: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same offenders with every child that has a recorded parent in common with theirs.

    Returns:
        Offenders and siblings, distinct, ascending; the child itself is among its siblings.
    """
    parents = entities.listings[entities.listings.is_parent]
    by_adult = parents.sort_values("adult", kind="stable")
    row, at = expand(child, parents.child.to_numpy())
    adult = parents.adult.to_numpy()[at]
    again, at = expand(adult, by_adult.adult.to_numpy())
    size = max(len(entities.children), 1)
    keys = distinct(offender[row[again]].astype(np.int64) * size + by_adult.child.to_numpy()[at])
    return keys // size, keys % size


@dataclass(frozen=True)
class SiblingsOfLinked:
    """Children recorded as siblings of a child that is linked to the offender.

    Attributes (length n_families):
        is_one: the family's child is.
        is_linked: the family itself is linked.
        is_spoken_of: a witness may speak of the family itself, which its siblings have supported.
        surname: ANOTHER_NAME than such a sibling's, THEIR_NAME or OFFENDERS_NAME, which all three
            have; -1 not comparable.
        is_named, is_recorded: the offender is taken to name, and to be recorded with, the child.
        beside_named, beside_recorded: and so with such a sibling.
        sureness: probability that the surest such sibling is the offender's.
    """

    is_one: np.ndarray
    is_linked: np.ndarray
    is_spoken_of: np.ndarray
    surname: np.ndarray
    is_named: np.ndarray
    is_recorded: np.ndarray
    beside_named: np.ndarray
    beside_recorded: np.ndarray
    sureness: np.ndarray

    @property
    def is_lead(self) -> np.ndarray:
        """Siblings of linked children of whom no witness speaks."""
        return np.asarray(self.is_one & ~self.is_linked & ~self.is_spoken_of)


def siblings_of_linked(
    siblings: Siblings,
    evidence: FamilyEvidence,
    readings: Readings,
    linked: np.ndarray,
    surnames: Surnames,
) -> SiblingsOfLinked:
    """Whom to look at because a brother or sister is linked.

    Args:
        siblings: pairs of candidate families whose children are recorded as siblings.
        evidence: candidate families.
        readings: of these.
        linked: (n_families,), families that are linked by a witness's word.
        surnames: of children compared with children.
    """
    beside = linked[siblings.other]
    family, other = siblings.family[beside], siblings.other[beside]
    surname = np.full(len(evidence), -1, np.int8)
    np.maximum.at(surname, family, surnames.agree(evidence.child[family], evidence.child[other]))
    surname[(surname == THEIR_NAME) & (evidence.surname == 1)] = OFFENDERS_NAME
    parent = readings.odds[PARENT]
    witnessed = parent[:NEITHER].sum(axis=0)
    sureness = np.zeros(len(evidence))
    np.maximum.at(sureness, family, (parent.sum(axis=0) / readings.total)[other])
    is_named = parent[[BOTH_SPEAK, NAMED_ONLY]].sum(axis=0) >= SPEAKS * parent.sum(axis=0)
    is_recorded = parent[[BOTH_SPEAK, RECORDED_ONLY]].sum(axis=0) >= SPEAKS * parent.sum(axis=0)
    return SiblingsOfLinked(
        is_one=_marked(family, len(evidence)),
        is_linked=linked,
        is_spoken_of=witnessed >= SPOKEN_OF * (readings.total - parent.sum(axis=0)),
        surname=surname,
        is_named=is_named,
        is_recorded=is_recorded,
        beside_named=_marked(family[is_named[other]], len(evidence)),
        beside_recorded=_marked(family[is_recorded[other]], len(evidence)),
        sureness=sureness,
    )


def _marked(rows: np.ndarray, size: int) -> np.ndarray:
    mask = np.zeros(size, np.bool_)
    mask[rows] = True
    return mask


def raise_sibling_leads(
    readings: Readings, factors: Factors, siblings: SiblingsOfLinked, listed: np.ndarray
) -> Readings:
    """Give siblings of linked children the probability that such siblings turn out to have.

    Args:
        readings: after competition.
        factors: of the PARENT tie.
        siblings: who is a sibling of a linked child.
        listed: (n_families,), share of parents recorded with a child of its authority.
    """
    lead, sure = siblings.is_lead, siblings.is_one & siblings.is_linked
    # An age that hardly any parent has speaks against one of this child as of any other.
    silence = (_silence(factors, siblings, listed) * np.minimum(factors.gap, 1.0))[lead]
    own = shared_offender(siblings.surname[sure], siblings.surname[lead], silence)
    own = own * siblings.sureness[lead]
    odds = readings.odds.copy()
    others = readings.total - odds[PARENT].sum(axis=0)
    odds[PARENT, NEITHER, lead] = own / (1 - own) * others[lead]
    return replace(readings, odds=odds)


def _silence(factors: Factors, siblings: SiblingsOfLinked, listed: np.ndarray) -> np.ndarray:
    """How much likelier the silence of both witnesses is on a parent than on a stranger.

    Who names one child mostly names its siblings, and who is recorded with one is with them: that
    the other is left out says more than by itself. How often both are told of is seen where the
    other witness speaks. Silences go together (a child born later, a family that fell out), so
    that only the more telling of the two counts.
    """
    sure = siblings.is_one & siblings.is_linked
    named = _repeated(siblings.is_named, sure & siblings.beside_named & siblings.is_recorded)
    recorded = _repeated(siblings.is_recorded, sure & siblings.beside_recorded & siblings.is_named)
    unnamed = np.where(
        siblings.beside_named, np.minimum(1 - named, factors.unnamed), factors.unnamed
    )
    left_out = np.where(siblings.beside_recorded, np.minimum(1 - recorded, 1 - listed), 1 - listed)
    whom_instead = factors.unlisted / (1 - listed)
    return np.asarray(np.minimum(unnamed, left_out) * whom_instead)


def _repeated(speaks: np.ndarray, of: np.ndarray) -> float:
    """Share of these siblings of whom the witness speaks as well, held to belief."""
    return float((speaks[of].sum() + BELIEF_SIBLINGS * AGAIN) / (of.sum() + BELIEF_SIBLINGS))


def shared_offender(sure: np.ndarray, surname: np.ndarray, silence: np.ndarray) -> np.ndarray:
    """Probability that a linked child's sibling is the offender's too, learned from all siblings.

    Full siblings mostly share a surname, half-siblings often do not, or share their mother's; how
    often the full do is seen where a witness speaks of both. The others are a mixture of both
    kinds, of which the full are lessened by the silence of their witnesses.

    Args:
        sure: surnames of linked siblings of linked children, as in `SiblingsOfLinked`.
        surname: the same of each sibling of whom no witness speaks for sure.
        silence: of each such sibling, how much likelier the witnesses' silence is on a parent than
            on a stranger.

    Returns:
        (n,) probabilities, of each such sibling.
    """
    full = _shares(sure, np.ones(len(sure)), FULL_SIBLINGS)
    half, share, own = HALF_SIBLINGS, 0.5, np.zeros(len(surname))
    for _ in range(SHARE_ROUNDS):
        likely = share * np.append(full / half, 1.0)[surname] * silence
        own = likely / (likely + 1 - share)
        full_ones = len(sure) + float(own.sum()) + BELIEF_SIBLINGS * FULL
        share = full_ones / (len(sure) + len(own) + BELIEF_SIBLINGS)
        half = _shares(surname, 1 - own, HALF_SIBLINGS)
    return own


def _shares(surname: np.ndarray, weight: np.ndarray, believed: np.ndarray) -> np.ndarray:
    """Weighted shares of the comparable, held to belief by a few siblings' worth."""
    counts = np.bincount(surname + 1, weight, minlength=4)[1:] + BELIEF_SIBLINGS * believed
    return np.asarray(counts / counts.sum())


def hold_leads_down(readings: Readings, ceiling: float) -> Readings:
    """Cap what home, surname and age alone can say: relatives whom nobody names have them too.

    Args:
        readings: odds of every reading.
        ceiling: highest probability that the reading without a witness may have against strangers
            and other relatives.
    """
    odds = readings.odds.copy()
    others = readings.total - odds[PARENT].sum(axis=0)
    highest = others * ceiling / max(1 - ceiling, 1e-9)
    odds[PARENT, NEITHER] = np.minimum(odds[PARENT, NEITHER], highest)
    return replace(readings, odds=odds)
