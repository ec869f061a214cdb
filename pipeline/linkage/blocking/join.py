"""Join: the candidate pairs of a blocking plan, in bounded chunks and in left order.

In: a `Blocking`. Out: distinct pairs with the set of rules that make each. It must not know keys,
values or comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.linkage.compiled import Array, Int32s, Int64s, Words, compiled
from pipeline.linkage.spec import BlockingRule


@dataclass(frozen=True)
class Blocking:
    """The rules in use, and what each brings together.

    Attributes:
        rules: rules in use; rule r is bit r of a pair's rule set.
        rule_pairs: int64 (n_rules,), pairs that each rule makes on its own.
        report: one row per rule considered: family, rule, pairs (null if not counted),
            largest_blocks (pairs in each), decision (`used`, `too many pairs`, `not needed`, `no
            pairs`).
        warnings: families narrowed or dropped.
        is_dedupe: pairs are of one table with itself.
        members: int32, right records of all blocks end to end, ascending within a block.
        block_starts: int64 (n_blocks + 1,), slices of `members`.
        block_rules: uint8 (n_blocks,), ascending.
        entry_starts: int64 (n_left + 1,), slices of `entries`.
        entries: int32, blocks that each left record stands in, ascending.
        pairs_before: int64 (n_left + 1,), pairs of all rules that earlier left records make.
    """

    rules: tuple[BlockingRule, ...]
    rule_pairs: Int64s
    report: pa.Table
    warnings: tuple[str, ...]
    is_dedupe: bool
    members: Int32s
    block_starts: Int64s
    block_rules: Array
    entry_starts: Int64s
    entries: Int32s
    pairs_before: Int64s


@dataclass(frozen=True)
class PairChunk:
    """Distinct candidate pairs, by ascending left record, of one bounded range of left records.

    Attributes:
        left: int32 (n,), record numbers in the left table.
        right: int32 (n,), record numbers in the right table; > left when deduplicating.
        rules: uint64 (n,), bit r set where rule r makes the pair. The lowest bit kept it.
    """

    left: Int32s
    right: Int32s
    rules: Words


def chunk_bounds(blocking: Blocking, chunk_pairs: int) -> Iterator[tuple[int, int]]:
    """Ranges of left records that make at most `chunk_pairs` pairs before de-duplication."""
    before = blocking.pairs_before
    start, end = 0, len(before) - 1
    while start < end and before[start] < before[end]:
        stop = int(np.searchsorted(before, before[start] + chunk_pairs, side="right")) - 1
        stop = min(max(stop, start + 1), end)
        yield start, stop
        start = stop


def candidate_chunk(blocking: Blocking, start: int, stop: int) -> PairChunk:
    """Candidate pairs of the left records start … stop - 1."""
    room = int(blocking.pairs_before[stop] - blocking.pairs_before[start])
    most = int(np.diff(blocking.pairs_before[start : stop + 1]).max(initial=0))
    left, right = np.empty(room, np.int32), np.empty(room, np.int32)
    rules = np.empty(room, np.uint64)
    seen = np.full(1 << max(2 * most - 1, 1).bit_length(), -1, np.int64)
    n = _join(
        blocking.members, blocking.block_starts, blocking.block_rules, blocking.entry_starts,
        blocking.entries, blocking.pairs_before, blocking.is_dedupe, start, stop,
        seen, left, right, rules,
    )  # fmt: skip
    return PairChunk(left[:n], right[:n], rules[:n])


def candidate_pairs(blocking: Blocking, chunk_pairs: int = 1_000_000) -> Iterator[PairChunk]:
    """All candidate pairs, each once, in the same order for any chunk size.

    Args:
        blocking: from `plan_blocking`.
        chunk_pairs: pairs of all rules, before de-duplication, that a chunk may hold; a single left
            record with more gets a chunk to itself.
    """
    for start, stop in chunk_bounds(blocking, chunk_pairs):
        yield candidate_chunk(blocking, start, stop)


@compiled
def first_after(members: Int32s, start: int, stop: int, record: int) -> int:
    """Where in an ascending block the members greater than `record` begin."""
    while start < stop:
        middle = (start + stop) // 2
        if members[middle] <= record:
            start = middle + 1
        else:
            stop = middle
    return start


@compiled
def count_pairs_before(
    members: Int32s, block_starts: Int64s, entry_starts: Int64s, entries: Int32s, is_dedupe: bool,
    before: Int64s,
) -> None:  # fmt: skip
    """Pairs of all rules, before de-duplication, made by earlier left records."""
    before[0] = 0
    for record in range(len(entry_starts) - 1):
        pairs = 0
        for entry in range(entry_starts[record], entry_starts[record + 1]):
            start, stop = block_starts[entries[entry]], block_starts[entries[entry] + 1]
            if is_dedupe:
                start = first_after(members, start, stop, record)
            pairs += stop - start
        before[record + 1] = before[record] + pairs


@compiled
def _join(
    members: Int32s, block_starts: Int64s, block_rules: Array, entry_starts: Int64s,
    entries: Int32s, pairs_before: Int64s, is_dedupe: bool, first: int, end: int,
    seen: Int64s, left: Int32s, right: Int32s, rules: Words,
) -> int:  # fmt: skip
    """Write the distinct pairs of some left records and their rule sets; return how many.

    `seen` is a hash table from right record to the pair's place, wide enough for one left record. A
    place before the record's own first pair was left by an earlier record and counts as empty, so
    the table is never cleared.
    """
    n = 0
    for record in range(first, end):
        own = n
        width = 2
        while width < 2 * (pairs_before[record + 1] - pairs_before[record]):
            width *= 2
        for entry in range(entry_starts[record], entry_starts[record + 1]):
            block = entries[entry]
            start, stop = block_starts[block], block_starts[block + 1]
            bit = np.uint64(1) << np.uint64(block_rules[block])
            if is_dedupe:
                start = first_after(members, start, stop, record)
            for place in range(start, stop):
                other = members[place]
                slot = (other * 0x9E3779B1 >> 7) & (width - 1)
                while seen[slot] >= own and right[seen[slot]] != other:
                    slot = (slot + 1) & (width - 1)
                if seen[slot] >= own:
                    rules[seen[slot]] |= bit
                else:
                    seen[slot] = n
                    left[n], right[n], rules[n] = record, other, bit
                    n += 1
    return n
