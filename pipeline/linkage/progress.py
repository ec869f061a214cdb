"""Progress: how many pairs are compared, how fast, and how long the rest takes.

In: counts of pairs while they are compared. Out: one line on a terminal, rewritten in place, and
nothing where there is no terminal, so that logs stay quiet. It must not know records, nor change a
result.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

Listener = Callable[[int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)

SECONDS_BETWEEN = 0.2
WIDTH = 79


def note_progress(done: int, total: int) -> None:
    """Tell whoever listens how many of all pairs are compared."""
    listener = _listener.get()
    if listener is not None:
        listener(done, total)


@contextmanager
def progress_shown(stream: TextIO | None = None) -> Iterator[None]:
    """Show progress on a terminal (standard error unless given) while the block runs."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield
        return
    token = _listener.set(_line_on(stream))
    try:
        yield
    finally:
        _listener.reset(token)
        stream.write("\r" + " " * WIDTH + "\r")
        stream.flush()


def _line_on(stream: TextIO) -> Listener:
    start = last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN or done == total:
            last = now
            stream.write("\r" + progress_in_words(done, total, now - start)[:WIDTH].ljust(WIDTH))
            stream.flush()

    return show


def progress_in_words(done: int, total: int, seconds: float) -> str:
    """Pairs done, pairs a second, and seconds left at that rate.

    Args:
        done: pairs compared.
        total: pairs to compare.
        seconds: since reading began.
    """
    rate = done / max(seconds, 1e-9)
    left = (total - done) / max(rate, 1e-9)
    return f"{done:,} of {total:,} pairs, {rate:,.0f} a second, {left:,.0f} s left"
