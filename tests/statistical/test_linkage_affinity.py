"""Names that go together are found without being told which, and none are found where none are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.linkage import default_person_spec
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.learning.affinity import NameAffinity, name_affinity

MINORITY_SHARE = 0.1
FAMILIES, BEARERS = 100, 20


def people(seed: int, are_shuffled: bool = False) -> pa.Table:
    """20,000 people: nine in ten with names of one pool, one in ten with names of another."""
    rng = np.random.default_rng(seed)
    is_minority = rng.random(20_000) < MINORITY_SHARE
    given = np.where(is_minority, 300, 0) + rng.integers(0, np.where(is_minority, 60, 300))
    surname = np.where(is_minority, 900, 0) + rng.integers(0, np.where(is_minority, 80, 900))
    if are_shuffled:
        surname = rng.permutation(surname)
    return pa.table({
        "record_id": np.arange(20_000),
        "given_name": [f"given{letters(number)}" for number in given],
        "surname": [f"family{letters(number)}" for number in surname],
    })  # fmt: skip


def families(seed: int) -> pa.Table:
    """20,000 people of independent names, but for 100 full names that 20 people bear each."""
    rng = np.random.default_rng(seed)
    given, surname = rng.integers(0, 300, 20_000), rng.integers(0, 900, 20_000)
    handed_down = FAMILIES * BEARERS
    given[:handed_down] = np.repeat(rng.integers(0, 300, FAMILIES), BEARERS)
    surname[:handed_down] = np.repeat(900 + np.arange(FAMILIES), BEARERS)
    return pa.table(
        {
            "record_id": np.arange(20_000),
            "given_name": [f"given{letters(number)}" for number in given],
            "surname": [f"family{letters(number)}" for number in surname],
        }
    )


def letters(number: int) -> str:
    """A number in letters, so that names hold no digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def affinity_of(table: pa.Table) -> NameAffinity:
    spec = default_person_spec(table.column_names)
    found = name_affinity(encode(table, None, spec))
    assert found is not None
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_minority_shares_both_names_as_often_as_its_share_is_small(seed: int) -> None:
    table = people(seed)
    factors = affinity_of(table).left
    numbers = table["given_name"].to_pylist()
    is_minority = np.array([len(n) == 8 and n[5] >= "d" for n in numbers])
    # Within the minority full names are 1 / share times likelier than independence has it. Belief
    # holds back: of so few names, more than half the factor is found and never more than all.
    whole = np.log(1 / MINORITY_SHARE)
    assert whole / 2 < np.median(factors[is_minority]) < whole * 1.1
    assert np.median(factors[~is_minority]) < 0.35


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_full_names_that_are_handed_down_are_found_and_the_others_left_alone(seed: int) -> None:
    factors = affinity_of(families(seed)).left
    # 20 bear each name, 18 beyond a pair's own two, less one deviation: 13.8, and 1 of belief.
    # Independence expects 20 · 67 / 20,000 of them, .07: a factor of 14.8 / 1.07.
    handed_down, others = np.split(factors, [FAMILIES * BEARERS])
    assert np.median(handed_down) == pytest.approx(np.log(14.8 / 1.07), abs=0.1)
    assert np.mean(others > 0) < 0.01


def test_nothing_is_found_where_names_do_not_go_together() -> None:
    factors = affinity_of(people(4, are_shuffled=True)).left
    assert factors.mean() < 0.3
    assert np.quantile(factors, 0.9) < 0.7


def test_it_does_not_depend_on_the_order_of_the_records() -> None:
    table = people(5)
    order = np.random.default_rng(1).permutation(table.num_rows)
    assert np.array_equal(affinity_of(table).left, affinity_of(table.take(order)).left)


def test_too_few_names_teach_nothing() -> None:
    table = people(6).slice(0, 500)
    assert name_affinity(encode(table, None, default_person_spec(table.column_names))) is None


def test_it_is_taken_off_only_where_both_names_agree() -> None:
    table = people(7)
    spec = default_person_spec(table.column_names)
    found = affinity_of(table)
    exact = [comparison.exact_level for comparison in spec.comparisons]
    levels = np.array([exact, [exact[0], 0], [0, exact[1]], [exact[0], -1]], np.int8)
    rows = np.full(4, int(np.argmax(found.left)), np.int32)
    off = found.of_pairs(levels, rows, rows, spec)
    assert off.tolist() == [found.left.max(), 0, 0, 0]


def test_given_names_alone_say_less_of_those_whose_surname_is_known() -> None:
    table = people(9)
    spec = default_person_spec(table.column_names)
    found = affinity_of(table)
    exact = [comparison.exact_level for comparison in spec.comparisons]
    levels = np.array([[exact[0], -1], [exact[0], 0], exact, [0, -1], [exact[0] + 1, -1]], np.int8)
    rows = np.full(5, int(np.argmax(found.right)), np.int32)
    most = found.right.max()
    assert found.of_given_names(levels, rows, spec).tolist() == [most, most, 0, 0, 0]


def test_swapped_names_that_many_bear_the_other_way_round_say_little() -> None:
    # Three hundred names serve as given names and as surnames, some of them far more often.
    rng = np.random.default_rng(8)
    share = 1 / np.arange(3, 303)
    given, surname = (rng.choice(300, 20_000, p=share / share.sum()) for _ in range(2))
    table = pa.table({
        "record_id": np.arange(20_000),
        "given_name": [f"name{letters(number)}" for number in given],
        "surname": [f"name{letters(number)}" for number in surname],
    })  # fmt: skip
    found = affinity_of(table)
    is_common, is_rare = (given < 3) & (surname < 3), (given > 200) & (surname > 200)
    assert found.swapped_left[is_common].min() > 1
    assert found.swapped_left[is_rare].max() == 0
    spec = default_person_spec(table.column_names)
    rows = np.array([np.flatnonzero(is_common)[0]], np.int32)
    swapped = np.array([[spec.comparisons[0].exact_level + 1, -1]], np.int8)
    off = found.of_pairs(swapped, rows, rows, spec)
    assert off == pytest.approx(found.left[rows] + found.swapped_left[rows])
