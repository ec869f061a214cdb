"""The same work on many tables, two at a time.

In: a function and what it is to be done to. Out: the results, in the order given. Arrow lets other
threads run while it works, so that the extracts of two authorities are read in the time of one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_AT_ONCE = 4
"""More would wait for one another: the part that is no work of Arrow's runs one at a time."""


def each(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The function's result for each item; the first error is raised as it would be one by one."""
    with ThreadPoolExecutor(min(MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(function, items))
