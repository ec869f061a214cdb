"""What is believed of each comparison before any data is seen, as pseudo-counts of levels.

In: the comparisons of a specification. Out: prior level probabilities for the same person (m) and
for another person of one household (h), with the strength that estimation gives them. It must not
know any record, pattern or weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparisons import FAMILY
from pipeline.linkage.method import Method
from pipeline.linkage.spec import Comparison

Floats = NDArray[np.float64]

M_STRENGTH = 50.0
"""Pairs' worth of belief in the starting m: enough for levels never seen, soon overruled."""

MOST_DISAGREEMENT = 0.5
"""Between data sets m and h of these comparisons are .01 to .4; near .5 the class is another."""

TIMES_BELIEVED = 6.0
"""One person's own values disagree at most this many times as often as believed: names of another
alphabet reach five times."""


def prior_m(comparison: Comparison) -> Floats:
    """Levels of one person's two records as believed before seeing data, shape (levels,)."""
    return np.array(comparison.m_start)


def start_h(comparison: Comparison, u: Floats) -> Floats:
    """Levels of two household members that EM starts from, between strangers and one person."""
    share = comparison.household.m_share
    return (1 - share) * u + share * prior_m(comparison)


def prior_h(comparison: Comparison, m: Floats, u: Floats) -> Floats:
    """Pseudo-counts of the levels of two household members, given the current m and u.

    Values that a household shares (surname, place) are believed to agree as EM started out: where
    every rule that brings households together fixes the field, no pair can teach it, and strangers'
    levels would make a shared postcode speak for one person. Values a person owns (given name,
    birth date) agree about as they do among strangers, but for a small slip towards m (twins,
    namesakes).
    """
    household = comparison.household
    share = household.m_share if household.is_shared else household.slip
    counts: Floats = household.prior_pairs * ((1 - share) * u + share * m)
    return counts


def cap_h(comparison: Comparison, h: Floats, m: Floats, u: Floats) -> Floats:
    """Household probabilities with near agreement on a person's own values held down.

    Without this cap the household class can take over the matches: both classes agree on surname
    and place, and nothing else tells EM which is which.
    """
    if not comparison.household.is_capped:
        return h
    capped = h.copy()
    near = slice(comparison.near_level, None)
    ceiling = np.maximum(2 * comparison.household.slip * m[near], 2 * u[near])
    capped[near] = np.minimum(h[near], ceiling)
    total: Floats = capped / capped.sum()
    return total


def most_disagreement(comparison: Comparison) -> float:
    """Largest share of one person's pairs of records that may disagree altogether."""
    if not comparison.household.is_capped and comparison.household is not FAMILY:
        return MOST_DISAGREEMENT
    return min(TIMES_BELIEVED * comparison.m_start[0], MOST_DISAGREEMENT)


def hold_to_agreement(levels: Floats, most: float = MOST_DISAGREEMENT) -> Floats:
    """Level probabilities with disagreement no likelier than its limit.

    A class is what it is called: two records of one person agree on most of the person's own
    values, and two people of one household mostly share a place. Where far more pairs are of
    another kind (strangers of one name, a household whose records agree in all but the given name)
    the likelihood can be as high with a class that has left its meaning to describe them, and
    expected matches grow tenfold.

    Args:
        levels: Level probabilities, (levels,).
        most: Largest probability of the lowest level.
    """
    if levels[0] <= most:
        return levels
    held: Floats = levels * (1 - most) / (1 - levels[0])
    held[0] = most
    return held


def has_household_class(comparisons: Sequence[Comparison], method: Method) -> bool:
    """Whether any comparison says where people live; without one there is no household class."""
    return method.household_class and any(
        comparison.definition.is_place for comparison in comparisons
    )


def table_width(comparisons: Sequence[Comparison]) -> int:
    """Columns of a (comparisons, levels) table: the largest number of levels."""
    return max(len(comparison.levels) for comparison in comparisons)


U_STRENGTH = 100.0
"""Pairs' worth of belief in the starting u: nothing beside a million random pairs, much in a table
of five records, and a floor under levels that no random pair reached."""

U_EXACT = {
    "given_name": 0.01, "surname": 0.005, "middle_names": 0.02, "full_name": 1e-4,
    "date_of_birth": 1e-4, "sex": 0.5, "address": 0.001, "town": 0.05, "postcode": 0.002,
    "phone": 0.001, "email": 1e-4, "exact": 0.01, "identifier": 1e-5,
}  # fmt: skip
U_BETWEEN = 0.02
U_SWAPPED = 1e-4


def prior_u(comparison: Comparison) -> Floats:
    """Levels of two strangers as believed before seeing data, shape (levels,)."""
    u = np.full(len(comparison.levels), U_BETWEEN)
    u[comparison.exact_level] = U_EXACT.get(comparison.kind, U_EXACT["exact"])
    u[comparison.exact_level + 1 :] = U_SWAPPED
    u[0] = 1 - u[1:].sum()
    return u
