"""What a run needs around it, looked at before any work: a folder that it can be published in.

In: the out folder. Out: nothing, or one sentence that says what to do. Prefect's server is looked
at in `server.py`, the place for compiled code in `pipeline.linkage.compiled`.
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
        StoreError: it cannot be written, or another run is at work in it.
    """
    with RunStore(out).exclusive():
        for folder in (out, *(out / place for place in PLACES)):
            if folder.exists():
                _check_writable(folder)


def _check_writable(folder: Path) -> None:
    """Write a file into a folder and remove it again."""
    probe = folder / f".writable.{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"'{folder}' cannot be written ({error.strerror}); a run is published there: let this "
            "account write it, or give another --out"
        ) from None
