"""Every block of docs/linking-tables.md runs, in order, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipeline.linkage.comparisons import KINDS
from pipeline.linkage.person_spec import ROLES

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "linking-tables.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after every block has run."""
    folder = tmp_path_factory.mktemp("guide")
    for language, text in BLOCKS:
        run_block(language, text, folder)
    return folder


def run_block(language: str, text: str, folder: Path) -> None:
    if language == "toml":
        (folder / text.split("\n")[0].removeprefix("# ")).write_text(text, "utf-8")
        return
    commands = {"python": [sys.executable, "-c", text], "bash": ["bash", "-ec", text]}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        commands[language], cwd=folder, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


def test_every_command_that_is_named_is_shown() -> None:
    shown = "".join(text for language, text in BLOCKS if language == "bash")
    for command in ("link", "dedupe", "charts", "block-report"):
        assert f"kinlink {command} " in shown


def test_every_file_that_the_guide_writes_is_there(folder: Path) -> None:
    written = set(re.findall(r"--(?:out|clusters|save-model) (\S+)", GUIDE.read_text("utf-8")))
    assert len(written) >= 10
    assert [name for name in sorted(written) if not (folder / name).stat().st_size] == []


def test_the_links_are_the_true_ones(folder: Path) -> None:
    sure = pd.read_csv(folder / "sure.csv")
    left = sure["record_id_l"].str.removesuffix("-org")
    right = sure["record_id_r"].str.removesuffix("-dup-0")
    assert (left == right).mean() > 0.995
    assert len(sure) > 1_900


def test_labels_bring_probabilities_in_line(folder: Path) -> None:
    gaps = []
    for name in ("few", "helped"):
        pairs = pd.read_parquet(folder / f"{name}.parquet").query("match_probability >= 0.01")
        left, right = (pairs[f"record_id_{side}"].str.extract(r"(\d+)")[0] for side in "lr")
        is_true, said = left == right, pairs["match_probability"]
        gaps.append((said - is_true).groupby((said * 20).astype(int)).sum().abs().sum())
    assert gaps[1] < gaps[0] / 2
    assert json.loads((folder / "helped.json").read_text("utf-8"))["calibration"]["matches"] > 20


def test_a_reused_model_gives_the_same_links(folder: Path) -> None:
    with_spec = pd.read_parquet(folder / "all.parquet").query("match_probability >= 0.01")
    first = pd.read_parquet(folder / "pairs.parquet")
    ids = ["record_id_l", "record_id_r"]
    pd.testing.assert_frame_equal(
        with_spec[ids].reset_index(drop=True), first[ids].reset_index(drop=True)
    )
    assert len(pd.read_csv(folder / "again.csv")) > 1_900


def test_the_charts_hold_no_value(folder: Path) -> None:
    page = (folder / "charts.html").read_text("utf-8")
    ours = set(re.findall(r"\w+", re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)))
    people = pd.read_csv(folder / "hospital.csv", dtype=str)
    for column in ("date_of_birth", "surname"):
        assert not {v for v in people[column].dropna() if len(v) > 5} & ours


def test_the_guide_names_every_standard_column_and_kind() -> None:
    guide = GUIDE.read_text("utf-8")
    assert [role for role in ROLES if f"`{role}`" not in guide] == []
    assert [kind for kind in KINDS if f"`{kind}`" not in guide] == []


def test_the_terms_of_the_output_are_those_of_the_output(folder: Path) -> None:
    columns = pd.read_parquet(folder / "pairs.parquet").columns
    table = GUIDE.read_text("utf-8").split("## 4.")[1].split("## 5.")[0]
    for name in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE):
        assert name.replace("<comparison>", "surname") in columns


def test_every_warning_that_is_explained_can_be_given() -> None:
    table = GUIDE.read_text("utf-8").split("## 10.")[1].split("## 11.")[0]
    explained = re.findall(r"^\| \*([^*]+)\*", table, re.MULTILINE)
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "pipeline/linkage").rglob("*.py"))
    said = re.sub(r'"\s+f?"', "", sources)
    assert len(explained) >= 10
    assert [phrase for phrase in explained if phrase not in said] == []
