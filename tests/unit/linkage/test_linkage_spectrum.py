"""The leading parts of a table of pairs: those that linear algebra has, and none by chance."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.learning import spectrum as room
from pipeline.linkage.learning.spectrum import DAMPING, spectrum

Pairs = tuple[np.ndarray, np.ndarray, tuple[int, int]]


def pairs_of(table: np.ndarray) -> Pairs:
    row, column = np.nonzero(table)
    return row, column, table.shape


def two_pools(seed: int = 1) -> np.ndarray:
    """A table of 300 by 400 in which the first sixth of either stands with its like."""
    rng = np.random.default_rng(seed)
    share = np.full((300, 400), 0.02)
    share[:50, :70], share[:50, 70:], share[50:, :70] = 0.2, 0.0, 0.0
    return rng.random((300, 400)) < share


def test_the_parts_are_those_of_a_whole_decomposition() -> None:
    table = two_pools()
    r, c, n = table.sum(1), table.sum(0), table.sum()
    scale = np.sqrt(np.outer(r + DAMPING, c + DAMPING))
    whole = (table - np.outer(r, c) / n) / scale
    u, values, v = np.linalg.svd(whole)
    found = spectrum(*pairs_of(table))
    assert found.rows.shape[1] == 1
    expected = 1 + n * values[0] * np.outer(u[:, 0], v[0]) / scale
    rows, columns = (index.ravel().astype(np.int32) for index in np.indices(table.shape))
    assert found.ratio(rows, columns) == pytest.approx(expected.ravel(), abs=1e-3)


def test_values_that_go_together_stand_out_and_nothing_is_known_of_nothing() -> None:
    found = spectrum(*pairs_of(two_pools()))
    within, across, unknown = found.ratio(
        np.array([10, 10, -1], np.int32), np.array([20, 300, 20], np.int32)
    )
    assert within > 2
    assert across < 0.8
    assert unknown == 1


@pytest.mark.parametrize("seed", range(5))
def test_chance_makes_no_part(seed: int) -> None:
    table = np.random.default_rng(seed).random((300, 400)) < 0.03
    found = spectrum(*pairs_of(table))
    assert found.rows.shape == (300, 0)
    assert found.ratio(np.zeros(1, np.int32), np.zeros(1, np.int32)) == 1


def test_a_table_with_hardly_a_row_does() -> None:
    found = spectrum(*pairs_of(np.ones((1, 5), bool)))
    assert found.ratio(np.zeros(5, np.int32), np.arange(5, dtype=np.int32)).tolist() == [1.0] * 5


def test_more_rounds_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = pairs_of(two_pools(2))
    rows, columns = (np.arange(300, dtype=np.int32),) * 2
    few = spectrum(*arguments).ratio(rows, columns)
    monkeypatch.setattr(room, "ROUNDS", 40)
    assert spectrum(*arguments).ratio(rows, columns) == pytest.approx(few, abs=1e-3)
