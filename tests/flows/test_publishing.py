"""What a run's id is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.publishing import identify_run
from pipeline.settings.people import PeopleSettings
from pipeline.settings.publish import PublishSettings
from pipeline.settings.run import RunSettings
from pipeline.store import RunStore


def run_id(out: Path, models: Path | None = None) -> str:
    settings = RunSettings(
        people=PeopleSettings(models_folder=models), publish=PublishSettings(allow_made_up_key=True)
    )
    return identify_run([], settings, RunStore(out), "2026-09-30").run_id


def test_the_run_id_does_not_depend_on_where_the_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run_id(tmp_path)
    (tmp_path / "package.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert run_id(tmp_path) == before


def test_the_run_id_depends_on_the_models_that_are_given(tmp_path: Path) -> None:
    ids = [run_id(tmp_path)]
    for text in ("{}", "[]"):
        (tmp_path / "child.json").write_text(text)
        ids.append(run_id(tmp_path, models=tmp_path))
    assert len(set(ids)) == 3
