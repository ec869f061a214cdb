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
