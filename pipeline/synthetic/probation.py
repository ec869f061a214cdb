"""What made-up probation holds: offenders, aliases, addresses, contacts, orders, assessed children.

In: a `World`. Out: `Holdings` of the source `probation`. Probation writes names as they are spoken,
relationships in free text, and no date of birth for a contact; a child it has assessed may have a
date of birth or only an age.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.record_key import derived_record_ids
from pipeline.synthetic import identifiers
from pipeline.synthetic.declarations import declared_pairs, write_declared
from pipeline.synthetic.draws import Array, choose, days, either, ends, happens, texts
from pipeline.synthetic.justice_records import (
    alias_rows,
    put_aliases_first,
    shown_addresses,
    strangers,
    with_second_records,
    write_dwellings,
)
from pipeline.synthetic.recording_errors import (
    Clerk,
    adult_name_chances,
    date_texts,
    misspell,
)
from pipeline.synthetic.world import Holdings, World, true_person_ids

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
REGISTRATIONS = {"RCCO": 0.30, "RCPR": 0.15, "RCHD": 0.20, "ADVP": 0.20, "ADVV": 0.05,
                 "REG30": 0.05, "IMAR": 0.05}  # fmt: skip
EXCLUDED = {"PR": 0.5, "RJ": 0.2, "B": 0.3}


def hold_probation_records(world: World) -> Holdings:
    """Everything that probation's extract has in it."""
    offenders = world.offending.offenders
    offenders = offenders[offenders["is_probationer"]].reset_index(drop=True)
    records = with_second_records(
        world.streams.stream("probation/records"), offenders, "crn",
        world.settings.probation.duplicates, identifiers.case_reference_numbers,
    )  # fmt: skip
    table, aliases = _offenders_and_aliases(world, records)
    contacts = _personal_contacts(world, offenders)
    assessed = _assessed_children(world, offenders)
    truth: pd.DataFrame = pd.concat([
        pd.DataFrame({"table": "offenders", "record_id": records["crn"],
                      "true_person_id": true_person_ids(records["person"].to_numpy())}),
        pd.DataFrame({"table": "personal_contacts", "record_id": contacts["contact_id"],
                      "true_person_id": contacts["true_person_id"],
                      "owner": contacts["crn"]}),
        _assessed_truth(assessed),
    ], ignore_index=True)  # fmt: skip
    named = pd.concat([frame.loc[(frame["child"] >= 0) & frame["is_named"], ["person", "child"]]
                       for frame in (contacts, assessed)])  # fmt: skip
    hidden = ["person", "child", "is_named", "true_person_id"]
    return Holdings(
        source="probation",
        tables={
            "offenders": table,
            "offender_aliases": aliases,
            "offender_addresses": _addresses(world, records),
            "personal_contacts": contacts.drop(columns=hidden),
            "supervision_periods": _supervision_periods(world, offenders),
            "circumstances": _circumstances(world, offenders),
            "registrations": _registrations(world, offenders),
            "assessed_children": assessed.drop(columns=["person", "child", "is_named"]),
        },
        truth=truth,
        pairs=named.rename(columns={"person": "parent"}).drop_duplicates(),
    )


