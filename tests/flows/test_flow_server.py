"""A run without a configured Prefect server brings one of its own, and takes it away again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flow_runs import AS_OF, ROOT
from run_commands import environment, kinlink_run, servers_with, until_gone

UNTIL_KILLED = """
import time
from flows.server import UNWANTED_BY_RUNS, server_for
with server_for(UNWANTED_BY_RUNS):
    print("started", flush=True)
    time.sleep(60)
"""


@contextmanager
def proxy_that_catches_loopback() -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy that answers everything with 503, and what it was asked for."""
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked.append("loopback")
            self.wfile.write(b"HTTP/1.1 503 blocked by policy\r\nConnection: close\r\n\r\n")

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}", asked
        proxy.shutdown()


def test_a_run_is_recorded_past_any_proxy_by_a_server_that_is_gone_afterwards(
    extracts: Path, own_home: Path, tmp_path: Path
) -> None:
    with proxy_that_catches_loopback() as (proxy, asked):
        named = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), proxy)
        done = kinlink_run(extracts, tmp_path / "out", environment(own_home, **named))
    assert done.returncode == 0, done.stderr
    assert asked == []
    with sqlite3.connect(own_home / "prefect.db") as database:
        flows = database.execute("select name, state_type from flow_run").fetchall()
        tasks = database.execute("select state_type from task_run").fetchall()
    assert flows == [(f"as-of-{AS_OF.isoformat()}", "COMPLETED")]
    assert tasks == [("COMPLETED",)] * 5
    assert not servers_with(own_home)


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
    assert f"Prefect's folder '{home}' cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer_is_named_before_any_work(
    extracts: Path, tmp_path: Path
) -> None:
    unanswered = "http://somebody:secret@127.0.0.1:9/api"
    done = kinlink_run(
        extracts, tmp_path / "out", environment(tmp_path, PREFECT_API_URL=unanswered)
    )
    assert done.returncode == 1
    assert "no Prefect server answers at 'http://127.0.0.1:9/api'" in done.stderr
    assert "secret" not in done.stderr
    assert "ingest" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_where_no_server_may_be_started_one_must_be_configured(
    extracts: Path, tmp_path: Path
) -> None:
    settings = environment(tmp_path, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="false")
    done = kinlink_run(extracts, tmp_path / "out", settings)
    assert done.returncode == 1
    assert "set PREFECT_API_URL to a running server" in done.stderr
    assert not (tmp_path / "out").exists()
