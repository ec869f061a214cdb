"""Everything under one `out` folder: the lock, work and staging, published runs, and `current`.

In: a staged run. Out: `runs/<run_id>/`, `current`, `operations/<run_id>.json`. Nothing is visible
until its checks have passed; a published run never changes. It must not know what a dataset means:
checks that do are given to `publish` as functions of the staged folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from pipeline.errors import StoreError
from pipeline.store.files import checksum, hash_json, read_parquet, sync, to_json, write_text
from pipeline.store.permanence import (
    CHECKSUMS_FILE,
    FOLDER_MODE,
    checksum_lines,
    confirm_same,
    make_permanent,
)
from pipeline.store.private import clear_leftovers, made_private, private_folder, remove_marked
from pipeline.store.staging import MANIFEST_FILE, Audit, Staging, check_staged
from pipeline.store.work import WorkFolder

log = logging.getLogger(__name__)

REGISTRY_DATASET = "registry"
NO_REGISTRY = "none"
WORK, STAGING = "work", "staging"


@dataclass(frozen=True)
class RunIdentity:
    """Which run this is, by content alone.

    Attributes:
        run_id: as-of date and twelve hexadecimal digits.
        content_hash: of everything but the registry: the same for a run and its repetition.
        registry_hash: of the registry that the run starts from; `none` for the first run.
        previous_run_id: the published run whose registry that is.
    """

    run_id: str
    content_hash: str
    registry_hash: str
    previous_run_id: str | None


@dataclass(frozen=True)
class PublishedRun:
    """A run that can be read.

    Attributes:
        path: its folder.
        run_id: its id.
        is_new: false where the same run was already there, its bytes checked equal.
    """

    path: Path
    run_id: str
    is_new: bool


class RunStore:
    """Everything under one `out` folder.

    Args:
        out: the folder; made where it does not exist.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(out)
        self.runs = self.out / "runs"
        self._made: set[Path] = set()

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[RunStore]:
        """Hold the out folder for one run; what it writes is for its owner alone.

        Raises:
            StoreError: another run holds it, it cannot be written, or `current` is not ours.
        """
        with made_private(), self._opened_lock() as lock:
            self._lock(lock)
            try:
                self._refuse_foreign_current()
                yield self
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def _opened_lock(self) -> IO[str]:
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            return (self.out / ".lock").open("a+")
        except OSError as error:
            raise StoreError(f"'{self.out}' cannot be written: {error.strerror}") from None

    def _lock(self, lock: IO[str]) -> None:
        """Take the lock at once or refuse; a killed process loses its lock by itself."""
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"another run is working in '{self.out}'; wait for it, or give another --out"
            ) from None

    def _refuse_foreign_current(self) -> None:
        """Refuse, before any work, to put our link in the place of somebody's file or folder."""
        link = self.out / "current"
        if link.exists() and not link.is_symlink():
            raise StoreError(
                f"'{link}' is no link of Kinlink's, and a run would replace it; move it away, or "
                "give another --out"
            )

    def clear_leftovers(self) -> None:
        """Remove what dead runs left in work and staging; call it once a run is accepted.

        Whoever holds the lock is alone in the out folder, so a folder with our mark that this run
        did not make belongs to a run that is over. Folders without the mark are somebody else's.
        """
        for kind in (WORK, STAGING):
            clear_leftovers(self.out / kind, spared=self._made)

    def current(self) -> Path | None:
        """The folder of the last published run, or None before the first."""
        link = self.out / "current"
        return link.resolve() if link.is_dir() else None

    def identify(
        self, as_of: date, inputs: Mapping[str, str], settings_hash: str, version: str
    ) -> RunIdentity:
        """Which run this is, and which published run's registry it starts from.

        A repetition of the current run starts from where the current run started, and so comes to
        the same id and the same bytes; any other run starts from the current run's registry.

        Args:
            as_of: date that ages and custody are counted at.
            inputs: checksum by name, of every extract, reference table, model and key fingerprint.
            settings_hash: of the settings that change results.
            version: of this package.
        """
        content = [as_of.isoformat(), dict(sorted(inputs.items())), settings_hash, version]
        content_hash = hash_json(content)
        previous = self._starting_run(content_hash)
        registry_hash = self._registry_hash(previous)
        digits = hash_json([content_hash, registry_hash])[:12]
        return RunIdentity(f"{as_of.isoformat()}-{digits}", content_hash, registry_hash, previous)

    def _starting_run(self, content_hash: str) -> str | None:
        """The published run whose registry a run of this content starts from."""
        current = self.current()
        if current is None:
            return None
        identity = read_manifest(current)["identity"]
        if identity["content_hash"] != content_hash:
            return current.name
        previous = identity["previous_run_id"]
        return previous if previous is None or (self.runs / previous).is_dir() else current.name

    def _registry_hash(self, run_id: str | None) -> str:
        path = self._registry_path(run_id)
        return checksum(path) if path else NO_REGISTRY

    def _registry_path(self, run_id: str | None) -> Path | None:
        if run_id is None:
            return None
        path = self.runs / run_id / f"{REGISTRY_DATASET}.parquet"
        return path if path.is_file() else None

    def previous_registry(self, identity: RunIdentity) -> pa.Table | None:
        """The registry of person ids that the run starts from; None for the first run."""
        return self.registry_of(identity.previous_run_id)

    def registry_of(self, run_id: str | None) -> pa.Table | None:
        """The registry that a published run left, as people's stage wrote it; None of no run."""
        path = self._registry_path(run_id)
        return read_parquet(path).drop_columns(["run_id"]) if path else None

    def open_work(self, run_id: str) -> WorkFolder:
        """A new, empty work folder, private to this process."""
        return WorkFolder(self._private_folder(WORK, run_id))

    def stage(self, run_id: str) -> Staging:
        """A new, empty staging folder beside the published runs, on the same filesystem."""
        path = self._private_folder(STAGING, run_id) / run_id
        path.mkdir()
        return Staging(path, run_id)

    def _private_folder(self, kind: str, run_id: str) -> Path:
        path = private_folder(self.out / kind, run_id)
        self._made.add(path)
        return path

    def publish(self, staging: Staging, audits: Iterable[Audit] = ()) -> PublishedRun:
        """Check what is staged and make it the current run in one step.

        Raises:
            StoreError: a check fails, or another content was published under this id.
        """
        check_staged(staging, audits)
        write_text(checksum_lines(staging.path), staging.path / CHECKSUMS_FILE)
        target = self.runs / staging.run_id
        is_new = not target.exists()
        if is_new:
            make_permanent(staging.path)
            os.rename(staging.path, target)
            target.chmod(FOLDER_MODE)
            sync(self.runs)
        else:
            confirm_same(staging.path, target)
        remove_marked(staging.path.parent)
        self._point_current(staging.run_id)
        log.info("run %s %s", staging.run_id, "published" if is_new else "was already published")
        return PublishedRun(target, staging.run_id, is_new)

    def _point_current(self, run_id: str) -> None:
        """Let `current` name the run, without a moment in which it names none."""
        link = self.out / f".current.{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("runs") / run_id)
        os.replace(link, self.out / "current")
        sync(self.out)

    def close_work(self, work: WorkFolder) -> None:
        """Remove a work folder: stage tables hold personal data and nobody needs them again."""
        remove_marked(work.path)

    def write_operations(self, run_id: str, record: Mapping[str, object]) -> Path:
        """Add what is true of one execution only (times, host) outside the run folder."""
        path = self.out / "operations" / f"{run_id}.json"
        executions = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        write_text(to_json([*executions, dict(record)]), path)
        return path


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest of a published run.

    Raises:
        StoreError: it is missing or damaged.
    """
    path = run / MANIFEST_FILE
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise StoreError(
            f"'{path}' is missing or damaged; '{run.name}' is no published run"
        ) from None
    return manifest
