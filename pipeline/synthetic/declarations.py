"""Children as offenders declare them: some of them, by some name, with or without a birth date.

In: true pairs of offender and child. Out: one row per declared child as the justice agencies would
write it, in no agency's columns yet. It must not know which table it is for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.synthetic.draws import Array, days, texts
from pipeline.synthetic.recording_errors import (
    Clerk,
    NameChances,
    adult_name_chances,
    compose_dates,
    date_parts,
    date_texts,
)
from pipeline.synthetic.world import World

PLACEHOLDERS = np.array(["Baby", "Unknown", "Unborn", "Child", "X"], dtype=object)


def declared_pairs(world: World, clerk: Clerk, declarers: Array) -> pd.DataFrame:
    """Which children these offenders declare: each by chance, one of them at least.

    Returns:
        person, child, relationship (`parent` or `step_parent`).
    """
    pairs = world.offending.children
    pairs = pairs[pairs["person"].isin(declarers)]
    is_born = world.births_of(pairs["child"].to_numpy()) < world.as_of - days(30)
    pairs = pairs[is_born].reset_index(drop=True)
    chance = clerk.rng.random(len(pairs))
    is_named = chance < world.settings.declared.child_named
    luckiest = pd.Series(chance).groupby(pairs["person"]).transform("min").to_numpy()
    declared: pd.DataFrame = pairs[is_named | (chance == luckiest)]
    return declared.reset_index(drop=True)


def write_declared(world: World, clerk: Clerk, pairs: pd.DataFrame) -> pd.DataFrame:
    """Names, birth dates, sexes and postcodes of declared children, as the offender gave them.

    Returns:
        first_name, middle_names, last_name, date_of_birth (ISO text), sex, postcode, is_named
        (False for a placeholder), row by row with `pairs`.
    """
    rates = world.settings.declared
    child, declarer = (pairs[name].to_numpy() for name in ("child", "person"))
    people = _surnames_by_declarer(world, clerk, child, declarer)
    adult = adult_name_chances(world.settings.recording)
    chances: NameChances = replace(adult, nickname=rates.nickname, typo=rates.misspelt)
    written = clerk.names(people, chances)
    placeholder = clerk.happens(rates.forename_placeholder, len(pairs))
    words = PLACEHOLDERS[clerk.rng.integers(0, len(PLACEHOLDERS), len(pairs))]
    first = np.where(placeholder, words, written["first_name"])
    return written.assign(
        first_name=np.where(placeholder & clerk.is_upper, np.char.upper(first.astype(str)), first),
        date_of_birth=_declared_births(world, clerk, child),
        sex=clerk.sexes(world.people["sex"].to_numpy()[child]),
        postcode=_declared_postcodes(world, clerk, child),
        is_named=~placeholder,
    )


def _surnames_by_declarer(
    world: World, clerk: Clerk, child: Array, declarer: Array
) -> pd.DataFrame:
    """The children's true names, some of them with the surname that the declarer bears."""
    people = world.names_of(child)
    own = world.names_of(declarer)
    taken = clerk.happens(world.settings.declared.surname_of_declarer, len(child))
    taken &= (people["surname"] != own["surname"]).to_numpy()
    return people.assign(
        surname=np.where(taken, own["surname"], people["surname"]),
        barrel=np.where(taken, -1, people["barrel"]),
    )


def _declared_births(world: World, clerk: Clerk, child: Array) -> Array:
    rates = world.settings.declared
    dates = world.births_of(child)
    draw = clerk.rng.random(len(child))
    steps = np.cumsum([
        rates.date_of_birth_edit, rates.date_of_birth_year, rates.date_of_birth_first_january,
        rates.date_of_birth_partial,
    ])  # fmt: skip
    clerk.edit_dates(dates, draw < steps[0])
    off = (draw >= steps[0]) & (draw < steps[1])
    year, month, day = date_parts(dates[off])
    dates[off] = compose_dates(year + clerk.rng.choice([-1, 1], len(year)), month, day)
    first = (draw >= steps[1]) & (draw < steps[2])
    dates[first] = dates[first].astype("datetime64[Y]").astype("datetime64[D]")
    written = date_texts(dates)
    partial = np.flatnonzero((draw >= steps[2]) & (draw < steps[3]))
    width = np.where(clerk.rng.random(len(partial)) < 0.6, 4, 7)
    written[partial] = [written[row][:keep] for row, keep in zip(partial, width, strict=True)]
    written[~clerk.happens(rates.date_of_birth_present, len(child))] = None
    return written


def _declared_postcodes(world: World, clerk: Clerk, child: Array) -> Array:
    """The children's home, as the offender last knew it."""
    stale = clerk.happens(world.settings.recording.address_stale, len(child))
    now, before = (world.households.dwelling_of(child, stay) for stay in (0, 1))
    dwelling = np.where(stale & (before >= 0), before, now)
    written = clerk.postcodes(world.geography.postcode_of(dwelling))
    missing = ~clerk.happens(world.settings.declared.postcode_present, len(child))
    return np.where(missing, texts(len(child)), written)
