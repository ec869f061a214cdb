"""EM's parts, with answers worked out by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.linkage.learning.beliefs import (
    M_STRENGTH,
    cap_h,
    has_household_class,
    hold_to_agreement,
    prior_h,
    prior_m,
    prior_u,
)
from pipeline.linkage.learning.classes import (
    ClassProbabilities,
    CountedLevels,
    Neighbours,
    Population,
    level_sums,
    log_likelihood,
    log_table,
    neighbour_part,
)
from pipeline.linkage.learning.estimate import (
    decontaminate,
    expected_pairs,
    solve_population,
    update_m,
    update_n,
)
from pipeline.linkage.method import WHOLE_METHOD
from pipeline.linkage.spec import Comparison

SEX = Comparison("sex", "sex", "sex")
GIVEN = Comparison("given_name", "given_name", "given_name")


def probabilities(m: float, h: float, u: float) -> ClassProbabilities:
    """One comparison with two levels; the numbers are those of agreement."""
    return ClassProbabilities(*(np.array([[1 - p, p]]) for p in (m, h, u)))


def test_a_null_adds_nothing_in_any_class() -> None:
    levels = np.array([[-1], [0], [1]], np.int8)
    found = log_likelihood(levels, probabilities(0.9, 0.5, 0.1))
    assert np.allclose(np.exp(found), [[1, 1, 1, 1], [0.1, 0.5, 0.9, 0.9], [0.9, 0.5, 0.1, 0.1]])


def test_the_log_of_a_level_that_cannot_occur_is_finite() -> None:
    assert np.isfinite(log_table(np.array([[0.0, 1.0]]))).all()


def test_level_sums_leave_nulls_out() -> None:
    levels = np.array([[1, -1], [1, 0], [0, 1]], np.int8)
    sums = level_sums(levels, np.array([2.0, 3.0, 4.0]), 2)
    assert sums.tolist() == [[4.0, 5.0], [3.0, 4.0]]


def test_m_is_pulled_to_belief_by_ten_pairs() -> None:
    belief = prior_m(SEX)
    found = update_m([SEX], np.array([[5.0, 85.0]]))
    assert found[0, 1] == pytest.approx((85 + M_STRENGTH * belief[1]) / (90 + M_STRENGTH))


def test_a_class_is_held_to_agreement_and_its_other_levels_keep_their_proportions() -> None:
    assert hold_to_agreement(np.array([0.8, 0.05, 0.15])) == pytest.approx([0.5, 0.125, 0.375])
    usual = np.array([0.3, 0.1, 0.6])
    assert hold_to_agreement(usual) is usual


def test_supposed_matches_mostly_agree_on_a_persons_own_values_and_may_differ_in_others() -> None:
    matched = np.zeros((2, 8))
    matched[:, 0], matched[:, 1] = 9_000, 1_000
    own, shared = update_m([GIVEN, Comparison("surname", "surname", "surname")], matched)
    assert own[0] == 0.5
    assert shared[0] == pytest.approx(0.9, abs=0.01)


def test_u_is_the_random_share_without_its_matches() -> None:
    # Of 1,000 pairs 100 are matches that always agree; 28 of 100 agree at random, so of 900
    # strangers 280 - 100 = 180 agree: 0.2.
    shares = np.array([[0.72, 0.28]])
    population = Population(pairs=1_000, matches=100, households=0)
    found = decontaminate(shares, probabilities(1.0, 0.5, 0.5), population)
    assert found[0] == pytest.approx([0.8, 0.2])


def test_u_never_falls_below_a_twentieth_of_the_random_share() -> None:
    shares = np.array([[0.9, 0.1]])
    population = Population(pairs=1_000, matches=200, households=0)
    found = decontaminate(shares, probabilities(0.9, 0.5, 0.5), population)
    assert found[0, 1] == pytest.approx(0.005 / (0.005 + (0.9 - 0.2 * 0.1) / 0.8))


def test_the_posterior_weighs_classes_by_how_many_there_are() -> None:
    # 10 matches at likelihood .9, 20 household pairs at .5, 100 strangers at .1: 9, 10 and 10.
    one = CountedLevels(np.array([[1]], np.int8), np.array([29.0]))
    likelihoods = np.exp(log_likelihood(one.levels, probabilities(0.9, 0.5, 0.1)))
    found = expected_pairs(one, likelihoods, Population(pairs=100, matches=10, households=20), 0.0)
    assert found == pytest.approx([9, 10, 0, 10])


def test_neighbours_are_a_share_of_the_household_class() -> None:
    # Of 20 household pairs at .5 a quarter are neighbours at .3: 9, 7.5, 1.5 and 10.
    apart = replace(
        probabilities(0.9, 0.5, 0.1), neighbours=Neighbours(0.25, np.array([[0.7, 0.3]]))
    )
    levels = np.array([[1]], np.int8)
    sizes = Population(pairs=100, matches=10, households=20)
    likelihoods = np.exp(log_likelihood(levels, apart))
    found = expected_pairs(CountedLevels(levels, np.array([28.0])), likelihoods, sizes, 0.25)
    assert found == pytest.approx([9, 7.5, 1.5, 10])
    assert neighbour_part(levels, apart) == pytest.approx([1.5 / 9])
    assert apart.home[0] == pytest.approx([0.55, 0.45])


def test_neighbours_share_a_postcode_as_a_household_does_and_a_street_but_no_address() -> None:
    comparisons = [Comparison(kind, kind, kind) for kind in ("given_name", "postcode", "address")]
    u, h = np.zeros((3, 6)), np.zeros((3, 6))
    u[0], u[1, :5], u[2, :5] = prior_u(GIVEN), 0.2, (0.9, 0.05, 0.02, 0.02, 0.01)
    h[1, :5] = (0.1, 0.0, 0.1, 0.1, 0.7)
    found = update_n(comparisons, np.full((3, 6), [0, 0, 80.0, 0, 80, 0]), h, u)
    assert np.array_equal(found[0], u[0])
    assert np.array_equal(found[1], h[1])
    # 20 pairs of belief: a fifth as strangers, four fifths somewhere on one street.
    street = np.array([0, 0.06, 0.07, 0.12]) / 0.25
    counts = np.array([0, 0, 80, 0]) + 20 * (0.2 * u[2, :4] + 0.8 * street)
    assert found[2, :4] == pytest.approx(counts / counts.sum() * 0.99)
    assert found[2, 4] == 0.01


def test_the_population_is_a_fixed_point_of_its_own_posterior() -> None:
    counted = CountedLevels(np.array([[0], [1]], np.int8), np.array([900.0, 100.0]))
    classes = probabilities(0.99, 0.5, 0.01)
    found, _ = solve_population(counted, classes, Population(1_000, 10, 0))
    likelihoods = np.exp(log_likelihood(counted.levels, classes))
    again = expected_pairs(counted, likelihoods, found, 0.0)[0] + 0.5
    assert found.matches == pytest.approx(again, rel=1e-4)
    assert found.households == 0


def test_household_agreement_on_a_given_name_is_capped() -> None:
    m, u = prior_m(GIVEN), prior_u(GIVEN)
    capped = cap_h(GIVEN, m, m, u)
    near = slice(GIVEN.near_level, None)
    ceiling = np.maximum(2 * GIVEN.household.slip * m[near], 2 * u[near])
    kept = np.minimum(m[near], ceiling).sum()
    assert capped.sum() == pytest.approx(1)
    assert capped[near].sum() == pytest.approx(kept / (kept + m[: GIVEN.near_level].sum()))


def test_household_agreement_on_an_address_is_not_capped() -> None:
    address = Comparison("address", "address", "address")
    h = np.array([0.1, 0.1, 0.1, 0.1, 0.6])
    assert cap_h(address, h, h, np.full(5, 0.2)) is h


def test_prior_h_of_a_given_name_is_a_stranger_with_a_slip() -> None:
    m, u = prior_m(GIVEN), prior_u(GIVEN)
    household = GIVEN.household
    expected = household.prior_pairs * ((1 - household.slip) * u + household.slip * m)
    assert prior_h(GIVEN, m, u) == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "expected"), [("address", True), ("postcode", True),
                                                ("town", False), ("surname", False)])  # fmt: skip
def test_only_address_and_postcode_make_a_household_class(kind: str, expected: bool) -> None:
    assert has_household_class([Comparison(kind, kind, kind)], WHOLE_METHOD) is expected


MANY_PATTERNS = """
import numpy as np
from pipeline.linkage.learning.classes import CountedLevels, Population
from pipeline.linkage.learning.estimate import expected_pairs

rng = np.random.default_rng(1)
candidates = CountedLevels(np.zeros((200_000, 1), np.int8), rng.random(200_000))
print(expected_pairs(candidates, rng.random((200_000, 4)), Population(1e9, 9e3, 3e3), 0.1).tolist())
"""


def test_expected_pairs_are_the_same_to_the_last_digit_whatever_the_threads() -> None:
    counted = {
        subprocess.run(
            [sys.executable, "-c", MANY_PATTERNS], check=True, capture_output=True, text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2", "4")
    }  # fmt: skip
    assert len(counted) == 1
    assert len(counted.pop()) > len("[]")
