"""How much more often strangers share a full name than its two parts would have it.

In: a table of people. Out: `Namesakes`, bits to take off a pair that agrees on both names. It must
not know pairs or families.

Given names and surnames go together: both follow language, region and faith. Compared one by one,
as if independent, they make two strangers with one rare full name look like one person, and the
more so the rarer the name and the larger the files. How often *different* people of one file share
a full name shows by how much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.family.entities import first_of

STEPS_PER_BIT, STEPS_PER_CLASS = 2, 4
"""Names are classed by rarity, 2 bits a class, from sums of parts rounded to half bits."""

RAREST_BITS = 40
PREVIOUS_CLASS_PAIRS = 2.0
"""Pairs' worth of weight with which a class is pulled to the next commoner one: rare classes have
few pairs of their own."""


@dataclass(frozen=True)
class Namesakes:
    """Excess of shared full names by rarity.

    Attributes:
        bits: (n_classes,), log2 of observed over expected pairs that share a full name, by
            -log2(share of given name x share of surname); never negative.
    """

    bits: np.ndarray

    def bits_off(self, given_share: np.ndarray, surname_share: np.ndarray) -> np.ndarray:
        """Bits to take off pairs that agree on names of these shares; 0 where one is NaN."""
        rarity = -np.log2(given_share) - np.log2(surname_share)
        known = ~np.isnan(rarity)
        steps = np.where(known, rarity, 0.0) * STEPS_PER_BIT
        at = np.clip(steps.astype(np.int64) // STEPS_PER_CLASS, 0, len(self.bits) - 1)
        return np.asarray(np.where(known, self.bits[at], 0.0))


def count_namesakes(people: pa.Table) -> Namesakes:
    """Compare how often full names are shared in a file with what their parts would have.

    Only people with a birth date count, and those who agree in it once: they may be one person.

    Args:
        people: list columns `given_name`, `surname`, `date_of_birth`; the first values are used.
    """
    columns = ("given_name", "surname", "date_of_birth")
    names = pd.DataFrame({c: first_of(people[c].combine_chunks()).to_pandas() for c in columns})
    names = names.dropna().drop_duplicates()
    size = max(len(names), 1)
    given = names.groupby("given_name").size() / size
    surname = names.groupby("surname").size() / size
    full = names.groupby(["given_name", "surname"]).size()
    # All combinations of a given name and a surname, by the sum of their rarities.
    expected = np.convolve(_squares_by_rarity(given), _squares_by_rarity(surname))
    steps = _steps(given.loc[full.index.get_level_values(0)].to_numpy())
    steps += _steps(surname.loc[full.index.get_level_values(1)].to_numpy())
    pairs = (full * (full - 1) / 2).to_numpy()
    observed = np.bincount(steps, pairs, minlength=len(expected))
    return Namesakes(_excess_bits(observed, expected * size * (size - 1) / 2))


def _steps(shares: np.ndarray) -> np.ndarray:
    """Rarity of each share in half bits, rounded down."""
    most = RAREST_BITS * STEPS_PER_BIT
    steps = np.floor(-np.log2(shares) * STEPS_PER_BIT)
    return np.asarray(np.clip(steps, 0, most).astype(np.int64))


def _squares_by_rarity(shares: pd.Series) -> np.ndarray:
    """Sum of squared shares (chance that two people share the name) by rarity."""
    values = shares.to_numpy(dtype=float)
    squares = np.bincount(_steps(values), values**2, minlength=RAREST_BITS * STEPS_PER_BIT + 1)
    return np.asarray(squares)


def _excess_bits(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """log2 of observed over expected pairs by class, each class pulled to the commoner one."""
    edges = np.arange(0, len(observed), STEPS_PER_CLASS)
    seen, chance = np.add.reduceat(observed, edges), np.add.reduceat(expected, edges)
    ratios, ratio = np.empty(len(edges)), 1.0
    for rarity in range(len(edges)):
        ratio = (seen[rarity] + PREVIOUS_CLASS_PAIRS * ratio) / (
            chance[rarity] + PREVIOUS_CLASS_PAIRS
        )
        ratios[rarity] = ratio = max(ratio, 1.0)
    return np.log2(ratios)
