"""Charts of a trained model: what each agreement level is worth, and how often it occurs.

In: `TrainedModel`. Out: Vega-Lite specifications. It must not know any record.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.charts.look import (
    BAR_STEP,
    BLUE,
    GREY,
    ORANGE,
    PLOT_WIDTH,
    VERMILION,
    finished,
    named,
)
from pipeline.linkage.model import TrainedModel

SAME, HOUSEHOLD, STRANGERS = "one person", "household", "strangers"
CLASS_COLOURS = {SAME: BLUE, HOUSEHOLD: ORANGE, STRANGERS: GREY}
TAUGHT = 1.0
"""Expected matched pairs from which a level counts as learned rather than believed."""
GAP = 24


def levels_table(model: TrainedModel) -> pd.DataFrame:
    """One row per comparison, level and class of pairs.

    Columns: comparison, claim, level, pairs (the class), share (P(level | class)), bits (log2 of it
    over the strangers' share), is_learned.
    """
    tables = class_tables(model)
    rows = [
        {
            "comparison": comparison.name,
            "claim": claim,
            "level": level,
            "pairs": pairs,
            "share": float(table[row, level]),
            "bits": float(np.log2(table[row, level] / tables[STRANGERS][row, level])),
            "is_learned": bool(model.trained[row, level] >= TAUGHT),
        }
        for row, comparison in enumerate(model.spec.comparisons)
        for level, claim in enumerate(comparison.levels)
        for pairs, table in tables.items()
    ]
    return pd.DataFrame(rows)


def class_tables(model: TrainedModel) -> dict[str, NDArray[np.float64]]:
    """P(level | class) of the classes of pairs that the model tells apart, strangers last."""
    probabilities = model.probabilities
    tables = {SAME: probabilities.same}
    if model.population.households > 0:
        tables[HOUSEHOLD] = probabilities.home
    return tables | {STRANGERS: probabilities.u}


def weights_chart(model: TrainedModel) -> dict[str, Any]:
    """Bits that each level of each comparison adds: for one person, and for one household."""
    table = levels_table(model)
    against = [name for name in (SAME, HOUSEHOLD) if name in class_tables(model)]
    most = float(table.loc[table["pairs"].isin(against), "bits"].abs().max()) * 1.4
    charts = [
        alt.hconcat(
            *[
                _weights(rows[rows["pairs"] == pairs], pairs, most, len(against))
                for pairs in against
            ],
            spacing=GAP,
            bounds="flush",
            title=name,
        )
        for name, rows in table.groupby("comparison", sort=False)
    ]
    return finished(alt.vconcat(*charts, spacing=10))


def _weights(rows: pd.DataFrame, pairs: str, most: float, panels: int) -> Any:
    """The levels of one comparison for one class of pairs; only the first panel names them."""
    is_first = pairs == SAME
    x = alt.X("bits:Q", title=None, scale=alt.Scale(domain=[-most, most]), axis=_bits_axis())
    base = alt.Chart(rows).encode(y=_levels_axis(rows, is_first))
    bars = base.mark_bar(height=BAR_STEP - 7).encode(
        x=x,
        color=alt.condition("datum.bits >= 0", alt.value(CLASS_COLOURS[pairs]),
                            alt.value(VERMILION if is_first else GREY)),
        opacity=alt.condition("datum.is_learned", alt.value(1.0), alt.value(0.45)),
        tooltip=["comparison", "claim", alt.Tooltip("bits:Q", format="+.2f"), "is_learned"],
    )  # fmt: skip
    more = base.mark_text(align="left", dx=4).encode(x=x, text=alt.Text("bits:Q", format="+.1f"))
    less = base.mark_text(align="right", dx=-4).encode(x=x, text=alt.Text("bits:Q", format="+.1f"))
    labelled = alt.layer(
        bars, more.transform_filter("datum.bits >= 0"), less.transform_filter("datum.bits < 0")
    )
    return labelled.properties(
        width=PLOT_WIDTH // panels - GAP // 2 * (panels - 1),
        height=BAR_STEP * len(rows),
        title=_panel_title(f"{pairs} rather than {STRANGERS}"),
    )


def shares_chart(model: TrainedModel) -> dict[str, Any]:
    """How often each level occurs among pairs of each class (m, h and u)."""
    table = levels_table(model)
    classes = list(class_tables(model))
    charts = [
        alt.hconcat(
            *[_shares(rows[rows["pairs"] == pairs], pairs, len(classes)) for pairs in classes],
            spacing=GAP,
            bounds="flush",
            title=name,
        )
        for name, rows in table.groupby("comparison", sort=False)
    ]
    return finished(alt.vconcat(*charts, spacing=10))


def _shares(rows: pd.DataFrame, pairs: str, panels: int) -> Any:
    is_first = pairs == SAME
    domain = alt.Scale(domain=[0, 1.25])
    x = alt.X("share:Q", title=None, scale=domain, axis=alt.Axis(labels=False, ticks=False,
                                                                 values=[0, 0.5, 1]))  # fmt: skip
    base = alt.Chart(rows).encode(y=_levels_axis(rows, is_first))
    bars = base.mark_bar(height=BAR_STEP - 7, color=CLASS_COLOURS[pairs]).encode(
        x=x, tooltip=["comparison", "claim", "pairs", alt.Tooltip("share:Q", format=".4g")]
    )
    said = alt.Text("said:N")
    text = base.mark_text(align="left", dx=4).encode(x=x, text=said)
    text = text.transform_calculate(
        said="datum.share < 1e-6 ? '< 1 in 1,000,000' : datum.share >= 0.0995 ? "
        "format(datum.share, '.0%') : datum.share >= 0.0005 ? "
        "format(datum.share, '.1%') : '1 in ' + format(1 / datum.share, ',.2r')"
    )
    return alt.layer(bars, text).properties(
        width=PLOT_WIDTH // panels - GAP * (panels - 1) // panels,
        height=BAR_STEP * len(rows),
        title=_panel_title(pairs),
    )


def _panel_title(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, fontSize=11.5, fontWeight="normal", offset=4)


def _bits_axis() -> alt.Axis:
    return alt.Axis(labels=False, ticks=False, domain=False, tickCount=5)


def _levels_axis(rows: pd.DataFrame, is_first: bool) -> alt.Y:
    """Levels from the highest down to disagreement, named once a row of panels."""
    order = rows.sort_values("level", ascending=False)["claim"]
    return named("claim", order.tolist(), has_labels=is_first)
