from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.family.competition import Claims, Parenthood, other_parents, rival_odds
from pipeline.family.fusion import NAMED_ONLY, NEITHER, PARENT, RECORDED_ONLY, Readings
from pipeline.family.ties import FEMALE, MALE, UNKNOWN


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


def parents_of_one_child(sexes, odds, last=NAMED_ONLY, instead=1.0, are_two=np.not_equal):
    """Odds of the parents of one child, each an offender, after the others have been looked at.

    All are named and not recorded, and of the last that reading holds.
    """
    before = np.zeros((3, 4, len(odds)))
    before[PARENT, NAMED_ONLY, :-1], before[PARENT, last, -1] = odds[:-1], odds[-1]
    evidence = SimpleNamespace(child=np.zeros(len(odds), int), offender=np.arange(len(odds)))
    place = Parenthood(np.array(sexes), np.full(len(odds), instead), 0.01, are_two)
    after = other_parents(evidence, Readings(before, *3 * [np.zeros((3, 0))]), place)
    return after.odds[PARENT].sum(axis=0)


def test_a_second_father_is_unlikely_beside_a_sure_one():
    sure, other = parents_of_one_child([MALE, MALE], [999.0, 9.0])
    assert sure == pytest.approx(999 * 1.09 / 10)
    assert other == pytest.approx(9 * 10.99 / 1000)


def test_a_father_and_a_mother_do_not_compete():
    assert parents_of_one_child([MALE, FEMALE], [99.0, 9.0]).tolist() == [99, 9]


def test_whoever_is_of_unknown_sex_does_not_compete():
    assert parents_of_one_child([MALE, UNKNOWN], [99.0, 9.0]).tolist() == [99, 9]
    assert parents_of_one_child([UNKNOWN, UNKNOWN], [99.0, 9.0]).tolist() == [99, 9]


def test_one_father_whom_resolution_has_left_apart_does_not_compete_with_himself():
    same = parents_of_one_child([MALE, MALE], [99.0, 9.0], are_two=lambda left, right: left < 0)
    assert same.tolist() == [99, 9]


def test_whom_no_witness_speaks_of_takes_nothing_from_a_parent():
    sure, lead = parents_of_one_child([MALE, MALE], [999.0, 9.0], NEITHER)
    assert sure == 999
    assert lead == pytest.approx(9 * 10.99 / 1000)


def test_two_sure_parents_of_one_sex_both_stay_likely():
    assert parents_of_one_child([FEMALE, FEMALE], [1e6, 1e6]).min() > 1e3


def test_what_the_record_has_instead_counts_once():
    faint = parents_of_one_child([MALE, MALE], [999.0, 0.25], instead=0.1)
    assert faint[0] == 999
    sure = parents_of_one_child([MALE, MALE], [999.0, 9.0], instead=0.5)
    assert sure[0] == pytest.approx(999 * 1.09 / 10 / 0.5)


def test_the_record_of_a_parent_is_no_record_of_another_instead():
    found = parents_of_one_child([MALE, MALE], [999.0, 9.0], RECORDED_ONLY, instead=0.5)
    assert found[1] == pytest.approx(9 * 10.99 / 1000)
