"""A source that is broken or left out: what the whole flow publishes, holds, and says of it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from flow_runs import Ran, run_flow
from fsspec.implementations.memory import MemoryFileSystem

from pipeline.errors import ExtractError

CUT_OFF = b"X999999|Zebediah Quillfeather\n"
AUTHORITY = "childrens_services/331"


@pytest.fixture(scope="module")
def fewer(ran: Ran, extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The same agencies without one authority and the prisons, and one more row that is cut off."""
    folder = tmp_path_factory.mktemp("fewer")
    copy = Path(shutil.copytree(extracts, folder / "extracts"))
    (copy / "probation" / "manifest.json").unlink()
    offenders = copy / "probation" / "offenders.csv.gz"
    offenders.write_bytes(gzip.compress(gzip.decompress(offenders.read_bytes()) + CUT_OFF))
    return run_flow(copy, folder / "out", without=["prison", AUTHORITY])


def broken(extracts: Path, folder: Path) -> Path:
    """The same extracts, a table of probation damaged."""
    copy = Path(shutil.copytree(extracts, folder / "broken"))
    next(copy.glob("probation/offenders.*")).write_bytes(b"")
    return copy


def test_broken_source_publishes_nothing_and_leaves_current(
    ran: Ran, extracts: Path, tmp_path: Path
) -> None:
    before = (ran.out / "current").resolve()
    with pytest.raises(ExtractError, match=r"probation: .*offenders.*\n.*--without probation"):
        run_flow(broken(extracts, tmp_path), ran.out)
    assert (ran.out / "current").resolve() == before
    assert [path.name for path in ran.run.parent.iterdir()] == [ran.run.name]


def test_source_of_the_last_run_must_be_there_again(
    ran: Ran, extracts: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(extracts, tmp_path / "fewer"))
    shutil.rmtree(copy / AUTHORITY)
    text = (copy / "sources.toml").read_text()
    sections = [part for part in text.split("\n\n") if AUTHORITY not in part]
    (copy / "sources.toml").write_text("\n\n".join(sections))
    with pytest.raises(ExtractError, match=f"--without {AUTHORITY}"):
        run_flow(copy, ran.out)


def test_manifest_names_the_sources_left_out(fewer: Ran, ran: Ran) -> None:
    manifest = json.loads((fewer.run / "run_manifest.json").read_text())
    assert manifest["sources_left_out"] == [
        {"source": AUTHORITY, "reason": "chosen"},
        {"source": "prison", "reason": "chosen"},
    ]
    assert manifest["has_protected_persons"]
    whole = json.loads((ran.run / "run_manifest.json").read_text())
    assert whole["sources_left_out"] == []


def test_quality_counts_the_sources_left_out(fewer: Ran, ran: Ran) -> None:
    def left_out(run: Path) -> list[str]:
        quality = pd.read_parquet(run / "quality.parquet")
        return list(quality.loc[quality["section"] == "sources", "group"])

    assert left_out(fewer.run) == [AUTHORITY, "prison"]
    assert left_out(ran.run) == []


def test_every_list_has_a_note_of_the_sources_left_out(fewer: Ran, ran: Ran) -> None:
    lists = fewer.run / "authority_lists"
    note = (lists / "recipient=330" / "READ_ME_FIRST.txt").read_text()
    assert note.startswith("This list is not complete.")
    assert "  prison: left out of this run by choice" in note
    absent = sorted(path.name for path in (lists / "recipient=331").iterdir())
    assert absent == ["READ_ME_FIRST.txt"]
    said = (lists / "recipient=331" / "READ_ME_FIRST.txt").read_text()
    assert said.startswith("There is no list in this run.")
    assert not list(ran.run.rglob("READ_ME_FIRST.txt"))


def test_data_package_says_of_every_file_that_it_is_not_complete(fewer: Ran, ran: Ran) -> None:
    package = json.loads((fewer.run / "datapackage.json").read_text())
    assert all("made without" in one["note"] for one in package["resources"])
    whole = json.loads((ran.run / "datapackage.json").read_text())
    assert not any("note" in one for one in whole["resources"])


def test_terminal_says_what_was_left_out(fewer: Ran) -> None:
    assert "without prison: left out of this run by choice (--without)" in fewer.log
    assert "2 sources left out" in fewer.log


@pytest.mark.parametrize("name", ["quarantine", "quarantined_rows", "input_remarks"])
def test_what_was_set_aside_survives_the_run_for_its_owner_alone(fewer: Ran, name: str) -> None:
    path = fewer.run / f"{name}.parquet"
    assert pd.read_parquet(path)["run_id"].unique().tolist() == [fewer.run.name]
    assert not path.stat().st_mode & 0o077
    assert not fewer.run.stat().st_mode & 0o077


def test_row_that_was_set_aside_is_there_for_its_supplier_and_in_no_log(fewer: Ran) -> None:
    rows = pd.read_parquet(fewer.run / "quarantined_rows.parquet")
    assert rows["source"].tolist() == ["probation"]
    assert json.loads(rows["row_as_sent"][0]) == ["X999999", "Zebediah Quillfeather"]
    assert "Quillfeather" not in fewer.log


class Unreachable(MemoryFileSystem):
    """A store whose login fails in words that hold all that must not be repeated."""

    protocol = "unreachable"

    def ls(self, path: str, detail: bool = True, **_: object) -> list[object]:
        ATTEMPTS.append(path)
        raise FAILURE[0]


FAILURE: list[Exception] = []
ATTEMPTS: list[str] = []
SECRETS = ("kinlink-user", "hunter2", "drop.example.org", "landing-bucket", "AKIA")


class LoginError(Exception):
    """What a driver raises."""


@pytest.mark.parametrize("kind", [LoginError, ConnectionError, PermissionError])
def test_login_or_connection_that_fails_names_the_source_and_no_host(
    kind: type[Exception],
    extracts: Path,
    tmp_path: Path,
    prefect_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fsspec.register_implementation("unreachable", Unreachable, clobber=True)
    monkeypatch.setattr("flows.find_children.ingest.retry_delay_seconds", [0, 0])
    ATTEMPTS.clear()
    FAILURE[:] = [kind("kinlink-user:hunter2@drop.example.org refused AKIA0")]
    copy = Path(shutil.copytree(extracts, tmp_path / "copy"))
    address = "unreachable://kinlink-user:hunter2@drop.example.org/landing-bucket/331"
    text = (copy / "sources.toml").read_text()
    named = f'[sources."{AUTHORITY}"]\n'
    (copy / "sources.toml").write_text(text.replace(named, f'{named}folder = "{address}"\n'))
    with pytest.raises(ExtractError, match=f"\n  {AUTHORITY}: ") as caught:
        run_flow(copy, tmp_path / "out")
    said = str(caught.value)
    assert f"--without {AUTHORITY}" in said
    assert len(ATTEMPTS) == (3 if kind is ConnectionError else 1)
    files = [path.read_bytes() for path in prefect_home.rglob("*") if path.is_file()]
    kept = b"\n".join(files).decode("utf-8", "replace")
    assert [secret for secret in SECRETS if secret in said or secret in kept] == []
