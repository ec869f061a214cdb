"""What the made-up prisons hold: prisoners, aliases, addresses, contacts, stays, visits, alerts.

In: a `World`. Out: `Holdings` of the source `prison`. Prisons write in capitals without
diacritics. They know children from contact lists, visitors' bookings and a bare count, each of
which may be missing, wrong or at odds with the others.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.synthetic import identifiers
from pipeline.synthetic.draws import Array, Generator, choose, days, either, happens
from pipeline.synthetic.justice_records import (
    alias_rows,
    put_aliases_first,
    shown_addresses,
    with_second_records,
)
from pipeline.synthetic.prison_contacts import prison_contacts
from pipeline.synthetic.prison_visits import make_visits
from pipeline.synthetic.recording_errors import adult_name_chances, date_texts
from pipeline.synthetic.world import Holdings, World, true_person_ids

NO_FIXED_ABODE_POSTCODES = np.array(["NF1 1NF", "NF1 1FA"], dtype=object)
LEGAL_STATUSES = {
    "SENTENCED": 0.62, "REMAND": 0.15, "RECALL": 0.12, "CONVICTED_UNSENTENCED": 0.05,
    "INDETERMINATE_SENTENCE": 0.05, "IMMIGRATION_DETAINEE": 0.01,
}  # fmt: skip
USAGES = {"HOME": 0.5, "RECEP": 0.4, "CURFEW": 0.1}
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
    contacts = prison_contacts(world, offenders)
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
