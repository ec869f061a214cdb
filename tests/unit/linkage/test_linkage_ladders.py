"""Levels that a user lists: how they are read, what they find, what they believe at the start."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jellyfish
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SpecError
from pipeline.linkage.comparing.compare import compare_pairs, layout_of, unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.ladders import Condition, Ladder, Operand, parse_level
from pipeline.linkage.linking import dedupe
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import Comparison, LinkageSpec, spec_from_mapping

NAME = Operand("name")
WORDS = st.text("abcdeé ß", min_size=1, max_size=9).map(str.strip).filter(bool)


def ladder(column: str, *rungs: str, **options: object) -> Comparison:
    return Comparison(column, "levels", column, ladder=Ladder(column, rungs, **options))  # type: ignore[arg-type]


def levels(left: dict, right: dict, *comparisons: Comparison) -> list[list[int]]:
    """Levels of each left record with the right record of its row, by comparison."""
    tables = []
    for side in (left, right):
        columns = {name: pa.array(values) for name, values in side.items()}
        n = len(next(iter(columns.values())))
        tables.append(pa.table({"record_id": pa.array(range(n)), **columns}))
    spec = LinkageSpec(comparisons, ())
    encoded = encode(*tables, spec, is_selective=False)
    rows = np.arange(tables[0].num_rows, dtype=np.int32)
    layout = layout_of(encoded.spec)
    return unpack(compare_pairs(encoded, rows, rows, layout), layout).T.tolist()


def of_values(left: list, right: list, *rungs: str, **options: object) -> list[int]:
    return levels({"name": left}, {"name": right}, ladder("name", *rungs, **options))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exact", (Condition("exact", NAME, NAME),)),
        ("jaro_winkler >= 0.92", (Condition("jaro_winkler", NAME, NAME, 0.92),)),
        ("months <= 2", (Condition("days", NAME, NAME, 60.875),)),
        (
            "exact(other) and not missing or exact(.first3)",
            (
                Condition("exact", Operand("other"), Operand("other")),
                Condition("missing", NAME, NAME),
                "not",
                "and",
                Condition("exact", Operand("name", "first3"), Operand("name", "first3")),
                "or",
            ),
        ),
        (
            "exact(a, b.lower) and (exact or levenshtein <= 1)",
            (
                Condition("exact", Operand("a"), Operand("b", "lower")),
                Condition("exact", NAME, NAME),
                Condition("levenshtein", NAME, NAME, 1.0),
                "or",
                "and",
            ),
        ),
    ],
)
def test_a_level_reads_as_written(text: str, expected: tuple) -> None:
    assert parse_level(text, "name") == expected


@pytest.mark.parametrize(
    "text",
    ["", "exct", "jaro_winkler", "jaro_winkler <= 0.9", "levenshtein >= 1", "exact exact", "(exact",
     "exact(", "exact(a.first)", "exact and", "levenshtein <= x", "not"],
)  # fmt: skip
def test_a_level_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse_level(text, "name")


def test_text_is_compared_as_given() -> None:
    found = of_values(["Ann", "Ann", " Ann ", ""], ["Ann", "ann", "Ann", "Ann"], "exact")
    assert found == [1, 0, 1, -1]


def test_text_may_be_cleaned_as_a_kind() -> None:
    assert of_values(["O'Neill"], ["oneill"], "exact", clean_as="surname") == [1]


def test_the_first_level_that_holds_counts() -> None:
    # Jaro-Winkler of MARTHA and MARHTA is .9611, of DWAYNE and DUANE .84, of AB and XY 0.
    rungs = ("exact", "jaro_winkler >= 0.92", "jaro_winkler >= 0.8")
    left, right = ["MARTHA"] * 2 + ["DWAYNE", "AB", None], ["MARTHA", "MARHTA", "DUANE", "XY", "A"]
    assert of_values(left, right, *rungs) == [3, 2, 1, 0, -1]


def test_strict_bounds_leave_out_the_bound() -> None:
    assert of_values(["ab"], ["ac"], "levenshtein < 1") == [0]
    assert of_values(["ab"], ["ac"], "levenshtein < 2") == [1]


def test_dates_by_days_and_months() -> None:
    rungs = ("days <= 1", "months <= 1", "years <= 1")
    left = ["2020-01-31"] * 4 + ["2020-02-30"]
    right = ["2020-02-01", "2020-03-01", "2021-01-30", "2021-02-01", "2020-02-28"]
    # 1, 30 and 365 days; 367 is more than a year; 30 February is no date.
    assert of_values(left, right, *rungs) == [3, 2, 1, 0, 0]


def test_numbers_by_difference() -> None:
    assert of_values(["10", "10", "ten"], ["12.5", "13", "10"], "difference <= 2.5") == [1, 0, 0]


def test_jaccard_is_of_sets_of_letters() -> None:
    # {a, b} and {a, b, c} share two of three letters.
    assert of_values(["aab"], ["abc"], "jaccard >= 0.66") == [1]
    assert of_values(["aab"], ["abc"], "jaccard >= 0.67") == [0]


def test_phonetic_codes_and_first_letters_of_text_as_given() -> None:
    found = of_values(["Smith", "Robert", "Ann"], ["SMYTH", "Rupert", "Bob"], "exact(.soundex)")
    assert found == [1, 1, 0]
    assert of_values(["Roberta"], ["Robin"], "exact(.first3)") == [1]
    assert of_values(["1990-02-03"], ["1990-12-31"], "exact(.year)") == [1]


def test_columns_are_compared_crosswise() -> None:
    both = ladder(
        "given",
        "exact and exact(family)",
        "exact(given, family) and exact(family, given)",
        null="missing and missing(family)",
    )
    left = {"given": ["Ann", "Ann", "Ann", None], "family": ["Lee", "Lee", "Lee", None]}
    right = {"given": ["Ann", "Lee", None, "Ann"], "family": ["Lee", "Ann", "Lee", "Lee"]}
    assert levels(left, right, both) == [[2, 1, 0, -1]]


def test_unknown_is_neither_true_nor_false() -> None:
    # The other column is missing: `not exact(other)` is unknown, `not missing(other)` is false.
    left, right = {"name": ["a"], "other": ["x"]}, {"name": ["b"], "other": [None]}
    assert levels(left, right, ladder("name", "not exact(other)")) == [[0]]
    assert levels(left, right, ladder("name", "not missing(other)")) == [[0]]
    assert levels(left, right, ladder("name", "not exact or exact(other)")) == [[1]]


def test_of_lists_some_value_must_agree_and_shared_values_are_counted() -> None:
    rungs = ("shared >= 2", "exact", "levenshtein <= 1")
    left = [["ann", "bea"], ["ann", "bea"], ["ann"], ["ann"], []]
    right = [["bea", "ann", "cat"], ["ann", "dot"], ["dot", "anne"], ["dot"], ["ann"]]
    assert of_values(left, right, *rungs) == [3, 2, 1, 0, -1]


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20), st.booleans())
def test_measures_equal_jellyfish(pairs: list[tuple[str, str]], is_bytewise: bool) -> None:
    bounds = (0.95, 0.9, 0.8, 0.5)
    left, right = [list(side) for side in zip(*pairs, strict=True)]
    for measure, function in {
        "jaro_winkler": jellyfish.jaro_winkler_similarity,
        "jaro": jellyfish.jaro_similarity,
        "levenshtein": lambda a, b: -jellyfish.levenshtein_distance(a, b),
        "damerau_levenshtein": lambda a, b: -jellyfish.damerau_levenshtein_distance(a, b),
    }.items():
        is_edits = "levenshtein" in measure
        wanted = (-1.0, -2.0, -4.0, -6.0) if is_edits else bounds
        relation = "<=" if is_edits else ">="
        rungs = [f"{measure} {relation} {abs(bound):g}" for bound in wanted]
        found = of_values(left, right, *rungs, is_bytewise=is_bytewise)
        for a, b, level in zip(left, right, found, strict=True):
            a, b = sorted([a, b], key=lambda text: text.encode())
            if is_bytewise:
                a, b = a.encode().decode("latin-1"), b.encode().decode("latin-1")
            value = function(a, b)
            assert level == sum(value >= bound for bound in wanted)


def test_levels_are_remembered_by_ladder() -> None:
    """Two ladders over one column, whose values come again and again, do not mix."""
    many = {"name": ["martha", "dwayne"] * 20}
    other = {"name": ["marhta", "duane"] * 20}
    strict = ladder("name", "jaro_winkler >= 0.95")
    loose = Comparison("loose", "levels", "name", ladder=Ladder("name", ("jaro_winkler >= 0.8",)))
    assert levels(many, other, strict, loose) == [[1, 0] * 20, [1, 1] * 20]


def test_start_values_go_by_position() -> None:
    found = Ladder("name", ("exact", "levenshtein <= 1", "levenshtein <= 2")).definition
    assert found.levels == ("different", "levenshtein <= 2", "levenshtein <= 1", "exact")
    assert found.m_start == pytest.approx((0.05, 0.05, 0.1, 0.8))
    assert (found.exact_level, found.near_level, found.is_exact_all_equal) == (3, 2, True)


def test_value_frequencies_tell_only_of_a_top_level_of_equal_values() -> None:
    assert not Ladder("name", ("exact and exact(b)", "exact")).definition.is_exact_all_equal
    assert Ladder("name", ("levenshtein <= 1", "exact")).definition.exact_level == 1


@pytest.mark.parametrize(
    "options",
    [{"household": "cousin"}, {"null": "void"}, {"rungs": ()},
     {"rungs": ("levenshtein <= 1",), "term_frequency": True}],
)  # fmt: skip
def test_a_ladder_that_contradicts_itself_is_refused(options: dict) -> None:
    with pytest.raises(SpecError):
        Ladder(**{"column": "name", "rungs": ("exact",), **options})


def test_a_specification_lists_levels() -> None:
    document = {
        "comparison": [
            {"column": "name", "kind": "levels", "levels": ["exact", "jaro >= 0.9"],
             "term_frequency": True, "household": "shared"},
            {"name": "born", "column": "born", "kind": "levels", "levels": ["exact", "years <= 1"]},
        ],
        "blocking_rule": [{"key": "name.first2 + born.year"}],
    }  # fmt: skip
    spec = spec_from_mapping(document, "here")
    assert spec.comparison("name").definition.household.is_shared
    people = pa.table(
        {
            "record_id": ["a", "b", "c", "d"],
            "name": ["Anna", "Anne", "Anna", "Bob"],
            "born": ["1990-01-02", "1990-01-02", "1991-03-04", "1990-01-02"],
        }
    )
    found = dedupe(people, spec, LinkageSettings(threshold=0.0)).pairs
    assert found["record_id_l"].to_pylist() == ["a"]
    assert found["level_born"].to_pylist() == [2]


@pytest.mark.parametrize("entry", [{"kind": "levels"}, {"kind": "exact", "levels": ["exact"]}])
def test_levels_and_their_kind_go_together(entry: dict) -> None:
    with pytest.raises(SpecError):
        spec_from_mapping({"comparison": [{"column": "name", **entry}]}, "here")


def test_the_guide_shows_a_specification_that_can_be_read() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "splink.md").read_text(encoding="utf-8")
    example = guide.split("```toml\n")[1].split("```")[0]
    spec = spec_from_mapping(tomllib.loads(example), "the guide")
    assert spec.comparison("names").columns == ("given_name", "surname")
