"""Order of rows: a table that ascends already is left as it is."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.contracts.schema import in_order, is_ascending


@pytest.mark.parametrize(
    ("first", "second", "ascends"),
    [
        ([1, 2, 3], [9, 9, 9], True),
        ([1, 1, 2], [3, 4, 0], True),
        ([1, 1, 2], [4, 3, 0], False),
        ([2, 1, 3], [0, 0, 0], False),
        ([1, 1, None], [1, None, 0], True),
        ([1, None, 2], [0, 0, 0], False),
        ([None, None], [1, 0], False),
        ([None, None], [0, 0], True),
    ],
)
def test_rows_ascend_as_arrow_would_sort_them(
    first: list[int | None], second: list[int | None], ascends: bool
) -> None:
    table = pa.table({"a": pa.array(first, pa.int64()), "b": pa.array(second, pa.int64())})
    ordered = table.sort_by([("a", "ascending"), ("b", "ascending")])
    assert is_ascending(table, ("a", "b")) is ascends
    assert ordered.equals(table) is ascends
    assert in_order(table, ("a", "b")).equals(ordered)


def test_whether_floats_ascend_is_left_to_sorting() -> None:
    table = pa.table({"a": [float("nan"), 1.0]})
    assert not is_ascending(table, ("a",))
    assert in_order(table, ("a",))["a"][0].as_py() == 1.0
