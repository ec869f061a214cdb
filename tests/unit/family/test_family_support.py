"""What siblings add, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from family_scene import Scene

from pipeline.family.entities import gather_entities
from pipeline.family.support import NOBODY, Vouching, surest_parents
from pipeline.family.ties import RECORDED_LABELS

KEY, FAMILY = np.array([1, 1, 1, 2]), np.array([0, 1, 2, 3])
VALUE = np.array([8.0, 4.0, 2.0, 16.0])


@pytest.mark.parametrize(
    ("declared", "best"),
    [
        pytest.param([5, 6, 7, 5], [4.0, 8.0, 8.0, 1.0], id="three children, each its own"),
        pytest.param([5, 6, 6, 5], [4.0, 8.0, 8.0, 1.0], id="two rest on one declared child"),
        pytest.param([5, 5, 5, 5], [1.0, 1.0, 1.0, 1.0], id="all rest on one: nothing is added"),
    ],
)
def test_the_best_sibling_that_rests_on_another_declared_child(declared, best):
    declared = np.array(declared)
    assert Vouching(KEY, FAMILY, declared, VALUE).best(declared).tolist() == best


def test_any_declared_child_vouches_for_a_family_that_rests_on_none():
    vouching = Vouching(KEY, FAMILY, np.full(4, 5), VALUE)
    assert vouching.best(np.full(4, NOBODY)).tolist() == [4.0, 8.0, 8.0, 1.0]


def test_a_family_never_vouches_for_itself():
    twice = Vouching(np.array([1, 1]), np.array([0, 0]), np.array([5, 6]), np.array([8.0, 8.0]))
    assert twice.best(np.full(2, NOBODY)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("calls_some_parent", "surest"),
    [
        pytest.param(True, [True, False], id="an unnamed adult may be an aunt"),
        pytest.param(False, [False, True], id="an authority that calls nobody parent"),
    ],
)
def test_siblings_have_a_parent_in_common_as_surely_as_the_authority_tells(
    calls_some_parent, surest
):
    scene = Scene()
    first = scene.child("tim", "ashby", "2015-01-01")
    scene.records(
        first, "ann", "ashby", relationship="parent" if calls_some_parent else "grandparent"
    )
    scene.records(first, "eve", "ashby", relationship="unknown")
    entities = gather_entities(scene.tables())
    listings = entities.listings.sort_values("adult")
    is_possible = (listings.label != RECORDED_LABELS.index("grandparent")).to_numpy()
    entities = replace(entities, listings=listings.assign(is_parent=is_possible))
    assert surest_parents(entities).tolist() == surest
