"""The benchmarks from the command line, on five hundred made-up people."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.accuracy import accuracy
from benchmarks.jobs import Job, JobError, run_job
from benchmarks.made_up_people import People, write_linked
from benchmarks.stress.family_figures import FamilyBench, family_row
from benchmarks.stress.made_agencies import write_made_agencies
from benchmarks.stress.person_figures import FLOORS

RECORDS = 500


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return write_linked(tmp_path_factory.mktemp("people"), RECORDS)


@pytest.mark.parametrize("tool", ["kinlink", "splink", "recordlinkage"])
def test_every_tool_links_the_same_workload(tool: str, people: People, tmp_path: Path) -> None:
    if tool != "kinlink" and importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")
    run = run_job(Job(tool, tmp_path, people.left, people.right, workload="light"))
    assert accuracy(run.job.pairs, people.truth, is_dedupe=False).best_f1 > 0.85
    assert run.wall_seconds > 0
    assert run.peak_mb > 50


def test_the_quality_table_has_a_row_for_each_set(
    people: People, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "made_up"
    folder.mkdir()
    for path in (people.left, people.right):
        assert path is not None
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "truth_pairs.parquet").write_bytes(people.truth.read_bytes())
    out = tmp_path / "quality.json"
    main(["quality", str(tmp_path), "--tools", "kinlink", "--out", str(out)])
    assert "| made_up | kinlink |" in capsys.readouterr().out
    row = json.loads(out.read_text(encoding="utf-8"))["rows"][0]
    assert row["F1@.95"] > 0.9
    assert 0 < row["CPU s"] < 600


def test_a_tool_that_fails_says_why(people: People, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"absent\.parquet"):
        run_job(Job("kinlink", tmp_path, people.left.with_name("absent.parquet")))


def test_the_stress_grid_has_a_row_for_each_cell_and_splink_beside_it(tmp_path: Path) -> None:
    if importlib.util.find_spec("splink") is None:
        pytest.skip("splink is not installed")
    out = tmp_path / "robust.json"
    cells = ["--cells", "made_few_moved20", "made_few_noise20"]
    main(["robust", str(tmp_path), "--only", "persons", *cells, "--splink", "--out", str(out)])
    document = json.loads(out.read_text(encoding="utf-8"))
    rows = document["rows"]
    assert [row["cell"] for row in rows] == ["made_few_moved20", "made_few_noise20"]
    assert all(row["F1@.95"] > 0.9 < row["Splink best F1"] for row in rows)
    assert document["families"] == []


def test_a_cell_that_misses_a_floor_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "benchmarks.stress.person_figures.FLOORS", {**FLOORS, "F1@.95": lambda figures: False}
    )
    with pytest.raises(SystemExit, match="1 of 1 cells miss a floor"):
        main(["robust", str(tmp_path), "--cells", "made_few_moved20", "--check"])


def test_a_family_cell_is_a_run_of_the_whole_flow_judged_by_the_truth(
    prefect_home: Path, tmp_path: Path
) -> None:
    as_of = write_made_agencies(tmp_path / "set", seed=1)
    bench = FamilyBench(tmp_path / "set", as_of, tmp_path / "runs", seed=1, has_f1_floors=False)
    row = family_row(bench, "half_moved_house")
    assert row["below the floor"] == "", row
    assert row["match: links"] > 100
    assert row["findable R@.95"] > 0.8
    assert row["set"] == "set"
