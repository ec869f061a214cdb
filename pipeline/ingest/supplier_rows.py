"""Rows with something wrong, as the supplier sent them: so that they can be mended at their source.

In: a table as it stands in its file, and which rows are meant. Out: those rows under the supplier's
own column names. Adopted children's and protected persons' rows are gone before. It is for the
supplier alone, and no other stage reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.contracts.intake import QUARANTINED_ROWS
from pipeline.contracts.values import Mask
from pipeline.ingest.raw import RawTable


def supplier_rows(raw: RawTable, row_numbers: npt.NDArray[np.int64], is_meant: Mask) -> pa.Table:
    """Rows of a table, and all that do not fit its header, by their numbers in the file.

    Args:
        raw: as it stands in its file.
        row_numbers: (n,) of rows that are neither ragged nor an adopted child's.
        is_meant: (n,) which of them to give back.
    """
    numbers = row_numbers[is_meant]
    rows = raw.rows.table.take(pa.array(np.searchsorted(raw.rows.row_numbers, numbers)))
    names = [raw.supplier_names[name] for name in rows.column_names]
    texts = [_as_json(row) for row in rows.rename_columns(names).to_pylist()]
    return _table(
        raw,
        [*numbers.tolist(), *(number for number, _ in raw.rows.ragged)],
        [*texts, *(_as_json(values) for _, values in raw.rows.ragged)],
    )


def _as_json(row: object) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)


def _table(raw: RawTable, numbers: Sequence[int], texts: Sequence[str]) -> pa.Table:
    values = {
        "source": pa.repeat(pa.scalar(raw.at.source, pa.string()), len(numbers)),
        "table": pa.repeat(pa.scalar(raw.at.name, pa.string()), len(numbers)),
        "row_number": pa.array(numbers, pa.int64()),
        "row_as_sent": pa.array(texts, pa.string()),
    }
    return pa.table(values).select(list(QUARANTINED_ROWS.column_names))
