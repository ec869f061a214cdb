"""Blocking shown: the report as plain text and as charts.

In: `BlockReport`. Out: text, Vega-Lite specifications, a page. It must not know any key's value,
and a report holds none.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from pipeline.charts.look import (
    BAR_STEP,
    BLUE,
    GREY,
    ORANGE,
    PALE_BLUE,
    PLOT_WIDTH,
    finished,
    named,
    whole_axis,
)
from pipeline.charts.page import Facts, Section
from pipeline.linkage.deciding.block_report import BlockReport, recall_in_words

WHAT = {
    "pairs": "makes",
    "added_pairs": "adds to the rules above",
    "only_pairs": "alone makes",
}
NOT_NEEDED = "not needed"


def as_text(report: BlockReport) -> str:
    """The report as a plain table for a terminal, the rules that were not needed left out."""
    facts = rules_facts(report)
    rows = [facts.columns[:-1], *(row[:-1] for row in facts.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(
        cell.rjust(width) if column in facts.numeric else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ).rstrip() for row in rows]  # fmt: skip
    lines.insert(1, "-" * max(len(line) for line in lines))
    advice = [f"{row[0]}: {row[-1]}" for row in facts.rows if row[-1]]
    notes = ["", "Advice:", *(f"  {line}" for line in advice)] if advice else []
    return "\n".join([*lines, *notes, "", *summary(report)])


def summary(report: BlockReport) -> tuple[str, ...]:
    """What the report comes to, in sentences."""
    left_out = sum(row == NOT_NEEDED for row in report.rules["decision"].to_pylist())
    sentences = [
        f"{report.candidate_pairs:,} of {report.possible_pairs:,} possible pairs are looked at: "
        f"reduction ratio {report.reduction_ratio:.6f}.",
        f"{_capital(recall_in_words(report.recall))}.",
    ]
    if left_out:
        sentences.append(f"{left_out} narrower keys were not needed and are not listed.")
    return tuple(sentences)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def rules_facts(report: BlockReport) -> Facts:
    """The rules to read, one a row; the last column is advice."""
    columns = ("rule", "decision", "pairs", "all so far", "pairs alone", "matches", "matches alone",
               "largest blocks (pairs)", "advice")  # fmt: skip
    rows = tuple(
        (
            row["rule"],
            row["decision"],
            _whole(row["pairs"]),
            _whole(row["cumulative_pairs"]),
            _whole(row["only_pairs"]),
            _whole(row["expected_matches"]),
            _whole(row["only_expected_matches"]),
            ", ".join(f"{size:,}" for size in (row["largest_blocks"] or [])[:3]),
            row["advice"],
        )
        for row in report.rules.to_pylist()
        if row["decision"] != NOT_NEEDED
    )
    return Facts(columns, rows, frozenset(range(2, 7)))


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}"


def rules_chart(report: BlockReport) -> dict[str, Any]:
    """Per rule in use: pairs it makes, adds and alone makes; and the running total."""
    table = report.rules.to_pandas()
    used = table[table["cumulative_pairs"].notna()]
    width, height = (PLOT_WIDTH - 40) // 2, BAR_STEP * max(len(used), 1)
    base = alt.Chart(used)
    y, bare = (named("rule", used["rule"].tolist(), has_labels=named_) for named_ in (True, False))
    bars = [_bars(base, y, what, size) for what, size in zip(WHAT, (15, 9, 4), strict=True)]
    own = alt.layer(*bars).properties(width=width, height=height, title="pairs of each rule")
    total = base.mark_bar(color=GREY, size=9).encode(
        y=bare,
        x=alt.X("cumulative_pairs:Q", axis=whole_axis("distinct pairs")),
        tooltip=["rule", alt.Tooltip("cumulative_pairs:Q", format=",")],
    )
    total = total.properties(width=width, height=height, title="distinct pairs so far")
    return finished(alt.hconcat(own, total, spacing=30))


def _bars(base: alt.Chart, y: alt.Y, what: str, size: int) -> Any:
    scale = alt.Scale(domain=list(WHAT.values()), range=[PALE_BLUE, BLUE, ORANGE])
    bars = base.mark_bar(size=size).encode(
        y=y,
        x=alt.X(f"{what}:Q", axis=whole_axis("pairs")),
        color=alt.Color("what:N", scale=scale, legend=alt.Legend(title="pairs that a rule")),
        tooltip=["rule", alt.Tooltip(f"{what}:Q", format=",")],
    )
    return bars.transform_calculate(what=f"'{WHAT[what]}'")


def recall_chart(report: BlockReport) -> dict[str, Any] | None:
    """Estimated recall of blocking with its interval; None where it cannot be estimated."""
    found = report.recall
    if found.recall is None or found.recall_low is None or found.recall_high is None:
        return None
    row = pd.DataFrame(
        {
            "what": ["estimated recall of blocking"], "recall": [found.recall],
            "low": [found.recall_low], "high": [found.recall_high],
            "said": [f"{found.recall:.2%}"],
        }
    )  # fmt: skip
    floor = max(0.0, found.recall_low - 0.5 * (1 - found.recall_low) - 0.002)
    scale = alt.Scale(domain=[floor, 1], nice=False)
    axis = alt.Axis(title=None, tickCount=6, format=".1%")
    x = alt.X("recall:Q", scale=scale, axis=axis)
    base = alt.Chart(row).encode(y=named("what", row["what"].tolist()))
    bar = base.mark_bar(height=4, color=PALE_BLUE).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=110, color=BLUE, opacity=1).encode(
        x=x, tooltip=[alt.Tooltip(name, format=".3%") for name in ("recall", "low", "high")]
    )
    text = base.mark_text(dy=-16, fontWeight="bold").encode(x=x, text="said")
    chart = alt.layer(bar, point, text)
    return finished(chart.properties(width=PLOT_WIDTH - 40, height=60))


def recall_section(report: BlockReport) -> Section:
    """What blocking found and missed."""
    chart = recall_chart(report)
    return Section(
        "How many matches blocking finds",
        (
            f"{_capital(recall_in_words(report.recall))}. No threshold brings back a match that "
            "no rule makes.",
            "The estimate compares which fields agree among the matches that were found: the more "
            "often matches are found in only one way, the more will have been found in none. The "
            "line is a 95% interval. Matches of a kind that is never found at all cannot be "
            "counted, so read the estimate as the better end of the truth.",
        ),
        () if chart is None else (chart,),
    )


def blocking_sections(report: BlockReport) -> list[Section]:
    """The report as sections of a page."""
    return [
        recall_section(report),
        Section(
            "What each rule makes",
            (
                "A blocking rule brings together the records that share its key; nothing else is "
                "ever compared. Wide pale bars are the pairs that a rule makes by itself, narrow "
                "dark ones those that the rules above it had not made, orange ones those that no "
                "other rule makes. A rule with long bars and hardly any match of its own costs "
                "time and brings little.",
                " ".join(summary(report)[::2]),
            ),
            (rules_chart(report),),
            rules_facts(report),
        ),
    ]
