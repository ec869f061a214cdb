"""Ties among strangers, with answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.learning.classes import (
    STRANGERS,
    ClassProbabilities,
    CountedLevels,
    Population,
    StrangerTie,
    tied,
)
from pipeline.linkage.learning.ties import JointLevels, joint_levels, stranger_ties, tie
from pipeline.linkage.spec import Comparison

SEX = Comparison("sex", "sex", "sex")
GIVEN = Comparison("given_name", "given_name", "given_name")
SURNAME = Comparison("surname", "surname", "surname")
ADDRESS = Comparison("address", "address", "address")
TOWN = Comparison("town", "town", "town")
POSTCODE = Comparison("postcode", "postcode", "postcode")
NOBODY_RELATED = Population(pairs=1e9, matches=0.0, households=0.0)


def sample(*rows: tuple[tuple[int, ...], int]) -> CountedLevels:
    levels, counts = zip(*rows, strict=True)
    return CountedLevels(np.array(levels, np.int8), np.array(counts, np.float64))


def probabilities(u: np.ndarray, m: np.ndarray | None = None) -> ClassProbabilities:
    return ClassProbabilities(u if m is None else m, u, u)


def shares(found: CountedLevels, width: int) -> np.ndarray:
    """Marginal shares of the levels of every comparison."""
    return np.stack(
        [np.bincount(column, found.counts, width) / found.counts.sum() for column in found.levels.T]
    )


def test_a_tie_is_what_is_found_over_what_independence_expects() -> None:
    # 1,000 strangers: 100 agree on each, independence expects 10 on both, 100 do. Half a pair of
    # belief is added to either: ln 100.5/10.5. Cells rarer than expected stay at it.
    joint = JointLevels(0, 1, np.array([[900.0, 0.0], [0.0, 100.0]]))
    found = tie(joint, joint.counts, np.array([[0.9, 0.1], [0.9, 0.1]]))
    assert found.log_ratios[1, 1] == pytest.approx(np.log(100.5 / 10.5))
    assert found.log_ratios[0, 1] == 0
    assert found.log_ratios[0, 0] == pytest.approx(np.log(900.5 / 810.5))


def test_a_cell_of_few_pairs_is_tied_at_least_as_the_level_below() -> None:
    counts = np.array([[800.0, 50.0, 50.0], [20.0, 80.0, 0.0]])
    joint = JointLevels(0, 1, counts)
    found = tie(joint, counts, np.array([[0.9, 0.1, 0.0], [0.82, 0.13, 0.05]]))
    assert found.log_ratios[1, 2] == found.log_ratios[1, 1] > 1


def test_expected_matches_make_no_tie() -> None:
    # Of 1,000 random pairs 100 agree on both; a tenth of all pairs match, and always agree.
    joint = JointLevels(0, 1, np.array([[900.0, 0.0], [0.0, 100.0]]))
    m, u = np.array([[0.0, 1.0]] * 2), np.array([[0.9, 0.1]] * 2)
    matched, cleaned = Population(1_000, 100, 0), np.array([[0.9999, 0.0001]] * 2)
    assert stranger_ties([joint], probabilities(cleaned, m), matched) == ()
    (found,) = stranger_ties([joint], probabilities(u, m), NOBODY_RELATED)
    # Two standard deviations, of 10, may be chance.
    believed = np.log(80.5 / (920 * 0.1 * 0.1 + 0.5))
    assert found.log_ratios[1, 1] == pytest.approx(believed, rel=0.02)


def test_the_strongest_ties_make_a_tree_of_places_and_one_of_names() -> None:
    # Town and postcode agree together, and the address with both; sex with the given name.
    rows = sample(
        ((0, 0, 0, 0, 0), 9_000), ((0, 0, 1, 2, 1), 500), ((0, 0, 0, 2, 1), 400),
        ((0, 0, 0, 2, 0), 50), ((5, 1, 0, 0, 0), 600),
    )  # fmt: skip
    comparisons = [GIVEN, SEX, ADDRESS, TOWN, POSTCODE]
    joint = joint_levels(comparisons, rows)
    assert {(one.first, one.second) for one in joint} == {(0, 1), (2, 3), (2, 4), (3, 4)}
    found = stranger_ties(joint, probabilities(shares(rows, 8)), NOBODY_RELATED)
    assert {(one.first, one.second) for one in found} == {(0, 1), (3, 4), (2, 4)}


def test_given_name_and_surname_are_left_to_their_own_frequency() -> None:
    rows = sample(((0, 0), 900), ((5, 5), 100))
    assert joint_levels([GIVEN, SURNAME], rows) == ()


def test_independent_places_are_not_tied() -> None:
    rows = sample(((0, 0), 8_100), ((0, 2), 900), ((1, 0), 900), ((1, 2), 100))
    joint = joint_levels([POSTCODE, TOWN], rows)
    assert stranger_ties(joint, probabilities(shares(rows, 5)), NOBODY_RELATED) == ()


def test_a_null_has_no_tie() -> None:
    ties = (StrangerTie(0, 1, np.array([[0.0, 1.0], [2.0, 3.0]])),)
    levels = np.array([[1, 1], [1, 0], [-1, 1], [1, -1], [-1, -1]], np.int8)
    u, m = np.array([[0.9, 0.1]] * 2), np.array([[0.1, 0.9]] * 2)
    found = tied(levels, ClassProbabilities(m, m, u, ties=ties))
    assert found[:, STRANGERS].tolist() == [3, 2, 0, 0, 0]
    assert not found[:, :STRANGERS].any()
