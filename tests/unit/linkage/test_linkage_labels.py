"""Labels are checked against the records before any work, and refused in plain words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import LinkageError
from pipeline.linkage.learning.labels import Labels, read_labels

LEFT, RIGHT = pa.array(["a", "b", "c"]), pa.array(["x", "y", "z"])


def table(rows: list[tuple], weights: list | None = None) -> pa.Table:
    left, right, verdict = zip(*rows, strict=True)
    columns = {"record_id_l": left, "record_id_r": right, "is_match": verdict}
    return pa.table(columns | ({"weight": weights} if weights is not None else {}))


def refusal(labels: pa.Table, left: pa.Array = LEFT, right: pa.Array | None = RIGHT) -> str:
    with pytest.raises(LinkageError) as refused:
        read_labels(labels, left, right)
    return str(refused.value)


def test_labels_are_read_with_a_weight_of_one_each() -> None:
    read = read_labels(table([("a", "x", True), ("c", "y", False)]), LEFT, RIGHT)
    assert (read.left.to_pylist(), read.right.to_pylist()) == (["a", "c"], ["x", "y"])
    assert read.is_match.tolist() == [True, False]
    assert read.weight.tolist() == [1.0, 1.0]


def test_weights_are_taken_and_other_columns_ignored() -> None:
    labels = table([("a", "x", True)], [2]).append_column("note", pa.array(["clear"]))
    assert read_labels(labels, LEFT, RIGHT).weight.tolist() == [2.0]


def test_undecided_rows_are_left_out() -> None:
    read = read_labels(table([("a", "x", None), ("b", "y", True)]), LEFT, RIGHT)
    assert read.left.to_pylist() == ["b"]


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (pa.array([3, 1], pa.int32()), pa.array([1, 2, 3], pa.int64())),
        (pa.array([3, 1], pa.int64()), pa.array([1, 2, 3], pa.int16())),
        (pa.array([2**63, 1], pa.uint64()), pa.array([1, 2**63], pa.uint64())),
        (pa.array(["3", "1"]).dictionary_encode(), pa.array(["1", "2", "3"], pa.large_string())),
    ],
)
def test_ids_are_compared_whatever_their_width(given: pa.Array, known: pa.Array) -> None:
    labels = pa.table({"record_id_l": given, "record_id_r": given, "is_match": [True, False]})
    assert len(read_labels(labels, known, known).left) == 2


def test_a_pair_may_be_said_twice_alike() -> None:
    rows = [("a", "b", True), ("b", "a", True)]
    assert len(read_labels(table(rows), LEFT, None).left) == 2


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (pa.table({"record_id_l": ["a"], "is_match": [True]}), "no columns ['record_id_r']"),
        (table([("a", "x", True)]).slice(1), "no rows"),
        (table([("a", "x", "yes")]), "string is no true or false"),
        (table([("a", "x", 1)]), "int64 is no true or false"),
        (table([("a", "x", None)]).cast(pa.schema([
            ("record_id_l", pa.string()), ("record_id_r", pa.string()), ("is_match", pa.bool_())
        ])), "all 1 rows are empty"),
        (table([(1, "x", True)]), "'record_id_l': ids are int64 and those of the records are str"),
        (table([(None, "x", True), ("a", "x", True)]), "'record_id_l': 1 record ids are null"),
        (table([("a", "a", True)]), "1 labels, column 'record_id_r', name no record of the right"),
        (table([("x", "a", True)]), "name no record of the left table, such as ['x']"),
        (table([("a", "x", True)], ["heavy"]), "'weight': string is no number"),
        (table([("a", "x", True), ("b", "x", True)], [1.0, None]), "not above 0, such as ['b']"),
        (table([("a", "x", True), ("b", "x", True)], [0.0, -1.0]), "2 labels, column 'weight'"),
        (table([("a", "x", True)], [float("inf")]), "are not above 0"),
        (
            table([("a", "x", True), ("b", "x", True), ("a", "x", False)]),
            "1 labelled pairs are said to be one person and also not to be, such as ['a']",
        ),
    ],
)  # fmt: skip
def test_wrong_labels_are_refused_in_words(labels: pa.Table, says: str) -> None:
    assert says in refusal(labels)


def test_a_number_too_large_for_the_records_is_of_no_record() -> None:
    labels = pa.table({"record_id_l": [2**40], "record_id_r": [1], "is_match": [True]})
    known = pa.array([1, 2], pa.int8())
    assert "name no record of the left table" in refusal(labels, known, known)


def test_of_many_unknown_records_five_are_named() -> None:
    rows = [(f"n{i}", "x", True) for i in range(9, 0, -1)]
    said = refusal(table(rows))
    assert said.startswith("9 labels")
    assert "['n1', 'n2', 'n3', 'n4', 'n5']" in said


def test_within_one_table_order_does_not_hide_a_contradiction_nor_a_record_itself() -> None:
    said = refusal(table([("a", "b", True), ("b", "a", False)]), LEFT, None)
    assert "1 labelled pairs are said to be one person and also not to be" in said
    assert "with itself" in refusal(table([("b", "b", True)]), LEFT, None)


def test_labels_of_copies_become_labels_of_what_they_copy() -> None:
    labels = Labels(pa.array(["a", "c"]), pa.array(["b", "b"]), np.array([True, False]), np.ones(2))
    moved = labels.of_leaders(LEFT, pa.array(["a", "b", "a"]))
    assert (moved.left.to_pylist(), moved.right.to_pylist()) == (["a", "a"], ["b", "b"])
    assert labels.exchanged().left.to_pylist() == ["b", "b"]
