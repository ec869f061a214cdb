"""What prison and probation records have in common: second records, aliases, addresses, strangers.

In: a `World` and offenders. Out: rows in no agency's columns yet. It must not know which of the two
agencies it serves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd

from pipeline.settings.synthetic import RecordingSettings
from pipeline.synthetic.draws import Array, Flags, Generator, happens, years
from pipeline.synthetic.naming import CULTURES
from pipeline.synthetic.recording_errors import (
    NAME_COLUMNS,
    Clerk,
    adult_name_chances,
    date_texts,
)
from pipeline.synthetic.world import World


class AliasRates(Protocol):
    """Settings of an agency that keeps aliases."""

    @property
    def aliases(self) -> float:
        """Share of records with any alias."""

    @property
    def alias_birth_date(self) -> float:
        """Share of aliases with another date of birth."""


def with_second_records(
    rng: Generator,
    offenders: pd.DataFrame,
    key: str,
    chance: float,
    new_keys: Callable[[Generator, int], Array],
) -> pd.DataFrame:
    """The offenders, and again those whom the agency took for someone new.

    Returns:
        the columns of `offenders` and `is_second`; keys all different.
    """
    again = offenders[happens(rng, chance, len(offenders))]
    keys = new_keys(rng, 2 * len(again) + 10)
    keys = keys[~pd.Index(keys).isin(offenders[key])][: len(again)]
    records = pd.concat([offenders, again.assign(**{key: keys})], ignore_index=True)
    return records.assign(is_second=np.arange(len(records)) >= len(offenders))


def alias_rows(world: World, clerk: Clerk, person: Array, rates: AliasRates) -> pd.DataFrame:
    """Other names a record holds: maiden names, short forms, and names taken for the purpose.

    Returns:
        row (of `person`), first_name, middle_names, last_name, date_of_birth, name_type.
    """
    further = getattr(rates, "further_alias", 0.0)
    count = np.where(clerk.happens(rates.aliases, len(person)), 1, 0)
    count += (count > 0) & clerk.happens(further, len(person))
    count += (count > 1) & clerk.happens(further, len(person))
    row = np.repeat(np.arange(len(person)), count)
    people = world.names_of(person[row])
    previous = people["previous_surname"].to_numpy()
    draw = clerk.rng.random(len(row))
    is_maiden = (previous >= 0) & (draw < 0.6)
    is_short = ~is_maiden & (draw < 0.35)
    taken = ~is_maiden & ~is_short & (draw < 0.8)
    # A taken name is someone else's surname, often of the same culture.
    other = world.people["surname"].to_numpy()[_others_of_culture(world, clerk.rng, people)]
    given = people["given"].to_numpy(np.int32)
    people["surname"] = np.where(is_maiden, previous, np.where(taken, other, people["surname"]))
    people["given"] = np.where(is_short, clerk.book.nicknames.choose(clerk.rng, given), given)
    people["barrel"] = -1
    written = clerk.names(people, adult_name_chances(world.settings.recording))
    birth = world.births_of(person[row])
    clerk.edit_dates(birth, clerk.happens(rates.alias_birth_date, len(row)))
    return pd.DataFrame({
        "row": row, **written, "date_of_birth": date_texts(birth),
        "name_type": np.where(is_maiden, "MAID", np.where(is_short, "NICK", "A")),
    })  # fmt: skip


def _others_of_culture(world: World, rng: Generator, people: pd.DataFrame) -> Array:
    """A random person of the same culture and sex for each of these."""
    group = people["culture"].to_numpy() * 2 + (people["sex"] == "F").to_numpy()
    everyone = world.people["culture"].to_numpy() * 2 + (world.people["sex"] == "F").to_numpy()
    order = np.argsort(everyone, kind="stable")
    first = np.searchsorted(everyone[order], group, side="left")
    last = np.searchsorted(everyone[order], group, side="right")
    return np.asarray(order[first + (rng.random(len(group)) * (last - first)).astype(int)])


def put_aliases_first(
    clerk: Clerk, written: pd.DataFrame, aliases: pd.DataFrame, rates: RecordingSettings
) -> None:
    """Some records show an alias as the main name, or its date of birth; changes both tables.

    The true name, or date, then stands in the alias row, and two agencies agree through that only.
    """
    first = ~aliases.duplicated("row").to_numpy()
    named = np.flatnonzero(first & (aliases["name_type"] == "A").to_numpy())
    chance = rates.name_by_alias / 2 * len(written) / max(len(named), 1)
    chosen = named[clerk.happens(min(chance, 1.0), len(named))]
    columns = ["first_name", "middle_names", "last_name", "date_of_birth"]
    _exchange(written, aliases, chosen, columns)
    holders = np.setdiff1d(np.flatnonzero(first), chosen)
    chance = rates.date_of_birth_by_alias / 2 * len(written) / max(len(holders), 1)
    dated = holders[clerk.happens(min(chance, 1.0), len(holders))]
    birth = aliases["date_of_birth"].to_numpy(dtype="datetime64[D]", copy=True)
    clerk.edit_dates(birth, np.isin(np.arange(len(birth)), dated))
    aliases["date_of_birth"] = date_texts(birth)
    _exchange(written, aliases, dated, ["date_of_birth"])


def _exchange(
    written: pd.DataFrame, aliases: pd.DataFrame, chosen: Array, columns: list[str]
) -> None:
    """Exchange values of these alias rows with their records'."""
    rows = aliases["row"].to_numpy()[chosen]
    for column in columns:
        main, other = written[column].to_numpy(copy=True), aliases[column].to_numpy(copy=True)
        main[rows], other[chosen] = aliases[column].to_numpy()[chosen], main[rows]
        written[column], aliases[column] = main, other


