"""Link files: read tables from CSV or Parquet, link, write pairs and clusters.

In: paths and the options of `kinlink link` and `kinlink dedupe`. Out: files, and the `LinkResult`.
It must not hold any linkage of its own. Errors name files, columns and counts, never values. What
links is imported while tables are read (`load_engine`), which takes half a second of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from pipeline import linkage
from pipeline.errors import LinkageError
from pipeline.linkage.loading import load_engine
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import LinkageSpec
from pipeline.linkage.table_files import (
    RECORD_ID,
    check_output,
    check_replaces_nothing,
    read_tables,
    write_table,
    write_text,
)


@dataclass(frozen=True)
class Plan:
    """The options of a command, read.

    Attributes:
        spec: Specification given, its id column renamed to `record_id`; None for the default.
        model: Model given, likewise.
        settings: Threshold and flags.
        id_column: Column of the files that names a record.
    """

    spec: LinkageSpec | None
    model: linkage.TrainedModel | None
    settings: LinkageSettings
    id_column: str


def link_files(
    left: str | Path,
    right: str | Path,
    out: str | Path,
    *,
    spec: str | Path | None = None,
    threshold: float = 0.5,
    model: str | Path | None = None,
    id_column: str = RECORD_ID,
    exact: Sequence[str] = (),
    one_to_one: bool = False,
    save_model: str | Path | None = None,
    labels: str | Path | None = None,
) -> linkage.LinkResult:
    """Link two files and write the pairs.

    Args:
        left: CSV or Parquet with an id column.
        right: The same.
        out: Pairs, .csv or .parquet.
        spec: Specification (TOML); the default person specification without.
        threshold: Lowest match probability to write.
        model: Trained model (JSON); learned from the files without.
        id_column: Column that names a record.
        exact: Further columns that agree or do not (default specification only).
        one_to_one: At most one partner a record.
        save_model: Also write the model used here, as JSON.
        labels: Pairs that somebody judged, CSV or Parquet.

    Raises:
        LinkageError: A file, the specification, the model or the labels cannot be used.
    """
    settings = LinkageSettings(threshold=threshold, one_to_one=one_to_one, exact=tuple(exact))
    _check_outputs((out,), save_model, (left, right, spec, model, labels))
    plan = _plan(spec, model, settings, id_column)
    tables = read_tables((left, right), plan.id_column, load_engine)
    chosen = _spec_for(plan, tables, [left, right])
    told = linkage.read_label_file(labels, tables) if labels else None
    result = linkage.link(tables[0], tables[1], chosen, settings, plan.model, told)
    write_table(result.pairs, out)
    _save_model(result, save_model, plan)
    return result


def dedupe_files(
    table: str | Path,
    out: str | Path,
    *,
    spec: str | Path | None = None,
    threshold: float = 0.5,
    model: str | Path | None = None,
    id_column: str = RECORD_ID,
    exact: Sequence[str] = (),
    clusters: str | Path | None = None,
    save_model: str | Path | None = None,
    labels: str | Path | None = None,
) -> linkage.LinkResult:
    """Find the records of one file that are the same person; write pairs and, if asked, clusters.

    Args:
        table: CSV or Parquet with an id column.
        out: Pairs, .csv or .parquet.
        spec: Specification (TOML); the default person specification without.
        threshold: Lowest match probability to write.
        model: Trained model (JSON); learned from the file without.
        id_column: Column that names a record.
        exact: Further columns that agree or do not (default specification only).
        clusters: Also write record_id, cluster_id here.
        save_model: Also write the model used here, as JSON.
        labels: Pairs that somebody judged, CSV or Parquet.

    Raises:
        LinkageError: The file, the specification, the model or the labels cannot be used.
    """
    settings = LinkageSettings(threshold=threshold, exact=tuple(exact))
    _check_outputs((out, clusters), save_model, (table, spec, model, labels))
    plan = _plan(spec, model, settings, id_column)
    records = read_tables((table,), plan.id_column, load_engine)[0]
    chosen = _spec_for(plan, [records], [table])
    told = linkage.read_label_file(labels, [records]) if labels else None
    result = linkage.dedupe(records, chosen, settings, plan.model, told)
    write_table(result.pairs, out)
    if clusters and result.clusters is not None:
        write_table(result.clusters, clusters)
    _save_model(result, save_model, plan)
    return result


def _check_outputs(
    tables: Sequence[str | Path | None],
    model: str | Path | None,
    inputs: Sequence[str | Path | None],
) -> None:
    """Refuse outputs that cannot be written, or would replace something, before any work."""
    for path in tables:
        if path is not None:
            check_output(path)
    if model is not None:
        check_output(model, (".json",))
    check_replaces_nothing((*tables, model), inputs)


def _save_model(result: linkage.LinkResult, path: str | Path | None, plan: Plan) -> None:
    """Write the model with the files' own name for the id column, so that it can be used alone."""
    if path is not None:
        spec = replace(result.model.spec, id_column=plan.id_column)
        write_text(replace(result.model, spec=spec).to_json(), path)


