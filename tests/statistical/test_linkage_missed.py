"""The estimate of what blocking misses against planted truth."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import joined, linked_tables, numbered, people, rows, table, with_errors

from pipeline.linkage import LinkageSpec, link
from pipeline.linkage.learning.missed import (
    BlockingRecall,
    FoundMatches,
    estimate_recall,
    log_interval,
)
from pipeline.linkage.linking import report_blocking
from pipeline.linkage.spec import Comparison, RuleFamily

FIELDS = ("born", "given", "place", "surname")
PARTS = tuple((field, part) for field in FIELDS for part in ("begins", "whole"))
RULES = ((1, 3), (1, 6), (2, 7), (3, 4, 6), (0, 5, 7))
"""Each rule reads two or three fields, whole or their beginning; none is read by all."""
GROUPS = 20


def drawn(matches: int, classes: list[tuple[float, float]], seed: int) -> tuple[FoundMatches, int]:
    """Matches whose fields are whole, only alike, or different; those that no rule makes are lost.

    Args:
        matches: How many there are.
        classes: Share of each class and its rate of slips in every field.
        seed: Of the draw.
    """
    rng = np.random.default_rng(seed)
    shares = np.array([share for share, _ in classes])
    rate = np.array([rate for _, rate in classes])[rng.choice(len(classes), matches, p=shares)]
    slips = rng.random((matches, len(FIELDS))) < rate[:, None]
    alike = ~slips | (rng.random(slips.shape) < 0.4)
    shared = np.stack([alike, ~slips], axis=2).reshape(matches, len(PARTS))
    caught = np.any([shared[:, list(rule)].all(axis=1) for rule in RULES], axis=0)
    kinds, which = np.unique(shared[caught], axis=0, return_inverse=True)
    counts = np.zeros((len(kinds), GROUPS))
    np.add.at(counts, (which.reshape(-1), rng.integers(0, GROUPS, caught.sum())), 1.0)
    return FoundMatches(PARTS, kinds, counts, RULES), int((~caught).sum())


def is_inside(found: BlockingRecall, missed: int) -> bool:
    assert found.missed_low is not None
    assert found.missed_high is not None
    return found.missed_low <= missed <= found.missed_high


WORLDS = {
    "independent slips": ([(1.0, 0.25)], 0.02),
    "hardly any slips": ([(1.0, 0.03)], 0.002),
    "one clerk in five careless": ([(0.8, 0.1), (0.2, 0.5)], 0.06),
    "three kinds of clerk": ([(0.5, 0.05), (0.3, 0.25), (0.2, 0.5)], 0.06),
}
"""Classes, and how far from the truth recall may be: who is careless is hard to tell from the found
alone, since the careless clerk's matches are the ones that were lost."""


@pytest.mark.parametrize("world", WORLDS)
def test_recall_is_near_the_truth(world: str) -> None:
    classes, band = WORLDS[world]
    for seed in range(3):
        found, missed = drawn(5_000, classes, seed)
        assert estimate_recall(found).recall == pytest.approx(1 - missed / 5_000, abs=band)


@pytest.mark.parametrize("world", ["independent slips", "one clerk in five careless"])
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(world: str) -> None:
    inside = [
        is_inside(estimate_recall(found), missed)
        for found, missed in (drawn(2_000, WORLDS[world][0], seed) for seed in range(15))
    ]
    # Of 15 draws at 95%, 11 or fewer inside has probability .005.
    assert sum(inside) >= 12


def test_taking_rules_for_independent_would_be_wrong_where_this_is_right() -> None:
    """Two rules that read one field: Lincoln-Petersen over rules misses what both lose together."""
    found, missed = drawn(20_000, [(1.0, 0.25)], seed=9)
    counts = found.matches.sum(axis=1)
    by_rule = [found.is_shared[:, list(rule)].all(axis=1) for rule in RULES[:2]]
    first, second = (counts[made].sum() for made in by_rule)
    both = counts[by_rule[0] & by_rule[1]].sum()
    of_two = first + second - both
    lincoln_petersen = first * second / both - of_two
    # Both rules need the whole birth date: of 20,000 matches they find .75 · (1 - .25²) or so.
    truly = 20_000 - of_two
    assert lincoln_petersen < 0.4 * truly
    ours = estimate_recall(found)
    assert ours.missed == pytest.approx(missed, rel=0.15)


def test_where_every_rule_reads_one_field_there_is_no_estimate() -> None:
    found, _ = drawn(2_000, [(1.0, 0.2)], seed=1)
    bound = FoundMatches(found.parts, found.is_shared, found.matches, ((1, 3), (1, 7)))
    assert estimate_recall(bound).recall is None
    assert "'born'" in estimate_recall(bound).reason


