"""What of the extracts was not there or was not used, and why.

In: sources as opened and checked, and those left out. Out: the table of contract REMARKS. It names
files, tables and columns, and never a value of the data; nor where they lie, so that the same run
elsewhere is the same run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.contracts.intake import LEFT_OUT_REASONS, REMARKS
from pipeline.ingest.check import Checked
from pipeline.ingest.ingested import LeftOut
from pipeline.ingest.locate import Source
from pipeline.ingest.raw import RawTable


@dataclass(frozen=True)
class Opened:
    """A source and its tables, unread."""

    source: Source
    tables: tuple[RawTable, ...]

    def without_rows(self) -> Opened:
        """What is known of the source, its rows let go."""
        return Opened(self.source, tuple(raw.without_rows() for raw in self.tables))


@dataclass(frozen=True)
class Remark:
    """Something that was not there or was not used; `table` is empty for a whole source."""

    source: str
    table: str
    kind: str
    remark: str
    rows: int | None = None


def all_remarks(
    opened: Sequence[Opened],
    checked: Mapping[str, Checked],
    left_out: Sequence[LeftOut],
    chains: int,
) -> pa.Table:
    """Everything that was not there or was not used."""
    remarks = [
        Remark(one.source, "", "source_left_out", LEFT_OUT_REASONS[one.reason]) for one in left_out
    ]
    for one in opened:
        remarks += _remarks_of(one, checked[one.source.name])
    if chains:
        remarks.append(Remark("childrens_services", "children", "former_upn_removed",
                              "former UPNs across an adoption", chains))  # fmt: skip
    columns = {
        "source": [remark.source for remark in remarks],
        "table": [remark.table or None for remark in remarks],
        "kind": [remark.kind for remark in remarks],
        "rows": [remark.rows for remark in remarks],
        "remark": [remark.remark for remark in remarks],
    }
    schema = pa.schema([(column.name, column.type) for column in REMARKS.columns])
    return REMARKS.conform(pa.table(columns, schema=schema))


def _remarks_of(one: Opened, checked: Checked) -> list[Remark]:
    source = one.source
    remarks = [
        Remark(source.name, table, "table_absent", "no file; counts as empty")
        for table in source.absent
    ]
    remarks += [
        Remark(source.name, "", "file_ignored", f"file '{name}' is no table of the contract")
        for name in source.ignored
    ]
    for raw in one.tables:
        table = raw.at.name
        remarks += [
            Remark(source.name, table, "column_absent", f"no column '{name}'; read as not recorded")
            for name in raw.absent_columns
        ]
        remarks += [
            Remark(source.name, table, "column_ignored", f"column '{name}' is not in the contract")
            for name in raw.ignored_columns
        ]
        if count := checked.adopted_rows[raw.at.contract.name]:
            remarks.append(Remark(source.name, table, "adopted_removed",
                                  "rows of adopted children", count))  # fmt: skip
    return remarks