def block_report_files(
    left: str | Path,
    right: str | Path | None = None,
    *,
    spec: str | Path | None = None,
    model: str | Path | None = None,
    id_column: str = RECORD_ID,
    exact: Sequence[str] = (),
) -> linkage.BlockReport:
    """Report what blocking does to two files, or to one within itself.

    Args:
        left: CSV or Parquet with an id column.
        right: The other file; None to report on linking `left` with itself.
        spec: Specification (TOML); the default person specification without.
        model: Trained model (JSON); learned from the files without.
        id_column: Column that names a record.
        exact: Further columns that agree or do not (default specification only).

    Raises:
        LinkageError: A file, the specification or the model cannot be used.
    """
    settings = LinkageSettings(exact=tuple(exact))
    plan = _plan(spec, model, settings, id_column)
    paths = [left] if right is None else [left, right]
    tables = read_tables(paths, plan.id_column, load_engine)
    other = tables[1] if right is not None else None
    chosen = _spec_for(plan, tables, paths)
    return linkage.report_blocking(tables[0], other, chosen, settings, plan.model)


def read_block_report(path: str | Path) -> linkage.BlockReport:
    """A block report written as JSON.

    Raises:
        LinkageError: The file is missing or no report.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkageError(f"block report '{path}' cannot be read: {error}") from error
    return linkage.BlockReport.from_json(text)


def _plan(
    spec: str | Path | None,
    model: str | Path | None,
    settings: LinkageSettings,
    id_column: str,
) -> Plan:
    """Read specification and model; the option overrules the id column that they name."""
    read_spec = LinkageSpec.from_toml(spec) if spec else None
    read_model = linkage.TrainedModel.load(model) if model else None
    named = read_spec or (read_model.spec if read_model else None)
    if named is not None and id_column == RECORD_ID:
        id_column = named.id_column
    if read_spec is not None:
        read_spec = replace(read_spec, id_column=RECORD_ID)
    if read_model is not None:
        read_model = replace(read_model, spec=replace(read_model.spec, id_column=RECORD_ID))
    return Plan(read_spec, read_model, settings, id_column)


def _spec_for(
    plan: Plan, tables: Sequence[pa.Table], paths: Sequence[str | Path]
) -> LinkageSpec | None:
    """The specification given, checked against every file, or the default for their columns."""
    named = plan.spec or (plan.model.spec if plan.model else None)
    wanted = [f.column for f in named.fields] if named else list(plan.settings.exact)
    for table, path in zip(tables, paths, strict=True):
        missing = [column for column in wanted if column not in table.column_names]
        if missing:
            raise LinkageError(
                f"'{path}' has no columns {missing}; it has {table.column_names}; "
                "rename its columns or give another --spec, --model or --exact"
            )
    if named is not None:
        return plan.spec
    columns = [c for c in tables[0].column_names if all(c in t.column_names for t in tables)]
    return default_person_spec(columns, exact=plan.settings.exact)
