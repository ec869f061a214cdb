"""Charts of the speed benchmark.

In: rows of results. Out: an HTML page, and SVG where the renderer is installed. Altair is imported
inside functions: measuring needs no charts.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLOURS = {"kinlink": "#1d70b8", "splink": "#b1b4b6", "recordlinkage": "#f3b279"}
RENDERER = "vl_convert"


def write_charts(rows: Sequence[Mapping[str, Any]], results: Path) -> list[Path]:
    """Draw the rows beside the results: the same name, ending in .html and, if possible, .svg."""
    chart = speed_chart(rows)
    written = [results.with_suffix(".html")]
    if importlib.util.find_spec(RENDERER):
        written.append(results.with_suffix(".svg"))
    for path in written:
        chart.save(str(path))
    return written


def speed_chart(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Wall time and peak memory of every tool in every trial, on logarithmic scales."""
    import altair as alt

    data = alt.InlineData(values=[_datum(row) for row in rows])
    tool = alt.Color(
        "tool:N", title=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    )
    bars = alt.Chart(data).mark_bar()
    trial = alt.Y("trial:N", title=None, sort=None, axis=alt.Axis(labelLimit=400))
    sides = [
        bars.encode(
            x=alt.X(f"{field}:Q", title=title, scale=alt.Scale(type="symlog")),
            y=trial,
            yOffset=alt.YOffset("tool:N", sort=list(COLOURS)),
            color=tool,
            tooltip=["tool:N", "trial:N", "wall:Q", "peak:Q"],
        ).properties(width=320)
        for field, title in (("wall", "wall time, seconds"), ("peak", "peak memory, MB"))
    ]
    return alt.hconcat(*sides).properties(title="Whole processes, Parquet to Parquet, two cores")


def _datum(row: Mapping[str, Any]) -> dict[str, Any]:
    pairs = f", {row['pairs'] / 1e6:.1f}M pairs" if row.get("pairs") else ""
    return {
        "trial": f"({row['part']}) {row['records']:,} records{pairs}: {row['task']}",
        "tool": row["tool"],
        "wall": row["wall s"],
        "peak": row["peak MB"],
    }
