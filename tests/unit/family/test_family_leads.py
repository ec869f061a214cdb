import numpy as np
import pytest
from family_scene import Scene

from pipeline.family.entities import gather_entities
from pipeline.family.fusion import NEITHER, PARENT, Readings
from pipeline.family.leads import hold_leads_down, sibling_share, siblings_of


def readings(witnessed: float, alone: float) -> Readings:
    odds = np.zeros((2, 4, 1))
    odds[PARENT, 1], odds[PARENT, NEITHER] = witnessed, alone
    return Readings(odds, *3 * [np.zeros((2, 0))])


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


def test_the_share_of_siblings_follows_those_for_whom_a_witness_speaks():
    assert sibling_share(100, np.zeros(0)) == pytest.approx(0.95)
    # 10 linked, 10 of whom both witnesses would certainly have spoken: (10 + 1) / (20 + 2).
    assert sibling_share(10, np.zeros(10)) == pytest.approx(0.5)
