"""Link two tables, or one with itself: gather, train, score, let rivals compete, return tables.

In: Arrow tables with a record id column, and if wanted a specification, settings and a trained
model. Out: `LinkResult`. It must not know what the records are about.

The same result to the last bit for any row order, left/right swap, chunk size and thread count: the
tables are put into one canonical order first, and all sums run in that order.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.deciding.block_report import SCHEMA, BlockReport, block_report
from pipeline.linkage.deciding.copies import Copies, expanded, find_copies
from pipeline.linkage.deciding.judge import judge, returned_pairs, with_own_pairs
from pipeline.linkage.deciding.results import (
    LinkResult,
    clusters_table,
    empty_pairs,
    pairs_table,
    swapped_sides,
)
from pipeline.linkage.learning.beliefs import prior_m, prior_u, start_h, table_width
from pipeline.linkage.learning.classes import ClassProbabilities, Population
from pipeline.linkage.learning.gather import gather
from pipeline.linkage.learning.missed import BlockingRecall
from pipeline.linkage.learning.training import train_model
from pipeline.linkage.model import Provenance, TrainedModel, spec_hash
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import LinkageSpec

logger = logging.getLogger(__name__)

DEFAULTS = LinkageSettings()
HANDFUL = 20


def link(
    left: pa.Table,
    right: pa.Table,
    spec: LinkageSpec | None = None,
    settings: LinkageSettings = DEFAULTS,
    model: TrainedModel | None = None,
) -> LinkResult:
    """Find the pairs of a left and a right record that are one person.

    Args:
        left: Table with the specification's id column, text or integer and unique.
        right: The same.
        spec: What to compare; the default person specification of the columns both have.
        settings: Threshold, budgets, limits.
        model: A trained model; without one the model is learned from these tables.

    Raises:
        LinkageError: The tables, the specification or the model cannot be used.
    """
    if _stands_second(left, right, spec, settings, model):
        return swapped_sides(_linked(right, left, spec, settings, model))
    return _linked(left, right, spec, settings, model)


def dedupe(
    table: pa.Table,
    spec: LinkageSpec | None = None,
    settings: LinkageSettings = DEFAULTS,
    model: TrainedModel | None = None,
) -> LinkResult:
    """Find the records of one table that are the same person, and group them.

    Args:
        table: Table with the specification's id column, text or integer and unique.
        spec: What to compare; the default person specification of the columns present.
        settings: Threshold, budgets, limits.
        model: A trained model; without one the model is learned from this table.

    Raises:
        LinkageError: The table, the specification or the model cannot be used.
    """
    chosen = choose_spec(table, None, spec, settings, model)
    copies = _copies_in(table, chosen)
    if copies is None:
        return _linked(table, None, spec, settings, model)
    result = _linked(copies.distinct, None, spec, settings, model, copies.copied_ids)
    return expanded(result, copies)


def train(
    left: pa.Table,
    right: pa.Table | None = None,
    spec: LinkageSpec | None = None,
    settings: LinkageSettings = DEFAULTS,
    as_of: date | None = None,
) -> TrainedModel:
    """Learn a model from two tables, or from one with itself.

    Args:
        left: Table with an id column.
        right: The other table; None to learn from duplicates within `left`.
        spec: What to compare; the default person specification of the columns present.
        settings: Budgets and limits.
        as_of: Date to write into the model; today where None.
    """
    if right is not None and _stands_second(left, right, spec, settings, None):
        left, right = right, left
    chosen = choose_spec(left, right, spec, settings, None)
    copies = _copies_in(left, chosen) if right is None else None
    gathered = gather(left if copies is None else copies.distinct, right, chosen, settings)
    return train_model(gathered, settings, (as_of or date.today()).isoformat())


def report_blocking(
    left: pa.Table,
    right: pa.Table | None = None,
    spec: LinkageSpec | None = None,
    settings: LinkageSettings = DEFAULTS,
    model: TrainedModel | None = None,
) -> BlockReport:
    """What each blocking rule brings and costs, and how many matches none of them makes.

    Args:
        left: Table with an id column.
        right: The other table; None to link `left` with itself.
        spec: What to compare; the default person specification of the columns present.
        settings: Budgets and limits.
        model: A trained model; without one the model is learned from these tables.

    Raises:
        LinkageError: The tables, the specification or the model cannot be used.
    """
    if right is not None and _stands_second(left, right, spec, settings, model):
        left, right = right, left
    gathered = gather(left, right, choose_spec(left, right, spec, settings, model), settings)
    learned = model or train_model(gathered, settings, date.today().isoformat())
    judged = judge(gathered, learned.restricted_to(gathered.encoded.spec), settings)
    return block_report(gathered, judged)


def choose_spec(
    left: pa.Table,
    right: pa.Table | None,
    spec: LinkageSpec | None,
    settings: LinkageSettings,
    model: TrainedModel | None,
) -> LinkageSpec:
    """The specification to use: the model's, the caller's, or the default for the columns present.

    Raises:
        SpecError: Model and specification disagree.
    """
    if model is not None:
        if spec is not None and not set(spec.comparisons) >= set(model.spec.comparisons):
            raise SpecError(
                f"the model was trained with another specification ({model.spec_hash[:12]}) than "
                f"the one given ({spec_hash(spec)[:12]}); leave one of them out"
            )
        return model.spec
    if spec is not None:
        return spec
    columns = [c for c in left.column_names if right is None or c in right.column_names]
    return default_person_spec(columns, exact=settings.exact)


def _copies_in(table: pa.Table, spec: LinkageSpec) -> Copies | None:
    """The exact copies in a table; none where it has no rows, or lacks a column that is read."""
    columns = [spec.id_column, *(field.column for field in spec.fields)]
    if table.num_rows == 0 or not set(columns) <= set(table.column_names):
        return None
    return find_copies(table, spec.id_column, columns[1:])


def _stands_second(
    left: pa.Table,
    right: pa.Table,
    spec: LinkageSpec | None,
    settings: LinkageSettings,
    model: TrainedModel | None,
) -> bool:
    """Whether the left table is worked on as the right one, so that a swap changes nothing."""
    if left.num_rows != right.num_rows:
        return bool(left.num_rows > right.num_rows)
    chosen = choose_spec(left, right, spec, settings, model)
    columns = [chosen.id_column, *sorted(field.column for field in chosen.fields)]
    for table in (left, right):
        missing = [column for column in columns if column not in table.column_names]
        if missing:
            raise SpecError(f"columns {missing} are not in the table; it has {table.column_names}")
    for summary in (_extremes, _digest):
        one, other = summary(left, columns), summary(right, columns)
        if one != other:
            return one > other
    return False


def _extremes(table: pa.Table, columns: list[str]) -> bytes:
    """Least and greatest record id, and nulls of every column: tells most tables apart at once."""
    ids = pc.min_max(table[columns[0]]).as_py()
    nulls = [table[column].null_count for column in columns]
    return repr((ids["min"], ids["max"], nulls)).encode()


def _digest(table: pa.Table, columns: list[str]) -> bytes:
    """A hash of a table's content that does not depend on the order of its rows."""
    ordered = table.select(columns).sort_by(columns[0]).combine_chunks()
    for index, column in enumerate(ordered.columns):
        if pa.types.is_dictionary(column.type):
            plain = column.cast(column.type.value_type)
            ordered = ordered.set_column(index, columns[index], plain)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, ordered.schema.remove_metadata()) as writer:
        writer.write_table(ordered.replace_schema_metadata(None))
    return hashlib.sha256(sink.getvalue()).digest()


