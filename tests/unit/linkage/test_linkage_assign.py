"""Rivals compete and lone candidates gain."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.deciding.assign import best_partners, competing_log_odds, stranger_scale


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def test_nothing_is_free_beyond_the_floor() -> None:
    assert stranger_scale(100, (100, 100)) == pytest.approx(1 / 0.05**2)
    assert stranger_scale(0, (100, 50)) == pytest.approx(1)
    assert stranger_scale(50, (100, 200)) == pytest.approx(100 * 200 / (50 * 150))


def test_two_equal_rivals_share_one_partner() -> None:
    odds = competing_log_odds(rows(0, 0), rows(0, 1), np.array([30.0, 30.0]), (1_000, 1_000))
    assert np.exp(odds) == pytest.approx([1, 1], rel=1e-6)


def test_a_lone_sure_pair_keeps_its_odds_where_little_else_matches() -> None:
    odds = competing_log_odds(rows(0), rows(0), np.array([5.0]), (10_000, 10_000))
    assert odds[0] == pytest.approx(5.0, abs=1e-3)


def test_a_lone_pair_gains_where_most_other_records_are_taken() -> None:
    sure = np.full(91, 30.0)
    sure[90] = 0.0
    everyone = np.arange(91, dtype=np.int32)
    odds = competing_log_odds(everyone, everyone, sure, (100, 100))
    assert odds[90] > 3.5  # f is about 100 · 100 / (9 · 9)


def test_no_pairs_is_no_trouble() -> None:
    assert len(competing_log_odds(rows(), rows(), np.array([]), (5, 5))) == 0
    assert len(best_partners(rows(), rows(), np.array([]))) == 0


def test_each_record_keeps_its_likeliest_free_partner() -> None:
    left, right = rows(0, 0, 1, 1), rows(0, 1, 0, 1)
    kept = best_partners(left, right, np.array([0.9, 0.8, 0.95, 0.6]))
    assert kept.tolist() == [False, True, True, False]


def test_a_tie_falls_to_the_first_pair() -> None:
    assert best_partners(rows(0, 0), rows(0, 1), np.array([0.9, 0.9])).tolist() == [True, False]
