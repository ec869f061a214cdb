"""Shared keys: which parts of the blocking keys each pair has in common.

In: `Encoded`, rules and pairs. Out: `SharedKeys`, one flag per pair and part. It must not know
which pairs match. No key's value leaves this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.blocking.keys import rule_keys
from pipeline.linkage.compiled import Flags, Int32s
from pipeline.linkage.encoding.encoded import Codes, Encoded
from pipeline.linkage.spec import BlockingRule, KeyPart


@dataclass(frozen=True)
class SharedKeys:
    """The parts of one column each that keys are made of, and which of them each pair shares.

    Attributes:
        parts: distinct (column, transform), ascending; a part of two columns stands as two.
        is_shared: bool (n_pairs, n_parts); False where either side is null.
        is_exchanged: bool (n_pairs,), True where two columns agree crosswise and not straight, so
            that no part of one column tells of it.
    """

    parts: tuple[tuple[str, str], ...]
    is_shared: NDArray[np.bool_]
    is_exchanged: Flags


def shared_keys(
    encoded: Encoded, rules: Sequence[BlockingRule], left: Int32s, right: Int32s
) -> SharedKeys:
    """Which parts of these rules' keys the pairs share.

    Args:
        encoded: the tables.
        rules: whose keys to take apart.
        left: (n_pairs,) record numbers in the left table.
        right: (n_pairs,) record numbers in the right table.
    """
    whole = [part for rule in rules for part in rule.parts]
    parts = sorted({(column, part.transform) for part in whole for column in part.columns})
    pairs, n_pairs = _of_pairs(encoded, left, right), len(left)
    flags = {part: _is_shared(pairs, n_pairs, KeyPart((part[0],), part[1])) for part in parts}
    is_exchanged = np.zeros(len(left), np.bool_)
    for columns, transform in sorted({(p.columns, p.transform) for p in whole if p.columns[1:]}):
        straight = flags[columns[0], transform] & flags[columns[1], transform]
        either = _is_shared(pairs, n_pairs, KeyPart(columns, transform))
        is_exchanged |= either & ~straight
    nothing = np.zeros((len(left), 0), np.bool_)
    is_shared = np.column_stack([nothing, *flags.values()])
    return SharedKeys(tuple(parts), is_shared, is_exchanged)


def _of_pairs(encoded: Encoded, left: Int32s, right: Int32s) -> Encoded:
    """The tables cut to the pairs: record i of either side is what pair i compares."""
    columns = {
        name: replace(column, left=_taken(column.left, left), right=_taken(column.right, right))
        for name, column in encoded.columns.items()
    }
    return replace(encoded, columns=columns)


def _taken(codes: Codes, records: Int32s) -> Codes:
    """The codes of these records, in this order."""
    if codes.offsets is None:
        return Codes(codes.codes[records], None)
    starts, counts = codes.offsets[records], np.diff(codes.offsets)[records]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
    return Codes(codes.codes[np.repeat(starts, counts) + place], offsets)


def _is_shared(pairs: Encoded, n_pairs: int, part: KeyPart) -> Flags:
    """Whether both records of each pair have a value of one part in common."""
    keys = rule_keys(pairs, BlockingRule("part", "part", (part,)))
    left, right = (
        side.records.astype(np.int64) * keys.width + side.keys for side in (keys.left, keys.right)
    )
    shared: Flags = np.zeros(n_pairs, np.bool_)
    shared[np.intersect1d(left, right, assume_unique=True) // keys.width] = True
    return shared
