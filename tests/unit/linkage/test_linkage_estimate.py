"""EM's parts, with answers worked out by hand."""

from __future__ import annotations

import os
import subprocess
import sys

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
    Movers,
    Population,
    level_sums,
    log_likelihood,
    log_table,
    part_shares,
    parts_within,
)
from pipeline.linkage.learning.estimate import (
    decontaminate,
    expected_pairs,
    solve_population,
    taught,
    update_m,
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
    assert np.allclose(
        np.exp(found), [[1] * 5, [0.1, 0.1, 0.5, 0.5, 0.9], [0.9, 0.9, 0.5, 0.5, 0.1]]
    )


def test_the_log_of_a_level_that_cannot_occur_is_finite() -> None:
    assert np.isfinite(log_table(np.array([[0.0, 1.0]]))).all()


def test_level_sums_leave_nulls_out() -> None:
    levels = np.array([[1, -1], [1, 0], [0, 1]], np.int8)
    sums = level_sums(levels, np.array([2.0, 3.0, 4.0]), 2)
    assert sums.tolist() == [[4.0, 5.0], [3.0, 4.0]]


def test_m_is_pulled_to_belief_by_fifty_pairs() -> None:
    belief = prior_m(SEX)
    found = update_m([SEX], np.array([[5.0, 85.0]]))
    assert found[0, 1] == pytest.approx((85 + M_STRENGTH * belief[1]) / (90 + M_STRENGTH))


def test_a_class_is_held_to_agreement_and_its_other_levels_keep_their_proportions() -> None:
    assert hold_to_agreement(np.array([0.8, 0.05, 0.15])) == pytest.approx([0.5, 0.125, 0.375])
    usual = np.array([0.3, 0.1, 0.6])
    assert hold_to_agreement(usual) is usual


def test_supposed_matches_agree_on_names_and_may_differ_in_places() -> None:
    matched = np.zeros((3, 8))
    matched[:, 0], matched[:, 1] = 9_000, 1_000
    kinds = ("given_name", "surname", "town")
    given, surname, town = update_m([Comparison(kind, kind, kind) for kind in kinds], matched)
    # At most six times as often as believed: .04 (of .99 without the swaps) and .06.
    assert given[0] == pytest.approx(6 * 0.04 / 0.99)
    assert surname[0] == pytest.approx(0.36)
    assert town[0] == 0.5


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
    shares = part_shares(probabilities(0.9, 0.5, 0.1))
    sizes = Population(pairs=100, matches=10, households=20)
    assert expected_pairs(one, likelihoods, sizes, shares) == pytest.approx([9, 0, 10, 0, 10])


def test_who_moved_lives_where_a_stranger_might() -> None:
    # Two comparisons, a name and a place. Of 10 matches a fifth moved: who agrees on the name and
    # not on the place is one of 8 · .9 · .1 who stayed or of 2 · .9 · .7 who moved.
    tables = [np.array([[1 - p, p], [1 - q, q]]) for p, q in ((0.9, 0.9), (0.1, 0.8), (0.2, 0.3))]
    moving = ClassProbabilities(*tables, movers=Movers(0.2, (1,)))
    levels = np.array([[1, 0]], np.int8)
    sizes = Population(pairs=100, matches=10, households=20)
    stayed, moved, strangers = 8 * 0.9 * 0.1, 2 * 0.9 * 0.7, 100 * 0.2 * 0.7
    together, apart = 16 * 0.1 * 0.2, 4 * 0.1 * 0.7
    each = np.array([stayed, moved, together, apart, strangers])
    counted = CountedLevels(levels, np.array([each.sum()]))
    likelihoods = np.exp(log_likelihood(levels, moving))
    assert expected_pairs(counted, likelihoods, sizes, part_shares(moving)) == pytest.approx(each)
    within = parts_within(levels, moving)[0]
    assert within[1] == pytest.approx(moved / (stayed + moved))
    assert within[3] == pytest.approx(apart / (together + apart))
    assert moving.same[1] == pytest.approx([0.8 * 0.1 + 0.2 * 0.7, 0.8 * 0.9 + 0.2 * 0.3])


def test_places_are_taught_by_those_who_stayed_and_names_by_all() -> None:
    tables = [np.full((2, 2), 0.5)] * 3
    moving = ClassProbabilities(*tables, movers=Movers(0.2, (1,)))
    found = taught(moving, np.array([[1.0, 7.0], [2.0, 6.0]]), np.array([[0.0, 2.0], [2.0, 0.0]]))
    assert found.tolist() == [[1, 9], [2, 6]]


def test_the_population_is_a_fixed_point_of_its_own_posterior() -> None:
    counted = CountedLevels(np.array([[0], [1]], np.int8), np.array([900.0, 100.0]))
    classes = probabilities(0.99, 0.5, 0.01)
    found, _ = solve_population(counted, classes, Population(1_000, 10, 0))
    likelihoods = np.exp(log_likelihood(counted.levels, classes))
    again = expected_pairs(counted, likelihoods, found, part_shares(classes))[0] + 0.5
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
shares = np.array([0.9, 0.1, 0.9, 0.1, 1.0])
found = expected_pairs(candidates, rng.random((200_000, 5)), Population(1e9, 9e3, 3e3), shares)
print(found.tolist())
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
