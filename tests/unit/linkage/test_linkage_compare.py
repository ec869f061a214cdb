"""Comparing: the level of every kind worked out by hand, and the same for any order or thread."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import SpecError
from pipeline.linkage.blocking.block import plan_blocking
from pipeline.linkage.comparing.compare import (
    ComparedChunk,
    PatternLayout,
    compare_candidates,
    compare_pairs,
    layout_of,
    pack,
    random_pairs,
    unpack,
)
from pipeline.linkage.comparing.pairs import FIRST_CAPACITY, collect_pairs
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.spec import Comparison, LinkageSpec

NULL = -1


def levels_of(
    kinds: dict[str, str], left: dict[str, object], right: dict[str, object]
) -> list[int]:
    """Levels of one pair; every column's name is its comparison's."""
    swap = {"given_name": "surname"} if {"given_name", "surname"} <= set(kinds.values()) else {}
    spec = LinkageSpec(
        tuple(Comparison(name, kind, name, swap.get(kind)) for name, kind in kinds.items()), ()
    )
    tables = []
    for record in (left, right):
        columns = {name: _column(record[name], left[name]) for name in kinds}
        tables.append(pa.table({"record_id": [0], **columns}))
    encoded = encode(*tables, spec, is_selective=False)
    layout = layout_of(spec)
    first = np.zeros(1, np.int32)
    found = unpack(compare_pairs(encoded, first, first, layout, threads=1), layout)[0]
    swapped = encode(*tables[::-1], spec, is_selective=False)
    again = unpack(compare_pairs(swapped, first, first, layout, threads=1), layout)[0]
    np.testing.assert_array_equal(found, again)
    return [int(level) for level in found]


def _column(value: object, example: object) -> pa.Array:
    is_list = isinstance(value, list) or (value is None and isinstance(example, list))
    return pa.array([value], pa.list_(pa.string()) if is_list else pa.string())


@pytest.mark.parametrize(
    ("kind", "left", "right", "level"),
    [
        ("surname", "Martha", "martha", 5),
        ("surname", "martha", "marhta", 4),  # Jaro-Winkler .961
        ("surname", "jones", "johnson", 1),  # .832
        ("surname", "robertson", "robinson", 2),  # .904
        ("surname", "smith", "smyth", 4),  # one edit
        ("surname", "li", "lo", 1),  # one edit, but short; same Soundex L000
        ("surname", "la", "ka", 0),  # one edit, but short
        ("surname", "smith jones", "jones", 3),  # a token shared
        ("surname", "smith j", "brown j", 0),  # a single letter is no token
        ("given_name", "Elizabeth", "Liz", 3),
        ("given_name", "Liz", "Beth", 3),  # both may stand for Elizabeth
        ("given_name", "Leroy", "L.R.", 3),
        ("given_name", "J", "John", 2),
        ("given_name", "K", "John", 0),
        ("surname", "tymczak", "tanczak", 1),
        ("surname", "lee", "leigh", 0),  # L000 and L200, Jaro-Winkler .69
        ("surname", "ashcroft", "ashcraft", 4),
        ("surname", "abcdefg", "xxcdefg", 1),  # two edits at length 7
        ("surname", "wong", "patel", 0),
        ("surname", "wong", None, NULL),
        ("date_of_birth", "2001-02-03", "2001-02-03", 8),
        ("date_of_birth", "2001-02-03", "2001-02-04", 7),  # one digit
        ("date_of_birth", "2001-02-13", "2001-02-31", 7),  # neighbours changed places
        ("date_of_birth", "2001-02-03", "2001-03-02", 7),  # day and month
        ("date_of_birth", "2001-02-03", "2010-02-03", 7),  # 01 and 10
        ("date_of_birth", "2001-02-03", "2001-02", 6),
        ("date_of_birth", "2001-02", "2001-02", 6),
        ("date_of_birth", "2001-02-03", "2001-02-14", 5),  # two digits in one part
        ("date_of_birth", "2001-02-03", "1997-02-03", 5),
        ("date_of_birth", "2001-02-03", "2001", 4),
        ("date_of_birth", "2001", "2001", 4),
        ("date_of_birth", "2001-02-03", "2001-12-04", 3),  # one digit in each of two parts
        ("date_of_birth", "2001-02-03", "2001-11-24", 2),
        ("date_of_birth", "2001-02", "2001-03", 2),
        ("date_of_birth", "2001-02-03", "1999-11-24", 1),
        ("date_of_birth", "2001", "2003-01-01", 1),
        ("date_of_birth", "2001-02-03", "1950-11-24", 0),
        ("date_of_birth", "2001", None, NULL),
        ("date_of_birth", "9185-10-14", "1985-10-14", 7),
        ("sex", "F", "Female", 1),
        ("sex", "F", "M", 0),
        ("postcode", "B1 1AA", "b11aa", 4),
        ("postcode", "B1 1AA", "B1 1AB", 3),
        ("postcode", "B1 1AA", "B1 1CD", 2),
        ("postcode", "B1 1AA", "B1 2CD", 1),
        ("postcode", "B1 1AA", "CV1 2CD", 0),
        ("postcode", "2906", "2951", 1),  # a region of four digits
        ("town", "Leeds", "leeds", 2),
        ("town", "Birmingham", "Birminghan", 1),
        ("town", "Leeds", "York", 0),
        ("phone", "07700900123", "+447700900123", 2),
        ("phone", "07700900123", "07700900132", 1),
        ("phone", "07700900123", "07700111132", 0),
        ("email", "a.b@one.org", "A.B@one.org", 3),
        ("email", "ann.brown@one.org", "ann.brown@two.com", 2),
        ("email", "ann@one.org", "anne@one.org", 2),
        ("email", "ann.brown@one.org", "ann.browning@one.org", 1),
        ("email", "x@one.org", "qq@zzz.com", 0),
        ("identifier", "A-1", "a1", 1),
        ("identifier", "A-1", "a2", 0),
        ("identifier", "A-1", None, NULL),
        ("exact", "red", "RED", 1),
        ("full_name", "John Paul Smith", "smith john paul", 5),
        ("full_name", "John Smith", "Jon Smith", 4),
        ("full_name", "John Paul Smith", "Smith John", 3),
        ("full_name", "John Smith", "Wong Patel", 0),
        ("full_name", "John Smith", "Wilhelmina Smith", 1),
    ],
)
def test_levels(kind: str, left: str, right: str | None, level: int) -> None:
    assert levels_of({"x": kind}, {"x": left}, {"x": right}) == [level]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (["ann", "mary"], ["mary", "kate"], 5),
        (["ann", "mary"], ["marie"], 3),
        (["ann"], "ann", 5),
        ([], ["ann"], NULL),
        (None, ["ann"], NULL),
        (["wong"], ["patel", "wang"], 4),
    ],
)
def test_lists_take_the_best_level(left: object, right: object, level: int) -> None:
    assert levels_of({"x": "surname"}, {"x": left}, {"x": right}) == [level]


@pytest.mark.parametrize(
    ("left", "right", "levels"),
    [
        (("ann", "wong"), ("wong", "ann"), [6, NULL]),
        (("anna", "patel"), ("patel", "anne"), [6, NULL]),
        (("liz", "wong"), ("wong", "elizabeth"), [7, NULL]),  # one equal, the other a nickname
        (("ann", None), ("wong", "ann"), [7, NULL]),
        (("ann", "wong"), ("patel", "ann"), [0, 0]),  # only half of it fits
        (("ann", "wong"), ("ann", "wong"), [5, 5]),
        (("ann", "wong"), ("ann", "ann"), [5, 0]),
        ((None, None), ("ann", "wong"), [NULL, NULL]),
        ((["x", "ann"], ["wong"]), (["wong"], ["ann", "y"]), [6, NULL]),
    ],
)
def test_swapped_names(
    left: tuple[object, object], right: tuple[object, object], levels: list[int]
):
    kinds = {"given_name": "given_name", "surname": "surname"}
    names = ("given_name", "surname")
    pair = [dict(zip(names, record, strict=True)) for record in (left, right)]
    assert levels_of(kinds, *pair) == levels


def test_rare_address_words_weigh_more() -> None:
    streets = ["Road"] * 200 + ["Zanzibar Road"] * 2
    addresses = [f"{i} {name}" for i, name in enumerate(streets)]
    addresses += ["5 Zanzibar Road", "Zanzibar Road Flat", "999 Road", "Zanzibar Road"]
    table = pa.table({"record_id": np.arange(len(addresses)), "address": addresses})
    spec = default_person_spec(["address"])
    encoded = encode(table, None, spec)
    layout = layout_of(spec)

    def level(a: str, b: str) -> int:
        pair = [np.array([addresses.index(text)], np.int32) for text in (a, b)]
        return int(unpack(compare_pairs(encoded, *pair, layout), layout)[0, 0])

    assert level("1 Road", "2 Road") == 0
    assert level("5 Zanzibar Road", "5 Road") >= 2
    assert level("Zanzibar Road", "Zanzibar Road Flat") in (2, 3)
    assert level("999 Road", "Zanzibar Road") == 0


def random_people(n: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)

    def texts(length: int, letters: str) -> list[str | None]:
        drawn = random.choice(list(letters), (n, length))
        return ["".join(row) if random.random() > 0.1 else None for row in drawn]

    days = np.datetime64("2000-01-01") + random.integers(0, 400, n)
    return pa.table(
        {
            "record_id": random.permutation(n) + 1000 * seed,
            "given_name": texts(4, "abc"),
            "surname": texts(5, "abc"),
            "date_of_birth": days.astype(str).tolist(),
            "sex": random.choice(["F", "M"], n).tolist(),
            "address": [f"{a} {b} road" for a, b in random.integers(1, 9, (n, 2))],
            "postcode": [
                [f"B{a} {b}AA", f"B{b} {a}AA"][: a % 3] for a, b in random.integers(1, 9, (n, 2))
            ],
        }
    )


def compared(left: pa.Table, right: pa.Table | None, chunk: int, threads: int) -> dict[str, object]:
    encoded = encode(left, right, default_person_spec(left.column_names))
    blocking = plan_blocking(encoded)
    layout = layout_of(encoded.spec)
    chunks = list(compare_candidates(encoded, blocking, layout, chunk, threads))
    names = ("left", "right", "rules", "patterns")
    parts = {name: np.concatenate([getattr(c, name) for c in chunks]) for name in names}
    parts["ids"] = (
        encoded.left_ids.to_numpy()[parts["left"]],
        encoded.right_ids.to_numpy()[parts["right"]],
    )  # type: ignore[index]
    return {**parts, "n_rules": len(blocking.rules), "chunks": chunks}


@pytest.mark.parametrize("is_dedupe", [True, False])
def test_chunks_threads_and_row_order_change_nothing(is_dedupe: bool) -> None:
    left, right = random_people(300, 1), None if is_dedupe else random_people(200, 2)
    base = compared(left, right, 10**6, 1)
    moved = left.take(np.random.default_rng(3).permutation(300))
    for other in (
        compared(left, right, 50, 1),
        compared(left, right, 333, 3),
        compared(moved, right, 64, 2),
    ):
        for name in ("left", "right", "rules", "patterns"):
            np.testing.assert_array_equal(base[name], other[name])  # type: ignore[arg-type]


def test_sides_may_change() -> None:
    left, right = random_people(300, 1), random_people(200, 2)
    one, other = compared(left, right, 1000, 2), compared(right, left, 1000, 2)
    by_ids = [
        dict(zip(zip(*ids, strict=True), zip(c["rules"], c["patterns"], strict=True), strict=True))  # type: ignore[call-overload]
        for c, ids in ((one, one["ids"]), (other, other["ids"][::-1]))  # type: ignore[index]
    ]
    assert by_ids[0] == by_ids[1]


def test_candidates_equal_pairs_compared_alone() -> None:
    left, right = random_people(300, 1), random_people(200, 2)
    result = compared(left, right, 1000, 2)
    encoded = encode(left, right, default_person_spec(left.column_names))
    layout = layout_of(encoded.spec)
    alone = compare_pairs(encoded, result["left"], result["right"], layout, threads=3)  # type: ignore[arg-type]
    np.testing.assert_array_equal(alone, result["patterns"])  # type: ignore[arg-type]


def test_counts_are_those_of_brute_force() -> None:
    result = compared(random_people(300, 1), random_people(200, 2), 500, 2)
    n_rules = result["n_rules"]
    counts = collect_pairs(result["chunks"], n_rules).counts  # type: ignore[arg-type]
    patterns, rules = result["patterns"], result["rules"]
    distinct, pairs = np.unique(patterns, return_counts=True)  # type: ignore[call-overload]
    np.testing.assert_array_equal(counts.patterns, distinct)
    np.testing.assert_array_equal(counts.pairs, pairs)
    for rule in range(n_rules):  # type: ignore[call-overload]
        of_rule = patterns[(rules >> np.uint64(rule)) & np.uint64(1) == 1]  # type: ignore[operator,index]
        expected, expected_pairs = np.unique(of_rule, return_counts=True)
        index, found = counts.of_rule(rule)
        np.testing.assert_array_equal(counts.patterns[index], expected)
        np.testing.assert_array_equal(found, expected_pairs)


def test_collected_pairs_come_back_as_they_were() -> None:
    result = compared(random_people(300, 1), random_people(200, 2), 500, 2)
    pairs = collect_pairs(result["chunks"], result["n_rules"])  # type: ignore[arg-type]
    found = pairs.where(np.ones(len(pairs.counts.patterns), np.bool_))
    np.testing.assert_array_equal(found.left, result["left"])  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.right, result["right"])  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.rules, result["rules"])  # type: ignore[arg-type]
    patterns = pairs.counts.patterns[found.pattern]
    np.testing.assert_array_equal(patterns, result["patterns"])  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.concatenate([some.right for some in pairs]), found.right)
    assert len(pairs) == len(found.left)


def test_counting_survives_a_full_table() -> None:
    patterns = np.arange(2 * FIRST_CAPACITY, dtype=np.uint64)
    record = np.arange(len(patterns), dtype=np.int32)
    chunks = [
        ComparedChunk(record, record, np.full(len(patterns), 3, np.uint64), patterns),
        ComparedChunk(record[:10], record[:10], np.full(10, 2, np.uint64), patterns[:10]),
    ]
    counts = collect_pairs(chunks, 2).counts
    np.testing.assert_array_equal(counts.patterns, patterns)
    assert counts.pairs[:11].tolist() == [2] * 10 + [1]
    assert counts.of_rule(0)[1][:11].tolist() == [1] * 11
    assert counts.of_rule(1)[1][:11].tolist() == [2] * 10 + [1]


def test_patterns_pack_and_unpack() -> None:
    layout = PatternLayout(("a", "b", "c"), (0, 4, 7), (8, 6, 2))
    levels = np.array([[-1, -1, -1], [7, 5, 1], [0, -1, 0]], np.int8)
    assert pack(levels, layout).tolist() == [0, 8 | 6 << 4 | 2 << 7, 1 | 1 << 7]
    np.testing.assert_array_equal(unpack(pack(levels, layout), layout), levels)


def test_too_many_comparisons_are_refused() -> None:
    many = tuple(Comparison(f"c{i}", "exact", f"c{i}") for i in range(30))
    with pytest.raises(SpecError, match="60 bits"):
        layout_of(LinkageSpec(many, ()))


@pytest.mark.parametrize("is_dedupe", [True, False])
def test_random_pairs(is_dedupe: bool) -> None:
    left, right = random_people(60, 1), None if is_dedupe else random_people(50, 2)
    encoded = encode(left, right, default_person_spec(left.column_names))
    i, j = random_pairs(encoded, 1000, seed=5)
    again = random_pairs(encoded, 1000, seed=5)
    np.testing.assert_array_equal(i, again[0])
    np.testing.assert_array_equal(j, again[1])
    assert len(i) == 1000
    if is_dedupe:
        assert (i < j).all()
    everything = random_pairs(encoded, 10**6, seed=5)
    assert len(set(zip(*everything, strict=True))) == len(everything[0]) == encoded.n_pairs


def test_random_pairs_are_the_same_people_when_sides_change() -> None:
    left, right = random_people(60, 1), random_people(60, 2)
    spec = default_person_spec(left.column_names)
    one, other = encode(left, right, spec), encode(right, left, spec)
    (i, j), (q, p) = random_pairs(one, 500, 7), random_pairs(other, 500, 7)
    np.testing.assert_array_equal(i, p)
    np.testing.assert_array_equal(j, q)
