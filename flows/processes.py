"""Work in a process of its own, watched by the command that started it, with a Prefect server.

In: a function that can be imported, and what it is given. Out: what it returned, or why it did not.
Whatever ends it, a signal, a server that died, the system itself, the command hears at once, for it
does nothing but wait.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TYPE_CHECKING, Any

from pipeline.errors import KinlinkError, Stopped, withheld

if TYPE_CHECKING:
    from flows.server import Server

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCH_SECONDS = 0.05

LONGEST_EXIT_SECONDS = 30.0
"""For Prefect to hand its last events to the server, after the work."""


@dataclass(frozen=True)
class Outcome:
    """How the work ended.

    Attributes:
        result: what it returned; empty where it was refused.
        refusal: why it was refused; empty where it was not.
    """

    result: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Worker:
    """A process at work, and the channel to it."""

    process: BaseProcess
    channel: Connection

    def watch(self, server: Server) -> str:
        """Tell it of the server as soon as that answers, and wait for what it returns.

        Raises:
            KinlinkError: it refused, or ended before it returned, or the server did.
        """
        is_told = False
        while not self.channel.poll(WATCH_SECONDS):
            if not is_told and server.answers():
                with suppress(BrokenPipeError):
                    self.channel.send(server.address)
                is_told = True
            if server.has_ended():
                raise KinlinkError(
                    "Prefect's server ended too early; `prefect server start` shows whether one "
                    "can run here, or set PREFECT_API_URL to a running server"
                )
        outcome = self._outcome()
        if outcome.refusal:
            raise KinlinkError(outcome.refusal)
        return outcome.result

    def _outcome(self) -> Outcome:
        try:
            outcome: Outcome = self.channel.recv()
        except EOFError:
            self.process.join()
            raise KinlinkError(
                f"the process of the run ended too early, with code {self.process.exitcode}; -9 "
                "means that the system killed it, most often for want of memory"
            ) from None
        self.process.join(LONGEST_EXIT_SECONDS)
        return outcome

    def end(self, grace_seconds: float) -> None:
        """End it and every process that it started: asked first, then killed."""
        self.process.terminate()
        self.process.join(grace_seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()
        self.process.join()


@contextmanager
def working(work: Callable[[Any, Callable[[], str | None]], str], given: Any) -> Iterator[Worker]:
    """Start a function in a process of its own, ended with the block.

    Args:
        work: importable by name; it takes what is given, and what waits for the server's address.
        given: handed to it.
    """
    # Not forked: the libraries that a parent has loaded have threads, which a fork would lose.
    spawning = get_context("spawn")
    channel, its_end = spawning.Pipe()
    process = spawning.Process(target=_work_alone, args=(its_end, work, given))
    # Ctrl-C reaches every process of a terminal; this one decides, and the other never hears it.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.start()
    signal.signal(signal.SIGINT, handler)
    its_end.close()
    worker = Worker(process, channel)
    try:
        yield worker
    finally:
        worker.end(0)
        channel.close()


@contextmanager
def stopping_by_signals() -> Iterator[None]:
    """Raise `Stopped` at the first signal that asks this process to end; ignore further ones.

    A signal that the process was started to ignore, as under `nohup`, stays ignored.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        raise Stopped(number)

    before = {one: signal.getsignal(one) for one in STOPPING}
    before = {one: handler for one, handler in before.items() if handler != signal.SIG_IGN}
    try:
        for one in before:
            signal.signal(one, stop)
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _work_alone(
    channel: Connection, work: Callable[[Any, Callable[[], str | None]], str], given: Any
) -> None:
    """What the process of its own does: the work, and to tell how it ended."""
    from flows.launch import show_progress
    from flows.server import end_with_the_parent

    # A group of its own, so that all of it can be ended at once.
    os.setpgid(0, 0)
    end_with_the_parent()
    show_progress()
    channel.send(_outcome_of(work, given, channel.recv))


def _outcome_of(
    work: Callable[[Any, Callable[[], str | None]], str],
    given: Any,
    wait_for_address: Callable[[], str | None],
) -> Outcome:
    try:
        return Outcome(result=work(given, wait_for_address))
    except KinlinkError as error:
        return Outcome(refusal=str(error))
    except OSError as error:
        return Outcome(refusal=f"reading or writing failed: {type(error).__name__}")
    except Exception as error:
        if os.environ.get("KINLINK_DEBUG") == "1":
            raise
        return Outcome(refusal=withheld(error))
