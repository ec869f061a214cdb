"""The page of an evaluation: what other thresholds would give, and whether probabilities hold.

In: tables of measures. Out: HTML, and the file. It must not know a value of any record.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from pipeline.charts.look import BLUE, FULL_WIDTH, GREEN, GREY, ORANGE, VERMILION, finished
from pipeline.charts.page import Facts, Section, page
from pipeline.linkage.table_files import check_output, write_text

MEASURES = {
    "expected_precision": ("expected precision", ORANGE),
    "precision": ("precision", VERMILION),
    "findable_recall": ("recall of findable pairs", GREEN),
    "recall": ("recall of all pairs", BLUE),
}
"""Columns of the sensitivity table, what they are called, and their colours."""

MOST_ROWS = 12
"""Thresholds in the table under the chart; the chart has all."""


def write_evaluation_page(
    run_id: str, sensitivity: pd.DataFrame, calibration: pd.DataFrame, out: str | Path
) -> None:
    """Write the page of an evaluation.

    Args:
        run_id: the run.
        sensitivity: `threshold`, `links` and the columns of MEASURES, null where not defined.
        calibration: `mean_probability`, `observed`, `observed_low`, `observed_high`, `links`.
        out: the page, .html.

    Raises:
        LinkageError: the file has another ending, or cannot be written.
    """
    check_output(out, (".html",))
    sections = [_sensitivity(sensitivity), _calibration(calibration)]
    lead = f"Run {run_id} against the truth: parents and children linked."
    write_text(page("Evaluation", lead, sections), out)


def _sensitivity(rows: pd.DataFrame) -> Section:
    text = (
        "What a reader would get who took every link at or above a threshold: how many links, what "
        "share the run itself expects to be right, what share is, and what share of the true pairs "
        "is found.",
        "Where expected precision and precision part, the probabilities do not mean what they say.",
    )
    return Section(
        "Other thresholds", text, (measures_chart(rows), counts_chart(rows)), threshold_facts(rows)
    )


def measures_chart(rows: pd.DataFrame) -> dict[str, Any]:
    """Precision and recall as the threshold moves."""
    long = rows.melt(["threshold"], list(MEASURES), "measure", "share").dropna(subset="share")
    long["measure"] = long["measure"].map({key: name for key, (name, _) in MEASURES.items()})
    names, colours = zip(*MEASURES.values(), strict=True)
    low = math.floor(float(long["share"].min()) * 20 - 0.5) / 20 if len(long) else 0.0
    lines = alt.Chart(long).mark_line(point=True).encode(
        x=_threshold_axis(),
        y=alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=6),
                scale=alt.Scale(domain=[max(low, 0.0), 1.0])),
        color=alt.Color("measure:N", legend=alt.Legend(title=None),
                        scale=alt.Scale(domain=list(names), range=list(colours))),
        strokeDash=alt.StrokeDash("measure:N", sort=list(names), legend=None),
        tooltip=["threshold", "measure", alt.Tooltip("share:Q", format=".2%")],
    )  # fmt: skip
    return finished(lines.properties(width=FULL_WIDTH, height=240))


def counts_chart(rows: pd.DataFrame) -> dict[str, Any]:
    """How many links there are at or above each threshold."""
    bars = alt.Chart(rows[["threshold", "links"]]).mark_bar(color=GREY).encode(
        x=_threshold_axis(),
        y=alt.Y("links:Q", title="links", axis=alt.Axis(format=",.0f", tickCount=4)),
        tooltip=["threshold", alt.Tooltip("links:Q", format=",")],
    )  # fmt: skip
    return finished(bars.properties(width=FULL_WIDTH, height=110))


def _threshold_axis() -> alt.X:
    return alt.X(
        "threshold:O", title="threshold (lowest probability taken)", axis=alt.Axis(labelAngle=0)
    )


def threshold_facts(rows: pd.DataFrame) -> Facts:
    """The same in figures."""
    shown = rows.iloc[_evenly(len(rows), MOST_ROWS)]
    cells = tuple(
        (
            f"{row['threshold']:g}",
            f"{row['links']:,.0f}",
            *(_percent(row[name]) for name in MEASURES),
        )
        for _, row in shown.iterrows()
    )
    headings = ("threshold", "links", *(name for name, _ in MEASURES.values()))
    return Facts(headings, cells, frozenset(range(len(headings))))


def _evenly(size: int, most: int) -> list[int]:
    """At most so many places, the first and the last among them."""
    if size <= most:
        return list(range(size))
    return sorted({round(place * (size - 1) / (most - 1)) for place in range(most)})


def _calibration(rows: pd.DataFrame) -> Section:
    text = (
        "Links by probability: the share of each bin that is right, with its 95% interval, against "
        "the mean probability. On the diagonal a probability means what it says.",
    )
    return Section("Does the probability mean what it says?", text, (calibration_chart(rows),))


def calibration_chart(rows: pd.DataFrame) -> dict[str, Any]:
    """Observed share against mean probability, bin by bin."""
    ends = pd.DataFrame({"mean_probability": [0.0, 1.0], "observed": [0.0, 1.0]})
    scale = alt.Scale(domain=[0.0, 1.0])
    x = alt.X("mean_probability:Q", title="mean probability", scale=scale,
              axis=alt.Axis(format=".0%"))  # fmt: skip
    y = alt.Y("observed:Q", title="share right", scale=scale, axis=alt.Axis(format=".0%"))
    bins = alt.Chart(rows)
    layers = alt.layer(
        alt.Chart(ends).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y),
        bins.mark_rule(color=BLUE).encode(
            x=x, y=alt.Y("observed_low:Q", scale=scale), y2="observed_high:Q"
        ),
        bins.mark_point(color=BLUE, filled=True, size=60).encode(
            x=x, y=y,
            tooltip=[alt.Tooltip("mean_probability:Q", format=".3f"),
                     alt.Tooltip("observed:Q", format=".3f"), alt.Tooltip("links:Q", format=",")],
        ),
    )  # fmt: skip
    return finished(layers.properties(width=420, height=320))


def _percent(share: float) -> str:
    return "-" if pd.isna(share) else f"{share:.1%}"
