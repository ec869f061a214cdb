"""Counts and shares that tell whether a run is as it should be: the dataset `quality`.

In: the context; where ingest left them, `input_profile` and `quarantine`. Out: one value a row.
Counts and shares only: no id, no name, no value of a person's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.outputs import QUALITY
from pipeline.publish.ages import age_years, bands
from pipeline.publish.authority_lists import limited_access_offenders
from pipeline.publish.cases import ethnic_group
from pipeline.publish.context import READABLE_BANDS, Context, lookup
from pipeline.publish.frames import frame, stacked, to_table
from pipeline.publish.run_tables import RunTables

PEOPLE = ("offender", "declared_child", "child", "related_adult")
FIELDS = ("given_name", "surname", "date_of_birth", "sex")
IDENTIFIERS = (
    "prisoner_number", "crn", "pnc_number", "cro_number", "ni_number", "nhs_number", "upn"
)  # fmt: skip
AGENCIES = ("prison", "probation", "childrens_services")
NOT_RECORDED = "not recorded"


def quality(context: Context, gaps: pd.DataFrame | None = None) -> pa.Table:
    """Every quality figure of the run.

    Args:
        context: the run.
        gaps: what `missingness` says of its tables, where it is at hand.
    """
    parts = (
        sources_left_out(context),
        reported_counts(context),
        pairs_by_rule(context),
        checks(context, "people", "people_checks"),
        checks(context, "families", "family_checks"),
        links_by_band(context),
        missingness(context.tables) if gaps is None else gaps,
        declared_match_rates(context),
        child_match_rates(context),
        offender_match_rates(context),
        withheld_rows(context),
    )
    return to_table(stacked(*parts), QUALITY, context.run_id)


def figures(section: str, measure: str, values: pd.Series) -> pd.DataFrame:
    """Values by group as rows; a null group is `not recorded`."""
    groups = pd.Series(values.index.astype(object)).fillna(NOT_RECORDED).astype(str)
    return pd.DataFrame({
        "section": section, "measure": measure, "group": groups.to_numpy(),
        "value": values.to_numpy(float),
    })  # fmt: skip


def empty_figures() -> pd.DataFrame:
    """No figures."""
    return figures("", "", pd.Series(dtype=float))


def sources_left_out(context: Context) -> pd.DataFrame:
    """One for each source that the run did without."""
    remarks = frame(context.tables, "input_remarks", ("source", "kind"))
    names = remarks.loc[remarks["kind"] == "source_left_out", "source"]
    return figures("sources", "left_out", pd.Series(1.0, index=pd.Index(names, dtype=object)))


def reported_counts(context: Context) -> pd.DataFrame:
    """Rows of every extract, how well its columns are filled, and what was set aside and why."""
    rows = {
        name: float(context.tables.count_rows(name))
        for name in sorted(context.tables)
        if name.split("/")[0] in AGENCIES
    }
    parts = [figures("input_profile", "rows", pd.Series(rows, dtype=float))]
    columns = ("source", "table", "column", "filled_share", "invalid_share")
    profile = frame(context.tables, "input_profile", columns)
    column = profile["source"] + "/" + profile["table"] + "." + profile["column"]
    for measure in ("filled_share", "invalid_share"):
        shares = profile[measure].set_axis(column, axis=0)
        parts.append(figures("input_profile", measure, shares))
    bad = frame(context.tables, "quarantine", ("source", "table", "reason", "consequence"))
    place = bad["source"] + "/" + bad["table"] + ": " + bad["reason"]
    for consequence, group in place.groupby(bad["consequence"]):
        counts = group.value_counts(sort=False).sort_index()
        parts.append(figures("quarantine", f"problems_{consequence}", counts))
    return stacked(*parts)


def pairs_by_rule(context: Context) -> pd.DataFrame:
    """Pairs of records kept by each blocking rule; a pair of two rules counts for both."""
    if "person_links" not in context.tables:
        return empty_figures()
    links = context.tables.columns("person_links", ("kind", "blocking_rules"))
    parent = pc.list_parent_indices(links["blocking_rules"])
    pairs = pd.DataFrame({
        "kind": links["kind"].take(parent).to_pandas(),
        "rule": pc.list_flatten(links["blocking_rules"]).to_pandas(),
    })  # fmt: skip
    counts = (pairs["kind"] + ": " + pairs["rule"]).value_counts(sort=False).sort_index()
    return figures("pairs", "pairs_kept", counts)


def checks(context: Context, section: str, table: str) -> pd.DataFrame:
    """What a stage measured of its own estimates, as it measured it."""
    measured = frame(context.tables, table, ("measure", "group", "value"))
    parts = [
        figures(section, str(measure), rows.set_index("group")["value"])
        for measure, rows in measured.groupby("measure")
    ]
    return stacked(*parts) if parts else empty_figures()


def links_by_band(context: Context) -> pd.DataFrame:
    """Family links by band, and by band and relationship basis."""
    links = context.links
    by_basis = links["match_band"] + ": " + links["relationship_basis"]
    return pd.concat(
        [
            figures("bands", "links", links["match_band"].value_counts().sort_index()),
            figures("bands", "links_by_basis", by_basis.value_counts().sort_index()),
        ],
        ignore_index=True,
    )


def missingness(tables: RunTables) -> pd.DataFrame:
    """Share of each field not recorded, and of mentions that nothing can link, by source and role.

    Nothing can link a mention without a surname, or one with neither date of birth, stated age,
    postcode nor any official number.
    """
    names = ("source", "role", *FIELDS, *IDENTIFIERS, "age_years", "postcodes")
    mentions = tables.columns("mentions", names)
    mentions = mentions.filter(pc.is_in(mentions["role"], pa.array(PEOPLE)))
    agency = pc.list_element(pc.split_pattern(mentions["source"], "/"), 0)
    group = pc.binary_join_element_wise(agency, mentions["role"], ": ").to_pandas()
    empty = {name: is_null(mentions, name) for name in (*FIELDS, *IDENTIFIERS, "age_years")}
    empty["postcode"] = np.asarray(pc.equal(pc.list_value_length(mentions["postcodes"]), 0))
    supports = ("date_of_birth", "age_years", "postcode", *IDENTIFIERS)
    has_no_support = np.logical_and.reduce([empty[name] for name in supports])
    shown = {name: empty[name] for name in (*FIELDS, "postcode")}
    shares = pd.DataFrame({**shown, "cannot_link": empty["surname"] | has_no_support})
    means = shares.groupby(group.astype("category"), observed=True).mean()
    parts = [figures("missingness", name, means[name]) for name in shown]
    return pd.concat([figures("unlinkable", "share", means["cannot_link"]), *parts])


def is_null(table: pa.Table, column: str) -> np.ndarray:
    """Whether each row has no value."""
    return np.asarray(pc.is_null(table[column]))


def declared_match_rates(context: Context) -> pd.DataFrame:
    """Share of declared children found in a children's services extract, by sex and age band."""
    declared = context.declared.drop_duplicates("declared_person_id")
    ids = declared["declared_person_id"].reset_index(drop=True)
    is_found = ids != context.resolved[ids]
    return rates("declared_children_found", is_found, child_groups(context, ids))


