import numpy as np
import pytest
from family_scene import Scene

from pipeline.family.entities import gather_entities
from pipeline.family.fusion import NEITHER, PARENT, Readings
from pipeline.family.leads import (
    ANOTHER_NAME,
    OFFENDERS_NAME,
    THEIR_NAME,
    hold_leads_down,
    shared_offender,
    siblings_of,
)


def readings(witnessed: float, alone: float) -> Readings:
    odds = np.zeros((3, 4, 1))
    odds[PARENT, 1], odds[PARENT, NEITHER] = witnessed, alone
    return Readings(odds, *3 * [np.zeros((3, 0))])


def probability(of: Readings) -> float:
    return float((of.odds[PARENT].sum(axis=0) / of.total)[0])


def test_home_and_surname_alone_never_pass_the_ceiling():
    assert probability(hold_leads_down(readings(0.0, 1e6), 0.5)) == pytest.approx(0.5)


def test_a_witness_is_not_held_down():
    held = probability(hold_leads_down(readings(1e6, 1e3), 0.5))
    assert held == pytest.approx(1.0, abs=1e-5)


def test_a_weak_lead_is_left_alone():
    assert probability(hold_leads_down(readings(0.0, 0.25), 0.5)) == pytest.approx(0.2)


def test_siblings_share_a_recorded_parent_and_a_carer_makes_none():
    scene = Scene()
    first, second, third = (
        scene.child(name, "ashby", "2015-01-01") for name in ("tim", "tom", "ted")
    )
    mother = scene.records(first, "ann", "ashby")
    scene.also_records(second, mother)
    carer = scene.records(first, "eve", "other", relationship="carer")
    scene.also_records(third, carer, "carer")
    entities = gather_entities(scene.tables())
    offender, child = siblings_of(entities, np.array([5]), np.array([0]))
    assert offender.tolist() == [5, 5]
    assert child.tolist() == [0, 1]


def siblings(*counts: int) -> np.ndarray:
    """So many of another name, of their sibling's, of the offender's too, and unknown."""
    return np.repeat([ANOTHER_NAME, THEIR_NAME, OFFENDERS_NAME, -1], counts)


def test_where_full_siblings_are_many_a_silent_one_is_likely_full():
    sure = siblings(0, 0, 200, 0)
    assert shared_offender(sure, siblings(0, 0, 10, 0), np.ones(10)).min() > 0.9


def test_a_sibling_of_another_name_is_likely_a_half_sibling():
    own = shared_offender(siblings(5, 45, 150, 0), siblings(60, 20, 20, 0), np.ones(100))
    assert own[0] < 0.2 < own[-1]


def test_a_name_that_only_siblings_share_says_less_than_one_that_the_offender_has_too():
    own = shared_offender(siblings(5, 45, 150, 0), siblings(20, 60, 20, 0), np.ones(100))
    assert own[20] < own[-1]


def test_silence_that_no_parent_would_keep_speaks_against():
    own = shared_offender(siblings(0, 0, 200, 0), siblings(0, 0, 10, 0), np.full(10, 1e-4))
    assert own.max() < 0.1


def test_without_linked_siblings_the_share_is_what_was_believed():
    # Nothing known of the name, nothing said by silence: four in five siblings are full ones.
    own = shared_offender(siblings(0, 0, 0, 0), siblings(0, 0, 0, 1), np.ones(1))
    assert own[0] == pytest.approx(0.8)
