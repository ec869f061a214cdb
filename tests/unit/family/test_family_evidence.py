from datetime import date

import numpy as np
import pytest
from family_scene import Scene, home

from pipeline.family.assemble import expand
from pipeline.family.entities import gather_entities
from pipeline.family.evidence import NO_PARENT, OTHER_SEX, SAME_SEX
from pipeline.family.facts import age_gap_classes, possible_parents, recorded_groups
from pipeline.family.names import compare_names
from pipeline.family.stated_ages import AGREES, DIFFERS, NEAR, compare_ages
from pipeline.family.ties import with_several_parents


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
    ("fathers", "beside"),
    [
        pytest.param(("abe", "bob"), 1, id="two fathers of two names"),
        pytest.param(("karl", "krl"), 0, id="one father written twice"),
        pytest.param(("karl", None), 0, id="a father without a name may be the other"),
    ],
)
def test_parents_beside_another_have_different_names(fathers, beside):
    scene = Scene()
    child = scene.child("tim", "ashby", None)
    for name, sex in ((fathers[0], "M"), (fathers[1], "M"), ("eve", "F")):
        scene.records(child, name, "ashby", None, sex)
    entities = gather_entities(scene.tables())
    names = compare_names(entities.adults, entities.adults, "given_name")
    listings = entities.listings.assign(is_parent=True)
    listings = with_several_parents(listings, entities.adults.sexes, names.differ)
    assert sorted(listings.beside) == sorted([0, beside, beside])


MEANS_ALL, MEANS_NOTHING = np.ones((1, 7), bool), np.zeros((1, 7), bool)


@pytest.mark.parametrize(
    ("word", "born", "is_meant", "is_parent"),
    [
        pytest.param("parent", "1990-01-01", MEANS_ALL, True, id="called parent"),
        pytest.param("other", "1990-01-01", MEANS_ALL, False, id="called a household member"),
        pytest.param("other", "1990-01-01", MEANS_NOTHING, True, id="as everybody is called"),
        pytest.param("other", "1950-01-01", MEANS_NOTHING, False, id="and too old to be one"),
        pytest.param("other", None, MEANS_NOTHING, True, id="and of unknown age"),
    ],
)
def test_who_may_be_a_parent_by_word_or_by_age(word, born, is_meant, is_parent):
    scene = Scene()
    child = scene.child("tim", "ashby", "2015-01-01")
    scene.records(child, "bel", "ashby", born, "F", word)
    assert possible_parents(gather_entities(scene.tables()), is_meant).tolist() == [is_parent]


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
