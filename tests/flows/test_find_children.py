"""The whole flow on made-up agencies: what it publishes, twice over, and what it lets out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest
from flow_runs import AS_OF, CONFIG, Ran, personal_words, run_flow

from pipeline.errors import ExtractError, KinlinkError, StoreError
from pipeline.evaluate import evaluate_run
from pipeline.store import RunStore, verify_run

DATASETS = (
    "person_map", "persons", "person_links", "family_links", "linked_families", "children",
    "declared_children", "quality", "registry", "registry_ledger",
)  # fmt: skip


def fingerprints(run: Path) -> dict[str, str]:
    """SHA-256 of every file of a run."""
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*")) if path.is_file()
    }  # fmt: skip


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_is_published_with_its_run_id(ran: Ran, name: str) -> None:
    table = pq.read_table(ran.run / f"{name}.parquet")
    assert set(table["run_id"].to_pylist()) <= {ran.run.name}
    assert table.num_rows > 0


def test_current_names_the_published_run(ran: Ran) -> None:
    assert (ran.out / "current").resolve() == ran.run.resolve()


def test_each_authority_gets_its_own_children_only(ran: Ran) -> None:
    lists = sorted((ran.run / "authority_lists").glob("recipient=*"))
    assert [path.name for path in lists] == ["recipient=330", "recipient=331"]
    person_map = pd.read_parquet(ran.run / "person_map.parquet")
    for path in lists:
        code = path.name.partition("=")[2]
        listed = pq.ParquetFile(path / "matched_children.parquet").read().to_pandas()
        own = person_map[person_map["source"] == f"childrens_services/{code}"]["record_id"]
        assert len(listed) > 0
        assert set(listed["child_person_id"].dropna()) <= set(own)
        assert (path / "matched_children.csv").is_file()


def test_the_matches_are_right(ran: Ran, extracts: Path) -> None:
    families = evaluate_run(ran.run, extracts / "truth").families.set_index("cut")
    match = families.loc["band match"]
    assert match["links"] >= 40
    assert match["precision"] >= 0.95


def test_two_runs_on_the_same_input_are_the_same_bytes(
    ran: Ran, extracts: Path, tmp_path: Path
) -> None:
    again = run_flow(extracts, tmp_path)
    assert again.run.name == ran.run.name
    assert fingerprints(again.run) == fingerprints(ran.run)


def test_running_again_in_the_same_folder_changes_nothing(ran: Ran, extracts: Path) -> None:
    before = fingerprints(ran.run)
    again = run_flow(extracts, ran.out)
    assert again.run == ran.run
    assert fingerprints(ran.run) == before
    assert [path.name for path in ran.run.parent.iterdir()] == [ran.run.name]
    assert "already published" in again.log


def test_a_published_run_cannot_be_written(ran: Ran) -> None:
    modes = [path.stat().st_mode for path in ran.run.rglob("*") if path.is_file()]
    assert not [mode for mode in modes if mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)]
    verify_run(ran.run)


def test_nothing_of_the_work_is_left_behind(ran: Ran) -> None:
    assert not list((ran.out / "work").iterdir())
    assert not list((ran.out / "staging").iterdir())


def test_nothing_personal_in_logs_orchestration_or_operations(
    ran: Ran, extracts: Path, prefect_home: Path
) -> None:
    words = personal_words(extracts)
    assert len(words.details) > 1000
    assert len(words.names) > 100
    operations = "".join(path.read_text() for path in (ran.out / "operations").glob("*.json"))
    written = (ran.log + operations).lower()
    assert "standardise" in written
    assert set(re.findall(r"[a-z]{4,}", written)) & words.names == set()
    files = [path.read_bytes() for path in prefect_home.rglob("*") if path.is_file()]
    kept = b"\n".join(files).decode("utf-8", "replace").lower()
    assert "find-children" in kept
    assert [word for word in sorted(words.details) if word in written or word in kept][:3] == []


def test_a_second_run_at_once_is_refused(ran: Ran, extracts: Path) -> None:
    with RunStore(ran.out).exclusive(), pytest.raises(StoreError, match="another run"):
        run_flow(extracts, ran.out)


def test_a_stage_that_fails_publishes_nothing_and_says_nothing_personal(
    prefect_home: Path, extracts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ValueError("cannot parse Kevin Exampleson 2015-03-04")

    monkeypatch.setattr("pipeline.standardise.standardise", failing)
    with pytest.raises(KinlinkError, match="stage 'standardise' failed with ValueError") as caught:
        run_flow(extracts, tmp_path)
    assert "Exampleson" not in str(caught.value)
    assert not (tmp_path / "current").exists()
    assert not list((tmp_path / "work").iterdir())


def test_missing_extracts_are_a_clear_refusal(prefect_home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(ExtractError, match="neither prison nor probation"):
        run_flow(empty, tmp_path / "out")


def test_the_operations_record_counts_and_times_only(ran: Ran) -> None:
    record = json.loads((ran.out / "operations" / f"{ran.run.name}.json").read_text())
    stages = [stage["stage"] for stage in record[0]["stages"]]
    assert stages == ["ingest", "standardise", "people", "family", "publish"]


def test_it_runs_against_a_running_server(
    extracts: Path, tmp_path: Path, prefect_server: str
) -> None:
    environment = {**os.environ, "PREFECT_API_URL": prefect_server, "PREFECT_HOME": str(tmp_path)}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "kinlink"), "run", "--config", str(CONFIG), "--extracts",
         str(extracts), "--out", str(tmp_path / "out"), "--as-of", AS_OF.isoformat()],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    runs = httpx.post(f"{prefect_server}/flow_runs/filter", json={}).json()
    ours = [run for run in runs if run["parameters"].get("out") == str(tmp_path / "out")]
    assert [(run["state_type"], run["parameters"]["as_of"]) for run in ours] == [
        ("COMPLETED", AS_OF.isoformat())
    ]
    artifacts = httpx.post(f"{prefect_server}/artifacts/filter", json={}).json()
    kept = [one["key"] for one in artifacts if one["flow_run_id"] == ours[0]["id"]]
    assert kept == ["find-children-counts"]


def test_a_list_prints_every_parent_as_persons_has_the_parent(ran: Ran) -> None:
    persons = pd.read_parquet(ran.run / "persons.parquet").set_index("person_id")
    links = pd.read_parquet(ran.run / "family_links.parquet")[["parent_id", "child_id"]]
    names = ["given_name", "surname", "date_of_birth"]
    parents = links.join(persons[names].fillna(""), on="parent_id")[["child_id", *names]]
    known = set(parents.itertuples(index=False, name=None))
    assert set(printed_parents(ran.run).itertuples(index=False, name=None)) - known == set()


def test_a_row_states_the_probability_of_the_relationship_that_it_states(ran: Ran) -> None:
    links = pd.read_parquet(ran.run / "family_links.parquet")
    is_parent = links["relationship"].isin(["parent", "unknown"])
    stated = links["match_probability"].where(is_parent, links["relative_probability"])
    assert (links["relationship_probability"] == stated).all()
    assert (~is_parent & (links["match_band"] == "potential")).any()
    least = {"match": 0.95, "potential": 0.2}
    for path in (ran.run / "authority_lists").glob("recipient=*/matched_children.parquet"):
        rows = pq.ParquetFile(path).read(["match_band", "relationship_probability"]).to_pandas()
        assert (rows["relationship_probability"] >= rows["match_band"].map(least)).all()


def printed_parents(run: Path) -> pd.DataFrame:
    """The person whom each list row's child is, and the parent's names and birth date there."""
    records = pd.read_parquet(run / "person_map.parquet").query("role == 'child'")
    persons = records.set_index(["source", "record_id"])["person_id"]
    columns = ["child_person_id", "parent_first_name", "parent_last_name", "parent_date_of_birth"]
    parts = []
    for path in (run / "authority_lists").glob("recipient=*/matched_children.parquet"):
        rows = pq.ParquetFile(path).read(columns).to_pandas().fillna("")
        source = f"childrens_services/{path.parent.name.partition('=')[2]}"
        child = persons.loc[source].reindex(rows.pop("child_person_id")).to_numpy()
        lower = rows.apply(lambda column: column.str.lower())
        parts.append(lower.assign(child_id=child)[["child_id", *columns[1:]]])
    return pd.concat(parts)
