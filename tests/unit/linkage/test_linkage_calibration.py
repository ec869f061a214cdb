"""Lines through log odds, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from pipeline.linkage.learning.calibration import (
    FAR,
    FEWEST,
    LEAST_SLOPE,
    NO_CHANGE,
    Calibration,
    count_of_either_kind,
    fit_calibration,
    information_share,
)


def labelled(*groups: tuple[float, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Log odds and labels: at each of these log odds so many matches and so many others."""
    odds = np.concatenate([np.full(matches + others, x) for x, matches, others in groups])
    match = np.concatenate([np.repeat([1.0, 0.0], group[1:]) for group in groups])
    return odds, match


def fitted(*groups: tuple[float, int, int], weight: float = 1.0) -> Calibration:
    odds, match = labelled(*groups)
    found = fit_calibration(odds, match, np.full(len(odds), weight))
    assert found is not None
    return found


def test_labels_that_bear_the_probabilities_out_change_nothing() -> None:
    # At log odds ln 3 three in four match, at -ln 3 one in four: the identity is likeliest, and
    # belief has nothing to add.
    found = fitted((np.log(3), 60, 20), (-np.log(3), 20, 60))
    assert (found.intercept, found.slope) == (pytest.approx(0, abs=1e-9), pytest.approx(1))
    assert (found.matches, found.others) == (80, 80)


def test_the_intercept_is_where_labels_and_belief_are_in_balance() -> None:
    # All at even odds, which say nothing of the slope: Σ(y - p) = intercept, of variance 1. The
    # odds that there is anything to correct are those of the labels, by Laplace's approximation.
    line = brentq(lambda a: 160 - 200 / (1 + np.exp(-a)) - a, 0, 2)
    p = 1 / (1 + np.exp(-line))
    gain = 160 * np.log(p) + 40 * np.log(1 - p) - line**2 / 2 - 200 * np.log(0.5)
    worth = 1 / (1 + np.exp(-(gain - np.log(200 * p * (1 - p) + 1) / 2)))
    found = fitted((0.0, 160, 40))
    assert found.slope == pytest.approx(1)
    assert found.intercept == pytest.approx(worth * line)
    assert 1 < found.intercept < np.log(160 / 40)


def test_labels_that_chance_explains_hardly_change_anything() -> None:
    # The line through 30 of 50 at even odds has its intercept at .37, and odds of about 1 to 2.
    assert 0.05 < fitted((0.0, 30, 20)).intercept < 0.2


def test_slope_and_intercept_solve_both_equations() -> None:
    # So many labels leave no doubt that there is something to correct.
    groups = ((2.0, 950, 50), (0.0, 900, 100), (-2.0, 500, 500))
    found = fitted(*groups)
    odds, match = labelled(*groups)
    error = match - 1 / (1 + np.exp(-(found.intercept + found.slope * odds)))
    assert error.sum() == pytest.approx(found.intercept / 1.0**2)
    assert (error * odds).sum() == pytest.approx((found.slope - 1) / 0.25**2)


@pytest.mark.parametrize("kinds", [(FEWEST - 1, 500), (500, FEWEST - 1), (0, 0)])
def test_too_few_labels_of_either_kind_teach_no_line(kinds: tuple[int, int]) -> None:
    odds, match = labelled((0.0, *kinds))
    assert fit_calibration(odds, match, np.ones(len(odds))) is None
    assert count_of_either_kind(match) == kinds


def test_equal_weights_count_as_one_whatever_they_are() -> None:
    assert fitted((0.0, 30, 20), weight=700.0) == fitted((0.0, 30, 20))


def test_unequal_weights_say_no_more_than_so_few_labels_can() -> None:
    # v is 1/4 for both: (1 + 3) / (1 + 9).
    assert information_share(np.zeros(2), np.array([1.0, 3.0])) == pytest.approx(0.4)


def test_weights_mend_what_choosing_by_the_outcome_broke() -> None:
    # Of 400 pairs at even odds half match; a quarter of the matches were labelled, all others.
    odds, match = np.zeros(250), np.repeat([1.0, 0.0], [50, 200])
    weight = np.where(match == 1, 4.0, 1.0)
    as_if_fair = fit_calibration(odds, match, np.ones(250))
    weighed = fit_calibration(odds, match, weight)
    assert as_if_fair is not None
    assert weighed is not None
    assert as_if_fair.intercept < -1
    assert weighed.intercept == pytest.approx(0, abs=1e-9)


def test_labels_against_the_order_of_pairs_never_turn_it_round() -> None:
    found = fitted((4.0, 10, 90), (-4.0, 90, 10))
    assert found.slope == pytest.approx(LEAST_SLOPE)


def test_far_odds_count_as_no_farther_than_sure() -> None:
    near = fitted((FAR, 50, 1), (0.0, 20, 20))
    assert fitted((60.0, 50, 1), (0.0, 20, 20)) == near


def test_a_line_can_be_undone_and_no_change_is_exact() -> None:
    line = Calibration(intercept=0.7, slope=1.3)
    odds = np.array([-3.0, 0.1, 2.5])
    assert line.applied(odds) == pytest.approx([0.7 - 3.9, 0.83, 3.95])
    assert line.before(float(line.applied(odds)[2])) == pytest.approx(2.5)
    assert (NO_CHANGE.applied(odds) == odds).all()
