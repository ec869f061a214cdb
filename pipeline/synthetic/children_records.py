"""The children that children's services know, and how their records describe them.

In: a `World`. Out: which child has which records where (`child_records`), and the `children` table
of all authorities with an `authority` column. It must not know any adult's record.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.synthetic import identifiers
from pipeline.synthetic.draws import Array, choose, days, either, happens, texts
from pipeline.synthetic.recording_errors import (
    Clerk,
    adult_name_chances,
    compose_dates,
    date_parts,
    date_texts,
)
from pipeline.synthetic.world import World

ETHNICITY_CODES = {
    "W1": "WBRI", "W2": "WIRI", "W3": "WROM", "W9": "WOTH", "M1": "MWBC", "M2": "MWBA",
    "M3": "MWAS", "M9": "MOTH", "A1": "AIND", "A2": "APKN", "A3": "ABAN", "A4": "CHNE",
    "A9": "AOTH", "B1": "BCRB", "B2": "BAFR", "B9": "BOTH", "O1": "CHNE", "O2": "OOTH",
    "O9": "OOTH", "NS": "NOBT",
}  # fmt: skip
"""The three- and four-letter codes of children's services, by the justice agencies' codes."""


def child_records(world: World) -> pd.DataFrame:
    """One row per record: person, authority, status, and what kind of record it is.

    Returns:
        person, authority (row of the geography's authorities), status, is_old_authority,
        is_duplicate, is_before_adoption, is_after_adoption.
    """
    rng = world.streams.stream("services/records")
    rates = world.settings.childrens_services
    person = np.flatnonzero(world.people["is_known"])
    adoptions = world.made.adoptions
    first = pd.DataFrame({
        "person": person,
        "authority": world.geography.authority_of(world.households.dwelling_of(person)),
        "status": choose(rng, rates.statuses, len(person)),
        "is_old_authority": False,
        "is_duplicate": False,
        "is_before_adoption": np.isin(person, adoptions["before"]),
        "is_after_adoption": np.isin(person, adoptions["after"]),
    })  # fmt: skip
    old = world.geography.authority_of(world.households.dwelling_of(person, 1))
    has_moved = (old >= 0) & (old != first["authority"]) & ~first["is_after_adoption"].to_numpy()
    # Only a child who has moved can have two; of these enough do to make up the share of all.
    chance = rates.two_authorities * len(person) / max(int(has_moved.sum()), 1)
    stays_known = has_moved & happens(rng, chance, len(person))
    second = first.assign(authority=old, is_old_authority=True)[stays_known]
    twice = happens(rng, rates.duplicates, len(person))
    duplicate = first.assign(is_duplicate=True)[twice]
    records: pd.DataFrame = pd.concat([first, second, duplicate], ignore_index=True)
    return records


def children_table(world: World, records: pd.DataFrame) -> pd.DataFrame:
    """The children as described: the `children` table, with the authority of each row."""
    clerk = world.clerk("services/children", is_plain=False)
    rates = world.settings.childrens_services
    person, count = records["person"].to_numpy(), len(records)
    birth = world.births_of(person)
    is_unborn = birth > world.as_of
    written = _names(world, clerk, person, is_unborn)
    died = happens(clerk.rng, rates.deaths, count) & ~is_unborn
    codes = pd.Series(clerk.ethnicities(world.people["culture"].to_numpy()[person]))
    unflagged = clerk.happens(rates.adoption_unflagged, count)
    after = records["is_after_adoption"].to_numpy() & ~unflagged
    return pd.DataFrame({
        "authority": records["authority"],
        "person_id": records["person_id"],
        **_numbers(world, clerk, records, is_unborn),
        "first_name": written["first_name"],
        "last_name": written["last_name"],
        "date_of_birth": _births(world, clerk, birth, is_unborn),
        "expected_date_of_birth": either(is_unborn, date_texts(birth), None),
        "sex": np.where(is_unborn, "U", clerk.sexes(world.people["sex"].to_numpy()[person], "U")),
        "ethnicity_code": codes.map(ETHNICITY_CODES).astype(object).where(codes.notna(), None),
        "is_adopted": records["is_before_adoption"].to_numpy() | after,
        "death_date": np.where(died, world.as_of - days(clerk.rng.integers(5, 300, count)),
                               np.datetime64("NaT", "D")),
    })  # fmt: skip


def _names(world: World, clerk: Clerk, person: Array, is_unborn: Array) -> pd.DataFrame:
    """Names as known to the service: short forms, earlier surnames, BABY and the unborn."""
    rates = world.settings.childrens_services
    people = world.names_of(person)
    changed = clerk.happens(rates.surname_changed, len(person))
    parent = np.where(clerk.happens(0.5, len(person)), world.people["mother"].to_numpy()[person],
                      world.people["father"].to_numpy()[person])  # fmt: skip
    people["surname"] = np.where(
        changed | is_unborn, world.people["surname"].to_numpy()[parent], people["surname"]
    )
    people["barrel"] = np.where(changed | is_unborn, -1, people["barrel"])
    chances = replace(adult_name_chances(world.settings.recording), nickname=rates.known_as)
    written = clerk.names(people, chances)
    age = (world.as_of - world.births_of(person)).astype(int)
    is_baby = is_unborn | ((age < 365) & clerk.happens(rates.baby_name, len(person)))
    words = np.array(["BABY", "Baby", "UNBORN", "Unborn Baby"], dtype=object)
    word = words[clerk.rng.integers(0, 2, len(person)) + 2 * is_unborn]
    first = np.where(is_baby, word, written["first_name"])
    return written.assign(first_name=first)


def _births(world: World, clerk: Clerk, birth: Array, is_unborn: Array) -> Array:
    """Dates of birth: a slip, the 15th for an unknown day, or none; none for the unborn."""
    rates = world.settings.childrens_services
    dates = birth.copy()
    clerk.edit_dates(dates, clerk.happens(rates.date_of_birth_edit, len(birth)))
    middle = clerk.happens(rates.date_of_birth_fifteenth, len(birth))
    year, month, day = date_parts(dates[middle])
    dates[middle] = compose_dates(year, month, np.full(len(day), 15))
    missing = is_unborn | clerk.happens(rates.date_of_birth_missing, len(birth))
    # A slip must not lead into the future.
    dates = np.where(~is_unborn & (dates > world.as_of), birth, dates)
    return either(missing, None, date_texts(dates))


def _numbers(
    world: World, clerk: Clerk, records: pd.DataFrame, is_unborn: Array
) -> dict[str, Array]:
    """UPN, former UPN and NHS number: one of each per child, however many records it has."""
    rates, rng = world.settings.childrens_services, clerk.rng
    person = records["person"].to_numpy()
    known, place = np.unique(person, return_inverse=True)
    birth_year = world.births_of(known).astype("datetime64[Y]").astype(int) + 1970
    upn = identifiers.pupil_numbers(rng, np.minimum(birth_year + 4, world.settings.as_of.year))
    former = identifiers.pupil_numbers(rng, np.minimum(birth_year + 4, world.settings.as_of.year))
    nhs = identifiers.nhs_numbers(rng, len(known))
    age = (world.as_of - world.births_of(known)).astype(int) / 365.25
    in_school = ((age >= 5) & ~happens(rng, rates.upn_missing, len(known)))[place]
    had_former = happens(rng, rates.former_upn, len(known))[place] & in_school
    has_nhs = happens(rng, rates.nhs_number_present, len(person)) & ~is_unborn
    number = nhs[place]
    wrong = np.flatnonzero(happens(rng, rates.nhs_number_wrong, len(person)))
    number[wrong] = identifiers.with_wrong_check(rng, number[wrong])
    nothing = texts(len(person))
    return {
        "upn": np.where(in_school, upn[place], nothing),
        "former_upn": np.where(had_former, former[place], nothing),
        "nhs_number": np.where(has_nhs, number, nothing),
    }
