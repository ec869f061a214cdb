"""Run Splink on one job: `python -m benchmarks.splink_runner JOB.json`.

In: a job. Out: `pairs.parquet`, and clusters if asked. It must not measure anything.
"""

from __future__ import annotations

import sys
from typing import Any

import duckdb
import pyarrow.parquet as pq
from splink import DuckDBAPI, Linker, SettingsCreator

from benchmarks.jobs import SURE, Job
from benchmarks.splink_models import (
    SplinkModel,
    blocking_rule,
    model_for_set,
    model_for_workload,
)
from benchmarks.workloads import WORKLOADS

SEED = 1
SIDES = ("left_records", "right_records")


def main(job: Job) -> None:
    """Train unless a model is given, predict, write."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {job.threads}")
    database = DuckDBAPI(connection=connection)
    columns = pq.read_schema(job.left).names
    n_records = pq.read_metadata(job.left).num_rows
    model = (
        model_for_set(job.left.parent.name, columns, n_records)
        if job.workload is None
        else model_for_workload(WORKLOADS[job.workload])
    )
    names = ("records",) if job.is_dedupe else SIDES
    paths = [path for path in (job.left, job.right) if path is not None]
    for name, path in zip(names, paths, strict=True):
        connection.execute(_table_sql(name, str(path), columns, job.workload is None))
    tables = [database.register(name, dataset_display_name=name) for name in names]
    settings = job.model_in if job.model_in is not None else _settings(model, job)
    linker = Linker(tables if len(tables) > 1 else tables[0], settings)
    if job.model_in is None:
        train(linker, model)
    if job.model_out is not None:
        linker.misc.save_model_to_json(str(job.model_out), overwrite=True)
    predicted = linker.inference.predict(threshold_match_probability=job.lowest)
    _write(connection, predicted.physical_name, job)
    if job.clusters:
        _write_clusters(connection, linker, predicted, job)


def train(linker: Any, model: SplinkModel) -> None:
    """Prior, u and m as the notebooks estimate them."""
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [blocking_rule(key) for key in model.sure], recall=model.sure_recall
    )
    training.estimate_u_using_random_sampling(max_pairs=model.random_pairs, seed=SEED)
    for key in model.training:
        training.estimate_parameters_using_expectation_maximisation(
            blocking_rule(key),
            estimate_without_term_frequencies=True,
            max_pairs=model.training_pairs,
        )


def _settings(model: SplinkModel, job: Job) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only" if job.is_dedupe else "link_only",
        unique_id_column_name="record_id",
        comparisons=model.comparisons,
        blocking_rules_to_generate_predictions=[blocking_rule(key) for key in model.blocking],
        retain_matching_columns=False,
    )


def _table_sql(name: str, path: str, columns: list[str], is_open_set: bool) -> str:
    """A table of the file's records; those of open sets cleaned as Splink's guide advises."""
    if not is_open_set:
        return f"CREATE TABLE \"{name}\" AS SELECT * FROM read_parquet('{path}')"
    cleaned = [c if c == "record_id" else f"nullif(trim(lower({c})), '') AS {c}" for c in columns]
    if "postcode" in columns:
        cleaned[columns.index("postcode")] = "nullif(trim(upper(postcode)), '') AS postcode"
    return f"CREATE TABLE \"{name}\" AS SELECT {', '.join(cleaned)} FROM read_parquet('{path}')"


def _write(connection: Any, table: str, job: Job) -> None:
    connection.execute(f"COPY (SELECT * FROM {table}) TO '{job.pairs}' (FORMAT PARQUET)")


def _write_clusters(connection: Any, linker: Any, predicted: Any, job: Job) -> None:
    """Clusters at .95; across two tables single best links, at most one record of each."""
    if job.is_dedupe:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=SURE
        )
    else:
        found = linker.clustering.cluster_using_single_best_links(
            predicted, duplicate_free_datasets=list(SIDES), threshold_match_probability=SURE
        )
    side = "''" if job.is_dedupe else "source_dataset"
    connection.execute(
        f"COPY (SELECT cluster_id, record_id, {side} AS side FROM {found.physical_name}) "
        f"TO '{job.clusters_file}' (FORMAT PARQUET)"
    )


if __name__ == "__main__":
    main(Job.load(sys.argv[1]))
