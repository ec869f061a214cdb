"""Leads: families that no witness carries but that deserve a look.

In: readings after competition. Out: readings in which recorded siblings of a linked child are worth
a look, and in which nothing without a witness is ever worth more than the ceiling. It must not
decide.

A linked sibling is equally explained by the offender being the other parent, or the recorded
parent's new partner; half-siblings make false links. So siblings are shown, and never linked by
that alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.family.assemble import expand
from pipeline.family.entities import Entities
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.factors import Factors
from pipeline.family.fusion import NEITHER, PARENT, Readings
from pipeline.family.ties import PARENTS_RECORDED
from pipeline.linkage.sorting import distinct

SHARE_ROUNDS = 20


def siblings_of(
    entities: Entities, offender: np.ndarray, child: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same offenders with every child that has a recorded parent in common with theirs.

    Returns:
        Offenders and siblings, distinct, ascending; the child itself is among its siblings.
    """
    parents = entities.listings[entities.listings.label.isin(PARENTS_RECORDED)]
    by_child = parents.sort_values(["child", "adult"])
    by_adult = parents.sort_values(["adult", "child"])
    row, at = expand(child, by_child.child.to_numpy())
    adult = by_child.adult.to_numpy()[at]
    again, at = expand(adult, by_adult.adult.to_numpy())
    size = max(len(entities.children), 1)
    keys = distinct(offender[row[again]].astype(np.int64) * size + by_adult.child.to_numpy()[at])
    return keys // size, keys % size


def is_sibling_of_linked(
    entities: Entities, evidence: FamilyEvidence, linked: np.ndarray
) -> np.ndarray:
    """Whether the child is recorded as a sibling of another child linked to the same offender."""
    offender, child = siblings_of(entities, evidence.offender[linked], evidence.child[linked])
    size = max(len(entities.children), 1)
    key = evidence.offender.astype(np.int64) * size + evidence.child
    return np.asarray(np.isin(key, offender * size + child) & ~linked)


def raise_sibling_leads(
    readings: Readings, factors: Factors, is_sibling: np.ndarray, is_linked: np.ndarray
) -> Readings:
    """Give siblings of linked children the probability that such siblings turn out to have.

    The share of siblings who are the offender's too is learned from those for whom a witness does
    speak; what is left for the others is lessened by their witnesses' silence.

    Args:
        readings: after competition.
        factors: of the PARENT tie.
        is_sibling: (n_families,), siblings of linked children, not linked themselves.
        is_linked: (n_families,), linked children with a sibling in view.
    """
    silence = (factors.unnamed * factors.unlisted)[is_sibling]
    share = sibling_share(float(is_linked.sum()), silence)
    odds = readings.odds.copy()
    others = readings.total - odds[PARENT, NEITHER]
    least = np.zeros(len(is_sibling))
    least[is_sibling] = share / (1 - share) * silence * others[is_sibling]
    odds[PARENT, NEITHER] = np.maximum(odds[PARENT, NEITHER], least)
    return replace(readings, odds=odds)


def sibling_share(linked: float, silence: np.ndarray) -> float:
    """Share of siblings who are the offender's children too, the silent ones counted in part.

    Args:
        linked: siblings for whom a witness speaks.
        silence: of each other sibling, how likely both witnesses are silent on a parent.
    """
    share = 0.5
    for _ in range(SHARE_ROUNDS):
        own = share * silence / (share * silence + 1 - share)
        share = min((linked + float(own.sum()) + 1) / (linked + len(silence) + 2), 0.95)
    return share


def hold_leads_down(readings: Readings, ceiling: float) -> Readings:
    """Cap what home, surname and age alone can say, so that it never passes for a witness.

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
