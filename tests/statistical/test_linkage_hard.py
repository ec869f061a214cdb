"""People who are hard to tell apart: families in one home, neighbours, names of many cultures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hard_people import BRITISH, Linkable, Scene, two_files

from pipeline.linkage import LinkageSettings, LinkResult, link

SETTINGS = LinkageSettings(threshold=0.01, random_pairs=300_000)
RECORDS = 3_000


@dataclass(frozen=True)
class Outcome:
    """How a linkage came out, at match probability .95 unless said otherwise.

    Attributes:
        precision: Share of the links that are true.
        recall: Share of the people in both files that are linked.
        calibration_error: Mean gap of probability and share true, pairs at .01 or more.
        result: The linkage.
    """

    precision: float
    recall: float
    calibration_error: float
    result: LinkResult


def outcome(files: Linkable) -> Outcome:
    result = link(files.left, files.right, settings=SETTINGS)
    probability = result.pairs["match_probability"].to_numpy()
    left, right = (result.pairs[f"record_id_{side}"].to_pylist() for side in "lr")
    is_true = np.array([a[1:] == b[1:] for a, b in zip(left, right, strict=True)], bool)
    sure = probability >= 0.95
    bins = np.minimum((probability * 20).astype(int), 19)
    gaps = np.bincount(bins, probability, 20) - np.bincount(bins, is_true, 20)
    return Outcome(
        precision=float(is_true[sure].mean()),
        recall=float(is_true[sure].sum() / files.shared),
        calibration_error=float(np.abs(gaps).sum() / len(probability)),
        result=result,
    )


def scene(base: Scene, seed: int) -> Outcome:
    return outcome(two_files(base, RECORDS, seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_families_and_neighbours_are_not_one_person(seed: int) -> None:
    found = scene(BRITISH, seed)
    assert found.precision > 0.98
    assert found.recall > 0.9
    assert found.calibration_error < 0.025
    assert not [text for text in found.result.warnings if "given_name" in text]
