"""Exact copies are one record for learning, and follow it in the result."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.linkage.deciding.copies import LARGEST_SET, Copies, expanded, find_copies
from pipeline.linkage.deciding.fit import FIT_SCHEMA
from pipeline.linkage.deciding.results import LinkResult

COLUMNS = ("name", "born")


def table(rows: list[tuple[str, str | None, str | None]]) -> pa.Table:
    ids, names, born = zip(*rows, strict=True)
    return pa.table({"record_id": ids, "name": pa.array(names, pa.string()),
                     "born": pa.array(born, pa.string())})  # fmt: skip


def found(rows: list[tuple[str, str | None, str | None]]) -> Copies:
    copies = find_copies(table(rows), "record_id", COLUMNS)
    assert copies is not None
    return copies


FIVE = [("e", "ada", "1980"), ("b", "ada", "1980"), ("a", "bea", None), ("d", "ada", None),
        ("c", "ada", "1980")]  # fmt: skip


def test_the_first_id_of_each_set_stands_for_it() -> None:
    copies = found(FIVE)
    assert copies.distinct["record_id"].to_pylist() == ["a", "b", "d"]
    assert copies.copied_ids.to_pylist() == ["b"]
    assert copies.sets.tolist() == [0, 1, 1, 2, 1]


def test_no_copies_are_none() -> None:
    rows = [("a", "ada", None), ("b", "ada", "1980")]
    assert find_copies(table(rows), "record_id", COLUMNS) is None


def test_records_without_any_value_are_no_copies_of_one_another() -> None:
    empty = [("a", None, None), ("b", None, None)]
    assert find_copies(table(empty), "record_id", COLUMNS) is None


def test_a_very_large_set_is_left_as_it_is() -> None:
    many = [(f"r{i:04d}", "ada", "1980") for i in range(LARGEST_SET + 1)]
    assert find_copies(table(many), "record_id", COLUMNS) is None


def test_lists_are_compared_as_a_whole() -> None:
    rows = pa.table({"record_id": ["a", "b", "c"], "aka": [["x", "y"], ["x", "y"], ["x"]]})
    copies = find_copies(rows, "record_id", ("aka",))
    assert copies is not None
    assert copies.sets.tolist() == [0, 0, 1]


def result(pairs: list[tuple[str, str, float]], clusters: dict[str, str]) -> LinkResult:
    left, right, bits = zip(*pairs, strict=True)
    return LinkResult(
        pairs=pa.table({"record_id_l": left, "record_id_r": right, "match_weight_bits": bits}),
        clusters=pa.table({"record_id": list(clusters), "cluster_id": list(clusters.values())}),
        model=None,  # type: ignore[arg-type]
        block_report=pa.table({}),
        blocking_recall=None,  # type: ignore[arg-type]
        fit=FIT_SCHEMA.empty_table(),
        warnings=(),
    )


@pytest.mark.parametrize(
    ("own_bits", "clusters"),
    [(9.0, {"a": "a", "b": "b", "c": "b", "d": "b", "e": "b"}),
     (-1.0, {"a": "a", "b": "b", "c": "c", "d": "b", "e": "e"})],
)  # fmt: skip
def test_copies_have_the_pairs_of_the_record_they_copy(
    own_bits: float, clusters: dict[str, str]
) -> None:
    distinct = result([("b", "b", own_bits), ("b", "d", 5.0)], {"a": "a", "b": "b", "d": "b"})
    whole = expanded(distinct, found(FIVE))
    rows = list(zip(*(whole.pairs[name].to_pylist() for name in whole.pairs.column_names),
                    strict=True))  # fmt: skip
    assert rows == [("b", "c", own_bits), ("b", "d", 5.0), ("b", "e", own_bits), ("c", "d", 5.0),
                    ("c", "e", own_bits), ("d", "e", 5.0)]  # fmt: skip
    assert whole.clusters is not None
    assert dict(zip(*(whole.clusters[c].to_pylist() for c in ("record_id", "cluster_id")),
                    strict=True)) == clusters  # fmt: skip
