"""Who is said to belong to whom: children whom offenders declare, adults recorded with children.

In: stated relationships, and the kind and number of the person behind every mention. Out: the ties
as frames of person numbers. It must not know values of people, pairs or probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.family.tables import FamilyInputs

KINDS = ("offender", "child", "declared_child", "related_adult", "declared_other")
OFFENDER, CHILD, DECLARED_CHILD, RELATED_ADULT, CONTACT = range(5)

FEMALE, MALE, UNKNOWN = range(3)
"""Codes of sex; UNKNOWN also where records of one person disagree."""

DECLARED_LABELS = ("child", "step_child", "grandchild", "other_child", "assessed", "unknown")
"""How an offender may declare a child; the first that any source states is kept. `assessed`: named
in an assessment, which has no word for the relationship."""

ASSESSMENTS = "assessed_children"
"""The table that names children without saying whose they are."""

RECORDED_LABELS = (
    "parent", "step_parent", "grandparent", "carer", "sibling", "other", "unknown",
)  # fmt: skip
"""How an adult may be recorded with a child; the first that any source states is kept."""

KIN_LABELS = ("partner", "parent", "sibling", "other")
"""What an offender's other contact is to the offender; the first that any source states is kept."""

Differ = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Whether people left[i] and right[i] of one kind plainly differ in name."""

NOMINATION_SOURCES = ("prison", "probation", "visit")
"""Flags of a declaration: to whom the child was named."""


def read_declarations(tables: FamilyInputs, kinds: np.ndarray, numbers: np.ndarray) -> pd.DataFrame:
    """Who declared each declared child, as what, and to whom."""
    mentions = tables.mentions
    mention = mentions["mention_id"].to_numpy()
    owner = mentions["owner_mention_id"].fill_null(-1).to_numpy()
    rows = (kinds[mention] == DECLARED_CHILD) & (owner >= 0)
    rows &= kinds[np.maximum(owner, 0)] == OFFENDER
    declared, offender = numbers[mention[rows]], numbers[owner[rows]]
    frame = pd.DataFrame({"declared": declared, "offender": offender})
    is_visit = pc.equal(mentions["role"], "visitor").to_numpy()[rows]
    frame["is_prison"] = pc.equal(mentions["source"], "prison").to_numpy()[rows] & ~is_visit
    frame["is_probation"] = pc.equal(mentions["source"], "probation").to_numpy()[rows]
    frame["is_visit"] = is_visit
    labels = _labels(tables.relationships, DECLARED_LABELS)
    labels.loc[labels.is_assessed, "label"] = DECLARED_LABELS.index("assessed")
    stated = pd.DataFrame({"mention": mention[rows]}).join(
        labels.groupby("subject").label.min(), on="mention"
    )
    unknown = DECLARED_LABELS.index("unknown")
    frame["label"] = stated.label.fillna(unknown).to_numpy().astype(np.int64)
    how: Mapping[str, str] = {
        "label": "min", "is_prison": "max", "is_probation": "max",
        "is_visit": "max",
    }  # fmt: skip
    return frame.groupby(["declared", "offender"], sort=True).agg(how).reset_index()


def read_contacts(tables: FamilyInputs, kinds: np.ndarray, numbers: np.ndarray) -> pd.DataFrame:
    """Whom else each offender names (partner, mother, friend), and as what."""
    mention = tables.mentions["mention_id"].to_numpy()
    owner = tables.mentions["owner_mention_id"].fill_null(-1).to_numpy()
    rows = (kinds[mention] == CONTACT) & (owner >= 0)
    rows &= kinds[np.maximum(owner, 0)] == OFFENDER
    frame = pd.DataFrame({"contact": numbers[mention[rows]], "offender": numbers[owner[rows]]})
    stated = pd.DataFrame({"mention": mention[rows]}).join(
        _labels(tables.relationships, KIN_LABELS).groupby("subject").label.min(), on="mention"
    )
    frame["label"] = stated.label.fillna(KIN_LABELS.index("other")).to_numpy().astype(np.int64)
    return frame.groupby(["offender", "contact"], sort=True).label.min().reset_index()


def read_listings(tables: FamilyInputs, kinds: np.ndarray, numbers: np.ndarray) -> pd.DataFrame:
    """Which adults are recorded with each child, as what, and whether that is as a parent."""
    frame = _labels(tables.relationships, RECORDED_LABELS)
    rows = kinds[frame.subject.to_numpy()] == RELATED_ADULT
    rows &= kinds[frame.object.to_numpy()] == CHILD
    frame = frame[rows]
    frame = pd.DataFrame(
        {
            "child": numbers[frame.object.to_numpy()],
            "adult": numbers[frame.subject.to_numpy()],
            "label": frame.label.to_numpy(),
        }
    )
    listings = frame.groupby(["child", "adult"], sort=True).label.min().reset_index()
    return listings.assign(is_parent=listings.label == RECORDED_LABELS.index("parent"))


def with_several_parents(listings: pd.DataFrame, sexes: np.ndarray, differ: Differ) -> pd.DataFrame:
    """The listings with `beside`: whether the child has another possible parent of that sex.

    One father recorded twice, by two authorities or with a slip, is not several: their given names
    must plainly differ.

    Args:
        listings: `child`, `adult`, `is_parent`: the adult may be the child's parent.
        sexes: of all adults.
        differ: whether the given names of adults left[i] and right[i] plainly differ.

    Returns:
        `beside` is 1 or 0, and -1 where the adult is no possible parent, or of unknown sex.
    """
    adult = listings.adult.to_numpy()
    sex = sexes[adult]
    rows = np.flatnonzero(listings.is_parent.to_numpy() & (sex != UNKNOWN))
    parents = pd.DataFrame(
        {"child": listings.child.to_numpy()[rows], "sex": sex[rows], "row": rows}
    )
    beside = np.full(len(listings), -1, np.int8)
    beside[rows] = 0
    parents = parents[parents.duplicated(["child", "sex"], keep=False)]
    pairs = parents.merge(parents, on=["child", "sex"], suffixes=("", "_other"))
    pairs = pairs[pairs.row != pairs.row_other]
    another = differ(adult[pairs.row.to_numpy()], adult[pairs.row_other.to_numpy()])
    beside[pairs.row.to_numpy()[another]] = 1
    return listings.assign(beside=beside)


def _labels(relationships: pa.Table, labels: tuple[str, ...]) -> pd.DataFrame:
    """Stated relationships with the label's place in `labels`; any other word is `other`."""
    other = labels.index("other") if "other" in labels else labels.index("unknown")
    label = pc.index_in(relationships["relationship"], pa.array(labels)).fill_null(other)
    return pd.DataFrame(
        {
            "subject": relationships["subject_mention_id"].to_numpy(),
            "object": relationships["object_mention_id"].to_numpy(),
            "label": label.to_numpy().astype(np.int64),
            "is_assessed": pc.equal(relationships["table"], ASSESSMENTS).to_numpy(),
        }
    )
