"""Run Kinlink on one job: `python -m benchmarks.kinlink_runner JOB.json`.

In: a job. Out: `pairs.parquet`, and clusters if asked. It does what `kinlink link` and `kinlink
dedupe` do, with the job's rules and settings. It must not measure anything.
"""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from benchmarks.jobs import Job
from benchmarks.stages import noted_stages

PAIRS_PER_RECORD = 1_000.0
"""A workload's rules are to be used as they stand, whatever pairs they make."""


def main(job: Job) -> None:
    """Read, link with or without a model, write."""
    from pipeline.linkage.loading import load_arrow_alone, load_engine

    load_arrow_alone()
    from pipeline import linkage
    from pipeline.linkage.table_files import RECORD_ID, read_tables, write_table

    settings = linkage.LinkageSettings(threshold=job.lowest, threads=job.threads)
    spec = None
    if job.workload is not None:
        spec = workload_spec(job.workload)
        settings = replace(settings, pairs_per_record=PAIRS_PER_RECORD)
    if job.method:
        settings = replace(settings, method=_method(job.method))
    model = linkage.TrainedModel.load(job.model_in) if job.model_in is not None else None
    paths = [job.left] if job.right is None else [job.left, job.right]
    left, *right = read_tables(paths, RECORD_ID, load_engine)
    if job.right is None:
        result = linkage.dedupe(left, spec, settings, model)
    else:
        result = linkage.link(left, right[0], spec, settings, model)
    write_table(result.pairs, job.pairs)
    if job.clusters and result.clusters is not None:
        write_table(result.clusters, job.clusters_file)
    if job.model_out is not None:
        result.model.save(job.model_out)
    _note(job, result)


def workload_spec(name: str) -> Any:
    """The workload's rules and comparisons as a Kinlink specification."""
    from benchmarks.workloads import COMPARISONS, WORKLOADS
    from pipeline.linkage.spec import spec_from_mapping

    comparisons = [
        {
            "kind": "levels",
            "column": ladder.column,
            "levels": list(ladder.levels),
            "household": ladder.household,
            "term_frequency": ladder.has_term_frequency,
        }
        for ladder in COMPARISONS
    ]
    rules = [{"key": key} for key in WORKLOADS[name].keys]
    return spec_from_mapping({"comparison": comparisons, "blocking_rule": rules}, name)


def _method(switches: dict[str, Any]) -> Any:
    from pipeline.linkage.method import Method

    return Method(**switches)


def _note(job: Job, result: Any) -> None:
    """What the report wants to know beside the pairs."""
    pairs = result.model.provenance.candidate_pairs
    job.notes.write_text(json.dumps({"candidate_pairs": pairs}), encoding="utf-8")


if __name__ == "__main__":
    asked = Job.load(sys.argv[1])
    with noted_stages(asked.stages) if asked.profile else nullcontext():
        main(asked)
