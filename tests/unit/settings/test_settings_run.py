"""The configuration file of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.launch import Asked, run_once
from pipeline.contracts.inputs import AGENCIES, INPUTS
from pipeline.errors import SettingsError
from pipeline.settings.ingest import (
    IngestSettings,
    OtherInputs,
    ReadingSettings,
    SourceSettings,
    SuppressionSettings,
    TableSource,
    read_toml,
)
from pipeline.settings.people import PeopleSettings
from pipeline.settings.places import SHIPPED_CONFIG
from pipeline.settings.publish import PublishSettings
from pipeline.settings.run import DEFAULT_CONFIG, DEMO_CONFIG, RunSettings, load_settings

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


EVERY_PATH = """
out = "out"
[ingest]
folder = "landing"
default.manifest = "manifest.json"
[ingest.suppression]
salt_file = "salt"
[ingest.other]
protected_persons = "protected.csv"
postcode_directory = "../postcodes.parquet"
[ingest.sources.prison]
mapping = "nomis"
folder = "prison"
[ingest.sources.childrens_services]
mapping = "mappings/ours.toml"
folder = "services/{code}"
tables.children = { path = "kids.csv", manifest = "kids.json" }
[ingest.sources.probation]
folder = "s3://landing/probation"
manifest = "/whole/manifest.json"
[people]
models_folder = "models"
[publish]
pseudonym_key_file = "key"
reference_folder = "reference"
"""


def test_every_path_starts_at_the_files_folder_wherever_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "etc"
    here.mkdir()
    (here / "run.toml").write_text(EVERY_PATH)
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("etc/run.toml"))
    ingest, sources = settings.ingest, settings.ingest.sources
    kids = sources["childrens_services"].tables["children"]
    assert [
        settings.out,
        ingest.folder,
        ingest.default.manifest,
        ingest.suppression.salt_file,
        ingest.other.protected_persons,
        sources["prison"].folder,
        sources["childrens_services"].mapping,
        sources["childrens_services"].folder,
        kids.path,
        kids.manifest,
        settings.people.models_folder,
        settings.publish.pseudonym_key_file,
        settings.publish.reference_folder,
    ] == [
        here / "out",
        f"{here}/landing",
        f"{here}/manifest.json",
        f"{here}/salt",
        f"{here}/protected.csv",
        f"{here}/prison",
        f"{here}/mappings/ours.toml",
        f"{here}/services/{{code}}",
        f"{here}/kids.csv",
        f"{here}/kids.json",
        here / "models",
        here / "key",
        here / "reference",
    ]
    assert ingest.other.postcode_directory == f"{tmp_path}/postcodes.parquet"
    assert sources["prison"].mapping == "nomis"
    assert sources["probation"].folder == "s3://landing/probation"
    assert sources["probation"].manifest == "/whole/manifest.json"


def test_every_setting_that_names_a_place_is_of_a_type_that_starts_at_the_file() -> None:
    named = {
        f"{model.__name__}.{name}": field
        for model in (
            RunSettings,
            IngestSettings,
            ReadingSettings,
            SourceSettings,
            TableSource,
            OtherInputs,
            SuppressionSettings,
            PeopleSettings,
            PublishSettings,
        )
        for name, field in model.model_fields.items()
    }
    suspects = ("path", "folder", "_file", "manifest", "mapping", "directory", "protected_persons")
    loose = [
        name
        for name, field in named.items()
        if (name.endswith(suspects) or "Path" in str(field.annotation))
        and "_whole" not in f"{field.annotation} {field.metadata}"
    ]
    assert loose == []


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


def test_a_run_without_a_configuration_needs_extracts_and_never_the_printed_key() -> None:
    with pytest.raises(SettingsError, match="give --config FILE, or --extracts FOLDER"):
        run_once(Asked(), say=print)
    publish = load_settings(DEFAULT_CONFIG).publish
    assert publish.make_pseudonym_key
    assert not publish.allow_made_up_key
