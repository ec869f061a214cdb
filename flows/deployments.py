"""Scheduled deployments of `find-children`, served until stopped.

In: a configuration file with a `[schedule]`. Out: a process that Prefect sends runs to.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, serve

from flows.find_children import find_children
from pipeline.errors import SettingsError
from pipeline.settings.run import load_settings


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


def serve_schedule(config: Path) -> None:
    """Register the configuration's schedule as a deployment and serve it until stopped.

    Raises:
        SettingsError: the configuration has no schedule.
    """
    settings = load_settings(config)
    if settings.schedule is None:
        raise SettingsError(f"'{config}' has no [schedule]; see config/production.toml for one")
    deployment: Any = find_children_today.to_deployment(
        name=settings.schedule.name, cron=settings.schedule.cron,
        parameters={"config": str(config.resolve())},
        description="Extracts in, matched lists out; one run at a time.",
        concurrency_limit=1,
    )  # fmt: skip
    serve(deployment)
