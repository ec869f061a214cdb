"""The rates that the fusion learns: what parents and other relatives look like to each witness.

In: beliefs from settings, what strangers look like, expected counts. Out: `Rates` of a class, and
their JSON form. It must not know single families.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from pipeline.family.evidence import DECLARING_GROUPS, NO_PARENT, Population
from pipeline.family.places import POSTCODE
from pipeline.family.ties import KIN_LABELS
from pipeline.settings.family import ClassBelief, FamilySettings

CLASSES = ("parent", "step_parent", "relative")
"""Ties told apart from strangers. `step_parent`: also a parent's partner; `relative`: any other
relative or carer: grandparent, aunt, grown-up sibling, foster carer."""


@dataclass(frozen=True)
class Rates:
    """What one class of ties looks like.

    Attributes:
        prior: share of all pairs of an offender and a child.
        declaring: shares of offenders by DECLARING_GROUPS, (4,).
        nominated: share who name the child, by DECLARING_GROUPS, (4,); 0 for those who name nobody.
        listed: share recorded with the child, (n_authorities,).
        unlisted: weight of NO_PARENT, SAME_SEX, OTHER_SEX relative to strangers where the tie is
            not recorded, (3,).
        declared_words: (2, 6), how much likelier they are declared by each label than anyone.
        recorded_words: (n_authorities, 8), how much likelier they are recorded so than anyone.
        beside: shares of those recorded without and with another possible parent of their sex
            beside them, (2,).
        kin: share of whom another contact of the offender is recorded with the child, where the
            offender names other contacts and the child has recorded adults.
        kin_as: shares of KIN_LABELS among those contacts.
        place_listed: shares of place levels of those recorded with the child, (5,).
        place_unlisted: the same of those who are not, (5,).
        surname: shares whose surname differs and agrees, (2,).
        named_after: where it differs, shares of children without and with the surname of their
            other recorded parent, (2,).
        age_gap: shares of age-gap classes, (12,).
    """

    prior: float
    declaring: np.ndarray
    nominated: np.ndarray
    listed: np.ndarray
    unlisted: np.ndarray
    declared_words: np.ndarray
    recorded_words: np.ndarray
    beside: np.ndarray
    kin: float
    kin_as: np.ndarray
    place_listed: np.ndarray
    place_unlisted: np.ndarray
    surname: np.ndarray
    named_after: np.ndarray
    age_gap: np.ndarray

    def largest_change(self, other: Rates) -> float:
        """Largest absolute move of any rate; the prior's counts in proportion, words' elsewhere."""
        moves = [abs(self.prior - other.prior) / max(self.prior, other.prior, 1e-300) * 0.01]
        for item in fields(self):
            if item.name not in ("prior", "declared_words", "recorded_words"):
                moves.append(
                    float(np.max(np.abs(getattr(self, item.name) - getattr(other, item.name))))
                )
        return max(moves)


@dataclass(frozen=True)
class Expected:
    """Expected numbers of pairs of one class: what a maximisation step learns from.

    What one witness does is counted where the other speaks, and what families look like where any
    does: of the ties that neither speaks of only those with a shared home are seen at all, so that
    counting all seen would make witnesses look too complete and homes too often shared.

    Attributes: as in `Rates`; `silent` is the number that neither witness speaks of, where that
    counts, and 0 elsewhere; `declared_as` and `recorded_as` are uses of words by source;
    `nominated` and `listed` have their totals beside them; `unlisted` is (n_authorities, 3).
    """

    silent: float
    witnessed: float
    declaring: np.ndarray
    nominated: np.ndarray
    nominated_of: np.ndarray
    listed: np.ndarray
    listed_of: np.ndarray
    unlisted: np.ndarray
    declared_as: np.ndarray
    recorded_as: np.ndarray
    beside: np.ndarray
    kin: float
    kin_of: float
    kin_as: np.ndarray
    place_listed: np.ndarray
    place_unlisted: np.ndarray
    surname: np.ndarray
    named_after: np.ndarray
    age_gap: np.ndarray


def starting_rates(belief: ClassBelief, population: Population, settings: FamilySettings) -> Rates:
    """The rates believed before any data is seen."""
    declares = np.array([1 - belief.declares, *3 * [belief.declares / 3]])
    few = min(population.n_offenders, population.n_children)
    return Rates(
        prior=(0.2 * few + 0.5) / (population.pairs + settings.prior_pairs),
        declaring=_tilted(population.declaring, declares),
        nominated=np.array([0.0, *3 * [belief.nominated]]),
        listed=np.minimum(belief.listed, 1 - population.recorded[:, NO_PARENT]),
        unlisted=_relative(np.array(belief.unlisted), population.recorded.mean(axis=0)),
        declared_words=np.ones_like(population.declared_as),
        recorded_words=np.ones_like(population.recorded_as),
        beside=_normal(belief.beside),
        kin=belief.kin,
        kin_as=_normal(belief.kin_as),
        place_listed=_normal(belief.place_listed),
        place_unlisted=_normal(belief.place_unlisted),
        surname=_normal(belief.surname),
        named_after=_normal(belief.named_after),
        age_gap=_normal(belief.age_gap),
    )


def _normal(shares: Any) -> np.ndarray:
    values = np.asarray(shares, float) + 1e-6
    return np.asarray(values / values.sum())


def _tilted(population: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Believed shares of naming nobody and somebody, the latter split as in the population."""
    some = population[1:] / max(population[1:].sum(), 1e-9)
    if population[1:].sum() <= 0:
        return np.array([1.0, 0, 0, 0])
    return _normal([shares[0], *(shares[1:].sum() * some)])


