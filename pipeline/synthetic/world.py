"""The whole made-up truth in one value, and what an agency hands back after recording some of it.

In: a scale, a seed and settings. Out: a `World`; agencies turn it into `Holdings`. It must not know
what any agency records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.settings.synthetic import Scale, SyntheticSettings
from pipeline.synthetic.draws import Array, Streams
from pipeline.synthetic.families import Families, make_families
from pipeline.synthetic.households import Households, assign_households, house_people
from pipeline.synthetic.identifiers import digits
from pipeline.synthetic.names import NameBook, build_name_book
from pipeline.synthetic.naming import name_people
from pipeline.synthetic.offending import Offending, make_offending
from pipeline.synthetic.places import Geography, build_geography
from pipeline.synthetic.recording_errors import NAME_COLUMNS, Clerk


@dataclass(frozen=True)
class World:
    """Everyone made up, with names, homes, sentences and the places they live in."""

    settings: SyntheticSettings
    streams: Streams
    book: NameBook
    made: Families
    households: Households
    offending: Offending

    @property
    def people(self) -> pd.DataFrame:
        """One row per person."""
        return self.made.people

    @property
    def as_of(self) -> np.datetime64:
        """The date the extracts are cut at."""
        return np.datetime64(self.settings.as_of)

    @property
    def geography(self) -> Geography:
        """The places they live in."""
        return self.households.geography

    def names_of(self, people: Array) -> pd.DataFrame:
        """Name codes, culture and sex of these people, in their order."""
        return self.people[NAME_COLUMNS].iloc[people].reset_index(drop=True)

    def births_of(self, people: Array) -> Array:
        """True dates of birth of these people."""
        return self.people["birth"].to_numpy().astype("datetime64[D]")[people]

    def clerk(self, name: str, is_upper: bool = False, is_plain: bool = True) -> Clerk:
        """A clerk with a stream of chance of its own."""
        return Clerk(
            rng=self.streams.stream(name),
            book=self.book,
            recording=self.settings.recording,
            cultures=self.settings.cultures,
            is_upper=is_upper,
            is_plain=is_plain,
        )


@dataclass(frozen=True)
class Holdings:
    """What one source holds.

    Attributes:
        source: `prison`, `probation` or `childrens_services/<code>`.
        tables: by contract name, in the contract's columns; dates as datetime64.
        truth: table, record_id, true_person_id of every record about one person, and owner: the
            offender's record that it hangs on, null for none.
        pairs: parent, child (rows of `people`) that a record ties to each other.
    """

    source: str
    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    pairs: pd.DataFrame


def true_person_ids(people: Array) -> Array:
    """The true id of each of these people."""
    return "T" + digits(people, 8)


def make_world(scale: Scale, seed: int, settings: SyntheticSettings) -> World:
    """Everyone and everything, before any agency has written anything down."""
    streams, book = Streams(seed), build_name_book()
    made = name_people(streams, make_families(streams, scale, settings), settings, book)
    _, count = assign_households(made)
    geography = build_geography(streams.stream("places"), scale, settings.places, count)
    households = house_people(streams, made, geography, settings)
    offending = make_offending(streams, made, households, scale, settings)
    return World(settings, streams, book, made, households, offending)
