"""Made-up people for the stress grid, alone or in households, with homes that can be left.

In: a generator. Out: `People`, free of errors. Few names, ten towns and short streets, so that
namesakes and neighbours are many, as in a region's files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.made_up_people import draw_people
from benchmarks.stress.person_steps import PAIR, Generator, People, Step, with_later

NAMES = 120
"""Given names, and surnames."""
IN_BOTH = 2 / 3
"""Share of the persons who are in both files; the others are in one, half of them in each."""
LARGEST_HOME = 6
TOWNS = (
    "ashbrook bramley cotgrave dunmere eastfield fernham garstead holmby ilverton jarrow".split()
)
STREETS = (
    "mill church station park hill oak river bridge chapel meadow north south albert queen holly "
    "windsor grange manor orchard elm"
).split()
KINDS = "road street lane avenue close".split()
LETTERS = "abdefghjlnpqrstuwxyz"
PER_STREET, PER_POSTCODE, OTHER_STREET = 30, 15, 337
"""Homes; and how far on the next street is, in a list of the streets of all towns."""
NEW_HOMES = 10_000
"""Number of the first home that is built for somebody who moves."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Base:
    """Made-up people to start from.

    Attributes:
        largest_home: Most people in one home; 1 for people who live alone.
        persons: How many there are.
        is_dedupe: One file in which nobody stands twice, in place of two.
    """

    largest_home: int = 1
    persons: int = 2_400
    is_dedupe: bool = False

    def people(self, rng: Generator) -> People:
        """The people of one draw."""
        table = persons(rng, self.persons, self.largest_home)
        if self.is_dedupe:
            nobody = pd.DataFrame({column: pd.Series([], dtype=object) for column in PAIR})
            return People(with_ids(table, "r"), None, nobody)
        apart = round(self.persons * (1 - IN_BOTH) / 2)
        left, right = table[: self.persons - apart], table[apart:]
        shared = pd.Series(table.index[apart : self.persons - apart]).astype(str)
        pairs = pd.DataFrame({column: column[-1] + shared for column in PAIR})
        return People(with_ids(left, "l"), with_ids(right, "r"), pairs)


BASES = {
    "made_alone": Base(),
    "made_homes": Base(LARGEST_HOME),
    "made_few": Base(LARGEST_HOME, persons=240),
    "made_single": Base(persons=1_500, is_dedupe=True),
    "made_single_homes": Base(LARGEST_HOME, 1_500, is_dedupe=True),
}


def persons(rng: Generator, count: int, largest_home: int) -> pd.DataFrame:
    """People without errors, home by home; who live together share a surname and a home."""
    drawn = draw_people(rng, count)
    table = pd.DataFrame({name: np.char.decode(drawn[name]) for name in drawn}, dtype=object)
    sizes = rng.integers(1, largest_home + 1, count)
    home = np.repeat(np.arange(count), sizes)[:count]
    for name in ("given_name", "surname"):
        table[name] = few(table[name])
    table["surname"] = table["surname"].to_numpy()[np.unique(home, return_index=True)[1]][home]
    return table.assign(**places(rng.permutation(count)[home]))


def few(names: pd.Series) -> pd.Series:
    """The commonest names alone; a rarer one is exchanged for one of them."""
    codes, _ = pd.factorize(names)
    common = names.value_counts().index[:NAMES].to_numpy()
    return pd.Series(common[codes % len(common)], names.index)


def places(home: Numbers) -> dict[str, list[str]]:
    """Address, town and postcode of homes by number; the next number is the next house."""
    streets = [divmod(int(number) // PER_STREET * OTHER_STREET, len(TOWNS)) for number in home]
    return {
        "address": [
            address(street, number % PER_STREET)
            for (street, _), number in zip(streets, home, strict=True)
        ],
        "town": [TOWNS[town] for _, town in streets],
        "postcode": [
            postcode(street, TOWNS[town], number % PER_STREET // PER_POSTCODE)
            for (street, town), number in zip(streets, home, strict=True)
        ],
    }


def address(street: int, house: int) -> str:
    """Number and street."""
    kind = KINDS[street // len(STREETS) % len(KINDS)]
    return f"{house + 1} {STREETS[street % len(STREETS)]} {kind}"


def postcode(street: int, town: str, part: int) -> str:
    """A postcode of one part of a street, its area that of the town."""
    first, last = LETTERS[street % 20], LETTERS[street // 20 % 20]
    return f"{town[:2]}{street % 9 + 1} {part + 1}{first}{last}"


def with_ids(table: pd.DataFrame, side: str) -> pd.DataFrame:
    """The table with record ids by person, `side` in front."""
    ids = side + pd.Series(table.index, table.index).astype(str)
    return pd.concat([ids.rename("record_id"), table], axis=1)


def rehoused(share: float, together: bool = False) -> Step:
    """This share of the later file's people lives in a home that nobody had.

    Args:
        share: Of people, or of homes.
        together: Whether all who live in one home go to one new home.
    """

    def step(people: People, rng: Generator) -> People:
        later = people.later
        old = pd.factorize(later["postcode"] + later["address"])[0]
        groups = old if together else np.arange(len(later))
        leaves, new = rng.random(len(later)) < share, rng.permutation(len(later)) + NEW_HOMES
        table = pd.DataFrame(places(new[groups]), later.index)
        moved = later.copy()
        moved.loc[leaves[groups], table.columns] = table[leaves[groups]]
        return with_later(people, moved)

    return step
