"""Ages stated without a date of birth, compared with children's ages.

In: ages of declared children, birth dates of children, the date. Out: `StatedAges`, which weighs
any pair. It must not know families.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.family.entities import Entities

AGREES, NEAR, DIFFERS = range(3)

SAME_CHILD = np.array([0.80, 0.14, 0.06])
"""Believed shares of one child's stated ages that are right, a year out, and further out."""

RANDOM_PAIRS = 100_000


@dataclass(frozen=True)
class StatedAges:
    """Stated ages of declared children against ages of children.

    Attributes:
        stated: (n_declared,), years; NaN not stated.
        actual: (n_children,), years at the date of the statement; NaN unknown.
        level_bits: (3,), log2 likelihood ratio of AGREES, NEAR, DIFFERS.
    """

    stated: np.ndarray
    actual: np.ndarray
    level_bits: np.ndarray

    def bits(self, declared: np.ndarray, child: np.ndarray) -> np.ndarray:
        """log2 likelihood ratio of one child; 0 where an age is not known."""
        level = _levels(self.stated[declared], self.actual[child])
        return np.asarray(np.append(self.level_bits, 0.0)[level])


def _levels(stated: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """AGREES in the stated year of life, NEAR in the one before or after; -1 not known."""
    apart = np.floor(actual) - np.floor(stated)
    with np.errstate(invalid="ignore"):
        level = np.where(apart == 0, AGREES, np.where(np.abs(apart) == 1, NEAR, DIFFERS))
    return np.where(np.isnan(apart), -1, level)


def compare_ages(entities: Entities, as_of: date | None, seed: int = 1) -> StatedAges:
    """Make stated ages comparable; without a date nothing is.

    Args:
        entities: people.
        as_of: date of the statements, near enough.
        seed: of the random pairs that show how often strangers agree.
    """
    stated = entities.declared.stated_ages
    actual = np.full(len(entities.children), np.nan)
    if as_of is not None:
        actual = decimal_year(as_of) - entities.children.birth_years
    strangers = np.ones(3)
    if len(stated) and len(actual):
        draw = np.random.default_rng(seed)
        level = _levels(
            stated[draw.integers(0, len(stated), RANDOM_PAIRS)],
            actual[draw.integers(0, len(actual), RANDOM_PAIRS)],
        )
        strangers = np.bincount(level[level >= 0], minlength=3) + 10 * np.array([0.06, 0.11, 0.83])
    return StatedAges(stated, actual, np.log2(SAME_CHILD / (strangers / strangers.sum())))


def decimal_year(day: date) -> float:
    """The day as a decimal year."""
    return day.year + (day.timetuple().tm_yday - 1) / 365.25
