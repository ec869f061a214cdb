"""Lessons: what labelled pairs teach beside the candidates that learning looks at.

In: `Labels`, the gathered pairs and their scores. Out: scores in which a labelled pair is what its
label says, and the others are in line with the labels. It must not know level probabilities.

Reviewers see chosen pairs, never a fair sample of a level, so labels are not counted as if they
were one. A label settles its own pair. Of other pairs it speaks by way of their odds: pairs are
alike whose odds are alike, and the line that labels draw through them is held near no change.

Source: docs/method.md, "Labels, where there are any".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.linkage.comparing.compare import compare_pairs, unpack
from pipeline.linkage.learning.calibration import Calibration, fit_calibration
from pipeline.linkage.learning.classes import Levels
from pipeline.linkage.learning.gather import Gathered
from pipeline.linkage.learning.labels import Labels
from pipeline.linkage.learning.posteriors import log_odds
from pipeline.linkage.learning.score import Candidates, Scores

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


@dataclass(frozen=True)
class LabelledPairs:
    """Labelled pairs by record number, ascending by left, then right; each array (n_pairs, …).

    Attributes:
        left: Record numbers in the left table.
        right: Record numbers in the right table.
        match: Share of a pair's labels that say one person: 1 or 0, but where exact copies of a
            record were judged differently.
        weight: Pairs that each stands for, itself included.
        levels: Agreement levels, (n_pairs, n_comparisons).
    """

    left: Rows
    right: Rows
    match: Floats
    weight: Floats
    levels: Levels

    def rows_among(self, left: Rows, right: Rows, size: int) -> Ints:
        """Where each stands among these pairs, -1 where nowhere.

        Args:
            left: Left record numbers of distinct pairs, in any order.
            right: Right record numbers.
            size: Records of the right table.
        """
        if len(left) == 0:
            return np.full(len(self.left), -1)
        keys = left.astype(np.int64) * size + right
        wanted = self.left.astype(np.int64) * size + self.right
        order = np.argsort(keys)
        at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
        return np.where(keys[at] == wanted, at, -1)


def labelled_pairs(labels: Labels, gathered: Gathered, threads: int) -> LabelledPairs:
    """The labels as pairs of record numbers, each pair once, compared.

    Two copies of one record are one record here, so that a pair of them is none, and labels of
    several copies are labels of one pair: their mean counts.
    """
    encoded = gathered.encoded
    ids = (encoded.left_ids, encoded.left_ids if encoded.is_dedupe else encoded.right_ids)
    one, other = (
        pc.index_in(given.cast(known.type), known).to_numpy(zero_copy_only=False).astype(np.int64)
        for given, known in zip((labels.left, labels.right), ids, strict=True)
    )
    if encoded.is_dedupe:
        one, other = np.minimum(one, other), np.maximum(one, other)
    size = len(ids[1])
    order = np.lexsort((labels.weight, labels.is_match, other, one))
    order = order[(one != other)[order]] if encoded.is_dedupe else order
    pairs, which = np.unique((one * size + other)[order], return_inverse=True)
    times = np.bincount(which, minlength=len(pairs))
    left, right = (pairs // size).astype(np.int32), (pairs % size).astype(np.int32)
    patterns = compare_pairs(encoded, left, right, gathered.layout, threads)
    return LabelledPairs(
        left=left,
        right=right,
        match=np.bincount(which, labels.is_match[order], len(pairs)) / times,
        weight=np.bincount(which, labels.weight[order], len(pairs)) / times,
        levels=unpack(patterns, gathered.layout),
    )


@dataclass(frozen=True)
class Lessons:
    """Labelled pairs beside the candidates.

    Attributes:
        pairs: The labelled pairs.
        row: Row of each among the candidates, -1 where it is none, int64 (n_pairs,).
    """

    pairs: LabelledPairs
    row: Ints

    @classmethod
    def beside(cls, pairs: LabelledPairs, candidates: Candidates, n_right: int) -> Lessons:
        """The lessons of labelled pairs for these candidates, of so many right records."""
        return cls(pairs, pairs.rows_among(candidates.left, candidates.right, n_right))

    @property
    def found(self) -> tuple[Ints, Ints]:
        """The labelled pairs that are candidates, by number, and their rows."""
        which = np.flatnonzero(self.row >= 0)
        return which, self.row[which]

    @property
    def strays(self) -> tuple[Levels, Floats]:
        """Levels of the labelled pairs that are no candidates, and how far each is one person."""
        which = np.flatnonzero(self.row < 0)
        return self.pairs.levels[which], self.pairs.match[which]

    def told(self, scores: Scores) -> Scores:
        """Scores in which a labelled candidate is what its label says."""
        which, rows = self.found
        match = scores.match.copy()
        match[rows] = self.pairs.match[which]
        return with_match(scores, match)

    def calibrated(self, scores: Scores) -> Scores:
        """Scores with probabilities in line with the labels, where they are enough."""
        odds = log_odds(scores.same, scores.household, scores.population)
        line = self.calibration(odds)
        if line is None:
            return scores
        return with_match(scores, 1 / (1 + np.exp(-np.clip(line.applied(odds), -700, 700))))

    def calibration(self, odds: Floats) -> Calibration | None:
        """The line that brings log odds of the candidates in line with the labels."""
        which, rows = self.found
        return fit_calibration(odds[rows], self.pairs.match[which], self.pairs.weight[which])


def with_match(scores: Scores, match: Floats) -> Scores:
    """Scores with other match probabilities; the rest is shared among other classes as before."""
    rest = 1 - scores.match
    share = np.divide(scores.home, rest, out=np.zeros_like(rest), where=rest > 0)
    return replace(scores, match=match, home=(1 - match) * share)
