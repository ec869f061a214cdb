"""The papers of a run folder: the manifest, and the Frictionless data package.

In: what was read, what was staged, its contracts. Out: JSON values. No time of day and no host: two
runs on the same input write the same bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from pipeline.contracts.outputs import RUN_MANIFEST
from pipeline.contracts.schema import Column, TableContract
from pipeline.publish.left_out import in_words
from pipeline.publish.pseudonyms import GIVEN


class WrittenDataset(Protocol):
    """A file that the store has staged."""

    @property
    def contract(self) -> TableContract:
        """What its rows mean."""

    @property
    def path(self) -> str:
        """Where it is in the run folder."""

    @property
    def rows(self) -> int:
        """How many rows it holds."""

    @property
    def checksum(self) -> str:
        """Its SHA-256."""

    @property
    def size_bytes(self) -> int:
        """Its length."""


@dataclass(frozen=True)
class InputFacts:
    """One extract as it was read.

    Attributes:
        name: `prison/prisoners`, `childrens_services/330/children`, …
        rows: rows received.
        checksum: SHA-256 of its bytes.
        cut_off_date: ISO date that its manifest gives; empty without one.
    """

    name: str
    rows: int
    checksum: str
    cut_off_date: str = ""


@dataclass(frozen=True)
class RunFacts:
    """What the manifest says of a run beside its datasets.

    Attributes:
        run_id: the run.
        as_of_date: ISO date.
        package_version: version of Kinlink.
        settings_hash: SHA-256 of the settings.
        identity: content_hash, registry_hash, previous_run_id.
        inputs: every extract read.
        models: version of each model by name.
        stage_rows: rows of each stage table by name.
        left_out: reason by source that the run did without.
        has_protected_persons: whether a list of protected persons was applied.
        pseudonym_key: where the secret behind pseudonyms comes from; see `pseudonyms.py`.
    """

    run_id: str
    as_of_date: str
    package_version: str
    settings_hash: str
    identity: Mapping[str, str | None]
    inputs: tuple[InputFacts, ...]
    models: Mapping[str, str] = field(default_factory=dict)
    stage_rows: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    has_protected_persons: bool = False
    pseudonym_key: str = GIVEN


def run_manifest(facts: RunFacts, datasets: Iterable[WrittenDataset]) -> dict[str, Any]:
    """`run_manifest.json`.

    Raises:
        ContractError: it would not keep the contract RUN_MANIFEST.
    """
    manifest: dict[str, Any] = {
        "run_id": facts.run_id,
        "as_of_date": facts.as_of_date,
        "package_version": facts.package_version,
        "settings_hash": facts.settings_hash,
        "identity": dict(sorted(facts.identity.items())),
        "inputs": [dataclasses.asdict(i) for i in sorted(facts.inputs, key=lambda i: i.name)],
        "sources_left_out": [
            {"source": name, "reason": reason} for name, reason in sorted(facts.left_out.items())
        ],
        "has_protected_persons": facts.has_protected_persons,
        "pseudonym_key": facts.pseudonym_key,
        "models": dict(sorted(facts.models.items())),
        "stage_rows": dict(sorted(facts.stage_rows.items())),
        "datasets": [dataset_facts(dataset) for dataset in by_path(datasets)],
    }
    row = {**manifest, **{name: list(manifest[name].items()) for name in ("identity", "models",
           "stage_rows")}}  # fmt: skip
    RUN_MANIFEST.conform(pa.Table.from_pylist([row], schema=RUN_MANIFEST.to_arrow()))
    return manifest


def by_path(datasets: Iterable[WrittenDataset]) -> list[WrittenDataset]:
    """Datasets in a fixed order."""
    return sorted(datasets, key=lambda dataset: dataset.path)


def dataset_facts(dataset: WrittenDataset) -> dict[str, Any]:
    """What the manifest says of one file."""
    return {
        "name": dataset.contract.name, "path": dataset.path, "reader": dataset.contract.reader,
        "rows": dataset.rows, "checksum": dataset.checksum,
    }  # fmt: skip


def datapackage(facts: RunFacts, datasets: Iterable[WrittenDataset]) -> dict[str, Any]:
    """`datapackage.json`: every Parquet file with its columns in words.

    Source: Data Package standard, version 2 (Frictionless).
    """
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"kinlink-{facts.run_id}",
        "title": "Children of people in prison and on probation",
        "resources": [resource(dataset) for dataset in by_path(datasets)],
    }
    if facts.left_out:
        note = f"Not complete; made without {'; '.join(in_words(facts.left_out))}"
        package["description"] = note
        package["resources"] = [{**one, "note": note} for one in package["resources"]]
    return package


def resource(dataset: WrittenDataset) -> dict[str, Any]:
    """One file of the package."""
    contract = dataset.contract
    name = dataset.path.removesuffix(".parquet").replace("/", ".").replace("=", "-")
    schema: dict[str, Any] = {"fields": [field_of(column) for column in contract.columns]}
    if contract.key:
        schema["primaryKey"] = list(contract.key)
    return {
        "name": name, "path": dataset.path, "description": contract.description,
        "format": "parquet", "mediatype": "application/vnd.apache.parquet",
        "bytes": dataset.size_bytes, "hash": f"sha256:{dataset.checksum}",
        "rowCount": dataset.rows, "reader": contract.reader, "schema": schema,
    }  # fmt: skip


def field_of(column: Column) -> dict[str, Any]:
    """One column: Frictionless's own properties, and what a null means."""
    described = {
        "name": column.name, "type": frictionless_type(column.type),
        "description": column.description, "sensitivity": column.sensitivity.value,
        "constraints": {"required": not column.is_nullable},
    }  # fmt: skip
    if column.unit:
        described["unit"] = column.unit
    if column.null:
        described["nullMeaning"] = column.null
    return described


def frictionless_type(kind: pa.DataType) -> str:
    """The data package's name of an Arrow type."""
    names = (
        (pa.types.is_boolean, "boolean"), (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"), (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "datetime"), (pa.types.is_list, "array"),
        (pa.types.is_struct, "object"), (pa.types.is_map, "object"),
    )  # fmt: skip
    return next((name for is_kind, name in names if is_kind(kind)), "string")
