"""Patterns: a pair's agreement levels as one integer, and how often each occurs.

In: levels or packed patterns. Out: the other. It must not know how levels come about or what they
are worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import SpecError
from pipeline.linkage.compiled import Array, Int8s, Int32s, Int64s, Words
from pipeline.linkage.spec import LinkageSpec

MAX_PATTERN_BITS = 58
"""A pattern's bits: some are left over for whoever wants to put something beside it."""


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

    def pairs_of(self, patterns: Words) -> Int64s:
        """Distinct candidate pairs of each of these patterns, 0 where there are none."""
        if len(self.patterns) == 0:
            return np.zeros(len(patterns), np.int64)
        rows = np.minimum(np.searchsorted(self.patterns, patterns), len(self.patterns) - 1)
        return np.where(self.patterns[rows] == patterns, self.pairs[rows], 0)

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
