"""Whether each of two linked tables holds every person once.

In: likely pairs of two tables. Out: yes or no: only then may a record's candidates compete. It must
not know clusters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import PatternLayout, compare_pairs, unpack
from pipeline.linkage.deciding.cluster import SURE
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.classes import ClassProbabilities, Population
from pipeline.linkage.learning.posteriors import log_odds
from pipeline.linkage.learning.score import pattern_evidence
from pipeline.linkage.sorting import distinct

Rows = NDArray[np.int32]

DUPLICATES_ALLOWED = 0.02


def is_free_of_duplicates(
    encoded: Encoded,
    layout: PatternLayout,
    probabilities: ClassProbabilities,
    population: Population,
    likely: tuple[Rows, Rows],
) -> bool:
    """Whether verified duplicates are rare in both tables.

    Two left records that are both likely the same right record are compared with one another: if
    they match too, they are a verified duplicate, and not two people who resemble one.

    Args:
        encoded: The tables.
        layout: Where each comparison sits in a pattern.
        probabilities: m, h and u.
        population: Expected numbers of pairs.
        likely: Rows of the pairs that are more likely than not.
    """
    left, right = likely
    allowed = DUPLICATES_ALLOWED * max(len(left), 1)
    for side, own, other in (("left", left, right), ("right", right, left)):
        first, second = neighbours(own, other)
        view = one_table(encoded, side)
        levels = unpack(compare_pairs(view, first, second, layout), layout)
        odds = log_odds(*pattern_evidence(levels, probabilities), population)
        # What is only likelier than not holds namesakes too.
        if (odds > SURE).sum() > allowed:
            return False
    return True


def neighbours(own: Rows, other: Rows) -> tuple[Rows, Rows]:
    """Distinct pairs of records that share a partner, each with the next one by number."""
    words = np.sort(other.astype(np.int64) << 32 | own)
    shares = words[1:] >> 32 == words[:-1] >> 32
    low = np.int64(0xFFFFFFFF)
    pairs = distinct((words[:-1][shares] & low) << 32 | words[1:][shares] & low)
    return (pairs >> 32).astype(np.int32), (pairs & low).astype(np.int32)


def one_table(encoded: Encoded, side: str) -> Encoded:
    """The encoded left or right table linked with itself."""
    columns = {}
    for name, column in encoded.columns.items():
        codes, counts = getattr(column, side), getattr(column, f"{side}_counts")
        columns[name] = replace(
            column, left=codes, right=codes, left_counts=counts, right_counts=counts
        )
    rows = getattr(encoded.cells, side)
    ids = getattr(encoded, f"{side}_ids")
    return replace(
        encoded,
        is_dedupe=True,
        left_ids=ids,
        right_ids=ids,
        columns=columns,
        cells=replace(encoded.cells, left=rows, right=rows),
    )
