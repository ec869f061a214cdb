"""Every guard rail speaks where it should, says what to do, and is silent on good data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hard_people import BRITISH, two_files
from linkage_people import linked_tables, numbered, people, table

from pipeline.linkage import LinkageSettings, default_person_spec, link
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.learning.checks import runaway, swapped, untrained
from pipeline.linkage.learning.classes import ClassProbabilities, Population
from pipeline.linkage.learning.estimate import Estimate

SETTINGS = LinkageSettings(random_pairs=50_000)
LEFT, RIGHT = linked_tables(1_000, seed=61)
ENCODED = encode(LEFT, RIGHT, default_person_spec(LEFT.column_names))


def said(left: pa.Table, right: pa.Table, settings: LinkageSettings = SETTINGS) -> str:
    return "\n".join(link(left, right, settings=settings).warnings)


def test_good_data_is_met_with_silence() -> None:
    families = two_files(BRITISH, 1_500, seed=4)
    for left, right in ((LEFT, RIGHT), (families.left, families.right)):
        assert link(left, right, settings=SETTINGS).model.warnings == ()


def test_an_estimate_cut_short_is_not_published() -> None:
    hasty = replace(SETTINGS, max_iterations=5, tolerance=1e-9, refine_rounds=1)
    assert "did not converge" in said(LEFT, RIGHT, hasty)
    assert not link(LEFT, RIGHT, settings=hasty).model.converged


def test_a_column_that_copies_another_is_named() -> None:
    twice = [t.append_column("postal_code", t["postcode"]) for t in (LEFT, RIGHT)]
    text = said(*twice, replace(SETTINGS, exact=("postal_code",)))
    assert "'postcode' and 'postal_code' are copies of one another" in text
    assert "leave one out" in text


def test_tables_that_do_not_overlap_are_said_to() -> None:
    apart = [table(people(800, seed), numbered(side, 800)) for side, seed in (("l", 1), ("r", 2))]
    assert "hardly any matches are expected" in said(*apart)


def test_a_handful_of_records_teaches_nothing_and_says_so() -> None:
    assert "too few candidate pairs to learn from" in said(LEFT.slice(0, 12), RIGHT.slice(0, 12))


def estimate(given_disagrees: float, matches: float) -> Estimate:
    """An estimate of the tables with these two numbers planted."""
    width = 9
    m, trained = np.full((5, width), 1 / width), np.full((5, width), 100.0)
    m[0] = (1 - given_disagrees) / (width - 1)
    m[0, 0] = given_disagrees
    trained[2] = 0.1
    classes = ClassProbabilities(m, m, m)
    return Estimate(classes, Population(1e6, matches, 0.0), 10, True, trained)


@pytest.mark.parametrize(("disagrees", "warnings"), [(0.25, 1), (0.23, 0), (0.1, 0)])
def test_classes_that_changed_places_are_noticed(disagrees: float, warnings: int) -> None:
    found = swapped(ENCODED, estimate(disagrees, 500))
    assert len(found) == warnings
    assert all("'given_name': supposed matches would disagree more often" in text for text in found)


@pytest.mark.parametrize(("matches", "warnings"), [(80_000.0, 1), (900.0, 0)])
def test_a_prior_that_runs_away_is_noticed(matches: float, warnings: int) -> None:
    assert len(runaway(ENCODED, estimate(0.1, matches))) == warnings


def test_a_comparison_that_no_match_taught_is_named() -> None:
    (text,) = untrained(ENCODED, estimate(0.1, 500))
    assert "'date_of_birth' was never trained" in text
    assert "leave it out" in text


def test_columns_that_a_household_shares_do_not_make_a_person() -> None:
    families = two_files(BRITISH, 1_000, seed=5)
    shared = [side.select(["record_id", "surname", "postcode"])
              for side in (families.left, families.right)]  # fmt: skip
    assert "no column tells the people of one household apart" in said(*shared)
