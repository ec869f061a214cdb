"""What ingest says of the extracts: rows set aside, the state of each column, what was left out.

In: nothing. Out: contracts of the tables that go with the ingested extracts. None but
QUARANTINED_ROWS holds a value of an extract other than record keys.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.contracts.schema import Column, Sensitivity, TableContract

TEXT = pa.string()
SHARE = pa.float64()
COUNT = pa.int64()

SOURCE = Column("source", TEXT, "`prison`, `probation` or `childrens_services/<authority code>`.")
TABLE = Column("table", TEXT, "Input table, without its agency.")

LEFT_OUT_REASONS = {
    "chosen": "left out of this run by choice (--without)",
    "broken": "could not be used, and the configuration says to go on without it then",
}
"""Why a run went on without a source."""

QUARANTINE = TableContract(
    name="quarantine",
    description="One row per thing wrong with a row of an extract; a row may have several.",
    reader="engineer",
    columns=(
        SOURCE,
        TABLE,
        Column("row_number", COUNT, "Row of the file; the first row of data is 1."),
        Column("record_id", TEXT, "The table's own key of the record or its owner.",
               null="no key, or one that does not look like a key",
               sensitivity=Sensitivity.IDENTIFIER),
        Column("reason", TEXT, "What is wrong; one of REASONS."),
        Column("column", TEXT, "Where.", null="the row as a whole"),
        Column("consequence", TEXT, "`row`: row left out; `value`: value read as not recorded; "
               "`none`: used."),
    ),
    sort_by=("source", "table", "row_number", "column", "reason"),
)  # fmt: skip

QUARANTINED_ROWS = TableContract(
    name="quarantined_rows",
    description="Rows of which `quarantine` says that they, or a value of theirs, are left out; "
    "one row each, as it was sent. For its supplier alone, who can mend it.",
    reader="the source's supplier",
    columns=(
        SOURCE,
        TABLE,
        Column("row_number", COUNT, "Row of the file; the first row of data is 1."),
        Column(
            "row_as_sent",
            TEXT,
            "The values as JSON, by the supplier's own column names; a list "
            "where the row does not fit the header.",
            sensitivity=Sensitivity.SPECIAL,
        ),
    ),
    sort_by=("source", "table", "row_number"),
)

INPUT_PROFILE = TableContract(
    name="input_profile",
    description="How well each column of each extract is filled.",
    reader="engineer",
    columns=(
        SOURCE,
        TABLE,
        Column("column", TEXT, "Column, by the contract's name."),
        Column("rows", COUNT, "Rows used.", unit="rows"),
        Column("filled_share", SHARE, "Share of the rows used that have a value.",
               null="no rows", unit="share"),
        Column("invalid_share", SHARE, "Share of all rows whose value could not be read or cannot "
               "be true.", null="no rows", unit="share"),
    ),
    sort_by=("source", "table", "column"),
)  # fmt: skip

REMARK_KINDS = (
    "source_left_out", "table_absent", "column_absent", "column_ignored", "file_ignored",
    "adopted_removed", "former_upn_removed",
)  # fmt: skip

REMARKS = TableContract(
    name="input_remarks",
    description="What of the extracts was not there or was not used, and why.",
    reader="engineer",
    columns=(
        SOURCE,
        Column("table", TEXT, "Input table.", null="the whole source"),
        Column("kind", TEXT, "One of REMARK_KINDS."),
        Column("rows", COUNT, "How many rows.", null="not a matter of rows", unit="rows"),
        Column("remark", TEXT, "What and why, without any value of the data."),
    ),
    sort_by=("source", "table", "kind", "remark"),
)