def test_where_rules_hardly_overlap_there_is_no_estimate() -> None:
    """Three rules of which each makes 500 matches that no other makes: the missed have no bound."""
    parts = tuple((field, "value") for field in ("born", "name", "home"))
    counts = np.full((3, 6), 500 / 6)
    recall = estimate_recall(FoundMatches(parts, np.eye(3, dtype=bool), counts, ((0,), (1,), (2,))))
    assert recall.missed is None
    assert "overlap too little" in recall.reason


def test_rare_states_are_merged_where_there_are_too_many_combinations() -> None:
    """Eight fields of six states make 1.7 million combinations; the truth is still found."""
    rng = np.random.default_rng(3)
    parts = tuple((f"field{f}", f"part{p}") for f in range(8) for p in range(5))
    whole = rng.random((4_000, 8)) < 0.75
    shared = np.repeat(whole, 5, axis=1).reshape(4_000, 8, 5)
    one = rng.integers(0, 5, (4_000, 8))
    shared |= (np.arange(5) == one[..., None]) & (rng.random((4_000, 8)) < 0.3)[..., None]
    read = [(0, 1, 2), (3, 4, 5), (5, 6, 7), (0, 3, 6), (1, 4, 7)]
    rules = tuple(tuple(5 * field + part for field in r for part in (0, 1)) for r in read)
    flags = shared.reshape(4_000, 40)
    caught = np.any([flags[:, list(rule)].all(axis=1) for rule in rules], axis=0)
    counts = np.zeros((caught.sum(), GROUPS))
    counts[np.arange(len(counts)), np.arange(len(counts)) % GROUPS] = 1
    recall = estimate_recall(FoundMatches(parts, flags[caught], counts, rules)).recall
    assert recall == pytest.approx(caught.mean(), abs=0.03)


def test_a_logarithmic_interval_by_hand() -> None:
    # Chao 1987: 10 missed with variance 25: C = exp(1.96 sqrt(ln 1.25)) = 2.524.
    low, high = log_interval(10.0, 25.0)
    assert (low, high) == (pytest.approx(3.962, abs=0.01), pytest.approx(25.24, abs=0.05))
    assert log_interval(0.0, 1.0) == (0.0, pytest.approx(1.96))


NARROW = LinkageSpec(
    tuple(
        Comparison(column, column, column)
        for column in ("given_name", "surname", "date_of_birth", "sex", "postcode")
    ),
    (
        RuleFamily.of("date_of_birth + surname"),
        RuleFamily.of("postcode + given_name"),
        RuleFamily.of("surname + given_name + date_of_birth.year"),
    ),
)
"""Few rules, so that much is missed."""


def truly_found(left: pa.Table, right: pa.Table, shared: int) -> float:
    """Share of the true pairs that NARROW makes, worked out from the tables themselves."""
    columns = [[t[c].to_pylist()[:shared] for c in NARROW.comparison_names] for t in (left, right)]
    found = 0
    for one, other in zip(*(zip(*side, strict=True) for side in columns), strict=True):
        given, surname, born, _, place = (
            a is not None and a == b for a, b in zip(one, other, strict=True)
        )
        year = None not in (one[2], other[2]) and one[2][:4] == other[2][:4]
        found += (born and surname) or (place and given) or (surname and given and year)
    return found / shared


@pytest.mark.parametrize(("rate", "seed"), list(product((0.05, 0.15), (1, 2))))
def test_from_tables_to_estimate(rate: float, seed: int) -> None:
    """Linked without labels; the truth is planted."""
    both = people(3_000, seed)
    left = table(joined(both, people(1_500, seed + 10)), numbered("l", 4_500))
    right = table(joined(with_errors(both, seed + 20, rate), people(1_500, seed + 30)),
                  numbered("r", 4_500))  # fmt: skip
    recall = report_blocking(left, right, NARROW).recall
    truth = truly_found(left, right, 3_000)
    assert truth < 0.99
    assert recall.recall == pytest.approx(truth, abs=0.03)
    assert recall.recall_low is not None
    assert recall.recall_high is not None
    assert recall.recall_low <= truth <= recall.recall_high


def test_the_default_rules_find_nearly_all_and_say_so() -> None:
    recall = link(*linked_tables(3_000, seed=3)).blocking_recall
    assert recall.recall is not None
    assert recall.recall > 0.99


def test_copies_of_one_person_widen_the_interval() -> None:
    """Ten records of each of 200 people are not 9,000 independent matches."""
    one = people(200, 5)
    parts = [with_errors(rows(one, slice(0, 200)), seed, 0.15) for seed in range(6)]
    records = table(joined(*parts), numbered("r", 1_200))
    recall = report_blocking(records, None, NARROW).recall
    assert recall.missed is not None
    assert recall.missed_high is not None
    assert recall.missed_high - recall.missed > 2 * np.sqrt(recall.missed)
