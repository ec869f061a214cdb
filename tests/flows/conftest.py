"""One small set of made-up agencies and one run of the flow, shared by every test of the flow."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flow_runs import Ran, run_flow

from pipeline.settings.synthetic import Scale, load_synthetic_settings
from pipeline.synthetic import synthesise

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "180"


@pytest.fixture(scope="session")
def prefect_home() -> Iterator[Path]:
    """The folder of the database of a Prefect of the tests' own."""
    from prefect.settings import get_current_settings
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        url = get_current_settings().server.database.connection_url
        assert url is not None
        yield Path(url.get_secret_value().partition("///")[2]).parent


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


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running `prefect server`, on loopback."""
    import sys

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("server")
    address = f"http://127.0.0.1:{port}/api"
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--port", str(port), "--no-ui"],
        env={**os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": ""},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_until_healthy(address)
        yield address
    finally:
        server.terminate()
        server.wait(30)


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