def _linked(
    left: pa.Table,
    right: pa.Table | None,
    spec: LinkageSpec | None,
    settings: LinkageSettings,
    model: TrainedModel | None,
    copied_ids: pa.Array | None = None,
) -> LinkResult:
    """Link two tables, or one with itself; records that have copies are paired with themselves."""
    chosen = choose_spec(left, right, spec, settings, model)
    if left.num_rows == 0 or (right is not None and right.num_rows == 0):
        return _nothing_to_link(left, right, chosen, model, "a table has no rows")
    try:
        # A model that judges pairs by itself needs every column it weighs, however little it says.
        is_selective = model is None or model.decision is None
        gathered = gather(left, right, chosen, settings, is_selective)
    except LinkageError as error:
        # In a handful of records every column can be constant, or empty, by chance.
        is_handful = min(left.num_rows, (left if right is None else right).num_rows) <= HANDFUL
        if not is_handful or "no column is left" not in str(error):
            raise
        return _nothing_to_link(left, right, chosen, model, str(error))
    learned = model or train_model(gathered, settings, date.today().isoformat())
    applied = learned.restricted_to(gathered.encoded.spec)
    judged = judge(gathered, applied, settings)
    encoded, report = gathered.encoded, block_report(gathered, judged)
    if copied_ids is not None:
        rows = pc.index_in(copied_ids, encoded.left_ids).to_numpy().astype(np.int32)
        judged = with_own_pairs(gathered, applied, judged, rows, settings)
    pairs = returned_pairs(gathered, applied, judged, settings)
    logger.info(
        "linked %s and %s records: %s candidate pairs, %s returned",
        encoded.n_left, encoded.n_right, len(gathered.pairs), len(pairs.left),
    )  # fmt: skip
    return LinkResult(
        pairs=pairs_table(encoded, gathered.blocking, pairs),
        clusters=None if judged.labels is None else clusters_table(encoded.left_ids, judged.labels),
        model=learned,
        block_report=report.rules,
        blocking_recall=report.recall,
        warnings=(
            *encoded.warnings, *gathered.blocking.warnings, *learned.warnings, *judged.warnings,
        ),
    )  # fmt: skip


def _nothing_to_link(
    left: pa.Table,
    right: pa.Table | None,
    spec: LinkageSpec,
    model: TrainedModel | None,
    reason: str,
) -> LinkResult:
    """The result where nothing can be compared: no pairs, every record its own cluster."""
    other = left if right is None else right
    types = [table.schema.field(spec.id_column).type for table in (left, other)]
    ids = left[spec.id_column].combine_chunks()
    clusters = clusters_table(ids, np.arange(len(ids), dtype=np.int32)) if right is None else None
    return LinkResult(
        pairs=empty_pairs(spec, types[0], types[1]),
        clusters=clusters,
        model=model or believed_model(spec, (left.num_rows, other.num_rows), right is None),
        block_report=SCHEMA.empty_table(),
        blocking_recall=BlockingRecall(0.0, reason=reason),
        warnings=(f"{reason}: there is nothing to link",),
    )


def believed_model(spec: LinkageSpec, records: tuple[int, int], is_dedupe: bool) -> TrainedModel:
    """A model of prior beliefs alone."""
    m, h, u = (np.zeros((len(spec.comparisons), table_width(spec.comparisons))) for _ in range(3))
    for row, comparison in enumerate(spec.comparisons):
        used = slice(0, len(comparison.levels))
        m[row, used], u[row, used] = prior_m(comparison), prior_u(comparison)
        h[row, used] = start_h(comparison, u[row, used])
    return TrainedModel(
        spec=spec,
        probabilities=ClassProbabilities(m, h, u),
        population=Population(pairs=1.0, matches=0.5, households=0.0),
        trained=np.zeros_like(m),
        provenance=Provenance("", *records, is_dedupe, 0, 0, 0, True, False, 0),
        warnings=("nothing to learn from: prior beliefs stand in",),
    )
