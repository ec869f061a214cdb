"""What ingest hands on: contract tables, and what is known of what arrived.

In: nothing. Out: the values `Ingested`, `InputFile`, `LeftOut` and `LastRun`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

SETTINGS_INPUT = "ingest_settings"
"""Name under which the settings' own checksum stands among the inputs of a run."""


@dataclass(frozen=True)
class InputFile:
    """One table of one source as it arrived.

    Attributes:
        name: `prison/prisoners`, `childrens_services/330/children`, …
        file: path or URL without user name and password.
        rows: rows used or set aside.
        sha256: of the file, or of the query's result.
        cut_off: date the extract was taken; None where nobody says so.
    """

    name: str
    file: str
    rows: int
    sha256: str
    cut_off: date | None = None


@dataclass(frozen=True)
class LeftOut:
    """A source that the run does without.

    Attributes:
        source: `prison`, `probation` or `childrens_services/<code>`.
        reason: one of LEFT_OUT_REASONS.
        sentence: what is wrong with it, for whoever watches the run; it may name files.
    """

    source: str
    reason: str
    sentence: str


@dataclass(frozen=True)
class LastRun:
    """What the last published run was made from: what it had, the next one must have.

    Attributes:
        sources: those it read, and those that it was to do without.
        has_protected_persons: whether it removed protected persons.
    """

    sources: frozenset[str] = frozenset()
    has_protected_persons: bool = False

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> LastRun:
        """From a published run's manifest."""
        tables = [item["name"] for item in manifest["inputs"]]
        sources = {name.rpartition("/")[0] for name in tables if "/" in name}
        left_out = {item["source"] for item in manifest.get("sources_left_out", ())}
        return cls(
            frozenset(sources | left_out), bool(manifest.get("has_protected_persons", False))
        )


NO_RUN = LastRun()


@dataclass(frozen=True)
class Ingested:
    """Extracts as the other stages read them, and what became of the rest.

    Attributes:
        tables: every table of the input contracts by name, empty where nobody sent it; children's
            services tables hold every authority. Protected persons are in none.
        quarantine: contract QUARANTINE.
        quarantined_rows: contract QUARANTINED_ROWS; it holds what the supplier sent.
        profile: contract INPUT_PROFILE.
        remarks: contract REMARKS.
        inputs: what was read, by name.
        left_out: sources that the run does without.
        has_protected_persons: whether a list of protected persons was read and applied.
    """

    tables: Mapping[str, pa.Table]
    quarantine: pa.Table
    quarantined_rows: pa.Table
    profile: pa.Table
    remarks: pa.Table
    inputs: tuple[InputFile, ...]
    left_out: tuple[LeftOut, ...] = ()
    has_protected_persons: bool = False

    @property
    def rows_quarantined(self) -> int:
        """Rows left out; `quarantine` also holds single values, and rows with several faults."""
        rows = self.quarantine.filter(pc.equal(self.quarantine["consequence"], "row"))
        return int(rows.group_by(["source", "table", "row_number"]).aggregate([]).num_rows)

    def input_facts(self) -> list[dict[str, Any]]:
        """What the run manifest says of each input: name, rows, checksum, cut_off_date."""
        return [
            {
                "name": item.name, "rows": item.rows, "checksum": item.sha256,
                "cut_off_date": item.cut_off.isoformat() if item.cut_off else "",
            }
            for item in self.inputs
        ]  # fmt: skip
