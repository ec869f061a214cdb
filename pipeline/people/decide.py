"""Decide: which records of a kind are one person, and what is said of every pair.

In: compared pairs, their guards, thresholds. Out: `Resolved`. It must not know where records come
from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.people.clusters import Flags, Floats, Ties, cluster_records, weakest_links
from pipeline.people.compared import ComparedPairs
from pipeline.people.guards import AGREE, CONFLICT, Guarded, guard_pairs
from pipeline.people.records import Records, Rows
from pipeline.settings.people import Thresholds

LINK, REVIEW, NON_LINK = range(3)
"""Indexes into `contracts.people.DECISIONS`."""


@dataclass(frozen=True)
class Resolved:
    """The people of one kind.

    Attributes:
        records: what was resolved.
        pairs: every pair that may be one person.
        decisions: LINK, REVIEW or NON_LINK of each pair.
        guards: for each guard the pairs that it kept apart.
        labels: smallest record of each record's cluster, (n_records,).
        confidence: probability of the weakest link in each record's cluster; NaN on its own.
        agreements: 1 where official numbers of the record's cluster agree, 0 where they conflict,
            -1 where none can be compared, (n_records,).
    """

    records: Records
    pairs: ComparedPairs
    decisions: NDArray[np.int8]
    guards: Mapping[str, Flags]
    labels: Rows
    confidence: Floats
    agreements: NDArray[np.int8]


def decide(guarded: Guarded, thresholds: Thresholds) -> Resolved:
    """Join records, check every group as a whole, and give every pair its decision.

    A reviewer's ruling on two records belongs here: `same` makes the pair join and stand, and
    `different` makes it do neither, before anything is joined.

    Args:
        guarded: compared pairs and all that the guards look at.
        thresholds: how sure is sure enough.
    """
    pairs = guarded.pairs
    guards = guard_pairs(guarded)
    is_guarded = np.any(list(guards.values()), axis=0)
    is_joining = pairs.probability >= thresholds.join_probability
    is_near = pairs.probability >= thresholds.fracture_probability
    ties = Ties(pairs.left, pairs.right, pairs.weight_bits, is_joining, is_near & ~is_guarded)
    labels = cluster_records(ties, len(guarded.records))
    is_one = labels[pairs.left] == labels[pairs.right]
    guards["conflict_in_cluster"] = is_joining & ~is_guarded & ~is_one
    decisions = np.where(is_one, LINK, np.where(is_near, REVIEW, NON_LINK)).astype(np.int8)
    bits = weakest_links(ties, labels)
    return Resolved(
        records=guarded.records,
        pairs=pairs,
        decisions=decisions,
        guards=guards,
        labels=labels,
        confidence=1 / (1 + np.exp2(-bits)),
        agreements=_number_agreements(guarded, labels, is_one),
    )


def _number_agreements(guarded: Guarded, labels: Rows, is_one: Flags) -> NDArray[np.int8]:
    """Whether official numbers agree within each record's cluster; one that agrees outweighs."""
    found = np.full(len(labels), -1, np.int8)
    clusters = labels[guarded.pairs.left]
    names = [item.name for item in guarded.spec.comparisons if item.kind == "identifier"]
    for level in (CONFLICT, AGREE):
        for name in names:
            found[clusters[is_one & (guarded.pairs.level(name) == level)]] = level
    return found[labels]
