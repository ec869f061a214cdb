from itertools import combinations

import numpy as np
import pytest

from pipeline.people.clusters import Ties, cluster_records, weakest_links


def ties(pairs, never=()):
    """Ties of `(a, b, bits)`: 4 bits join, 0 bits stand together, `never` may not."""
    left, right, bits = (np.array(side) for side in zip(*pairs, strict=True))
    stands = np.array([(a, b) not in never and w >= 0 for a, b, w in pairs])
    return Ties(left, right, bits.astype(float), bits >= 4, stands)


def clusters(pairs, n_records, never=()):
    return cluster_records(ties(pairs, never), n_records).tolist()


def test_a_sure_pair_is_one_person():
    assert clusters([(0, 1, 9)], 3) == [0, 0, 2]


def test_a_pair_in_the_gap_is_not_joined():
    assert clusters([(0, 1, 2)], 2) == [0, 1]


def test_a_pair_in_the_gap_stands_where_others_join_it():
    assert clusters([(0, 1, 9), (1, 2, 9), (0, 2, 1)], 3) == [0, 0, 0]


def test_a_pair_too_unlike_breaks_the_weakest_link():
    assert clusters([(0, 1, 9), (1, 2, 5), (0, 2, -3)], 3) == [0, 0, 2]


def test_two_records_that_were_never_compared_do_not_stand_together():
    assert clusters([(0, 1, 5), (1, 2, 9)], 3) == [0, 1, 1]


def test_a_guarded_pair_is_kept_apart_however_sure():
    assert clusters([(0, 1, 30)], 2, never=[(0, 1)]) == [0, 1]


def test_a_record_goes_with_the_surer_of_two_who_exclude_each_other():
    pairs = [(0, 2, 12), (1, 2, 15), (0, 1, 20)]
    assert clusters(pairs, 3, never=[(0, 1)]) == [0, 1, 1]


def test_of_two_equally_sure_links_the_smaller_records_win():
    pairs = [(0, 1, 9), (1, 2, 9)]
    assert clusters(pairs, 3) == [0, 0, 2]


def test_two_parts_join_only_if_every_record_stands_with_every_other():
    pairs = [(0, 1, 20), (2, 3, 20), (1, 2, 10), (0, 2, 5), (0, 3, 5), (1, 3, 5)]
    assert clusters(pairs, 4) == [0, 0, 0, 0]
    assert clusters(pairs, 4, never=[(0, 3)]) == [0, 0, 2, 2]


def test_a_broken_component_leaves_others_alone():
    pairs = [(0, 1, 9), (1, 2, 5), (3, 4, 9), (4, 5, 9), (3, 5, 9)]
    assert clusters(pairs, 6) == [0, 0, 2, 3, 3, 3]


def test_no_pairs_no_clusters():
    nobody = np.empty(0, np.int64)
    none = Ties(nobody, nobody, nobody.astype(float), nobody > 0, nobody > 0)
    assert cluster_records(none, 2).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_no_cluster_ever_holds_two_records_that_may_not_stand_together(seed):
    rng = np.random.default_rng(seed)
    n = 12
    pairs = [(a, b, float(rng.normal(3, 6))) for a, b in combinations(range(n), 2)
             if rng.random() < 0.5]  # fmt: skip
    never = [(a, b) for a, b, _ in pairs if rng.random() < 0.1]
    found = ties(pairs, never)
    labels = cluster_records(found, n)
    allowed = {(a, b) for a, b, keep in zip(found.left, found.right, found.stands, strict=True)
               if keep}  # fmt: skip
    for a, b in combinations(range(n), 2):
        assert labels[a] != labels[b] or (a, b) in allowed


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_pairs_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    pairs = [(a, b, float(rng.integers(-3, 12))) for a, b in combinations(range(9), 2)
             if rng.random() < 0.6]  # fmt: skip
    shuffled = [pairs[place] for place in rng.permutation(len(pairs))]
    assert clusters(pairs, 9) == clusters(shuffled, 9)


def test_the_weakest_link_of_a_chain_holds_it_together():
    found = ties([(0, 1, 9), (1, 2, 6), (0, 2, 1)])
    labels = np.array([0, 0, 0, 3])
    assert weakest_links(found, labels)[:3].tolist() == pytest.approx([6, 6, 6])
    assert np.isnan(weakest_links(found, labels)[3])


def test_a_third_record_that_resembles_both_makes_them_surer():
    found = ties([(0, 1, 2), (0, 2, 9), (1, 2, 9)])
    assert weakest_links(found, np.zeros(3, np.int64)).tolist() == pytest.approx([9, 9, 9])


def test_links_between_clusters_do_not_count():
    found = ties([(0, 1, 7), (2, 3, 8), (1, 2, 3)])
    labels = np.array([0, 0, 2, 2])
    assert weakest_links(found, labels).tolist() == pytest.approx([7, 7, 8, 8])
