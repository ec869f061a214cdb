"""Patterns: a pair's agreement levels as one integer, and how often each occurs.

In: levels, or patterns chunk by chunk. Out: packed patterns, levels, and counts. It must not know
how levels come about or what they are worth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.errors import SpecError
from pipeline.linkage.compiled import Array, Int8s, Int32s, Int64s, Words, compiled
from pipeline.linkage.spec import LinkageSpec

RULE_BITS = 6
"""Counting puts a rule number below the pattern in one word."""
DISTINCT = 63
"""Stands in the place of a rule for: each distinct pair once."""
MAX_PATTERN_BITS = 64 - RULE_BITS
FIRST_CAPACITY = 1 << 16


@dataclass(frozen=True)
class PatternLayout:
    """Where each comparison's level sits in a pattern.

    A field of a pattern holds level + 1, and 0 where the pair is not comparable.

    Attributes:
        names: comparisons, in order.
        shifts: lowest bit of each comparison's field.
        level_counts: levels of each comparison, null not counted.
    """

    names: tuple[str, ...]
    shifts: tuple[int, ...]
    level_counts: tuple[int, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """Bits of each comparison's field."""
        return tuple(count.bit_length() for count in self.level_counts)


class _Compared(Protocol):
    """A chunk of distinct pairs with their rule sets and patterns."""

    @property
    def rules(self) -> Words: ...

    @property
    def patterns(self) -> Words: ...


@dataclass(frozen=True)
class PatternCounts:
    """How often each agreement pattern occurs among candidate pairs.

    Attributes:
        patterns: uint64 (n_patterns,), distinct, ascending.
        pairs: int64 (n_patterns,), distinct candidate pairs with the pattern.
        rule: uint8 (n_entries,), ascending; with `pattern_index`, `rule_pairs` a sparse table of
            pairs per rule *before* de-duplication across rules (a pair made by three rules counts
            in all three).
        pattern_index: int32 (n_entries,), index into `patterns`, ascending within a rule.
        rule_pairs: int64 (n_entries,), the rule's pairs with the pattern.
    """

    patterns: Words
    pairs: Int64s
    rule: Array
    pattern_index: Int32s
    rule_pairs: Int64s

    def of_rule(self, rule: int) -> tuple[Int32s, Int64s]:
        """Indices into `patterns`, and pair counts, of one rule."""
        start, stop = np.searchsorted(self.rule, [rule, rule + 1])
        return self.pattern_index[start:stop], self.rule_pairs[start:stop]


def layout_of(spec: LinkageSpec) -> PatternLayout:
    """The pattern layout of a specification's comparisons.

    Raises:
        SpecError: the comparisons do not fit into one word.
    """
    counts = tuple(len(item.levels) for item in spec.comparisons)
    widths = [count.bit_length() for count in counts]
    if sum(widths) > MAX_PATTERN_BITS:
        raise SpecError(
            f"{len(counts)} comparisons need {sum(widths)} bits of a pattern and "
            f"{MAX_PATTERN_BITS} are there; leave out the weakest comparisons"
        )
    shifts = tuple(sum(widths[:index]) for index in range(len(widths)))
    return PatternLayout(spec.comparison_names, shifts, counts)


def unpack(patterns: Words, layout: PatternLayout) -> Int8s:
    """Agreement levels of patterns: int8 (n_patterns, n_comparisons), null = -1."""
    levels = np.empty((len(patterns), len(layout.names)), np.int8)
    for index, (shift, width) in enumerate(zip(layout.shifts, layout.widths, strict=True)):
        field = (patterns >> np.uint64(shift)) & np.uint64((1 << width) - 1)
        levels[:, index] = field.astype(np.int8) - 1
    return levels


def pack(levels: Int8s, layout: PatternLayout) -> Words:
    """Patterns of agreement levels (n_patterns, n_comparisons); the inverse of `unpack`."""
    patterns = np.zeros(len(levels), np.uint64)
    for index, shift in enumerate(layout.shifts):
        patterns |= (levels[:, index].astype(np.int64) + 1).astype(np.uint64) << np.uint64(shift)
    return patterns


