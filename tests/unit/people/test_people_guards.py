from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from pipeline.contracts.people import GUARDS
from pipeline.linkage import FIT_SCHEMA
from pipeline.people import guards
from pipeline.people.compared import ComparedPairs, spec_of
from pipeline.people.custody import stays_of_prisoners
from pipeline.people.guards import Guarded
from pipeline.people.listed import Listings
from pipeline.people.records import Records

NOBODY = np.empty(0, np.int64)
EXACT_DATE, EXACT_NAME, OTHER_NAME = 8, 5, 0
COLUMNS = {
    "given_name": pa.string(), "given_names": pa.list_(pa.string()), "middle_names": pa.string(),
    "date_of_birth": pa.string(), "dates_of_birth": pa.list_(pa.string()), "upn": pa.string(),
    "prisoner_number": pa.string(),
}  # fmt: skip


def pair(kind="child", records=({}, {}), listings=(), **levels):
    """One pair of records of a kind with these levels."""
    columns = dict(COLUMNS)
    for name in ("given_names", "dates_of_birth") if kind != "offender" else ():
        columns.pop(name)
    table = pa.table(
        {name: pa.array([record.get(name) for record in records], of)
         for name, of in columns.items()}
    )  # fmt: skip
    compared = ComparedPairs(
        left=np.array([0]), right=np.array([1]), weight_bits=np.array([9.0]),
        probability=np.array([0.99]),
        levels={name: np.array([level], np.int8) for name, level in levels.items()},
        weights_bits={}, blocking_rules=pa.array([[]], pa.list_(pa.string())), model=None,
        fit=FIT_SCHEMA.empty_table(), warnings=(),
    )  # fmt: skip
    sides = np.array(listings, np.int64).reshape(-1, 3).T
    return Guarded(
        compared, Records(kind, np.arange(len(records)), table), spec_of(kind), 12,
        Listings(*sides),
    )  # fmt: skip


def test_every_guard_is_in_the_contract_in_order():
    assert (*guards.RULES, "conflict_in_cluster") == GUARDS


NUMBERS = ({"prisoner_number": "A1111AA"}, {"prisoner_number": "A2222AA"})


@pytest.mark.parametrize(
    ("level", "kept_apart"),
    [(0, True), (1, False), (-1, False)],
    ids=["numbers differ, custody not known", "numbers agree", "a number is missing"],
)
def test_two_prisoner_numbers(level, kept_apart):
    found = guards.two_prisoner_numbers(pair("offender", NUMBERS, prisoner_number=level))
    assert found.tolist() == [kept_apart]


PERIOD = ("prisoner_number", "start_date", "end_date")
PRISONER = ("prisoner_number", "status", "reception_date", "release_date")
FIRST, SECOND = (numbers["prisoner_number"] for numbers in NUMBERS)
STAYS = {
    "one after the other": ([(FIRST, 1, 3), (SECOND, 3, 5)], [], False),
    "at once": ([(FIRST, 1, 3), (SECOND, 2, 5)], [], True),
    "the first has not ended": ([(FIRST, 1, None), (SECOND, 3, 5)], [], True),
    "two prisons receive them on one day": ([(FIRST, 1, 3), (SECOND, 1, 5)], [], True),
    "nothing is known of one": ([(FIRST, 1, 3)], [(SECOND, "INACTIVE OUT", None, 5)], True),
    "the record itself says that one is in custody": (
        [(FIRST, 4, 6)],
        [(SECOND, "ACTIVE IN", 2, None)],
        True,
    ),
    "one was received while the other was in custody": (
        [(FIRST, 1, 5)],
        [(SECOND, "INACTIVE OUT", 3, None)],
        True,
    ),
    "one reception entered twice": ([(FIRST, 1, 5)], [(SECOND, "INACTIVE OUT", 1, None)], False),
}


@pytest.mark.parametrize(("periods", "prisoners", "kept_apart"), STAYS.values(), ids=STAYS)
def test_custody_at_once_keeps_two_prisoner_numbers_apart(periods, prisoners, kept_apart):
    stays = stays_of_prisoners(dated(PRISONER, prisoners), dated(PERIOD, periods))
    guarded = replace(pair("offender", NUMBERS, prisoner_number=0), stays=stays)
    assert guards.two_prisoner_numbers(guarded).tolist() == [kept_apart]


