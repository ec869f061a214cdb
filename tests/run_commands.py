"""`kinlink run` as a user calls it, and the Prefect servers that it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from flow_runs import AS_OF, CONFIG

KINLINK = str(Path(sys.executable).parent / "kinlink")


def environment(home: Path, **more: str) -> dict[str, str]:
    """That of a user who has set nothing, with Prefect's files in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", **more}


def run_command(extracts: Path, out: Path) -> list[str]:
    """`kinlink run` on these extracts, as of the tests' date."""
    return [
        KINLINK,
        "run",
        "--config",
        str(CONFIG),
        "--extracts",
        str(extracts),
        "--out",
        str(out),
        "--as-of",
        AS_OF.isoformat(),
    ]


def kinlink_run(
    extracts: Path, out: Path, settings: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        run_command(extracts, out),
        env=settings,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def servers_with(home: Path) -> list[str]:
    """The commands of the running Prefect servers whose files are in this folder."""
    return list(server_numbers(home).values())


def server_numbers(home: Path) -> dict[int, str]:
    """Those servers by the number of their process."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            settings = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "prefect server start" in command and f"PREFECT_HOME={home}\0" in settings:
            found[int(process.name)] = command
    return found


def until_gone(home: Path) -> list[str]:
    """The servers that are left after at most ten seconds."""
    latest = time.monotonic() + 10
    while servers_with(home) and time.monotonic() < latest:
        time.sleep(0.1)
    return servers_with(home)
