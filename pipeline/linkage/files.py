"""Link files: read tables from CSV or Parquet, link, write pairs and clusters.

In: paths and the options of `kinlink link` and `kinlink dedupe`. Out: files, and the `LinkResult`.
It must not hold any linkage of its own. Errors name files, columns and counts, never values.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pipeline.errors import LinkageError
from pipeline.linkage.deciding.block_report import BlockReport
from pipeline.linkage.deciding.results import LinkResult
from pipeline.linkage.linking import dedupe, link, report_blocking
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import LinkageSpec

RECORD_ID = "record_id"
SHOWN = 5


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
    model: TrainedModel | None
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
) -> LinkResult:
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

    Raises:
        LinkageError: A file, the specification or the model cannot be used.
    """
    settings = LinkageSettings(threshold=threshold, one_to_one=one_to_one, exact=tuple(exact))
    plan = _plan(spec, model, settings, id_column)
    _check_outputs([out], save_model)
    tables = [read_table(path, plan.id_column) for path in (left, right)]
    chosen = _spec_for(plan, tables, [left, right])
    result = link(tables[0], tables[1], chosen, settings, plan.model)
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
) -> LinkResult:
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

    Raises:
        LinkageError: The file, the specification or the model cannot be used.
    """
    settings = LinkageSettings(threshold=threshold, exact=tuple(exact))
    plan = _plan(spec, model, settings, id_column)
    _check_outputs([out] + ([clusters] if clusters else []), save_model)
    records = read_table(table, plan.id_column)
    result = dedupe(records, _spec_for(plan, [records], [table]), settings, plan.model)
    write_table(result.pairs, out)
    if clusters and result.clusters is not None:
        write_table(result.clusters, clusters)
    _save_model(result, save_model, plan)
    return result


def _check_outputs(tables: Sequence[str | Path], model: str | Path | None) -> None:
    for path in tables:
        check_output(path)
    if model is not None:
        check_output(model, (".json",))


def _save_model(result: LinkResult, path: str | Path | None, plan: Plan) -> None:
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
) -> BlockReport:
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
    tables = [read_table(path, plan.id_column) for path in paths]
    other = tables[1] if right is not None else None
    return report_blocking(tables[0], other, _spec_for(plan, tables, paths), settings, plan.model)


def read_block_report(path: str | Path) -> BlockReport:
    """A block report written as JSON.

    Raises:
        LinkageError: The file is missing or no report.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkageError(f"block report '{path}' cannot be read: {error}") from error
    return BlockReport.from_json(text)


def write_text(text: str, path: str | Path) -> None:
    """Write a report or a page; the file appears whole or not at all."""
    with _appearing(Path(path)) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _plan(
    spec: str | Path | None,
    model: str | Path | None,
    settings: LinkageSettings,
    id_column: str,
) -> Plan:
    """Read specification and model; the option overrules the id column that they name."""
    read_spec = LinkageSpec.from_toml(spec) if spec else None
    read_model = TrainedModel.load(model) if model else None
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


def read_table(path: str | Path, id_column: str = RECORD_ID) -> pa.Table:
    """A CSV (gzip allowed) or Parquet file, or a folder of Parquet files, with its id column.

    CSV columns are read as text: an id or a code keeps its leading zeros; an empty cell is null.

    Args:
        path: Where the file is.
        id_column: Column that names a record; renamed to `record_id`.

    Raises:
        LinkageError: The file is missing, empty or damaged, has no such column, or an id is null or
            stands twice.
    """
    path = Path(path)
    if not path.exists():
        raise LinkageError(f"'{path}' does not exist")
    if path.is_file() and path.stat().st_size == 0:
        raise LinkageError(f"'{path}' is empty: it has not even a header")
    name = path.name.lower()
    if path.is_dir() or name.endswith((".parquet", ".pq")):
        table = _read_parquet(path, id_column)
    elif name.endswith((".csv", ".csv.gz", ".txt")):
        table = _read_csv(path)
    else:
        raise LinkageError(f"'{path}' is neither .csv, .csv.gz nor .parquet")
    return _with_record_id(table, id_column, path)


