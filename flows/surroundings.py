"""What a run needs around it, looked at before any work: loopback and a folder to publish in.

In: the environment, the out folder. Out: nothing, or one sentence that says what to do. Prefect's
server is looked at in `server.py`, the place for compiled code in `pipeline.linkage.compiled`.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import RunStore

PLACES = ("work", "staging", "runs", "operations")


def check_out(out: Path) -> None:
    """Check that a run can be published in this folder, before it is made.

    Raises:
        StoreError: it cannot be written, another run is at work in it, or `current` is no link.
    """
    current = out / "current"
    if current.exists() and not current.is_symlink():
        raise StoreError(
            f"'{current}' is no link to a run, so that it cannot be moved to a new one (was the "
            "folder copied?); remove it, or give another --out"
        )
    with RunStore(out).exclusive():
        for place in PLACES:
            _check_writable(out / place)
        _check_writable(out)


def _check_writable(folder: Path) -> None:
    """Write a file into a folder and remove it again; the folder is made where there is none."""
    probe = folder / f".writable.{os.getpid()}"
    try:
        folder.mkdir(exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"'{folder}' cannot be written ({error.strerror}); a run is published there: let this "
            "account write it, or give another --out"
        ) from None
