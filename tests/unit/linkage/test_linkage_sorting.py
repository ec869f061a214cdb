"""Order of numbers and of rows: as plain sorts give it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.sorting import ascending_order, row_numbers


@pytest.mark.parametrize("largest", [5, 1 << 62])
def test_equal_numbers_keep_their_order(largest: int) -> None:
    numbers = np.array([largest, 0, 3, 0, largest])
    assert ascending_order(numbers).tolist() == [1, 3, 2, 0, 4]


def test_nothing_has_no_order() -> None:
    assert len(ascending_order(np.empty(0, np.int64))) == 0


def test_rows_are_numbered_column_by_column() -> None:
    rows = np.array([[2, -1], [-7, 4], [2, -1], [2, -9]], np.int32)
    assert row_numbers(rows).tolist() == [2, 0, 2, 1]


def test_rows_without_columns_are_all_one() -> None:
    assert row_numbers(np.empty((2, 0), np.int32)).tolist() == [0, 0]


def test_rows_of_flags_are_numbered_as_they_ascend() -> None:
    flags = np.random.default_rng(5).random((500, 70)) < 0.03
    flags[100:200] = flags[:100]

    numbers = row_numbers(flags)

    distinct, expected = np.unique(flags, axis=0, return_inverse=True)
    assert np.array_equal(numbers, expected.reshape(-1))
    assert len(distinct) == numbers.max() + 1
