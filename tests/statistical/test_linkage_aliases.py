"""Forty aliases are not rewarded for chance, nor do they spoil what others teach."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import GIVEN, SURNAMES, joined, people, rows, with_errors

from pipeline.linkage import LinkageSettings, LinkResult, link

PEOPLE, IN_BOTH = 3_000, 1_000
STRANGERS_WITH_ALIASES = range(PEOPLE - 30, PEOPLE)
KNOWN_WITH_ALIASES = range(20)
ALIASES = 40


def listed(values: np.ndarray, pool: np.ndarray, rng: np.random.Generator) -> list[list[str]]:
    """A value each; some thirty strangers, and twenty people of both files, with forty more."""
    lists = [[] if value is None else [value] for value in values]
    for row in (*KNOWN_WITH_ALIASES, *STRANGERS_WITH_ALIASES):
        lists[row] = lists[row] + [str(value) for value in rng.choice(pool, ALIASES)]
    return lists


def file(columns: dict[str, np.ndarray], side: str, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table({
        "record_id": [f"{side}{row}" for row in range(PEOPLE)],
        "given_name": listed(columns["given_name"], GIVEN, rng),
        "surname": listed(columns["surname"], SURNAMES, rng),
        **{name: columns[name] for name in ("date_of_birth", "sex", "postcode")},
    })  # fmt: skip


@pytest.fixture(scope="module", name="linked")
def _linked() -> LinkResult:
    first, others = people(PEOPLE, seed=1), people(PEOPLE, seed=2)
    again = with_errors(rows(first, slice(0, IN_BOTH)), seed=3)
    second = joined(again, rows(others, slice(IN_BOTH, PEOPLE)))
    return link(file(first, "l", 4), file(second, "r", 5), settings=LinkageSettings(threshold=0.5))


def sure_rows(linked: LinkResult) -> tuple[np.ndarray, np.ndarray]:
    sure = linked.pairs["match_probability"].to_numpy() >= 0.95
    ids = (linked.pairs[f"record_id_{side}"].to_pylist() for side in "lr")
    left, right = (np.array([int(one[1:]) for one in side])[sure] for side in ids)
    return left, right


def test_strangers_with_forty_aliases_are_nobody_else(linked: LinkResult) -> None:
    left, right = sure_rows(linked)
    aliased = np.isin(left, STRANGERS_WITH_ALIASES) | np.isin(right, STRANGERS_WITH_ALIASES)
    assert not aliased.any()


def test_a_person_with_forty_aliases_in_either_file_is_found(linked: LinkResult) -> None:
    left, right = sure_rows(linked)
    found = np.isin(list(KNOWN_WITH_ALIASES), left[left == right])
    assert found.mean() >= 0.8


def test_everybody_else_is_found_as_without_them(linked: LinkResult) -> None:
    left, right = sure_rows(linked)
    right_pairs = (left == right) & (left < IN_BOTH)
    assert right_pairs.mean() > 0.995
    assert right_pairs.sum() > 0.95 * IN_BOTH
