import numpy as np
import pytest
from family_scene import PROBATION, Scene, home

from pipeline.family.entities import gather_entities, lend_homes, likeness
from pipeline.family.ties import DECLARED_LABELS, RECORDED_LABELS


def test_two_records_of_one_person_become_two_values_current_first():
    scene = Scene()
    scene.offender("ann", "ashby", "1980-02-01", "F", home(1), person="p1")
    scene.offender("anna", "ashby", "1980-01-02", "F", home(2), person="p1", source=PROBATION)
    people = gather_entities(scene.tables()).offenders
    assert list(people.ids) == ["p1"]
    row = people.values.to_pylist()[0]
    assert row["given_name"] == ["ann", "anna"]
    assert row["surname"] == ["ashby"]
    assert row["date_of_birth"] == ["1980-02-01", "1980-01-02"]
    assert row["postcode"] == [home(1)[1], home(2)[1]]
    assert people.sexes[0] == 0


def test_birth_years_use_the_middle_of_what_is_not_known():
    scene = Scene()
    for born in ("2015", "2015-04", "2015-04-15", None):
        scene.child("ann", "ashby", born)
    years = gather_entities(scene.tables()).children.birth_years
    assert years[0] == pytest.approx(2015.5)
    assert years[1] == pytest.approx(2015 + (3 + 15 / 31) / 12)
    assert years[2] == years[1]
    assert np.isnan(years[3])


def test_a_sex_stated_as_both_is_not_known():
    scene = Scene()
    scene.offender("ann", "ashby", None, "F", person="p1")
    scene.offender("ann", "ashby", None, "M", person="p1")
    assert gather_entities(scene.tables()).offenders.sexes[0] == 2


def test_the_closest_relationship_that_any_source_states_is_kept():
    scene = Scene()
    offender = scene.offender("ann", "ashby", "1980-01-01", "F")
    scene.declares(offender, "tim", "ashby", relationship="step_child", person="d1")
    scene.declares(offender, "tim", "ashby", relationship="child", person="d1", source=PROBATION)
    child = scene.child("tim", "ashby", "2015-01-01")
    adult = scene.records(child, "ann", "ashby", relationship="carer")
    scene.also_records(child, adult, "parent")
    entities = gather_entities(scene.tables())
    declared = entities.declarations.iloc[0]
    assert DECLARED_LABELS[declared.label] == "child"
    assert declared.is_prison
    assert declared.is_probation
    assert not declared.is_visit
    assert RECORDED_LABELS[entities.listings.label.iloc[0]] == "parent"


def test_a_visitor_without_a_relationship_is_unknown_and_named_by_a_visit():
    scene = Scene()
    offender = scene.offender("ann", "ashby", "1980-01-01", "F")
    scene.declares(offender, "tim", "ashby", relationship="unknown", role="visitor")
    declared = gather_entities(scene.tables()).declarations.iloc[0]
    assert DECLARED_LABELS[declared.label] == "unknown"
    assert declared.is_visit
    assert not declared.is_prison


def test_a_declared_child_is_lent_the_homes_of_whoever_declares_it():
    scene = Scene()
    offender = scene.offender("ann", "ashby", "1980-01-01", "F", home(1))
    scene.declares(offender, "tim", "ashby")
    entities = gather_entities(scene.tables())
    lent = lend_homes(entities.declared, entities.offenders, entities.declarations)
    assert lent["address"].to_pylist() == [[home(1)[0]]]
    assert lent["postcode"].to_pylist() == [[home(1)[1]]]


def test_people_look_alike_only_where_everything_asked_for_is_known_and_equal():
    scene = Scene()
    scene.child("tim", "ashby", "2015-01-01")
    scene.child("tim", "other", "2015-01-01")
    scene.child("tim", "ashby", None)
    scene.child("tim", "ashby", None)
    groups = likeness(gather_entities(scene.tables()).children, ("given_name", "date_of_birth"))
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def test_an_empty_room_has_nobody_in_it():
    entities = gather_entities(Scene().tables())
    assert len(entities.offenders) == len(entities.children) == 0
    assert entities.declarations.empty
    assert entities.listings.empty
