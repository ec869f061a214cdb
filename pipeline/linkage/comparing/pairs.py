"""Pairs: all candidate pairs in a few bytes each, and how often each pattern occurs.

In: compared chunks, one after another. Out: `CandidatePairs`, and `PatternCounts`. It must not know
what a pattern is worth.

Pairs with the same pattern, made by the same rules, are of one kind. There are few kinds, so that a
pair needs no more than its right record and the number of its kind; left records are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pipeline.linkage.comparing.patterns import PatternCounts
from pipeline.linkage.compiled import Array, Flags, Int32s, Int64s, Words, compiled

Result = TypeVar("Result")

FIRST_CAPACITY = 1 << 14


@dataclass(frozen=True)
class ComparedChunk:
    """Some distinct candidate pairs with their patterns, by ascending left record.

    Attributes:
        left: int32 (n,), record numbers in the left table.
        right: int32 (n,), record numbers in the right table.
        rules: uint64 (n,), the set of rules that make the pair.
        patterns: uint64 (n,), agreement patterns.
    """

    left: Int32s
    right: Int32s
    rules: Words
    patterns: Words


@dataclass(frozen=True)
class Pairs:
    """Pairs one by one, each array (n_pairs,).

    Attributes:
        left: record numbers in the left table, int32.
        right: the same in the right table.
        rules: set of rules that make each pair, unsigned.
        pattern: index of each pair's pattern in `PatternCounts.patterns`, int32.
    """

    left: Int32s
    right: Int32s
    rules: Array
    pattern: Int32s

    def take(self, rows: Array) -> Pairs:
        """Those of the pairs, by flag or number."""
        return Pairs(self.left[rows], self.right[rows], self.rules[rows], self.pattern[rows])

    def narrowed(self, n_rules: int) -> Pairs:
        """The same with sets of rules in as few bytes as so many rules take."""
        return replace(self, rules=self.rules.astype(np.min_scalar_type((1 << n_rules) - 1)))

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """Pairs of several chunks, end to end."""
        nothing = np.zeros(0, np.int32)
        return cls(
            np.concatenate([nothing, *(pairs.left for pairs in parts)]),
            np.concatenate([nothing, *(pairs.right for pairs in parts)]),
            np.concatenate([nothing.astype(np.uint8), *(pairs.rules for pairs in parts)]),
            np.concatenate([nothing, *(pairs.pattern for pairs in parts)]),
        )


@dataclass(frozen=True)
class _Part:
    """The pairs of one chunk.

    Attributes:
        first: its first left record.
        per_record: int32, pairs of each left record from `first` on.
        right: int32 (n_pairs,), right records.
        kind: (n_pairs,), kinds, in the narrowest type that holds them.
    """

    first: int
    per_record: Int32s
    right: Int32s
    kind: Array


@dataclass(frozen=True)
class CandidatePairs:
    """All distinct candidate pairs, in left order, whatever the chunks.

    Attributes:
        rules: set of rules of each kind, uint64 (n_kinds,).
        pattern: index of each kind's pattern in `counts.patterns`, int32 (n_kinds,).
        pairs: pairs of each kind, int64 (n_kinds,).
        counts: how often each pattern occurs, in all and per rule.
    """

    rules: Words
    pattern: Int32s
    pairs: Int64s
    counts: PatternCounts
    parts: tuple[_Part, ...]

    def __len__(self) -> int:
        return int(self.pairs.sum())

    def __iter__(self) -> Iterator[Pairs]:
        """All pairs, a chunk at a time."""
        return (self._of_part(part, np.ones(len(self.rules), np.bool_)) for part in self.parts)

    def where(self, is_wanted: Flags) -> Pairs:
        """The pairs of the patterns wanted.

        Args:
            is_wanted: (n_patterns,), by index in `counts.patterns`.
        """
        return Pairs.joined(self.of_chunks(is_wanted, lambda pairs: pairs))

    def of_chunks(
        self, is_wanted: Flags, work: Callable[[Pairs], Result], threads: int = 2
    ) -> list[Result]:
        """What `work` makes of those pairs, chunk by chunk: for who keeps but few of them.

        Args:
            is_wanted: (n_patterns,), by index in `counts.patterns`.
            work: called with the pairs of a chunk, by several threads at once.
            threads: chunks worked on at once.
        """
        is_kind_wanted = is_wanted[self.pattern]
        with ThreadPoolExecutor(threads) as pool:
            return list(
                pool.map(lambda part: work(self._of_part(part, is_kind_wanted)), self.parts)
            )

    def counting(
        self, is_counted: Callable[[Int32s, Int32s], Flags], n_rules: int
    ) -> CandidatePairs:
        """The same pairs with some of them left out of all counts.

        Args:
            is_counted: whether pairs of these left and right records count.
            n_rules: rules in use.
        """
        pairs = np.zeros(len(self.rules), np.int64)
        for part in self.parts:
            records = np.arange(len(part.per_record), dtype=np.int32) + np.int32(part.first)
            counted = is_counted(np.repeat(records, part.per_record), part.right)
            pairs += np.bincount(part.kind[counted], minlength=len(pairs))
        counts = _pattern_counts(self.rules, pairs, self.counts.patterns, self.pattern, n_rules)
        return replace(self, pairs=pairs, counts=counts)

    def _of_part(self, part: _Part, is_kind_wanted: Flags) -> Pairs:
        rows = np.flatnonzero(np.take(is_kind_wanted, part.kind))
        records = np.arange(len(part.per_record), dtype=np.int32) + np.int32(part.first)
        left = np.take(np.repeat(records, part.per_record), rows)
        kind = np.take(part.kind, rows)
        return Pairs(
            left, np.take(part.right, rows), np.take(self.rules, kind), np.take(self.pattern, kind)
        )


def collect_pairs(chunks: Iterable[ComparedChunk], n_rules: int) -> CandidatePairs:
    """Keep all pairs and count their patterns.

    Args:
        chunks: every distinct candidate pair once, in left order.
        n_rules: rules in use.
    """
    tally, parts = KindTally(), []
    for chunk in chunks:
        kinds = tally.add(chunk.patterns, chunk.rules)
        if len(kinds):
            first = int(chunk.left[0])
            per_record = np.bincount(chunk.left - first).astype(np.int32)
            parts.append(_Part(first, per_record, chunk.right.copy(), kinds))
    patterns, index = np.unique(tally.patterns, return_inverse=True)
    return CandidatePairs(
        rules=tally.rules,
        pattern=index.astype(np.int32),
        pairs=tally.pairs,
        counts=_pattern_counts(tally.rules, tally.pairs, patterns, index, n_rules),
        parts=tuple(parts),
    )


def _pattern_counts(
    rules: Words, pairs: Int64s, patterns: Words, index: Array, n_rules: int
) -> PatternCounts:
    """Pairs of each pattern, and for each rule those that it makes, other rules or not."""

    def summed(kinds: Array) -> Int64s:
        return np.bincount(index[kinds], pairs[kinds], len(patterns)).astype(np.int64)

    of_rules = [summed((rules >> np.uint64(r) & np.uint64(1)) == 1) for r in range(n_rules)]
    table = np.array(of_rules).reshape(n_rules, len(patterns))
    rule, pattern = np.nonzero(table)
    return PatternCounts(
        patterns, summed(np.arange(len(index))), rule.astype(np.uint8),
        pattern.astype(np.int32), table[rule, pattern],
    )  # fmt: skip


class KindTally:
    """Kinds of pairs, numbered as they first occur, and how many pairs there are of each."""

    def __init__(self) -> None:
        self._n = 0
        self._slots = np.full(2 * FIRST_CAPACITY, -1, np.int32)
        self._patterns = np.empty(FIRST_CAPACITY, np.uint64)
        self._rules = np.empty(FIRST_CAPACITY, np.uint64)
        self._pairs = np.zeros(FIRST_CAPACITY, np.int64)

    @property
    def patterns(self) -> Words:
        """Pattern of each kind, uint64."""
        return self._patterns[: self._n]

    @property
    def rules(self) -> Words:
        """Rule set of each kind, uint64."""
        return self._rules[: self._n]

    @property
    def pairs(self) -> Int64s:
        """Pairs of each kind."""
        return self._pairs[: self._n]

    def add(self, patterns: Words, rules: Words) -> Array:
        """Count distinct pairs by pattern uint64 (n,) and rule set uint64 (n,); their kinds."""
        kinds = np.empty(len(patterns), np.int32)
        start = 0
        while start < len(patterns):
            start, self._n = _number(
                self._slots, self._patterns, self._rules, self._pairs, self._n,
                patterns, rules, kinds, start,
            )  # fmt: skip
            if start < len(patterns):
                self._grow()
        return kinds.astype(np.min_scalar_type(self._n))

    def _grow(self) -> None:
        room = 3 * len(self._patterns)
        self._slots = np.full(8 * len(self._patterns), -1, np.int32)
        self._patterns = np.concatenate([self._patterns, np.empty(room, np.uint64)])
        self._rules = np.concatenate([self._rules, np.empty(room, np.uint64)])
        self._pairs = np.concatenate([self._pairs, np.zeros(room, np.int64)])
        _renumber(self._slots, self._patterns, self._rules, self._n)


@compiled
def _slot_of(
    slots: Int32s, kind_patterns: Words, kind_rules: Words, pattern: np.uint64, rules: np.uint64
) -> int:
    """Where a kind stands in an open-addressing table of 2^k slots, or may be put."""
    mask = len(slots) - 1
    mixed = (pattern ^ rules * np.uint64(0xD6E8FEB86659FD93)) * np.uint64(0x9E3779B97F4A7C15)
    slot = int(mixed >> np.uint64(20)) & mask
    while slots[slot] >= 0:
        kind = slots[slot]
        if kind_patterns[kind] == pattern and kind_rules[kind] == rules:
            break
        slot = (slot + 1) & mask
    return slot


@compiled
def _number(
    slots: Int32s, kind_patterns: Words, kind_rules: Words, kind_pairs: Int64s, n_kinds: int,
    patterns: Words, rules: Words, kinds: Int32s, start: int,
) -> tuple[int, int]:  # fmt: skip
    """Number pairs from `start` on; stop early when there is no room for another kind."""
    for pair in range(start, len(patterns)):
        slot = _slot_of(slots, kind_patterns, kind_rules, patterns[pair], rules[pair])
        if slots[slot] < 0:
            if n_kinds == len(kind_patterns):
                return pair, n_kinds
            slots[slot] = n_kinds
            kind_patterns[n_kinds], kind_rules[n_kinds] = patterns[pair], rules[pair]
            n_kinds += 1
        kinds[pair] = slots[slot]
        kind_pairs[slots[slot]] += 1
    return len(patterns), n_kinds


@compiled
def _renumber(slots: Int32s, kind_patterns: Words, kind_rules: Words, n_kinds: int) -> None:
    for kind in range(n_kinds):
        pattern, rules = kind_patterns[kind], kind_rules[kind]
        slots[_slot_of(slots, kind_patterns, kind_rules, pattern, rules)] = kind
