"""Tables of results: Markdown that also reads well on a terminal, and JSON.

In: rows as mappings. Out: text and files. It must not know what the columns mean.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
TOOLS_SHOWN = ("splink", "duckdb", "recordlinkage", "numba", "numpy", "pyarrow")


def markdown(rows: Sequence[Row], formats: Mapping[str, str]) -> str:
    """A Markdown table, columns padded.

    Args:
        rows: One mapping a row; a missing value or NaN is left blank.
        formats: Heading → format specification, in the order of the columns; headings are keys.
    """
    cells = [list(formats)]
    cells += [[_cell(row.get(name), how) for name, how in formats.items()] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(formats))]
    is_text = ["." not in how and "," not in how for how in formats.values()]
    lines = [_line(line, widths, is_text) for line in cells]
    rule = ["-" * width if text else "-" * (width - 1) + ":"
            for width, text in zip(widths, is_text, strict=True)]  # fmt: skip
    return "\n".join([lines[0], _line(rule, widths, is_text), *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int], is_text: Sequence[bool]) -> str:
    padded = [
        cell.ljust(width) if text else cell.rjust(width)
        for cell, width, text in zip(cells, widths, is_text, strict=True)
    ]
    return "| " + " | ".join(padded) + " |"


def _cell(value: Any, how: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return format(value, how)


def write_results(path: Path, name: str, rows: Sequence[Row], **more: Any) -> None:
    """All rows as JSON beside what they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"benchmark": name, "machine": machine(), "rows": list(rows), **more}
    path.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in TOOLS_SHOWN},
    }


def _processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
