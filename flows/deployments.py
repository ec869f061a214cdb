"""Scheduled deployments of `find-children`, served until stopped.

In: a configuration file with a `[schedule]`. Out: a process that a Prefect server sends runs to:
the configured server, or one of its own that is there as long as it serves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, serve

from flows.find_children import find_children
from flows.launch import Say
from flows.processes import stopping_by_signals, working
from flows.server import UNWANTED_BY_SCHEDULES, Server, server_for, talking_to
from pipeline.errors import SettingsError, Stopped
from pipeline.settings.run import ScheduleSettings, load_settings

GRACE_SECONDS = 10.0
"""For Prefect to cancel the run at work, which is at once, and to pause the schedule."""


@flow(
    name="find-children-scheduled",
    flow_run_name="scheduled",
    persist_result=False,
    log_prints=False,
)
def find_children_today(config: str) -> str:
    """Run `find-children` as of today, with everything else from the configuration file."""
    settings = load_settings(Path(config))
    day = settings.as_of or date.today()
    return find_children(config=config, out=str(settings.out.resolve()), as_of=day.isoformat())


def serve_schedule(config: Path, say: Say) -> None:
    """Register the configuration's schedule as a deployment and serve it until stopped.

    Raises:
        SettingsError: the configuration has no schedule.
        KinlinkError: no Prefect server answers, or the one of its own ended.
    """
    schedule = load_settings(config).schedule
    if schedule is None:
        raise SettingsError(f"'{config}' has no [schedule]; see config/production.toml for one")
    try:
        _serve(config.resolve(), schedule, say)
    except Stopped:
        say("stopped; no run will come any more")


def _serve(config: Path, schedule: ScheduleSettings, say: Say) -> None:
    """Serve in a process of its own, and watch it and the server."""
    with (
        stopping_by_signals(),
        working(serve_alone, config) as serving,
        server_for(UNWANTED_BY_SCHEDULES) as server,
    ):
        try:
            say(f"{schedule.name}: runs at '{schedule.cron}' (UTC), sent by {in_words(server)}")
            serving.watch(server)
        except Stopped:
            serving.end(GRACE_SECONDS)
            raise


def in_words(server: Server) -> str:
    """Which server sends the runs."""
    if server.address is None:
        return "the configured Prefect server"
    return f"a Prefect server of Kinlink's own at {server.address}, until this command is stopped"


def serve_alone(config: Path, wait_for_address: Callable[[], str | None]) -> str:
    """Serve the configuration's schedule, in a process of its own, until that is stopped."""
    schedule = load_settings(config).schedule
    assert schedule is not None
    with talking_to(wait_for_address()):
        deployment: Any = find_children_today.to_deployment(
            name=schedule.name,
            cron=schedule.cron,
            parameters={"config": str(config)},
            description="Extracts in, matched lists out; one run at a time.",
        )
        # A limit kept by the server would stay used up after a crash, and no run would come again.
        serve(deployment, limit=1, print_starting_message=False)
    return schedule.name
