"""Calibration: bring log odds in line with labelled pairs, by a straight line.

In: log odds of labelled pairs, what was said of them, and how many pairs each stands for. Out:
`Calibration`. It must not know records, patterns, or how log odds came about.

Two numbers say what is commonly wrong with probabilities: all too sure or not sure enough (slope),
all too high or too low (intercept). A line keeps the order of pairs, needs few labels, and is held
towards no change by belief.

Source: Platt 1999, Advances in Large Margin Classifiers, 61-74; Cox 1958, Biometrika 45, 562-565.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 20
"""Labelled pairs of one person, and of two, that a line is fitted to at least."""
INTERCEPT_SPREAD, SLOPE_SPREAD = 1.0, 0.25
"""Standard deviations of what is believed of the intercept, in nats, and of the slope about 1: odds
may well be off by a factor of e and weights by a quarter, much more needs many labels."""
LEAST_SLOPE = 0.1
"""Below it labels would turn the order of pairs round, which a calibration must not."""
FAR = 7.0
"""Log odds count as no farther from even than this (.999): one slip of a reviewer's pen at 30 nats
must not weigh more than all that was judged with care."""
STEPS = 50
SETTLED = 1e-10


@dataclass(frozen=True)
class Calibration:
    """A straight line through log odds.

    Attributes:
        intercept: Added, in nats.
        slope: Multiplied before; above 0.
        matches: Labelled pairs of one person that it was fitted to.
        others: Labelled pairs of two people that it was fitted to.
    """

    intercept: float = 0.0
    slope: float = 1.0
    matches: int = 0
    others: int = 0

    def applied(self, log_odds: Floats) -> Floats:
        """Calibrated natural log odds."""
        calibrated: Floats = self.intercept + self.slope * log_odds
        return calibrated

    def before(self, log_odds: float) -> float:
        """The natural log odds that become these."""
        return (log_odds - self.intercept) / self.slope


NO_CHANGE = Calibration()


def fit_calibration(log_odds: Floats, match: Floats, weight: Floats) -> Calibration | None:
    """The line that labels are likeliest under, held towards no change; None where too few.

    Args:
        log_odds: Natural log odds of the labelled pairs, (n,), in a fixed order.
        match: Share of the labels of each pair that say one person: 1 or 0, but for exact copies.
        weight: Pairs that each stands for.
    """
    matches, others = count_of_either_kind(match)
    if min(matches, others) < FEWEST:
        return None
    x = np.clip(log_odds, -FAR, FAR)
    scaled = weight * information_share(x, weight)
    line = _maximise(x, match, scaled, np.array([0.0, 1.0]), np.array([True, True]))
    if line[1] < LEAST_SLOPE:
        start = np.array([0.0, LEAST_SLOPE])
        line = _maximise(x, match, scaled, start, np.array([True, False]))
    return Calibration(float(line[0]), float(line[1]), matches, others)


def count_of_either_kind(match: Floats) -> tuple[int, int]:
    """Labelled pairs of one person, and of two."""
    matches = int((match >= 0.5).sum())
    return matches, len(match) - matches


def information_share(x: Floats, weight: Floats) -> float:
    """What to multiply weights with, so that they say no more than so few labels can.

    Σwv / Σw²v, with v = p(1-p) what a label at these log odds tells of the intercept: the design
    effect of unequal weights. Equal weights, whatever they are, become 1.

    Source: Kish 1965, Survey Sampling, section 11.7.
    """
    probability = 1 / (1 + np.exp(-x))
    informed = weight * probability * (1 - probability)
    return float(informed.sum() / (weight * informed).sum())


def _maximise(
    x: Floats, match: Floats, weight: Floats, start: Floats, is_free: NDArray[np.bool_]
) -> Floats:
    """Newton's method, halving steps that go too far; the objective is concave."""
    line = start
    best = _objective(x, match, weight, line)
    for _ in range(STEPS):
        step = np.where(is_free, _newton_step(x, match, weight, line, is_free), 0.0)
        if np.abs(step).max() < SETTLED:
            break
        for _ in range(STEPS):
            found = _objective(x, match, weight, line + step)
            if found >= best:
                break
            step = step / 2
        else:
            break
        line, best = line + step, found
    return line


def _objective(x: Floats, match: Floats, weight: Floats, line: Floats) -> float:
    """Weighted log likelihood of the labels, and log density of the line as believed."""
    odds = line[0] + line[1] * x
    likelihood = float((weight * (match * odds - np.logaddexp(0, odds))).sum())
    off = np.array([line[0] / INTERCEPT_SPREAD, (line[1] - 1) / SLOPE_SPREAD])
    return likelihood - float((off**2).sum()) / 2


def _newton_step(
    x: Floats, match: Floats, weight: Floats, line: Floats, is_free: NDArray[np.bool_]
) -> Floats:
    probability = 1 / (1 + np.exp(-(line[0] + line[1] * x)))
    precision = np.array([INTERCEPT_SPREAD, SLOPE_SPREAD]) ** -2.0
    error, spread = weight * (match - probability), weight * probability * (1 - probability)
    gradient = np.array([error.sum(), (error * x).sum()])
    gradient = gradient - precision * (line - np.array([0.0, 1.0]))
    cross = (spread * x).sum() if is_free.all() else 0.0
    curvature = np.array([[spread.sum(), cross], [cross, (spread * x**2).sum()]])
    step: Floats = np.linalg.solve(curvature + np.diag(precision), gradient)
    return step
