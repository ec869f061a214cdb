"""Which of several rows of one key is kept."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.ingest.repeats import find_repeats

TABLE = pa.table({
    "key": ["a", "b", "a", "a", "c", "c", "d"],
    "name": ["x", "y", "x", "z", "q", None, "w"],
    "list": pa.array([["1"], None, ["1"], ["1"], None, ["2"], None]),
})  # fmt: skip


def test_fullest_row_is_kept_then_the_one_that_sorts_first() -> None:
    found = find_repeats(TABLE, ["key"], np.ones(7, bool))
    # a: rows 0, 2, 3 equally full; x sorts before z; row 2 repeats row 0.
    # c: rows 4 and 5 equally full; the empty name of row 5 sorts first.
    assert np.flatnonzero(found.repeated).tolist() == [2]
    assert np.flatnonzero(found.conflicting).tolist() == [3, 4]


def test_rows_that_are_out_anyway_do_not_count() -> None:
    is_candidate = np.array([False, True, True, True, True, False, True])
    found = find_repeats(TABLE, ["key"], is_candidate)
    assert np.flatnonzero(found.repeated).tolist() == []
    assert np.flatnonzero(found.conflicting).tolist() == [3]


def test_table_without_a_key_of_its_own_may_repeat_itself() -> None:
    found = find_repeats(TABLE, [], np.ones(7, bool))
    assert not found.repeated.any()
    assert not found.conflicting.any()
