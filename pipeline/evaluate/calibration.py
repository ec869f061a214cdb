"""Whether a link's probability means what it says.

In: judged links. Out: per bin of probability, how many links, their mean probability, and the share
that is right with its interval; and the expected calibration error.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

BIN_EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Finer at the ends, where decisions are taken."""

NORMAL_QUANTILE = 1.959964
"""Two-sided 95%."""

Numbers = npt.NDArray[np.float64]


def calibration_table(probability: pd.Series, is_right: pd.Series) -> pd.DataFrame:
    """One row per bin that holds a link, its observed share with a 95% interval.

    A bin holds its lower edge; the last one holds both.
    """
    values = probability.to_numpy(float)
    bins = np.clip(np.searchsorted(BIN_EDGES, values, side="right") - 1, 0, len(BIN_EDGES) - 2)
    grouped = pd.DataFrame({"bin": bins, "p": values, "right": is_right.to_numpy(float)})
    summary = grouped.groupby("bin").agg(
        links=("p", "size"), mean_probability=("p", "mean"), right=("right", "sum")
    )
    edges = np.asarray(BIN_EDGES)
    low, high = wilson_interval(summary["right"].to_numpy(float), summary["links"].to_numpy(float))
    return pd.DataFrame({
        "lower": edges[summary.index], "upper": edges[summary.index + 1],
        "links": summary["links"].to_numpy(),
        "mean_probability": summary["mean_probability"].to_numpy(),
        "observed": (summary["right"] / summary["links"]).to_numpy(),
        "observed_low": low, "observed_high": high,
    })  # fmt: skip


def wilson_interval(successes: Numbers, trials: Numbers) -> tuple[Numbers, Numbers]:
    """The 95% interval of a share.

    Source: Wilson 1927, Journal of the American Statistical Association 22:209–212.
    """
    z2 = NORMAL_QUANTILE**2
    observed = successes / trials
    centre = (observed + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = observed * (1 - observed) / trials + z2 / (4 * trials**2)
    half = NORMAL_QUANTILE * np.sqrt(spread) / (1 + z2 / trials)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Mean distance between probability and observed share, weighted by links; null of no links.

    Source: Naeini, Cooper and Hauskrecht 2015, AAAI, equation 3.
    """
    if table.empty:
        return float("nan")
    distance = (table["mean_probability"] - table["observed"]).abs()
    return float(np.average(distance, weights=table["links"]))
