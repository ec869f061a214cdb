"""What makes a published run permanent: its checksums, its permissions, and the refusal to differ.

In: run folders. Out: CHECKSUMS, read-only files, or an error that names the files that changed.
"""

from __future__ import annotations

import stat
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store.files import checksum, sync

CHECKSUMS_FILE = "CHECKSUMS"
READ_ONLY = stat.S_IRUSR
FOLDER_MODE = stat.S_IRWXU
"""For the owner alone: a run holds names. Who may read a part of it is given that part."""


def files_of(folder: Path) -> list[Path]:
    """Every file in a run folder but the checksums themselves, in a fixed order."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != CHECKSUMS_FILE)
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def checksum_lines(folder: Path) -> str:
    """The text of CHECKSUMS, as `sha256sum --check` reads it."""
    return "".join(f"{checksum(p)}  {p.relative_to(folder).as_posix()}\n" for p in files_of(folder))


def verify_run(run: Path) -> None:
    """Check a published run against its own checksums.

    Raises:
        StoreError: a file is missing, added or changed.
    """
    path = run / CHECKSUMS_FILE
    if not path.is_file():
        raise StoreError(f"'{run}' has no {CHECKSUMS_FILE}; it is no published run")
    expected, found = path.read_text(encoding="utf-8"), checksum_lines(run)
    if found != expected:
        raise StoreError(
            f"published run '{run.name}' has changed since it was published: "
            f"{named_differences(expected, found)}; restore it from a copy"
        )


def named_differences(expected: str, found: str) -> str:
    """The first files whose lines differ between two texts of checksums."""
    lines = set(expected.splitlines()) ^ set(found.splitlines())
    names = sorted({line.split("  ", 1)[1] for line in lines})
    return f"{len(names)} files differ ({', '.join(names[:5])})"


def confirm_same(staged: Path, published: Path) -> None:
    """Check that a run published before is whole and has the bytes that are staged now.

    Raises:
        StoreError: it is not, or has not: a run is never overwritten.
    """
    verify_run(published)
    before = (published / CHECKSUMS_FILE).read_text(encoding="utf-8")
    now = (staged / CHECKSUMS_FILE).read_text(encoding="utf-8")
    if before != now:
        raise StoreError(
            f"run '{published.name}' is already published with other bytes: "
            f"{named_differences(before, now)}; a published run never changes. "
            "Extracts, settings and version are the same as then, so the program was changed "
            "without a new version: give another --out, or remove that run"
        )


def make_permanent(folder: Path) -> None:
    """Make every file read-only, for its owner alone, and wait until all of it is on disk."""
    for path in sorted(folder.rglob("*")):
        # Folders stay writable, so that an owner can delete a run as retention rules ask.
        path.chmod(READ_ONLY if path.is_file() else FOLDER_MODE)
        sync(path)
    sync(folder)
