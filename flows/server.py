"""A Prefect server for one run, where none is configured: it starts while the rest is loaded.

In: Prefect's settings. Out: a server on loopback that is gone with the run. Prefect would start one
by itself, but only when the run begins and when it has loaded the server's modules in this process
too, which took five seconds of every run instead of two.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    get_current_settings,
    temporary_settings,
)

from pipeline.errors import KinlinkError

UNWANTED_SERVICES = (
    "CANCELLATION_CLEANUP", "CLEANUP_RECONCILER", "FOREMAN", "LATE_RUNS", "PAUSE_EXPIRATIONS",
    "REPOSSESSOR", "SCHEDULER",
)  # fmt: skip
"""They look after schedules and workers, which a server of one run has none of."""

LONGEST_STOP_SECONDS = 5.0

PR_SET_PDEATHSIG = 1
"""Of `prctl`. Source: the manual page prctl(2)."""


@contextmanager
def server_of_this_run() -> Iterator[Callable[[], None]]:
    """Start a server in the background, unless one is configured; stop it at the end.

    Yields:
        What waits until the server answers; from then on Prefect talks to it. It raises
        KinlinkError where the server gives up or does not answer in time.

    Raises:
        KinlinkError: no server is configured, and the settings forbid one of this run's own.
    """
    if PREFECT_API_URL.value():
        yield lambda: None
        return
    if not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value():
        raise KinlinkError(
            "no Prefect server is configured, and PREFECT_SERVER_ALLOW_EPHEMERAL_MODE forbids one "
            "of this run's own; set PREFECT_API_URL to a running server"
        )
    port = _free_port()
    address = f"http://127.0.0.1:{port}/api"
    with ExitStack() as stack:
        process = stack.enter_context(_started(port))

        def wait_until_it_answers() -> None:
            _wait(process, address)
            stack.enter_context(temporary_settings({PREFECT_API_URL: address}))

        yield wait_until_it_answers


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _started(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, ended with the block."""
    unwanted = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in UNWANTED_SERVICES}
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1",
            "--port", str(port), "--no-ui", "--no-scheduler", "--no-late-runs",
            "--log-level", "CRITICAL",
        ],
        env={**os.environ, **settings, **unwanted},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=_end_with_the_parent,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(LONGEST_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_the_parent() -> None:
    """Have the system end this process with its parent, killed or not; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    """Return when the server answers.

    Raises:
        KinlinkError: it ended, or did not answer in time.
    """
    longest = float(PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS.value())
    latest = time.monotonic() + longest
    while time.monotonic() < latest:
        if process.poll() is not None:
            raise KinlinkError(
                f"Prefect's server ended with code {process.returncode} before it answered; "
                "`prefect server start` shows why, or set PREFECT_API_URL to a running server"
            )
        try:
            if httpx.get(f"{address}/health").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise KinlinkError(
        f"Prefect's server did not answer within {longest:.0f} s; set PREFECT_API_URL to a running "
        "server, or PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS higher"
    )
