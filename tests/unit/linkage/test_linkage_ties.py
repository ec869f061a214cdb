"""Ties between places among strangers, with answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.learning.classes import CountedLevels, StrangerTie, tied
from pipeline.linkage.learning.ties import tie, tie_places
from pipeline.linkage.spec import Comparison

SEX = Comparison("sex", "sex", "sex")
ADDRESS = Comparison("address", "address", "address")
TOWN = Comparison("town", "town", "town")
POSTCODE = Comparison("postcode", "postcode", "postcode")
MANY_RECORDS = 10**9


def sample(*rows: tuple[tuple[int, ...], int]) -> CountedLevels:
    levels, counts = zip(*rows, strict=True)
    return CountedLevels(np.array(levels, np.int8), np.array(counts, np.float64))


def test_a_tie_is_what_is_found_over_what_independence_expects() -> None:
    # 1,000 pairs: 100 agree on each, independence expects 10 on both, 100 are found. Five pairs of
    # belief are added to either: ln 105/15. Cells rarer than expected stay at it.
    found = tie((0, 1), np.array([[900.0, 0.0], [0.0, 100.0]]), MANY_RECORDS)
    assert found.log_ratios[1, 1] == pytest.approx(np.log(105 / 15))
    assert found.log_ratios[0, 1] == 0
    assert found.log_ratios[0, 0] == pytest.approx(np.log(905 / 815))


def test_matches_and_households_make_no_tie() -> None:
    # Five pairs for each of 50 records may be kin: 1,000 · 5 / 50 = 100, as many as agree on both.
    found = tie((0, 1), np.array([[900.0, 0.0], [0.0, 100.0]]), 50)
    assert found.log_ratios[1, 1] == 0


def test_the_strongest_ties_make_a_tree_of_places_alone() -> None:
    # Town and postcode agree together, and the address with both; sex with all of them.
    rows = sample(
        ((0, 0, 0, 0), 9_000), ((1, 1, 2, 1), 500), ((1, 0, 2, 1), 400), ((0, 0, 2, 0), 50),
    )  # fmt: skip
    found = tie_places([SEX, ADDRESS, TOWN, POSTCODE], rows, MANY_RECORDS)
    assert {(one.first, one.second) for one in found} == {(2, 3), (1, 3)}


def test_independent_places_are_not_tied() -> None:
    rows = sample(((0, 0), 8_100), ((0, 2), 900), ((1, 0), 900), ((1, 2), 100))
    assert tie_places([POSTCODE, TOWN], rows, MANY_RECORDS) == ()


def test_a_null_has_no_tie() -> None:
    ties = (StrangerTie(0, 1, np.array([[0.0, 1.0], [2.0, 3.0]])),)
    levels = np.array([[1, 1], [1, 0], [-1, 1], [1, -1], [-1, -1]], np.int8)
    assert tied(levels, ties).tolist() == [3, 2, 0, 0, 0]
