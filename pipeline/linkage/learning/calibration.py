"""Calibration: bring log odds in line with labelled pairs, by a straight line.

In: log odds of labelled pairs, what was said of them, and how many pairs each stands for. Out:
`Calibration`. It must not know records, patterns, or how log odds came about.

Two numbers say what is commonly wrong with probabilities: not sure enough or too sure (slope), too
low or too high (intercept). A line keeps the order of pairs and needs few labels. It is held near
no change twice: by belief in its two numbers, and by the chance that nothing is wrong at all.

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
UNCHANGED = np.array([0.0, 1.0])
PRECISION = np.array([INTERCEPT_SPREAD, SLOPE_SPREAD]) ** -2.0
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
    seen = LabelledOdds(x, match, weight * information_share(x, weight))
    line = _maximise(seen, UNCHANGED, np.array([True, True]))
    if line[1] < LEAST_SLOPE:
        line = _maximise(seen, np.array([0.0, LEAST_SLOPE]), np.array([True, False]))
    line = UNCHANGED + worth_of(seen, line) * (line - UNCHANGED)
    return Calibration(float(line[0]), float(line[1]), matches, others)


def count_of_either_kind(match: Floats) -> tuple[int, int]:
    """Labelled pairs of one person, and of two."""
    matches = int((match >= 0.5).sum())
    return matches, len(match) - matches


def information_share(x: Floats, weight: Floats) -> float:
    """What to multiply weights with, so that they say no more than so few labels can.

    Σwv / Σw²v, with v = p(1-p) what a label at log odds x tells of the intercept: the design effect
    of unequal weights. Equal weights, whatever they are, become 1.

    Source: Kish 1965, Survey Sampling, section 11.7.
    """
    probability = 1 / (1 + np.exp(-x))
    told = weight * probability * (1 - probability)
    return float(told.sum() / (weight * told).sum())


@dataclass(frozen=True)
class LabelledOdds:
    """Labelled pairs, each array (n,).

    Attributes:
        x: Log odds.
        match: How far each is one person.
        weight: What each label counts.
    """

    x: Floats
    match: Floats
    weight: Floats

    def log_posterior(self, line: Floats) -> float:
        """Weighted log likelihood of the labels, and log density of the line as believed."""
        odds = line[0] + line[1] * self.x
        likelihood = (self.weight * (self.match * odds - np.logaddexp(0, odds))).sum()
        off = line - UNCHANGED
        return float(likelihood - (PRECISION * off**2).sum() / 2)

    def curvature(self, line: Floats) -> Floats:
        """Minus the second derivatives of the log posterior, (2, 2)."""
        probability = 1 / (1 + np.exp(-(line[0] + line[1] * self.x)))
        spread = self.weight * probability * (1 - probability)
        cross = (spread * self.x).sum()
        told = np.array([[spread.sum(), cross], [cross, (spread * self.x**2).sum()]])
        curvature: Floats = told + np.diag(PRECISION)
        return curvature

    def gradient(self, line: Floats) -> Floats:
        """First derivatives of the log posterior, (2,)."""
        probability = 1 / (1 + np.exp(-(line[0] + line[1] * self.x)))
        error = self.weight * (self.match - probability)
        told = np.array([error.sum(), (error * self.x).sum()])
        gradient: Floats = told - PRECISION * (line - UNCHANGED)
        return gradient


def worth_of(seen: LabelledOdds, line: Floats) -> float:
    """How likely it is that there is anything to correct, the two being equally likely before.

    The odds are those of the labels under a line of unknown intercept and slope, against no change
    (Laplace's approximation). Where the model is right a few hundred labels draw a crooked line by
    chance, and its odds are low.

    Source: Kass and Raftery 1995, Journal of the American Statistical Association 90, 773-795.
    """
    gain = seen.log_posterior(line) - seen.log_posterior(UNCHANGED)
    spread = np.log(PRECISION).sum() - np.linalg.slogdet(seen.curvature(line))[1]
    return float(1 / (1 + np.exp(-(gain + spread / 2))))


def _maximise(seen: LabelledOdds, start: Floats, is_free: NDArray[np.bool_]) -> Floats:
    """Newton's method, halving steps that go too far; the objective is concave."""
    line, best = start, seen.log_posterior(start)
    for _ in range(STEPS):
        curvature = np.where(np.outer(is_free, is_free), seen.curvature(line), np.eye(2))
        step = np.where(is_free, np.linalg.solve(curvature, seen.gradient(line)), 0.0)
        while seen.log_posterior(line + step) < best and np.abs(step).max() > SETTLED:
            step = step / 2
        if np.abs(step).max() <= SETTLED:
            break
        line = line + step
        best = seen.log_posterior(line)
    return line
