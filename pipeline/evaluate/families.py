"""How well parents and children were linked.

In: family links, the truth, and whom each entity truly is. Out: links judged right, wrong or
neither; precision, recall and F1 at each band and threshold.

What counts:
- An entity is the person that most of its records are. An entity of whose records the truth knows
  none is nobody, and its links are wrong.
- A link is right when the two are truly parent and child, whatever the link calls them.
- A link that itself says `step_parent`, `carer`, `grandparent`, … is neither right nor wrong when
  the two truly are relatives of another kind; it is left out. One that says `parent` of a true
  step-parent is wrong.
- Two links between the same two true people count once, the surer one.
- A true pair counts towards recall when the parent has an offender record and the child a
  children's services record; `findable` ones are counted beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evaluate.inputs import (
    CHILD_TABLE,
    OFFENDER_TABLES,
    Run,
    Truth,
    f1_score,
    share,
    true_person_of,
)

PAIR = ["parent_true_id", "child_true_id"]
CLAIMS_PARENT = ("parent", "unknown")
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
BANDS = {
    "match": ("match",), "match or potential": ("match", "potential"),
    "any": ("match", "potential", "low"),
}  # fmt: skip


@dataclass(frozen=True)
class JudgedLinks:
    """Links against the truth.

    Attributes:
        links: one row per linked pair of true people, neither-nor left out: PAIR (null: nobody),
            match_probability, match_band, route, is_right, true_relationship (null: none).
        pairs: one row per true parent and child in scope: PAIR and the truth's flags.
        left_out: links that are neither right nor wrong.
    """

    links: pd.DataFrame
    pairs: pd.DataFrame
    left_out: int


def judge_links(run: Run, truth: Truth, records: pd.DataFrame) -> JudgedLinks:
    """Hold every family link against the truth."""
    offenders = true_person_of(records[records["role"] == "offender"])
    children = true_person_of(records[records["role"] == "child"])
    links = run.family_links.assign(
        parent_true_id=run.family_links["parent_id"].map(offenders),
        child_true_id=run.family_links["child_id"].map(children),
        route=routes(run.family_links),
    )
    links = links.merge(true_relationships(truth.families), on=PAIR, how="left")
    is_right = links["true_relationship"].eq("parent")
    is_other_kind = ~links["relationship"].isin(CLAIMS_PARENT)
    is_neither = is_other_kind & links["true_relationship"].notna() & ~is_right
    links = surest(links.assign(is_right=is_right)[~is_neither])
    return JudgedLinks(links, pairs_in_scope(truth), int(is_neither.sum()))


def true_relationships(families: pd.DataFrame) -> pd.DataFrame:
    """What each true pair is; `parent` where it is that among other things."""
    ordered = families.assign(is_other=families["relationship"] != "parent")
    ordered = ordered.sort_values([*PAIR, "is_other", "relationship"])
    ordered = ordered.drop_duplicates(PAIR).rename(columns={"relationship": "true_relationship"})
    return ordered[[*PAIR, "true_relationship"]]


def surest(links: pd.DataFrame) -> pd.DataFrame:
    """One link per pair of true people, the surest; links of nobody all stand."""
    order = ["match_probability", "parent_id", "child_id"]
    links = links.sort_values(order, ascending=[False, True, True], kind="stable")
    is_repeat = links.duplicated(PAIR) & links[PAIR].notna().all(axis=1)
    return links[~is_repeat].reset_index(drop=True)


def routes(links: pd.DataFrame) -> pd.Series:
    """How each link was found: `nominated`, `recorded`, `both`, `neither`."""
    nominations = ["is_nominated_by_prison", "is_nominated_by_probation", "is_nominated_by_visit"]
    return route_names(links[nominations].any(axis=1), links["is_recorded_by_authority"])


def route_names(is_nominated: pd.Series, is_recorded: pd.Series) -> pd.Series:
    """The name of a route from its two witnesses."""
    nominated, recorded = is_nominated.eq(True), is_recorded.eq(True)
    names = np.select(
        [nominated & recorded, nominated, recorded], ["both", "nominated", "recorded"], "neither"
    )
    return pd.Series(names, index=is_nominated.index, dtype=object)


def pairs_in_scope(truth: Truth) -> pd.DataFrame:
    """True parents and children whom an agency each holds."""
    pairs = truth.families[truth.families["relationship"] == "parent"].drop_duplicates(PAIR)
    is_child = (truth.records["table"] == CHILD_TABLE) & (
        truth.records["source"].str.startswith("childrens_services/")
    )
    offenders = truth.records.loc[truth.records["table"].isin(OFFENDER_TABLES), "true_person_id"]
    children = truth.records.loc[is_child, "true_person_id"]
    is_in_scope = pairs["parent_true_id"].isin(offenders) & pairs["child_true_id"].isin(children)
    if "child_in_cs" in pairs:
        is_in_scope &= pairs["child_in_cs"].eq(True)
    return pairs[is_in_scope].reset_index(drop=True)


def family_measures(judged: JudgedLinks) -> pd.DataFrame:
    """Precision, recall and F1 at each band (and better) and at each threshold."""
    links = judged.links
    cuts = {f"band {name}": links["match_band"].isin(bands) for name, bands in BANDS.items()}
    cuts |= {
        f"probability ≥ {threshold}": links["match_probability"] >= threshold
        for threshold in THRESHOLDS
    }
    rows = [{"cut": cut, **measures(links[chosen], judged.pairs)} for cut, chosen in cuts.items()]
    return pd.DataFrame(rows)


def measures(links: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, float]:
    """Measures of some links against some true pairs."""
    found = is_found(pairs, links)
    precision, recall = (
        share(int(links["is_right"].sum()), len(links)),
        share(found.sum(), len(pairs)),
    )
    findable = pairs["findable"].eq(True) if "findable" in pairs else pd.Series(False, pairs.index)
    return {
        "links": len(links), "right": int(links["is_right"].sum()), "true_pairs": len(pairs),
        "found": int(found.sum()), "precision": precision, "recall": recall,
        "f1": f1_score(precision, recall), "findable_pairs": int(findable.sum()),
        "findable_recall": share(int((found & findable).sum()), int(findable.sum())),
    }  # fmt: skip


def is_found(pairs: pd.DataFrame, links: pd.DataFrame) -> pd.Series:
    """Which true pairs are among the links."""
    linked = pd.MultiIndex.from_frame(links[PAIR])
    return pd.Series(pd.MultiIndex.from_frame(pairs[PAIR]).isin(linked), index=pairs.index)


def other_relatives(judged: JudgedLinks) -> pd.DataFrame:
    """Wrong links in band `match` by what the two truly are to one another."""
    links = judged.links[judged.links["match_band"] == "match"]
    kinds = links.loc[~links["is_right"], "true_relationship"].fillna("no relation known")
    counts = kinds.value_counts().sort_index()
    return pd.DataFrame({"true_relationship": counts.index, "links": counts.to_numpy()})
