"""The contact lists of made-up prisoners: children they declare, partners, relations and friends.

In: a `World` and the prisoners. Out: one row per contact in the columns of `prisoner_contacts`,
with the true person behind it. It must not know what children's services hold.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.synthetic import identifiers
from pipeline.synthetic.declarations import declared_pairs, write_declared
from pipeline.synthetic.draws import choose, either, happens, texts
from pipeline.synthetic.justice_records import (
    strangers,
)
from pipeline.synthetic.recording_errors import adult_name_chances, date_texts
from pipeline.synthetic.world import World, true_person_ids

OTHER_CONTACTS = {
    "MOT": 0.28, "FA": 0.14, "BRO": 0.12, "SIS": 0.12, "FRI": 0.14, "GIF": 0.08, "PART": 0.06,
    "GMOT": 0.03, "UN": 0.03,
}  # fmt: skip
WOMEN_CONTACTS = ("MOT", "SIS", "GIF", "GMOT", "WIFE", "NIE", "GDAU")
HER_PARTNERS = {"HUS": 0.3, "PART": 0.4, "BOF": 0.3}
HIS_PARTNERS = {"WIFE": 0.3, "PART": 0.4, "GIF": 0.3}
UNRELATED_CHILDREN = {"NEP": 0.3, "NIE": 0.3, "GSON": 0.2, "GDAU": 0.2}
WRONG_CODES = {"OTHER": 0.6, "FRI": 0.1, "NONE": 0.1, "NEP": 0.1, "COU": 0.1}
RESTRICTIONS = {"CHILD": 0.6, "NONCON": 0.2, "BAN": 0.1, "CLOSED": 0.1}


def prison_contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    """Declared children, partners, other contacts; with the true person behind each."""
    clerk = world.clerk("prison/contacts", is_upper=True)
    parts = [
        _child_contacts(world, offenders),
        _partner_contacts(world, offenders),
        _other_contacts(world, offenders),
    ]
    contacts = pd.concat(parts, ignore_index=True)
    number = offenders.set_index("person")["prisoner_number"]
    count = len(contacts)
    identity = identifiers.unique_numbers(clerk.rng, 10**7, count) + 10**6
    contacts["contact_id"] = identity.astype(str).astype(object)
    stranger = "C" + contacts["contact_id"]
    known = contacts.pop("known_person").to_numpy()
    contacts["true_person_id"] = np.where(known >= 0, true_person_ids(known), stranger)
    contacts["prisoner_number"] = number.reindex(contacts["person"]).to_numpy()
    # Both names are compulsory in the contact list: one of them stands in for a missing other.
    contacts["last_name"] = contacts["last_name"].fillna(contacts["first_name"])
    contacts["first_name"] = contacts["first_name"].fillna("UNKNOWN")
    contacts["is_active"] = ~clerk.happens(world.settings.prison.contact_inactive, count)
    contacts["is_approved_visitor"] = clerk.happens(0.5, count)
    restricted = clerk.happens(world.settings.prison.child_restriction, count)
    restricted &= contacts["child"].to_numpy() >= 0
    contacts["restriction_code"] = either(restricted, choose(clerk.rng, RESTRICTIONS, count), None)
    columns = [
        "prisoner_number", "contact_id", "first_name", "middle_names", "last_name",
        "date_of_birth", "sex", "relationship_code", "is_active", "is_approved_visitor", "postcode",
        "restriction_code", "person", "child", "is_named", "true_person_id",
    ]  # fmt: skip
    listed: pd.DataFrame = contacts[columns]
    return listed


def _child_contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    clerk = world.clerk("prison/child contacts", is_upper=True)
    rates = world.settings.declared
    pairs = declared_pairs(world, clerk, offenders.loc[offenders["has_contacts"], "person"])
    written = write_declared(world, clerk, pairs)
    is_step = (pairs["relationship"] == "step_parent").to_numpy()
    is_step &= ~clerk.happens(rates.step_as_own, len(pairs))
    is_girl = world.people["sex"].to_numpy()[pairs["child"]] == "F"
    code = np.where(is_girl, np.where(is_step, "SDAU", "DAU"), np.where(is_step, "SSON", "SON"))
    wrong = clerk.happens(rates.relationship_wrong, len(pairs))
    return written.assign(
        relationship_code=np.where(wrong, choose(clerk.rng, WRONG_CODES, len(pairs)), code),
        person=pairs["person"],
        child=pairs["child"],
        known_person=pairs["child"],
    )


def _partner_contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    """The other parent of an offender's children, where the two are still in touch."""
    clerk = world.clerk("prison/partner contacts", is_upper=True)
    pairs = world.offending.children
    pairs = pairs[pairs["person"].isin(offenders["person"])].drop_duplicates("person")
    people = world.people
    is_woman = people["sex"].to_numpy()[pairs["person"]] == "F"
    partner = np.where(is_woman, people["father"].to_numpy()[pairs["child"]],
                       people["mother"].to_numpy()[pairs["child"]])  # fmt: skip
    named = clerk.happens(0.4, len(pairs))
    partner, person, is_woman = partner[named], pairs["person"].to_numpy()[named], is_woman[named]
    written = clerk.names(world.names_of(partner), adult_name_chances(world.settings.recording))
    birth = date_texts(clerk.births(world.births_of(partner)))
    birth[clerk.happens(0.4, len(birth))] = None
    home = world.geography.postcode_of(world.households.dwelling_of(partner))
    code = np.where(
        is_woman,
        choose(clerk.rng, HER_PARTNERS, len(partner)),
        choose(clerk.rng, HIS_PARTNERS, len(partner)),
    )
    return written.assign(
        date_of_birth=birth,
        sex=clerk.sexes(people["sex"].to_numpy()[partner]),
        postcode=clerk.postcodes(home),
        relationship_code=code, person=person, child=-1, known_person=partner, is_named=True,
    )  # fmt: skip


def _other_contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    """Parents, brothers, friends, nieces: people whom no other agency of ours knows."""
    clerk = world.clerk("prison/other contacts", is_upper=True)
    rates, rng = world.settings.prison, clerk.rng
    person = offenders["person"].to_numpy()
    owner = np.repeat(person, rng.poisson(rates.other_contacts, len(person)))
    young = person[happens(rng, rates.unrelated_children, len(person))]
    code = np.r_[choose(rng, OTHER_CONTACTS, len(owner)),
                 choose(rng, UNRELATED_CHILDREN, len(young))]  # fmt: skip
    is_child = np.arange(len(code)) >= len(owner)
    owner = np.r_[owner, young]
    is_woman = np.isin(code, WOMEN_CONTACTS) | ((code == "FRI") & happens(rng, 0.5, len(code)))
    people = strangers(world, clerk, owner, is_woman, is_child)
    written = clerk.names(people, adult_name_chances(world.settings.recording))
    birth = date_texts(people["birth"].to_numpy())
    birth[happens(rng, 0.5, len(birth))] = None
    return written.assign(
        date_of_birth=birth,
        sex=clerk.sexes(people["sex"].to_numpy()),
        postcode=texts(len(owner)),
        relationship_code=code, person=owner, child=-1, known_person=-1, is_named=True,
    )  # fmt: skip
