"""Fuse two witnesses into one probability, by a mixture over what each witness may have done.

In: `FamilyEvidence`. Out: `Fusion`: for every candidate family the odds of each reading of the
evidence, and the rates that EM found. It must not know names, bands, rivals or outputs.

A family is a stranger's (weight 1), a parent's, a step-parent's or another relative's. Given a tie,
the offender names the child or does not, and is recorded with the child or is not: four readings a
tie. A reading's odds are the product of what each part of the evidence says under it, relative to
strangers. Shared place, surname and age gap are counted once in each reading.

Source: docs/method.md, "Families: two witnesses".
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pipeline.family.evidence import AGE_GAP_EDGES, FamilyEvidence, Population
from pipeline.family.factors import Common, common_to_ties, factors_of, sum_by
from pipeline.family.places import POSTCODE
from pipeline.family.rates import (
    Expected,
    Rates,
    held_to_meaning,
    of_parents_age,
    starting_rates,
    updated_rates,
)
from pipeline.family.ties import KIN_LABELS
from pipeline.family.words import Vocabulary, believed_vocabulary
from pipeline.settings.family import FamilySettings

BOTH_SPEAK, NAMED_ONLY, RECORDED_ONLY, NEITHER = range(4)
"""Readings: the offender names the child and is recorded with it; only names; only is recorded."""

WITNESSED = (BOTH_SPEAK, NAMED_ONLY, RECORDED_ONLY)

PARENT, STEP_PARENT, RELATIVE = range(3)
TIES = (PARENT, STEP_PARENT, RELATIVE)

NEEDED = (0.0, 3.0, 0.0)
"""Ties of each kind that the data must show before there are any: step-parents that they do not
need shrink to nothing. Source: Figueiredo and Jain (2002), who take half of a component's
parameters off its expected number; most of this one's are held."""


@dataclass(frozen=True)
class Readings:
    """The odds of every reading of every candidate family, against strangers.

    Attributes:
        odds: (3, 4, n_families), by tie (TIES) and reading.
        kin_shares: (3, n_kin), share of each tie's odds that holds because this very contact is
            this very adult.
        nomination_odds: (3, n_nominations), the part of BOTH_SPEAK + NAMED_ONLY that holds because
            this very declared child is the child.
        listing_odds: (3, n_listings), the part of BOTH_SPEAK + RECORDED_ONLY that holds because
            this very adult is the offender.
    """

    odds: np.ndarray
    nomination_odds: np.ndarray
    listing_odds: np.ndarray
    kin_shares: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Sum of all odds, the stranger's 1 included."""
        return np.asarray(1.0 + self.odds.sum(axis=(0, 1)))


@dataclass(frozen=True)
class Fusion:
    """Readings under the rates that EM found.

    Attributes:
        readings: the odds of every reading.
        rates: of each of TIES.
        words: how far words are meant.
        common: what the ties have in common, among strangers as the ties taken out leave them.
        converged: no rate moved by more than the tolerance in the last iteration.
        iterations: how many there were.
    """

    readings: Readings
    rates: tuple[Rates, ...]
    words: Vocabulary
    common: Common
    converged: bool
    iterations: int


def fuse(evidence: FamilyEvidence, settings: FamilySettings) -> Fusion:
    """Learn the rates by EM from all candidate families, and weigh each family with them."""
    population = evidence.population
    start = believed_rates(population, settings)
    words = start_vocabulary(population, settings)
    rates, common = start, common_to_ties(evidence, population.place)
    converged, iteration = False, 0
    readings = weigh(evidence, rates, common, settings.negative_floor)
    while iteration < settings.max_iterations and not converged:
        expected = expectation(evidence, readings)
        new_words = _learned_words(words, expected)
        updated = with_words(_maximised(expected, start, population, settings), new_words)
        moved = max(old.largest_change(new) for old, new in zip(rates, updated, strict=True))
        moved, words = max(moved, words.largest_change(new_words)), new_words
        rates, common = updated, common.among(evidence, strangers_places(population, expected))
        readings = weigh(evidence, rates, common, settings.negative_floor)
        iteration += 1
        converged = moved < settings.tolerance
    return Fusion(readings, rates, words, common, converged, iteration)


