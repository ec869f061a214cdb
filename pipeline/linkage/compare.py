"""Compare: pairs become agreement patterns.

In: `Encoded` and record numbers. Out: one packed integer per pair, and counts of patterns. It must
not know what a pattern is worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.linkage.block import Blocking
from pipeline.linkage.encode import Encoded
from pipeline.linkage.spec import LinkageSpec


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


@dataclass(frozen=True)
class ComparedChunk:
    """Candidate pairs with their patterns.

    Attributes:
        left: int32 (n,), record numbers in the left table.
        right: int32 (n,), record numbers in the right table.
        rules: uint64 (n,), the set of rules that make the pair.
        patterns: uint64 (n,), agreement patterns.
    """

    left: np.ndarray
    right: np.ndarray
    rules: np.ndarray
    patterns: np.ndarray


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

    patterns: np.ndarray
    pairs: np.ndarray
    rule: np.ndarray
    pattern_index: np.ndarray
    rule_pairs: np.ndarray

    def of_rule(self, rule: int) -> tuple[np.ndarray, np.ndarray]:
        """Indices into `patterns`, and pair counts, of one rule."""
        start, stop = np.searchsorted(self.rule, [rule, rule + 1])
        return self.pattern_index[start:stop], self.rule_pairs[start:stop]


def layout_of(spec: LinkageSpec) -> PatternLayout:
    """The pattern layout of a specification's comparisons.

    Raises:
        SpecError: the comparisons do not fit into 64 bits.
    """
    raise NotImplementedError


def unpack(patterns: np.ndarray, layout: PatternLayout) -> np.ndarray:
    """Agreement levels of patterns: int8 (n_patterns, n_comparisons), null = -1."""
    raise NotImplementedError


def pack(levels: np.ndarray, layout: PatternLayout) -> np.ndarray:
    """Patterns of agreement levels; the inverse of `unpack`."""
    raise NotImplementedError


def compare_pairs(
    encoded: Encoded, left: np.ndarray, right: np.ndarray, layout: PatternLayout, threads: int = 2
) -> np.ndarray:
    """Agreement patterns uint64 (n_pairs,) of the pairs (left[i], right[i]) of record numbers."""
    raise NotImplementedError


def compare_candidates(
    encoded: Encoded,
    blocking: Blocking,
    layout: PatternLayout,
    chunk_pairs: int = 1_000_000,
    threads: int = 2,
) -> Iterator[ComparedChunk]:
    """Block and compare in one pass, chunk by chunk, in left order.

    At most about `threads` + 1 chunks exist at once.
    """
    raise NotImplementedError


def count_patterns(chunks: Iterable[ComparedChunk], n_rules: int) -> PatternCounts:
    """Count patterns over distinct pairs, and per rule before de-duplication across rules."""
    raise NotImplementedError


def random_pairs(encoded: Encoded, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Record numbers of n random pairs, drawn with replacement from all pairs.

    The same for any row order. When deduplicating left < right. If all pairs there are number n or
    fewer, every pair once.
    """
    raise NotImplementedError
