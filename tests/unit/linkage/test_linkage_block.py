"""Blocking: exactly the pairs that share a key, each once, within budget, in any chunks."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import PairBudgetError, SpecError
from pipeline.linkage.blocking.block import Blocking, candidate_pairs, chunk_bounds, plan_blocking
from pipeline.linkage.blocking.keys import rule_keys
from pipeline.linkage.encoding.encode import Encoded, encode
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.spec import Comparison, LinkageSpec, RuleFamily, parse_rule

GIVEN = ["ann", "bob", "cyd", "dan", None]
SURNAMES = ["ash", "birch", "cole", "ann", None]
DATES = ["2001-02-03", "2001-02-13", "2002-02-03", "2001", "2001-02", None]
POSTCODES = ["b11aa", "b12aa", "b22bb"]
RULES = (
    "date_of_birth",
    "surname + given_name.initial",
    "{given_name, surname}",
    "given_name + date_of_birth.year",
    "surname + date_of_birth.month_day",
    "postcode + date_of_birth.year_month",
    "postcode.sector",
)


def made_up(n: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    postcodes = [
        [POSTCODES[k] for k in random.permutation(3)[: random.integers(0, 4)]] for _ in range(n)
    ]
    return pa.table(
        {
            "record_id": [f"{seed}-{i:03d}" for i in range(n)],
            "given_name": random.choice(np.array(GIVEN, object), n),
            "surname": random.choice(np.array(SURNAMES, object), n),
            "date_of_birth": random.choice(np.array(DATES, object), n),
            "postcode": pa.array(postcodes, pa.list_(pa.string())),
        }
    )


def spec_of(rules: tuple[str, ...], is_required: bool = False) -> LinkageSpec:
    columns = ("given_name", "surname", "date_of_birth", "postcode")
    return LinkageSpec(
        tuple(Comparison(name, name, name) for name in columns),
        tuple(RuleFamily.of(rule, is_required=is_required) for rule in rules),
    )


def keys_by_hand(record: dict[str, object], rule: str) -> set[object]:
    """Every key of a record under a rule, worked out on the plain values."""
    given, surname = record["given_name"], record["surname"]
    date = record["date_of_birth"] or ""
    year, month_day = str(date)[:4], str(date)[5:] if len(str(date)) == 10 else ""
    postcodes = list(record["postcode"])  # type: ignore[call-overload]
    both = {tuple(sorted((given, surname)))} if given and surname else set()  # type: ignore[type-var]
    return {
        "date_of_birth": {date} if month_day else set(),
        "surname + given_name.initial": {(surname, given[0])} if given and surname else set(),  # type: ignore[index]
        "{given_name, surname}": both,
        "given_name + date_of_birth.year": {(given, year)} if given and year else set(),
        "surname + date_of_birth.month_day": {(surname, month_day)}
        if surname and month_day
        else set(),
        "postcode + date_of_birth.year_month": {
            (code, str(date)[:7]) for code in postcodes if len(str(date)) >= 7
        },
        "postcode.sector": {code[:-2] for code in postcodes},
    }[rule]


def pairs_by_hand(left: pa.Table, right: pa.Table | None) -> dict[tuple[int, int], int]:
    """Rule set of every candidate pair."""
    rows = left.to_pylist()
    others = rows if right is None else right.to_pylist()
    indices = (
        combinations(range(len(rows)), 2)
        if right is None
        else product(range(len(rows)), range(len(others)))
    )
    found = {}
    for i, j in indices:
        rules = 0
        for bit, rule in enumerate(RULES):
            rules |= bool(keys_by_hand(rows[i], rule) & keys_by_hand(others[j], rule)) << bit
        if rules:
            found[i, j] = rules
    return found


def pairs_of(blocking: Blocking, chunk_pairs: int) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for chunk in candidate_pairs(blocking, chunk_pairs):
        for i, j, rules in zip(chunk.left, chunk.right, chunk.rules, strict=True):
            assert (i, j) not in found
            found[int(i), int(j)] = int(rules)
    return found


@pytest.mark.parametrize("is_dedupe", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pairs_and_rule_sets_are_those_of_brute_force(seed: int, is_dedupe: bool) -> None:
    left, right = made_up(60, seed), None if is_dedupe else made_up(45, seed + 10)
    encoded = encode(left, right, spec_of(RULES))
    blocking = plan_blocking(encoded, pairs_per_record=1000)
    assert tuple(rule.name for rule in blocking.rules) == RULES
    expected = pairs_by_hand(left, right)
    assert pairs_of(blocking, 10**6) == expected
    per_rule = [sum(rules >> bit & 1 for rules in expected.values()) for bit in range(len(RULES))]
    single = [0, 1, 2, 3, 4]  # rules over lists count a pair once for each key it shares
    assert blocking.rule_pairs[single].tolist() == [per_rule[bit] for bit in single]


@pytest.mark.parametrize("chunk_pairs", [1, 7, 100])
def test_chunks_do_not_change_pairs_or_order(chunk_pairs: int) -> None:
    encoded = encode(made_up(60, 4), made_up(50, 5), spec_of(RULES))
    blocking = plan_blocking(encoded, pairs_per_record=1000)
    whole = list(candidate_pairs(blocking, 10**6))
    assert len(whole) == 1
    parts = list(candidate_pairs(blocking, chunk_pairs))
    assert len(parts) > 5
    for name in ("left", "right", "rules"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole[0], name))
    assert (np.diff(whole[0].left) >= 0).all()
    before = blocking.pairs_before
    for start, stop in chunk_bounds(blocking, chunk_pairs):
        assert stop == start + 1 or before[stop] - before[start] <= chunk_pairs


def test_sides_may_change() -> None:
    left, right = made_up(60, 6), made_up(50, 7)
    one = plan_blocking(encode(left, right, spec_of(RULES)), pairs_per_record=1000)
    other = plan_blocking(encode(right, left, spec_of(RULES)), pairs_per_record=1000)
    swapped = {(j, i): rules for (i, j), rules in pairs_of(other, 50).items()}
    assert swapped == pairs_of(one, 10**6)


def test_row_order_does_not_matter() -> None:
    left, right = made_up(60, 8), made_up(50, 9)
    moved = left.take(np.random.default_rng(0).permutation(60))
    one = plan_blocking(encode(left, right, spec_of(RULES)), pairs_per_record=1000)
    other = plan_blocking(encode(moved, right, spec_of(RULES)), pairs_per_record=1000)
    for a, b in zip(candidate_pairs(one), candidate_pairs(other), strict=True):
        np.testing.assert_array_equal(a.left, b.left)
        np.testing.assert_array_equal(a.right, b.right)
        np.testing.assert_array_equal(a.rules, b.rules)


def people(n: int) -> Encoded:
    """n people with one surname, two initials and n birth dates."""
    table = pa.table(
        {
            "record_id": np.arange(n),
            "surname": ["Secretname"] * (n - 1) + ["Other"],
            "given_name": [
                ("Ann", "Bob")[i % 2] + "abcdefghijklmnop"[i // 2 % 16] for i in range(n)
            ],
            "date_of_birth": [f"2001-{i % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(n)],
        }
    )
    return encode(table, None, default_person_spec(table.column_names))


def test_families_narrow_then_drop_and_say_so() -> None:
    encoded = people(40)
    families = (
        RuleFamily.of("surname", "surname + given_name.initial"),
        RuleFamily.of("surname + given_name.initial"),
        RuleFamily.of("given_name"),
    )
    spec = LinkageSpec(encoded.spec.comparisons, families)
    table = _replace(encoded, spec)
    # 39 of one surname: 741 pairs; by initial 20·19/2 + 19·18/2 = 361.
    blocking = plan_blocking(table, pairs_per_record=0, spare_pairs=400)
    assert [rule.name for rule in blocking.rules] == [
        "surname + given_name.initial",
        "surname + given_name.initial",
        "given_name",
    ]
    assert blocking.report.column("pairs").to_pylist()[:3] == [741, 361, 361]
    assert blocking.report.column("decision").to_pylist()[0] == "too many pairs"
    assert "narrowed to 'surname + given_name.initial'" in blocking.warnings[0]
    dropped = plan_blocking(table, pairs_per_record=0, spare_pairs=100)
    assert [rule.name for rule in dropped.rules] == ["given_name"]
    assert all("not used" in warning for warning in dropped.warnings)


def _replace(encoded: Encoded, spec: LinkageSpec) -> Encoded:
    from dataclasses import replace

    return replace(encoded, spec=spec)


def test_a_required_rule_over_budget_is_an_error() -> None:
    encoded = people(40)
    family = RuleFamily.of("surname", is_required=True)
    with pytest.raises(PairBudgetError, match="741") as caught:
        plan_blocking(_replace(encoded, LinkageSpec(encoded.spec.comparisons, (family,))), 1, 0)
    assert "'surname'" in str(caught.value)
    assert "secretname" not in str(caught.value).lower()


def test_a_rule_without_pairs_takes_no_place() -> None:
    table = pa.table({"record_id": [1, 2], "surname": ["ash", "cole"]})
    blocking = plan_blocking(encode(table, None, default_person_spec(table.column_names)))
    assert blocking.rules == ()
    assert list(candidate_pairs(blocking)) == []


@pytest.mark.parametrize(
    "rule", ["surname.year", "date_of_birth.outward", "{surname, date_of_birth}"]
)
def test_a_transform_must_suit_its_column(rule: str) -> None:
    with pytest.raises(SpecError):
        rule_keys(people(10), parse_rule(rule))


@pytest.mark.parametrize(
    ("rule", "is_shared"),
    [
        ("surname.soundex", True),  # robert, rupert: R163
        ("surname.metaphone", False),  # RBRT, RPRT
        ("surname.first2", False),
        ("surname.initial", True),
        ("date_of_birth.year_day", True),
        ("date_of_birth.year_month", False),
        ("postcode.outward", True),
        ("postcode.sector", False),
        ("email.local_part", True),
    ],
)
def test_transforms(rule: str, is_shared: bool) -> None:
    table = pa.table(
        {
            "record_id": [1, 2],
            "surname": ["Robert", "Rupert"],
            "date_of_birth": ["2001-02-03", "2001-04-03"],
            "postcode": ["SW1A 1AA", "SW1A 2AA"],
            "email": ["a.b@one.org", "a.b@two.org"],
        }
    )
    encoded = encode(table, None, default_person_spec(table.column_names))
    keys = rule_keys(encoded, parse_rule(rule)).left.keys
    assert (keys[0] == keys[1]) == is_shared


def test_columns_with_dictionaries_of_their_own_meet_in_either_order() -> None:
    """Text compared as given has a dictionary a column; equal texts still have equal keys."""
    table = pa.table(
        {
            "record_id": [1, 2, 3, 4],
            "a": ["Ann", "Lee", "Ann", "Bob"],
            "b": ["Lee", "Ann", "Bo", "Z"],
        }
    )
    spec = LinkageSpec(
        (Comparison("a", "text", "a"), Comparison("b", "text", "b")),
        (RuleFamily.of("{a, b}"), RuleFamily.of("{a, b}.first2 + a.initial")),
    )
    blocking = plan_blocking(encode(table, None, spec), 0, 100)
    found = [(c.left.tolist(), c.right.tolist()) for c in candidate_pairs(blocking)]
    assert found == [([0], [1])]
