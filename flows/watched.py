"""A run in a process of its own, and what is published once that has ended.

In: the flow's parameters. Out: the published run, or why there is none. What ends a run ends it
within two seconds; what is published then decides what the command says, for nothing runs any more
that could still publish.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.processes import stopping_by_signals, working
from pipeline.errors import KinlinkError, Stopped, StoreError

progress = logging.getLogger("kinlink.progress")

GRACE_SECONDS = 0.5
"""For Prefect to record that a run was stopped; two seconds are promised for all of it."""


def run_watched(parameters: Mapping[str, Any]) -> Path:
    """Run `find-children` with these parameters and return the published run's folder.

    Raises:
        KinlinkError: nothing is published, and why.
        Stopped: nothing is published, because a signal stopped the run.
    """
    out = Path(parameters["out"])
    before = last_publication(out)
    try:
        _run(parameters, out)
    except (KinlinkError, Stopped) as error:
        _clear(out)
        if last_publication(out) == before:
            raise
        progress.warning("  note: the run is published all the same: %s", error)
    return (out / "current").resolve()


def _run(parameters: Mapping[str, Any], out: Path) -> None:
    """Start the run and its server, and see both to their end."""
    with stopping_by_signals(), working(find_children_with, dict(parameters)) as run:
        # Imported while the other process loads the stages, which takes longer.
        from flows.server import UNWANTED_BY_RUNS, server_for
        from flows.surroundings import check_out

        with server_for(UNWANTED_BY_RUNS) as server:
            check_out(out)
            try:
                run.watch(server)
            finally:
                # A server of the run's own is gone with it, and what it would record.
                run.end(GRACE_SECONDS if server.process is None else 0)


def find_children_with(
    parameters: dict[str, Any], wait_for_address: Callable[[], str | None]
) -> str:
    """Load the stages while the server starts, then run the flow."""
    from flows.find_children import find_children, load_stages
    from flows.server import talking_to

    load_stages()
    with talking_to(wait_for_address()):
        run: str = find_children(**parameters)
    return run


def last_publication(out: Path) -> tuple[int, int] | None:
    """What tells one publication in a folder from the next: file number and time of `current`."""
    try:
        link = (out / "current").lstat()
    except OSError:
        return None
    return link.st_ino, link.st_mtime_ns


def _clear(out: Path) -> None:
    """Remove what a killed run left: its tables hold personal data."""
    from pipeline.store import RunStore

    if out.is_dir():
        with suppress(StoreError), RunStore(out).exclusive() as store:
            store.clear_leftovers()
