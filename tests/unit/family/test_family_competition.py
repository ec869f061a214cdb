import numpy as np
import pytest

from pipeline.family.competition import Claims, rival_odds


def rivals(person, likeness, odds):
    return rival_odds(Claims(np.array(person), np.array(likeness), np.array(odds, float)))


def test_two_siblings_of_equal_claim_are_each_others_rival():
    found = rivals([7, 7], [1, 2], [100, 100])
    assert found.total.tolist() == [100, 100]
    assert found.largest.tolist() == [100, 100]


def test_another_persons_claims_are_no_rivals():
    found = rivals([7, 8], [1, 2], [100, 100])
    assert found.total.tolist() == [0, 0]


def test_claimants_who_look_alike_are_not_rivals_and_count_once():
    found = rivals([7, 7, 7], [1, 1, 2], [100, 50, 10])
    assert found.total.tolist() == [10, 10, 100]
    assert found.largest.tolist() == [10, 10, 100]


def test_a_tiny_rival_beside_a_huge_claim_is_not_lost_to_rounding():
    found = rivals([7, 7], [1, 2], [1e18, 1.0])
    assert found.total.tolist() == [1.0, 1e18]


def test_all_rivals_are_added_and_the_nearest_is_known():
    found = rivals([7, 7, 7], [1, 2, 3], [8, 4, 2])
    assert found.total.tolist() == [6, 10, 12]
    assert found.largest.tolist() == [4, 8, 8]


def test_nobody_has_no_rivals():
    found = rivals([], [], [])
    assert len(found.total) == 0


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_order_of_rows_does_not_matter(order):
    person, likeness = np.array([1, 1, 2, 1]), np.array([1, 2, 3, 3])
    odds = np.array([5.0, 3.0, 2.0, 1.0])
    found = rivals(person[order], likeness[order], odds[order])
    assert found.total.tolist() == np.array([4.0, 6.0, 0.0, 8.0])[order].tolist()