def shown_addresses(world: World, clerk: Clerk, person: Array, has_address: Flags) -> pd.DataFrame:
    """Each person's addresses as an agency holds them: the latest it knows of, and some before it.

    Returns:
        row (of `person`), address, postcode, start_date, end_date, is_first.
    """
    rates = world.settings.recording
    households = world.households
    before = households.dwelling_of(person, 1)
    is_stale = clerk.happens(rates.address_stale, len(person)) & (before >= 0)
    newest = np.where(is_stale, 1, 0)
    keeps = clerk.happens(0.4, len(person))
    parts = []
    for stay in range(3):
        shows = has_address & ((newest == stay) | ((newest < stay) & keeps))
        dwelling = households.dwelling_of(person, stay)
        row = np.flatnonzero(shows & (dwelling >= 0))
        moved = households.moved_in[households.of_person[person[row]]]
        is_first = newest[row] == stay
        end = moved[:, stay - 1] if stay else np.full(len(row), np.datetime64("NaT", "D"))
        parts.append(pd.DataFrame({
            "row": row, "dwelling": dwelling[row], "start_date": moved[:, stay],
            "end_date": np.where(is_first, np.datetime64("NaT", "D"), end), "is_first": is_first,
        }))  # fmt: skip
    shown = pd.concat(parts, ignore_index=True)
    return write_dwellings(world, clerk, shown)


def write_dwellings(world: World, clerk: Clerk, shown: pd.DataFrame) -> pd.DataFrame:
    """The same rows with `address` and `postcode` as typed, in place of `dwelling`."""
    dwelling = shown.pop("dwelling").to_numpy(np.int32)
    short = clerk.happens(world.settings.recording.address_abbreviated, len(shown))
    return shown.assign(
        address=world.geography.address_of(dwelling, short),
        postcode=clerk.postcodes(world.geography.postcode_of(dwelling)),
    )


def strangers(
    world: World, clerk: Clerk, owner: Array, is_woman: Flags, is_child: Flags
) -> pd.DataFrame:
    """People around an offender whom no other agency knows: relations, mostly, by their surname.

    Returns:
        NAME_COLUMNS and `birth`, one row per owner.
    """
    rng = clerk.rng
    people = world.names_of(owner)
    pool_role = np.where(is_woman, "female", "male").astype(object)
    pool_role = np.where(is_child, pool_role + "_child", pool_role)
    given, other = people["given"].to_numpy(np.int32).copy(), people["surname"].to_numpy().copy()
    culture = people["culture"].to_numpy()
    for position, name in enumerate(CULTURES):
        rows = np.flatnonzero(culture == position)
        other[rows] = clerk.book.pools[name, "surname"].draw(rng, len(rows))
        for role in ("female", "male", "female_child", "male_child"):
            chosen = rows[pool_role[rows] == role]
            given[chosen] = clerk.book.pools[name, role].draw(rng, len(chosen))
    same = happens(rng, 0.6, len(owner))
    age = np.where(is_child, rng.uniform(1, 17, len(owner)), rng.uniform(19, 70, len(owner)))
    return people.assign(
        given=given,
        middle=-1,
        surname=np.where(same, people["surname"], other),
        barrel=-1,
        previous_surname=-1,
        sex=np.where(is_woman, "F", "M"),
        birth=world.as_of - years(age),
    )[[*NAME_COLUMNS, "birth"]]
