"""Write charts and reports as files: what the commands `charts` and `block-report` do.

In: paths. Out: pages, tables, text. It must not hold any chart of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.charts.blocking_charts import blocking_sections
from pipeline.charts.model_page import Shown, model_page
from pipeline.charts.page import page
from pipeline.errors import LinkageError
from pipeline.linkage.deciding.block_report import BlockReport
from pipeline.linkage.files import read_block_report
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.table_files import (
    RECORD_ID,
    check_output,
    check_replaces_nothing,
    read_table,
    write_table,
    write_text,
)

REPORT_ENDINGS = (".html", ".parquet", ".csv", ".json")
PAGE_ENDINGS = (".html",)
PAIR_COLUMNS = ("record_id_l", "record_id_r", "match_weight_bits", "match_probability")


def write_block_report(report: BlockReport, out: str | Path) -> None:
    """Write a block report as a page, a table of its rules, or JSON, as the file's ending says."""
    ending = Path(out).suffix.lower()
    if ending == ".html":
        lead = "Which pairs of records are looked at at all, and which matches that loses."
        write_text(page("Block report", lead, blocking_sections(report)), out)
    elif ending == ".json":
        write_text(report.to_json(), out)
    else:
        write_table(report.rules, out)


def write_model_page(
    model: str | Path,
    out: str | Path,
    *,
    pairs: str | Path | None = None,
    explained: Sequence[tuple[str, str]] = (),
    table: str | Path | None = None,
    id_column: str = RECORD_ID,
    blocking: str | Path | None = None,
) -> None:
    """Write the page of charts of a model.

    Args:
        model: Trained model (JSON).
        out: The page, .html.
        pairs: Pairs that `kinlink link` or `kinlink dedupe` wrote with this model, as Parquet.
        explained: Record ids, left and right, of pairs to take apart; they need `pairs`.
        table: Records of which to show how many could ever be linked.
        id_column: Column of `table` that names a record.
        blocking: Block report (JSON) of the linkage that the pairs come from.

    Raises:
        LinkageError: A file cannot be used, or a pair is not among the pairs.
    """
    check_output(out, PAGE_ENDINGS)
    check_replaces_nothing((out,), (model, pairs, table, blocking))
    if explained and pairs is None:
        raise LinkageError("to explain a pair, name the file that it is in with --pairs")
    trained = TrainedModel.load(model)
    shown = Shown(
        pairs=None if pairs is None else read_pairs(pairs),
        explained=tuple(explained),
        table=None if table is None else _records(table, id_column, trained.spec.id_column),
        blocking=None if blocking is None else read_block_report(blocking),
    )
    write_text(model_page(trained, shown), out)


def read_pairs(path: str | Path) -> pa.Table:
    """Scored pairs that a linkage wrote as Parquet.

    Raises:
        LinkageError: The file is missing, is not Parquet, or holds no scored pairs.
    """
    try:
        pairs = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise LinkageError(
            f"pairs '{path}' cannot be read as Parquet ({type(error).__name__}): link again with "
            "--out pairs.parquet"
        ) from None
    missing = [name for name in PAIR_COLUMNS if name not in pairs.column_names]
    if missing:
        raise LinkageError(f"'{path}' has no columns {missing}: it is not a file of scored pairs")
    return pairs


def _records(path: str | Path, id_column: str, wanted: str) -> pa.Table:
    """A table of records with its id column named as the model names it."""
    records = read_table(path, wanted if id_column == RECORD_ID else id_column)
    return records.rename_columns([wanted if n == RECORD_ID else n for n in records.column_names])
