"""Wilson's interval and the bins, against published and hand-made figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluate.calibration import (
    calibration_table,
    expected_calibration_error,
    wilson_interval,
)
from pipeline.evaluate.families import JudgedLinks
from pipeline.evaluate.reliability import reliability_of, sensitivity


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    successes: int, trials: int, low: float, high: float
) -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    found = wilson_interval(np.array([successes], float), np.array([trials], float))
    assert found[0][0] == pytest.approx(low, abs=5e-5)
    assert found[1][0] == pytest.approx(high, abs=5e-5)


def test_a_bin_holds_its_lower_edge_and_the_last_holds_one() -> None:
    table = calibration_table(pd.Series([0.0, 0.05, 0.95, 0.99, 1.0]), pd.Series([True] * 5))
    assert table["lower"].to_list() == [0.0, 0.05, 0.95, 0.99]
    assert table["links"].to_list() == [1, 1, 1, 2]


def test_probabilities_that_keep_their_word_have_no_error() -> None:
    p = pd.Series([0.75] * 4)
    table = calibration_table(p, pd.Series([True, True, True, False]))
    assert expected_calibration_error(table) == 0


def judged_links() -> JudgedLinks:
    links = pd.DataFrame({
        "parent_true_id": ["a", "b", "c", "d"], "child_true_id": ["w", "x", "y", "z"],
        "match_probability": [0.99, 0.9, 0.6, 0.01], "is_right": [True, True, False, True],
    })  # fmt: skip
    pairs = links.loc[[0, 1, 3], ["parent_true_id", "child_true_id"]].assign(findable=True)
    return JudgedLinks(links, pairs, 0)


def test_what_other_thresholds_would_give() -> None:
    table = sensitivity(judged_links()).set_index("threshold")
    assert table.loc[0.5, "links"] == 3
    assert table.loc[0.5, "expected_precision"] == pytest.approx((0.99 + 0.9 + 0.6) / 3)
    assert table.loc[0.5, "precision"] == pytest.approx(2 / 3)
    assert table.loc[0.5, "findable_recall"] == pytest.approx(2 / 3)
    assert table.loc[0.95, ["links", "precision"]].tolist() == [1, 1.0]
    assert np.isnan(table.loc[0.999, "precision"])


def test_reliability_says_whether_the_probability_lies_within_the_interval() -> None:
    links = pd.DataFrame({"match_probability": [0.9] * 40, "is_right": [True] * 36 + [False] * 4})
    sexes = pd.Series(["F"] * 20 + ["M"] * 18 + [None] * 2)
    table = reliability_of(links, "child_sex", sexes).set_index("group")
    assert table.loc["F", "observed"] == 1.0
    assert table.loc["M", "observed"] == pytest.approx(16 / 18)
    assert table.loc["not known", "links"] == 2
    assert table.loc["M", "is_within"]
    assert not table.loc["not known", "is_within"]
