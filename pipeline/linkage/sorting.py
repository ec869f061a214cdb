"""Sorting: distinct numbers and membership, the quick way.

In: arrays of whole numbers. Out: the distinct ones, or which are in a list. It must not know what
they count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]


def distinct(numbers: Numbers) -> Numbers:
    """The distinct numbers, ascending.

    `numpy.unique` hashes where it is asked for nothing else, which takes a hundred times as long as
    sorting a million numbers.
    """
    ordered = np.sort(numbers, axis=None)
    is_first = np.ones(len(ordered), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def is_among(numbers: Numbers, ascending: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each number is one of some ascending numbers; `numpy.isin` hashes or sorts both."""
    if len(ascending) == 0:
        return np.zeros(len(numbers), np.bool_)
    at = np.searchsorted(ascending, numbers)
    found: npt.NDArray[np.bool_] = ascending[np.minimum(at, len(ascending) - 1)] == numbers
    return found
