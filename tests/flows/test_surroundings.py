"""A folder that a run cannot be published in is found before any work."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest
from flow_runs import ROOT
from run_commands import environment, kinlink_run

from flows.surroundings import check_out
from pipeline.errors import StoreError
from pipeline.store import RunStore

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1
CHECK = "import sys; from pathlib import Path; from flows.surroundings import check_out\n"
CHECK += "check_out(Path(sys.argv[1]))"


def bound_by_permissions() -> None:
    """Let root, too, be kept from writing what its permissions forbid."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def test_a_run_is_refused_before_its_first_stage(extracts: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    done = kinlink_run(extracts, file / "out", environment(tmp_path))
    assert done.returncode == 1
    assert f"error: '{file / 'out'}' cannot be written" in done.stderr
    assert "ingest" not in done.stderr


@pytest.mark.parametrize("place", ["work", "staging", "runs", "operations"])
def test_every_folder_that_a_run_writes_is_looked_at(place: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "runs").mkdir(parents=True)
    (out / place).mkdir(exist_ok=True)
    (out / place).chmod(0o500)
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(out)],
        cwd=ROOT,
        preexec_fn=bound_by_permissions,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"StoreError: '{out / place}' cannot be written (Permission denied)" in done.stderr


def test_a_folder_that_another_run_holds_is_refused(tmp_path: Path) -> None:
    with RunStore(tmp_path).exclusive(), pytest.raises(StoreError, match="another run"):
        check_out(tmp_path)


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    check_out(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    check_out(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
