"""Encoding: cleaning, dictionaries, canonical order, what is dropped."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.encoding.clean import clean_values
from pipeline.linkage.encoding.encode import Encoded, agreed_values, encode, exact_share
from pipeline.linkage.person_spec import default_person_spec, person_spec
from pipeline.linkage.spec import Comparison, LinkageSpec


def people(**columns: object) -> pa.Table:
    n = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pa.table({"record_id": [f"r{i:02d}" for i in range(n)], **columns})


def values_of(encoded: Encoded, name: str, side: str = "left") -> list[object]:
    """The cleaned values of a column, record by record."""
    column = encoded.columns[name]
    codes = getattr(column, side)
    domain = next(d for d in encoded.domains.values() if d.base == base_of(encoded, name))
    texts = [*domain.values.to_pylist(), None]
    if codes.offsets is None:
        return [texts[code] for code in codes.codes]
    slices = zip(codes.offsets[:-1], codes.offsets[1:], strict=True)
    return [[texts[code] for code in codes.codes[a:b]] for a, b in slices]


def base_of(encoded: Encoded, name: str) -> int:
    return int(encoded.cells.bases[encoded.cells.columns[name]])


@pytest.mark.parametrize(
    ("domain", "raw", "clean"),
    [
        ("name", "  José-María  O'Brien ", "jose maria obrien"),
        ("name", "Straße", "strasse"),
        ("name", "Łukasz", "lukasz"),
        ("name", "Иван", "иван"),
        ("name", "UNKNOWN", None),
        ("name", "..", None),
        ("date", "2015", "2015"),
        ("date", "2015-03", "2015-03"),
        ("date", "20150304", "2015-03-04"),
        ("date", "4/3/2015", "2015-03-04"),
        ("date", "14/11/2015", "2015-11-14"),
        ("date", "2015-03-04 00:00:00", "2015-03-04"),
        ("date", "2015-00-00", "2015"),
        ("date", "2015-03-00", "2015-03"),
        ("date", "1850-89-08", "1850-89-08"),
        ("date", "19/11/19G6", "1966-11-19"),
        ("date", "9999-12-31", None),
        ("date", "spring", None),
        ("postcode", "sw1a 1aa", "sw1a1aa"),
        ("phone", "+44 (0)7700 900-123", "07700900123"),
        ("phone", "0044 7700 900123", "07700900123"),
        ("sex", "Female", "f"),
        ("sex", "M", "m"),
        ("sex", "9", None),
        ("email", " A.B@Example.org ", "a.b@example.org"),
        ("identifier", "2002/0073319Z", "20020073319z"),
    ],
)
def test_cleaning(domain: str, raw: str, clean: str | None) -> None:
    assert clean_values(pa.array([raw]), domain).to_pylist() == [clean]


def test_records_are_numbered_by_id() -> None:
    table = people(surname=["cole", "ash", "birch"]).take([2, 0, 1])
    encoded = encode(table, None, default_person_spec(table.column_names))
    assert encoded.left_ids.to_pylist() == ["r00", "r01", "r02"]
    assert values_of(encoded, "surname") == ["cole", "ash", "birch"]
    assert encoded.n_pairs == 3


def test_codes_follow_the_values_of_both_tables() -> None:
    left = people(surname=["Cole", None, "ASH"], given_name=["ash", "b", "c"])
    right = people(surname=["Birch", "ash"], given_name=["x", "cole"])
    encoded = encode(left, right, default_person_spec(left.column_names))
    # One dictionary for names of every kind: ash b birch c cole x.
    assert encoded.columns["surname"].left.codes.tolist() == [4, -1, 0]
    assert encoded.columns["surname"].right.codes.tolist() == [2, 0]
    assert encoded.columns["given_name"].right.codes.tolist() == [5, 4]
    assert encoded.columns["surname"].left_counts.tolist() == [1, 0, 0, 0, 1, 0]


def test_many_valued_columns_hold_distinct_values() -> None:
    left = people(postcode=[["B2 2BB", "b1 1aa", "B11AA"], [], None], sex=["F", "M", "F"])
    right = people(postcode=["B1 1AA", None], sex=["F", "M"])
    encoded = encode(left, right, default_person_spec(left.column_names))
    assert values_of(encoded, "postcode") == [["b11aa", "b22bb"], [], []]
    assert values_of(encoded, "postcode", "right") == [["b11aa"], []]
    assert exact_share(encoded, "postcode") is None


def test_lists_follow_their_records_when_rows_move() -> None:
    table = people(postcode=[["B1 1AA"], [], ["B2 2BB", "B3 3CC"], ["B4 4DD"]])
    moved = encode(table.take([3, 1, 0, 2]), None, default_person_spec(table.column_names))
    assert values_of(moved, "postcode") == [["b11aa"], [], ["b22bb", "b33cc"], ["b44dd"]]


def test_dates_numbers_and_dictionaries_are_read() -> None:
    table = people(
        date_of_birth=pa.array([datetime.date(2015, 3, 4), None], pa.date32()),
        phone=pa.array([7700900123.0, 7700900124.0]),
        town=pa.array(["Leeds", "York"]).dictionary_encode(),
    )
    encoded = encode(table, None, default_person_spec(table.column_names), is_selective=False)
    assert values_of(encoded, "date_of_birth") == ["2015-03-04", None]
    assert values_of(encoded, "phone") == ["7700900123", "7700900124"]
    assert values_of(encoded, "town") == ["leeds", "york"]


def test_columns_that_say_nothing_are_dropped() -> None:
    n = 100
    table = people(
        surname=[f"name{chr(97 + i % 26)}" for i in range(n)],
        town=["Anytown"] * n,
        email=["a@b.org"] + [None] * (n - 1),
        number=["A1234BC"] + [None] * (n - 1),
    )
    spec = person_spec(
        {role: role for role in ("surname", "town", "email")}, identifiers=["number"]
    )
    encoded = encode(table, None, spec)
    assert encoded.spec.comparison_names == ("surname",)
    assert list(encoded.columns) == ["surname"]
    assert [
        name for w in encoded.warnings for name in ("town", "email", "number") if name in w
    ] == [
        "town",
        "email",
        "number",
    ]
    two = table.set_column(4, "number", pa.array(["A1234BC", "A9876XY"] + [None] * (n - 2)))
    assert "number" in encode(two, None, spec).columns


def test_exact_share_by_hand() -> None:
    left = people(
        surname=["ash", "ash", "cole", None], date_of_birth=["2015", "2015", "2016", "2017"]
    )
    right = people(surname=["ash", "birch"], date_of_birth=["2015", "2015-01-02"])
    spec = default_person_spec(left.column_names)
    linked = encode(left, right, spec)
    assert exact_share(linked, "surname") == pytest.approx(2 / 6)
    assert exact_share(linked, "date_of_birth") == 0.0  # a year alone never agrees exactly
    alone = encode(left, None, spec)
    assert exact_share(alone, "surname") == pytest.approx(1 / 3)


def test_agreed_values_take_the_rarest_shared() -> None:
    left = people(postcode=[["B1 1AA", "B2 2BB"], ["B1 1AA"], ["B2 2BB"]], surname=list("xyz"))
    right = people(postcode=[["B1 1AA", "B2 2BB"], ["B9 9ZZ"], ["B1 1AA"]], surname=list("xqr"))
    encoded = encode(left, right, default_person_spec(left.column_names))
    pairs = np.array([0, 0, 2], np.int32), np.array([0, 1, 2], np.int32)
    rarest = agreed_values(encoded, "postcode", *pairs)
    assert rarest.tolist() == [1, -1, -1]  # B2 2BB has 3 holders, B1 1AA has 4
    assert agreed_values(encoded, "surname", *pairs)[0] >= 0
    assert agreed_values(encoded, "surname", *pairs)[1] == -1


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (["a", "a", "b"], LinkageError, "stand more than once"),
        (["a", None, "b"], LinkageError, "null"),
    ],
)
def test_record_ids_must_be_unique(ids: list[str], error: type[Exception], message: str) -> None:
    table = pa.table({"record_id": ids, "surname": ["x", "y", "z"]})
    with pytest.raises(error, match=message):
        encode(table, None, default_person_spec(table.column_names))


def test_missing_or_unreadable_columns_are_named() -> None:
    table = people(surname=["ash", "cole"])
    spec = LinkageSpec((Comparison("town", "town", "town"),), ())
    with pytest.raises(SpecError, match="town"):
        encode(table, None, spec)
    with pytest.raises(SpecError, match="record_id"):
        encode(table.drop_columns("record_id"), None, default_person_spec(["surname"]))
    odd = people(surname=[{"a": 1}, {"a": 2}])
    with pytest.raises(SpecError, match="cannot be compared"):
        encode(odd, None, default_person_spec(["surname"]))


def test_nothing_left_to_compare_is_an_error_without_values() -> None:
    table = people(town=["Secretville", "Secretville"])
    with pytest.raises(LinkageError, match="same value everywhere") as caught:
        encode(table, None, default_person_spec(table.column_names))
    assert "Secretville" not in str(caught.value)


def test_an_empty_table_has_no_pairs() -> None:
    left = people(surname=["ash", "cole"])
    encoded = encode(left, left.slice(0, 0), default_person_spec(left.column_names))
    assert encoded.n_pairs == 0
    assert encoded.spec.comparison_names == ("surname",)
