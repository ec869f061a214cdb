"""Pairs that look like matches, seen and expected, with answers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hard_people import BRITISH, two_files

from pipeline.linkage import FIT_SCHEMA, LinkageSettings, LinkResult, link
from pipeline.linkage.deciding.fit import fit_warnings

SETTINGS = LinkageSettings(random_pairs=200_000)


def fit(likely: float, expected: float) -> pa.Table:
    row = {"rule": "", "likely_pairs": likely, "expected_pairs": expected, "expected_matches": 1.0}
    return pa.Table.from_pylist([row], FIT_SCHEMA)


@pytest.mark.parametrize(
    ("likely", "expected", "warns"),
    [(300, 100, True), (149, 100, False), (99, 10, False), (0, 0, False)],
    ids=["three times as many", "half as many again", "too few to tell", "none"],
)
def test_far_more_likely_pairs_than_expected_are_noticed(
    likely: float, expected: float, warns: bool
) -> None:
    found = fit_warnings(fit(likely, expected))
    assert len(found) == warns
    assert all(f"{likely:,} pairs look like matches" in text for text in found)


@pytest.fixture(scope="module", name="linked")
def _linked() -> LinkResult:
    files = two_files(BRITISH, 2_000, 1)
    return link(files.left, files.right, settings=SETTINGS)


def test_a_model_of_its_own_kind_of_data_expects_what_it_sees(linked: LinkResult) -> None:
    everything = linked.fit.slice(0, 1).to_pylist()[0]
    assert everything["rule"] == ""
    assert everything["likely_pairs"] == pytest.approx(everything["expected_matches"], rel=0.03)
    assert everything["expected_pairs"] == pytest.approx(everything["likely_pairs"], rel=0.25)


def test_every_rule_has_a_row_and_none_more_pairs_than_all(linked: LinkResult) -> None:
    rows = linked.fit.to_pylist()
    used = linked.block_report.filter(pc.is_valid(linked.block_report["only_pairs"]))
    assert {row["rule"] for row in rows[1:]} == set(used["rule"].to_pylist())
    assert max(row["likely_pairs"] for row in rows[1:]) <= rows[0]["likely_pairs"]


def test_a_model_of_other_people_is_found_out(linked: LinkResult) -> None:
    """A model that takes agreement for next to impossible sees far more of it than it expects."""
    files = two_files(BRITISH, 2_000, 2)
    learned = linked.model
    m = learned.probabilities.m.copy()
    m[:2, 5] /= 50
    odd = replace(learned, probabilities=replace(learned.probabilities, m=m))
    found = link(files.left, files.right, settings=SETTINGS, model=odd)
    assert [text for text in found.warnings if "look like matches" in text]
