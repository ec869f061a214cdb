"""Calibration from reviewers' judgements: design weights, order, refusals."""

import numpy as np
import pandas as pd
import pytest

from pipeline.family.calibration import calibrate, effective_number


def reviewed(size: int, seed: int, route: str = "recorded") -> pd.DataFrame:
    """Links of which a share p ** 2 is right: the model is too sure."""
    draw = np.random.default_rng(seed)
    p = draw.random(size)
    return pd.DataFrame({
        "route": route, "match_probability": p, "is_parent": draw.random(size) < p**2,
        "weight": 1.0,
    })  # fmt: skip


def test_too_sure_a_model_is_brought_down_to_what_reviewers_confirm():
    calibration = calibrate(reviewed(4000, seed=1))
    p = np.array([0.2, 0.5, 0.8])
    found = calibration.apply(np.full(3, "recorded"), p)
    assert found == pytest.approx(p**2, abs=0.07)


def test_the_order_of_probabilities_is_kept():
    p = np.linspace(0, 1, 101)
    found = calibrate(reviewed(400, seed=2)).apply(np.full(101, "recorded"), p)
    assert (np.diff(found) >= 0).all()


def test_a_doubtful_sample_counts_by_its_design_weights():
    everybody = reviewed(20_000, seed=3)
    draw = np.random.default_rng(4)
    # Wrong links are five times as likely to be drawn for review.
    chance = np.where(everybody.is_parent, 0.1, 0.5)
    sample = everybody.assign(weight=1 / chance)[draw.random(len(everybody)) < chance]
    found = calibrate(sample).apply(np.array(["recorded"]), np.array([0.7]))
    assert found[0] == pytest.approx(0.49, abs=0.08)
    unweighted = calibrate(sample.assign(weight=1.0)).apply(np.array(["recorded"]), np.array([0.7]))
    assert unweighted[0] < 0.3


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        pytest.param(reviewed(60, seed=5), "100 needed", id="sixty judgements"),
        pytest.param(
            reviewed(300, seed=5).assign(weight=[1000.0] + [1.0] * 299), "100 needed",
            id="one judgement that outweighs all others",
        ),
        pytest.param(reviewed(300, seed=5).assign(is_parent=True), "either kind", id="no refusal"),
    ],
)  # fmt: skip
def test_a_route_with_too_few_judgements_is_left_as_it_is(rows, why):
    calibration = calibrate(rows)
    assert why in calibration.refused["recorded"]
    assert calibration.apply(np.array(["recorded"]), np.array([0.4])).tolist() == [0.4]


def test_routes_are_calibrated_apart():
    rows = pd.concat([reviewed(4000, seed=6), reviewed(50, seed=7, route="both")])
    calibration = calibrate(rows)
    assert set(calibration.steps) == {"recorded"}
    found = calibration.apply(np.array(["both", "recorded"]), np.array([0.5, 0.5]))
    assert found[0] == 0.5
    assert found[1] == pytest.approx(0.25, abs=0.07)


def test_effective_number():
    assert effective_number(np.array([1.0, 1.0])) == 2.0
    assert effective_number(np.array([3.0, 1.0])) == pytest.approx(1.6)
