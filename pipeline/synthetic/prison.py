"""What the made-up prisons hold: prisoners, aliases, addresses, contacts, stays, visits, alerts.

In: a `World`. Out: `Holdings` of the source `prison`. Prisons write in capitals without
diacritics. They know children from contact lists, visitors' bookings and a bare count, each of
which may be missing, wrong or at odds with the others.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.synthetic import identifiers
from pipeline.synthetic.declarations import declared_pairs, write_declared
from pipeline.synthetic.draws import Array, Generator, choose, days, either, happens, texts
from pipeline.synthetic.justice_records import (
    alias_rows,
    put_aliases_first,
    shown_addresses,
    strangers,
    with_second_records,
)
from pipeline.synthetic.prison_visits import make_visits
from pipeline.synthetic.recording_errors import adult_name_chances, date_texts
from pipeline.synthetic.world import Holdings, World, true_person_ids

NO_FIXED_ABODE_POSTCODES = np.array(["NF1 1NF", "NF1 1FA"], dtype=object)
LEGAL_STATUSES = {
    "SENTENCED": 0.62, "REMAND": 0.15, "RECALL": 0.12, "CONVICTED_UNSENTENCED": 0.05,
    "INDETERMINATE_SENTENCE": 0.05, "IMMIGRATION_DETAINEE": 0.01,
}  # fmt: skip
OTHER_CONTACTS = {
    "MOT": 0.28, "FA": 0.14, "BRO": 0.12, "SIS": 0.12, "FRI": 0.14, "GIF": 0.08, "PART": 0.06,
    "GMOT": 0.03, "UN": 0.03,
}  # fmt: skip
WOMEN_CONTACTS = ("MOT", "SIS", "GIF", "GMOT", "WIFE", "NIE", "GDAU")
HER_PARTNERS = {"HUS": 0.3, "PART": 0.4, "BOF": 0.3}
HIS_PARTNERS = {"WIFE": 0.3, "PART": 0.4, "GIF": 0.3}
USAGES = {"HOME": 0.5, "RECEP": 0.4, "CURFEW": 0.1}
UNRELATED_CHILDREN = {"NEP": 0.3, "NIE": 0.3, "GSON": 0.2, "GDAU": 0.2}
WRONG_CODES = {"OTHER": 0.6, "FRI": 0.1, "NONE": 0.1, "NEP": 0.1, "COU": 0.1}
RESTRICTIONS = {"CHILD": 0.6, "NONCON": 0.2, "BAN": 0.1, "CLOSED": 0.1}
ALERTS = {"C1": 0.25, "C2": 0.08, "C3": 0.07, "C4": 0.10, "RCC": 0.15, "RCS": 0.10, "RCP": 0.08,
          "SC": 0.05, "XCC": 0.08, "VI": 0.04}  # fmt: skip
NUMBER_WORDS = np.array(["none", "one", "two", "three", "four", "five", "six"], dtype=object)


def hold_prison_records(world: World) -> Holdings:
    """Everything that the prisons' extract has in it."""
    offenders = world.offending.offenders
    offenders = offenders[offenders["is_prisoner"]].reset_index(drop=True)
    rng = world.streams.stream("prison/records")
    records = with_second_records(
        rng, offenders, "prisoner_number", world.settings.prison.duplicates,
        identifiers.prisoner_numbers,
    )  # fmt: skip
    prisoners, aliases = _prisoners_and_aliases(world, records)
    contacts = _contacts(world, offenders)
    visits, visitors, unlisted = make_visits(world, offenders, contacts)
    children = contacts[contacts["child"] >= 0]
    truth: pd.DataFrame = pd.concat([
        pd.DataFrame({"table": "prisoners", "record_id": records["prisoner_number"],
                      "true_person_id": true_person_ids(records["person"].to_numpy())}),
        pd.DataFrame({"table": "prisoner_contacts", "record_id": contacts["contact_id"],
                      "true_person_id": contacts["true_person_id"],
                      "owner": contacts["prisoner_number"]}),
        unlisted,
    ], ignore_index=True)  # fmt: skip
    return Holdings(
        source="prison",
        tables={
            "prisoners": prisoners,
            "prisoner_aliases": aliases,
            "prisoner_addresses": _addresses(world, records),
            "prisoner_contacts": contacts.drop(
                columns=["child", "true_person_id", "is_named", "person"]
            ),
            "custody_periods": _custody_periods(world, offenders),
            "visits": visits,
            "visit_visitors": visitors,
            "prisoner_alerts": _alerts(world, offenders),
        },
        truth=truth,
        pairs=children.loc[children["is_named"], ["person", "child"]].rename(
            columns={"person": "parent"}
        ),
    )


