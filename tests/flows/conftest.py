"""One small set of made-up agencies and one run of the flow, shared by every test of the flow."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from flow_runs import Ran, run_flow
from run_commands import environment
from serving import Scheduled, a_minute_ahead, configured, served

from pipeline.settings.synthetic import Scale, load_synthetic_settings
from pipeline.synthetic import synthesise

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "180"


@dataclass(frozen=True)
class PrefectServer:
    """A `prefect server` of the tests' own, on loopback.

    Attributes:
        address: of its API.
        home: the folder of its database.
        new_database: that database as it was at the start, with nothing recorded.
    """

    address: str
    home: Path
    new_database: Path


@pytest.fixture(scope="session")
def shared_prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """One server for every test of the flow; it looks for what is scheduled every second."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("server")
    address = f"http://127.0.0.1:{port}/api"
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--port", str(port), "--no-ui"],
        env={
            **os.environ,
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": "",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_healthy(address)
        new = tmp_path_factory.mktemp("new") / "prefect.db"
        with sqlite3.connect(home / "prefect.db") as used, sqlite3.connect(new) as kept:
            used.backup(kept)
        yield PrefectServer(address, home, new)
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def prefect_server(shared_prefect: PrefectServer) -> str:
    """The address of a running `prefect server`."""
    return shared_prefect.address


@pytest.fixture(scope="session", autouse=True)
def scheduled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scheduled | None]:
    """A run a minute ahead, where a test looks for it: it comes while other tests run."""
    if not any("minute_ahead" in item.name for item in request.session.items):
        yield None
        return
    server, extracts = (
        request.getfixturevalue("prefect_server"),
        request.getfixturevalue("extracts"),
    )
    folder = tmp_path_factory.mktemp("scheduled")
    config = configured(folder, extracts, a_minute_ahead())
    settings = environment(folder, PREFECT_API_URL=server, PREFECT_RUNNER_POLL_FREQUENCY="1")
    process = served(config, settings)
    yield Scheduled(config, process)
    process.terminate()
    process.wait(60)


@pytest.fixture
def own_home(shared_prefect: PrefectServer, tmp_path: Path) -> Path:
    """A folder for a server of a run's own, whose database need not be made first."""
    home = tmp_path / "prefect"
    home.mkdir()
    shutil.copy(shared_prefect.new_database, home / "prefect.db")
    return home


@pytest.fixture(scope="session")
def prefect_home(shared_prefect: PrefectServer) -> Iterator[Path]:
    """The folder of the database of the Prefect that flows called by a test are recorded in."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: shared_prefect.address}):
        yield shared_prefect.home


@pytest.fixture(scope="session")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up agencies of two authorities, a few hundred people each."""
    rates = load_synthetic_settings()
    small = Scale(prisoners=250, probationers=350, children=700, authority_codes=("330", "331"))
    folder = tmp_path_factory.mktemp("extracts")
    synthesise(folder, "demo", 5, rates.model_copy(update={"scales": {"demo": small}}))
    return folder


@pytest.fixture(scope="session")
def ran(prefect_home: Path, extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The flow, run once on the made-up agencies."""
    return run_flow(extracts, tmp_path_factory.mktemp("out"))


def _wait_until_healthy(address: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise TimeoutError("the Prefect server did not start")
