"""The run folder: write, audit, publish.

In: tables with their contracts, and JSON documents. Out: under one `out` folder, `work/` and
`staging/` (nobody's to read), `runs/<run_id>/` (never changes), `current` (the last published run)
and `operations/<run_id>.json` (times and host, which no dataset may depend on).

    files.py        how a file is written: whole or not at all, the same bytes each time
    work.py         tables between stages
    staging.py      what is about to be published, and its checks
    permanence.py   checksums and the refusal to change
    private.py      folders of one run: for the owner alone, with our mark, and gone afterwards
    runs.py         the lock, run ids, publication, `current`
"""

from pipeline.store.files import checksum, hash_json, read_parquet
from pipeline.store.permanence import verify_run
from pipeline.store.runs import PublishedRun, RunIdentity, RunStore, read_manifest
from pipeline.store.staging import StagedDataset, Staging
from pipeline.store.work import WorkFolder

__all__ = [
    "PublishedRun",
    "RunIdentity",
    "RunStore",
    "StagedDataset",
    "Staging",
    "WorkFolder",
    "checksum",
    "hash_json",
    "read_manifest",
    "read_parquet",
    "verify_run",
]
