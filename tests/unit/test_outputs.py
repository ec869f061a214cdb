"""No command replaces a file that it reads, nor one of its outputs by another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import commands
from pipeline.errors import LinkageError, SettingsError
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.table_files import check_replaces_nothing

NEITHER_TABLE_NOR_MODEL = "what the user has, and no command could read"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a file of the user's under several names and in a folder."""
    (tmp_path / "people").mkdir()
    for name in ("people.csv", "other.csv", "model.json", "page.html", "people/part.parquet"):
        (tmp_path / name).write_text(NEITHER_TABLE_NOR_MODEL)
    (tmp_path / "linked.csv").symlink_to("people.csv")
    os.link(tmp_path / "people.csv", tmp_path / "hard.csv")
    (tmp_path / "dangling.csv").symlink_to("pairs.csv")
    (tmp_path / "here").symlink_to(".")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "line",
    [
        "dedupe people.csv --out people.csv",
        "dedupe people.csv --out ./people/../people.csv",
        "dedupe people.csv --out linked.csv",
        "dedupe people.csv --out hard.csv",
        "dedupe people.csv --out pairs.csv --clusters people.csv",
        "dedupe people.csv --out pairs.csv --labels other.csv --clusters here/other.csv",
        "dedupe people.csv --out pairs.csv --model model.json --save-model model.json",
        "dedupe people --out people/pairs.parquet",
        "link people.csv other.csv --out other.csv",
        "link people.csv other.csv --out pairs.csv --spec model.json --save-model model.json",
        "block-report people.csv other.csv --out other.csv",
        "charts model.json --pairs page.html --out page.html",
        "model import model.json --out model.json",
        "model export model.json --out here/model.json",
        "evaluate --run people --truth people --charts people/page.html",
    ],
)
def test_an_output_never_takes_the_place_of_an_input(folder: Path, line: str) -> None:
    before = contents(folder)
    done = CliRunner().invoke(commands, line.split())
    assert isinstance(done.exception, LinkageError), done.exception
    assert "which is read: give the output another name" in str(done.exception)
    assert contents(folder) == before


@pytest.mark.parametrize(
    "clusters", ["pairs.csv", "./pairs.csv", "here/pairs.csv", "Pairs.CSV", "dangling.csv"]
)
def test_no_output_takes_the_place_of_another(folder: Path, clusters: str) -> None:
    before = contents(folder)
    line = ["dedupe", "people.csv", "--out", "pairs.csv", "--clusters", clusters]
    done = CliRunner().invoke(commands, line)
    assert isinstance(done.exception, LinkageError), done.exception
    assert "are one file, and one output would replace the other" in str(done.exception)
    assert contents(folder) == before


@pytest.mark.parametrize("command", ["synth --out", "demo --out"])
def test_made_up_extracts_replace_no_others(tmp_path: Path, command: str) -> None:
    extracts = tmp_path / "extracts"
    (extracts / "prison").mkdir(parents=True)
    (extracts / "prison" / "prisoners.csv").write_text(NEITHER_TABLE_NOR_MODEL)
    (extracts / "sources.toml").write_text("# how our suppliers write")
    before = contents(extracts)
    out = tmp_path if command.startswith("demo") else extracts
    done = CliRunner().invoke(commands, [*command.split(), str(out)])
    assert isinstance(done.exception, SettingsError), done.exception
    assert "holds no made-up extracts" in str(done.exception)
    assert contents(extracts) == before


def test_outputs_of_different_names_are_allowed(folder: Path) -> None:
    check_replaces_nothing(["other.csv", "pairs.csv", None], ["people.csv", "people", None])


def test_a_model_that_cannot_be_written_leaves_the_one_before(folder: Path) -> None:
    class Broken(TrainedModel):
        def to_json(self) -> str:
            return "\ud800 cannot be written"

    with pytest.raises(UnicodeEncodeError):
        Broken.save(object.__new__(Broken), "model.json")
    assert Path("model.json").read_text() == NEITHER_TABLE_NOR_MODEL
    assert not list(folder.glob(".unfinished*"))
