"""People named on made-up probation records: contacts in free words, and children assessed.

In: a `World` and the people on probation. Out: rows of `personal_contacts` and `assessed_children`
with the true person behind each. It must not know what children's services hold.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.record_key import derived_record_ids
from pipeline.synthetic import identifiers
from pipeline.synthetic.declarations import declared_pairs, write_declared
from pipeline.synthetic.draws import Array, choose, days, either, ends, texts
from pipeline.synthetic.justice_records import (
    strangers,
)
from pipeline.synthetic.recording_errors import (
    Clerk,
    adult_name_chances,
    misspell,
)
from pipeline.synthetic.world import World, true_person_ids

WORDS = {
    ("parent", "M"): ("Son", "son", "SON", "his son", "her son", "Son (lives with mother)"),
    ("parent", "F"): ("Daughter", "daughter", "DAUGHTER", "his daughter", "Dau", "her daughter"),
    ("step_parent", "M"): ("Step son", "stepson", "Step-son", "partner's son"),
    ("step_parent", "F"): ("Step daughter", "stepdaughter", "Step-daughter", "partner's daughter"),
}
UNCLEAR_WORDS = ("child", "Family member", "dependant", "lives with", "Child (adult)")
OTHER_WORDS = {
    "Mother": 0.24, "Father": 0.12, "Partner": 0.20, "Ex-partner": 0.10, "Brother": 0.08,
    "Sister": 0.10, "Friend": 0.08, "GP (secondary)": 0.05, "Social worker": 0.03,
}  # fmt: skip
WOMEN_WORDS = ("Mother", "Sister", "Partner", "Ex-partner", "Social worker")


def personal_contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    """Children and others named on the record; with the true person behind each."""
    clerk = world.clerk("probation/contacts")
    rates, rng = world.settings.probation, clerk.rng
    contacts = pd.concat(
        [_child_contacts(world, clerk, offenders), _other_contacts(world, clerk, offenders)],
        ignore_index=True,
    )
    count = len(contacts)
    crn = offenders.set_index("person")["crn"].reindex(contacts["person"]).to_numpy()
    identity = identifiers.unique_numbers(rng, 9 * 10**8, count) + 10**8
    contact_id = identity.astype(str).astype(object)
    known = contacts["child"].to_numpy()
    first = contacts["first_name"].fillna(contacts["last_name"]).fillna("Unknown")
    no_surname = clerk.happens(rates.surname_missing, count)
    start = world.as_of - days(rng.integers(10, 1500, count))
    return pd.DataFrame({
        "crn": crn, "contact_id": contact_id, "first_name": first,
        "last_name": either(no_surname, None, contacts["last_name"]),
        "sex": contacts["sex"], "relationship": contacts["relationship"],
        "relationship_type": either(clerk.happens(0.1, count), "ME", None),
        "postcode": contacts["postcode"], "start_date": start,
        "end_date": ends(rng, start, world.as_of, 0.08),
        "person": contacts["person"], "child": known, "is_named": contacts["is_named"],
        "true_person_id": np.where(known >= 0, true_person_ids(known), "D" + contact_id),
    })  # fmt: skip


def _child_contacts(world: World, clerk: Clerk, offenders: pd.DataFrame) -> pd.DataFrame:
    rates = world.settings.probation
    parents = offenders.loc[offenders["is_parent"], "person"].to_numpy()
    declarers = parents[clerk.happens(rates.contacts_recorded, len(parents))]
    pairs = declared_pairs(world, clerk, declarers)
    written = write_declared(world, clerk, pairs)
    return written.assign(
        relationship=_relationship_words(world, clerk, pairs),
        person=pairs["person"],
        child=pairs["child"],
    )


def _relationship_words(world: World, clerk: Clerk, pairs: pd.DataFrame) -> Array:
    """Free text for each pair: many ways to say it, some misspelt, some saying little."""
    declared = world.settings.declared
    sex = world.people["sex"].to_numpy()[pairs["child"]]
    is_own = (pairs["relationship"] == "parent").to_numpy()
    is_own |= clerk.happens(declared.step_as_own, len(pairs))
    words = texts(len(pairs))
    for (kind, of_sex), ways in WORDS.items():
        rows = np.flatnonzero((is_own == (kind == "parent")) & (sex == of_sex))
        words[rows] = np.array(ways, dtype=object)[clerk.rng.integers(0, len(ways), len(rows))]
    misspelt = clerk.happens(world.settings.probation.relationship_misspelt, len(pairs))
    misspell(clerk.rng, words, misspelt)
    unclear = clerk.happens(declared.relationship_wrong, len(pairs))
    vague = np.array(UNCLEAR_WORDS, dtype=object)
    return np.where(unclear, vague[clerk.rng.integers(0, len(vague), len(pairs))], words)


def _other_contacts(world: World, clerk: Clerk, offenders: pd.DataFrame) -> pd.DataFrame:
    person = offenders["person"].to_numpy()
    owner = np.repeat(
        person, clerk.rng.poisson(world.settings.probation.other_contacts, len(person))
    )
    word = choose(clerk.rng, OTHER_WORDS, len(owner))
    is_woman = np.isin(word, WOMEN_WORDS)
    people = strangers(world, clerk, owner, is_woman, np.zeros(len(owner), dtype=bool))
    written = clerk.names(people, adult_name_chances(world.settings.recording))
    return written.assign(
        sex=clerk.sexes(people["sex"].to_numpy()), relationship=word, postcode=texts(len(owner)),
        is_named=True, person=owner, child=-1,
    )  # fmt: skip


def assessed_children(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    """Children in risk assessments: name, birth date or age, and nothing of whose they are."""
    clerk = world.clerk("probation/assessed")
    rates = world.settings.probation
    parents = offenders.loc[offenders["is_parent"], "person"].to_numpy()
    assessed = parents[clerk.happens(rates.assessed_recorded, len(parents))]
    pairs = declared_pairs(world, clerk, assessed)
    age = (world.as_of - world.births_of(pairs["child"].to_numpy())).astype(int) // 365.25
    pairs, age = pairs[age < 18].reset_index(drop=True), age[age < 18]
    written = write_declared(world, clerk, pairs)
    has_birth = clerk.happens(rates.assessed_birth_date, len(pairs))
    # Where no date is known the assessor writes an age, at an assessment up to a year old.
    stated = np.maximum(age - clerk.happens(0.4, len(pairs)), 0)
    says_age = ~has_birth & clerk.happens(0.85, len(pairs))
    crn = offenders.set_index("person")["crn"].reindex(pairs["person"]).to_numpy()
    return pd.DataFrame({
        "crn": crn, "first_name": written["first_name"], "last_name": written["last_name"],
        "date_of_birth": either(has_birth, written["date_of_birth"], None),
        "age_years": np.where(says_age, stated, np.nan),
        "sex": written["sex"], "postcode": written["postcode"],
        "person": pairs["person"], "child": pairs["child"], "is_named": written["is_named"],
    })  # fmt: skip


def assessed_truth(assessed: pd.DataFrame) -> pd.DataFrame:
    """The true child of each assessed row, by the key derived from the row's content."""
    columns = ["crn", "first_name", "last_name", "date_of_birth", "age_years", "sex", "postcode"]
    content = assessed[columns].assign(
        age_years=pa.array(assessed["age_years"], from_pandas=True).cast(pa.string()).to_pylist(),
        postcode=assessed["postcode"].str.strip(),
    )
    content = content.astype(object).where(content.notna(), None)
    keys = derived_record_ids(content["crn"], content.itertuples(index=False, name=None))
    return pd.DataFrame({
        "table": "assessed_children", "record_id": keys,
        "true_person_id": true_person_ids(assessed["child"].to_numpy()),
        "owner": assessed["crn"].to_numpy(),
    })  # fmt: skip