def _relative(shares: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Weights of categories relative to strangers, only where strangers have them."""
    return np.asarray(np.where(population > 1e-6, shares / np.maximum(population, 1e-6), 1.0))


def updated_rates(
    expected: Expected,
    start: Rates,
    population: Population,
    settings: FamilySettings,
    needed: float,
) -> Rates:
    """Rates from expected counts, each pulled to what was believed; small groups to all.

    Args:
        expected: counts of one class.
        start: what was believed of it.
        population: what strangers look like.
        settings: how much beliefs weigh.
        needed: ties that the data must show before there are any of this class.
    """
    strength, pooling = settings.belief_pairs, settings.pooling_pairs
    declaring = _posterior_mean(expected.declaring, start.declaring, strength)
    nominated = _pooled_nominated(expected, start, strength, pooling)
    listed = _pooled_listed(expected, start, strength, pooling)
    place_unlisted = _posterior_mean(expected.place_unlisted, start.place_unlisted, strength)
    surname = _posterior_mean(expected.surname, start.surname, strength)
    seen = _share_witnessed(declaring, nominated, listed, expected)
    if expected.silent:
        seen += (1 - seen) * float(place_unlisted[POSTCODE:].sum() * surname[1])
    ties = (expected.witnessed + expected.silent) / seen
    return Rates(
        prior=(max(ties - needed, 0.0) + 0.5) / (population.pairs + settings.prior_pairs),
        declaring=declaring,
        nominated=nominated,
        listed=listed,
        unlisted=_unlisted_weights(expected, start, population, strength),
        declared_words=start.declared_words,
        recorded_words=start.recorded_words,
        beside=_posterior_mean(expected.beside, start.beside, strength),
        kin=(expected.kin + strength * start.kin) / (expected.kin_of + strength),
        kin_as=_posterior_mean(expected.kin_as, start.kin_as, strength),
        place_listed=_posterior_mean(expected.place_listed, start.place_listed, strength),
        place_unlisted=place_unlisted,
        surname=surname,
        named_after=_posterior_mean(expected.named_after, start.named_after, strength),
        age_gap=_posterior_mean(expected.age_gap, start.age_gap, strength),
    )


def _share_witnessed(
    declaring: np.ndarray, nominated: np.ndarray, listed: np.ndarray, expected: Expected
) -> float:
    """Share of ties that at least one witness speaks of; the others are hardly ever seen."""
    of = expected.listed_of + 1e-9
    silent = (1 - float((declaring * nominated).sum())) * (
        1 - float((listed * of).sum() / of.sum())
    )
    return 1 - silent


def of_parents_age(step_parent: Rates, parent: Rates) -> Rates:
    """Rates of step-parents with the age gaps of parents, whose partners they are."""
    return replace(step_parent, age_gap=parent.age_gap)


def held_to_meaning(relative: Rates, start: Rates) -> Rates:
    """Rates of relatives with the ages, and the company, that relatives are believed to have.

    Where words say little, ages tell relatives from parents. Free to choose them, the class takes
    in the parents whom nobody names.
    """
    return replace(relative, age_gap=start.age_gap, beside=start.beside)


def _posterior_mean(counts: np.ndarray, believed: np.ndarray, strength: float) -> np.ndarray:
    weighted = counts + strength * believed
    return np.asarray(weighted / weighted.sum())


def _pooled_nominated(
    expected: Expected, start: Rates, strength: float, pooling: float
) -> np.ndarray:
    """Nomination rate by declaring group, pulled to the rate of all groups together."""
    named, of = expected.nominated[1:], expected.nominated_of[1:]
    overall = (named.sum() + strength * start.nominated[1:].mean()) / (of.sum() + strength)
    return np.concatenate([[0.0], (named + pooling * overall) / (of + pooling)])


def _pooled_listed(expected: Expected, start: Rates, strength: float, pooling: float) -> np.ndarray:
    """Listing rate by authority, pulled to the rate everywhere."""
    listed, of = expected.listed, expected.listed_of
    overall = (listed.sum() + strength * start.listed) / (of.sum() + strength)
    return np.asarray((listed + pooling * overall) / (of + pooling))


def _unlisted_weights(
    expected: Expected, start: Rates, population: Population, strength: float
) -> np.ndarray:
    """Weights of whom a record has instead, relative to strangers, for every authority alike.

    With weights r, an authority whose children are recorded as u has parents recorded as
    u·r / Σu·r; r is the Poisson fixed point of that, so that an authority that records nobody
    teaches nothing and is told nothing.
    """
    u, weights = population.recorded, start.unlisted
    everywhere = u.mean(axis=0)
    believed = strength * everywhere * start.unlisted / (everywhere * start.unlisted).sum()
    counts = expected.unlisted.sum(axis=0) + believed
    totals = np.append(expected.unlisted.sum(axis=1), strength)
    shares = np.vstack([u, everywhere])
    for _ in range(20):
        scale = (shares * weights).sum(axis=1, keepdims=True)
        weights = counts / np.maximum((totals[:, None] * shares / scale).sum(axis=0), 1e-9)
    return np.asarray(weights)


LEFT_OUT = ("prior", "listed", "nominated", "declaring", "declared_words", "recorded_words")
"""Rates that the JSON form has in another shape, or not: weights of words follow from `words`."""


def rates_to_json(rates: Rates, authorities: tuple[str, ...]) -> dict[str, Any]:
    """The rates as a JSON-able mapping; only shares, no identities."""
    rounded = {
        item.name: np.round(getattr(rates, item.name), 6).tolist()
        for item in fields(rates)
        if item.name not in LEFT_OUT
    }
    return {
        "prior": float(rates.prior),
        "declaring": _by(DECLARING_GROUPS, rates.declaring),
        "nominated": _by(DECLARING_GROUPS, rates.nominated),
        "listed_by_authority": {
            code: round(float(share), 6)
            for code, share in zip(authorities, rates.listed[: len(authorities)], strict=True)
        },
        **rounded,
        "kin_as": _by(KIN_LABELS, rates.kin_as),
    }


def _by(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(names, values, strict=True)}
