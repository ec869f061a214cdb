"""How well records were resolved to persons.

In: records with the person they were given and the person they truly are. Out: precision, recall
and F1 over pairs of records, by role.

Two records of one person make a pair. A pair is right when both the run and the truth put its two
records together. Pairs are counted from a contingency table, never listed.

Source: pairwise measures of entity resolution (Christen 2012, Data Matching, section 7.2).
"""

from __future__ import annotations

import pandas as pd

from pipeline.evaluate.inputs import f1_score, share

SCOPES = {
    "offenders": ("offender",),
    "children": ("child",),
    "related adults": ("related_adult",),
    "declared children": ("declared_child",),
    "children and declared children": ("child", "declared_child"),
}
"""Roles whose records are paired with one another."""


def person_measures(records: pd.DataFrame) -> pd.DataFrame:
    """One row per scope: records, persons, pairs, precision, recall, F1."""
    rows = [
        {"scope": scope, **pair_measures(records[records["role"].isin(roles)])}
        for scope, roles in SCOPES.items()
    ]
    return pd.DataFrame(rows)


def pair_measures(records: pd.DataFrame) -> dict[str, float]:
    """Measures over the pairs of some records."""
    linked = pairs_within(records.groupby("person_id").size())
    true = pairs_within(records.groupby("true_person_id").size())
    right = pairs_within(records.groupby(["person_id", "true_person_id"]).size())
    precision, recall = share(right, linked), share(right, true)
    return {
        "records": len(records), "true_persons": records["true_person_id"].nunique(),
        "linked_pairs": linked, "true_pairs": true, "right_pairs": right,
        "precision": precision, "recall": recall, "f1": f1_score(precision, recall),
    }  # fmt: skip


def pairs_within(sizes: pd.Series) -> int:
    """Pairs that groups of these sizes hold: n (n - 1) / 2 each."""
    return int((sizes * (sizes - 1) // 2).sum())
