"""Compare: pairs become agreement patterns.

In: `Encoded` and record numbers. Out: one packed integer per pair. It must not know what a pattern
is worth. The kernel is a pure function of a chunk of pairs and the code tables.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.linkage.agreement import (
    DATE,
    DAY_MASK,
    EQUALITY,
    KERNEL_OF_KIND,
    NAME,
    TOWN,
    date_level,
    level_of_values,
)
from pipeline.linkage.block import Blocking, candidate_chunk, chunk_bounds
from pipeline.linkage.compiled import Flags, Int8s, Int32s, Int64s, Words, compiled, inlined
from pipeline.linkage.encoded import Encoded
from pipeline.linkage.patterns import (
    PatternCounts,
    PatternLayout,
    PatternTally,
    count_patterns,
    layout_of,
    pack,
    unpack,
)
from pipeline.linkage.values import Values

__all__ = [
    "ComparedChunk", "PatternCounts", "PatternLayout", "PatternTally", "compare_candidates",
    "compare_pairs", "count_patterns", "layout_of", "pack", "random_pairs", "unpack",
]  # fmt: skip

MEMO_BITS = 16
"""A chunk remembers levels of up to 2^MEMO_BITS pairs of values; the memory is small enough to
stay in cache and forgets a pair when another needs its place."""
NEAR, SIMILAR, FAINT = 4, 2, 1
"""Levels of names between which swapping is decided."""
EXACT_NAME, SWAPPED, HALF_SWAPPED = 5, 6, 7


@dataclass(frozen=True)
class ComparedChunk:
    """Candidate pairs with their patterns.

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


class Tables(NamedTuple):
    """Everything the kernel reads of the two tables."""

    left: Int32s
    right: Int32s
    list_offsets: Int64s
    list_codes: Int32s
    bases: Int64s
    is_many: Flags
    values: Values


class Steps(NamedTuple):
    """What the kernel does, one entry per comparison.

    Attributes:
        kernel: which function compares unequal values.
        column: the cell read.
        exact: level of equal values.
        shift: where the level goes.
        swap_with: number of the surname comparison, or -1.
    """

    kernel: Int64s
    column: Int64s
    exact: Int64s
    shift: Words
    swap_with: Int64s


class Memo(NamedTuple):
    """One thread's memory: levels of value pairs seen before, and the levels of the pair at hand.

    A key of 0 is an empty place.
    """

    keys: Words
    levels: Int8s
    row: Int64s


def compare_pairs(
    encoded: Encoded, left: Int32s, right: Int32s, layout: PatternLayout, threads: int = 2
) -> Words:
    """Agreement patterns uint64 (n_pairs,) of the pairs (left[i], right[i]) of record numbers."""
    tables, steps = _tables(encoded), _steps(encoded, layout)
    patterns = np.zeros(len(left), np.uint64)
    bounds = np.linspace(0, len(left), threads + 1).astype(np.int64)
    left, right = np.ascontiguousarray(left, np.int32), np.ascontiguousarray(right, np.int32)

    def compare_part(part: int) -> None:
        start, stop = bounds[part], bounds[part + 1]
        part_patterns = patterns[start:stop]
        _compare_chunk(tables, steps, left[start:stop], right[start:stop], part_patterns)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(compare_part, range(threads)))
    return patterns


def compare_candidates(
    encoded: Encoded,
    blocking: Blocking,
    layout: PatternLayout,
    chunk_pairs: int = 1_000_000,
    threads: int = 2,
) -> Iterator[ComparedChunk]:
    """Block and compare in one pass, chunk by chunk, in left order.

    The pairs and their order are the same for any chunk size and thread count. At most
    `threads` + 1 chunks exist at once.
    """
    tables, steps = _tables(encoded), _steps(encoded, layout)

    def make(bounds: tuple[int, int]) -> ComparedChunk:
        pairs = candidate_chunk(blocking, *bounds)
        patterns = np.zeros(len(pairs.left), np.uint64)
        _compare_chunk(tables, steps, pairs.left, pairs.right, patterns)
        return ComparedChunk(pairs.left, pairs.right, pairs.rules, patterns)

    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[ComparedChunk]] = deque()
        for bounds in chunk_bounds(blocking, chunk_pairs):
            running.append(pool.submit(make, bounds))
            if len(running) > threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


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


def _tables(encoded: Encoded) -> Tables:
    cells = encoded.cells
    return Tables(
        cells.left, cells.right, cells.list_offsets, cells.list_codes, cells.bases, cells.is_many,
        encoded.values,
    )  # fmt: skip


def _steps(encoded: Encoded, layout: PatternLayout) -> Steps:
    comparisons = encoded.spec.comparisons
    names = list(encoded.spec.comparison_names)
    swap_with = [names.index(c.swap_with) if c.swap_with else -1 for c in comparisons]
    return Steps(
        kernel=np.array([KERNEL_OF_KIND[c.kind] for c in comparisons], np.int64),
        column=np.array([encoded.cells.columns[c.column] for c in comparisons], np.int64),
        exact=np.array([c.exact_level for c in comparisons], np.int64),
        shift=np.array(layout.shifts, np.uint64),
        swap_with=np.array(swap_with, np.int64),
    )


