"""Order of numbers: as a stable sort gives it, whether or not number and place fit one word."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.sorting import ascending_order


@pytest.mark.parametrize("largest", [5, 1 << 62])
def test_equal_numbers_keep_their_order(largest: int) -> None:
    numbers = np.array([largest, 0, 3, 0, largest])
    assert ascending_order(numbers).tolist() == [1, 3, 2, 0, 4]


def test_nothing_has_no_order() -> None:
    assert len(ascending_order(np.empty(0, np.int64))) == 0
