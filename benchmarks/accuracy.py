"""Accuracy: scored pairs held against the truth.

In: a tool's pairs and the true pairs, both Parquet. Out: `Accuracy`. It must not know which tool.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.jobs import SURE

LOWEST = 0.01
"""Calibration is judged on pairs at least this probable."""
BINS = 20
BAND_EDGES = (0.5, 0.8, 0.95, 0.99)
BAND_PAIRS = 100
"""A band is judged if it has this many pairs."""

Keys = NDArray[np.int64]


@dataclass(frozen=True)
class Accuracy:
    """How good a set of scored pairs is. A true pair that blocking missed counts as missed.

    Attributes:
        precision: Share true among pairs at match probability .95 or more.
        recall: Share of all true pairs found there.
        f1: Their harmonic mean.
        best_f1: F1 at the best threshold, chosen with the answer key.
        calibration_error: Mean gap between probability and share true over 20 bins of pairs at .01
            or more, weighted by pairs; NaN where no pairs that low were written.
        expected_to_true: Summed probability over true pairs, among the same pairs.
        band_gap: Largest difference between mean probability and share true among bands of at least
            BAND_PAIRS of the same pairs, split at BAND_EDGES; 0 where no band has that many.
    """

    precision: float
    recall: float
    f1: float
    best_f1: float
    calibration_error: float
    expected_to_true: float
    band_gap: float


def accuracy(pairs: Path, truth: Path, is_dedupe: bool) -> Accuracy:
    """Judge the pairs in one file by those in another."""
    scored = pq.read_table(pairs, columns=["record_id_l", "record_id_r", "match_probability"])
    answers = pq.read_table(truth, columns=["record_id_l", "record_id_r"])
    return accuracy_of(scored, answers, is_dedupe)


def accuracy_of(scored: pa.Table, answers: pa.Table, is_dedupe: bool) -> Accuracy:
    """Judge scored pairs by the true ones.

    Args:
        scored: record_id_l, record_id_r, match_probability.
        answers: record_id_l, record_id_r.
        is_dedupe: Whether either record of a pair may come first.
    """
    probability = scored["match_probability"].to_numpy()
    scored_keys, true_keys = _keys(scored, answers, is_dedupe)
    is_true = np.isin(scored_keys, true_keys)
    precision, recall = _shares(is_true[probability >= SURE], len(true_keys))
    considered = probability >= LOWEST
    gap, ratio = _calibration(probability[considered], is_true[considered])
    return Accuracy(
        precision, recall, f1(precision, recall), _best_f1(probability, is_true, len(true_keys)),
        gap, ratio, band_gap(probability[considered], is_true[considered]),
    )  # fmt: skip


def cluster_f1(clusters: Path, truth: Path) -> float:
    """F1 of the pairs that share a cluster.

    Args:
        clusters: record_id, cluster_id.
        truth: record_id_l, record_id_r.
    """
    table = pq.read_table(clusters, columns=["record_id", "cluster_id"])
    answers = pq.read_table(truth, columns=["record_id_l", "record_id_r"])
    label = pc.dictionary_encode(table["cluster_id"]).combine_chunks().indices
    sides = [
        label.take(pc.index_in(answers[name], table["record_id"]).combine_chunks())
        for name in ("record_id_l", "record_id_r")
    ]
    found = pc.sum(pc.equal(*sides)).as_py() or 0
    sizes = np.bincount(label.to_numpy())
    together = int((sizes * (sizes - 1) // 2).sum())
    return 2 * int(found) / max(together + int(answers.num_rows), 1)


def best_links_f1(pairs: Path, truth: Path) -> float:
    """F1 at .95 of two tables' pairs when each record keeps its best partner alone.

    A pair stays if no other pair of either of its records is more probable.
    """
    scored = pq.read_table(pairs, columns=["record_id_l", "record_id_r", "match_probability"])
    scored = scored.filter(pc.greater_equal(scored["match_probability"], SURE)).to_pandas()
    answers = pq.read_table(truth, columns=["record_id_l", "record_id_r"])
    best = np.ones(len(scored), np.bool_)
    for side in ("record_id_l", "record_id_r"):
        most = scored.groupby(side)["match_probability"].transform("max")
        best &= (scored["match_probability"] == most).to_numpy()
    kept = pa.Table.from_pandas(scored[best], preserve_index=False)
    kept_keys, true_keys = _keys(kept, answers, is_dedupe=False)
    return f1(*_shares(np.isin(kept_keys, true_keys), len(true_keys)))


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _shares(is_true: NDArray[np.bool_], n_true: int) -> tuple[float, float]:
    found = int(is_true.sum())
    return found / max(len(is_true), 1), found / max(n_true, 1)


def _best_f1(probability: NDArray[np.float64], is_true: NDArray[np.bool_], n_true: int) -> float:
    """The best F1 over every threshold; pairs of equal probability stand or fall together."""
    order = np.argsort(-probability, kind="stable")
    ends = np.flatnonzero(np.diff(probability[order], append=-1.0))
    curve = 2 * np.cumsum(is_true[order])[ends] / (ends + 1 + n_true)
    return float(curve.max(initial=0.0))


def _calibration(
    probability: NDArray[np.float64], is_true: NDArray[np.bool_]
) -> tuple[float, float]:
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gap: Any = np.abs(np.bincount(bins, probability) - np.bincount(bins, is_true))
    return (
        float(gap.sum() / max(len(probability), 1)),
        float(probability.sum() / max(is_true.sum(), 1)),
    )


def band_gap(probability: NDArray[np.float64], is_true: NDArray[np.bool_]) -> float:
    """Largest |mean probability - share true| among bands of at least BAND_PAIRS pairs."""
    band = np.searchsorted(BAND_EDGES, probability, side="right")
    pairs = np.bincount(band, minlength=len(BAND_EDGES) + 1)
    said, seen = (np.bincount(band, of, len(pairs)) for of in (probability, is_true))
    gaps: Any = np.abs(said - seen)
    return float((gaps / np.maximum(pairs, 1))[pairs >= BAND_PAIRS].max(initial=0.0))


def _keys(scored: pa.Table, answers: pa.Table, is_dedupe: bool) -> tuple[Keys, Keys]:
    """Each pair of both tables as one number; in one table the smaller id first."""
    columns = [
        table[name] for table in (scored, answers) for name in ("record_id_l", "record_id_r")
    ]
    wide = pa.int64() if all(pa.types.is_integer(c.type) for c in columns) else pa.string()
    chunks = [chunk for column in columns for chunk in column.cast(wide).chunks]
    codes = pc.dictionary_encode(pa.chunked_array(chunks, wide)).combine_chunks().indices.to_numpy()
    codes = codes.astype(np.int64)
    found, n = [], int(codes.max(initial=0)) + 1
    for table in (scored, answers):
        left, right, codes = np.split(codes, [table.num_rows, 2 * table.num_rows])
        if is_dedupe:
            left, right = np.minimum(left, right), np.maximum(left, right)
        found.append(left * n + right)
    return found[0], found[1]
