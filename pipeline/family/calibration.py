"""Calibrate probabilities from what reviewers decided, route by route.

In: reviewed links (route, probability, decision, design weight). Out: `Calibration`, which maps a
probability to the share of such links that reviewers confirmed. It must not know people, bands or
how the reviewed were drawn, beyond their weights.

Reviewers see a sample that is anything but random: doubtful links above all. Each judgement
therefore counts by its design weight, the inverse of the chance that its link had of being drawn.
The map is monotone (a likelier link never becomes the less likely), held to the model by a few
judgements' worth of belief, and is not made at all for a route with too few judgements.

Source: pool-adjacent-violators (Ayer et al. 1955); Kish's effective sample size (1965).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

ROUTES = ("both", "nominated", "recorded", "neither")

FEWEST = 100.0
"""Effective judgements below which a route is not calibrated: an observed share of one half would
have an interval of twenty points, more than the model is out."""

FEWEST_OF_A_KIND = 10
"""Confirmed, and refused, judgements that a route must have each."""

BELIEF = 5.0
"""Judgements' worth of the model's own mean probability that each step is held to."""


@dataclass(frozen=True)
class Calibration:
    """What reviewers made of each route's probabilities.

    Attributes:
        steps: by route, the model's probabilities (ascending) and the calibrated ones at them.
        refused: routes without enough judgements, and why, in counts.
    """

    steps: Mapping[str, tuple[np.ndarray, np.ndarray]]
    refused: Mapping[str, str]

    def apply(self, route: np.ndarray, probability: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, (n,); as they were where the route is not calibrated."""
        calibrated = probability.astype(float).copy()
        for name, (model, confirmed) in self.steps.items():
            rows = route == name
            calibrated[rows] = np.interp(probability[rows], model, confirmed)
        return calibrated


def calibrate(reviewed: pd.DataFrame) -> Calibration:
    """Learn a monotone map for each route with enough judgements.

    Args:
        reviewed: `route` (one of ROUTES), `match_probability`, `is_parent` (the decision; unsure
            ones left out) and `weight` (design weight, above 0).
    """
    steps, refused = {}, {}
    for route in ROUTES:
        rows = reviewed[reviewed["route"] == route]
        reason = _too_few(rows)
        if reason:
            refused[route] = reason
        else:
            steps[route] = _monotone(rows.sort_values("match_probability", kind="stable"))
    return Calibration(steps, refused)


def effective_number(weights: np.ndarray) -> float:
    """Judgements of equal weight that these are worth: (Σw)² / Σw²."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def _too_few(rows: pd.DataFrame) -> str:
    effective = effective_number(rows["weight"].to_numpy(float))
    confirmed = int(rows["is_parent"].sum())
    if effective < FEWEST:
        return (
            f"{len(rows)} judgements are worth {effective:.0f} of equal weight; {FEWEST:.0f} needed"
        )
    if min(confirmed, len(rows) - confirmed) < FEWEST_OF_A_KIND:
        return f"{confirmed} of {len(rows)} confirmed; {FEWEST_OF_A_KIND} of either kind needed"
    return ""


def _monotone(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Steps of the weighted isotonic fit: mean model probability and confirmed share of each."""
    weight = rows["weight"].to_numpy(float)
    weight = weight * effective_number(weight) / weight.sum()
    model = rows["match_probability"].to_numpy(float)
    pools: list[list[float]] = []
    for one_weight, one_model, is_parent in zip(weight, model, rows["is_parent"], strict=True):
        pools.append([one_weight, one_weight * one_model, one_weight * float(is_parent)])
        while len(pools) > 1 and pools[-2][2] * pools[-1][0] >= pools[-1][2] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [one + other for one, other in zip(pools[-1], last, strict=True)]
    pooled = np.array(pools)
    means = pooled[:, 1] / pooled[:, 0]
    shares = (pooled[:, 2] + BELIEF * means) / (pooled[:, 0] + BELIEF)
    # Holding steps to the model may bring neighbours out of order by a hair.
    return means, np.maximum.accumulate(shares)
