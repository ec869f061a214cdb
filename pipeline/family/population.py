"""What strangers look like: an offender and a child drawn at random.

In: people, witnesses and homes. Out: `Population`. It must not know candidate families.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.family.assemble import Sources
from pipeline.family.entities import Entities
from pipeline.family.evidence import (
    AGE_GAP_EDGES,
    NAMED_TO,
    NO_PARENT,
    OTHER_SEX,
    SAME_SEX,
    Population,
)
from pipeline.family.facts import (
    age_gap_classes,
    age_gaps,
    declaring_groups,
    named_after,
    named_to,
    recorded_parent_sexes,
)
from pipeline.family.places import AREA, ELSEWHERE, POSTCODE
from pipeline.family.ties import DECLARED_LABELS, KIN_LABELS, RECORDED_LABELS

GAP_CLASSES = len(AGE_GAP_EDGES) + 1

POOLING = 20.0
"""Ties' worth of weight with which a rare label's shares are pulled to those of all labels."""

RANDOM_PAIRS = 400_000
"""Random pairs of an offender and a child whose gaps and surnames show what strangers are like."""


def describe_population(sources: Sources, seed: int = 1) -> Population:
    """What an offender and a child drawn at random look like to each part of the evidence."""
    entities = sources.entities
    offenders, children = len(entities.offenders), len(entities.children)
    draw = np.random.default_rng(seed)
    many = RANDOM_PAIRS if offenders and children else 0
    left = draw.integers(0, max(offenders, 1), many)
    right = draw.integers(0, max(children, 1), many)
    gap = age_gap_classes(age_gaps(entities.offenders, entities.children, left, right))
    surname = sources.surnames.agree(left, right)
    declared, recorded = of_declared(sources), of_recorded(sources)
    return Population(
        n_offenders=offenders,
        n_children=children,
        declaring=_shares(declaring_groups(entities), 4),
        recorded=_recorded_shares(entities),
        declared_as=_shares_by(
            named_to(entities.declarations),
            entities.declarations.label.to_numpy(),
            (len(NAMED_TO), len(DECLARED_LABELS)),
        ),
        recorded_as=recorded_words(entities),
        beside=_shares(entities.listings.beside.to_numpy(), 2),
        kin_as=_shares(entities.named_contacts.label.to_numpy(), len(KIN_LABELS)),
        declared_each=_declared_each(entities),
        recorded_each=_recorded_each(entities),
        kin_each=_kin_each(entities),
        place=_place_shares(sources, left, right),
        surname=_shares(surname, 2),
        named_after=_shares(
            named_after(entities.offenders.sexes[left], sources.parents_surnames[right], surname), 2
        ),
        surname_of_declared=declared.surname[0],
        surname_of_recorded=recorded.surname,
        age_gap=_shares(gap, GAP_CLASSES),
        gap_of_declared=declared.gap[0],
        gap_of_recorded=recorded.gap,
    )


def recorded_words(entities: Entities) -> np.ndarray:
    """(n_authorities, n_labels): how often each authority uses each word for recorded adults."""
    authority = entities.child_authority[entities.listings.child.to_numpy()]
    size = (max(len(entities.authorities), 1), len(RECORDED_LABELS))
    return _shares_by(authority, entities.listings.label.to_numpy(), size)


@dataclass(frozen=True)
class StatedTies:
    """What the people of stated ties look like to one another, by label.

    Attributes:
        surname: (n_labels, 2), shares of ties whose surnames differ and agree.
        gap: (n_labels, 12), shares of age-gap classes.
    """

    surname: np.ndarray
    gap: np.ndarray


def of_declared(sources: Sources) -> StatedTies:
    """Offenders and the children they name; all labels together."""
    entities = sources.entities
    offender = entities.declarations.offender.to_numpy()
    declared = entities.declarations.declared.to_numpy()
    gap = age_gap_classes(age_gaps(entities.offenders, entities.declared, offender, declared))
    surname = sources.declared_surnames.agree(offender, declared)
    together = np.zeros(len(offender), np.int64)
    return StatedTies(
        _shares_by(together, surname, (1, 2)), _shares_by(together, gap, (1, GAP_CLASSES))
    )


def of_recorded(sources: Sources) -> StatedTies:
    """Recorded adults and their children, by label."""
    entities = sources.entities
    adult, child, label = (
        entities.listings[name].to_numpy() for name in ("adult", "child", "label")
    )
    gap = age_gap_classes(age_gaps(entities.adults, entities.children, adult, child))
    surname = sources.recorded_surnames.agree(adult, child)
    labels = len(RECORDED_LABELS)
    return StatedTies(
        _shares_by(label, surname, (labels, 2)), _shares_by(label, gap, (labels, GAP_CLASSES))
    )


def _shares_by(group: np.ndarray, codes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Shares of codes by group (-1 left out), each pulled to those of all groups together."""
    known = codes >= 0
    cell = group[known] * shape[1] + codes[known]
    counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    overall = _shares(codes, shape[1])
    return np.asarray((counts + POOLING * overall) / (counts.sum(axis=1, keepdims=True) + POOLING))


def _declared_each(entities: Entities) -> np.ndarray:
    """Mean number of children that an offender of each group names, (4,), at least 1."""
    groups = declaring_groups(entities)
    many = np.bincount(entities.declarations.offender.to_numpy(), minlength=len(groups))
    named = np.bincount(groups, many, minlength=4)
    return np.maximum(named / np.maximum(np.bincount(groups, minlength=4), 1), 1.0)


def _kin_each(entities: Entities) -> float:
    """Mean number of other contacts of an offender who names any."""
    offenders = entities.named_contacts.offender.to_numpy()
    return len(offenders) / max(len(np.unique(offenders)), 1) if len(offenders) else 1.0


def _recorded_each(entities: Entities) -> np.ndarray:
    """Mean number of adults recorded with a child of each authority."""
    size = max(len(entities.authorities), 1)
    child = entities.listings.child.to_numpy()
    adults = np.bincount(entities.child_authority[child], minlength=size) + 0.5
    children = np.bincount(entities.child_authority, minlength=size) + 0.5
    return np.asarray(adults / children)


def _place_shares(sources: Sources, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Shares of place levels: shared homes counted among all pairs, the area among random pairs."""
    shares = sources.homes.shares_of_levels()
    area = _shares(sources.homes.levels(left, right).level, 5)[AREA]
    shares[[ELSEWHERE, AREA]] = np.array([1 - area, area]) * (1 - shares[POSTCODE:].sum())
    return shares


def _shares(codes: np.ndarray, size: int) -> np.ndarray:
    """Shares of codes 0 … size - 1 (-1 left out), none of them quite 0."""
    counts = np.bincount(codes[codes >= 0], minlength=size) + 0.5
    return np.asarray(counts / counts.sum())


def _recorded_shares(entities: Entities) -> np.ndarray:
    """(n_authorities, 3): what random offenders see recorded of random children, by authority."""
    sexes = recorded_parent_sexes(entities)
    own = _shares(entities.offenders.sexes, 3)
    anybody = sexes.any(axis=1)
    same = (
        np.stack([sexes[:, 0] | sexes[:, 2], sexes[:, 1] | sexes[:, 2], anybody], axis=1).astype(
            float
        )
        @ own
    )
    shares = pd.DataFrame({NO_PARENT: ~anybody, SAME_SEX: same, OTHER_SEX: anybody - same})
    by_authority = shares.astype(float).groupby(entities.child_authority).agg(["sum"])
    counts = np.full((max(len(entities.authorities), 1), 3), 0.5)
    counts[by_authority.index.to_numpy()] += by_authority.to_numpy()
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))
