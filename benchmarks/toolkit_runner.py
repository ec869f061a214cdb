"""Run recordlinkage, the toolkit, on one job: `python -m benchmarks.toolkit_runner JOB.json`.

In: a job. Out: `pairs.parquet`. It compares as the toolkit's guide does, and lets the ECM
classifier learn without labels. On open sets it indexes the narrower of Splink's blocks: among the
wider ones matches are so few that the classifier learns something else. It must not measure
anything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
import recordlinkage

from benchmarks.jobs import Job
from benchmarks.keys import key_values, usable
from benchmarks.splink_models import NARROW_KEYS
from benchmarks.workloads import COMPARISONS, WORKLOADS

SIMILAR_NAME = 0.85
"""Jaro–Winkler at least this counts as agreement: the ECM classifier takes yes or no."""
SIMILAR_TEXT = 0.8
TEXT_METHODS = {
    "given_name": ("jarowinkler", SIMILAR_NAME),
    "surname": ("jarowinkler", SIMILAR_NAME),
    "middle_names": ("jarowinkler", SIMILAR_NAME),
    "date_of_birth": ("levenshtein", SIMILAR_TEXT),
    "address": ("levenshtein", 0.7),
    "postcode": ("levenshtein", SIMILAR_TEXT),
    "town": ("jarowinkler", SIMILAR_NAME),
    "email": ("jarowinkler", SIMILAR_NAME),
    "phone": ("levenshtein", SIMILAR_TEXT),
}


def main(job: Job) -> None:
    """Index, compare, classify, write."""
    left = _read(job.left)
    right = None if job.right is None else _read(job.right)
    if job.workload is not None:
        keys, columns = WORKLOADS[job.workload].keys, [ladder.column for ladder in COMPARISONS]
    else:
        keys = usable(NARROW_KEYS, list(left.columns))
        columns = list(left.columns)
    pairs = _index(keys, left, right)
    features = _compare(columns, left, right, pairs)
    classifier = recordlinkage.ECMClassifier()
    classifier.fit(features)
    found = classifier.prob(features)
    found = found[found >= job.lowest].reset_index()
    found.columns = pd.Index(["record_id_l", "record_id_r", "match_probability"])
    found.to_parquet(job.pairs, index=False)
    job.notes.write_text(json.dumps({"candidate_pairs": len(pairs)}), encoding="utf-8")


def _read(path: object) -> pd.DataFrame:
    """The records, cleaned as for Splink, indexed by their ids."""
    frame = pd.read_parquet(str(path)).set_index("record_id")
    cleaned = frame.apply(lambda column: column.str.lower().str.strip())
    return pd.DataFrame(cleaned.where(cleaned != ""))


def _index(keys: Sequence[str], left: pd.DataFrame, right: pd.DataFrame | None) -> pd.MultiIndex:
    """Every pair that shares a key; a missing part is no key."""
    found: list[pd.MultiIndex] = []
    for key in keys:
        sides = [pd.DataFrame({"key": key_values(side, key)}).dropna()
                 for side in (left, right) if side is not None]  # fmt: skip
        indexer = recordlinkage.Index()
        indexer.block("key")
        found.append(indexer.index(*sides))
    together = found[0].append(found[1:])
    return together.drop_duplicates()


def _compare(
    columns: Sequence[str], left: pd.DataFrame, right: pd.DataFrame | None, pairs: pd.MultiIndex
) -> pd.DataFrame:
    """Whether each column agrees, as 0 or 1."""
    compare = recordlinkage.Compare(n_jobs=1)
    for column in columns:
        if column in TEXT_METHODS:
            method, threshold = TEXT_METHODS[column]
            compare.string(column, column, method=method, threshold=threshold, label=column)
        elif column != "record_id":
            compare.exact(column, column, label=column)
    sides = [left] if right is None else [left, right]
    features: pd.DataFrame = compare.compute(pairs, *sides).astype(np.int8)
    return features


if __name__ == "__main__":
    main(Job.load(sys.argv[1]))