def _learned_words(words: Vocabulary, expected: tuple[Expected, ...]) -> Vocabulary:
    return Vocabulary(
        words.declared.learned(np.stack([one.declared_as for one in expected])),
        words.recorded.learned(np.stack([one.recorded_as for one in expected])),
    )


def _maximised(
    expected: tuple[Expected, ...],
    start: tuple[Rates, ...],
    population: Population,
    settings: FamilySettings,
) -> tuple[Rates, ...]:
    """New rates of every tie."""
    parent, step_parent, relative = (
        updated_rates(expected[tie], start[tie], population, settings, NEEDED[tie]) for tie in TIES
    )
    return parent, of_parents_age(step_parent, parent), held_to_meaning(relative, start[RELATIVE])


def believed_rates(population: Population, settings: FamilySettings) -> tuple[Rates, ...]:
    """Rates of every tie before any data is seen."""
    beliefs = (settings.parent, settings.step_parent, settings.relative)
    rates = tuple(starting_rates(belief, population, settings) for belief in beliefs)
    return with_words(rates, start_vocabulary(population, settings))


def start_vocabulary(population: Population, settings: FamilySettings) -> Vocabulary:
    """What words are worth before any data is seen."""
    beliefs = (settings.parent, settings.step_parent, settings.relative)
    return believed_vocabulary(
        np.array([belief.declared_as for belief in beliefs]),
        np.array([belief.recorded_as for belief in beliefs]),
        population,
    )


def with_words(rates: tuple[Rates, ...], words: Vocabulary) -> tuple[Rates, ...]:
    """The rates of every tie with what words are worth for it."""
    declared, recorded = words.declared.weights, words.recorded.weights
    return tuple(
        replace(rate, declared_words=declared[tie], recorded_words=recorded[tie])
        for tie, rate in enumerate(rates)
    )


def weigh(
    evidence: FamilyEvidence, rates: tuple[Rates, ...], common: Common, floor: float
) -> Readings:
    """The odds of every reading of every candidate family under these rates.

    Args:
        evidence: the candidate families.
        rates: of each of TIES.
        common: what the ties have in common.
        floor: silence of a witness never counts by a smaller factor.
    """
    odds = np.empty((len(TIES), 4, len(evidence)))
    nominations = np.empty((len(TIES), len(evidence.nominations.family)))
    listings = np.empty((len(TIES), len(evidence.listings.family)))
    kin = np.empty((len(TIES), len(evidence.kin.family)))

    def weigh_tie(tie: int) -> None:
        factors = factors_of(evidence, rates[tie], common, floor)
        odds[tie] = factors.odds()
        named, recorded = odds[tie, :2].sum(axis=0), odds[tie, [0, 2]].sum(axis=0)
        nominations[tie] = _split(factors.each_nomination, named, evidence.nominations.family)
        listings[tie] = _split(factors.each_listing, recorded, evidence.listings.family)
        kin[tie] = factors.each_kin / factors.kin[evidence.kin.family]

    _of_every_tie(weigh_tie)
    return Readings(odds, nominations, listings, kin)


T = TypeVar("T")


def _of_every_tie(function: Callable[[int], T]) -> tuple[T, ...]:
    """The function's result for each of TIES, two at a time: none looks at another's."""
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(function, TIES))


def _split(parts: np.ndarray, odds: np.ndarray, family: np.ndarray) -> np.ndarray:
    """A family's odds divided among its rows in proportion to their parts."""
    total = sum_by(family, parts, len(odds))
    return np.asarray(odds[family] * parts / np.maximum(total[family], 1e-300))


def expectation(evidence: FamilyEvidence, readings: Readings) -> tuple[Expected, ...]:
    """Expected counts of every tie."""
    share = 1.0 / readings.total
    return _of_every_tie(lambda tie: _expected(evidence, readings, tie, share))


