"""The configuration file of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.contracts.inputs import AGENCIES, INPUTS
from pipeline.errors import SettingsError
from pipeline.settings.ingest import SourceSettings, read_toml
from pipeline.settings.places import SHIPPED_CONFIG
from pipeline.settings.run import DEMO_CONFIG, load_settings

PRODUCTION = SHIPPED_CONFIG / "production.toml"
MAPPINGS = sorted((SHIPPED_CONFIG / "sources").glob("*.toml"))


def test_shipped_configurations_are_valid() -> None:
    demo = load_settings(DEMO_CONFIG)
    assert demo.publish.allow_made_up_key
    production = load_settings(PRODUCTION)
    assert not production.publish.allow_made_up_key
    assert production.schedule is not None


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_shipped_mapping_names_every_column_of_its_contracts(path: Path) -> None:
    mapping = read_toml(path, SourceSettings)
    agency = {"nomis": "prison", "ndelius": "probation"}.get(path.stem, "childrens_services")
    assert agency in AGENCIES
    contracts = {name.partition("/")[2]: contract for name, contract in INPUTS.items()
                 if name.startswith(f"{agency}/")}  # fmt: skip
    assert set(mapping.tables) == set(contracts)
    for name, table in mapping.tables.items():
        assert set(table.columns) == set(contracts[name].column_names), name


def test_paths_start_at_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(
        'out = "runs"\n[ingest]\nfolder = "landing"\n[ingest.suppression]\nsalt_file = "/s/salt"\n'
    )
    settings = load_settings(tmp_path / "run.toml")
    assert settings.out == tmp_path / "runs"
    assert settings.ingest.folder == str(tmp_path / "landing")
    assert settings.ingest.suppression.salt_file == "/s/salt"


def test_extracts_of_the_command_line_come_first(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text('[ingest]\nfolder = "s3://landing"\n')
    assert load_settings(tmp_path / "run.toml").ingest.folder == "s3://landing"
    assert load_settings(tmp_path / "run.toml", Path("/x")).ingest.folder == "/x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oout = 'x'", "oout"),
        ("as_of = 2026-13-01", "not valid TOML"),
        ("[schedule]\ncron = 'daily'", "schedule.cron"),
        ("[ingest]\nlargest_value_bytes = 3", "ingest.largest_value_bytes"),
        ("[family]\nno_such_key = 1", "family.no_such_key"),
    ],
)
def test_wrong_configuration_names_its_key(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "run.toml")
    assert said in str(caught.value)


def test_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings(tmp_path / "nowhere.toml")
