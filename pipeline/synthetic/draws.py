"""Seeded chance: every random choice of the made-up agencies comes from a named stream.

In: a seed and the name of what is being made. Out: numpy generators and vectorised choices. A
stream depends on the seed and its own name only, so that a new draw in one room leaves every other
room's people as they were.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Generator = np.random.Generator
Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Dates = npt.NDArray[Any]
"""Dates to the day; arithmetic of dates and days is more than the type can say."""


@dataclass(frozen=True)
class Streams:
    """The seed of one set of made-up agencies."""

    seed: int

    def stream(self, name: str) -> Generator:
        """The generator of one named piece of work; the same name gives the same draws."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])


def happens(rng: Generator, chance: float | Array, count: int) -> Flags:
    """Whether something happens, for each of `count` people.

    Args:
        chance: one probability, or one for each; above 1 counts as certain.
    """
    return rng.random(count) < chance


def choose(rng: Generator, shares: dict[str, float], count: int) -> Array:
    """One category for each of `count` people, by its share; object array of text."""
    names = np.array(list(shares), dtype=object)
    return names[weighted(rng, np.fromiter(shares.values(), dtype=float), count)]


def weighted(rng: Generator, weights: Array, count: int) -> Array:
    """Positions in `weights`, each drawn in proportion to its weight; shape `(count,)`."""
    cumulative = np.cumsum(weights)
    positions = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    return np.asarray(np.minimum(positions, len(weights) - 1))


def days(values: Array | float) -> Dates:
    """Whole days, from numbers of days."""
    return np.asarray(values).astype(np.int64).astype("timedelta64[D]")


def years(values: Array | float) -> Dates:
    """Whole days, from numbers of years."""
    return days(np.round(np.asarray(values) * 365.25))


def texts(count: int, value: str | None = None) -> Array:
    """An object array holding one value, null unless given."""
    return np.full(count, value, dtype=object)


def either(condition: Array | pd.Series, one: Any, other: Any) -> Array:
    """One value where the condition holds, the other elsewhere; either may be null."""
    return np.asarray(np.where(np.asarray(condition), one, other))


def is_present(values: Array) -> Flags:
    """Which values of an object array are not null."""
    return np.asarray(pd.notna(values))


def within(owners: Array) -> Array:
    """The place of each row among the rows of its owner, from 0; equal owners must be adjacent."""
    if len(owners) == 0:
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    lengths = np.diff(np.r_[starts, len(owners)])
    return np.arange(len(owners)) - np.repeat(starts, lengths)


def ends(rng: Generator, start: Dates, as_of: np.datetime64, chance: float | Array) -> Dates:
    """When things that began then ended: a day between then and now, or not yet (NaT)."""
    elapsed = (as_of - start).astype(int)
    end = start + days(rng.random(len(start)) * elapsed)
    return np.where(happens(rng, chance, len(start)), end, np.datetime64("NaT", "D"))
