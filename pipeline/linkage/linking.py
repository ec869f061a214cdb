"""Link two tables, or one with itself: gather, train, score, let rivals compete, return tables.

In: Arrow tables with a record id column, and if wanted a specification, settings, a trained model
and labelled pairs. Out: `LinkResult`. It must not know what the records are about.

The same result to the last bit for any row order, left/right swap, chunk size and thread count: the
tables are put into one canonical order first, and all sums run in that order.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import LinkageError
from pipeline.linkage.deciding.block_report import SCHEMA, BlockReport, block_report
from pipeline.linkage.deciding.copies import expanded
from pipeline.linkage.deciding.fit import FIT_SCHEMA, fit_warnings, model_fit
from pipeline.linkage.deciding.judge import judge, returned_pairs, with_own_pairs
from pipeline.linkage.deciding.results import (
    LinkResult,
    clusters_table,
    empty_pairs,
    pairs_table,
)
from pipeline.linkage.deciding.supervised import calibrated
from pipeline.linkage.learning.beliefs import prior_m, prior_u, start_h, table_width
from pipeline.linkage.learning.classes import ClassProbabilities, Population
from pipeline.linkage.learning.gather import Gathered, gather
from pipeline.linkage.learning.lessons import labelled_pairs
from pipeline.linkage.learning.missed import BlockingRecall
from pipeline.linkage.learning.training import train_model
from pipeline.linkage.model import Provenance, TrainedModel
from pipeline.linkage.request import Request, choose_spec, copies_in
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.sides import stands_second
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
    labels: pa.Table | None = None,
) -> LinkResult:
    """Find the pairs of a left and a right record that are one person.

    Args:
        left: Table with the specification's id column, text or integer and unique.
        right: The same.
        spec: What to compare; the default person specification of the columns both have.
        settings: Threshold, budgets, limits.
        model: A trained model; without one the model is learned from these tables.
        labels: Pairs that somebody judged: record_id_l, record_id_r, is_match and, where pairs had
            unlike chances of being drawn, weight. They refine what is learned, never needed.

    Raises:
        LinkageError: The tables, the specification, the model or the labels cannot be used.
    """
    request = Request(choose_spec(left, right, spec, settings, model), settings, model)
    request = request.with_labels(labels, left, right)
    if stands_second(left, right, request.columns):
        return _linked(right, left, request.exchanged())
    return _linked(left, right, request)


def dedupe(
    table: pa.Table,
    spec: LinkageSpec | None = None,
    settings: LinkageSettings = DEFAULTS,
    model: TrainedModel | None = None,
    labels: pa.Table | None = None,
) -> LinkResult:
    """Find the records of one table that are the same person, and group them.

    Args:
        table: Table with the specification's id column, text or integer and unique.
        spec: What to compare; the default person specification of the columns present.
        settings: Threshold, budgets, limits.
        model: A trained model; without one the model is learned from this table.
        labels: Pairs that somebody judged, as `link` takes them; either record may come first.

    Raises:
        LinkageError: The table, the specification, the model or the labels cannot be used.
    """
    request = Request(choose_spec(table, None, spec, settings, model), settings, model)
    request = request.with_labels(labels, table, None)
    copies = copies_in(table, request)
    if copies is None:
        return _linked(table, None, request)
    result = _linked(copies.distinct, None, request.of_distinct(copies), copies.copied_ids)
    return expanded(result, copies)


def train(
    left: pa.Table,
    right: pa.Table | None = None,
    spec: LinkageSpec | None = None,
    settings: LinkageSettings = DEFAULTS,
    as_of: date | None = None,
    labels: pa.Table | None = None,
) -> TrainedModel:
    """Learn a model from two tables, or from one with itself.

    Args:
        left: Table with an id column.
        right: The other table; None to learn from duplicates within `left`.
        spec: What to compare; the default person specification of the columns present.
        settings: Budgets and limits.
        as_of: Date to write into the model; today where None.
        labels: Pairs that somebody judged, as `link` takes them.

    Raises:
        LinkageError: The tables, the specification or the labels cannot be used.
    """
    request = Request(choose_spec(left, right, spec, settings, None), settings)
    request = request.with_labels(labels, left, right)
    if right is not None and stands_second(left, right, request.columns):
        left, right, request = right, left, request.exchanged()
    copies = copies_in(left, request) if right is None else None
    if copies is not None:
        left, request = copies.distinct, request.of_distinct(copies)
    gathered = gather(left, right, request.spec, settings)
    return _learned(gathered, request, as_of or date.today())


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
    request = Request(choose_spec(left, right, spec, settings, model), settings, model)
    if right is not None and stands_second(left, right, request.columns):
        left, right = right, left
    gathered = gather(left, right, request.spec, settings)
    learned = _learned(gathered, request, date.today())
    judged = judge(gathered, learned.restricted_to(gathered.encoded.spec), settings)
    return block_report(gathered, judged)


def _learned(gathered: Gathered, request: Request, today: date) -> TrainedModel:
    """The model given, or learned from what was gathered; calibrated where there are labels."""
    settings, trained_on = request.settings, today.isoformat()
    if request.labels is None:
        return request.model or train_model(gathered, settings, trained_on)
    labelled = labelled_pairs(request.labels, gathered, settings.threads)
    model = request.model or train_model(gathered, settings, trained_on, labelled)
    return calibrated(gathered, model, settings, labelled)


def _linked(
    left: pa.Table, right: pa.Table | None, request: Request, copied_ids: pa.Array | None = None
) -> LinkResult:
    """Link two tables, or one with itself; records that have copies are paired with themselves."""
    chosen, settings, model = request.spec, request.settings, request.model
    if left.num_rows == 0 or (right is not None and right.num_rows == 0):
        return _nothing_to_link(left, right, request, "a table has no rows")
    try:
        # A model that judges pairs by itself needs every column it weighs, however little it says.
        is_selective = model is None or model.decision is None
        gathered = gather(left, right, chosen, settings, is_selective)
    except LinkageError as error:
        # In a handful of records every column can be constant, or empty, by chance.
        is_handful = min(left.num_rows, (left if right is None else right).num_rows) <= HANDFUL
        if not is_handful or "no column is left" not in str(error):
            raise
        return _nothing_to_link(left, right, request, str(error))
    learned = _learned(gathered, request, date.today())
    applied = learned.restricted_to(gathered.encoded.spec)
    judged = judge(gathered, applied, settings)
    fit = model_fit(gathered, applied, judged.scores.population)
    encoded = gathered.encoded
    with ThreadPoolExecutor(1) as pool:
        reporting = pool.submit(block_report, gathered, judged)
        if copied_ids is not None:
            rows = pc.index_in(copied_ids, encoded.left_ids).to_numpy().astype(np.int32)
            judged = with_own_pairs(gathered, applied, judged, rows, settings)
        returned = returned_pairs(gathered, applied, judged, settings, request.is_exchanged)
        pairs = pairs_table(encoded, gathered.blocking, returned, request.is_exchanged)
        report = reporting.result()
    logger.info(
        "linked %s and %s records: %s candidate pairs, %s returned",
        encoded.n_left, encoded.n_right, len(gathered.pairs), pairs.num_rows,
    )  # fmt: skip
    return LinkResult(
        pairs=pairs,
        clusters=None if judged.labels is None else clusters_table(encoded.left_ids, judged.labels),
        model=learned,
        block_report=report.rules,
        blocking_recall=report.recall,
        fit=fit,
        warnings=(
            *encoded.warnings, *gathered.blocking.warnings, *learned.warnings, *judged.warnings,
            *fit_warnings(fit),
        ),
    )  # fmt: skip


def _nothing_to_link(
    left: pa.Table, right: pa.Table | None, request: Request, reason: str
) -> LinkResult:
    """The result where nothing can be compared: no pairs, every record its own cluster."""
    other, spec = left if right is None else right, request.spec
    types = [table.schema.field(spec.id_column).type for table in (left, other)]
    if request.is_exchanged:
        types.reverse()
    ids = left[spec.id_column].combine_chunks()
    clusters = clusters_table(ids, np.arange(len(ids), dtype=np.int32)) if right is None else None
    return LinkResult(
        pairs=empty_pairs(spec, types[0], types[1]),
        clusters=clusters,
        model=request.model or believed_model(spec, (left.num_rows, other.num_rows), right is None),
        block_report=SCHEMA.empty_table(),
        blocking_recall=BlockingRecall(0.0, reason=reason),
        fit=FIT_SCHEMA.empty_table(),
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
