"""What ends a run ends it at once, and its exit status is true to what is published."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from run_commands import environment, run_command, server_numbers, servers_with

from pipeline.store import verify_run

LONGEST_STOP_SECONDS = 2.0


class Started:
    """A run that has come as far as a line on its terminal."""

    def __init__(self, extracts: Path, out: Path, home: Path, line: str) -> None:
        self.out, self.home = out, home
        self.process = subprocess.Popen(
            run_command(extracts, out),
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stderr is not None
        self.terminal = ""
        while line not in self.terminal:
            read = self.process.stderr.readline()
            assert read, self.terminal
            self.terminal += read

    def ended(self) -> tuple[int, float]:
        """Its exit status, and the seconds until it had ended."""
        started = time.monotonic()
        status = self.process.wait(60)
        seconds = time.monotonic() - started
        assert self.process.stderr is not None
        self.terminal += self.process.stderr.read()
        assert "defect" not in self.terminal
        assert "Traceback" not in self.terminal
        assert servers_with(self.home) == []
        assert [*self.out.glob("work/*.*"), *self.out.glob("staging/*.*")] == []
        return status, seconds


def test_ctrl_c_ends_a_run_within_two_seconds(
    extracts: Path, own_home: Path, tmp_path: Path
) -> None:
    run = Started(extracts, tmp_path / "out", own_home, "standardise ")
    # As a terminal does it: to every process of the session that has not left it.
    os.killpg(run.process.pid, signal.SIGINT)
    status, seconds = run.ended()
    assert status == 128 + signal.SIGINT
    assert seconds < LONGEST_STOP_SECONDS
    assert "stopped; nothing is published" in run.terminal
    assert not (run.out / "current").exists()


def test_a_terminated_run_is_as_quick(extracts: Path, own_home: Path, tmp_path: Path) -> None:
    run = Started(extracts, tmp_path / "out", own_home, "ingest ")
    run.process.send_signal(signal.SIGTERM)
    status, seconds = run.ended()
    assert status == 128 + signal.SIGTERM
    assert seconds < LONGEST_STOP_SECONDS
    assert list(run.out.glob("runs/*")) == []


@pytest.mark.parametrize(("line", "status"), [("standardise ", 1), ("publish ", 0)])
def test_a_run_whose_server_dies_is_published_with_exit_0_or_not_published(
    line: str, status: int, extracts: Path, own_home: Path, tmp_path: Path
) -> None:
    run = Started(extracts, tmp_path / "out", own_home, line)
    for number in server_numbers(own_home):
        os.kill(number, signal.SIGKILL)
    assert run.ended()[0] == status
    assert "Prefect's server ended too early" in run.terminal
    assert (run.out / "current").exists() == (status == 0)
    if status == 0:
        verify_run((run.out / "current").resolve())
        assert "the run is published all the same" in run.terminal
