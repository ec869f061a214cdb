from datetime import date

import numpy as np
import pytest
from people_scene import AS_OF, Scene

from pipeline.people.declared import (
    birth_dates,
    declared_records,
    join_namesakes,
    owners_of,
    visiting_adults,
)
from pipeline.people.records import lists_of


def labels_of(scene):
    return np.arange(len(scene.mentions))


def test_owners_are_offenders_not_their_records():
    scene = Scene()
    prison = scene.offender("prison", "john", "ash")
    probation = scene.offender("probation", "john", "ash")
    scene.declared(prison, "prisoner_contacts", "ada", "ash")
    scene.declared(probation, "assessed_children", "ada", "ash")
    labels = np.array([0, 0, 2, 3])
    assert owners_of(scene.tables[0], labels).tolist() == [0, 1, 0, 0]


def test_one_whose_offender_is_not_there_is_declared_by_nobody_else():
    scene = Scene()
    owner = scene.offender("prison", "john", "ash")
    lost = scene.declared(owner, "prisoner_contacts", "ada", "ash")
    scene.mentions[lost]["owner_mention_id"] = 99
    assert owners_of(scene.tables[0], labels_of(scene)).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("born", "age", "as_of", "dates"),
    [
        ("2015-03-04", None, AS_OF, ["2015-03-04"]),
        ("2015-03-04", 9.0, AS_OF, ["2015-03-04"]),
        (None, 10.0, AS_OF, ["2016", "2015"]),
        (None, 0.5, AS_OF, ["2026", "2025"]),
        (None, None, AS_OF, []),
        (None, 10.0, None, []),
    ],
    ids=[
        "a date",
        "a date is better than an age",
        "an age is one of two years",
        "months old",
        "nothing",
        "an age as of nobody knows when",
    ],
)
def test_birth_dates(born, age, as_of, dates):
    scene = Scene()
    owner = scene.offender("prison", "john", "ash", "1980-01-01")
    scene.declared(owner, "assessed_children", "ada", "ash", born, age_years=age)
    assert birth_dates(scene.tables[0], as_of).to_pylist()[1] == dates


def test_only_declared_children_and_visitors_are_compared():
    scene = Scene()
    owner = scene.offender("prison", "john", "ash")
    child = scene.declared(owner, "prisoner_contacts", "ada", "ash")
    scene.declared(owner, "prisoner_contacts", "eva", "ash", role="declared_other")
    visitor = scene.declared(owner, "visit_visitors", "ada", "ash")
    mentions = scene.tables[0]
    records = declared_records(mentions, owners_of(mentions, labels_of(scene)), AS_OF)
    assert records.rows.tolist() == [child, visitor]
    assert records.table["owner_key"].to_pylist() == ["0", "0"]


@pytest.mark.parametrize(
    ("born", "as_of", "is_adult"),
    [
        ("2008-03-31", AS_OF, True),
        ("2008-04-01", AS_OF, False),
        ("2020", AS_OF, False),
        ("1980", AS_OF, True),
        (None, AS_OF, True),
        ("2020-01-01", None, True),
    ],
    ids=["eighteen today", "eighteen tomorrow", "year only, young", "year only, old",
         "age not known", "no date to count from"],
)  # fmt: skip
def test_visiting_adults(born, as_of: date | None, is_adult):
    scene = Scene()
    owner = scene.offender("prison", "john", "ash", "1980-01-01")
    scene.declared(owner, "visit_visitors", "ada", "ash", born)
    found = visiting_adults(scene.tables[0], labels_of(scene), as_of, 18)
    assert found.tolist() == [False, is_adult]


def test_a_visitor_who_is_a_declared_child_is_no_visiting_adult():
    scene = Scene()
    owner = scene.offender("prison", "john", "ash", "1970-01-01")
    scene.declared(owner, "prisoner_contacts", "ada", "ash", "2000-01-01")
    scene.declared(owner, "visit_visitors", "ada", "ash", "2000-01-01")
    found = visiting_adults(scene.tables[0], np.array([0, 1, 1]), AS_OF, 18)
    assert not found.any()


def test_other_contacts_of_one_offender_who_are_plainly_one():
    scene = Scene()
    john, kit = scene.offender("prison", "john", "ash"), scene.offender("prison", "kit", "oak")
    also_john = scene.offender("probation", "john", "ash")
    rows = [
        scene.declared(john, "prisoner_contacts", "eva", "ley", "1980-01-01"),
        scene.declared(also_john, "personal_contacts", "eva", "ley", "1980-01-01"),
        scene.declared(john, "prisoner_contacts", "eva", "ley"),
        scene.declared(kit, "prisoner_contacts", "eva", "ley", "1980-01-01"),
        scene.declared(john, "prisoner_contacts", "eva", "ley"),
        scene.declared(john, "prisoner_contacts", None, "ley", "1980-01-01"),
        scene.declared(john, "prisoner_contacts", None, "ley", "1980-01-01"),
    ]
    mentions = scene.tables[0]
    labels = labels_of(scene)
    labels[also_john] = john
    owners = owners_of(mentions, labels)
    wanted = np.isin(labels_of(scene), rows)
    found = join_namesakes(mentions, labels, owners, wanted)
    assert found[rows].tolist() == [rows[0], rows[0], *rows[2:]]
    assert found[also_john] == john


def test_lists_keep_the_order_of_columns_and_leave_nulls_out():
    scene = Scene()
    for current, former in (("A", "B"), ("A", None), (None, "B"), (None, None)):
        scene.child("330", "ada", "ash", upn=current, former_upn=former)
    table = scene.tables[0]
    lists = lists_of(*(table[name].combine_chunks() for name in ("upn", "former_upn")))
    assert lists.to_pylist() == [["A", "B"], ["A"], ["B"], []]
