"""The Prefect server that records a run or a schedule: the configured one, or one of its own.

In: Prefect's settings. Out: a server that answers, or why there is none. One of its own is on
loopback, starts while the rest is loaded, and is gone with the process that started it. Prefect
would start one by itself, but only when the run begins, with the server's modules loaded a second
time; and none that outlasts a run, which a schedule needs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    get_current_settings,
    temporary_settings,
)

from pipeline.errors import KinlinkError, Stopped

UNWANTED_BY_RUNS = (
    "CANCELLATION_CLEANUP", "CLEANUP_RECONCILER", "FOREMAN", "LATE_RUNS", "PAUSE_EXPIRATIONS",
    "REPOSSESSOR", "SCHEDULER",
)  # fmt: skip
"""Services that look after schedules and workers, which a server of one run has none of."""

UNWANTED_BY_SCHEDULES = ("FOREMAN",)
"""Services that look after workers: a schedule's runs are processes of the one that serves it."""

LONGEST_STOP_SECONDS = 5.0
LONGEST_ANSWER_SECONDS = 5.0

PR_SET_PDEATHSIG = 1
"""Of `prctl`. Source: the manual page prctl(2)."""


@dataclass(frozen=True)
class Server:
    """A Prefect server to record with.

    Attributes:
        address: its address; None where Prefect's settings name it.
        process: the server, where it is one of this process's own; None where it is configured.
        latest: by when it must answer, on the clock of `time.monotonic`.
    """

    address: str | None = None
    process: subprocess.Popen[bytes] | None = None
    latest: float = 0.0

    def answers(self) -> bool:
        """Whether it answers yet.

        Raises:
            KinlinkError: it has given up, or not answered in time.
        """
        if self.address is None:
            return True
        if self.has_ended():
            raise KinlinkError(
                "Prefect's server ended before it answered; `prefect server start` shows why, or "
                "set PREFECT_API_URL to a running server"
            )
        try:
            # Loopback is asked for directly, whatever proxy the environment names.
            health = httpx.get(f"{self.address}/health", trust_env=False)
            if health.status_code == httpx.codes.OK:
                return True
        except httpx.TransportError:
            pass
        if time.monotonic() > self.latest:
            raise KinlinkError(
                f"Prefect's server did not answer within {startup_seconds():.0f} s; set "
                "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS higher, or PREFECT_API_URL to a "
                "running server"
            )
        return False

    def has_ended(self) -> bool:
        """Whether a server of this process's own has ended."""
        return self.process is not None and self.process.poll() is not None


def wait_for(server: Server) -> None:
    """Return when the server answers.

    Raises:
        KinlinkError: it has given up, or not answered in time.
    """
    while not server.answers():
        time.sleep(0.05)


def talking_to(address: str | None) -> AbstractContextManager[Any]:
    """Let Prefect talk to this server; to the configured one where there is no address."""
    return nullcontext() if address is None else temporary_settings({PREFECT_API_URL: address})


@contextmanager
def server_for(unwanted: tuple[str, ...]) -> Iterator[Server]:
    """The configured server; or one of this process's own, ended with the block.

    Args:
        unwanted: services that a server of its own does without.

    Raises:
        KinlinkError: the configured server does not answer, or none is configured and none of its
            own can be started.
    """
    configured = PREFECT_API_URL.value()
    if configured:
        check_it_answers(configured)
        yield Server()
        return
    check_it_may_start()
    port = _free_port()
    with _started(port, unwanted) as process:
        latest = time.monotonic() + startup_seconds()
        yield Server(f"http://127.0.0.1:{port}/api", process, latest)


def check_it_answers(configured: str) -> None:
    """Refuse a configured server that does not answer, before any work.

    Raises:
        KinlinkError: it does not; the message names its host, never a password in its address.
    """
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True, httpx_settings={"timeout": LONGEST_ANSWER_SECONDS}) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise KinlinkError(
            f"no Prefect server answers at '{without_login(configured)}', which PREFECT_API_URL or "
            f"a Prefect profile names ({type(error).__name__}): start it, correct the address, or "
            "take it away, and Kinlink starts a server of its own"
        )


def without_login(address: str) -> str:
    """An address without the user and password that it may hold."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def check_it_may_start() -> None:
    """Refuse where a server of its own is forbidden, or has no place for its database.

    Raises:
        KinlinkError: what is in the way.
    """
    if not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value():
        raise KinlinkError(
            "no Prefect server is configured, and PREFECT_SERVER_ALLOW_EPHEMERAL_MODE forbids one "
            "of Kinlink's own; set PREFECT_API_URL to a running server"
        )
    home = Path(PREFECT_HOME.value())
    try:
        home.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(home, os.W_OK | os.X_OK)
    except OSError:
        is_writable = False
    if not is_writable:
        raise KinlinkError(
            f"Prefect's folder '{home}' cannot be written, and no Prefect server is configured; "
            "set PREFECT_HOME to a folder that can, or PREFECT_API_URL to a running server"
        )


def startup_seconds() -> float:
    """How long a server of its own may take until it answers."""
    return float(PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS.value())


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _started(port: int, unwanted: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, ended with the block."""
    services = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in unwanted}
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1",
            "--port", str(port), "--no-ui", "--log-level", "CRITICAL",
        ],
        env={**os.environ, **settings, **services},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=end_with_the_parent,
        # Ctrl-C reaches every process of a terminal; this one still has to record the run.
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    except Stopped:
        # Whoever stops a run does not wait for the server to tidy up; its database stands that.
        process.kill()
        raise
    finally:
        process.terminate()
        try:
            process.wait(LONGEST_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_with_the_parent() -> None:
    """Have the system end this process with its parent, killed or not; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
