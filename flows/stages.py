"""The stages as Prefect tasks: each reads tables from the work folder, calls one function, writes.

In: paths. Out: paths and counts. No table ever passes through Prefect, no name, date of birth or
address is ever a parameter, a result, a log line or the text of an error that Prefect keeps.
"""

from __future__ import annotations

import functools
import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from pipeline.errors import KinlinkError, UnreachableError

P = ParamSpec("P")
progress = logging.getLogger("kinlink.progress")

RETRY_DELAYS_SECONDS = [10, 60]
"""Reading a source may fail for a moment; computing the same thing again never helps."""


@dataclass(frozen=True)
class StageReport:
    """What a stage may say of itself: counts only.

    Attributes:
        stage: its name.
        rows_in: rows read.
        rows_out: rows written.
        note: what was dropped or found, in counts.
        seconds: wall time.
    """

    stage: str
    rows_in: int
    rows_out: int
    note: str
    seconds: float = 0.0

    def line(self) -> str:
        """The stage's one line."""
        note = f"; {self.note}" if self.note else ""
        return (
            f"{self.stage:<12} {self.rows_in:>10,} rows in {self.rows_out:>10,} out"
            f" {self.seconds:>7.1f} s{note}"
        )


def without_data(stage: str, error: Exception) -> KinlinkError:
    """The error as Prefect may keep it: its kind and place, never its message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return KinlinkError(
        f"stage '{stage}' failed with {type(error).__name__} at {Path(frame.filename).name}:"
        f"{frame.lineno}; the message is withheld because it may quote personal data"
    )


def is_worth_retrying(task: object, task_run: object, state: object) -> bool:
    """Whether the failure may pass by itself: reading or writing, not a refusal on purpose."""
    try:
        state.result()  # type: ignore[attr-defined]
    except (OSError, UnreachableError):
        return True
    except Exception:
        return False
    return False


def stage(
    name: str, retries: int = 0
) -> Callable[[Callable[P, StageReport]], Callable[P, StageReport]]:
    """A Prefect task that times a stage, writes its one line and lets no data out in errors."""

    def wrap(function: Callable[P, StageReport]) -> Callable[P, StageReport]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> StageReport:
            started = time.perf_counter()
            try:
                report = function(*args, **kwargs)
            except (KinlinkError, OSError):
                raise
            except Exception as error:
                raise without_data(name, error) from None
            report = StageReport(
                report.stage, report.rows_in, report.rows_out, report.note,
                time.perf_counter() - started,
            )  # fmt: skip
            progress.info(report.line())
            get_run_logger().info(report.line())
            return report

        options: dict[str, Any] = {
            "name": name, "cache_policy": NO_CACHE, "persist_result": False, "log_prints": False
        }  # fmt: skip
        if retries:
            options |= {
                "retries": retries, "retry_delay_seconds": RETRY_DELAYS_SECONDS,
                "retry_condition_fn": is_worth_retrying,
            }  # fmt: skip
        return cast(Callable[P, StageReport], task(**options)(guarded))

    return wrap
