"""Charts of scored pairs: how one pair came to its probability, and what each threshold costs.

In: the pairs of `kinlink link` or `kinlink dedupe` and their model. Out: Vega-Lite specifications
and tables. It must not know the records: a chart names record ids, comparisons and levels, never a
value.
"""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.charts.look import (
    BAR_STEP,
    BLUE,
    FULL_WIDTH,
    GREEN,
    GREY,
    ORANGE,
    PLOT_WIDTH,
    VERMILION,
    finished,
    named,
    whole_axis,
)
from pipeline.charts.page import Facts
from pipeline.errors import LinkageError
from pipeline.linkage.model import TrainedModel

MATCH, POTENTIAL = 0.95, 0.5
"""Lowest match probabilities of the bands `match` and `potential` (docs/glossary.md)."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
BANDS = {f"match (from {MATCH})": BLUE, f"potential (from {POTENTIAL})": ORANGE, "low": GREY}
MOST_BITS = 40
"""Weights beyond are drawn at the end of the scale."""


def pair_parts(pairs: pa.Table, model: TrainedModel, left: str, right: str) -> pd.DataFrame:
    """The parts that a pair's match weight is the sum of, from the prior to the total.

    Columns: part, says (what was found, in words; no value), start, end, bits, kind (`start`,
    `evidence` or `total`). Parts that add nothing but comparisons not made are kept, so that a
    reader sees what was missing.

    Raises:
        LinkageError: The pair is not among the pairs, or they are of another model.
    """
    row = _pair(pairs, left, right)
    steps = [("prior", "how rare matches are among all pairs", model.prior_bits)]
    weights = model.weights_bits()
    for number, comparison in enumerate(model.spec.comparisons):
        if f"level_{comparison.name}" not in row:
            raise LinkageError(
                f"the pairs have no column level_{comparison.name}: they were not written with "
                "this model; link again with --model"
            )
        level, found = row[f"level_{comparison.name}"], row[f"weight_{comparison.name}_bits"]
        if level is None:
            steps.append((comparison.name, "not comparable", 0.0))
            continue
        bits = float(weights[number, level])
        steps.append((comparison.name, comparison.levels[level], bits))
        if abs(found - bits) > 0.005:
            steps.append((f"{comparison.name}: rarity", "how rare what agrees is", found - bits))
    together = row["weight_dependence_bits"]
    steps.append(("dependence", "slips that go together", together))
    rest = row["match_weight_bits"] - sum(bits for *_, bits in steps)
    steps.append(("rivals and households", "other candidates, cluster, household", rest))
    return _stacked(steps, row["match_weight_bits"])


def _pair(pairs: pa.Table, left: str, right: str) -> dict[str, Any]:
    is_left = pc.equal(pairs["record_id_l"].cast(pa.string()), left)
    is_right = pc.equal(pairs["record_id_r"].cast(pa.string()), right)
    found = pairs.filter(pc.and_(is_left, is_right)).to_pylist()
    if not found:
        raise LinkageError(
            f"the pair {left}, {right} is not among the {pairs.num_rows:,} pairs; name the left "
            "record first, or link again with a lower --threshold"
        )
    return dict(found[0])


def _stacked(steps: list[tuple[str, str, float]], total: float) -> pd.DataFrame:
    rows, at = [], 0.0
    for number, (part, says, bits) in enumerate(steps):
        kind = "start" if number == 0 else "evidence"
        rows.append((part, says, at, at + bits, bits, kind))
        at += bits
    rows.append(("total", f"match probability {_probability(total)}", 0.0, total, total, "total"))
    return pd.DataFrame(rows, columns=["part", "says", "start", "end", "bits", "kind"])


def _probability(bits: float) -> str:
    """The probability of these log2 odds, never rounded to certainty."""
    if bits > 0:
        return f"1 - {1 / (1 + 2**bits):.1g}" if bits > 10 else f"{1 / (1 + 2**-bits):.3f}"
    return f"{1 / (1 + 2 ** min(-bits, 1000)):.2g}"


def waterfall_chart(parts: pd.DataFrame) -> dict[str, Any]:
    """How the parts add up to the pair's match weight."""
    parts = parts.assign(
        label=parts["part"] + ": " + parts["says"],
        sign=np.select(
            [parts["kind"] != "evidence", parts["bits"] >= 0],
            ["prior and total", "for one person"],
            "against",
        ),
        edge=parts[["start", "end"]].max(axis=1),
        said=[f"{bits:+.1f}" for bits in parts["bits"]],
    )
    y = named("label", parts["label"].tolist())
    low = min(float(parts[["start", "end"]].min().min()), 0.0)
    high = max(float(parts["edge"].max()), math.log2(MATCH / (1 - MATCH)))
    scale = alt.Scale(domain=[low - 1, high + (high - low) * 0.1], nice=False)
    colour = alt.Color(
        "sign:N",
        scale=alt.Scale(
            domain=["for one person", "against", "prior and total"], range=[BLUE, VERMILION, GREY]
        ),
        legend=alt.Legend(title=None),
    )
    base = alt.Chart(parts)
    bars = base.mark_bar(height=BAR_STEP - 7).encode(
        y=y, x=alt.X("start:Q", scale=scale, title="match weight so far, bits"), x2="end:Q",
        color=colour, tooltip=["part", "says", alt.Tooltip("bits:Q", format="+.2f")],
    )  # fmt: skip
    text = base.mark_text(align="left", dx=4).encode(
        y=y, x=alt.X("edge:Q", scale=scale), text="said"
    )
    chart = alt.layer(_threshold_rules(), bars, text)
    return finished(chart.properties(width=PLOT_WIDTH, height=BAR_STEP * len(parts)))


