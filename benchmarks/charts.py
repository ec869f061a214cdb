"""Charts of the speed benchmark.

In: rows of results. Out: an HTML page, and SVG where the renderer is installed. Altair is imported
inside functions: measuring needs no charts.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLOURS = {"kinlink": "#1d70b8", "splink": "#6f777b", "recordlinkage": "#f47738"}
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
    """Wall time and peak memory in every trial: a dot for each tool, on logarithmic scales."""
    import altair as alt

    data = alt.InlineData(values=[_datum(row) for row in rows])
    tool = alt.Color(
        "tool:N", title=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    )
    sides: list[Any] = []
    for field, title in (("wall", "wall time, seconds"), ("peak", "peak memory, MB")):
        is_first = not sides
        place = {
            "x": alt.X(f"{field}:Q", title=title, scale=alt.Scale(type="log", nice=True)),
            "y": alt.Y(
                "trial:N", title=None, sort=None, axis=alt.Axis(labelLimit=400, labels=is_first)
            ),
        }
        joined = alt.Chart(data).mark_line(color="#dddddd", size=2)
        dots = alt.Chart(data).mark_circle(size=110, opacity=1)
        tooltip = ["tool:N", "trial:N", f"{field}:Q"]
        both = joined.encode(**place, detail="trial:N") + dots.encode(
            **place, color=tool, tooltip=tooltip
        )
        sides.append(both.properties(width=320, height=alt.Step(28)))
    return alt.hconcat(*sides).properties(title="Whole processes, Parquet to Parquet, two threads")


def _datum(row: Mapping[str, Any]) -> dict[str, Any]:
    pairs = f", {row['pairs'] / 1e6:.1f}M pairs" if row.get("pairs") else ""
    return {
        "trial": f"({row['part']}) {row['records']:,} records{pairs}: {row['task']}",
        "tool": row["tool"],
        "wall": row["wall s"],
        "peak": row["peak MB"],
    }