def _expected(
    evidence: FamilyEvidence, readings: Readings, tie: int, share: np.ndarray
) -> Expected:
    """Expected counts of one tie; `share` is 1 / total odds of each family.

    Relatives are hardly ever named, so that few are seen where the other witness speaks. They are
    counted where a shared home and surname bring them all into view, whoever speaks of them.
    """
    posterior = readings.odds[tie] * share
    any_reading = posterior.sum(axis=0)
    both = posterior[BOTH_SPEAK]
    named = both + posterior[NAMED_ONLY]
    listed = both + posterior[RECORDED_ONLY]
    rows, records = evidence.nominations, evidence.listings
    by_nomination = readings.nomination_odds[tie] * share[rows.family]
    by_listing = readings.listing_odds[tie] * share[records.family]
    witnessed = any_reading - posterior[NEITHER]
    by_kin = readings.kin_shares[tie] * witnessed[evidence.kin.family]
    authorities = len(evidence.population.recorded)
    recorded, of, silent = both, named, np.zeros(len(share))
    if tie == RELATIVE:
        together = (evidence.place >= POSTCODE) & (evidence.surname == 1)
        recorded, of, silent = (together * one for one in (listed, any_reading, posterior[NEITHER]))
    seen = witnessed + silent
    cell = evidence.authority * 3 + evidence.recorded
    return Expected(
        silent=float(silent.sum()),
        witnessed=float(witnessed.sum()),
        declaring=np.bincount(evidence.declaring, listed, minlength=4),
        nominated=np.bincount(evidence.declaring, both, minlength=4),
        nominated_of=np.bincount(evidence.declaring, listed, minlength=4),
        listed=np.bincount(evidence.authority, recorded, minlength=authorities),
        listed_of=np.bincount(evidence.authority, of, minlength=authorities),
        unlisted=_cells(cell, posterior[NAMED_ONLY], authorities),
        declared_as=_uses(
            rows.named_to, rows.label, by_nomination, evidence.population.declared_as
        ),
        recorded_as=_uses(
            evidence.authority[records.family],
            records.label,
            by_listing,
            evidence.population.recorded_as,
        ),
        beside=_level_counts(records.beside, by_listing, 2),
        kin=float(by_kin.sum()),
        kin_of=float(witnessed[evidence.knows_kin].sum()),
        kin_as=np.bincount(evidence.kin.label, by_kin, minlength=len(KIN_LABELS)),
        place_listed=_level_counts(records.place, by_listing, 5),
        place_unlisted=_level_counts(evidence.place, posterior[NAMED_ONLY] + silent, 5),
        surname=_level_counts(evidence.surname, seen, 2),
        named_after=_level_counts(evidence.named_after, seen, 2),
        age_gap=_level_counts(evidence.age_gap, witnessed, len(AGE_GAP_EDGES) + 1),
    )


def _uses(
    source: np.ndarray, word: np.ndarray, weights: np.ndarray, used: np.ndarray
) -> np.ndarray:
    """Expected uses of each word by source, in the shape of `used`."""
    cell = source * used.shape[1] + word
    return np.bincount(cell, weights, minlength=used.size).reshape(used.shape)


def _cells(cell: np.ndarray, weights: np.ndarray, authorities: int) -> np.ndarray:
    return np.bincount(cell, weights, minlength=3 * authorities).reshape(authorities, 3)


def _level_counts(level: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(level + 1, weights, minlength=size + 1)[1:]


def strangers_places(
    population: Population, expected: tuple[Expected, ...], least: float = 0.25
) -> np.ndarray:
    """Place levels of strangers: of random pairs, with the expected ties taken out.

    Most pairs that share a home are tied; without this, ties would lower the weight of their own
    evidence. `least` keeps a share of what was observed, because the ties are not certain.
    """
    tied = sum(item.place_listed + item.place_unlisted for item in expected)
    seen = population.place * max(population.pairs, 1.0)
    left: np.ndarray = np.maximum(seen - tied, least * seen)
    return np.asarray(left / left.sum())
