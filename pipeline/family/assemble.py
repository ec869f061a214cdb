"""Bring families into view, and lay out what is known of each.

In: people and their stated ties, two person-level witnesses, shared homes. Out: `FamilyEvidence`.
It must not know rates, probabilities or bands.

A family (offender, child) comes into view when a declared child of the offender resembles the
child, when an adult recorded with the child resembles the offender, or when offender and child
share a home and a surname. Everything that either witness says about it is then compared, likeness
or not: that nobody resembles anybody is evidence too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from pipeline.family.entities import DECLARED_LABELS, RECORDED_LABELS, Entities
from pipeline.family.evidence import (
    AGE_GAP_EDGES,
    IMPLAUSIBLE_YEARS,
    NO_PARENT,
    OTHER_SEX,
    SAME_SEX,
    FamilyEvidence,
    Listings,
    Nominations,
    Population,
)
from pipeline.family.places import AREA, ELSEWHERE, POSTCODE, SharedHomes
from pipeline.settings.family import FamilySettings

RANDOM_PAIRS = 400_000
"""Random pairs of an offender and a child whose gaps and surnames show what strangers are like."""

UNKNOWN_SEX = 2

LIKELY_GAPS = (16.0, 50.0)
"""Age gaps that need no second look, in years."""


@dataclass(frozen=True)
class PersonEvidence:
    """Person-level comparison of pairs.

    Attributes (length n_pairs):
        bits: log2 likelihood ratio that the two are one person; place and surname left out.
        surname_bits: the surname's part; 0 not comparable.
        levels: int8 (n_pairs, 4), levels of given name, surname, birth date and sex; -1 null.
    """

    bits: np.ndarray
    surname_bits: np.ndarray
    levels: np.ndarray


class Witness(Protocol):
    """One side's word: people of one kind compared with people of another."""

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the people whom blocking brought together."""

    def compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """Compare any pairs (left[i], right[i])."""


class Surnames(Protocol):
    """Surnames of offenders and children compared."""

    def agree(self, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
        """int8: 1 agrees, spelling slips allowed, 0 differs, -1 not comparable."""

    def level(self, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
        """int8 agreement level; -1 null."""

    def share(self, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
        """Share of people with the surname that the two agree on exactly; NaN where none is."""


@dataclass(frozen=True)
class Sources:
    """All that evidence is drawn from.

    Attributes:
        entities: people and stated ties.
        nomination: declared children (left) compared with children (right).
        listing: recorded adults (left) compared with offenders (right).
        surnames: offenders compared with children.
        homes: of offenders (left) and children (right).
        adult_homes: of offenders (left) and recorded adults (right).
    """

    entities: Entities
    nomination: Witness
    listing: Witness
    surnames: Surnames
    homes: SharedHomes
    adult_homes: SharedHomes


def candidate_families(sources: Sources, settings: FamilySettings) -> tuple[np.ndarray, np.ndarray]:
    """Offenders and children of every family in view, distinct, ascending."""
    entities = sources.entities
    size = max(len(entities.children), 1)
    declared, child = _likely(sources.nomination, settings.candidate_bits)
    row, at = expand(declared, entities.declarations.declared.to_numpy())
    named = entities.declarations.offender.to_numpy()[at] * size + child[row]
    adult, offender = _likely(sources.listing, settings.candidate_bits)
    by_adult = entities.listings.sort_values(["adult", "child"])
    row, at = expand(adult, by_adult.adult.to_numpy())
    recorded = offender[row] * size + by_adult.child.to_numpy()[at]
    shared = sources.homes.pairs[sources.homes.pairs.level >= POSTCODE]
    left, right = shared.left.to_numpy(), shared.right.to_numpy()
    namesakes = sources.surnames.agree(left, right) == 1
    housed = left[namesakes] * size + right[namesakes]
    keys = np.unique(np.concatenate([named, recorded, housed]).astype(np.int64))
    return keys // size, keys % size


def _likely(witness: Witness, least_bits: float) -> tuple[np.ndarray, np.ndarray]:
    left, right = witness.pairs
    evidence = witness.compare(left, right)
    likely = evidence.bits + evidence.surname_bits >= least_bits
    return left[likely], right[likely]


def expand(keys: np.ndarray, sorted_keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (i, j) with keys[i] == sorted_keys[j], by ascending i and then j."""
    start = np.searchsorted(sorted_keys, keys, side="left")
    count = np.searchsorted(sorted_keys, keys, side="right") - start
    row = np.repeat(np.arange(len(keys)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    return row, np.repeat(start, count) + np.arange(len(row)) - first


def assemble(
    sources: Sources, offender: np.ndarray, child: np.ndarray, population: Population
) -> FamilyEvidence:
    """Everything known of the candidate families (offender[i], child[i])."""
    entities = sources.entities
    place = sources.homes.levels(offender, child)
    gap = age_gaps(entities, offender, child)
    return FamilyEvidence(
        offender=offender,
        child=child,
        declaring=declaring_groups(entities)[offender],
        authority=entities.child_authority[child],
        recorded=recorded_groups(entities, offender, child),
        place=place.level,
        place_share=place.share,
        surname=sources.surnames.agree(offender, child),
        surname_share=sources.surnames.share(offender, child),
        age_gap_years=gap,
        age_gap=age_gap_classes(gap),
        nominations=_nominations(sources, offender, child),
        listings=_listings(sources, offender, child),
        population=population,
    )


def _nominations(sources: Sources, offender: np.ndarray, child: np.ndarray) -> Nominations:
    declarations = sources.entities.declarations.sort_values(["offender", "declared"])
    owner = declarations.offender.to_numpy()
    family, at = expand(offender, owner)
    declared = declarations.declared.to_numpy()[at]
    evidence = sources.nomination.compare(declared, child[family])
    many = np.bincount(owner, minlength=len(sources.entities.offenders))
    return Nominations(
        family=family,
        declared=declared,
        label=declarations.label.to_numpy()[at],
        bits=evidence.bits,
        surname_bits=evidence.surname_bits,
        share=1.0 / many[offender[family]],
    )


def _listings(sources: Sources, offender: np.ndarray, child: np.ndarray) -> Listings:
    listings = sources.entities.listings
    family, at = expand(child, listings.child.to_numpy())
    adult = listings.adult.to_numpy()[at]
    evidence = sources.listing.compare(adult, offender[family])
    with_adult = sources.adult_homes.levels(offender[family], adult)
    with_child = sources.homes.levels(offender[family], child[family])
    nearer = with_adult.level >= with_child.level
    many = np.bincount(listings.child.to_numpy(), minlength=len(sources.entities.children))
    return Listings(
        family=family,
        adult=adult,
        label=listings.label.to_numpy()[at],
        bits=evidence.bits,
        surname_bits=evidence.surname_bits,
        has_date=evidence.levels[:, 2] >= 0,
        place=np.where(nearer, with_adult.level, with_child.level),
        place_share=np.where(nearer, with_adult.share, with_child.share),
        share=1.0 / many[child[family]],
    )


def declaring_groups(entities: Entities) -> np.ndarray:
    """Index in DECLARING_GROUPS of every offender."""
    groups = np.zeros(len(entities.offenders), np.int64)
    declarations = entities.declarations
    to_prison = (declarations.is_prison | declarations.is_visit).to_numpy()
    offender = declarations.offender.to_numpy()
    np.bitwise_or.at(groups, offender[to_prison], 1)
    np.bitwise_or.at(groups, offender[declarations.is_probation.to_numpy()], 2)
    return groups


def recorded_groups(entities: Entities, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
    """Whether each child has a recorded parent, and of which sex, seen from each offender."""
    sexes = _recorded_parent_sexes(entities)[child]
    own = entities.offenders.sexes[offender]
    of_own_sex = np.where(
        own == UNKNOWN_SEX,
        sexes.any(axis=1),
        sexes[np.arange(len(child)), np.minimum(own, 1)] | sexes[:, UNKNOWN_SEX],
    )
    anybody = sexes.any(axis=1)
    return np.where(~anybody, NO_PARENT, np.where(of_own_sex, SAME_SEX, OTHER_SEX))


def _recorded_parent_sexes(entities: Entities) -> np.ndarray:
    """bool (n_children, 3): a parent of female, male, unknown sex is recorded."""
    sexes = np.zeros((len(entities.children), 3), bool)
    parents = entities.listings[entities.listings.label == RECORDED_LABELS.index("parent")]
    sexes[parents.child.to_numpy(), entities.adults.sexes[parents.adult.to_numpy()]] = True
    return sexes


def age_gaps(entities: Entities, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
    """Child's birth minus offender's, in years; NaN unknown or beyond belief.

    Where records of one person differ on the date, the current one counts, unless only another
    makes parent and child possible.
    """
    parents, children = entities.offenders, entities.children
    gap = children.birth_years[child] - parents.birth_years[offender]
    least = children.earliest_birth_years[child] - parents.latest_birth_years[offender]
    most = children.latest_birth_years[child] - parents.earliest_birth_years[offender]
    with np.errstate(invalid="ignore"):
        gap = np.where((gap < LIKELY_GAPS[0]) & (most >= LIKELY_GAPS[0]), most, gap)
        gap = np.where((gap > LIKELY_GAPS[1]) & (least <= LIKELY_GAPS[1]), least, gap)
        return np.asarray(np.where(np.abs(gap) > IMPLAUSIBLE_YEARS, np.nan, gap))


def age_gap_classes(gap: np.ndarray) -> np.ndarray:
    """Class of each gap by AGE_GAP_EDGES; -1 unknown."""
    return np.asarray(np.where(np.isnan(gap), -1, np.digitize(gap, AGE_GAP_EDGES)))


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
    sexes = _recorded_parent_sexes(entities)
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
