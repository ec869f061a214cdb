"""The compiled comparison of a chunk of pairs: a pure function of the pairs and the code tables.

In: `Encoded` as arrays, and record numbers. Out: agreement patterns. It must not know where the
pairs come from; nothing here needs more pairs than the chunk at hand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.linkage.comparing.agreement import (
    DATE,
    DAY_MASK,
    EQUALITY,
    KERNEL_OF_KIND,
    LADDER,
    NAME,
    TOWN,
    date_level,
    date_of,
    level_of_values,
)
from pipeline.linkage.comparing.ladder import LadderMemo, Ladders, ladder_levels, ladder_memo
from pipeline.linkage.comparing.patterns import PatternLayout
from pipeline.linkage.comparisons import NULL_LEVEL
from pipeline.linkage.compiled import Flags, Int8s, Int32s, Int64s, Words, compiled, inlined
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.encoding.values import Values

BATCH = 1024
"""Pairs taken through one step before the next."""
MEMO_BITS = 16
"""A chunk remembers levels of up to 2^MEMO_BITS pairs of values; the memory is small enough to
stay in cache and forgets a pair when another needs its place."""
NEAR, SIMILAR, FAINT = 4, 2, 1
"""Levels of names between which swapping is decided."""
EXACT_NAME, SWAPPED, HALF_SWAPPED = 5, 6, 7


class Tables(NamedTuple):
    """Everything the kernel reads of the two tables."""

    left: Int32s
    right: Int32s
    list_offsets: Int64s
    list_codes: Int32s
    bases: Int64s
    is_many: Flags
    values: Values
    ladders: Ladders


class Steps(NamedTuple):
    """What the kernel does for a pair: first each comparison, then names crosswise.

    Attributes:
        kernel: which function compares unequal values.
        left: the left record's cell read.
        right: the right record's cell read.
        exact: level of equal values.
        shift: where the level goes in the pattern; one per comparison.
        given: for a crosswise step the given name's comparison, else -1. Two such steps follow one
            another: left given name with right surname, then the other way round.
        surname: for a crosswise step the surname's comparison, else -1.
    """

    kernel: Int64s
    left: Int64s
    right: Int64s
    exact: Int64s
    shift: Words
    given: Int64s
    surname: Int64s


class Memo(NamedTuple):
    """One thread's memory.

    Attributes:
        keys: uint64 (2^MEMO_BITS,), pairs of values seen before; 0 is an empty place.
        known: int8 (2^MEMO_BITS,), their levels.
        levels: int8 (n_steps, BATCH), levels of the batch of pairs at hand.
        left_cells: int32 (n_columns, BATCH), the batch's left cells.
        right_cells: int32 (n_columns, BATCH), the batch's right cells.
        ladder: what comparing on ladders needs.
    """

    keys: Words
    known: Int8s
    levels: Int8s
    left_cells: Int32s
    right_cells: Int32s
    ladder: LadderMemo


def kernel_tables(encoded: Encoded) -> Tables:
    """The two tables as the kernel reads them; chunks and threads share it."""
    cells = encoded.cells
    return Tables(
        cells.left, cells.right, cells.list_offsets, cells.list_codes, cells.bases, cells.is_many,
        encoded.values, encoded.ladders,
    )  # fmt: skip


def kernel_steps(encoded: Encoded, layout: PatternLayout) -> Steps:
    """What the kernel does for a pair, from the specification."""
    comparisons = encoded.spec.comparisons
    names = list(encoded.spec.comparison_names)
    cell = encoded.cells.columns
    rows = [
        (KERNEL_OF_KIND.get(c.kind, LADDER), cell[c.column], cell[c.column], c.exact_level, -1, -1)
        for c in comparisons
    ]
    for given, comparison in enumerate(comparisons):
        if comparison.swap_with is not None:
            surname = names.index(comparison.swap_with)
            here, there = cell[comparison.column], cell[comparisons[surname].column]
            rows.append((NAME, here, there, EXACT_NAME, given, surname))
            rows.append((NAME, there, here, EXACT_NAME, given, surname))
    kernel, left, right, exact, given_of, surname_of = np.array(rows, np.int64).T.copy()
    shift = np.array(layout.shifts, np.uint64)
    return Steps(kernel, left, right, exact, shift, given_of, surname_of)


def compare_chunk(
    tables: Tables, steps: Steps, left: Int32s, right: Int32s, patterns: Words
) -> None:
    """Run the kernel with memory of its own."""
    values = tables.values._replace(scratch=np.empty_like(tables.values.scratch))
    scratch = np.empty_like(values.scratch)
    ladders = tables.ladders._replace(values=tables.ladders.values._replace(scratch=scratch))
    memo = _memo(len(steps.kernel), tables)
    own = tables._replace(values=values, ladders=ladders)
    _compare(own, steps, memo, left, right, patterns)


def _memo(n_steps: int, tables: Tables) -> Memo:
    n_columns = tables.left.shape[1]
    return Memo(
        keys=np.zeros(1 << MEMO_BITS, np.uint64),
        known=np.zeros(1 << MEMO_BITS, np.int8),
        levels=np.empty((n_steps, BATCH), np.int8),
        left_cells=np.empty((n_columns, BATCH), np.int32),
        right_cells=np.empty((n_columns, BATCH), np.int32),
        ladder=ladder_memo(tables.ladders),
    )


@compiled
def _compare(
    tables: Tables, steps: Steps, memo: Memo, left: Int32s, right: Int32s, patterns: Words
) -> None:
    """Fill the patterns of pairs of records.

    One step after the other for a batch of pairs: the processor foresees what it does again and
    again, and the batch's cells and levels stay in its nearest memory. All values meet in one
    place in the code, because the compiler copies what it finds there into every caller.
    """
    for first in range(0, len(left), BATCH):
        n = min(BATCH, len(left) - first)
        _gather(tables.left, left, first, n, memo.left_cells)
        _gather(tables.right, right, first, n, memo.right_cells)
        for step in range(len(steps.kernel)):
            if steps.kernel[step] == LADDER:
                ladder_levels(
                    tables, memo.ladder, tables.ladders.of_comparison[step],
                    memo.left_cells, memo.right_cells, memo.levels[step, :n],
                )  # fmt: skip
                continue
            for pair in range(n):
                level = NULL_LEVEL
                if step < len(steps.shift) or _may_be_swapped(steps, memo.levels, step, pair):
                    x = memo.left_cells[steps.left[step], pair]
                    y = memo.right_cells[steps.right[step], pair]
                    if x >= 0 and y >= 0:
                        level = _cell_level(tables, steps, memo, step, x, y)
                memo.levels[step, pair] = level
        for step in range(len(steps.shift), len(steps.kernel), 2):
            for pair in range(n):
                _settle_swap(memo.levels, steps.given[step], steps.surname[step], step, pair)
        for pair in range(n):
            pattern = np.uint64(0)
            for comparison in range(len(steps.shift)):
                field = np.uint64(memo.levels[comparison, pair] + 1)
                pattern |= field << steps.shift[comparison]
            patterns[first + pair] = pattern


@inlined
def _gather(cells: Int32s, records: Int32s, first: int, n: int, batch: Int32s) -> None:
    """Copy a batch's cells together: no decisions, so that many loads are under way at once."""
    for pair in range(n):
        record = records[first + pair]
        for column in range(cells.shape[1]):
            batch[column, pair] = cells[record, column]


