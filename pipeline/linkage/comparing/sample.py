"""Sample: random pairs of records, from which to learn how often strangers agree.

In: `Encoded`. Out: record numbers. It must not know comparisons.
"""

from __future__ import annotations

import numpy as np

from pipeline.linkage.compiled import Int32s
from pipeline.linkage.encoding.encoded import Encoded


def random_pairs(encoded: Encoded, n: int, seed: int) -> tuple[Int32s, Int32s]:
    """Record numbers of n random pairs, drawn with replacement from all pairs.

    The same for any row order, and the same pairs when the tables change sides. When deduplicating
    left < right. If all pairs there are number n or fewer, every pair once.
    """
    if encoded.n_pairs <= n:
        return _all_pairs(encoded)
    random = np.random.default_rng(seed)
    if encoded.is_dedupe:
        one = random.integers(0, encoded.n_left, n)
        other = random.integers(0, encoded.n_left - 1, n)
        other += other >= one
        return np.minimum(one, other).astype(np.int32), np.maximum(one, other).astype(np.int32)
    sizes = (encoded.n_left, encoded.n_right)
    if is_right_first(encoded):
        right = random.integers(0, sizes[1], n)
        left = random.integers(0, sizes[0], n)
    else:
        left = random.integers(0, sizes[0], n)
        right = random.integers(0, sizes[1], n)
    return left.astype(np.int32), right.astype(np.int32)


def is_right_first(encoded: Encoded) -> bool:
    """Whether the right table comes first in an order of the two that forgets their sides.

    The smaller table first; of two of one size, the one with the lower record id or value where
    they first differ.
    """
    if encoded.n_left != encoded.n_right:
        return encoded.n_right < encoded.n_left
    for left, right in zip(
        encoded.left_ids.to_pylist(), encoded.right_ids.to_pylist(), strict=True
    ):
        if left != right:
            return str(right) < str(left)
    for name in encoded.columns:
        column = encoded.columns[name]
        left_codes, right_codes = column.left.codes, column.right.codes
        shorter = min(len(left_codes), len(right_codes))
        differing = np.flatnonzero(left_codes[:shorter] != right_codes[:shorter])
        if len(differing):
            return bool(right_codes[differing[0]] < left_codes[differing[0]])
        if len(left_codes) != len(right_codes):
            return len(right_codes) < len(left_codes)
    return False


def _all_pairs(encoded: Encoded) -> tuple[Int32s, Int32s]:
    if encoded.is_dedupe:
        left, right = np.triu_indices(encoded.n_left, 1)
    else:
        left, right = np.divmod(np.arange(encoded.n_pairs), max(encoded.n_right, 1))
    return left.astype(np.int32), right.astype(np.int32)