def _compare_chunk(
    tables: Tables, steps: Steps, left: Int32s, right: Int32s, patterns: Words
) -> None:
    """Run the kernel with memory of its own."""
    values = tables.values._replace(scratch=np.empty_like(tables.values.scratch))
    memo = _memo(len(steps.kernel))
    _compare(tables._replace(values=values), steps, memo, left, right, patterns)


def _memo(n_steps: int) -> Memo:
    size = 1 << MEMO_BITS
    return Memo(np.zeros(size, np.uint64), np.zeros(size, np.int8), np.empty(n_steps, np.int64))


@compiled
def _compare(
    tables: Tables, steps: Steps, memo: Memo, left: Int32s, right: Int32s, patterns: Words
) -> None:
    """Fill the patterns of pairs of records."""
    n_steps = len(steps.kernel)
    levels = memo.row
    for pair in range(len(left)):
        i, j = left[pair], right[pair]
        for step in range(n_steps):
            column = steps.column[step]
            levels[step] = _cell_level(
                tables, steps, memo, step, column, column,
                tables.left[i, column], tables.right[j, column],
            )  # fmt: skip
        for step in range(n_steps):
            if steps.swap_with[step] >= 0:
                _swap_names(tables, steps, memo, step, i, j, levels)
        pattern = np.uint64(0)
        for step in range(n_steps):
            pattern |= np.uint64(levels[step] + 1) << steps.shift[step]
        patterns[pair] = pattern


@inlined
def _cell_level(
    tables: Tables, steps: Steps, memo: Memo, step: int,
    column_x: int, column_y: int, x: int, y: int,
) -> int:  # fmt: skip
    """Level of two cells; of two lists the best, -1 where either cell is null."""
    if x < 0 or y < 0:
        return -1
    if tables.is_many[column_x] or tables.is_many[column_y]:
        return _list_level(tables, steps, memo, step, column_x, column_y, x, y)
    a, b = tables.bases[column_x] + x, tables.bases[column_y] + y
    return _code_level(tables.values, memo, steps.kernel[step], steps.exact[step], a, b)


@compiled
def _list_level(
    tables: Tables, steps: Steps, memo: Memo, step: int,
    column_x: int, column_y: int, x: int, y: int,
) -> int:  # fmt: skip
    """Best level of two cells of which at least one is a list."""
    kernel, exact = steps.kernel[step], steps.exact[step]
    many_x, many_y = tables.is_many[column_x], tables.is_many[column_y]
    x_start = tables.list_offsets[x] if many_x else 0
    x_stop = tables.list_offsets[x + 1] if many_x else 1
    y_start = tables.list_offsets[y] if many_y else 0
    y_stop = tables.list_offsets[y + 1] if many_y else 1
    best = -1
    for p in range(x_start, x_stop):
        a = tables.bases[column_x] + (tables.list_codes[p] if many_x else x)
        for q in range(y_start, y_stop):
            b = tables.bases[column_y] + (tables.list_codes[q] if many_y else y)
            best = max(best, _code_level(tables.values, memo, kernel, exact, a, b))
            if best == exact:
                return best
    return best


@inlined
def _code_level(values: Values, memo: Memo, kernel: int, exact: int, a: int, b: int) -> int:
    """Level of two values by global code, whichever comes first."""
    if kernel == DATE:
        x, y = values.table[a].key, values.table[b].key
        return exact if x == y and x & DAY_MASK != 0 else date_level(x, y)
    if a == b:
        return exact
    if kernel == EQUALITY:
        return 0
    if a > b:
        a, b = b, a
    if kernel != NAME and kernel != TOWN:
        return level_of_values(kernel, values, a, b)
    key = (np.uint64(a) << np.uint64(32)) | np.uint64(b)
    slot = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - MEMO_BITS)
    if memo.keys[slot] != key:
        memo.keys[slot] = key
        memo.levels[slot] = level_of_values(kernel, values, a, b)
    return int(memo.levels[slot])


@compiled
def _swap_names(
    tables: Tables, steps: Steps, memo: Memo, step: int, i: int, j: int, levels: Int64s
) -> None:
    """Given name and surname compared crosswise where neither agrees as it stands.

    Where they turn out to be swapped, the given name's level says so and the surname becomes not
    comparable: it has been used.
    """
    other = steps.swap_with[step]
    if levels[step] > FAINT or levels[other] > FAINT:
        return
    given, surname = steps.column[step], steps.column[other]
    first = _cell_level(
        tables, steps, memo, step, given, surname, tables.left[i, given], tables.right[j, surname]
    )
    if 0 <= first < SIMILAR:
        return
    second = _cell_level(
        tables, steps, memo, step, surname, given, tables.left[i, surname], tables.right[j, given]
    )
    better, worse = max(first, second), min(first, second)
    if worse >= NEAR:
        levels[step] = SWAPPED
    elif (better >= NEAR and worse >= SIMILAR) or (better == EXACT_NAME and worse == -1):
        levels[step] = HALF_SWAPPED
    else:
        return
    levels[other] = -1
