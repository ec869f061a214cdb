"""Visits to the made-up prisoners, and who came: listed contacts, and children with no contact row.

In: a `World`, the prisoners and their contacts. Out: visits, visitors, and the truth of visitors
without a contact record. The booking service asks every visitor for a name and date of birth, so
that a visit may tell the birth date of a child whose contact row has none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.contracts.record_key import derived_record_ids
from pipeline.synthetic import identifiers
from pipeline.synthetic.draws import choose, days, either, happens
from pipeline.synthetic.recording_errors import adult_name_chances, date_texts
from pipeline.synthetic.world import World, true_person_ids

MISSED = {"CANC": 0.5, "VISITOR": 0.3, "OFFEND": 0.2}
VISITOR_COLUMNS = ["visit_id", "contact_id", "first_name", "last_name", "date_of_birth", "outcome"]
CONTENT = ["prisoner_number", "first_name", "last_name", "date_of_birth"]
"""What makes a visitor without a contact record the same visitor on two visits."""


def make_visits(
    world: World, offenders: pd.DataFrame, contacts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Visits of the year.

    Returns:
        visits; visit_visitors; truth (table, record_id, true_person_id) of unlisted visitors.
    """
    visits = _visits(world, offenders)
    listed = _listed_visitors(world, visits, contacts)
    unlisted = _unlisted_visitors(world, visits, offenders, contacts)
    visitors = pd.concat([listed, unlisted], ignore_index=True)
    attended = visits.set_index("visit_id")["status"].eq("COMP")
    came = attended.reindex(visitors["visit_id"]).to_numpy(dtype=bool)
    rng = world.streams.stream("prison/visit outcomes")
    absent = happens(rng, 0.05, len(visitors))
    visitors["outcome"] = np.where(came, np.where(absent, "ABS", "ATT"), "CANC")
    visitors = visitors.sort_values(
        ["visit_id", "contact_id", "last_name", "first_name"], ignore_index=True
    )
    truth = _visitor_truth(visits, visitors[visitors["contact_id"].isna()])
    return visits.drop(columns="person"), visitors[VISITOR_COLUMNS], truth


def _visitor_truth(visits: pd.DataFrame, unlisted: pd.DataFrame) -> pd.DataFrame:
    """The true person of each distinct visitor of a prisoner, by the key of its content."""
    number = visits.set_index("visit_id")["prisoner_number"].reindex(unlisted["visit_id"])
    rows = unlisted.assign(prisoner_number=number.to_numpy())[[*CONTENT, "true_person_id"]]
    rows = rows[rows["last_name"].notna()].drop_duplicates(CONTENT)
    content = rows[CONTENT].astype(object).where(rows[CONTENT].notna(), None)
    keys = derived_record_ids(rows["prisoner_number"], content.itertuples(index=False, name=None))
    return pd.DataFrame({
        "table": "visit_visitors", "record_id": keys, "true_person_id": rows["true_person_id"],
        "owner": rows["prisoner_number"],
    })  # fmt: skip


def _visits(world: World, offenders: pd.DataFrame) -> pd.DataFrame:
    rng = world.streams.stream("prison/visits")
    rates = world.settings.prison
    year_ago = world.as_of - days(365)
    start = np.maximum(offenders["reception_date"].to_numpy().astype("datetime64[D]"), year_ago)
    release = offenders["release_date"].to_numpy().astype("datetime64[D]")
    end = np.where(np.isnat(release), world.as_of, release).astype("datetime64[D]")
    inside = (end - start).astype(int)
    visited = happens(rng, rates.visited, len(offenders)) & (inside > 14)
    count = np.where(visited, 1 + rng.poisson(max(rates.visits - 1, 0), len(offenders)), 0)
    row = np.repeat(np.arange(len(offenders)), count)
    when = start[row] + days(rng.random(len(row)) * inside[row])
    happened = happens(rng, rates.visit_attended, len(row))
    official = happens(rng, 0.05, len(row))
    return pd.DataFrame({
        "visit_id": (10**7 + identifiers.unique_numbers(rng, 9 * 10**7, len(row)))
        .astype(str).astype(object),
        "prisoner_number": offenders["prisoner_number"].to_numpy()[row],
        "visit_date": when,
        "visit_type": np.where(official, "OFFI", "SCON"),
        "status": np.where(happened, "COMP", choose(rng, MISSED, len(row))),
        "person": offenders["person"].to_numpy()[row],
    })  # fmt: skip


def _listed_visitors(world: World, visits: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Contacts who came; those booked online are entered with name and date of birth."""
    clerk = world.clerk("prison/listed visitors", is_upper=True)
    is_child = contacts["child"] >= 0
    chance = np.where(is_child, world.settings.prison.visitor_child, 0.35)
    who = contacts.assign(chance=chance)
    booked = visits.loc[visits["visit_type"] == "SCON", ["visit_id", "person"]]
    pairs = booked.merge(who, on="person", how="inner")
    pairs = pairs[clerk.happens(pairs["chance"].to_numpy(), len(pairs))].reset_index(drop=True)
    online = clerk.happens(0.5, len(pairs))
    child = pairs["child"].to_numpy()
    birth = date_texts(world.births_of(np.maximum(child, 0)))
    birth = np.where(child >= 0, birth, pairs["date_of_birth"])
    return pd.DataFrame({
        "visit_id": pairs["visit_id"],
        "contact_id": pairs["contact_id"],
        "first_name": either(online, pairs["first_name"], None),
        "last_name": either(online, pairs["last_name"], None),
        "date_of_birth": either(online, birth, None),
    })  # fmt: skip


def _unlisted_visitors(
    world: World, visits: pd.DataFrame, offenders: pd.DataFrame, contacts: pd.DataFrame
) -> pd.DataFrame:
    """Children of the prisoner who came without ever being entered as a contact."""
    clerk = world.clerk("prison/unlisted visitors", is_upper=True)
    pairs = world.offending.children[["person", "child"]]
    born = world.births_of(pairs["child"].to_numpy()) < world.as_of - days(400)
    pairs = pairs[born & pairs["person"].isin(offenders["person"]).to_numpy()]
    listed = pd.MultiIndex.from_frame(contacts[["person", "child"]])
    pairs = pairs[~pd.MultiIndex.from_frame(pairs).isin(listed)]
    pairs = pairs[clerk.happens(world.settings.prison.visitor_unlisted, len(pairs))]
    booked = visits.loc[visits["visit_type"] == "SCON", ["visit_id", "person"]]
    came = booked.merge(pairs, on="person", how="inner")
    came = came[clerk.happens(world.settings.prison.visitor_child, len(came))]
    child = came["child"].to_numpy()
    written = clerk.names(world.names_of(child), adult_name_chances(world.settings.recording))
    return pd.DataFrame({
        "visit_id": came["visit_id"].to_numpy(),
        "contact_id": None,
        "first_name": written["first_name"],
        "last_name": written["last_name"],
        "date_of_birth": date_texts(clerk.births(world.births_of(child))),
        "true_person_id": true_person_ids(child),
    })  # fmt: skip
