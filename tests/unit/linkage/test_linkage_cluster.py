"""Groups of records are judged as wholes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.deciding.cluster import (
    ClusterRule,
    all_pairs,
    batches,
    bounded_components,
    cluster_records,
    copy_shares,
    have_common_partner,
    intraclass_correlation,
    learned_dependence,
)
from pipeline.linkage.deciding.merge import evidence_between, merge_groups, square

PRIOR, RHO = -10.0, 0.8
RULE = ClusterRule(log_prior=PRIOR, dependence=RHO, component_floor=0.1, max_component=50)


def judged(scores: list[float], shares: list[float]) -> tuple[list[int], list[float]]:
    size = len(shares)
    groups, odds = merge_groups(square(size, np.array(scores)), np.array(shares), PRIOR, RHO)
    return groups.tolist(), odds.tolist()


def test_one_pair_is_its_own_evidence() -> None:
    assert evidence_between(3.0, 1.0, 1.0, (PRIOR, RHO)) == pytest.approx(3.0)


def test_two_pairs_count_two_in_1_8() -> None:
    # Mean -1 is 9 above the prior; 2 / (1 + 0.8) · 9 - 10 = 0.
    assert evidence_between(-2.0, 2.0, 2.0, (PRIOR, RHO)) == pytest.approx(0.0)


def test_evidence_below_the_prior_gains_nothing_from_repetition() -> None:
    assert evidence_between(-40.0, 2.0, 2.0, (PRIOR, RHO)) == -20.0


def test_a_record_joins_a_group_that_it_resembles_as_a_whole() -> None:
    # The third record's pairs at -0.5 are each unlikely, together 2/1.8 · 9.5 - 10 = 0.56.
    groups, odds = judged([5.0, -0.5, -0.5], [1.0, 1.0, 1.0])
    assert groups == [0, 0, 0]
    assert odds == pytest.approx([5.0, 5 / 9, 5 / 9])


def test_exact_copies_count_as_one_record() -> None:
    groups, odds = judged([5.0, -0.5, -0.5], [0.5, 0.5, 1.0])
    assert groups == [0, 0, 2]
    assert odds == pytest.approx([5.0, -0.5, -0.5])


def test_a_chain_does_not_join_its_ends() -> None:
    # 0~1 and 1~2 are likely, 0 and 2 are plainly two people.
    groups, odds = judged([4.0, -30.0, 3.0], [1.0, 1.0, 1.0])
    assert groups == [0, 0, 2]
    assert odds[0] == 4.0
    assert odds[1] == pytest.approx(-30.0)  # its own evidence, which is less than the group's
    assert odds[2] == pytest.approx(-13.5)  # pulled down by its group: mean of -30 and 3


def test_clusters_cover_every_record_and_every_pair_within_components() -> None:
    scores = {(1, 3): 4.0, (3, 6): 3.0, (1, 6): 2.0}

    def score(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.array([scores.get(pair, -9.0) for pair in zip(left, right, strict=True)])

    pairs = (np.array([1, 3], np.int32), np.array([3, 6], np.int32))
    found = cluster_records(pairs, np.array([4.0, 3.0]), np.arange(8, dtype=np.int32), RULE, score)
    assert found.labels.tolist() == [0, 1, 2, 1, 4, 5, 1, 7]
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [
        (1, 3), (1, 6), (3, 6),
    ]  # fmt: skip
    assert found.oversized == 0


def test_a_component_too_large_is_cut_where_its_links_are_weakest() -> None:
    rule = ClusterRule(PRIOR, RHO, 0.1, max_component=2)
    left, right = np.array([0, 1, 2], np.int32), np.array([1, 2, 3], np.int32)
    components, oversized = bounded_components((left, right), np.array([6.0, -1.0, 6.0]), 4, rule)
    assert oversized == 0
    assert components[0] == components[1] != components[2] == components[3]


def test_a_component_that_stays_too_large_is_said_and_kept_whole() -> None:
    rule = ClusterRule(PRIOR, RHO, 0.1, max_component=2)
    pairs = (np.array([0, 1], np.int32), np.array([1, 2], np.int32))
    odds = np.array([20.0, 20.0])
    found = cluster_records(pairs, odds, np.arange(3, dtype=np.int32), rule, lambda a, b: odds)
    assert found.oversized == 1
    assert found.labels.tolist() == [0, 0, 0]
    assert len(found.left) == 0


def test_all_pairs_and_batches() -> None:
    members, starts = np.array([3, 5, 9, 0, 7], np.int32), np.array([0, 3, 5])
    left, right = all_pairs(members, starts)
    assert left.tolist() == [3, 3, 5, 0]
    assert right.tolist() == [5, 9, 9, 7]
    assert batches(np.array([0, 3, 5])) == [(0, 2)]
    assert batches(np.array([0])) == []
    assert batches(np.array([0, 2_500, 5_000])) == [(0, 1), (1, 2)]


def test_copies_share_one_vote_within_a_component_only() -> None:
    components = np.array([0, 0, 0, 1], np.int32)
    assert copy_shares(components, np.array([4, 4, 5, 4], np.int32)).tolist() == [0.5, 0.5, 1, 1]


def test_intraclass_correlation_by_hand() -> None:
    # Groups {1, 3} and {5, 7}: between 16, within 2, so (16 - 2) / (16 + 2).
    found = intraclass_correlation(np.array([0, 0, 1, 1], np.int32), np.array([1.0, 3, 5, 7]))
    assert found == pytest.approx(14 / 18)


def test_with_nothing_to_learn_from_dependence_is_belief() -> None:
    nothing = (np.empty(0, np.int32), np.empty(0, np.int32))
    found = learned_dependence(nothing, np.empty(0), np.arange(3, dtype=np.int32))
    assert found == pytest.approx(0.8)


def test_a_false_third_record_says_nothing_of_dependence() -> None:
    """Persons recorded twice, each pair surer than the third record that resembles both."""
    first = np.arange(0, 300, 3, dtype=np.int32)
    left = np.concatenate([first, first, first + 1])
    right = np.concatenate([first + 1, first + 2, first + 2])
    odds = np.concatenate([np.full(100, 15.0), np.full(100, 3.5), np.full(100, 3.5)])
    believed = learned_dependence((left[:0], right[:0]), odds[:0], np.arange(300, dtype=np.int32))
    found = learned_dependence((left, right), odds, np.arange(300, dtype=np.int32))
    assert found == believed == pytest.approx(0.8)


def test_pairs_without_a_common_partner_are_not_asked() -> None:
    found = have_common_partner(
        np.array([0, 0, 1, 3], np.int32), np.array([1, 2, 2, 4], np.int32), 5
    )
    assert found.tolist() == [True, True, True, False]
