"""The adults that children's services record with a child, and how they tie the two together.

In: a `World` and the children's records. Out: adult records per authority, the `related_adults`
table, and the `relationships` table in one vocabulary. Whether an adult is listed depends on who
they are and whether they live with the child: fathers living apart are often not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.synthetic.draws import Array, days, either, ends, happens
from pipeline.synthetic.offending import parentage
from pipeline.synthetic.recording_errors import adult_name_chances, date_texts
from pipeline.synthetic.world import World

KIN_ROLES = {"grandmother", "grandfather", "aunt", "uncle", "friend"}


def adult_records(world: World, records: pd.DataFrame) -> pd.DataFrame:
    """One row per adult record: person, authority, is_second; a listed adult has one or two.

    An adult is listed in a family, not child by child, and each authority decides for itself.
    """
    rng = world.streams.stream("services/adults")
    rates = world.settings.childrens_services
    listed = _possible_listings(world, records)
    group = pd.MultiIndex.from_frame(listed[["authority", "person", "role"]])
    decided = pd.factorize(group)[0]
    chance = rng.random(decided.max() + 1)[decided] if len(listed) else np.empty(0)
    listed = listed[chance < _listing_chances(world, listed)]
    adults = listed[["authority", "person"]].drop_duplicates()
    adults = adults.sort_values(["authority", "person"], ignore_index=True)
    again = adults[happens(rng, rates.adult_duplicates, len(adults))]
    both = [adults.assign(is_second=False), again.assign(is_second=True)]
    return pd.concat(both, ignore_index=True).assign(is_old_authority=False, status=None)


def _possible_listings(world: World, records: pd.DataFrame) -> pd.DataFrame:
    """Every adult who might be recorded with a child: authority, person, child, role, is_home."""
    known = records[["authority", "person", "person_id"]] if "person_id" in records else records
    known = known[["authority", "person"]].drop_duplicates().rename(columns={"person": "child"})
    parents = parentage(world.made).rename(
        columns={"parent": "person", "relationship": "role", "lives_with_child": "is_home"}
    )
    sex = world.people["sex"].to_numpy()[parents["person"]]
    is_step = (parents["role"] == "step_parent").to_numpy()
    parents["role"] = np.where(is_step, "step_parent", np.where(sex == "F", "mother", "father"))
    role = world.people["role"]
    kin = np.flatnonzero(role.isin(KIN_ROLES))
    family = pd.DataFrame({
        "person": kin, "role": role.to_numpy()[kin], "is_home": False,
        "family": world.people["family"].to_numpy()[kin],
    })  # fmt: skip
    of_child = known.assign(family=world.people["family"].to_numpy()[known["child"]])
    return pd.concat([
        known.merge(parents, on="child"),
        of_child.merge(family, on="family").drop(columns="family"),
    ], ignore_index=True)  # fmt: skip


def _listing_chances(world: World, listed: pd.DataFrame) -> Array:
    rates = world.settings.childrens_services
    role, is_home = listed["role"].to_numpy(), listed["is_home"].to_numpy(dtype=bool)
    father = np.where(is_home, rates.father_at_home_listed, rates.father_away_listed)
    by_role = {
        "mother": np.full(len(role), rates.mother_listed),
        "father": father,
        "step_parent": np.full(len(role), rates.step_parent_listed),
    }
    kin = np.full(len(role), rates.kin_listed)
    return np.select([role == name for name in by_role], list(by_role.values()), kin)


def related_adults_table(world: World, adults: pd.DataFrame) -> pd.DataFrame:
    """The adults as described: the `related_adults` table, with the authority of each row."""
    clerk = world.clerk("services/related adults", is_plain=False)
    rates = world.settings.childrens_services
    person = adults["person"].to_numpy()
    written = clerk.names(world.names_of(person), adult_name_chances(world.settings.recording))
    role = world.people["role"].to_numpy()[person]
    given_only = np.isin(role, ("father", "second_father", "partner"))
    given_only &= clerk.happens(rates.adult_given_name_only, len(person))
    missing = np.where(
        role == "mother", rates.adult_date_of_birth_missing_mother,
        rates.adult_date_of_birth_missing,
    )  # fmt: skip
    birth = date_texts(clerk.births(world.births_of(person)))
    birth = either(clerk.happens(missing, len(person)), None, birth)
    return pd.DataFrame({
        "authority": adults["authority"],
        "person_id": adults["person_id"],
        "first_name": written["first_name"],
        "last_name": either(given_only, None, written["last_name"]),
        "date_of_birth": birth,
        "sex": clerk.sexes(world.people["sex"].to_numpy()[person]),
    })  # fmt: skip


def ties(world: World, records: pd.DataFrame, adults: pd.DataFrame) -> pd.DataFrame:
    """Who is recorded as what to whom.

    Returns:
        authority, person_id (the child), related_person_id, relationship (`mother`, `parent`,
        `step_father`, `grandmother`, …, `sibling`), related_sex, child_sex, start_date, end_date,
        parent and child (rows of people; parent is −1 for siblings).
    """
    rng = world.streams.stream("services/ties")
    rates = world.settings.childrens_services
    possible = _possible_listings(world, records)
    rows = possible.merge(
        adults[["authority", "person", "person_id", "is_second"]], on=["authority", "person"]
    ).rename(columns={"person": "parent", "person_id": "related_person_id"})
    rows = rows.merge(
        records[["authority", "person", "person_id"]].rename(columns={"person": "child"}),
        on=["authority", "child"],
    )
    # A second record of an adult hangs on some of the children; the first misses a few.
    kept = np.where(rows["is_second"], 0.5, 0.97)
    rows = rows[happens(rng, kept, len(rows))].reset_index(drop=True)
    rows["relationship"] = _recorded_roles(world, rng, rows)
    both = pd.concat([rows, _siblings(world, rng, records)], ignore_index=True)
    start = world.as_of - days(rng.integers(30, 2000, len(both)))
    sex = world.people["sex"].to_numpy()
    return pd.DataFrame({
        "authority": both["authority"],
        "person_id": both["person_id"],
        "related_person_id": both["related_person_id"],
        "relationship": both["relationship"],
        "related_sex": sex[np.where(both["parent"] >= 0, both["parent"], both["sibling"])
                           .astype(int)],
        "child_sex": sex[both["child"]],
        "start_date": start,
        "end_date": ends(rng, start, world.as_of, rates.restricted_pairs),
        "parent": both["parent"],
        "child": both["child"],
    })  # fmt: skip


def _recorded_roles(world: World, rng: np.random.Generator, rows: pd.DataFrame) -> Array:
    """Roles as recorded: some step-parents as parents, some parents as nothing clear."""
    rates = world.settings.childrens_services
    is_woman = world.people["sex"].to_numpy()[rows["parent"]] == "F"
    role = rows["role"].to_numpy()
    is_step = role == "step_parent"
    as_parent = is_step & happens(rng, rates.step_as_parent, len(rows))
    step = np.where(is_woman, "step_mother", "step_father")
    own = np.where(is_woman, "mother", "father")
    recorded = np.where(as_parent, own, np.where(is_step, step, role))
    is_parent = np.isin(recorded, ("mother", "father"))
    plain = is_parent & happens(rng, 0.1, len(rows))
    recorded = np.where(plain, "parent", recorded)
    unclear = is_parent & happens(rng, rates.parent_as_other, len(rows))
    recorded = np.where(unclear, "other", recorded)
    is_carer = np.isin(role, ("grandmother", "aunt")) & happens(rng, 0.15, len(rows))
    return np.where(is_carer, "carer", recorded)


def _siblings(world: World, rng: np.random.Generator, records: pd.DataFrame) -> pd.DataFrame:
    """Brothers and sisters in one authority, each pair written once."""
    first = records[~records["is_duplicate"]]
    rows = pd.DataFrame({
        "authority": first["authority"], "child": first["person"], "person_id": first["person_id"],
        "mother": world.people["mother"].to_numpy()[first["person"]],
    })  # fmt: skip
    pairs = rows.merge(rows, on=["authority", "mother"], suffixes=("", "_other"))
    pairs = pairs[pairs["child"] < pairs["child_other"]]
    chosen = happens(rng, world.settings.childrens_services.siblings_listed, len(pairs))
    pairs = pairs[chosen]
    return pd.DataFrame({
        "authority": pairs["authority"], "person_id": pairs["person_id"],
        "related_person_id": pairs["person_id_other"], "relationship": "sibling",
        "child": pairs["child"], "parent": -1, "sibling": pairs["child_other"],
    })  # fmt: skip
