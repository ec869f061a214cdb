"""What made-up children's services hold: each authority's children, adults, ties, homes, episodes.

In: a `World`. Out: one `Holdings` per authority, in one vocabulary of relationships (`suppliers.py`
turns it into each supplier's own). An authority knows the children who live there now, and some who
have left; it never sees another authority's records. An adopted child has two records that nothing
joins: the one before is marked adopted and closed so, the one after stands with the new parents.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.synthetic import identifiers
from pipeline.synthetic.children_records import child_records, children_table
from pipeline.synthetic.draws import Array, choose, days, either, ends, happens, texts, within
from pipeline.synthetic.justice_records import write_dwellings
from pipeline.synthetic.places import DWELLINGS
from pipeline.synthetic.related_adults import adult_records, related_adults_table, ties
from pipeline.synthetic.world import Holdings, World, true_person_ids

NEEDS = {"N1": 0.56, "N2": 0.08, "N3": 0.04, "N4": 0.09, "N5": 0.14, "N6": 0.02, "N7": 0.01,
         "N8": 0.04, "N0": 0.02}  # fmt: skip
FACTORS = ("1B", "2B", "3B", "3A", "4B", "4A", "16A", "17A", "18C", "21", "20")
CLOSURES = {"RC6": 0.05, "RC7": 0.45, "RC8": 0.25, "RC9": 0.15, "RC3": 0.04, "RC4": 0.06}


LISTED_AS_PARENT = ("mother", "father", "parent", "step_mother", "step_father")
"""A parent whom the authority records as something else is not listed as one."""


def hold_services_records(world: World) -> list[Holdings]:
    """Everything that each authority's extract has in it, authorities in order of code."""
    records = child_records(world)
    adults = adult_records(world, records)
    records, adults = _number_records(world, records, adults)
    relationships = ties(world, records, adults)
    tables = {
        "children": children_table(world, records),
        "related_adults": related_adults_table(world, adults),
        "relationships": relationships,
        "addresses": _addresses(world, records, adults),
        "episodes": _episodes(world, records),
    }
    truth: pd.DataFrame = pd.concat([
        pd.DataFrame({"authority": rows["authority"], "table": name,
                      "record_id": rows["person_id"],
                      "true_person_id": true_person_ids(rows["person"].to_numpy()), "owner": None})
        for name, rows in (("children", records), ("related_adults", adults))
    ], ignore_index=True)  # fmt: skip
    is_listed = relationships["relationship"].isin(LISTED_AS_PARENT)
    pairs = relationships.loc[is_listed, ["authority", "parent", "child"]]
    codes = world.geography.authorities["dfe_code"]
    by_authority = {name: _split(table, len(codes)) for name, table in tables.items()}
    truths, all_pairs = _split(truth, len(codes)), _split(pairs, len(codes))
    return [
        Holdings(
            source=f"childrens_services/{code}",
            tables={name: parts[place] for name, parts in by_authority.items()},
            truth=truths[place],
            pairs=all_pairs[place],
        )
        for place, code in enumerate(codes)
    ]


def _split(table: pd.DataFrame, count: int) -> list[pd.DataFrame]:
    """The rows of each authority, without the column that says so."""
    table = table.sort_values("authority", kind="stable")
    cuts = np.searchsorted(table["authority"].to_numpy(), np.arange(count + 1)).tolist()
    table = table.drop(columns="authority").reset_index(drop=True)
    return [table.iloc[low:high].reset_index(drop=True) for low, high in pairwise(cuts)]


