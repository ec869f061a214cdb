"""Names of the made-up people: the lexicon, its pools, and how names are handed on."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.settings.synthetic import load_synthetic_settings
from pipeline.synthetic.name_pools import CULTURE_LISTS
from pipeline.synthetic.names import build_name_book, fold, romanise
from pipeline.synthetic.naming import surname_shares


@pytest.mark.parametrize(
    ("word", "latin"),
    [("আকাশ", "Akash"), ("রিয়া", "Riya"), ("अभय", "Abhay"), ("शर्मा", "Sharma"), ("David", "David")],
    ids=["Bengali", "Bengali with a written vowel", "Devanagari", "a joined letter", "Latin"],
)
def test_other_scripts_are_romanised_letter_by_letter(word: str, latin: str) -> None:
    assert romanise(word) == latin


def test_older_systems_keep_no_diacritics() -> None:
    assert [fold(name) for name in ("Wójcik", "Łukasz", "Nguyễn", "O'Brien")] == [
        "Wojcik", "Lukasz", "Nguyen", "O'Brien",
    ]  # fmt: skip


def test_every_name_of_the_book_is_latin_and_every_culture_has_every_pool() -> None:
    book = build_name_book()
    assert all(name.isascii() and name for name in book.plain)
    for culture in CULTURE_LISTS:
        for role in ("male", "female", "male_child", "female_child", "surname", "surname_female"):
            assert len(book.pools[culture, role].codes) >= 10


def test_some_surnames_are_common_and_most_are_rare() -> None:
    book = build_name_book()
    pool = book.pools["british", "surname"]
    shares = pool.weights / pool.weights.sum()
    names = book.text[pool.codes]
    # en_GB has Smith at 1.15% of people.
    assert 0.008 < shares[names == "Smith"][0] < 0.02
    assert np.sort(shares)[: len(shares) // 2].sum() < 0.2


def test_polish_women_bear_the_feminine_form() -> None:
    book = build_name_book()
    code = {name: position for position, name in enumerate(book.text)}
    assert book.text[book.feminine[code["Kowalski"]]] == "Kowalska"
    assert book.text[book.feminine[code["Smith"]]] == "Smith"


def test_a_name_without_other_forms_stays_as_it_is() -> None:
    book = build_name_book()
    none = np.flatnonzero(book.nicknames.counts == 0)[:5].astype(np.int32)
    codes = np.r_[none, np.int32(-1)]
    chosen = book.nicknames.choose(np.random.default_rng(1), codes)
    assert chosen.tolist() == codes.tolist()


def test_couples_shares_give_back_the_childrens_shares() -> None:
    chances = load_synthetic_settings().families
    shares = surname_shares(chances)
    rest = 1 - shares.shared
    assert shares.fathers + shares.mothers + shares.both == pytest.approx(1)
    assert shares.shared + rest * shares.fathers == pytest.approx(0.65)
    assert shares.shared + rest * shares.mothers == pytest.approx(0.80)
    assert rest * shares.both == pytest.approx(0.06)
