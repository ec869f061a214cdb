"""Suppliers' words and directions: each says what the related person is to the child."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.contracts.stages import RELATIONSHIPS
from pipeline.ingest.relationship_words import PHRASES, VOCABULARIES, related_is
from pipeline.ingest.relationships import Words, directed

CHILDREN, ADULTS = pa.array(["C1", "C2", "M"]), pa.array(["P1"])

CASES = [
    # person, related, word, vocabulary -> child, related, relationship
    ("C1", "P1", "Mother", "plain", ("C1", "P1", "parent")),
    ("P1", "C1", "Mother", "eclipse", ("C1", "P1", "parent")),
    ("P1", "C1", "Mother : Child", "mosaic", ("C1", "P1", "parent")),
    ("C1", "P1", "Child : Mother", "mosaic", ("C1", "P1", "parent")),
    ("P1", "C1", "Step Father : Step Son", "mosaic", ("C1", "P1", "step_parent")),
    ("P1", "C1", "Step Father : Son", "mosaic", ("C1", "P1", "step_parent")),
    ("P1", "C1", "Grandmother : Granddaughter", "mosaic", ("C1", "P1", "grandparent")),
    ("P1", "C1", "Main Carer : Child", "mosaic", ("C1", "P1", "carer")),
    ("P1", "C1", "Aunt : Niece", "mosaic", ("C1", "P1", "other")),
    ("P1", "C1", "CHI", "liquidlogic", ("C1", "P1", "parent")),
    ("C1", "P1", "CHI", "liquidlogic", ("C1", "P1", "parent")),
    ("C1", "C2", "Half-brother", "plain", ("C1", "C2", "sibling")),
    # A mother who is herself a child of the extract: only the word can tell.
    ("M", "C1", "CHI", "liquidlogic", ("C1", "M", "parent")),
    ("C1", "M", "PAR", "liquidlogic", ("C1", "M", "parent")),
    ("M", "C1", "Mother : Daughter", "mosaic", ("C1", "M", "parent")),
    ("C1", "M", "Mother", "eclipse", ("C1", "M", "parent")),
    ("C1", "P1", "Birth mother", "plain", ("C1", "P1", "parent")),
    ("C1", "P1", "MGM", "plain", ("C1", "P1", "grandparent")),
    ("P1", "C1", "Uncle : Nephew", "mosaic", ("C1", "P1", "other")),
    ("P1", "C1", "Friend : Child", "mosaic", ("C1", "P1", "other")),
    ("P1", "C1", "Foster Child", "plain", ("C1", "P1", "carer")),
    ("C1", "P1", "Household member", "plain", ("C1", "P1", "other")),
    ("P1", "C1", "Blorp : Child", "mosaic", ("C1", "P1", "unknown")),
    ("C1", "P1", "Blorp", "plain", ("C1", "P1", "unknown")),
    ("C1", "P1", "QQ", "plain", ("C1", "P1", "carer")),
]


@pytest.mark.parametrize(("person", "related", "word", "vocabulary", "expected"), CASES)
def test_relationship_is_read_from_the_childs_side(
    person: str, related: str, word: str, vocabulary: str, expected: tuple[str, str, str]
) -> None:
    table = pa.table(
        {"person_id": [person], "related_person_id": [related], "relationship": [word]}
    )
    found = directed(table, CHILDREN, ADULTS, Words(vocabulary, {"qq": "carer"}))
    row = found.table.to_pylist()[0]
    assert (row["person_id"], row["related_person_id"], row["relationship"]) == expected
    assert found.is_unknown.tolist() == [expected[2] == "unknown"]


def test_own_words_come_before_shipped_ones() -> None:
    assert related_is("Mother", "plain", {"MOTHER ": "step_parent"}) == "step_parent"


def test_every_vocabulary_speaks_the_products_words() -> None:
    words = {*PHRASES.values(), *(kind for own in VOCABULARIES.values() for kind in own.values())}
    assert words <= set(RELATIONSHIPS)
