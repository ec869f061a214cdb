"""The manifest and the data package, and the run folder they end in."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from publication import RUN_ID, made_up_context

from pipeline.contracts.outputs import OUTPUT_CONTRACTS, RUN_MANIFEST
from pipeline.errors import ContractError
from pipeline.publish import (
    InputFacts,
    RunFacts,
    audit_run,
    build_datasets,
    datapackage,
    run_manifest,
)
from pipeline.publish.package import frictionless_type
from pipeline.store import RunStore, read_manifest, verify_run

FACTS = RunFacts(
    run_id=RUN_ID, as_of_date="2026-09-30", package_version="0.1.0", settings_hash="ab",
    identity={"content_hash": "cd", "registry_hash": "none", "previous_run_id": None},
    inputs=(InputFacts("probation/offenders", 2, "ff"), InputFacts("prison/prisoners", 2, "ee")),
    models={"person": "2026-09-01"}, stage_rows={"mentions": 15},
)  # fmt: skip


def publish(out: Path) -> Path:
    with RunStore(out).exclusive() as store:
        staging = store.stage(RUN_ID)
        for dataset in build_datasets(made_up_context()):
            staging.write(dataset.contract, dataset.table, dataset.partition)
        staging.write_document("datapackage.json", datapackage(FACTS, staging.datasets))
        staging.write_document("run_manifest.json", run_manifest(FACTS, staging.datasets))
        return store.publish(staging, [audit_run]).path


def test_a_run_is_published_whole(tmp_path: Path) -> None:
    run = publish(tmp_path)
    verify_run(run)
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert names == {
        "CHECKSUMS", "run_manifest.json", "datapackage.json", "person_map.parquet",
        "family_links.parquet", "persons.parquet", "linked_families.parquet", "children.parquet",
        "declared_children.parquet", "quality.parquet",
        "authority_lists/recipient=330/matched_children.parquet",
        "authority_lists/recipient=330/matched_children.csv",
        "authority_lists/recipient=331/matched_children.parquet",
        "authority_lists/recipient=331/matched_children.csv",
    }  # fmt: skip


def test_two_runs_have_the_same_bytes(tmp_path: Path) -> None:
    one, two = publish(tmp_path / "one"), publish(tmp_path / "two")
    assert (one / "CHECKSUMS").read_bytes() == (two / "CHECKSUMS").read_bytes()


def test_the_manifest_names_inputs_and_datasets_in_a_fixed_order(tmp_path: Path) -> None:
    manifest = read_manifest(publish(tmp_path))
    assert set(manifest) == set(RUN_MANIFEST.column_names)
    assert [item["name"] for item in manifest["inputs"]] == [
        "prison/prisoners", "probation/offenders",
    ]  # fmt: skip
    paths = [dataset["path"] for dataset in manifest["datasets"]]
    assert paths == sorted(paths)
    lists = [d for d in manifest["datasets"] if d["name"] == "matched_children"]
    assert [(d["rows"], d["reader"]) for d in lists] == [(2, "authority"), (1, "authority")]


def test_the_manifest_says_nothing_of_time_of_day_or_host(tmp_path: Path) -> None:
    text = (publish(tmp_path) / "run_manifest.json").read_text()
    assert not any(word in text for word in ("seconds", "host", "started", "T0", "T1", "T2"))


def test_a_manifest_that_breaks_its_contract_is_refused() -> None:
    broken = RunFacts(**{**vars(FACTS), "settings_hash": None})
    with pytest.raises(ContractError, match="settings_hash"):
        run_manifest(broken, [])


def test_the_data_package_describes_every_column_in_words(tmp_path: Path) -> None:
    package = json.loads((publish(tmp_path) / "datapackage.json").read_text())
    assert {resource["path"].split(".")[-1] for resource in package["resources"]} == {"parquet"}
    for resource in package["resources"]:
        assert resource["hash"].startswith("sha256:")
        for field in resource["schema"]["fields"]:
            assert field["description"].endswith(".")
            assert field["constraints"]["required"] or field["nullMeaning"]


def test_resource_names_are_as_the_standard_allows(tmp_path: Path) -> None:
    package = json.loads((publish(tmp_path) / "datapackage.json").read_text())
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and not set(name) & set("/= ") for name in names)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.string(), "string"), (pa.int32(), "integer"), (pa.float64(), "number"),
        (pa.bool_(), "boolean"), (pa.date32(), "date"), (pa.list_(pa.string()), "array"),
        (pa.struct([]), "object"),
    ],
)  # fmt: skip
def test_types_have_the_standard_s_names(kind: pa.DataType, name: str) -> None:
    assert frictionless_type(kind) == name


@pytest.mark.parametrize("name", sorted(OUTPUT_CONTRACTS))
def test_every_output_says_what_its_columns_and_nulls_mean(name: str) -> None:
    contract = OUTPUT_CONTRACTS[name]
    assert contract.column_names[0] == "run_id"
    assert set(contract.sort_by) <= set(contract.column_names)
    for column in contract.columns:
        assert column.description.strip().endswith(".")
        assert column.null != ""