def child_match_rates(context: Context) -> pd.DataFrame:
    """Share of children in extracts with a link in each readable band, by group."""
    ids = pd.Series(np.unique(context.child_records["person_id"]))
    codes = lookup(ids, context.main_authority)["authority_code"]
    groups = {**child_groups(context, ids), "authority": codes}
    return band_rates(context, "children", "child_id", ids, groups)


def offender_match_rates(context: Context) -> pd.DataFrame:
    """Share of offenders with a link in each readable band, by group."""
    ids = context.offenders.index.to_series().reset_index(drop=True)
    person = lookup(ids, context.offenders)
    years = age_years(person["date_of_birth"], context.as_of)
    groups = {
        "sex": person["sex"],
        "age": bands(years, context.settings.parent_age_starts_years),
        "ethnic_group": ethnic_group(person["ethnicity_code"]),
    }
    return band_rates(context, "offenders", "parent_id", ids, groups)


def child_groups(context: Context, ids: pd.Series) -> dict[str, pd.Series]:
    """Sex, age band and ethnic group of children."""
    person = lookup(ids, context.children)
    years = age_years(person["date_of_birth"], context.as_of)
    return {
        "sex": person["sex"],
        "age": bands(years, context.settings.child_age_starts_years),
        "ethnic_group": ethnic_group(person["ethnicity_code"]),
    }


def band_rates(
    context: Context, who: str, column: str, ids: pd.Series, groups: dict[str, pd.Series]
) -> pd.DataFrame:
    """Share with a link in each readable band, overall and by group."""
    parts = []
    for band in READABLE_BANDS:
        linked = context.links.loc[context.links["match_band"] == band, column]
        parts.append(rates(f"{who}_in_band_{band}", ids.isin(linked), groups))
    return pd.concat(parts, ignore_index=True)


def rates(measure: str, is_true: pd.Series, groups: dict[str, pd.Series]) -> pd.DataFrame:
    """The share that is true, overall and within each group."""
    overall = pd.Series({"all": is_true.mean() if len(is_true) else np.nan})
    parts = [figures("match_rate", measure, overall)]
    for name, group in groups.items():
        label = name + ": " + pd.Series(group.to_numpy(), dtype=object).fillna(NOT_RECORDED)
        shares = is_true.astype(float).groupby(label.to_numpy()).mean()
        parts.append(figures("match_rate", measure, shares))
    return pd.concat(parts, ignore_index=True)


def withheld_rows(context: Context) -> pd.DataFrame:
    """Links of readable bands that restricted records keep off, or flag on, lists."""
    links = context.links[context.links["match_band"].isin(READABLE_BANDS)]
    restricted = links["parent_id"].isin(limited_access_offenders(context)).sum()
    setting = context.settings.limited_access
    counts = pd.Series({f"limited_access: {setting}": restricted}, dtype=float)
    return figures("disclosure", "links", counts)