def _prisoners_and_aliases(
    world: World, records: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    clerk = world.clerk("prison/prisoners", is_upper=True)
    rates = world.settings.prison
    person = records["person"].to_numpy()
    written = clerk.names(world.names_of(person), adult_name_chances(world.settings.recording))
    written["date_of_birth"] = date_texts(clerk.births(world.births_of(person)))
    aliases = alias_rows(world, clerk, person, rates)
    put_aliases_first(clerk, written, aliases, world.settings.recording)
    is_in = records["is_in_custody"].to_numpy() & ~records["is_second"].to_numpy()
    count = len(records)
    prisoners = pd.DataFrame({
        "prisoner_number": records["prisoner_number"],
        "pnc_number": _police_numbers(clerk.rng, records["pnc_number"], rates.pnc_missing,
                                      rates.pnc_wrong),
        "cro_number": _cro_numbers(world, clerk.rng, records["cro_number"]),
        **written,
        "sex": clerk.sexes(world.people["sex"].to_numpy()[person]),
        "ethnicity_code": clerk.ethnicities(world.people["culture"].to_numpy()[person]),
        "status": np.where(is_in, "ACTIVE IN", "INACTIVE OUT"),
        "prison_id": np.where(is_in, records["prison_id"], "OUT"),
        "legal_status": choose(clerk.rng, LEGAL_STATUSES, count),
        "reception_date": records["reception_date"],
        "release_date": records["release_date"],
        "number_of_children": _children_counts(world, clerk.rng, records),
    })  # fmt: skip
    owner = records["prisoner_number"].to_numpy()[aliases.pop("row")]
    aliases.insert(0, "prisoner_number", owner)
    return prisoners, aliases


def _police_numbers(rng: Generator, numbers: pd.Series, missing: float, wrong: float) -> Array:
    """PNC numbers, some absent, some with a wrong check letter."""
    written = numbers.to_numpy(dtype=object).copy()
    bad = np.flatnonzero(happens(rng, wrong, len(written)))
    written[bad] = identifiers.with_wrong_check(rng, written[bad])
    written[happens(rng, missing, len(written))] = None
    return written


def _cro_numbers(world: World, rng: Generator, numbers: pd.Series) -> Array:
    rates = world.settings.prison
    written = numbers.to_numpy(dtype=object).copy()
    written[happens(rng, rates.cro_missing, len(written))] = None
    written[happens(rng, rates.cro_dummy, len(written))] = "000000/00Z"
    return written


def _children_counts(world: World, rng: Generator, records: pd.DataFrame) -> Array:
    """The free-text number of children: a number, words, nothing, or not what the names say."""
    rates = world.settings.prison
    pairs = world.offending.children
    age = world.as_of - world.births_of(pairs["child"].to_numpy())
    minors = pairs[(age < days(18 * 365.25)) & (age > days(0))]
    is_step = minors["relationship"] == "step_parent"
    person = records["person"]
    own = minors[~is_step].groupby("person").size().reindex(person, fill_value=0).to_numpy()
    step = minors[is_step].groupby("person").size().reindex(person, fill_value=0).to_numpy()
    count = len(records)
    wrong = happens(rng, rates.count_disagrees, count)
    own = np.where(wrong, np.maximum(own + rng.choice([-1, 1], count), 0), own)
    number = own.astype(str).astype(object)
    in_words = np.where(step > 0, number + " + " + step.astype(str).astype(object) + " step",
                        NUMBER_WORDS[np.minimum(own, len(NUMBER_WORDS) - 1)])  # fmt: skip
    spoken = happens(rng, rates.count_free_text, count)
    plain = (own + np.where(happens(rng, 0.5, count), step, 0)).astype(str).astype(object)
    said = np.where(spoken, in_words, plain)
    asked = records["has_count"].to_numpy() | (
        ~records["is_parent"].to_numpy() & happens(rng, rates.count_of_non_parents, count)
    )
    unclear = asked & happens(rng, 0.02, count)
    said[unclear] = rng.choice(np.array(["?", "not disclosed", "YES", "2/3"], object),
                               int(unclear.sum()))  # fmt: skip
    return either(asked, said, None)


def _addresses(world: World, records: pd.DataFrame) -> pd.DataFrame:
    """Home addresses, no fixed abode, and addresses of reception and release."""
    clerk = world.clerk("prison/addresses", is_upper=True)
    rates = world.settings.prison
    has_any = ~clerk.happens(rates.no_address, len(records))
    is_nfa = clerk.happens(rates.no_fixed_abode, len(records)) & has_any
    shown = shown_addresses(world, clerk, records["person"].to_numpy(), has_any & ~is_nfa)
    number = records["prisoner_number"].to_numpy()
    home = pd.DataFrame({
        "prisoner_number": number[shown["row"]],
        "address": shown["address"].str.upper(),
        "postcode": shown["postcode"],
        "usage": np.where(shown["is_first"], "HOME", choose(clerk.rng, USAGES, len(shown))),
        "start_date": shown["start_date"],
        "end_date": shown["end_date"],
        "is_primary": shown["is_first"],
        "is_no_fixed_abode": False,
    })  # fmt: skip
    rough = np.flatnonzero(is_nfa)
    dummy = clerk.happens(rates.dummy_postcode, len(rough))
    words = NO_FIXED_ABODE_POSTCODES[clerk.rng.integers(0, 2, len(rough))]
    none = pd.DataFrame({
        "prisoner_number": number[rough],
        "address": either(clerk.happens(0.6, len(rough)), "NO FIXED ABODE", None),
        "postcode": either(dummy, words, None),
        "usage": "RECEP",
        "is_primary": True,
        "is_no_fixed_abode": True,
    })  # fmt: skip
    return pd.concat([home, none], ignore_index=True)


def _contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
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
    return contacts[[
        "prisoner_number", "contact_id", "first_name", "middle_names", "last_name",
        "date_of_birth", "sex", "relationship_code", "is_active", "is_approved_visitor", "postcode",
        "restriction_code", "person", "child", "is_named", "true_person_id",
    ]]  # fmt: skip


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


def _custody_periods(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    stays = world.offending.custody
    number = offenders.set_index("person")["prisoner_number"]
    periods = stays.assign(prisoner_number=number.reindex(stays["person"]).to_numpy())
    return periods[["prisoner_number", "start_date", "end_date", "prison_id"]]


def _alerts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    rng = world.streams.stream("prison/alerts")
    flagged = happens(rng, world.settings.prison.alerts, len(offenders))
    number = offenders["prisoner_number"].to_numpy()[flagged]
    return pd.DataFrame({
        "prisoner_number": number,
        "alert_code": choose(rng, ALERTS, len(number)),
        "is_active": happens(rng, 0.7, len(number)),
    })  # fmt: skip
