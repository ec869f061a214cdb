"""Every identified child, pseudonymised, whether or not children's services know the child.

In: the context. Out: the dataset `children`: children linked in band `match` or `potential`, and
children whom an offender names; none of 18 or over, none who has died.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from pipeline.contracts.outputs import CHILDREN
from pipeline.publish.ages import age_years, bands, least_age_years
from pipeline.publish.cases import FLAGS
from pipeline.publish.context import READABLE_BANDS, Context, as_flag, lookup
from pipeline.publish.frames import to_table

PARENT_COUNTS = ("match_parents", "potential_parents", "declaring_parents")


def children(context: Context) -> pa.Table:
    """One row per identified child."""
    parents = parents_of_children(context)
    counts = parent_counts(parents)
    ids = counts.index.to_series()
    ids = ids[is_living_child(context, ids)].reset_index(drop=True)
    rows = pd.concat(
        [lookup(ids, counts), known_columns(context, ids), parent_status(context, ids, parents)],
        axis=1,
    )
    return to_table(rows.assign(child_key=context.pseudonyms(ids)), CHILDREN, context.run_id)


def parents_of_children(context: Context) -> pd.DataFrame:
    """Who counts as a child's parent here, and why: child_id, parent_id, basis.

    `basis` is `match`, `potential` or `declaring`.
    """
    links = context.links[context.links["match_band"].isin(READABLE_BANDS)]
    links = links.rename(columns={"match_band": "basis"})[["child_id", "parent_id", "basis"]]
    named = context.declared.rename(columns={"offender_id": "parent_id"})
    named = named[["child_id", "parent_id"]].assign(basis="declaring")
    return pd.concat([links, named], ignore_index=True).drop_duplicates(ignore_index=True)


def parent_counts(parents: pd.DataFrame) -> pd.DataFrame:
    """Parents of each child by basis, and the best band of its links; index child_id."""
    counts = pd.DataFrame({
        f"{basis}_parents": parents[parents["basis"] == basis].groupby("child_id").size()
        for basis in (*READABLE_BANDS, "declaring")
    }).fillna(0).astype("int32")  # fmt: skip
    band = pd.Series(None, index=counts.index, dtype=object)
    for name in reversed(READABLE_BANDS):
        band = band.mask(counts[f"{name}_parents"] > 0, name)
    return counts.assign(match_band=band)


def is_living_child(context: Context, ids: pd.Series) -> pd.Series:
    """Whether each may still be under the age limit and is not recorded as dead."""
    person = lookup(ids, context.children)
    years = pd.Series(least_age_years(person["date_of_birth"], context.as_of), index=ids.index)
    is_grown = years.ge(context.settings.child_age_limit_years)
    died = pd.to_datetime(person["death_date"], format="ISO8601", errors="coerce")
    return ~is_grown & ~died.le(pd.Timestamp(context.as_of))


def known_columns(context: Context, ids: pd.Series) -> pd.DataFrame:
    """What children's services know of each child, and age and sex."""
    person = lookup(ids, context.children)
    case = lookup(ids, context.main_authority)
    stated = pd.to_numeric(person["age_years"]).to_numpy(float)
    years = pd.Series(age_years(person["date_of_birth"], context.as_of)).fillna(pd.Series(stated))
    known = {
        "authority_code": case["authority_code"],
        "region": context.region_of(case["authority_code"]),
        "authority_count": case["authority_count"].fillna(0).astype("int32"),
        "age_band": bands(years, context.settings.child_age_starts_years),
        "sex": person["sex"],
        "is_in_childrens_services": case["authority_code"].notna(),
        "case_status": case["case_status"].fillna("not known"),
    }
    return pd.DataFrame(
        {**known, **{flag: case[flag].map({1.0: True, 0.0: False}) for flag in FLAGS}}
    )


def parent_status(context: Context, ids: pd.Series, parents: pd.DataFrame) -> pd.DataFrame:
    """Whether any parent of each child is in custody, or supervised, now."""
    now = lookup(parents["parent_id"], context.justice)
    held = pd.DataFrame({
        "child_id": parents["child_id"],
        "has_parent_in_custody": as_flag(now["is_in_custody"]),
        "has_parent_on_supervision": as_flag(now["is_on_supervision"]),
    })  # fmt: skip
    return lookup(ids, held.groupby("child_id").any())