def _threshold_rules() -> Any:
    lines = pd.DataFrame({"bits": [_bits(POTENTIAL), _bits(MATCH)]})
    return alt.Chart(lines).mark_rule(strokeDash=[4, 3], color="#9aa5b1").encode(x="bits:Q")


def _bits(probability: float) -> float:
    return math.log2(probability / (1 - probability))


def histogram_chart(pairs: pa.Table) -> dict[str, Any]:
    """Scored pairs by match weight, one bit a bar, coloured by band."""
    bits = pairs["match_weight_bits"].to_numpy()
    table = pd.DataFrame({"bits": np.clip(np.floor(bits), -MOST_BITS, MOST_BITS)})
    names = list(BANDS)
    likely = pairs["match_probability"].to_numpy()
    table["band"] = np.select([likely >= MATCH, likely >= POTENTIAL], names[:2], names[2])
    counted = table.groupby(["bits", "band"], observed=True).size().rename("pairs").reset_index()
    counted["to"] = counted["bits"] + 1
    x = alt.X("bits:Q", bin="binned", title="match weight, bits (log2 odds)",
              axis=alt.Axis(tickCount=12))  # fmt: skip
    bars = alt.Chart(counted).mark_bar(stroke="white", strokeWidth=0.5).encode(
        x=x, x2="to:Q", y=alt.Y("pairs:Q", axis=whole_axis("pairs"), stack="zero"),
        color=alt.Color("band:N", scale=alt.Scale(domain=names, range=list(BANDS.values())),
                        legend=alt.Legend(title="band")),
        tooltip=["bits", "band", alt.Tooltip("pairs:Q", format=",")],
    )  # fmt: skip
    chart = alt.layer(bars, _threshold_rules())
    return finished(chart.properties(width=FULL_WIDTH, height=230))


def threshold_rows(pairs: pa.Table, matches: float | None = None) -> pd.DataFrame:
    """What accepting all pairs from each threshold brings, as far as probabilities tell.

    Columns: threshold, links, expected_true, expected_precision, expected_recall.

    Args:
        pairs: Scored pairs.
        matches: Matches there are, as far as known (found and missed by blocking); the expected
            matches among `pairs` where nothing better is known.
    """
    likely = np.sort(pairs["match_probability"].to_numpy())[::-1]
    expected = np.concatenate([[0.0], np.cumsum(likely)])
    total = max(matches or 0.0, float(expected[-1]), 1e-12)
    lowest = float(likely[-1]) if len(likely) else 1.0
    rows = []
    for threshold in (t for t in THRESHOLDS if t >= min(lowest, POTENTIAL)):
        links = int(np.searchsorted(-likely, -threshold, side="right"))
        true = float(expected[links])
        rows.append((threshold, links, true, true / links if links else math.nan, true / total))
    names = ["threshold", "links", "expected_true", "expected_precision", "expected_recall"]
    return pd.DataFrame(rows, columns=names)


def threshold_facts(rows: pd.DataFrame) -> Facts:
    """The same to read."""
    return Facts(
        ("threshold", "links", "expected true", "expected precision", "expected recall"),
        tuple(
            (
                f"{row.threshold:g}", f"{row.links:,}", f"{row.expected_true:,.0f}",
                f"{row.expected_precision:.2%}" if row.links else "", f"{row.expected_recall:.1%}",
            )
            for row in rows.itertuples()
        ),
        frozenset(range(5)),
    )  # fmt: skip


def threshold_chart(rows: pd.DataFrame) -> dict[str, Any]:
    """Expected precision and recall against the threshold."""
    long = rows.melt(["threshold"], ["expected_precision", "expected_recall"], "measure", "share")
    long["measure"] = long["measure"].str.replace("expected_", "expected ")
    names = ["expected precision", "expected recall"]
    low = max(0.0, math.floor(float(long["share"].min()) * 20 - 0.5) / 20)
    lines = alt.Chart(long).mark_line(point=True).encode(
        x=alt.X("threshold:O", title="threshold (lowest match probability accepted)",
                axis=alt.Axis(labelAngle=0)),
        y=alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=6),
                scale=alt.Scale(domain=[low, 1.0])),
        color=alt.Color("measure:N", scale=alt.Scale(domain=names, range=[BLUE, GREEN]),
                        legend=alt.Legend(title=None)),
        strokeDash=alt.StrokeDash("measure:N", sort=names, legend=None),
        tooltip=["threshold", "measure", alt.Tooltip("share:Q", format=".2%")],
    )  # fmt: skip
    return finished(lines.properties(width=FULL_WIDTH, height=200))


UNLINKABLE_AT = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)


def unlinkable_rows(bits: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Share of records that do not reach each probability even against a perfect copy.

    Args:
        bits: From `own_weights_bits`.
    """
    shares = [float((bits < _bits(p)).mean()) if len(bits) else math.nan for p in UNLINKABLE_AT]
    return pd.DataFrame({"probability": UNLINKABLE_AT, "share": shares})


def unlinkable_chart(rows: pd.DataFrame) -> dict[str, Any]:
    """Unlinkable share by the probability wanted."""
    top = max(0.01, float(rows["share"].max()) * 1.2)
    base = alt.Chart(rows).encode(
        x=alt.X("probability:O", title="match probability wanted", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("share:Q", title="records that cannot reach it", scale=alt.Scale(domain=[0, top]),
                axis=alt.Axis(format=".1%", tickCount=5)),
    )  # fmt: skip
    bars = base.mark_bar(color=ORANGE, width=46).encode(
        tooltip=["probability", alt.Tooltip("share:Q", format=".3%")]
    )
    text = base.mark_text(dy=-7).encode(text=alt.Text("share:Q", format=".2%"))
    chart = alt.layer(bars, text)
    return finished(chart.properties(width=FULL_WIDTH, height=180))
