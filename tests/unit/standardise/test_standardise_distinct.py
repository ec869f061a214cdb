"""Columns by distinct values, and values gathered into lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.standardise.distinct import (
    as_text,
    lists_by_row,
    map_distinct,
    map_distinct_apart,
)


def test_a_function_is_called_once_for_each_value() -> None:
    calls: list[str] = []

    def shout(text: str) -> str:
        calls.append(text)
        return text.upper()

    column = pa.chunked_array([["a", "b", None], ["a", " a "]])
    assert map_distinct(column, shout).to_pylist() == ["A", "B", None, "A", "A"]
    assert calls == ["a", "b"]


def test_blank_is_not_recorded() -> None:
    assert as_text(pa.array(["  ", "x ", None])).to_pylist() == [None, "x", None]
    assert as_text(pa.nulls(2)).to_pylist() == [None, None]


def test_the_parts_of_a_result_become_columns() -> None:
    text = pa.string()
    first, second = map_distinct_apart(pa.array(["a b", None]), str.split, (text, text))
    assert (first.to_pylist(), second.to_pylist()) == (["a", None], ["b", None])


def test_parts_of_nothing_are_nothing() -> None:
    parts = map_distinct_apart(pa.nulls(2), str.split, (pa.string(), pa.string()))
    assert [part.to_pylist() for part in parts] == [[None, None], [None, None]]


def test_lists_keep_order_and_the_first_of_equal_values() -> None:
    rows = np.array([2, 0, 2, 2, 0])
    values = pa.array(["x", "a", "y", "x", None])
    assert lists_by_row(rows, values, 4).to_pylist() == [["a"], [], ["x", "y"], []]