def _read_parquet(path: Path, id_column: str) -> pa.Table:
    """The table, its text as dictionaries where it is one file: values repeat, ids do not."""
    try:
        fields = [] if path.is_dir() else pq.read_schema(path)
        texts = [f.name for f in fields if pa.types.is_string(f.type) and f.name != id_column]
        return pq.read_table(path, read_dictionary=texts)
    except (pa.ArrowException, OSError) as error:
        raise LinkageError(
            f"'{path}' cannot be read as Parquet ({type(error).__name__}): it may be cut off; "
            "write it again"
        ) from None


def _read_csv(path: Path) -> pa.Table:
    """Every column as text. The parser's own messages quote rows, so they are not passed on."""
    ragged: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            names = _header(
                stream.readall() if path.stat().st_size < 1 << 16 else stream.read(1 << 20)
            )
        table = pacsv.read_csv(
            str(path),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        raise LinkageError(
            f"'{path}' cannot be read as CSV ({type(error).__name__}): it must be UTF-8 with a "
            "header and commas"
        ) from None
    if ragged:
        raise LinkageError(
            f"'{path}' has {len(ragged):,} rows with another number of columns than its header's "
            f"{len(names)}: mend them, or quote values that hold commas"
        )
    return table


def _header(start: bytes) -> list[str]:
    """Column names in the first line of a CSV file."""
    lines = start.decode("utf-8-sig", errors="replace").splitlines()
    return next(csv.reader(lines[:1]), [])


def _with_record_id(table: pa.Table, id_column: str, path: Path) -> pa.Table:
    """The table with its id column named `record_id`.

    Raises:
        LinkageError: There is no such column, or ids are null or not unique.
    """
    if id_column not in table.column_names:
        raise LinkageError(
            f"'{path}' has no column '{id_column}'; it has {table.column_names}; name the column "
            "that holds the record id with --id"
        )
    ids = table[id_column]
    if ids.null_count:
        raise LinkageError(
            f"'{path}', column '{id_column}': {ids.null_count:,} record ids are null"
        )
    if pc.count_distinct(ids).as_py() < len(ids):
        counts = pc.value_counts(ids)
        repeated = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
        first = sorted(repeated.to_pylist())[:SHOWN]
        raise LinkageError(
            f"'{path}', column '{id_column}': {len(repeated):,} record ids stand more than once, "
            f"such as {first}; give each record an id of its own"
        )
    names = [name for name in table.column_names if name == id_column or name != RECORD_ID]
    table = table.select(names)
    return table.rename_columns([RECORD_ID if name == id_column else name for name in names])


def check_output(path: str | Path, endings: Sequence[str] = (".csv", ".parquet")) -> None:
    """Refuse, before any work, an output that cannot be written.

    Raises:
        LinkageError: The ending is unknown or the folder does not exist.
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        known = f"{', '.join(endings[:-1])} or {endings[-1]}" if endings[1:] else endings[0]
        raise LinkageError(f"cannot write '{path}': the output must end in {known}")
    if not path.parent.is_dir():
        raise LinkageError(f"cannot write '{path}': folder '{path.parent}' does not exist")


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table as CSV or Parquet; the file appears whole or not at all."""
    path = Path(path)
    with _appearing(path) as unfinished:
        if path.suffix.lower() == ".csv":
            pacsv.write_csv(_flat(table), unfinished)
        else:
            pq.write_table(table, unfinished, compression="zstd")


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write into, which takes its place when all went well."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _umask() -> int:
    """The process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flat(table: pa.Table) -> pa.Table:
    """The table with lists joined by '; ', as CSV has none."""
    for index, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            joined = pc.binary_join(table.column(index).cast(pa.list_(pa.string())), "; ")
            table = table.set_column(index, field.name, joined)
    return table
