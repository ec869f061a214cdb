"""The flow's process keeps memory once taken, where the C library can."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AGAIN_AND_AGAIN = """
import resource, sys
import numpy as np
from flows.memory import keep_memory
agreed = keep_memory() if sys.argv[1] == "keep" else None
for _ in range(3):
    np.ones(50_000_000, np.int8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    np.ones(50_000_000, np.int8)
print(agreed, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def run(word: str) -> tuple[str, int]:
    """What `keep_memory` said, and how many pages had to be mapped."""
    done = subprocess.run(
        [sys.executable, "-c", AGAIN_AND_AGAIN, word],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    agreed, faults = done.stdout.split()
    return agreed, int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU's C library is asked")
def test_memory_given_back_is_not_mapped_anew() -> None:
    agreed, faults = run("keep")
    assert agreed == "True"
    assert faults < 100