@inlined
def _cell_level(tables: Tables, steps: Steps, memo: Memo, step: int, x: int, y: int) -> int:
    """Level of two cells, neither null; of two lists the best."""
    base_x, base_y = tables.bases[steps.left[step]], tables.bases[steps.right[step]]
    many_x, many_y = tables.is_many[steps.left[step]], tables.is_many[steps.right[step]]
    kernel, exact = steps.kernel[step], steps.exact[step]
    x_stop, y_start, y_stop = x + 1, y, y + 1
    if many_x:
        x, x_stop = tables.list_offsets[x], tables.list_offsets[x + 1]
    if many_y:
        y_start, y_stop = tables.list_offsets[y], tables.list_offsets[y + 1]
    best = -1
    for p in range(x, x_stop):
        a = base_x + (tables.list_codes[p] if many_x else p)
        for q in range(y_start, y_stop):
            b = base_y + (tables.list_codes[q] if many_y else q)
            best = max(best, _code_level(tables.values, memo, kernel, exact, a, b))
            if best == exact:
                return best
    return best


@inlined
def _code_level(values: Values, memo: Memo, kernel: int, exact: int, a: int, b: int) -> int:
    """Level of two values by global code, whichever comes first."""
    if kernel == DATE:
        x, y = date_of(values, a), date_of(values, b)
        return exact if x == y and x & DAY_MASK != 0 else date_level(x, y)
    if a == b:
        return exact
    if kernel == EQUALITY:
        return 0
    if a > b:
        a, b = b, a
    # Names and towns come again and again in pairs; addresses would only push them out.
    is_remembered = kernel in (NAME, TOWN)
    key = (np.uint64(a) << np.uint64(32)) | np.uint64(b)
    slot = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - MEMO_BITS)
    if is_remembered and memo.keys[slot] == key:
        return int(memo.known[slot])
    level = level_of_values(kernel, values, a, b)
    if is_remembered:
        memo.keys[slot] = key
        memo.known[slot] = level
    return level


@inlined
def _may_be_swapped(steps: Steps, levels: Int8s, step: int, pair: int) -> bool:
    """Whether a crosswise step can still matter: neither name agrees as it stands."""
    if levels[steps.given[step], pair] > FAINT or levels[steps.surname[step], pair] > FAINT:
        return False
    is_first = (step - len(steps.shift)) % 2 == 0
    return bool(is_first or levels[step - 1, pair] < 0 or levels[step - 1, pair] >= SIMILAR)


@inlined
def _settle_swap(levels: Int8s, given: int, surname: int, step: int, pair: int) -> None:
    """Where names are swapped, say so in the given name's level.

    The surname then becomes not comparable: it has been used.
    """
    better = max(levels[step, pair], levels[step + 1, pair])
    worse = min(levels[step, pair], levels[step + 1, pair])
    if worse >= NEAR:
        levels[given, pair] = SWAPPED
        levels[surname, pair] = NULL_LEVEL
    elif (better >= NEAR and worse >= SIMILAR) or (better == EXACT_NAME and worse == NULL_LEVEL):
        levels[given, pair] = HALF_SWAPPED
        levels[surname, pair] = NULL_LEVEL
