"""Slips that come alone, slips that come together, and slips that do neither."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pipeline.linkage.learning.classes import ErrorTypes, level_sums
from pipeline.linkage.learning.error_types import (
    LIMIT,
    dependence,
    learn_error_types,
    starting_types,
    with_slips,
)
from pipeline.linkage.spec import Comparison

COMPARISONS = tuple(Comparison(name, "exact", name) for name in ("one", "two", "three"))
PATTERNS = np.array(list(product((0, 1), repeat=3)), np.int8)
SLIPS = 3 - PATTERNS.sum(axis=1)


def learned(matches: np.ndarray) -> np.ndarray:
    """Dependence of every pattern where matches fall upon the patterns like this."""
    m = level_sums(PATTERNS, matches, 2) / matches.sum()
    return dependence(PATTERNS, learn_error_types(COMPARISONS, PATTERNS, matches, m), m)


def test_where_each_match_has_one_slip_two_slips_speak_against() -> None:
    found = learned(np.where(SLIPS == 1, 1_000.0, 0.0))
    # Of the matches a third slip here; independence expects (1/3)·(2/3)² = .148, not .333.
    assert found[SLIPS == 1] == pytest.approx(np.log(9 / 4), abs=0.15)
    assert (found[SLIPS != 1] == -LIMIT).all()


def test_where_one_record_in_ten_is_spoilt_slips_come_together() -> None:
    found = learned(np.array([250.0, 250, 250, 250, 250, 250, 250, 250 + 18_000]))
    assert found[SLIPS == 3][0] == LIMIT
    assert abs(found[SLIPS == 0][0]) < 0.2
    assert (found[SLIPS == 1] < 0.1).all()


def test_independent_slips_are_left_alone() -> None:
    found = learned(5_000 * 0.1**SLIPS * 0.9 ** (3 - SLIPS))
    assert np.abs(found[SLIPS <= 1]).max() < 0.05
    assert np.abs(found).max() < 0.4


def test_a_handful_of_matches_teaches_nothing_much() -> None:
    assert np.abs(learned(np.where(SLIPS == 1, 1.0, 0.0))).max() < 1.2
    assert np.abs(learned(np.full(8, 1e-6))).max() < 1.2


def test_nothing_learned_adds_nothing_and_much_is_limited() -> None:
    m = np.array([[0.5, 0.5]] * 3)
    assert dependence(PATTERNS, None, m).tolist() == [0] * 8
    sure = ErrorTypes(np.ones(1), np.array([[[1e-9, 1 - 1e-9]] * 3]))
    assert dependence(PATTERNS, sure, m).min() == -LIMIT
    assert dependence(np.full((1, 3), -1, np.int8), sure, m) == pytest.approx([0])


def test_types_start_with_slips_in_one_comparison_each_and_one_in_all() -> None:
    m = np.array([[0.2, 0.8]] * 3)
    start = starting_types(COMPARISONS, m)
    assert start.m[:, :, 0] == pytest.approx(
        np.array([[0.6, 0.06, 0.06], [0.06, 0.6, 0.06], [0.06, 0.06, 0.6], [0.6, 0.6, 0.6]])
    )
    assert with_slips(np.array([0.5, 0.5]), 1, 3.0) == pytest.approx([0.9, 0.1])
