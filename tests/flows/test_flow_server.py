"""A run without a configured Prefect server brings one of its own, and takes it away again."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flow_runs import AS_OF, CONFIG, ROOT

UNTIL_KILLED = """
import time
from flows.server import server_of_this_run
with server_of_this_run():
    print("started", flush=True)
    time.sleep(60)
"""


def environment(home: Path, **more: str) -> dict[str, str]:
    """That of a user who has set nothing, with Prefect's files in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", **more}


def kinlink_run(
    extracts: Path, out: Path, settings: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "kinlink"), "run", "--config", str(CONFIG), "--extracts",
         str(extracts), "--out", str(out), "--as-of", AS_OF.isoformat()],
        env=settings, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def servers_with(home: Path) -> list[str]:
    """The running Prefect servers whose files are in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            settings = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "prefect server start" in command and f"PREFECT_HOME={home}\0" in settings:
            found.append(command)
    return found


def until_gone(home: Path) -> list[str]:
    """The servers that are left after at most ten seconds."""
    latest = time.monotonic() + 10
    while servers_with(home) and time.monotonic() < latest:
        time.sleep(0.1)
    return servers_with(home)


def test_a_run_is_recorded_by_a_server_that_is_gone_afterwards(
    extracts: Path, tmp_path: Path
) -> None:
    home = tmp_path / "prefect"
    done = kinlink_run(extracts, tmp_path / "out", environment(home))
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(home / "prefect.db") as database:
        flows = database.execute("select name, state_type from flow_run").fetchall()
        tasks = database.execute("select state_type from task_run").fetchall()
    assert flows == [(f"as-of-{AS_OF.isoformat()}", "COMPLETED")]
    assert tasks == [("COMPLETED",)] * 5
    assert not servers_with(home)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_the_server_of_a_killed_run_ends_too(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", UNTIL_KILLED], cwd=ROOT, env=environment(tmp_path),
        stdout=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        assert run.stdout.readline() == "started\n"
        assert len(servers_with(tmp_path)) == 1
        run.kill()
    assert not until_gone(tmp_path)


def test_a_server_that_cannot_start_is_a_clear_error(extracts: Path, tmp_path: Path) -> None:
    home = tmp_path / "prefect"
    home.write_text("a file where a folder is wanted")
    done = kinlink_run(extracts, tmp_path / "out", environment(home))
    assert done.returncode == 1
    assert "Prefect's server ended with code" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_no_server_may_be_started_one_must_be_configured(
    extracts: Path, tmp_path: Path
) -> None:
    settings = environment(tmp_path, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="false")
    done = kinlink_run(extracts, tmp_path / "out", settings)
    assert done.returncode == 1
    assert "set PREFECT_API_URL to a running server" in done.stderr
    assert not (tmp_path / "out").exists()
