"""What strangers look like: an offender and a child drawn at random.

In: people, witnesses and homes. Out: `Population`. It must not know candidate families.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.family.assemble import (
    Sources,
    age_gap_classes,
    age_gaps,
    declaring_groups,
    recorded_parent_sexes,
)
from pipeline.family.entities import Entities
from pipeline.family.evidence import AGE_GAP_EDGES, NO_PARENT, OTHER_SEX, SAME_SEX, Population
from pipeline.family.places import AREA, ELSEWHERE, POSTCODE
from pipeline.family.ties import DECLARED_LABELS, RECORDED_LABELS

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
    gap = age_gap_classes(age_gaps(entities, left, right))
    surname = sources.surnames.agree(left, right)
    return Population(
        n_offenders=offenders,
        n_children=children,
        declaring=_shares(declaring_groups(entities), 4),
        recorded=_recorded_shares(entities),
        declared_as=_shares(entities.declarations.label.to_numpy(), len(DECLARED_LABELS)),
        recorded_as=_shares(entities.listings.label.to_numpy(), len(RECORDED_LABELS)),
        place=_place_shares(sources, left, right),
        surname=_shares(surname, 2),
        age_gap=_shares(gap, len(AGE_GAP_EDGES) + 1),
    )


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
