"""Gather what a linkage works on: candidate pairs with their patterns, and how strangers look.

In: one or two tables, a specification and settings. Out: `Gathered`: compact arrays of the distinct
candidate pairs, pattern counts, and level shares of random pairs. It must not know m, h or weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.linkage.blocking.block import Blocking, plan_blocking
from pipeline.linkage.comparing.compare import (
    PatternCounts,
    PatternLayout,
    compare_candidates,
    layout_of,
    pack,
    unpack,
)
from pipeline.linkage.comparing.pairs import CandidatePairs, collect_pairs
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.affinity import NameAffinity, name_affinity
from pipeline.linkage.learning.classes import CountedLevels
from pipeline.linkage.learning.estimate import Evidence, RuleLevels
from pipeline.linkage.learning.lists import ListSizes, list_sizes
from pipeline.linkage.learning.strangers import (
    exact_ceiling,
    random_levels,
    random_shares,
)
from pipeline.linkage.learning.ties import joint_levels
from pipeline.linkage.method import Method
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gathered:
    """All that estimation and scoring look at.

    Attributes:
        encoded: The tables as codes; its `spec` leaves out columns that say nothing.
        layout: Where each comparison sits in a pattern.
        blocking: The rules in use.
        pairs: The distinct candidate pairs.
        affinity: Which names go together; None where that cannot be learned.
        lists: How many values each record holds.
        method: Parts of the method in use.
    """

    encoded: Encoded
    layout: PatternLayout
    blocking: Blocking
    pairs: CandidatePairs
    affinity: NameAffinity | None
    lists: ListSizes
    method: Method

    @property
    def counts(self) -> PatternCounts:
        """How often each pattern occurs, in all and per rule."""
        return self.pairs.counts

    @cached_property
    def lessons(self) -> CandidatePairs:
        """The pairs as EM counts them: those of very long lists teach nothing."""
        if self.lists.all_teach:
            return self.pairs
        return self.pairs.counting(self.lists.teaches, len(self.blocking.rules))


def gather(
    left: pa.Table,
    right: pa.Table | None,
    spec: LinkageSpec,
    settings: LinkageSettings,
    is_selective: bool = True,
) -> Gathered:
    """Encode, block and compare.

    Args:
        left: The left table.
        right: The right table; None to link the left one with itself.
        spec: What to compare and block on.
        settings: Budgets and chunk sizes.
        is_selective: Leave out columns that say nothing; False keeps every one.
    """
    method = settings.method
    compared = spec if method.name_swaps else without_swaps(spec)
    encoded = encode(left, right, compared, is_selective)
    layout = layout_of(encoded.spec)
    blocking = plan_blocking(encoded, settings.pairs_per_record, settings.spare_pairs)
    chunks = compare_candidates(encoded, blocking, layout, settings.chunk_pairs, settings.threads)
    return Gathered(
        encoded=encoded,
        layout=layout,
        blocking=blocking,
        pairs=collect_pairs(chunks, len(blocking.rules)),
        affinity=name_affinity(encoded) if method.name_affinity else None,
        lists=list_sizes(encoded),
        method=method,
    )


def without_swaps(spec: LinkageSpec) -> LinkageSpec:
    """The same specification without comparing given name and surname crosswise."""
    return replace(spec, comparisons=tuple(replace(c, swap_with=None) for c in spec.comparisons))


def evidence_of(gathered: Gathered, settings: LinkageSettings) -> Evidence:
    """What EM looks at."""
    counts = gathered.lessons.counts
    levels = unpack(counts.patterns, gathered.layout)
    encoded, comparisons = gathered.encoded, gathered.encoded.spec.comparisons
    sample = random_levels(encoded, gathered.layout, settings, gathered.lists)
    joint = joint_levels(comparisons, sample) if gathered.method.stranger_ties else ()
    return Evidence(
        comparisons=comparisons,
        rules=rule_levels(gathered, levels),
        candidates=CountedLevels(levels, counts.pairs.astype(np.float64)),
        random_shares=random_shares(encoded, sample),
        exact_ceiling=exact_ceiling(encoded),
        possible_pairs=float(encoded.n_pairs),
        joint=joint,
        method=gathered.method,
    )


def rule_levels(gathered: Gathered, levels: NDArray[np.int8]) -> RuleLevels:
    """Pattern counts per rule with the comparisons blanked out that the rule fixes or implies."""
    spec = gathered.encoded.spec
    width = len(spec.comparisons)
    parts: list[NDArray[Any]] = [np.empty((0, width), np.int8)]
    counts: list[NDArray[Any]] = [np.empty(0)]
    rules: list[NDArray[Any]] = [np.empty(0, np.int64)]
    for index, rule in enumerate(gathered.blocking.rules):
        rows, pairs = pairs_of_rule(gathered, index)
        blanked = levels[rows]
        fixed = [spec.comparison_names.index(name) for name in rule.fixed_comparisons(spec)]
        blanked[:, fixed] = -1
        packed, inverse = np.unique(pack(blanked, gathered.layout), return_inverse=True)
        parts.append(unpack(packed, gathered.layout))
        counts.append(np.bincount(inverse, weights=pairs, minlength=len(packed)))
        rules.append(np.full(len(packed), index))
    return RuleLevels(np.concatenate(parts), np.concatenate(counts), np.concatenate(rules))


def pairs_of_rule(gathered: Gathered, rule: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Patterns of a rule's pairs, as indices, and how many pairs have each."""
    if gathered.method.counts_before_deduplication:
        return gathered.lessons.counts.of_rule(rule)
    kinds = gathered.lessons
    lowest = kinds.rules & (~kinds.rules + np.uint64(1))
    is_first = lowest == np.uint64(1) << np.uint64(rule)
    pairs = np.bincount(kinds.pattern[is_first], kinds.pairs[is_first])
    patterns = np.flatnonzero(pairs)
    return patterns, pairs[patterns]
