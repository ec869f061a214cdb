"""Words for ties: meant or a habit, by source; worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.family.ties import RECORDED_LABELS
from pipeline.family.words import RECORDED_KINDS, Words, first_meant

PARENT, STEP, OTHER, UNKNOWN = (
    RECORDED_LABELS.index(word) for word in ("parent", "step_parent", "other", "unknown")
)
BELIEVED = np.array([[0.9, 0.02, 0.08], [0.1, 0.8, 0.1], [0.05, 0.05, 0.9]])


def used(**shares: float) -> np.ndarray:
    """(1, n_words): shares of one authority's uses."""
    return np.array([[shares.get(word, 0.0) for word in RECORDED_LABELS]])


def words(meant: float) -> Words:
    every = np.where(RECORDED_KINDS < 0, 0.0, meant)[None]
    return Words(BELIEVED, RECORDED_KINDS, every, np.array([0.5, 0.25, 0.25]), every)


@pytest.mark.parametrize("word", ["parent", "step_parent", "carer", "other", "grandparent"])
def test_a_word_used_for_everybody_is_not_meant(word):
    assert first_meant(used(**{word: 1.0}))[0, RECORDED_LABELS.index(word)] == 0


def test_words_in_common_proportions_are_meant():
    meant = first_meant(used(parent=0.8, step_parent=0.05, grandparent=0.1, other=0.05))
    assert meant[0].tolist() == pytest.approx([1, 1, 1, 1, 1, 1, 0])


def test_words_left_empty_do_not_make_the_others_commoner():
    told = first_meant(used(parent=0.8, other=0.2))
    half = first_meant(used(parent=0.4, other=0.1, unknown=0.5))
    assert half.tolist() == told.tolist()


def test_a_word_used_too_often_is_meant_by_the_odds():
    # Odds of 1 in 10 at most, used at odds of 1: one use in nine is meant.
    meant = first_meant(used(parent=0.5, step_parent=0.5))
    assert meant[0, STEP] == pytest.approx((0.1 / 0.9) / 1.0)


def test_weights_of_words_that_are_meant_and_of_habits():
    # B(step-parent) = .5 · .02 + .25 · .8 + .25 · .05 = .2225
    assert words(1.0).weights[:, 0, STEP] == pytest.approx(np.array([0.02, 0.8, 0.05]) / 0.2225)
    assert words(0.0).weights.tolist() == np.ones((3, 1, 7)).tolist()
    assert words(1.0).weights[:, 0, UNKNOWN].tolist() == [1, 1, 1]


@pytest.mark.parametrize("meant", [0.0, 0.3, 0.9, 1.0])
def test_no_word_moves_two_ties_further_apart_than_is_believed(meant):
    weights = words(meant).weights[:, 0]
    for kind, word in enumerate((PARENT, STEP, OTHER)):
        for one in range(3):
            for other in range(3):
                ratio, most = BELIEVED[one, kind] / BELIEVED[other, kind], weights[one, word]
                assert most / weights[other, word] <= max(ratio, 1.0) + 1e-12


def test_uses_by_another_tie_make_a_word_a_habit():
    uses = np.zeros((3, 1, 7))
    uses[0, 0, OTHER] = 10_000.0
    learned = words(0.5)
    for _ in range(30):
        learned = learned.learned(uses)
    # Parents alone are called so: the word says no more of them than of anybody.
    assert learned.weights[0, 0, OTHER] == pytest.approx(1.0, abs=0.01)


def test_a_share_of_meant_uses_never_passes_one():
    uses = np.zeros((3, 1, 7))
    uses[1, 0, STEP] = 1e6
    learned = words(1.0)
    for _ in range(50):
        learned = learned.learned(uses)
    assert (learned.meant <= 1).all()
    assert (learned.weights > 0).all()
