"""Write results into `docs/performance.md`, so that no figure there is typed by hand.

In: JSON files that `speed` and `quality` wrote. Out: the page with the tables between its marks
renewed (`<!-- begin speed -->` … `<!-- end speed -->`), and the chart beside it. Text outside the
marks is left as it is.

    python -m benchmarks page output/bench/speed.json output/bench/quality.json
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import robust
from benchmarks.charts import RENDERER, speed_chart
from benchmarks.jobs import ROOT
from benchmarks.quality import COLUMNS as QUALITY_COLUMNS
from benchmarks.quality import ablation_columns
from benchmarks.sensitivity import COLUMNS as SENSITIVITY_COLUMNS
from benchmarks.speed import tables_of
from benchmarks.tables import markdown

PAGE = ROOT / "docs" / "performance.md"
Document = Mapping[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("results", nargs="+", type=Path, help="JSON files of speed and quality")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to renew")


def run(options: argparse.Namespace) -> None:
    """Renew the sections of the page that there are results for."""
    text = options.page.read_text(encoding="utf-8")
    for path in options.results:
        document = json.loads(path.read_text(encoding="utf-8"))
        name = document["benchmark"]
        section = f"{SECTIONS[name](document)}\n\n{_measured_on(document)}"
        text = renewed(text, name, section)
        if name == "speed":
            _save_chart(document, options.page.with_name("performance.svg"))
    options.page.write_text(text, encoding="utf-8")


def renewed(text: str, name: str, section: str) -> str:
    """The text with what stands between a section's marks replaced.

    Raises:
        ValueError: The text has no such marks.
    """
    marks = (f"<!-- begin {name} -->", f"<!-- end {name} -->")
    pattern = re.compile(f"{marks[0]}.*?{marks[1]}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the page has no marks {marks[0]} … {marks[1]}")
    return pattern.sub(lambda _: f"{marks[0]}\n\n{section}\n\n{marks[1]}", text)


def _speed(document: Document) -> str:
    return tables_of(document["rows"], document.get("profiles", []))


def _quality(document: Document) -> str:
    return markdown(document["rows"], QUALITY_COLUMNS)


def _ablations(document: Document) -> str:
    return markdown(document["rows"], ablation_columns(document["rows"]))


def _robust(document: Document) -> str:
    return robust.tables_of(document["rows"], document["families"])


def _sensitivity(document: Document) -> str:
    return markdown(document["rows"], SENSITIVITY_COLUMNS)


SECTIONS: dict[str, Callable[[Document], str]] = {
    "speed": _speed, "quality": _quality, "ablations": _ablations,
    "sensitivity": _sensitivity, "robust": _robust,
}  # fmt: skip


def _measured_on(document: Document) -> str:
    """The machine and the versions, in a sentence."""
    machine = document["machine"]
    versions = ", ".join(f"{name} {v}" for name, v in machine["versions"].items() if v)
    return (
        f"Measured on {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_gb']} GB, Python {machine['python']}; {versions}."
    )


def _save_chart(document: Document, path: Path) -> None:
    import importlib.util

    if importlib.util.find_spec(RENDERER):
        speed_chart(document["rows"]).save(str(path))
