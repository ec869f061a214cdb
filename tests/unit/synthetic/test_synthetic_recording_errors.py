"""What becomes of a true value when a clerk writes it down."""

from __future__ import annotations

import jellyfish
import numpy as np
import pandas as pd
import pytest

from pipeline.settings.synthetic import SyntheticSettings, load_synthetic_settings
from pipeline.synthetic.names import build_name_book
from pipeline.synthetic.naming import CULTURES
from pipeline.synthetic.recording_errors import (
    Clerk,
    NameChances,
    compose_dates,
    date_parts,
    date_texts,
    misspell,
)

NO_ERRORS = NameChances(nickname=0, typo=0, swapped=0, other=0)


@pytest.fixture(scope="module")
def settings() -> SyntheticSettings:
    return load_synthetic_settings()


def clerk(settings: SyntheticSettings, **rates: float) -> Clerk:
    """A clerk who makes no error but those asked for."""
    numbers = dict.fromkeys(type(settings.recording).model_fields, 0.0) | rates
    recording = type(settings.recording)(**numbers)
    rng = np.random.default_rng(3)
    return Clerk(rng, build_name_book(), recording, settings.cultures)


def british(count: int, **columns: int) -> pd.DataFrame:
    """People of one British name."""
    book = build_name_book()
    code = {name: position for position, name in enumerate(book.text)}
    return pd.DataFrame({
        "given": code["Elizabeth"], "middle": code["Anne"], "surname": code["Smith"],
        "barrel": -1, "previous_surname": -1, "culture": CULTURES.index("british"), "sex": "F",
        **columns,
    }, index=range(count))  # fmt: skip


def test_a_misspelling_is_one_slip_and_leaves_other_texts_alone() -> None:
    text = np.array(["Jonathan"] * 300 + ["Sarah", None, "B"], dtype=object)
    wrong = np.r_[np.ones(300, bool), [False, True, True]]
    misspell(np.random.default_rng(1), text, wrong)
    assert text[300:].tolist() == ["Sarah", None, "B"]
    distances = [jellyfish.damerau_levenshtein_distance("Jonathan", name) for name in text[:300]]
    assert max(distances) == 1
    # A letter may be replaced by itself, or two equal letters exchanged, but seldom.
    assert np.mean(distances) > 0.95


def test_without_errors_a_name_is_written_as_it_is(settings: SyntheticSettings) -> None:
    written = clerk(settings).names(british(2), NO_ERRORS)
    assert written["first_name"].tolist() == ["ELIZABETH"] * 2
    assert written["last_name"].tolist() == ["SMITH"] * 2


def test_a_short_form_is_one_that_the_name_has(settings: SyntheticSettings) -> None:
    chances = NameChances(nickname=1, typo=0, swapped=0, other=0)
    written = clerk(settings).names(british(50), chances)
    assert {"BETH", "LIZ"} <= set(written["first_name"]) <= {
        "BETTY", "LIBBY", "LIB", "LIZA", "BESS", "BETSY", "LISA", "LIZ", "BESSIE", "BETH", "ELIZA",
        "LIZZIE", "LIZZY",
    }  # fmt: skip
    assert set(written["last_name"]) == {"SMITH"}


def test_exchanged_names_stand_in_each_others_place(settings: SyntheticSettings) -> None:
    chances = NameChances(nickname=0, typo=0, swapped=1, other=0)
    written = clerk(settings).names(british(1), chances)
    assert written.loc[0, ["first_name", "last_name"]].tolist() == ["SMITH", "ELIZABETH"]


def test_names_are_cut_at_the_length_of_the_column(settings: SyntheticSettings) -> None:
    people = british(1, barrel=int(np.argmax([len(name) for name in build_name_book().text])))
    written = clerk(settings).names(people, NO_ERRORS)
    assert len(written.loc[0, "last_name"]) <= 35


def test_a_date_edit_changes_one_part_or_exchanges_day_and_month(
    settings: SyntheticSettings,
) -> None:
    true = np.full(500, np.datetime64("1987-03-09"))
    written = true.copy()
    clerk(settings, date_of_birth_day_month=0.5).edit_dates(written, np.ones(500, bool))
    assert (written != true).all()
    exchanged = written == np.datetime64("1987-09-03")
    year, month, day = date_parts(written)
    parts = (year != 1987).astype(int) + (month != 3) + (day != 9)
    assert (parts[~exchanged] == 1).all()
    assert 0.4 < exchanged.mean() < 0.6


def test_a_dummy_date_is_one_of_the_two_known_ones(settings: SyntheticSettings) -> None:
    true = np.full(40, np.datetime64("1987-03-09"))
    written = clerk(settings, date_of_birth_dummy=1).births(true)
    assert set(date_texts(written)) == {"1900-01-01", "1970-01-01"}


def test_first_of_january_keeps_the_year(settings: SyntheticSettings) -> None:
    true = np.array(["1987-03-09", "1990-12-31"], dtype="datetime64[D]")
    written = clerk(settings, date_of_birth_first_january=1).births(true)
    assert date_texts(written).tolist() == ["1987-01-01", "1990-01-01"]


def test_a_day_that_the_month_lacks_becomes_its_last() -> None:
    date = compose_dates(np.array([2023, 2024]), np.array([2, 2]), np.array([31, 30]))
    assert date_texts(date).tolist() == ["2023-02-28", "2024-02-29"]


def test_no_date_is_no_text() -> None:
    assert date_texts(np.array(["NaT"], dtype="datetime64[D]")).tolist() == [None]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("postcode_missing", {None}),
        ("postcode_partial", {"B12"}),
        ("postcode_format", {"b12 3ab", "B123AB", " B12 3AB "}),
    ],
)
def test_postcodes_as_typed(
    settings: SyntheticSettings, rate: str, expected: set[str | None]
) -> None:
    written = clerk(settings, **{rate: 1.0}).postcodes(np.full(60, "B12 3AB", dtype=object))
    assert set(written) == expected
