"""How much better the same evidence could be weighed by somebody who knew the truth.

In: runs of `kinlink run` with the truth beside each. Out: for Kinlink, and for a classifier told
the truth of all other runs, precision and recall of findable pairs at each threshold, log loss and
calibration error. The classifier sees every column of `family_links` that is no id or text,
Kinlink's own probability among them. Where it finds no more at the same threshold, more is not to
be had by weighing: only by comparing something that is not compared. It must not be used to link
anybody: what it learned is true of these agencies alone.

    python -m benchmarks ceiling --run out/1 extracts/1/truth --run out/2 extracts/2/truth
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.tables import markdown, write_results
from pipeline.evaluate.families import PAIR, judge_links
from pipeline.evaluate.inputs import matched_records, read_run, read_truth, run_folder

LINK = ["parent_id", "child_id"]
NOT_EVIDENCE = {*LINK, "run_id", "declared_person_id", "related_adult_id", "evidence_summary",
                "explanation", "judgement", "match_band"}  # fmt: skip
TREES, BAGS = 120, 5
THRESHOLDS = (0.95, 0.93, 0.9, 0.85)
COLUMNS = {
    "threshold": ".2f", "weighed by": "", "links": ",", "precision": ".4f", "recall": ".4f",
    "log loss": ",.0f", "cal. error": ".4f",
}  # fmt: skip


@dataclass(frozen=True)
class Links:
    """The links of all runs.

    Attributes:
        evidence: (n, columns), numbers; NaN where null.
        probability: (n,), Kinlink's.
        is_right: (n,), truly parent and child.
        is_findable: (n,), of a pair that some agency's word could find.
        is_witnessed: (n,), not a lead.
        run: (n,), which run.
        findable: how many findable pairs there are in all runs.
    """

    evidence: np.ndarray
    probability: np.ndarray
    is_right: np.ndarray
    is_findable: np.ndarray
    is_witnessed: np.ndarray
    run: np.ndarray
    findable: int


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument(
        "--run", nargs=2, action="append", type=Path, required=True, dest="runs",
        metavar=("RUN", "TRUTH"), help="a run and its truth; at least two",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="also write the rows here, as JSON")


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Weigh every run by what the others teach, and print both results.

    Raises:
        FileNotFoundError: There are fewer than two runs.
    """
    if len(options.runs) < 2:
        raise FileNotFoundError(
            "ceiling learns from other runs: give --run RUN TRUTH twice or more"
        )
    links = read_links(options.runs)
    taught = taught_probabilities(links)
    rows = [
        row
        for threshold in THRESHOLDS
        for name, probability in (("Kinlink", links.probability), ("the truth", taught))
        for row in [
            {"threshold": threshold, "weighed by": name, **measured(links, probability, threshold)}
        ]
    ]
    print(markdown(rows, COLUMNS))
    if options.out:
        write_results(options.out, "ceiling", rows)
    return rows


def read_links(runs: Sequence[tuple[Path, Path]]) -> Links:
    """The judged links of these runs, their evidence as numbers."""
    frames, findable = [], 0
    for number, (folder, truth_folder) in enumerate(runs):
        found, truth = read_run(folder), read_truth(truth_folder)
        judged = judge_links(found, truth, matched_records(found, truth))
        sought = judged.pairs.loc[judged.pairs["findable"].eq(True), PAIR]
        findable += len(sought)
        whole = pq.read_table(run_folder(folder) / "family_links.parquet").to_pandas()
        right = judged.links[[*LINK, *PAIR, "is_right"]]
        frame = whole.merge(right, on=LINK).merge(
            sought.assign(is_findable=True), on=PAIR, how="left"
        )
        frames.append(frame.assign(run=number))
    links = pd.concat(frames, ignore_index=True)
    names = [name for name in whole.columns if name not in NOT_EVIDENCE]
    return Links(
        evidence=np.stack([as_numbers(links[name]) for name in names], axis=1),
        probability=links["match_probability"].to_numpy(float),
        is_right=links["is_right"].to_numpy(bool),
        is_findable=links["is_findable"].eq(True).to_numpy(),
        is_witnessed=links["lead"].isna().to_numpy(),
        run=links["run"].to_numpy(),
        findable=findable,
    )


def as_numbers(column: pd.Series) -> np.ndarray:
    """A column as numbers: lists by their lengths, words by their order."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(float, na_value=np.nan)
    filled = column.dropna()
    if len(filled) and not isinstance(filled.iloc[0], str):
        return column.map(len, na_action="ignore").to_numpy(float, na_value=np.nan)
    codes = column.astype("category").cat.codes.to_numpy(float)
    return np.where(codes < 0, np.nan, codes)


def taught_probabilities(links: Links) -> np.ndarray:
    """Of each link, the probability by gradient-boosted trees that saw all other runs' truth."""
    taught = np.empty(len(links.run))
    for number in np.unique(links.run):
        others, own = np.flatnonzero(links.run != number), links.run == number
        bags = [_one_bag(links, others, bag).predict_proba(links.evidence[own])[:, 1]
                for bag in range(BAGS)]  # fmt: skip
        taught[own] = np.mean(bags, axis=0)
    return taught


def _one_bag(links: Links, others: np.ndarray, seed: int) -> HistGradientBoostingClassifier:
    rows = np.random.default_rng(seed).choice(others, len(others))
    trees = HistGradientBoostingClassifier(
        max_iter=TREES, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=40,
        l2_regularization=5.0, random_state=seed,
    )  # fmt: skip
    return trees.fit(links.evidence[rows], links.is_right[rows])


def measured(links: Links, probability: np.ndarray, threshold: float) -> dict[str, Any]:
    """Precision and recall of witnessed links at a threshold; log loss and calibration of all."""
    chosen = (probability >= threshold) & links.is_witnessed
    right = np.where(links.is_right, probability, 1 - probability)
    return {
        "links": int(chosen.sum()),
        "precision": float(links.is_right[chosen].mean()),
        "recall": int((chosen & links.is_right & links.is_findable).sum()) / max(links.findable, 1),
        "log loss": float(-np.log(np.clip(right, 1e-6, 1)).sum()),
        "cal. error": calibration_error(probability, links.is_right),
    }


def calibration_error(probability: np.ndarray, is_right: np.ndarray) -> float:
    """Mean gap between probability and share right, in tenths, of links at .05 or more."""
    kept = probability >= 0.05
    tenth = np.minimum((probability[kept] * 10).astype(int), 9)
    gaps = np.bincount(tenth, probability[kept] - is_right[kept], minlength=10)
    return float(np.abs(gaps).sum() / max(kept.sum(), 1))
