"""Slices: work on long arrays by several threads, a slice each.

In: how many rows there are, and work that fills the rows of a slice. Out: nothing; what the work
wrote is the same for any number of threads. It must not know what the rows are.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WORTH_A_THREAD = 1 << 15
"""Rows: fewer are done before a thread has begun."""


def in_slices(n_rows: int, work: Callable[[slice], None], threads: int = 2) -> None:
    """Work on all rows, a slice a thread.

    Args:
        n_rows: how many there are.
        work: fills the rows of a slice, each by itself; numpy and kernels let other threads run.
        threads: slices worked on at once.
    """
    if n_rows <= WORTH_A_THREAD:
        work(slice(0, n_rows))
        return
    ends = [n_rows * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, map(slice, ends[:-1], ends[1:])))
