"""What offender and child are to one another by their own records: sexes, surnames, ages.

In: people and their stated ties. Out: one class per pair. It must not know witnesses or rates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.family.entities import Entities, People
from pipeline.family.evidence import (
    AGE_GAP_EDGES,
    IMPLAUSIBLE_YEARS,
    NO_PARENT,
    OTHER_SEX,
    SAME_SEX,
)
from pipeline.family.ties import RECORDED_LABELS, UNKNOWN

LIKELY_GAPS = (16.0, 50.0)
"""Age gaps that need no second look, in years."""


Agrees = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Whether surnames of people left[i] and right[i] agree: 1, 0, -1 not comparable."""


def declaring_groups(entities: Entities) -> np.ndarray:
    """Index in DECLARING_GROUPS of every offender."""
    groups = np.zeros(len(entities.offenders), np.int64)
    declarations = entities.declarations
    to_prison = (declarations.is_prison | declarations.is_visit).to_numpy()
    offender = declarations.offender.to_numpy()
    np.bitwise_or.at(groups, offender[to_prison], 1)
    np.bitwise_or.at(groups, offender[declarations.is_probation.to_numpy()], 2)
    return groups


def named_to(declarations: pd.DataFrame) -> np.ndarray:
    """Index in NAMED_TO of every declaration."""
    return np.where(declarations.is_prison | declarations.is_visit, 0, 1)


def possible_parents(entities: Entities, is_meant: np.ndarray) -> np.ndarray:
    """Which recorded adults may be the child's parent: called so, or only by age.

    Args:
        entities: people and stated ties.
        is_meant: (n_authorities, n_labels), whether the authority means the word when it uses it.
    """
    child, adult, label = (
        entities.listings[name].to_numpy() for name in ("child", "adult", "label")
    )
    gap = age_gaps(entities.adults, entities.children, adult, child)
    of_age = np.isnan(gap) | ((gap >= LIKELY_GAPS[0]) & (gap <= LIKELY_GAPS[1]))
    silent = ~is_meant[entities.child_authority[child], label]
    return np.asarray((label == RECORDED_LABELS.index("parent")) | (silent & of_age))


def recorded_groups(entities: Entities, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
    """Whether each child has a recorded parent, and of which sex, seen from each offender."""
    sexes = recorded_parent_sexes(entities)[child]
    own = entities.offenders.sexes[offender]
    of_own_sex = np.where(
        own == UNKNOWN,
        sexes.any(axis=1),
        sexes[np.arange(len(child)), np.minimum(own, 1)] | sexes[:, UNKNOWN],
    )
    anybody = sexes.any(axis=1)
    return np.where(~anybody, NO_PARENT, np.where(of_own_sex, SAME_SEX, OTHER_SEX))


def recorded_parent_sexes(entities: Entities) -> np.ndarray:
    """bool (n_children, 3): a parent of female, male, unknown sex is recorded."""
    sexes = np.zeros((len(entities.children), 3), bool)
    parents = entities.listings[entities.listings.is_parent]
    sexes[parents.child.to_numpy(), entities.adults.sexes[parents.adult.to_numpy()]] = True
    return sexes


def surnames_of_parents(entities: Entities, adult_agrees: Agrees) -> np.ndarray:
    """int8 (n_children, 3): a recorded parent of female, male, unknown sex has the child's surname.

    1 has it, 0 has not, -1 nobody to compare.

    Args:
        entities: people and stated ties.
        adult_agrees: whether surnames of recorded adults (left) and children (right) agree.
    """
    parents = entities.listings[entities.listings.is_parent]
    adult, child = parents.adult.to_numpy(), parents.child.to_numpy()
    agrees = np.full((len(entities.children), 3), -1, np.int8)
    np.maximum.at(agrees, (child, entities.adults.sexes[adult]), adult_agrees(adult, child))
    return agrees


def named_after(sexes: np.ndarray, parents: np.ndarray, surname: np.ndarray) -> np.ndarray:
    """Where surnames differ, whether the child has that of its other recorded parent; -1 unknown.

    A child has its mother's name or its father's. One who has neither the offender's nor that of
    the other parent is likely called after a third person, whose place the offender has taken.

    Args:
        sexes: (n,), of the offenders.
        parents: (n, 3), of each child, from `surnames_of_parents`.
        surname: (n,), whether the offender's and the child's agree.
    """
    others = parents[np.arange(len(sexes)), np.where(sexes == UNKNOWN, UNKNOWN, 1 - sexes)]
    return np.where((surname == 0) & (sexes != UNKNOWN), others, -1)


def age_gaps(
    parents: People, children: People, parent: np.ndarray, child: np.ndarray
) -> np.ndarray:
    """Birth of child[i] minus that of parent[i], in years; NaN unknown or beyond belief.

    Where records of one person differ on the date, the current one counts, unless only another
    makes parent and child possible.
    """
    gap = children.birth_years[child] - parents.birth_years[parent]
    least = children.earliest_birth_years[child] - parents.latest_birth_years[parent]
    most = children.latest_birth_years[child] - parents.earliest_birth_years[parent]
    with np.errstate(invalid="ignore"):
        gap = np.where((gap < LIKELY_GAPS[0]) & (most >= LIKELY_GAPS[0]), most, gap)
        gap = np.where((gap > LIKELY_GAPS[1]) & (least <= LIKELY_GAPS[1]), least, gap)
        return np.asarray(np.where(np.abs(gap) > IMPLAUSIBLE_YEARS, np.nan, gap))


def age_gap_classes(gap: np.ndarray) -> np.ndarray:
    """Class of each gap by AGE_GAP_EDGES; -1 unknown."""
    return np.asarray(np.where(np.isnan(gap), -1, np.digitize(gap, AGE_GAP_EDGES)))
