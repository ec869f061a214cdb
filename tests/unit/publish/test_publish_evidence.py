"""Evidence in plain words."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.contracts.family import BASES, CONFLICTS, EVIDENCE_CODES
from pipeline.publish.evidence import (
    CONFLICT_PHRASES,
    PHRASES,
    SOURCES,
    conflict_sentences,
    evidence_sentences,
    has_rival,
    seen_by_authority,
)


def test_every_code_that_a_link_may_carry_has_words() -> None:
    assert set(EVIDENCE_CODES) <= set(PHRASES)
    assert set(CONFLICTS) == set(CONFLICT_PHRASES)
    assert set(BASES) == set(SOURCES)


@pytest.mark.parametrize(
    ("basis", "codes", "words"),
    [
        ("declared_prison", "declared_name_agrees,same_postcode",
         "Named as a child in prison records. The child's name agrees, a postcode is shared."),
        ("visit+la_recorded", "",
         "Visited in prison; recorded with the child by this authority."),
        ("inferred", "a_new_code", "Found by comparing records. A new code."),
    ],
)  # fmt: skip
def test_evidence_is_a_sentence(basis: str, codes: str, words: str) -> None:
    assert evidence_sentences(pd.Series([basis]), pd.Series([codes])).to_list() == [words]


def test_no_conflict_is_null_and_rivals_are_seen() -> None:
    conflicts = pd.Series(["", "rival_child", "impossible_age_gap,rival_offender"])
    assert conflict_sentences(conflicts).to_list() == [
        None, "Another child fits as well.",
        "The age gap is impossible for a parent, another adult fits as well.",
    ]  # fmt: skip
    assert has_rival(conflicts).to_list() == [False, True, True]


def test_an_authority_reads_nothing_of_what_another_one_records() -> None:
    links = pd.DataFrame({
        "relationship_basis": ["declared_prison+la_recorded", "la_recorded", "la_recorded"],
        "evidence_summary": ["same_surname,recorded_name_agrees"] * 3,
        "conflicts": ["recorded_another_relationship"] * 3,
    })  # fmt: skip
    seen = seen_by_authority(links, pd.Series([False, False, True]))
    assert seen["relationship_basis"].to_list() == ["declared_prison", "inferred", "la_recorded"]
    assert seen["evidence_summary"].to_list()[:2] == ["same_surname"] * 2
    assert seen["conflicts"].to_list() == ["", "", "recorded_another_relationship"]
    assert seen["evidence_summary"][2] == links["evidence_summary"][2]
