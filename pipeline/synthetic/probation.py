"""What made-up probation holds: offenders, aliases, addresses, contacts, orders, assessed children.

In: a `World`. Out: `Holdings` of the source `probation`. Probation writes names as they are spoken,
relationships in free text, and no date of birth for a contact; a child it has assessed may have a
date of birth or only an age.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.synthetic import identifiers
from pipeline.synthetic.draws import Array, choose, days, either, ends, happens
from pipeline.synthetic.justice_records import (
    alias_rows,
    put_aliases_first,
    shown_addresses,
    with_second_records,
    write_dwellings,
)
from pipeline.synthetic.probation_children import (
    assessed_children,
    assessed_truth,
    personal_contacts,
)
from pipeline.synthetic.recording_errors import (
    Clerk,
    adult_name_chances,
    date_texts,
)
from pipeline.synthetic.world import Holdings, World, true_person_ids

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
    contacts = personal_contacts(world, offenders)
    assessed = assessed_children(world, offenders)
    truth: pd.DataFrame = pd.concat([
        pd.DataFrame({"table": "offenders", "record_id": records["crn"],
                      "true_person_id": true_person_ids(records["person"].to_numpy())}),
        pd.DataFrame({"table": "personal_contacts", "record_id": contacts["contact_id"],
                      "true_person_id": contacts["true_person_id"],
                      "owner": contacts["crn"]}),
        assessed_truth(assessed),
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
