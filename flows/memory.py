"""Memory of a flow's process: kept once taken, for all its threads together.

A stage takes and gives back arrays of hundreds of megabytes all the time. Handed back to the system
each time, they must be cleared and mapped anew, which took a fifth of a national run's processor
time; and an area for each thread keeps what the others could use.
"""

from __future__ import annotations

import ctypes
import gc
import platform

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
"""Parameters of `mallopt`. Source: the manual page mallopt(3)."""

MOST_KEPT = 2**31 - 1
"""Bytes; the largest number that `mallopt` takes."""


def keep_memory() -> bool:
    """Let this process keep the memory it has taken, where the C library is GNU's.

    What there is already, the modules above all, is no longer searched for garbage, which took half
    a second of every stage of a national run.

    Returns:
        Whether the C library agreed.
    """
    gc.freeze()
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    wanted = {ARENA_MAX: 1, TRIM_THRESHOLD: MOST_KEPT, MMAP_MAX: 0}
    agreed = [mallopt(name, value) == 1 for name, value in wanted.items()]
    return all(agreed)
