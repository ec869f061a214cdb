"""Scores of single pairs, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.linkage.learning.classes import ClassProbabilities, ErrorTypes, PairLevels, Population
from pipeline.linkage.learning.posteriors import further, log_odds, posteriors
from pipeline.linkage.learning.score import pair_weights, pattern_evidence
from pipeline.linkage.spec import Comparison, LinkageSpec

SPEC = LinkageSpec(
    comparisons=(Comparison("surname", "exact", "surname"), Comparison("sex", "sex", "sex")),
    rule_families=(),
)
PROBABILITIES = ClassProbabilities(
    m=np.array([[0.2, 0.8], [0.1, 0.9]]),
    h=np.array([[0.5, 0.5], [0.5, 0.5]]),
    u=np.array([[0.9, 0.1], [0.5, 0.5]]),
)
LEVELS = np.array([[1, 1], [0, -1], [-1, -1]], np.int8)


def test_evidence_of_a_pattern_is_the_sum_of_its_levels() -> None:
    same, household = pattern_evidence(LEVELS, PROBABILITIES)
    assert np.exp(same) == pytest.approx([8 * 1.8, 0.2 / 0.9, 1])
    assert np.exp(household) == pytest.approx([5, 0.5 / 0.9, 1])


def test_dependence_between_comparisons_is_part_of_a_pattern_only() -> None:
    # Of two types each half of the matches: always both right, and always both wrong.
    types = ErrorTypes(np.array([0.5, 0.5]), np.array([[[0.0, 1], [0, 1]], [[1, 0.0], [1, 0]]]))
    dependent = replace(PROBABILITIES, error_types=types)
    same, household = pattern_evidence(LEVELS, dependent)
    # Both right: .5 of the matches against .8 · .9 = .72 under independence.
    assert np.exp(same) == pytest.approx([8 * 1.8 * 0.5 / 0.72, 0.2 / 0.9 * 0.5 / 0.2, 1])
    assert np.exp(household) == pytest.approx([5, 0.5 / 0.9, 1])


def test_credit_goes_only_to_exact_agreement() -> None:
    values = {0: np.array([0, 0, -1], np.int32)}
    credits = {0: np.array([np.log(3.0), 0.0])}
    same, household = pair_weights(
        PairLevels.one_by_one(LEVELS), values, SPEC, PROBABILITIES, credits
    )
    assert np.exp(same) == pytest.approx(np.array([[24, 1.8], [0.2 / 0.9, 1], [1, 1]]))
    # Households agree on it five times as often as strangers: once by chance, and four times
    # because the household has it, which alone says three times as much: 1 + 4 · 3.
    assert np.exp(household) == pytest.approx([13, 0.5 / 0.9, 1])


def test_posteriors_and_log_odds_agree() -> None:
    population = Population(pairs=1_000, matches=10, households=20)
    same, household = np.array([np.log(144.0)]), np.array([np.log(5.0)])
    match, home = posteriors(same, household, population)
    assert match == pytest.approx([1_440 / (1_440 + 100 + 1_000)])
    assert home == pytest.approx([100 / (1_440 + 100 + 1_000)])
    odds = log_odds(same, household, population)
    assert np.exp(odds) == pytest.approx([1_440 / 1_100])


def test_without_households_the_class_takes_nothing() -> None:
    population = Population(pairs=1_000, matches=10, households=0)
    match, home = posteriors(np.array([0.0]), np.array([0.0]), population)
    assert match == pytest.approx([10 / 1_010])
    assert home == pytest.approx([0])


def test_overwhelming_evidence_stays_finite_and_ordered() -> None:
    population = Population(pairs=1e12, matches=1, households=1)
    odds = log_odds(np.array([400.0, 800.0]), np.array([0.0, 0.0]), population)
    assert np.isfinite(odds).all()
    assert odds[0] < odds[1]


def test_a_slow_iteration_is_carried_to_its_end() -> None:
    """x <- 10 + .9 (x - 10) heads for 10: from 20 its steps are 19 and 18.1."""
    before, once, twice = np.array([20.0]), np.array([19.0]), np.array([18.1])
    assert further(before, once, twice) == pytest.approx([10.0])


def test_an_iteration_that_stands_still_stays() -> None:
    here = np.array([3.0, 5.0])
    assert further(here, here, here).tolist() == [3.0, 5.0]