def dated(columns, rows):
    """A table whose whole numbers are days of one month."""
    values = [
        [date(2020, 1, value) if isinstance(value, int) else value for value in row] for row in rows
    ]
    types = [pa.date32() if name.endswith("_date") else pa.string() for name in columns]
    arrays = [pa.array([row[i] for row in values], of) for i, of in enumerate(types)]
    return pa.table(arrays, names=list(columns))


@pytest.mark.parametrize(("level", "kept_apart"), [(0, True), (1, False), (-1, False)])
def test_two_nhs_numbers(level, kept_apart):
    assert guards.two_nhs_numbers(pair(nhs_number=level)).tolist() == [kept_apart]


def test_two_upns_count_only_where_both_are_current():
    both, one = ({"upn": "A"}, {"upn": "B"}), ({"upn": "A"}, {})
    assert guards.two_upns(pair(records=both, upn=0)).tolist() == [True]
    assert guards.two_upns(pair(records=both, upn=1)).tolist() == [False]
    assert guards.two_upns(pair(records=one, upn=0)).tolist() == [False]


def twins(left, right, **levels):
    found = {"given_name": OTHER_NAME, "surname": 5, "date_of_birth": EXACT_DATE, **levels}
    return bool(guards.twins(pair(records=(left, right), **found))[0])


@pytest.mark.parametrize(
    ("left", "right", "levels", "kept_apart"),
    [
        ({"given_name": "ella"}, {"given_name": "ruby"}, {}, True),
        ({"given_name": "ella"}, {"given_name": "ellla"}, {"given_name": 4}, False),
        ({"given_name": "ella"}, {}, {"given_name": -1}, False),
        ({"given_name": "e"}, {"given_name": "ella"}, {"given_name": 2}, False),
        ({"given_name": "r"}, {"given_name": "ella"}, {}, True),
        ({"given_name": "ella"}, {"given_name": "ruby", "middle_names": "ella may"}, {}, False),
        ({"given_name": "ella"}, {"given_name": "ruby"}, {"date_of_birth": 7}, False),
        ({"given_name": "ella"}, {"given_name": "ruby"}, {"surname": 0}, False),
        ({"given_name": "ella"}, {"given_name": "ruby"}, {"nhs_number": 1}, False),
        ({"given_name": "ella"}, {"given_name": "ruby"}, {"nhs_number": 0}, True),
        ({"given_name": "ella"}, {"given_name": "ruby"}, {"postcode": 0}, True),
    ],
    ids=[
        "other given names, same surname and birth date",
        "one name misspelt",
        "no given name on one side",
        "an initial of the name",
        "an initial of another name",
        "known by the middle name",
        "born another day",
        "another surname",
        "the NHS number agrees",
        "the NHS number differs",
        "twins who live apart",
    ],
)
def test_twins(left, right, levels, kept_apart):
    assert twins(left, right, **levels) is kept_apart


def test_aliases_are_read_for_initials_and_middle_names():
    records = ({"given_names": ["k", "kit"]}, {"given_names": ["kitty"]})
    found = guards.twins(
        pair("offender", records, given_name=2, surname=5, date_of_birth=EXACT_DATE)
    )
    assert found.tolist() == [False]


@pytest.mark.parametrize(
    ("given", "born", "number", "kept_apart"),
    [(0, 1, -1, True), (2, 4, -1, True), (5, 0, -1, False), (0, 5, -1, False), (-1, 0, -1, False),
     (0, -1, -1, False), (0, 1, 1, False)],
    ids=["other name, other date", "alike by an initial, same year only", "same name",
         "two parts of the date agree", "no given name", "no date", "the UPN agrees"],
)  # fmt: skip
def test_household_members(given, born, number, kept_apart):
    found = guards.household_members(pair(given_name=given, date_of_birth=born, upn=number))
    assert found.tolist() == [kept_apart]


