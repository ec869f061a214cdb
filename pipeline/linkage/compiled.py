"""The one way that kernels are compiled.

In: a Python function over numpy arrays and numbers. Out: the same function as machine code, cached
on disk beside the package (or in `NUMBA_CACHE_DIR`), that lets other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from pipeline.errors import LinkageError
from pipeline.linkage.loading import left_out

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

Array = npt.NDArray[Any]
Int8s = npt.NDArray[np.int8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def compiled(function: Kernel) -> Kernel:
    """Compile on first call for the types given; later runs load it from disk.

    Raises:
        LinkageError: there is no place on disk to keep it.

    A kernel allocates no arrays: its caller hands it all the memory it needs. That allows reference
    counting to be left out, which took four fifths of the time of comparing two names. No
    fast-math: results must equal the reference to the last bit.
    """
    return _kept(function, OPTIONS)


def inlined(function: Kernel) -> Kernel:
    """Compile into every caller: for small functions, where handing over arguments is the cost."""
    return _kept(function, {"forceinline": True, **OPTIONS})


def _kept(function: Kernel, options: dict[str, object]) -> Kernel:
    try:
        return cast(Kernel, njit(**options)(function))
    except RuntimeError as error:
        # numba's word for it; compiling everything anew would cost each command a minute.
        if "no locator available" not in str(error):
            raise
        raise LinkageError(
            "there is no place to keep compiled code: neither the package's own folder nor the "
            "user's cache folder can be written; set NUMBA_CACHE_DIR to a folder that can"
        ) from None


@compiled
def _one() -> int:
    return 1


def load_compiler() -> None:
    """Do now what the first kernel would wait for: a fifth of a second of learning to call kernels.

    As much again would be scipy's linear algebra, which no kernel uses.
    """
    with left_out("scipy.linalg"):
        _one()
