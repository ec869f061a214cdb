"""Block: which pairs of records are looked at at all.

In: `Encoded`. Out: a `Blocking`, which has counted the pairs of every rule before any pair exists,
and from it the candidate pairs in bounded chunks, in left order. It must not know comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.linkage.encode import Encoded
from pipeline.linkage.spec import BlockingRule


@dataclass(frozen=True)
class Blocking:
    """The rules in use, and what each brings together.

    Attributes:
        rules: rules in use; rule r is bit r of a pair's rule set.
        rule_pairs: int64 (n_rules,), pairs that each rule makes on its own.
        report: one row per rule considered: family, rule, pairs, decision (`used`, `too many
            pairs`, `not needed`, `no pairs`).
        warnings: families narrowed or dropped.
    """

    rules: tuple[BlockingRule, ...]
    rule_pairs: np.ndarray
    report: pa.Table
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PairChunk:
    """Distinct candidate pairs, by ascending left record, of one bounded range of left records.

    Attributes:
        left: int32 (n,), record numbers in the left table.
        right: int32 (n,), record numbers in the right table; > left when deduplicating.
        rules: uint64 (n,), bit r set where rule r makes the pair. The lowest bit kept it.
    """

    left: np.ndarray
    right: np.ndarray
    rules: np.ndarray


def plan_blocking(
    encoded: Encoded, pairs_per_record: float = 20.0, spare_pairs: int = 5_000
) -> Blocking:
    """Choose one rule of each family by counting its pairs.

    A family uses its first rule with at most `pairs_per_record` · n + `spare_pairs` pairs, n being
    the larger table's records; if none is, the family is dropped and a warning says so.

    Raises:
        PairBudgetError: a required rule is over budget; names the rule, its pairs and its largest
            blocks by size.
    """
    raise NotImplementedError


def candidate_pairs(
    blocking: Blocking, chunk_pairs: int = 1_000_000, threads: int = 2
) -> Iterator[PairChunk]:
    """All candidate pairs, each once, in the same order for any chunk size and thread count.

    Args:
        blocking: from `plan_blocking`.
        chunk_pairs: pairs of all rules, before de-duplication, that a chunk may hold; a single left
            record with more gets a chunk to itself.
        threads: chunks made at the same time.
    """
    raise NotImplementedError
