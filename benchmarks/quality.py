"""How good linking persons is on open sets with known truth: no spec, no labels, one setting.

In: a folder holding one folder a set, with `records.parquet` (or `left.parquet`, `right.parquet`)
and `truth_pairs.parquet`. Out: a table on the terminal. Usage:

    python benchmarks/quality.py DATA_FOLDER [SET ...]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.linkage import LinkageSettings, LinkResult, dedupe, link

SURE = 0.95
LOWEST = 0.01
BINS = 20


@dataclass(frozen=True)
class Quality:
    """How one set came out.

    Attributes:
        precision: At match probability .95.
        recall: At .95, of all true pairs; a pair that blocking missed counts as missed.
        best_f1: F1 at the best threshold, chosen with the answer key.
        calibration_error: Mean gap between probability and share true, pairs at .01 or more.
        expected_to_true: Summed probability over true pairs, among those pairs.
        seconds: Wall time.
    """

    precision: float
    recall: float
    best_f1: float
    calibration_error: float
    expected_to_true: float
    seconds: float

    @property
    def f1(self) -> float:
        return f1(self.precision, self.recall)


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_folder", type=Path)
    parser.add_argument("sets", nargs="*", help="only these sets")
    arguments = parser.parse_args()
    folders = sorted(p.parent for p in arguments.data_folder.glob("*/truth_pairs.parquet"))
    if not folders:
        sys.exit(f"no set with truth_pairs.parquet under {arguments.data_folder}")
    warm_up()
    print(f"{'set':<18}{'P@.95':>8}{'R@.95':>8}{'F1@.95':>8}{'best F1':>9}{'cal.err':>9}"
          f"{'exp/true':>10}{'seconds':>9}")  # fmt: skip
    for folder in folders:
        if not arguments.sets or folder.name in arguments.sets:
            show(folder.name, measure(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB; seconds exclude compilation")


def warm_up() -> None:
    """Compile or load every kernel, so that no set pays for it."""
    names = ["Ada", "Bea", "Cyd", "Dot"] * 10
    table = pa.table({
        "record_id": [f"r{i:03d}" for i in range(40)],
        "given_name": names,
        "surname": [f"{name}son{i % 7}" for i, name in enumerate(names)],
        "date_of_birth": [f"19{50 + i % 20}-0{1 + i % 9}-1{i % 10}" for i in range(40)],
    })  # fmt: skip
    dedupe(table)
    link(table, table)


def measure(folder: Path) -> Quality:
    start = time.perf_counter()
    result = run(folder)
    seconds = time.perf_counter() - start
    truth = pq.read_table(folder / "truth_pairs.parquet")
    return quality(result, truth, seconds)


def run(folder: Path) -> LinkResult:
    settings = LinkageSettings(threshold=LOWEST)
    if (folder / "records.parquet").exists():
        return dedupe(pq.read_table(folder / "records.parquet"), settings=settings)
    sides = [pq.read_table(folder / f"{side}.parquet") for side in ("left", "right")]
    return link(sides[0], sides[1], settings=settings)


def quality(result: LinkResult, truth: pa.Table, seconds: float) -> Quality:
    probability = result.pairs["match_probability"].to_numpy()
    true_keys = keys(truth, result.clusters is not None)
    is_true = np.isin(keys(result.pairs, result.clusters is not None), true_keys)
    sure = probability >= SURE
    order = np.argsort(-probability, kind="stable")
    curve = 2 * np.cumsum(is_true[order]) / (np.arange(1, len(order) + 1) + len(true_keys))
    gaps = np.minimum((probability * BINS).astype(int), BINS - 1)
    gap = np.abs(np.bincount(gaps, probability) - np.bincount(gaps, is_true))
    return Quality(
        precision=float(is_true[sure].mean()) if sure.any() else 0.0,
        recall=float(is_true[sure].sum() / len(true_keys)),
        best_f1=float(curve.max(initial=0.0)),
        calibration_error=float(gap.sum() / max(len(probability), 1)),
        expected_to_true=float(probability.sum() / max(is_true.sum(), 1)),
        seconds=seconds,
    )


def keys(pairs: pa.Table, is_dedupe: bool) -> np.ndarray:
    """Each pair as one text; in one table the smaller id first."""
    left, right = (pairs[name].to_numpy().astype(str) for name in ("record_id_l", "record_id_r"))
    if is_dedupe:
        first = left < right
        left, right = np.where(first, left, right), np.where(first, right, left)
    return np.char.add(np.char.add(left, "\x1f"), right)


def show(name: str, found: Quality) -> None:
    print(f"{name:<18}{found.precision:>8.4f}{found.recall:>8.4f}{found.f1:>8.4f}{found.best_f1:>9.4f}"
          f"{found.calibration_error:>9.4f}{found.expected_to_true:>10.3f}{found.seconds:>9.1f}",
          flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