def _offenders_and_aliases(
    world: World, records: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    clerk = world.clerk("probation/offenders")
    rates, rng = world.settings.probation, clerk.rng
    person, count = records["person"].to_numpy(), len(records)
    written = clerk.names(world.names_of(person), adult_name_chances(world.settings.recording))
    written["date_of_birth"] = date_texts(clerk.births(world.births_of(person)))
    aliases = alias_rows(world, clerk, person, rates)
    put_aliases_first(clerk, written, aliases, world.settings.recording)
    _fill_compulsory_names(written)
    _fill_compulsory_names(aliases)
    pnc = identifiers.short_pnc_numbers(records["pnc_number"].to_numpy())
    bad = np.flatnonzero(happens(rng, rates.pnc_wrong, count))
    pnc[bad] = identifiers.with_wrong_check(rng, pnc[bad])
    previous = clerk.book.render(world.people["previous_surname"].to_numpy()[person])
    had_prison = records["is_prisoner"].to_numpy()
    offenders = pd.DataFrame({
        "crn": records["crn"],
        "prisoner_number": _kept(clerk, records["prisoner_number"],
                                 rates.prisoner_number_present * had_prison),
        "pnc_number": _kept(clerk, pnc, 1 - rates.pnc_missing),
        "cro_number": _kept(clerk, records["cro_number"], 1 - rates.cro_missing),
        "ni_number": _kept(clerk, records["ni_number"], rates.ni_number_present),
        "first_name": written["first_name"],
        "middle_names": written["middle_names"],
        "last_name": written["last_name"],
        "previous_last_name": _kept(clerk, previous, 0.6),
        "date_of_birth": written["date_of_birth"],
        "sex": clerk.sexes(world.people["sex"].to_numpy()[person]),
        "ethnicity_code": clerk.ethnicities(world.people["culture"].to_numpy()[person]),
        "is_limited_access": happens(rng, rates.limited_access, count),
    })  # fmt: skip
    # A prisoner number is unique in probation's system: a second record does not repeat it.
    offenders.loc[records["is_second"].to_numpy(), "prisoner_number"] = None
    aliases.insert(0, "crn", records["crn"].to_numpy()[aliases.pop("row")])
    return offenders, aliases.drop(columns="name_type")


def _kept(clerk: Clerk, values: Array | pd.Series, chance: float | Array) -> Array:
    """The values that were written down, null for the others."""
    return either(clerk.happens(chance, len(values)), np.asarray(values, dtype=object), None)


def _fill_compulsory_names(written: pd.DataFrame) -> None:
    """Both names are compulsory in probation's system: one stands in for a missing other."""
    written["last_name"] = written["last_name"].fillna(written["first_name"])
    written["first_name"] = written["first_name"].fillna("Unknown")


def _addresses(world: World, records: pd.DataFrame) -> pd.DataFrame:
    """Main and previous addresses, and those that say nothing of a household."""
    clerk = world.clerk("probation/addresses")
    rates, rng = world.settings.probation, clerk.rng
    count = len(records)
    is_nfa = clerk.happens(rates.no_fixed_abode, count)
    shown = shown_addresses(world, clerk, records["person"].to_numpy(), ~is_nfa)
    crn = records["crn"].to_numpy()
    home = pd.DataFrame({
        "crn": crn[shown["row"]],
        "address": shown["address"], "postcode": shown["postcode"],
        "status_code": np.where(shown["is_first"], "M", "P"),
        "type_code": choose(rng, {"A01A": 0.5, "A01C": 0.25, "A07B": 0.25}, len(shown)),
        "is_no_fixed_abode": False,
        "start_date": shown["start_date"], "end_date": shown["end_date"],
    })  # fmt: skip
    rough = np.flatnonzero(is_nfa)
    none = pd.DataFrame({
        "crn": crn[rough],
        "postcode": either(clerk.happens(0.4, len(rough)), "NF1 1NF", None),
        "status_code": "M", "type_code": choose(rng, {"A05": 0.6, "A08A": 0.4}, len(rough)),
        "is_no_fixed_abode": True,
        "start_date": world.as_of - days(rng.integers(30, 900, len(rough))),
    })  # fmt: skip
    other = _excluded_addresses(world, clerk, records)
    return pd.concat([home, none, other], ignore_index=True)


def _excluded_addresses(world: World, clerk: Clerk, records: pd.DataFrame) -> pd.DataFrame:
    """Approved premises, shared by many, and addresses proposed or rejected."""
    rng = clerk.rng
    row = np.flatnonzero(clerk.happens(world.settings.probation.excluded_addresses, len(records)))
    authority = world.geography.authority_of(
        world.households.dwelling_of(records["person"].to_numpy()[row])
    )
    premises = world.geography.settle(
        rng, np.arange(len(world.geography.authorities), dtype=np.int32)
    )
    is_premises = clerk.happens(0.4, len(row))
    somewhere = world.geography.settle(rng, authority)
    shown = write_dwellings(world, clerk, pd.DataFrame({
        "row": row, "dwelling": np.where(is_premises, premises[authority], somewhere),
    }))  # fmt: skip
    return pd.DataFrame({
        "crn": records["crn"].to_numpy()[row],
        "address": shown["address"], "postcode": shown["postcode"],
        "status_code": np.where(is_premises, "P", choose(rng, EXCLUDED, len(row))),
        "type_code": np.where(is_premises, "A02", "A07A"),
        "is_no_fixed_abode": False,
        "start_date": world.as_of - days(rng.integers(30, 900, len(row))),
    })  # fmt: skip


def _personal_contacts(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
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


def _assessed_children(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
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


def _assessed_truth(assessed: pd.DataFrame) -> pd.DataFrame:
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


def _supervision_periods(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    crn = offenders.set_index("person")["crn"]
    orders = world.offending.orders
    periods = orders.assign(crn=crn.reindex(orders["person"]).to_numpy())
    return periods[["crn", "start_date", "end_date", "order_type"]]


def _circumstances(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    """Dependants and primary carers; and circumstances that have nothing to do with children."""
    rng = world.streams.stream("probation/circumstances")
    flagged = offenders[offenders["has_flag"]]
    is_carer = flagged["is_woman"].to_numpy() & happens(
        rng, world.settings.probation.primary_carer_flag, len(flagged)
    )
    other = offenders[happens(rng, 0.25, len(offenders))]
    crn = np.r_[flagged["crn"], other["crn"]]
    start = world.as_of - days(rng.integers(10, 1200, len(crn)))
    return pd.DataFrame({
        "crn": crn,
        "type": np.r_[np.full(len(flagged), "I"), np.full(len(other), "B")],
        "sub_type": np.r_[np.where(is_carer, "I02", "I01"), np.full(len(other), "B02")],
        "start_date": start,
        "end_date": ends(rng, start, world.as_of, 0.1),
    })  # fmt: skip


def _registrations(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    rng = world.streams.stream("probation/registrations")
    rows = offenders[happens(rng, world.settings.probation.registrations, len(offenders))]
    start = world.as_of - days(rng.integers(10, 1200, len(rows)))
    return pd.DataFrame({
        "crn": rows["crn"].to_numpy(),
        "code": choose(rng, REGISTRATIONS, len(rows)),
        "start_date": start,
        "end_date": ends(rng, start, world.as_of, 0.3),
    })  # fmt: skip
