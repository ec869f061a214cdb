"""What ingest hands on: contract tables, and what is known of what arrived.

In: nothing. Out: the values `Ingested` and `InputFile`.
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
class Ingested:
    """Extracts as the other stages read them, and what became of the rest.

    Attributes:
        tables: every table of the input contracts by name, empty where nobody sent it; children's
            services tables hold every authority. Protected persons are in none.
        quarantine: contract QUARANTINE.
        profile: contract INPUT_PROFILE.
        remarks: contract REMARKS.
        inputs: what was read, by name.
        left_out: a sentence for each source that could not be used.
    """

    tables: Mapping[str, pa.Table]
    quarantine: pa.Table
    profile: pa.Table
    remarks: pa.Table
    inputs: tuple[InputFile, ...]
    left_out: tuple[str, ...]

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
