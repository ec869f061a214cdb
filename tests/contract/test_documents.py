"""Documents say what the code does: the data dictionary, the commands, the settings."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from pipeline.cli import commands
from pipeline.contracts.dictionary import data_dictionary
from pipeline.settings.family import FamilySettings
from pipeline.settings.ingest import IngestSettings
from pipeline.settings.people import PeopleSettings
from pipeline.settings.publish import PublishSettings
from pipeline.settings.run import RunSettings, load_settings

ROOT = Path(__file__).parents[2]
ROOMS = [RunSettings, IngestSettings, PeopleSettings, FamilySettings, PublishSettings]


def test_the_data_dictionary_is_the_contracts() -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written.strip() == data_dictionary().strip(), (
        "run: .venv/bin/python -m pipeline.contracts.dictionary > docs/data-dictionary.md"
    )


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = commands.commands[name]
    assert command.help
    assert command.epilog
    assert f"kinlink {name} " in command.epilog
    undescribed = [
        option.name for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]  # fmt: skip
    assert undescribed == []


def test_every_command_of_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"kinlink ([a-z]+)", readme)) <= set(commands.commands)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_setting_is_described(room: type[BaseModel]) -> None:
    silent = [name for name, field in room.model_fields.items() if not field.description]
    assert silent == []


@pytest.mark.parametrize("name", ["default.toml", "demo.toml", "production.toml"])
def test_the_shipped_configurations_load(name: str) -> None:
    assert isinstance(load_settings(ROOT / "config" / name), RunSettings)


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert [page for page in sorted(pages) if page not in index] == []


def test_the_lock_file_holds_versions_only() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.\-]+==[\w.+]+", line)] == []
