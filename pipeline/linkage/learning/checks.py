"""Doubts about a model, said in words with what to do.

In: an estimate and the encoded tables. Out: warnings. They name columns and counts, never values.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.encoding.encoded import Encoded, EncodedColumn
from pipeline.linkage.learning.beliefs import most_disagreement
from pipeline.linkage.learning.estimate import Estimate
from pipeline.linkage.sorting import distinct

ENOUGH_PAIRS = 5.0
COPY_SHARE = 0.98
COPY_VALUES = 20
MANY_PARTNERS = 50.0
FIRST_RECORDS = 100_000
ROUNDING = 1e-6
"""EM holds m to its limit; there, the pairs it takes for matches would differ more often still."""


def model_warnings(encoded: Encoded, estimate: Estimate, learned: bool) -> tuple[str, ...]:
    """Everything doubtful about an estimate."""
    found = [*copied_columns(encoded), *nothing_personal(encoded)]
    if not learned:
        return (*found, "too few candidate pairs to learn from: prior beliefs are used, and "
                "probabilities are rough; link more records or give a trained model")  # fmt: skip
    if not estimate.converged:
        found.append(
            f"estimation did not converge in {estimate.iterations} iterations: raise "
            "max_iterations, or leave out a comparison; do not publish this model"
        )
    return (*found, *untrained(encoded, estimate), *swapped(encoded, estimate),
            *runaway(encoded, estimate))  # fmt: skip


def nothing_personal(encoded: Encoded) -> list[str]:
    """Columns none of which tells two people of one household apart."""
    comparisons = encoded.spec.comparisons
    if any(comparison.household.is_capped for comparison in comparisons):
        return []
    return [
        "no column tells the people of one household apart, so that links may join them: compare a "
        "given name, a birth date or an identifier"
    ]


def untrained(encoded: Encoded, estimate: Estimate) -> list[str]:
    """Comparisons that fewer than a handful of expected matches taught."""
    few = estimate.trained.sum(axis=1) < ENOUGH_PAIRS
    if few.all():
        return [
            f"hardly any matches are expected ({estimate.population.matches:.1f}): prior beliefs "
            "stand in; if the tables should overlap, check that their columns mean the same"
        ]
    return [
        f"comparison '{comparison.name}' was never trained (fewer than {ENOUGH_PAIRS:.0f} expected "
        "matches): belief stands in; add a blocking rule without its column, or leave it out"
        for comparison, is_few in zip(encoded.spec.comparisons, few, strict=True)
        if is_few
    ]


def swapped(encoded: Encoded, estimate: Estimate) -> list[str]:
    """Comparisons of a person's own values on which supposed matches disagree too often."""
    probabilities = estimate.probabilities
    return [
        f"comparison '{comparison.name}': "
        "supposed matches would disagree more often than is believed "
        f"and are held to {most_disagreement(comparison):.2f}, so classes may have changed places: "
        "probabilities are doubtful; check that the column means the same in both tables, or leave "
        "it out"
        for row, comparison in enumerate(encoded.spec.comparisons)
        if comparison.household.is_capped
        and probabilities.m[row, 0] >= most_disagreement(comparison) - ROUNDING
    ]


def runaway(encoded: Encoded, estimate: Estimate) -> list[str]:
    """More expected matches than any person has records."""
    matches = estimate.population.matches
    records = min(encoded.n_left, encoded.n_right)
    if matches <= MANY_PARTNERS * records:
        return []
    return [
        f"{matches:,.0f} matches are expected among {records:,} records: the prior ran away; the "
        "comparisons do not tell persons apart; add one that does"
    ]


def copied_columns(encoded: Encoded) -> list[str]:
    """Pairs of compared columns that say the same thing, and so would be counted twice."""
    names = dict.fromkeys(comparison.column for comparison in encoded.spec.comparisons)
    return [
        f"columns '{a}' and '{b}' are copies of one another and count twice: leave one out"
        for a, b in combinations(names, 2)
        if is_copy(encoded.columns[a], encoded.columns[b])
    ]


def is_copy(a: EncodedColumn, b: EncodedColumn) -> bool:
    """Whether, in the left table, each value of one column goes with one value of the other."""
    if a.left.is_many or b.left.is_many:
        return False
    has_a, has_b = a.left.codes >= 0, b.left.codes >= 0
    both = has_a & has_b
    if both.sum() < COPY_SHARE * min(has_a.sum(), has_b.sum()):
        return False
    x, y = a.left.codes[both].astype(np.int64), b.left.codes[both].astype(np.int64)
    values = min(n_values(x), n_values(y))
    if not COPY_VALUES <= values < COPY_SHARE * len(x):
        return False
    together = x * (y.max(initial=0) + 1) + y
    # The first records show already that most columns are no copies of one another.
    return all(
        values >= COPY_SHARE * len(distinct(part)) for part in (together[:FIRST_RECORDS], together)
    )


def n_values(codes: NDArray[np.int64]) -> int:
    """How many different codes there are."""
    return int(np.count_nonzero(np.bincount(codes)))
