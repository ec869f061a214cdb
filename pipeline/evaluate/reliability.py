"""Whether a probability means what it says for every group, and what other thresholds would give.

In: judged links, the run, the truth. Out: by band, route, sex, age, name culture, source and
authority the mean probability beside the share that is right, with its interval; by threshold
how many links there would be, what share the run expects to be right, and what share is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.evaluate.breakdown import dimensions
from pipeline.evaluate.calibration import wilson_interval
from pipeline.evaluate.families import JudgedLinks, is_found
from pipeline.evaluate.inputs import Run, Truth, share

LEAST_PROBABILITY = 0.05
"""Links less probable than this are read by nobody."""

THRESHOLDS = (
    0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.99,
    0.995, 0.999,
)  # fmt: skip

SOURCE = "childrens_services/"


def reliability(judged: JudgedLinks, run: Run, truth: Truth) -> pd.DataFrame:
    """Mean probability and share right of the links of each group, with a 95% interval.

    `is_within`: the mean probability lies within the interval.
    """
    links = judged.links[judged.links["match_probability"] >= LEAST_PROBABILITY]
    groups = {"all": pd.Series("all", links.index), "band": links["match_band"]}
    groups["route"] = links["route"]
    groups |= {name: group_of(links) for name, group_of in dimensions(run, truth)}
    groups["child_authority"] = links["child_id"].map(child_authorities(run))
    parts = [reliability_of(links, name, group) for name, group in groups.items()]
    return pd.concat(parts, ignore_index=True)


def child_authorities(run: Run) -> pd.Series:
    """The authority that holds each child, of several the first in order; index person_id."""
    children = run.person_map[run.person_map["role"] == "child"]
    children = children[children["source"].str.startswith(SOURCE)]
    codes = children["source"].str.removeprefix(SOURCE)
    return codes.groupby(children["person_id"]).min()


def reliability_of(links: pd.DataFrame, name: str, group: pd.Series) -> pd.DataFrame:
    """One row per group of one dimension; links of whom it is not known are a group."""
    names = group.fillna("not known").astype(str).to_numpy()
    found = links.groupby(names).agg(
        links=("is_right", "size"),
        mean_probability=("match_probability", "mean"),
        right=("is_right", "sum"),
    )
    low, high = wilson_interval(found["right"].to_numpy(float), found["links"].to_numpy(float))
    mean = found["mean_probability"].to_numpy()
    return pd.DataFrame({
        "dimension": name, "group": found.index, "links": found["links"].to_numpy(),
        "mean_probability": mean, "observed": (found["right"] / found["links"]).to_numpy(),
        "observed_low": low, "observed_high": high, "is_within": (low <= mean) & (mean <= high),
    })  # fmt: skip


def sensitivity(judged: JudgedLinks) -> pd.DataFrame:
    """Links at or above each threshold: their number, expected and observed precision, recall.

    The run knows the first two by itself; the others need the truth.
    """
    rows = []
    pairs = judged.pairs
    findable = pairs["findable"].eq(True) if "findable" in pairs else pd.Series(False, pairs.index)
    for threshold in THRESHOLDS:
        links = judged.links[judged.links["match_probability"] >= threshold]
        found = is_found(pairs, links[links["is_right"]])
        rows.append({
            "threshold": threshold, "links": len(links),
            "expected_precision": links["match_probability"].mean() if len(links) else np.nan,
            "precision": share(int(links["is_right"].sum()), len(links)),
            "recall": share(int(found.sum()), len(pairs)),
            "findable_recall": share(int((found & findable).sum()), int(findable.sum())),
        })  # fmt: skip
    return pd.DataFrame(rows)
