"""What siblings add, worked out by hand."""

import numpy as np
import pytest

from pipeline.family.support import NOBODY, Vouching

KEY, FAMILY = np.array([1, 1, 1, 2]), np.array([0, 1, 2, 3])
VALUE = np.array([8.0, 4.0, 2.0, 16.0])


@pytest.mark.parametrize(
    ("declared", "best"),
    [
        pytest.param([5, 6, 7, 5], [4.0, 8.0, 8.0, 1.0], id="three children, each its own"),
        pytest.param([5, 6, 6, 5], [4.0, 8.0, 8.0, 1.0], id="two rest on one declared child"),
        pytest.param([5, 5, 5, 5], [1.0, 1.0, 1.0, 1.0], id="all rest on one: nothing is added"),
    ],
)
def test_the_best_sibling_that_rests_on_another_declared_child(declared, best):
    declared = np.array(declared)
    assert Vouching(KEY, FAMILY, declared, VALUE).best(declared).tolist() == best


def test_any_declared_child_vouches_for_a_family_that_rests_on_none():
    vouching = Vouching(KEY, FAMILY, np.full(4, 5), VALUE)
    assert vouching.best(np.full(4, NOBODY)).tolist() == [4.0, 8.0, 8.0, 1.0]


def test_a_family_never_vouches_for_itself():
    twice = Vouching(np.array([1, 1]), np.array([0, 0]), np.array([5, 6]), np.array([8.0, 8.0]))
    assert twice.best(np.full(2, NOBODY)).tolist() == [1.0, 1.0]