@pytest.mark.parametrize(
    ("left", "right", "kept_apart"),
    [("1960-01-01", "1985-05-05", True), ("1970", "1982-12-31", False), ("1970", "1983", True),
     ("1960-01-01", None, False)],
    ids=["a generation apart", "twelve years apart", "thirteen years apart", "one date missing"],
)  # fmt: skip
def test_parent_and_child_namesakes(left, right, kept_apart):
    records = ({"date_of_birth": left}, {"date_of_birth": right})
    assert guards.parent_and_child_namesakes(pair(records=records)).tolist() == [kept_apart]


def test_an_alias_birth_date_or_a_number_lifts_the_namesake_guard():
    records = ({"dates_of_birth": ["1960-01-01"]}, {"dates_of_birth": ["1985-01-01", "1961"]})
    assert guards.parent_and_child_namesakes(pair("offender", records)).tolist() == [False]
    records = ({"dates_of_birth": ["1960-01-01"]}, {"dates_of_birth": ["1985-01-01"]})
    assert guards.parent_and_child_namesakes(pair("offender", records)).tolist() == [True]
    found = guards.parent_and_child_namesakes(pair("offender", records, pnc_number=1))
    assert found.tolist() == [False]


LISTED = {
    "one record of a child": ([(0, 7, 7), (1, 7, 7)], True),
    "two records of one child": ([(0, 7, 7), (1, 8, 7)], False),
    "two children": ([(0, 7, 7), (1, 8, 8)], False),
    "a second child in common": ([(0, 7, 7), (0, 9, 9), (1, 8, 8), (1, 9, 9)], True),
    "no child at all": ([], False),
}


@pytest.mark.parametrize(("listings", "kept_apart"), LISTED.values(), ids=LISTED)
def test_two_adults_of_one_child(listings, kept_apart):
    found = guards.two_adults_of_one_child(pair("related_adult", listings=listings))
    assert found.tolist() == [kept_apart]


@pytest.mark.parametrize(
    ("levels", "listings", "kept_apart"),
    [
        ({}, [], True),
        ({"date_of_birth": 1, "postcode": 1, "address": 0}, [], True),
        ({"date_of_birth": 8}, [], False),
        ({"postcode": 4}, [], False),
        ({"address": 3}, [], False),
        ({"middle_names": 2}, [], False),
        ({"middle_names": 0}, [], True),
        ({}, [(0, 7, 7), (1, 8, 7)], False),
    ],
    ids=[
        "only names are known",
        "date and home differ",
        "the birth date agrees",
        "the postcode agrees",
        "the address nearly agrees",
        "a middle initial agrees",
        "the middle names differ",
        "one child is recorded with both, by two authorities",
    ],
)
def test_name_alone(levels, listings, kept_apart):
    found = guards.name_alone(
        pair("related_adult", listings=listings, given_name=5, surname=5, **levels)
    )
    assert found.tolist() == [kept_apart]


@pytest.mark.parametrize(
    ("levels", "kept_apart"),
    [
        ({}, True),
        ({"given_name": 0}, False),
        ({"nhs_number": 1}, False),
        ({"nhs_number": 0}, True),
        ({"middle_names": 2}, False),
    ],
    ids=[
        "no given name",
        "given names differ",
        "the NHS number agrees",
        "the NHS number differs",
        "a middle initial agrees",
    ],
)
def test_given_name_missing(levels, kept_apart):
    assert guards.given_name_missing(pair(**levels)).tolist() == [kept_apart]


def test_no_pairs_trip_no_guard():
    empty = pair()
    nothing = ComparedPairs(
        NOBODY, NOBODY, np.empty(0), np.empty(0), {}, {}, pa.array([], pa.list_(pa.string())),
        None, FIT_SCHEMA.empty_table(), (),
    )  # fmt: skip
    found = guards.guard_pairs(
        Guarded(nothing, empty.records, empty.spec, 12, Listings(NOBODY, NOBODY, NOBODY))
    )
    assert {name: len(flags) for name, flags in found.items()} == dict.fromkeys(guards.RULES, 0)
