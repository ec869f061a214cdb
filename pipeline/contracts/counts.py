"""The stage table of stated numbers of children.

In: nothing. Out: its contract.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.contracts.schema import Column, Sensitivity, TableContract

DECLARED_COUNTS = TableContract(
    name="declared_counts",
    description="One row per offender mention that states a number of children.",
    columns=(
        Column("mention_id", pa.int64(), "The offender's mention.",
               sensitivity=Sensitivity.IDENTIFIER, is_key=True),
        Column("number_of_children_raw", pa.string(), "As typed; `at least one` of somebody whom "
               "probation records as a primary carer.",
               sensitivity=Sensitivity.PERSONAL),
        Column("parsed_count", pa.int64(), "Children as read, step-children included.",
               null="the text gives no number", unit="children"),
        Column("parse_status", pa.string(),
               "`exact`, `approximate`, `none_stated` (says it is not known) or `not_parsed`."),
    ),
    sort_by=("mention_id",),
)  # fmt: skip
