"""How charts look: colours that colour-blind readers tell apart, type, and aligned axes.

In: nothing. Out: constants and small pieces of Altair. It must not know what a chart shows.

Source of the colours: Okabe and Ito 2008, Color Universal Design.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, GREY = "#CC79A7", "#767676"
PALE_BLUE = "#9CC9E3"
INK = "#1b2733"
FONT = "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"

LABEL_WIDTH = 410
PLOT_WIDTH = 450
FULL_WIDTH = LABEL_WIDTH + PLOT_WIDTH - 60
BAR_STEP = 21

CONFIG: dict[str, Any] = {
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": INK,
        "titleColor": INK, "gridColor": "#e6e9ec", "domainColor": "#b8c0c8", "tickColor": "#b8c0c8",
    },
    "title": {"fontSize": 13, "anchor": "start", "color": INK, "frame": "group"},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "titleColor": INK},
    "text": {"fontSize": 11.5, "color": INK},
}  # fmt: skip


def named(column: str, order: Sequence[str], has_labels: bool = True) -> alt.Y:
    """A vertical axis of names in this order, of one width whatever they are: charts line up."""
    axis = alt.Axis(
        title=None, labelLimit=LABEL_WIDTH - 12, minExtent=LABEL_WIDTH, maxExtent=LABEL_WIDTH,
        ticks=False, domain=False, labelPadding=8, grid=False, labelFontSize=11.5,
    )  # fmt: skip
    return alt.Y(f"{column}:N", sort=list(order), axis=axis if has_labels else None)


def whole_axis(title: str) -> alt.Axis:
    """An axis of counts with thousands set off."""
    return alt.Axis(title=title, format=",.0f", tickCount=4)


def finished(chart: Any) -> dict[str, Any]:
    """The chart's Vega-Lite specification, with the look of the house."""
    spec: dict[str, Any] = chart.properties(background="white").to_dict(validate=True)
    spec["config"] = CONFIG
    return spec
