"""The compiled similarities equal jellyfish, for any text."""

from __future__ import annotations

import jellyfish
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linkage.comparing.similarity import edit_distance, jaro_winkler, popcount, scratch_for

# Letters that stand alone: jellyfish counts graphemes, and cleaned text has no combining marks.
LETTERS = "abcdeé'- " + "иванşł" + "محد" + "李明" + "0123"
TEXT = st.text(alphabet=LETTERS, min_size=0, max_size=12)
SCRATCH = scratch_for(90)
LONG_TEXT = st.text(alphabet="abc", min_size=50, max_size=90)


def packed(first: str, second: str) -> tuple[np.ndarray, int, int, int, int]:
    chars = np.array([ord(char) for char in first + second], np.uint16)
    return chars, 0, len(first), len(first), len(second)


@given(TEXT, TEXT)
@settings(max_examples=400, deadline=None)
def test_equal_to_jellyfish(first: str, second: str) -> None:
    strings = packed(first, second)
    assert jaro_winkler(*strings, SCRATCH) == jellyfish.jaro_winkler_similarity(first, second)
    assert edit_distance(*strings, True, SCRATCH) == jellyfish.damerau_levenshtein_distance(
        first, second
    )
    assert edit_distance(*strings, False, SCRATCH) == jellyfish.levenshtein_distance(first, second)


@given(LONG_TEXT, LONG_TEXT)
@settings(max_examples=40, deadline=None)
def test_long_text_equal_to_jellyfish(first: str, second: str) -> None:
    strings = packed(first, second)
    assert jaro_winkler(*strings, SCRATCH) == jellyfish.jaro_winkler_similarity(first, second)
    assert edit_distance(*strings, True, SCRATCH) == jellyfish.damerau_levenshtein_distance(
        first, second
    )


@pytest.mark.parametrize(
    ("first", "second", "similarity", "edits"),
    [
        ("martha", "marhta", 17 / 18 + 3 * 0.1 * (1 - 17 / 18), 1),
        ("dixon", "dicksonx", (4 / 5 + 4 / 8 + 1) / 3 + 2 * 0.1 * (1 - (4 / 5 + 4 / 8 + 1) / 3), 4),
        ("abc", "xyz", 0.0, 3),
        ("ca", "abc", 0.0, 2),
        ("", "abc", 0.0, 3),
    ],
)
def test_worked_by_hand(first: str, second: str, similarity: float, edits: int) -> None:
    assert jaro_winkler(*packed(first, second), SCRATCH) == pytest.approx(similarity, abs=1e-15)
    assert edit_distance(*packed(first, second), True, SCRATCH) == edits


@given(st.integers(min_value=0, max_value=2**64 - 1))
@settings(deadline=None)
def test_popcount(word: int) -> None:
    assert popcount(np.uint64(word)) == word.bit_count()
