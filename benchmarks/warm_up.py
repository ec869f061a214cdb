"""Warm up: compile every kernel of Kinlink before anything is measured.

In: a scratch folder. Out: nothing; the compiled kernels are kept on disk, as after an installation.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.jobs import Job, run_job
from benchmarks.made_up_people import write_duplicated, write_linked

RECORDS = 500


def warm_up(scratch: Path, workload: str | None = None) -> None:
    """Link two small tables and one with itself, with the comparisons that will be measured."""
    for write in (write_linked, write_duplicated):
        people = write(scratch / write.__name__, RECORDS)
        folder = scratch / "warm"
        run_job(Job("kinlink", folder, people.left, people.right, workload, clusters=True))
