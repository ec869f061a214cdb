import numpy as np
import pytest
from family_scene import Scene, home

from pipeline.family.entities import gather_entities
from pipeline.family.places import (
    ADDRESS,
    AREA,
    BOTH,
    ELSEWHERE,
    POSTCODE,
    homes_of,
    read_stays,
    share_homes,
)


def shared(scene: Scene, limit: int = 400):
    tables = scene.tables()
    entities = gather_entities(tables)
    stays = read_stays(tables.mention_addresses)
    left = homes_of(stays, entities.person_of_mention["offender"], len(entities.offenders))
    right = homes_of(stays, entities.person_of_mention["child"], len(entities.children))
    return share_homes(left, right, limit)


def level_of(offender_homes, child_homes, limit: int = 400) -> int:
    scene = Scene()
    offender = scene.offender("ann", "ashby", None)
    child = scene.child("tim", "ashby", None)
    for stay in offender_homes:
        scene.lives(offender, *stay)
    for stay in child_homes:
        scene.lives(child, *stay)
    return int(shared(scene, limit).levels(np.array([0]), np.array([0])).level[0])


@pytest.mark.parametrize(
    ("offender_homes", "child_homes", "level"),
    [
        pytest.param([(home(1),)], [(home(1),)], BOTH, id="one home is shared"),
        pytest.param(
            [(home(1),)], [((home(1)[0], None),)], ADDRESS, id="address without a postcode"
        ),
        pytest.param(
            [(home(1),)], [(("9 other road", home(1)[1]),)], POSTCODE, id="neighbours"
        ),
        pytest.param(
            [(("1 a road", "B1 1AA"),)], [(("2 b road", "B1 9ZZ"),)], AREA, id="same outward code"
        ),
        pytest.param(
            [(("1 a road", "B1 1AA"),)], [(("2 b road", "B2 9ZZ"),)], ELSEWHERE, id="elsewhere"
        ),
        pytest.param([], [(home(1),)], -1, id="no home is known of one of them"),
        pytest.param(
            [(home(1), "2010-01-01", "2012-01-01")], [(home(1), "2015-01-01", None)], AREA,
            id="the same home in other years is only the same area",
        ),
        pytest.param(
            [(home(1), "2010-01-01", "2016-01-01")], [(home(1), "2015-01-01", None)], BOTH,
            id="stays that overlap are together",
        ),
        pytest.param(
            [(home(1), None, None, "excluded")], [(home(1),)], -1,
            id="a prison is nobody's home",
        ),
        pytest.param(
            [(home(2),), (home(1),)], [(home(1),)], BOTH, id="any of several homes may be shared"
        ),
    ],
)  # fmt: skip
def test_place_level(offender_homes, child_homes, level):
    assert level_of(offender_homes, child_homes) == level


def test_a_place_of_many_brings_nobody_together():
    assert level_of([(home(1),)], [(home(1),)], limit=1) == BOTH
    scene = Scene()
    for _ in range(3):
        scene.lives(scene.offender("ann", "ashby", None), home(1))
        scene.lives(scene.child("tim", "ashby", None), home(1))
    assert len(shared(scene, limit=8).pairs) == 0
    assert len(shared(scene, limit=9).pairs) == 9


def test_the_share_of_a_place_is_the_larger_of_both_sides():
    scene = Scene()
    for number in range(4):
        offender = scene.offender("ann", "ashby", None)
        scene.lives(offender, home(1) if number < 2 else home(5 + number))
        child = scene.child("tim", "ashby", None)
        scene.lives(child, home(1) if number == 0 else home(15 + number))
    found = shared(scene).levels(np.array([0]), np.array([0]))
    assert found.share[0] == pytest.approx(2 / 4)


def test_shares_of_levels_count_every_possible_pair():
    scene = Scene()
    for number in range(10):
        scene.lives(scene.offender("ann", "ashby", None), home(number))
        scene.lives(scene.child("tim", "ashby", None), home(number))
    shares = shared(scene).shares_of_levels()
    assert shares.sum() == pytest.approx(1)
    # 10 of 100 pairs share a home; half a pair is added to each of five levels.
    assert shares[BOTH] == pytest.approx(10.5 / 99.5)
