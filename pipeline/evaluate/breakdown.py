"""Whether the result is as good for every group of people.

In: judged links of band `match`, true pairs, what the truth says of persons. Out: precision and
recall within each group.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pandas as pd

from pipeline.evaluate.families import JudgedLinks, is_found, route_names
from pipeline.evaluate.inputs import OFFENDER_TABLES, Run, Truth, f1_score, share

CHILD_AGE_EDGES = (0, 1, 5, 10, 16, 18, 200)
PARENT_AGE_EDGES = (0, 21, 25, 30, 40, 50, 60, 200)
"""Completed years, told from the year of birth alone."""

GroupOf = Callable[[pd.DataFrame], pd.Series]
"""The group of each pair of true people."""


def breakdown(judged: JudgedLinks, run: Run, truth: Truth) -> pd.DataFrame:
    """Precision and recall of band `match` by sex, age, name culture, source and route."""
    links = judged.links[judged.links["match_band"] == "match"]
    pairs = judged.pairs.assign(is_found=is_found(judged.pairs, links))
    parts = [
        group_measures(name, group_of(links), group_of(pairs), links, pairs)
        for name, group_of in dimensions(run, truth)
    ]
    parts.append(by_route(links, pairs))
    return pd.concat(parts, ignore_index=True)


def dimensions(run: Run, truth: Truth) -> Iterator[tuple[str, GroupOf]]:
    """Names of the ways to group pairs, each with the function that does."""
    yield "source", lambda pairs: pairs["parent_true_id"].map(justice_sources(truth))
    if truth.persons.empty:
        return
    for side, edges in (("parent", PARENT_AGE_EDGES), ("child", CHILD_AGE_EDGES)):
        person = f"{side}_true_id"
        for name in ("sex", "name_culture"):
            yield f"{side}_{name}", column_of(truth.persons[name], person)
        years = run.as_of_year - pd.to_numeric(truth.persons["birth_year"])
        yield f"{side}_age", column_of(age_bands(years, edges), person)


def column_of(values: pd.Series, person: str) -> GroupOf:
    """Group pairs by what the truth says of one of the two."""
    return lambda pairs: pairs[person].map(values)


def age_bands(years: pd.Series, edges: tuple[int, ...]) -> pd.Series:
    """Bands of ages, as text."""
    labels = [
        f"{low}-{high - 1}" if high > low + 1 else str(low)
        for low, high in itertools.pairwise(edges)
    ]
    labels[-1] = f"{edges[-2]}+"
    return pd.cut(years, list(edges), right=False, labels=labels).astype(object)


def justice_sources(truth: Truth) -> pd.Series:
    """Which agencies hold each offender; index true_person_id: `prison`, `probation`, `both`."""
    records = truth.records[truth.records["table"].isin(OFFENDER_TABLES)]
    sources = records.drop_duplicates(["true_person_id", "source"]).sort_values("source")
    count = sources.groupby("true_person_id")["source"].agg(["size", "first"])
    return count["first"].where(count["size"] == 1, "both")


def group_measures(
    name: str,
    link_group: pd.Series,
    pair_group: pd.Series,
    links: pd.DataFrame,
    pairs: pd.DataFrame,
) -> pd.DataFrame:
    """Measures of each group of one dimension; people of whom it is not known are a group."""
    link_group, pair_group = link_group.fillna("not known"), pair_group.fillna("not known")
    right = links["is_right"].groupby(link_group.to_numpy()).agg(["size", "sum"])
    found = pairs["is_found"].groupby(pair_group.to_numpy()).agg(["size", "sum"])
    groups = sorted({*right.index, *found.index}, key=in_order)
    rows = [row_of(name, group, counts(right, group), counts(found, group)) for group in groups]
    return pd.DataFrame(rows)


def in_order(group: str) -> tuple[float, str]:
    """Ages by their first year, then words by their letters."""
    first = group.split("-")[0].rstrip("+")
    return (float(first) if first.isdigit() else float("inf")), group


def counts(table: pd.DataFrame, group: str) -> tuple[int, int]:
    """Size and hits of a group; none where the table does not have it."""
    if group not in table.index:
        return 0, 0
    size, hits = table.loc[[group]].to_numpy()[0]
    return int(size), int(hits)


def row_of(
    name: str, group: str, linked: tuple[int, int], true: tuple[int, int]
) -> dict[str, object]:
    """One row of the breakdown from (links, right) and (true pairs, found)."""
    precision, recall = share(linked[1], linked[0]), share(true[1], true[0])
    return {
        "dimension": name, "group": group, "links": linked[0], "right": linked[1],
        "true_pairs": true[0], "found": true[1], "precision": precision, "recall": recall,
        "f1": f1_score(precision, recall),
    }  # fmt: skip


def by_route(links: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Precision by the route that a link took, recall by the routes that lay open.

    A link may take another route than lay open, so the two are not one group and F1 is null.
    """
    taken = group_measures("route_taken", links["route"], pairs["is_found"].iloc[:0], links,
                           pairs.iloc[:0])  # fmt: skip
    if not {"nominated", "parent_listed_in_cs"} <= set(pairs.columns):
        return taken
    lay_open = route_names(pairs["nominated"], pairs["parent_listed_in_cs"])
    is_open = group_measures("route_open", links["route"].iloc[:0], lay_open, links.iloc[:0], pairs)
    return pd.concat([taken, is_open], ignore_index=True)
