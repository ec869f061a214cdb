"""`kinlink serve`: a run scheduled a minute ahead comes, on a real server; what is refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from run_commands import environment, server_numbers, until_gone
from serving import Scheduled, configured, served

LONGEST_SECONDS = 240


def runs_of(address: str, config: Path) -> list[dict[str, Any]]:
    """The runs of the flow that the server knows of this configuration."""
    runs: list[dict[str, Any]] = httpx.post(f"{address}/flow_runs/filter", json={}).json()
    return [
        run
        for run in runs
        if run["auto_scheduled"] and run["parameters"] == {"config": str(config)}
    ]


def test_a_run_scheduled_a_minute_ahead_comes(
    scheduled: Scheduled | None, prefect_server: str
) -> None:
    assert scheduled is not None
    latest = time.monotonic() + LONGEST_SECONDS
    states: set[str] = set()
    while not states & {"COMPLETED", "FAILED", "CRASHED"} and time.monotonic() < latest:
        time.sleep(0.5)
        assert scheduled.process.poll() is None
        states = {run["state_type"] for run in runs_of(prefect_server, scheduled.config)}
    scheduled.process.terminate()
    said, _ = scheduled.process.communicate(timeout=60)
    assert "COMPLETED" in states, said
    assert "sent by the configured Prefect server" in said
    assert (scheduled.config.parent / "out" / "current" / "run_manifest.json").is_file()
    assert scheduled.process.returncode == 0


def test_without_a_configured_server_serving_starts_its_own_and_takes_it_away(
    extracts: Path, own_home: Path, tmp_path: Path
) -> None:
    config = configured(tmp_path, extracts, "0 3 * * 1")
    serving = served(config, environment(own_home))
    assert serving.stdout is not None
    said = serving.stdout.readline()
    assert "sent by a Prefect server of Kinlink's own" in said
    assert len(server_numbers(own_home)) == 1
    serving.terminate()
    rest, _ = serving.communicate(timeout=60)
    assert "stopped; no run will come any more" in rest
    assert until_gone(own_home) == []


@pytest.mark.parametrize("cron", ["61 3 * * 1", "0 3 31 2 *", "0 3 * *", "a b c d e"])
def test_an_invalid_cron_is_an_error_of_the_configuration(cron: str, tmp_path: Path) -> None:
    from pipeline.errors import SettingsError
    from pipeline.settings.run import load_settings

    config = configured(tmp_path, tmp_path, cron)
    with pytest.raises(SettingsError, match=r"schedule\.cron"):
        load_settings(config)
