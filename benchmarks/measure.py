"""Measure a process: `python -m benchmarks.measure USAGE.json COMMAND …`.

In: a command. Out: its wall time, CPU time and peak memory as JSON; its exit code is passed on. It
must import nothing large: a child's peak memory is counted from that of the process it came from.
"""

from __future__ import annotations

import json
import os
import sys
import time

KIB = 1024


def main() -> int:
    """Run the command and write what the operating system counted."""
    target, command = sys.argv[1], sys.argv[2:]
    start = time.perf_counter()
    child = os.spawnv(os.P_NOWAIT, command[0], command)
    _, status, usage = os.wait4(child, 0)
    found = {
        "wall_seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # Linux counts KiB, macOS bytes.
        "peak_mb": usage.ru_maxrss * (1 if sys.platform == "darwin" else KIB) / 1e6,
    }
    with open(target, "w", encoding="utf-8") as file:
        json.dump(found, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
