"""Family links for analysts: pseudonymised, with ages, places, custody and visits in bands.

In: the context. Out: the dataset `linked_families`, one row per family link of any band; no name,
no date of birth, no postcode, no person id.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.outputs import LINKED_FAMILIES
from pipeline.publish.ages import age_years, bands
from pipeline.publish.cases import ethnic_group
from pipeline.publish.context import Context, lookup
from pipeline.publish.frames import to_table
from pipeline.publish.places import COORDINATES, homes, straight_miles, whole
from pipeline.publish.records import records

LINK_FACTS = (
    "match_probability",
    "match_band",
    "relationship",
    "relationship_probability",
    "relationship_basis",
)
CHILD_HOMES = ("home", "placement")


def linked_families(context: Context) -> pa.Table:
    """Every family link, pseudonymised."""
    links = context.links.reset_index(drop=True)
    columns = [
        links[[*LINK_FACTS]],
        person_columns(context, links),
        authority_columns(context, links),
        custody_columns(context, links),
        distance_columns(context, links),
        visit_columns(context, links),
    ]
    rows = pd.concat(columns, axis=1).assign(
        parent_key=context.pseudonyms(links["parent_id"]),
        child_key=context.pseudonyms(links["child_id"]),
    )
    return to_table(rows, LINKED_FAMILIES, context.run_id)


def person_columns(context: Context, links: pd.DataFrame) -> pd.DataFrame:
    """Sex, age band and ethnic group of both."""
    settings, columns = context.settings, {}
    sides = (
        ("parent", context.offenders, settings.parent_age_starts_years),
        ("child", context.children, settings.child_age_starts_years),
    )
    for side, people, starts in sides:
        person = lookup(links[f"{side}_id"], people)
        columns[f"{side}_sex"] = person["sex"]
        years = age_years(person["date_of_birth"], context.as_of)
        columns[f"{side}_age_band"] = bands(years, starts)
        columns[f"{side}_ethnic_group"] = ethnic_group(person["ethnicity_code"])
    return pd.DataFrame(columns)


def authority_columns(context: Context, links: pd.DataFrame) -> pd.DataFrame:
    """The authority most involved with the child, and its region."""
    codes = lookup(links["child_id"], context.main_authority)["authority_code"]
    return pd.DataFrame({"authority_code": codes, "region": context.region_of(codes)})


def custody_columns(context: Context, links: pd.DataFrame) -> pd.DataFrame:
    """The parent's custody now."""
    now = lookup(links["parent_id"], context.justice)
    return pd.DataFrame({
        "custody_status": now["custody_status"],
        "custody_days": now["custody_days"].astype("Int32"),
        "prison_region": now["prison_id"].map(context.reference.prisons["region"]),
    })  # fmt: skip


def distance_columns(context: Context, links: pd.DataFrame) -> pd.DataFrame:
    """Miles from the parent's and the child's home to the prison that holds the parent.

    A child whose postcode is unknown or confidential is taken at the authority's centre, and the
    basis says so.
    """
    held_in = lookup(links["parent_id"], context.justice)["prison_id"]
    prison = lookup(held_in, context.reference.prisons[COORDINATES])
    offenders = records(context.tables, ("offender",))
    parents = offenders[offenders["person_id"].isin(links["parent_id"])]
    children = context.child_records[context.child_records["person_id"].isin(links["child_id"])]
    parent_home = homes(context.tables, parents, ("home",), context.as_of)
    child_home = homes(context.tables, children, CHILD_HOMES, context.as_of)
    child = lookup(links["child_id"], child_home)
    code = lookup(links["child_id"], context.main_authority)["authority_code"]
    centre = lookup(code, context.reference.authorities[COORDINATES])
    is_located = child["latitude"].notna()
    miles = straight_miles(child.where(is_located, centre), prison)
    basis = pd.Series(np.where(is_located, "postcode", "authority"), dtype=object)
    return pd.DataFrame({
        "parent_home_miles": whole(
            straight_miles(lookup(links["parent_id"], parent_home), prison)
        ),
        "child_miles": whole(miles),
        "distance_band": bands(np.round(miles), context.settings.distance_starts_miles),
        "distance_basis": basis.mask(np.isnan(miles)),
    })  # fmt: skip


def visit_columns(context: Context, links: pd.DataFrame) -> pd.DataFrame:
    """Attended family visits and lost contact; null without a visits extract."""
    by_parent = lookup(links["parent_id"], context.visits.by_parent)
    pairs = pd.MultiIndex.from_frame(links[["parent_id", "child_id"]])
    by_child = context.visits.by_child["child_visits_365_days"].reindex(pairs).to_numpy()
    counts = pd.DataFrame({
        "visits_90_days": by_parent["visits_90_days"],
        "visits_365_days": by_parent["visits_365_days"],
        "child_visits_365_days": by_child,
    }).astype(float)  # fmt: skip
    if not context.tables.count_rows("prison/visits"):
        return counts.astype("Int32").assign(is_contact_lost=None)
    lost = is_contact_lost(context, links)
    return counts.fillna(0).astype("Int32").assign(is_contact_lost=lost)


def is_contact_lost(context: Context, links: pd.DataFrame) -> pd.Series:
    """Whether the parent has been held long enough and no family visit was attended of late.

    Null for a parent not in custody long enough: contact cannot have been lost through custody.
    """
    settings, today = context.settings, pd.Timestamp(context.as_of)
    held = lookup(links["parent_id"], context.justice)["custody_days"]
    last = pd.to_datetime(lookup(links["parent_id"], context.visits.by_parent)["last_visit"])
    is_recent = (today - last).dt.days < settings.contact_lost_window_days
    is_held_long = held >= settings.contact_lost_custody_days
    return (~is_recent).astype(object).where(is_held_long)
