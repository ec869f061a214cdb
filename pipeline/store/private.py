"""Folders of one run that nobody else reads, and that are removed when the run is over.

In: where such folders lie. Out: new folders that carry our mark. Only what carries the mark is ever
removed: an out folder may hold folders of the user's that have the same names.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

log = logging.getLogger(__name__)

MARK = ".made-by-kinlink"
MARK_TEXT = "This folder belongs to one run of Kinlink; a later run removes it.\n"
FOR_THE_OWNER_ALONE = 0o077


@contextlib.contextmanager
def made_private() -> Iterator[None]:
    """Have all that this process makes be its owner's alone, whatever the user's umask is."""
    before = os.umask(FOR_THE_OWNER_ALONE)
    try:
        yield
    finally:
        os.umask(before)


def private_folder(parent: Path, name: str) -> Path:
    """A new, empty folder with our mark, open to its owner alone."""
    parent.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=parent))
    (path / MARK).write_text(MARK_TEXT, encoding="utf-8")
    return path


def is_marked(path: Path) -> bool:
    """Whether a folder is one that we made; a link to one is not."""
    try:
        return not path.is_symlink() and (path / MARK).is_file()
    except OSError:
        return False


def remove_marked(path: Path) -> bool:
    """Remove a folder that we made, its mark last: a removal cut short is taken up again.

    Returns:
        Whether it is gone.
    """
    if not is_marked(path):
        return False
    with contextlib.suppress(OSError):
        for entry in sorted(path.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARK:
                entry.unlink()
        shutil.rmtree(path)
    return not path.exists()


def clear_leftovers(parent: Path, spared: Collection[Path]) -> None:
    """Remove the folders with our mark, but for those that the present run has made."""
    if not parent.is_dir():
        return
    leftovers = [
        path for path in sorted(parent.iterdir()) if is_marked(path) and path not in spared
    ]
    kept = [path for path in leftovers if not remove_marked(path)]
    if leftovers:
        log.info("cleared %d leftovers of earlier runs in %s", len(leftovers), parent.name)
    if kept:
        log.warning(
            "%d folders of earlier runs in '%s' cannot be removed and hold personal data: remove "
            "them by hand",
            len(kept),
            parent,
        )
