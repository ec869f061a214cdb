"""`kinlink serve` as a user calls it, with a schedule of the tests' own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flow_runs import AS_OF
from run_commands import KINLINK

SCHEDULE = """
out = "out"
as_of = {as_of}
[schedule]
name = "{name}"
cron = "{cron}"
[ingest]
folder = "{extracts}"
[ingest.suppression]
salt_file = "{extracts}/protected_persons.salt"
[publish]
allow_made_up_key = true
"""


def configured(folder: Path, extracts: Path, cron: str) -> Path:
    """A configuration with this schedule, in this folder."""
    path = folder / "kinlink.toml"
    text = SCHEDULE.format(as_of=AS_OF, name=folder.name, cron=cron, extracts=extracts)
    path.write_text(text, encoding="utf-8")
    return path


def a_minute_ahead() -> str:
    """The next minute that begins in ten seconds or more, as a cron schedule: once a day."""
    then = datetime.now(UTC) + timedelta(seconds=69)
    return f"{then.minute} {then.hour} * * *"


def served(config: Path, settings: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [KINLINK, "serve", "--config", str(config)],
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@dataclass(frozen=True)
class Scheduled:
    """A schedule that is being served.

    Attributes:
        config: its configuration.
        process: `kinlink serve`.
    """

    config: Path
    process: subprocess.Popen[str]
