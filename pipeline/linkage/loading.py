"""Loading less: libraries that import large packages only to ask whether they are there.

In: names of packages. Out: nothing; those who ask meanwhile are told that they are not installed.
Only for commands that use neither, in a process of their own: half of what a small `kinlink link`
took went into pandas and scipy's linear algebra, which it never calls.
The engine, which must be loaded all the same, is loaded by `load_engine` while tables are read.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Hidden:
    """Says of some packages that there are none, to the thread that asked for it."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)
        self.thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in self.names and threading.get_ident() == self.thread:
            raise ModuleNotFoundError(f"{name} is left out", name=name)
        return None


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Imports of these packages fail here, in this thread, unless they are loaded already.

    Args:
        names: Packages or modules, by their full names.
    """
    hidden = _Hidden(names)
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        sys.meta_path.remove(hidden)


def load_engine() -> None:
    """Import all that links, and be ready to call kernels: for who waits for tables meanwhile."""
    import_module("pipeline.linkage.linking")
    from pipeline.linkage.compiled import load_compiler

    load_compiler()


def load_arrow_alone() -> None:
    """Let pyarrow find, once and for all, that there is no pandas: it loads it for any array else.

    Only for a process that hands pyarrow no pandas objects afterwards.
    """
    with left_out("pandas"):
        import numpy as np
        import pyarrow as pa

        pa.array(np.zeros(1)).to_numpy()