def count_patterns(chunks: Iterable[_Compared], n_rules: int) -> PatternCounts:
    """Count patterns over distinct pairs, and per rule before de-duplication across rules.

    Args:
        chunks: every distinct candidate pair once, with its rule set and pattern.
        n_rules: rules in use.
    """
    tally = PatternTally(n_rules)
    for chunk in chunks:
        tally.add(chunk.patterns, chunk.rules)
    return tally.counts()


class PatternTally:
    """Counts that grow chunk by chunk: a hash table from (pattern, rule) to pairs."""

    def __init__(self, n_rules: int) -> None:
        self._n_rules = n_rules
        self._keys = np.zeros(FIRST_CAPACITY, np.uint64)
        self._counts = np.zeros(FIRST_CAPACITY, np.int64)
        self._used = 0

    def add(self, patterns: Words, rules: Words) -> None:
        """Count distinct pairs: their patterns uint64 (n,) and rule sets uint64 (n,)."""
        start = 0
        while start < len(patterns):
            start, self._used = _tally(
                self._keys, self._counts, self._used, patterns, rules, start, self._n_rules
            )
            if start < len(patterns):
                self._grow()

    def _grow(self) -> None:
        keys = np.zeros(4 * len(self._keys), np.uint64)
        counts = np.zeros(len(keys), np.int64)
        _rehash(self._keys, self._counts, keys, counts)
        self._keys, self._counts = keys, counts

    def counts(self) -> PatternCounts:
        """Everything counted so far, in order."""
        is_used = self._counts > 0
        keys, counts = self._keys[is_used], self._counts[is_used]
        rule = (keys & np.uint64(DISTINCT)).astype(np.uint8)
        order = np.lexsort((keys, rule))
        keys, counts, rule = keys[order], counts[order], rule[order]
        of_pattern = keys >> np.uint64(RULE_BITS)
        is_distinct = rule == DISTINCT
        patterns = of_pattern[is_distinct]
        index = np.searchsorted(patterns, of_pattern[~is_distinct]).astype(np.int32)
        return PatternCounts(
            patterns, counts[is_distinct], rule[~is_distinct], index, counts[~is_distinct]
        )


@compiled
def slot_of(keys: Words, counts: Int64s, key: np.uint64) -> int:
    """Where a key stands in an open-addressing table of 2^k slots, or may be put."""
    mask = len(keys) - 1
    slot = int((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
    while counts[slot] > 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def _tally(
    keys: Words, counts: Int64s, used: int, patterns: Words, rules: Words, start: int, n_rules: int
) -> tuple[int, int]:
    """Count from pair `start` on; stop early, at a whole pair, when the table is half full."""
    for pair in range(start, len(patterns)):
        if 2 * (used + n_rules + 1) > len(keys):
            return pair, used
        base = patterns[pair] << np.uint64(RULE_BITS)
        slot = slot_of(keys, counts, base | np.uint64(DISTINCT))
        used += int(counts[slot] == 0)
        keys[slot] = base | np.uint64(DISTINCT)
        counts[slot] += 1
        left = rules[pair]
        rule = 0
        while left != 0:
            if left & np.uint64(1):
                slot = slot_of(keys, counts, base | np.uint64(rule))
                used += int(counts[slot] == 0)
                keys[slot] = base | np.uint64(rule)
                counts[slot] += 1
            left >>= np.uint64(1)
            rule += 1
    return len(patterns), used


@compiled
def _rehash(keys: Words, counts: Int64s, new_keys: Words, new_counts: Int64s) -> None:
    for slot in range(len(keys)):
        if counts[slot] > 0:
            new_slot = slot_of(new_keys, new_counts, keys[slot])
            new_keys[new_slot] = keys[slot]
            new_counts[new_slot] = counts[slot]
