"""An evaluation as JSON for programs and as small tables for the terminal.

In: tables of measures. Out: text. Counts, shares and group names only: nothing of one person.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

HEADINGS = {
    "persons": "Records resolved to persons (pairs of records)",
    "families": "Parents and children linked",
    "calibration": "Is the probability what it says? (links by probability, 95% interval)",
    "reliability": "Does the probability mean the same for every group? (links at .05 and above)",
    "sensitivity": "What other thresholds would give",
    "breakdown": "Band match by group",
    "wrong_matches": "Wrong links in band match: what the two truly are",
}
SHARES = ("precision", "expected_precision", "recall", "f1", "findable_recall",
          "mean_probability", "observed", "observed_low", "observed_high")  # fmt: skip


@dataclass(frozen=True)
class Evaluation:
    """How good a run is.

    Attributes:
        run_id: the run.
        persons: per scope of records.
        families: per band and threshold.
        calibration: per bin of probability.
        expected_calibration_error: mean distance of probability from truth.
        reliability: per group of people, mean probability and share right with its interval.
        sensitivity: per threshold.
        breakdown: per group of people, band `match`.
        wrong_matches: wrong links in band `match` by true relationship.
        left_out_links: links to true relatives of another kind that say so themselves.
        record_coverage: share of the truth's records that the run holds.
    """

    run_id: str
    persons: pd.DataFrame
    families: pd.DataFrame
    calibration: pd.DataFrame
    expected_calibration_error: float
    reliability: pd.DataFrame
    sensitivity: pd.DataFrame
    breakdown: pd.DataFrame
    wrong_matches: pd.DataFrame
    left_out_links: int
    record_coverage: float

    def to_dict(self) -> dict[str, Any]:
        """Every figure as plain values; null where a figure is not defined."""
        tables = {name: plain_rows(getattr(self, name)) for name in HEADINGS}
        return {
            "run_id": self.run_id,
            **tables,
            "expected_calibration_error": plain(self.expected_calibration_error),
            "left_out_links": self.left_out_links,
            "record_coverage": plain(self.record_coverage),
        }

    def to_json(self) -> str:
        """The same as JSON, without NaN, which is no JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def to_text(self) -> str:
        """Small tables for a terminal."""
        parts = [f"run {self.run_id}"]
        for name, heading in HEADINGS.items():
            table: pd.DataFrame = getattr(self, name)
            if len(table):
                parts.append(f"{heading}\n{render(table)}")
        parts.append(
            f"expected calibration error {self.expected_calibration_error:.4f}\n"
            f"{self.left_out_links:,} links to other relatives that say so count neither way\n"
            f"the run holds {self.record_coverage:.1%} of the truth's records"
        )
        return "\n\n".join(parts)

    def to_summary(self) -> str:
        """The one table that says most: what each reader gets, how right it is, what it misses."""
        is_band = self.families["cut"].str.startswith("band")
        columns = ["cut", "links", "right", "precision", "findable_recall"]
        return render(self.families.loc[is_band, columns])

    def at(self, cut: str) -> dict[str, Any]:
        """The family measures of one cut, such as `band match`."""
        row = self.families[self.families["cut"] == cut]
        return plain_rows(row)[0]


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as a list of plain rows."""
    return [
        {str(name): plain(value) for name, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def plain(value: Any) -> Any:
    """A value that JSON knows; null for a number that is not defined."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def render(table: pd.DataFrame) -> str:
    """A table in columns: shares to three places, counts with commas, `-` where not defined."""
    text = pd.DataFrame({name: column_text(table[name], str(name)) for name in table.columns})
    widths = {name: max(len(name), *text[name].str.len()) for name in text.columns}
    lines = ["  ".join(name.replace("_", " ").rjust(widths[name]) for name in text.columns)]
    lines += [
        "  ".join(row[n].rjust(widths[n]) for n in text.columns) for _, row in text.iterrows()
    ]
    return "\n".join(lines)


def column_text(column: pd.Series, name: str) -> pd.Series:
    """A column's values as a reader wants them."""
    if name in SHARES:
        return column.map(lambda v: "-" if pd.isna(v) else f"{v:.3f}")
    if pd.api.types.is_integer_dtype(column):
        return column.map("{:,}".format)
    return column.map(lambda v: f"{v:g}" if isinstance(v, float) else str(v))