def _number_records(
    world: World, records: pd.DataFrame, adults: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ids in no order that tells anything; children and adults number from one sequence."""
    rng = world.streams.stream("services/ids")
    count = len(records) + len(adults)
    numbers = 10**6 + identifiers.unique_numbers(rng, 9 * 10**7, count)
    text = numbers.astype(str).astype(object)
    return (
        records.assign(person_id=text[: len(records)]),
        adults.assign(person_id=text[len(records) :]),
    )


def _addresses(world: World, records: pd.DataFrame, adults: pd.DataFrame) -> pd.DataFrame:
    """Homes now and before, placements of looked-after children, and adults' homes."""
    clerk = world.clerk("services/addresses")
    rates = world.settings.childrens_services
    rng = clerk.rng
    known = adults[clerk.happens(rates.adult_address_present, len(adults))]
    who = pd.concat([records.assign(is_child=True), known.assign(is_child=False)])
    person = who["person"].to_numpy()
    stay = np.where(who["is_old_authority"].eq(True), 1, 0)
    now = world.households.dwellings[world.households.of_person[person], stay]
    moved = world.households.moved_in[world.households.of_person[person], stay]
    before = world.households.dwelling_of(person, 1)
    wrong = clerk.happens(rates.postcode_wrong, len(who))
    stale = clerk.happens(world.settings.recording.address_stale / 2, len(who)) & (before >= 0)
    shown = np.where(stale, before, np.where(wrong, _next_door(world, now), now))
    current = pd.DataFrame({
        "authority": who["authority"], "person_id": who["person_id"], "dwelling": shown,
        "address_type": "Home", "start_date": moved,
        "end_date": np.full(len(who), np.datetime64("NaT", "s")), "is_confidential": False,
    })  # fmt: skip
    keeps = clerk.happens(0.3, len(who)) & (before >= 0) & (stay == 0) & ~stale
    earlier = current.assign(dwelling=before, start_date=moved - days(700), end_date=moved)[keeps]
    placed = (who["status"] == "CLA").to_numpy()
    carer = world.geography.settle(rng, who["authority"].to_numpy()[placed].astype(int))
    placement = current[placed].assign(
        dwelling=carer, address_type="Placement",
        start_date=world.as_of - days(rng.integers(10, 900, int(placed.sum()))),
    )  # fmt: skip
    parts = (current, earlier, placement)
    table = pd.concat(parts, ignore_index=True)
    # Confidentiality is a household's: mother and children share it.
    hidden = happens(rng, rates.confidential, len(world.households.of_person))
    household = world.households.of_person[person]
    secret = pd.Series(hidden[household], index=who["person_id"].to_numpy())
    table["is_confidential"] = secret.reindex(table["person_id"]).to_numpy()
    refuge = table["is_confidential"] & happens(rng, 0.3, len(table))
    table.loc[refuge & (table["address_type"] == "Home"), "address_type"] = "Refuge"
    table = write_dwellings(world, clerk, table)
    return table[[
        "authority", "person_id", "address", "postcode", "address_type", "start_date", "end_date",
        "is_confidential",
    ]]  # fmt: skip


def _next_door(world: World, dwelling: Array) -> Array:
    """A dwelling in the postcode that follows: what a slip of the finger gives."""
    last = len(world.geography.postcodes) * DWELLINGS - 1
    return np.asarray(np.minimum(dwelling + DWELLINGS, last))


def _episodes(world: World, records: pd.DataFrame) -> pd.DataFrame:
    """Spells of help: one for each child, and an earlier, lighter one for some."""
    rng = world.streams.stream("services/episodes")
    rates = world.settings.childrens_services
    again = happens(rng, 0.35, len(records))
    row = np.repeat(np.arange(len(records)), 1 + again)
    is_last = within(row) == again[row]
    birth = world.births_of(records["person"].to_numpy())[row]
    length = days(rng.integers(20, 700, len(row)) + 900 * ~is_last)
    start = np.maximum(world.as_of - length, np.minimum(birth, world.as_of - days(5)))
    status = records["status"].to_numpy()[row]
    lighter = choose(rng, {"EH": 0.6, "CIN": 0.4}, len(row))
    left = records["is_old_authority"].to_numpy()[row] & is_last
    adopted = records["is_before_adoption"].to_numpy()[row] & is_last
    closed = np.where(is_last, rates.closed, 1.0)
    closed = np.where(left | adopted, 1.0, closed)
    end = ends(rng, start, world.as_of, closed)
    reason = either(np.isnat(end), None, choose(rng, CLOSURES, len(row)))
    reason = np.where(left, "RC5", np.where(adopted, "RC1", reason))
    assessed = np.isin(status, ("CIN", "CP", "CLA")) & happens(rng, 0.8, len(row))
    return pd.DataFrame({
        "authority": records["authority"].to_numpy()[row],
        "person_id": records["person_id"].to_numpy()[row],
        "status": np.where(is_last, status, lighter),
        "start_date": start,
        "end_date": end,
        "primary_need_code": choose(rng, NEEDS, len(row)),
        "assessment_factors": either(assessed, _factors(rng, len(row)), None),
        "closure_reason": reason,
    })  # fmt: skip


def _factors(rng: np.random.Generator, count: int) -> Array:
    """One to three assessment factors, separated by commas."""
    names = np.array(FACTORS, dtype=object)
    first, second, third = (names[rng.integers(0, len(names), count)] for _ in range(3))
    more = rng.random(count)
    written = texts(count, "") + first
    written = np.where(more < 0.6, written + "," + second, written)
    return np.asarray(np.where(more < 0.3, written + "," + third, written))
