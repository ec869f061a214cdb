"""Labelled pairs beside candidates: membership by hand, and what it does to counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import linked_tables

from pipeline.linkage.learning.classes import CountedLevels, Population
from pipeline.linkage.learning.gather import gather
from pipeline.linkage.learning.labels import read_labels
from pipeline.linkage.learning.lessons import LabelledPairs, Lessons, labelled_pairs, with_match
from pipeline.linkage.learning.refine import expected_matches
from pipeline.linkage.learning.score import Candidates, Scores
from pipeline.linkage.method import WHOLE_METHOD
from pipeline.linkage.person_spec import default_person_spec
from pipeline.linkage.settings import LinkageSettings

LEVELS = np.array([[1, 1], [1, 0]], np.int8)


def scores(match: list[float], home: list[float]) -> Scores:
    nothing = np.zeros(len(match))
    population = Population(pairs=100.0, matches=1.0, households=1.0)
    return Scores(nothing, nothing, np.array(match), np.array(home), population, {})


def candidates() -> Candidates:
    """Three pairs, (0, 0), (0, 1) and (2, 1); the last has the second pattern."""
    return Candidates(
        left=np.array([0, 0, 2], np.int32),
        right=np.array([0, 1, 1], np.int32),
        rules=np.zeros(3, np.uint64),
        pattern=np.array([0, 0, 1], np.int32),
        levels=LEVELS,
        values={},
        rest=CountedLevels(LEVELS[:0], np.zeros(0)),
        affinity=np.zeros(3),
        chances={},
        method=WHOLE_METHOD,
    )


def labelled(*pairs: tuple[int, int, float]) -> LabelledPairs:
    left, right, match = zip(*pairs, strict=True)
    levels = np.full((len(pairs), 2), -1, np.int8)
    return LabelledPairs(np.array(left, np.int32), np.array(right, np.int32), np.array(match),
                         np.ones(len(pairs)), levels)  # fmt: skip


def test_other_classes_share_what_a_match_leaves_as_they_did_before() -> None:
    told = with_match(scores([0.5, 0.9, 1.0], [0.3, 0.1, 0.0]), np.array([0.0, 0.8, 0.5]))
    assert told.match.tolist() == [0.0, 0.8, 0.5]
    assert told.home == pytest.approx([0.6, 0.2, 0.0])


def test_a_labelled_candidate_is_what_its_label_says_and_others_stay() -> None:
    lessons = Lessons.beside(labelled((0, 1, 1.0), (2, 1, 0.0)), candidates(), 2)
    told = lessons.told(scores([0.2, 0.4, 0.5], [0.1, 0.3, 0.1]))
    assert told.match.tolist() == [0.2, 1.0, 0.0]
    assert told.home == pytest.approx([0.1, 0.0, 0.2])


def test_a_labelled_pair_that_is_no_candidate_stands_at_the_end_of_the_patterns() -> None:
    lessons = Lessons.beside(labelled((0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.0)), candidates(), 2)
    assert lessons.row.tolist() == [1, -1, -1]
    told = lessons.told(scores([0.25, 0.5, 0.5], [0.0, 0.0, 0.0]))
    levels, matches = expected_matches(candidates(), told, lessons)
    assert levels.tolist() == [[1, 1], [1, 0], [-1, -1], [-1, -1]]
    assert matches.tolist() == [1.25, 0.5, 1.0, 0.0]


def test_without_labels_patterns_are_those_of_the_candidates() -> None:
    levels, matches = expected_matches(candidates(), scores([0.25, 0.5, 0.5], [0.0] * 3), None)
    assert levels is LEVELS
    assert matches.tolist() == [0.75, 0.5]


def test_too_few_labels_leave_the_other_candidates_alone() -> None:
    lessons = Lessons.beside(labelled((0, 1, 1.0)), candidates(), 2)
    before = scores([0.2, 0.4, 0.5], [0.1, 0.3, 0.1])
    assert lessons.calibrated(before) is before


def test_labels_become_pairs_of_record_numbers_in_one_order_with_repeats_as_one() -> None:
    left, right = linked_tables(60, seed=1)
    table = pa.concat_tables([left, right])
    spec = default_person_spec(table.column_names)
    gathered = gather(table, None, spec, LinkageSettings(random_pairs=2_000))
    ids = gathered.encoded.left_ids
    rows = [(5, 3, True, 1.0), (0, 9, False, 2.0), (3, 5, True, 4.0)]
    one, other, is_match, weight = zip(*rows, strict=True)
    given = pa.table({"record_id_l": ids.take(pa.array(one)), "record_id_r": ids.take(
        pa.array(other)), "is_match": is_match, "weight": weight})  # fmt: skip
    for labels in (given, given.take([2, 1, 0])):
        found = labelled_pairs(read_labels(labels, ids, None), gathered, 2)
        assert list(zip(found.left, found.right, strict=True)) == [(0, 9), (3, 5)]
        assert found.match.tolist() == [0.0, 1.0]
        assert found.weight.tolist() == [2.0, 2.5]
        assert found.levels.shape == (2, len(spec.comparisons))
