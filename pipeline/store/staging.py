"""What a run is about to publish, written file by file and read back before anyone sees it.

In: datasets with their contracts, documents. Out: a staged folder, or every reason against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.contracts.schema import TableContract
from pipeline.errors import StoreError
from pipeline.store.files import checksum, to_json, write_csv, write_parquet, write_text

MANIFEST_FILE = "run_manifest.json"

Audit = Callable[[Path], Iterable[str]]
"""Reads a staged folder and says, in one sentence each, what is wrong with it."""


@dataclass(frozen=True)
class StagedDataset:
    """One file written for publication.

    Attributes:
        contract: what its rows mean.
        path: relative to the run folder, with `/`.
        rows: number of rows.
        checksum: SHA-256 of the file.
        size_bytes: length of the file.
        partition: `recipient=<code>`, or empty.
    """

    contract: TableContract
    path: str
    rows: int
    checksum: str
    size_bytes: int
    partition: str = ""


class Staging:
    """What a run is about to publish: written file by file, seen by nobody."""

    def __init__(self, path: Path, run_id: str) -> None:
        self.path = path
        self.run_id = run_id
        self.datasets: list[StagedDataset] = []

    def write(self, contract: TableContract, table: pa.Table, partition: str = "") -> StagedDataset:
        """Write one dataset, or one recipient's part of it (then as CSV too).

        Args:
            contract: the dataset's contract; the table must keep it.
            table: the rows, in any order.
            partition: `recipient=<code>` for a list, empty for a whole dataset.

        Raises:
            ContractError: the table does not keep its contract.
            StoreError: the dataset was already written.
        """
        name = f"{contract.name}.parquet"
        parent = f"authority_lists/{partition}/" if partition else ""
        target = self.path / (parent + name)
        if target.exists():
            raise StoreError(f"dataset '{parent + name}' was already written in this run")
        conformed = contract.conform(table)
        write_parquet(conformed, target)
        if partition:
            write_csv(conformed, target.with_suffix(".csv"))
        staged = StagedDataset(
            contract, parent + name, conformed.num_rows, checksum(target), target.stat().st_size,
            partition,
        )  # fmt: skip
        self.datasets.append(staged)
        return staged

    def write_document(self, name: str, value: object) -> None:
        """Write a JSON document, such as the manifest."""
        write_text(to_json(value), self.path / name)

    def write_note(self, partition: str, name: str, text: str) -> None:
        """Write a text beside one recipient's list, or where that list would be."""
        write_text(text, self.path / "authority_lists" / partition / name)


def check_staged(staging: Staging, audits: Iterable[Audit]) -> None:
    """Read everything back and refuse to publish what is not as it should be.

    Raises:
        StoreError: lists every check that failed.
    """
    with ThreadPoolExecutor(2) as pool:
        auditing = [pool.submit(lambda audit: list(audit(staging.path)), one) for one in audits]
        reading = pool.map(lambda one: list(dataset_failures(staging, one)), staging.datasets)
        failures = [failure for found in reading for failure in found]
        if not (staging.path / MANIFEST_FILE).is_file():
            failures.append(f"{MANIFEST_FILE} was not written")
        failures += [failure for audited in auditing for failure in audited.result()]
    if failures:
        shown = "; ".join(failures[:5])
        raise StoreError(
            f"run {staging.run_id} is not published, {len(failures)} checks failed: {shown}. "
            f"What was staged is in '{staging.path}' until the next run"
        )


def dataset_failures(staging: Staging, dataset: StagedDataset) -> Iterator[str]:
    """What is wrong with one written file, read back: bytes, rows, schema, run id."""
    path = staging.path / dataset.path
    if not path.is_file() or checksum(path) != dataset.checksum:
        yield f"{dataset.path} is not as it was written"
        return
    file = pq.ParquetFile(path)
    if file.metadata.num_rows != dataset.rows:
        yield f"{dataset.path} has {file.metadata.num_rows} rows, {dataset.rows} were written"
    if not file.schema_arrow.equals(dataset.contract.to_arrow()):
        yield f"{dataset.path} does not have the schema of its contract"
    if "run_id" in file.schema_arrow.names and dataset.rows:
        # As a dictionary: one text a row group instead of one a row.
        column = pq.ParquetFile(path, read_dictionary=["run_id"]).read(columns=["run_id"])["run_id"]
        run_ids = set(column.unique().to_pylist())
        if run_ids != {staging.run_id}:
            yield f"{dataset.path} carries another run's id"
