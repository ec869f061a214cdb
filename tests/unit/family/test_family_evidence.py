from datetime import date

import numpy as np
import pytest
from family_scene import Scene, home

from pipeline.family.assemble import expand
from pipeline.family.entities import gather_entities
from pipeline.family.evidence import NO_PARENT, OTHER_SEX, SAME_SEX
from pipeline.family.facts import age_gap_classes, recorded_groups
from pipeline.family.names import compare_names
from pipeline.family.stated_ages import AGREES, DIFFERS, NEAR, compare_ages
from pipeline.family.ties import RECORDED_LABELS, with_several_parents


def test_expand_pairs_every_key_with_its_rows():
    row, at = expand(np.array([5, 7, 5]), np.array([5, 5, 6]))
    assert row.tolist() == [0, 0, 2, 2]
    assert at.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("gap", "group"), [(11.9, 0), (12.0, 1), (30.0, 5), (60.0, 11), (np.nan, -1)]
)
def test_age_gap_classes(gap, group):
    assert age_gap_classes(np.array([gap]))[0] == group


@pytest.mark.parametrize(
    ("sexes", "group"),
    [
        pytest.param([], NO_PARENT, id="nobody is recorded"),
        pytest.param(["M"], SAME_SEX, id="a father is recorded, the offender is a man"),
        pytest.param(["F"], OTHER_SEX, id="only a mother is recorded"),
        pytest.param([None], SAME_SEX, id="a parent of unknown sex may be anyone"),
    ],
)
def test_what_is_recorded_of_the_parents(sexes, group):
    scene = Scene()
    scene.offender("ann", "ashby", None, "M")
    child = scene.child("tim", "ashby", None)
    for sex in sexes:
        scene.records(child, "bel", "ashby", None, sex)
    entities = gather_entities(scene.tables())
    assert recorded_groups(entities, np.array([0]), np.array([0]))[0] == group


@pytest.mark.parametrize(
    ("fathers", "label"),
    [
        pytest.param(("abe", "bob"), "parent_among_several", id="two fathers of two names"),
        pytest.param(("karl", "krl"), "parent", id="one father written twice"),
        pytest.param(("karl", None), "parent", id="a father without a name may be the other"),
    ],
)
def test_parents_among_several_have_different_names(fathers, label):
    scene = Scene()
    child = scene.child("tim", "ashby", None)
    for name, sex in ((fathers[0], "M"), (fathers[1], "M"), ("eve", "F")):
        scene.records(child, name, "ashby", None, sex)
    entities = gather_entities(scene.tables())
    names = compare_names(entities.adults, entities.adults, "given_name")
    listings = with_several_parents(entities.listings, entities.adults.sexes, names.differ)
    labels = [RECORDED_LABELS[i] for i in listings.label]
    assert sorted(labels) == sorted(["parent", label, label])


def test_a_stated_age_agrees_in_its_year_of_life():
    scene = Scene()
    offender = scene.offender("ann", "ashby", None, home=home(1))
    declared = scene.declares(offender, "tim", "ashby")
    scene.mentions[declared]["age_years"] = 7.0
    for born in ("2013-06-01", "2012-06-01", "2008-06-01", None):
        scene.child("tim", "ashby", born)
    ages = compare_ages(gather_entities(scene.tables()), date(2021, 1, 1))
    bits = ages.bits(np.zeros(4, int), np.arange(4))
    assert bits.tolist() == [*ages.level_bits[[AGREES, NEAR, DIFFERS]], 0.0]
    assert bits[0] > 0 > bits[2]
