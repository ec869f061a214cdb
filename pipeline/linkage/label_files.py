"""Label files: labelled pairs as people write them down.

In: a CSV or Parquet file, and the tables whose records it names. Out: labels as `link`, `dedupe`
and `train` take them. It must not check what labels say: `learning/labels.py` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import LinkageError
from pipeline.linkage.learning.labels import IDS, IS_MATCH, WEIGHT
from pipeline.linkage.table_files import RECORD_ID, SHOWN, read_any_table

VERDICTS = dict.fromkeys(("true", "yes", "1", "t", "y"), True) | dict.fromkeys(
    ("false", "no", "0", "f", "n"), False
)
"""Words, in lower case, that say whether a pair is one person; an empty cell is undecided."""


def read_label_file(path: str | Path, tables: Sequence[pa.Table]) -> pa.Table:
    """The labels in a file, their ids in the type of the records' own.

    Args:
        path: CSV or Parquet with record_id_l, record_id_r, is_match and, if wanted, weight.
        tables: The left and the right table, or one, with `record_id`.

    Raises:
        LinkageError: The file cannot be read, or a cell of `is_match` is neither true nor false.
    """
    labels = read_any_table(path, IDS)
    for name, table in zip(IDS, (tables[0], tables[-1]), strict=True):
        labels = _as_type(labels, name, table.schema.field(RECORD_ID).type)
    labels = _as_type(labels, WEIGHT, pa.float64())
    if IS_MATCH not in labels.column_names:
        return labels
    verdicts = labels[IS_MATCH]
    if pa.types.is_dictionary(verdicts.type):
        verdicts = verdicts.cast(verdicts.type.value_type)
    if not pa.types.is_string(verdicts.type):
        return labels
    return labels.set_column(labels.column_names.index(IS_MATCH), IS_MATCH, _read(verdicts, path))


def _as_type(labels: pa.Table, name: str, wanted: pa.DataType) -> pa.Table:
    """The labels with a column in this type, where it is there and can be."""
    if name not in labels.column_names:
        return labels
    try:
        column = labels[name].cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return labels
    return labels.set_column(labels.column_names.index(name), name, column)


def _read(verdicts: pa.ChunkedArray, path: str | Path) -> pa.Array:
    """Words as true and false.

    Raises:
        LinkageError: Some are neither.
    """
    words = pc.utf8_lower(pc.utf8_trim_whitespace(verdicts)).combine_chunks()
    empty = pc.fill_null(pc.equal(words, ""), True)
    at = pc.index_in(words, pa.array(list(VERDICTS)))
    is_wrong = pc.and_(pc.is_null(at), pc.invert(empty))
    if wrong := pc.sum(is_wrong).as_py():
        rows = [row + 1 for row in pc.indices_nonzero(is_wrong).to_pylist()[:SHOWN]]
        raise LinkageError(
            f"'{path}', column '{IS_MATCH}': {wrong:,} cells are neither true nor false, such as "
            f"those of rows {rows}; write true, false, or nothing where nobody has decided"
        )
    return pa.array(list(VERDICTS.values())).take(at)
