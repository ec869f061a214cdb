"""Term frequency: agreeing on a rare value says more than agreeing on a common one.

In: dictionary codes of the tables and how much each record counts. Out: for every value the credit,
in nats, that exact agreement on it adds to the weight. It must not know pairs, except to learn how
many records of one table are the same person.

Source: docs/method.md, "Term frequency, and names that go together"; Winkler 1990.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled
from pipeline.linkage.encoding.encoded import Codes, Encoded
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

CREDIT_LIMIT = 7.0
"""Largest credit in nats, either way: about 10 bits, or a factor of 1,100."""
SEEN_LESS = 0.5
RAREST = 0.25


@dataclass(frozen=True)
class RecordWeights:
    """How many persons each record counts as.

    Attributes:
        left: For each left record, shape (n_left,); None where each counts as one.
        right: For each right record; the same array when deduplicating.
    """

    left: Floats | None
    right: Floats | None


EQUAL_WEIGHTS = RecordWeights(None, None)
"""Every record counts as one person."""


def entity_weights(encoded: Encoded, left: Rows, right: Rows, probability: Floats) -> RecordWeights:
    """In one table a record counts 1 / (1 + Σ_j P_ij): ten records of one person are one namesake.

    Args:
        encoded: The tables; when linking two, every record counts as one person.
        left: Smaller row of each pair.
        right: Larger row of each pair.
        probability: Match probability of each pair.
    """
    if not encoded.is_dedupe:
        return EQUAL_WEIGHTS
    others, more = np.zeros(encoded.n_left), np.zeros(encoded.n_left)
    _add_up(left, probability, others)
    _add_up(right, probability, more)
    weights = 1 / (1 + (others + more))
    return RecordWeights(weights, weights)


@compiled
def _add_up(rows: Rows, values: Floats, sums: Floats) -> None:
    """Compiled: numpy would first copy the rows into wider numbers, pair by pair."""
    for pair in range(len(rows)):
        sums[rows[pair]] += values[pair]


def frequency_credits(
    encoded: Encoded, spec: LinkageSpec, weights: RecordWeights, u: Floats
) -> Mapping[int, Floats]:
    """Credit of each value of each comparison with term frequency, by comparison index.

    Args:
        encoded: The tables.
        spec: The comparisons.
        weights: How many persons each record counts as.
        u: Stranger level probabilities, (n_comparisons, max levels).

    Returns:
        For each such comparison an array (n_values + 1,), in nats; the last, which value -1 (none
        shared) indexes, is 0.
    """
    credits = {}
    for index, comparison in enumerate(spec.comparisons):
        if not comparison.definition.has_term_frequency:
            continue
        column = encoded.columns[comparison.column]
        u_exact = float(u[index, comparison.exact_level])
        shares = value_shares(held_by(column.left, column.left_counts, weights.left), u_exact)
        if not encoded.is_dedupe:
            right = held_by(column.right, column.right_counts, weights.right)
            shares = np.maximum(shares, value_shares(right, u_exact))
        credit = np.clip(np.log(u_exact / shares), -CREDIT_LIMIT, CREDIT_LIMIT)
        credits[index] = np.append(credit, 0.0)
    return credits


@dataclass(frozen=True)
class Holders:
    """Persons of one table who hold values of a column.

    Attributes:
        of_value: Those who hold each value, (n_values,).
        of_any: Those who hold any.
    """

    of_value: Floats
    of_any: float


def held_by(codes: Codes, counts: NDArray[np.int64], weights: Floats | None) -> Holders:
    """How many persons hold each value.

    Args:
        codes: A column of one table.
        counts: Records that hold each value, (n_values,).
        weights: Persons that each record counts as; None for one each.
    """
    if weights is None:
        return Holders(counts.astype(np.float64), float(codes.is_filled.sum()))
    holders = record_of_code(codes)
    is_held = codes.codes >= 0
    of_record = weights[holders[is_held]]
    held = np.bincount(codes.codes[is_held], of_record, len(counts)).astype(np.float64)
    return Holders(held, float(weights[codes.is_filled].sum()))


def value_shares(holders: Holders, u_exact: float) -> Floats:
    """Share of persons in one table that hold each value, (n_values,).

    p_v = max(w_v - .5, .25) / (W - 1 + .5 / u_exact), w_v the persons who hold the value and W
    those who hold any: the record being compared is itself one of them, and values not yet seen
    have their part.
    """
    total = max(holders.of_any - 1, 0.0) + SEEN_LESS / u_exact
    shares: Floats = np.maximum(holders.of_value - SEEN_LESS, RAREST) / total
    return shares


def record_of_code(codes: Codes) -> NDArray[np.int64]:
    """The record that holds each entry of `codes.codes`."""
    if codes.offsets is None:
        return np.arange(len(codes.codes))
    return np.repeat(np.arange(len(codes.offsets) - 1), np.diff(codes.offsets))
