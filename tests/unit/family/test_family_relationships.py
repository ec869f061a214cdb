"""A link states the likelier tie, by the word of a witness that speaks for it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.family.decide import _relationships

WORDS = {
    "a parent, so called": (True, "parent", "unknown", "parent"),
    "a parent whom both call so": (True, "parent", "parent", "parent"),
    "a parent whom one side calls step-parent": (True, "unknown", "step_parent", "parent"),
    "a parent of whom no word is said": (True, "unknown", "unknown", "unknown"),
    "a step-parent, so called": (False, "step_parent", "unknown", "step_parent"),
    "a step-parent whom the other side calls parent": (
        False,
        "parent",
        "step_parent",
        "step_parent",
    ),
    "a relative who is called parent": (False, "parent", "unknown", "other"),
    "a relative of whom no word is said": (False, "unknown", "unknown", "other"),
}


@pytest.mark.parametrize(("is_parent", "declared", "recorded", "stated"), WORDS.values(), ids=WORDS)
def test_the_likelier_tie_is_stated(
    is_parent: bool, declared: str, recorded: str, stated: str
) -> None:
    flags = np.array([is_parent]), np.array([True]), np.array([True])
    found = _relationships(*flags, np.array([declared]), np.array([recorded]))
    assert found.tolist() == [stated]
