"""Long lists of values, with answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.linkage import default_person_spec
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.learning.classes import ClassProbabilities, PairLevels
from pipeline.linkage.learning.lists import (
    Chance,
    best_of,
    list_corrections,
    list_sizes,
    teachers_of,
)

U = np.array([0.9, 0.08, 0.02])
M = np.array([0.1, 0.2, 0.7])
AGREES, DIFFERS = np.array([2]), np.array([0])


def test_strangers_of_one_value_are_as_they_were_learned() -> None:
    for level in range(3):
        found = best_of(None, U, np.array([level]), np.array([1.0]))
        assert found == pytest.approx(np.log(U[level]))


def test_ten_chances_to_agree_by_chance() -> None:
    # The best of ten is the highest level but for .98 to the tenth, and the lowest with .9 to it.
    assert best_of(None, U, AGREES, np.array([10.0])) == pytest.approx(np.log(1 - 0.98**10))
    assert best_of(None, U, DIFFERS, np.array([10.0])) == pytest.approx(np.log(0.9**10))


def test_one_person_agrees_by_right_or_by_nine_chances_more() -> None:
    agrees = best_of(M, U, AGREES, np.array([10.0]))
    assert agrees == pytest.approx(np.log(1 - 0.3 * 0.98**9))
    assert best_of(M, U, DIFFERS, np.array([10.0])) == pytest.approx(np.log(0.1 * 0.9**9))


def test_agreement_of_endless_lists_says_nothing_and_disagreement_what_it_did() -> None:
    tables = ClassProbabilities(*(np.array([table]) for table in (M, U, U)))
    levels = PairLevels.one_by_one(np.array([[2], [0], [-1]], np.int8))
    chances = {0: Chance.of(np.full(3, 10_000), 1.0)}
    same, _ = list_corrections(levels, chances, tables, {})
    weights = np.log([M[2] / U[2], M[0] / U[0], 1.0]) + same[0]
    # One chance of the ten thousand is the person's own: ln m/u of disagreement, plus ln .9.
    assert weights[[0, 2]] == pytest.approx([0, 0], abs=1e-6)
    many = {0: Chance.of(np.full(3, 40), 1.0)}
    same, _ = list_corrections(levels, many, tables, {})
    assert np.log(M[0] / U[0]) + same[0][1] == pytest.approx(np.log(0.1 / 0.9))


def test_a_rare_value_shared_by_long_lists_counts_by_its_own_share() -> None:
    tables = ClassProbabilities(*(np.array([table]) for table in (M, U, U)))
    credit = np.log(0.02 / 0.001)
    levels = PairLevels.one_by_one(np.array([[2]], np.int8))
    chances = {0: Chance.of(np.array([40]), 1.0)}
    same, _ = list_corrections(levels, chances, tables, {0: np.array([credit])})
    found = np.log(M[2] / U[2]) + credit + same[0][0]
    by_right = 1 - 0.3 * 0.98**39
    assert found == pytest.approx(np.log(by_right / (1 - 0.999**40)))


def test_a_few_records_of_very_long_lists_are_no_teachers() -> None:
    sizes = np.array([1] * 97 + [9, 40, 2])
    assert np.flatnonzero(~teachers_of([sizes], 100)).tolist() == [97, 98]
    assert teachers_of([np.full(100, 12)], 100).all()


def test_the_usual_number_of_chances_is_of_filled_lists_of_teachers() -> None:
    table = pa.table({
        "record_id": range(30),
        "given_name": [["anna", "ann"], ["olga"]] * 14 + [[], [f"g{c}" for c in "abcdefghijkl"]],
        "surname": [["smith"], ["kent"]] * 15,
    })  # fmt: skip
    lists = list_sizes(encode(table, None, default_person_spec(table.column_names)))
    assert lists.usual[0] == 1.5 * 1.5
    one, two, long = np.array([1], np.int32), np.array([0], np.int32), np.array([29], np.int32)
    chance = lists.chances(two, two)[0]
    assert chance.table[chance.pairs] == pytest.approx(4 / 2.25)
    assert lists.teaches(one, two).all()
    assert not lists.teaches(one, long).any()
