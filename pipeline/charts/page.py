"""A page of charts that opens without internet: one HTML file with everything in it.

In: sections of text, charts and tables. Out: HTML. It must not know what the charts are of. Text is
escaped here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import vl_convert

from pipeline.charts.look import BLUE, FONT, INK


@dataclass(frozen=True)
class Facts:
    """A table of a page.

    Attributes:
        columns: Headings.
        rows: Cells as they are to be read; numbers written out.
        numeric: Columns set right.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """A heading, a few sentences, and what they speak of.

    Attributes:
        title: Heading; also names its place on the page.
        text: Paragraphs in plain words.
        charts: Vega-Lite specifications.
        facts: A table, under the charts.
    """

    title: str
    text: tuple[str, ...]
    charts: tuple[dict[str, Any], ...] = ()
    facts: Facts | None = None


STYLE = f"""
body {{ font: 15px/1.5 {FONT}; color: {INK}; margin: 0; background: #f3f5f7; }}
main {{ max-width: 980px; margin: 0 auto; padding: 28px 36px 60px; background: white; }}
h1 {{ font-size: 26px; margin: 0 0 4px; }}
h2 {{ font-size: 19px; margin: 44px 0 6px; padding-top: 14px; border-top: 2px solid {BLUE}; }}
p {{ max-width: 46em; margin: 8px 0; }}
nav ul {{ list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 20px; }}
a {{ color: {BLUE}; }}
.lead {{ color: #52606d; }}
.chart {{ margin: 14px 0 6px; overflow-x: auto; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 14px 0; font-size: 13.5px; }}
th, td {{ text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #e1e5e9;
  vertical-align: top; }}
th {{ font-weight: 600; border-bottom: 1.5px solid #9aa5b1; vertical-align: bottom; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
@media print {{ body {{ background: white; }} nav {{ display: none; }}
  .chart, table {{ break-inside: avoid; }} }}
"""

PUBLISH = "window.vegaEmbed = vegaEmbed;"
DRAW = """
for (const place of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(place.querySelector("script").textContent);
  vegaEmbed(place, spec, {renderer: "svg", actions: false});
}
"""


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page as HTML.

    Args:
        title: Heading of the page.
        lead: What it is of, in a sentence.
        sections: In order.
    """
    contents = "".join(
        f'<li><a href="#{_place(section)}">{escape(section.title)}</a></li>' for section in sections
    )
    body = "".join(_section(section) for section in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n'
        f"<nav><ul>{contents}</ul></nav>\n{body}</main>\n"
        f"<script>{vl_convert.javascript_bundle(PUBLISH)}</script>\n<script>{DRAW}</script>\n"
        "</body>\n</html>\n"
    )


def _place(section: Section) -> str:
    return "".join(c if c.isalnum() else "-" for c in section.title.lower())


def _section(section: Section) -> str:
    text = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in section.text)
    charts = "".join(_chart(section, spec) for spec in section.charts)
    facts = _table(section.facts) if section.facts else ""
    return (
        f'<section id="{_place(section)}">\n<h2>{escape(section.title)}</h2>\n{text}{charts}'
        f"{facts}</section>\n"
    )


def _chart(section: Section, spec: dict[str, Any]) -> str:
    # "</script>" inside the JSON would end the element early.
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    label = escape(section.title, quote=True)
    return (
        f'<div class="chart" role="img" aria-label="{label}">'
        f'<script type="application/json">{text}</script></div>\n'
    )


def _table(facts: Facts) -> str:
    def row(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=number' if place in facts.numeric else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )

    head = f"<thead><tr>{row('th', facts.columns)}</tr></thead>"
    rows = "".join(f"<tr>{row('td', cells)}</tr>\n" for cells in facts.rows)
    return f'<div class="wide"><table>{head}<tbody>{rows}</tbody></table></div>\n'
