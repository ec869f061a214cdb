"""Term frequency: agreeing on a rare value says more than agreeing on a common one.

In: dictionary codes of the tables and how much each record counts. Out: for every value the credit,
in nats, that exact agreement on it adds to the weight. It must not know pairs, except to learn how
many records of one table are the same person.

Source: method section 1.5; Winkler 1990.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        left: For each left record, shape (n_left,).
        right: For each right record; the same array when deduplicating.
    """

    left: Floats
    right: Floats


def equal_weights(encoded: Encoded) -> RecordWeights:
    """Every record counts as one person."""
    left = np.ones(encoded.n_left)
    return RecordWeights(left, left if encoded.is_dedupe else np.ones(encoded.n_right))


def entity_weights(encoded: Encoded, left: Rows, right: Rows, probability: Floats) -> RecordWeights:
    """In one table a record counts 1 / (1 + Σ_j P_ij): ten records of one person are one namesake.

    Args:
        encoded: The tables; when linking two, every record counts as one person.
        left: Smaller row of each pair.
        right: Larger row of each pair.
        probability: Match probability of each pair.
    """
    if not encoded.is_dedupe:
        return equal_weights(encoded)
    others = np.bincount(left, weights=probability, minlength=encoded.n_left)
    others += np.bincount(right, weights=probability, minlength=encoded.n_left)
    weights = 1 / (1 + others)
    return RecordWeights(weights, weights)


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
        size = len(column.left_counts)
        shares = value_shares(column.left, weights.left, size, u_exact)
        if not encoded.is_dedupe:
            shares = np.maximum(shares, value_shares(column.right, weights.right, size, u_exact))
        credit = np.clip(np.log(u_exact / shares), -CREDIT_LIMIT, CREDIT_LIMIT)
        credits[index] = np.append(credit, 0.0)
    return credits


def value_shares(codes: Codes, weights: Floats, n_values: int, u_exact: float) -> Floats:
    """Share of persons in one table that hold each value, (n_values,).

    p_v = max(w_v - .5, .25) / (W - 1 + .5 / u_exact), w_v the persons who hold the value and W
    those who hold any: the record being compared is itself one of them, and values not yet seen
    have their part.
    """
    holders = record_of_code(codes)
    is_held = codes.codes >= 0
    held = np.bincount(codes.codes[is_held], weights=weights[holders[is_held]], minlength=n_values)
    has_value = np.zeros(len(weights), np.bool_)
    has_value[holders[is_held]] = True
    total = max(float(weights[has_value].sum()) - 1, 0.0) + SEEN_LESS / u_exact
    shares: Floats = np.maximum(held - SEEN_LESS, RAREST) / total
    return shares


def record_of_code(codes: Codes) -> NDArray[np.int64]:
    """The record that holds each entry of `codes.codes`."""
    if codes.offsets is None:
        return np.arange(len(codes.codes))
    return np.repeat(np.arange(len(codes.offsets) - 1), np.diff(codes.offsets))
