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
    may_agree,
    unread_digits,
)
from pipeline.linkage.comparing.ladder import LadderMemo, Ladders, ladder_levels, ladder_memo
from pipeline.linkage.comparing.patterns import PatternLayout
from pipeline.linkage.comparisons import NULL_LEVEL
from pipeline.linkage.compiled import Array, Flags, Int8s, Int32s, Int64s, Words, compiled, inlined
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.encoding.values import FIRST_LIST, NO_VALUE, Values

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
        asked: uint32 (BATCH,), pairs of the batch that a step is about.
        open: uint32 (BATCH,), those of them that are not settled yet.
        ladder: what comparing on ladders needs.
    """

    keys: Words
    known: Int8s
    levels: Int8s
    left_cells: Int32s
    right_cells: Int32s
    asked: Array
    open: Array
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
    values = tables.values._replace(scratch=np.zeros_like(tables.values.scratch))
    scratch = np.zeros_like(values.scratch)
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
        asked=np.empty(BATCH, np.uint32),
        open=np.empty(BATCH, np.uint32),
        ladder=ladder_memo(tables.ladders, BATCH),
    )


@compiled
def _compare(
    tables: Tables, steps: Steps, memo: Memo, left: Int32s, right: Int32s, patterns: Words
) -> None:
    """Fill the patterns of pairs of records.

    One step after the other for a batch of pairs: the processor foresees what it does again and
    again, and the batch's cells and levels stay in its nearest memory.
    """
    n_comparisons = len(steps.shift)
    for first in range(0, len(left), BATCH):
        n = min(BATCH, len(left) - first)
        _gather(tables.left, left, first, n, memo.left_cells)
        _gather(tables.right, right, first, n, memo.right_cells)
        for step in range(n_comparisons):
            for pair in range(n):
                memo.asked[pair] = pair
            _take_step(tables, steps, memo, step, n)
        for step in range(n_comparisons, len(steps.kernel), 2):
            memo.levels[step : step + 2, :n] = NULL_LEVEL
            given, surname = steps.given[step], steps.surname[step]
            n_asked = _swappable(memo.levels, given, surname, n, memo.asked)
            _take_step(tables, steps, memo, step, n_asked)
            n_asked = _half_swapped(memo.levels, step, n_asked, memo.asked)
            _take_step(tables, steps, memo, step + 1, n_asked)
            for pair in range(n):
                _settle_swap(memo.levels, given, surname, step, pair)
        patterns[first : first + n] = 0
        for comparison in range(n_comparisons):
            for pair in range(n):
                field = np.uint64(memo.levels[comparison, pair] + 1)
                patterns[first + pair] |= field << steps.shift[comparison]


@inlined
def _gather(cells: Int32s, records: Int32s, first: int, n: int, batch: Int32s) -> None:
    """Copy a batch's cells together: no decisions, so that many loads are under way at once.

    Unsigned places, here and below, because a signed one could mean a place counted from the end.
    """
    flat, width = cells.reshape(-1), np.uint64(cells.shape[1])
    part = records[first : first + n]
    for column in range(cells.shape[1]):
        row = batch[column]
        for pair in range(n):
            row[pair] = flat[np.uint64(part[pair]) * width + np.uint64(column)]


@compiled
def _take_step(tables: Tables, steps: Steps, memo: Memo, step: int, n_asked: int) -> None:
    """Levels of the first `n_asked` pairs in `asked`."""
    kernel, exact = steps.kernel[step], steps.exact[step]
    x_column, y_column = steps.left[step], steps.right[step]
    left, right = memo.left_cells[x_column], memo.right_cells[y_column]
    if kernel == LADDER:
        ladder_levels(
            tables, memo.ladder, tables.ladders.of_comparison[step],
            memo.left_cells, memo.right_cells, memo.levels[step, :n_asked],
        )  # fmt: skip
        return
    if kernel == DATE:
        for place in range(n_asked):
            pair, level = memo.asked[place], NULL_LEVEL
            if left[pair] >= 0 and right[pair] >= 0:
                a, b = tables.bases[x_column] + left[pair], tables.bases[y_column] + right[pair]
                level = _date_level(tables.values, exact, a, b)
            memo.levels[step, pair] = level
    else:
        _sift(tables, steps, memo, step, n_asked)
    if tables.is_many[x_column] or tables.is_many[y_column]:
        for place in range(n_asked):
            pair = memo.asked[place]
            x, y = left[pair], right[pair]
            if (x <= FIRST_LIST or y <= FIRST_LIST) and x != NO_VALUE and y != NO_VALUE:
                memo.levels[step, pair] = _list_level(tables, steps, memo, step, x, y)


@compiled
def _sift(tables: Tables, steps: Steps, memo: Memo, step: int, n_asked: int) -> None:
    """Levels of single values, settled in passes that each hand on what they leave open.

    A list has no level yet, like a missing value. Equal and missing values first, then values that
    bounds from lengths and letters tell apart, and only then strings. The first passes hold no
    decision that the processor could guess wrong.
    """
    kernel, exact = steps.kernel[step], steps.exact[step]
    x_column, y_column = steps.left[step], steps.right[step]
    left, right = memo.left_cells[x_column], memo.right_cells[y_column]
    left_base, right_base = tables.bases[x_column], tables.bases[y_column]
    levels, n_unequal, n_open = memo.levels[step], 0, 0
    for place in range(n_asked):
        pair = memo.asked[place]
        x, y = left[pair], right[pair]
        level = NULL_LEVEL if (x | y) < 0 else (exact if left_base + x == right_base + y else 0)
        levels[pair] = level
        memo.open[n_unequal] = pair
        n_unequal += level == 0
    if kernel == EQUALITY:
        return
    for place in range(n_unequal):
        pair = memo.open[place]
        memo.open[n_open] = pair
        a, b = left_base + left[pair], right_base + right[pair]
        n_open += may_agree(kernel, tables.values, a, b)
    for place in range(n_open):
        pair = memo.open[place]
        a, b = left_base + left[pair], right_base + right[pair]
        levels[pair] = _remembered_level(tables.values, memo, kernel, a, b)


@compiled
def _list_level(tables: Tables, steps: Steps, memo: Memo, step: int, x: int, y: int) -> int:
    """Level of two cells of which one at least is a list: the best of their values."""
    kernel, exact = steps.kernel[step], steps.exact[step]
    base_x, base_y = tables.bases[steps.left[step]], tables.bases[steps.right[step]]
    many_x, many_y = x <= FIRST_LIST, y <= FIRST_LIST
    x_stop, y_start, y_stop = x + 1, y, y + 1
    if many_x:
        x, x_stop = tables.list_offsets[FIRST_LIST - x], tables.list_offsets[FIRST_LIST - x + 1]
    if many_y:
        y_start = tables.list_offsets[FIRST_LIST - y]
        y_stop = tables.list_offsets[FIRST_LIST - y + 1]
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
        return _date_level(values, exact, a, b)
    if a == b:
        return exact
    if kernel == EQUALITY or not may_agree(kernel, values, a, b):
        return 0
    return _remembered_level(values, memo, kernel, a, b)


@inlined
def _date_level(values: Values, exact: int, a: int, b: int) -> int:
    x, y = date_of(values, a), date_of(values, b)
    is_whole = x & DAY_MASK != 0 and unread_digits(x) == 0
    return exact if x == y and is_whole else date_level(x, y)


@compiled
def _remembered_level(values: Values, memo: Memo, kernel: int, a: int, b: int) -> int:
    """Level of two unequal values: from memory where names or towns have met before.

    Other values would only push those out.
    """
    if a > b:
        a, b = b, a
    if kernel != NAME and kernel != TOWN:
        return level_of_values(kernel, values, a, b)
    key = (np.uint64(a) << np.uint64(32)) | np.uint64(b)
    slot = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - MEMO_BITS)
    if memo.keys[slot] != key:
        memo.known[slot] = level_of_values(kernel, values, a, b)
        memo.keys[slot] = key
    return int(memo.known[slot])


@inlined
def _swappable(levels: Int8s, given: int, surname: int, n: int, asked: Array) -> int:
    """Put into `asked` the pairs of which neither name agrees as it stands; return how many."""
    n_asked = 0
    for pair in range(n):
        asked[n_asked] = pair
        n_asked += (levels[given, pair] <= FAINT) & (levels[surname, pair] <= FAINT)
    return n_asked


@inlined
def _half_swapped(levels: Int8s, step: int, n: int, asked: Array) -> int:
    """Keep those in `asked` for which the other crosswise step can still matter."""
    n_asked = 0
    for place in range(n):
        pair = asked[place]
        asked[n_asked] = pair
        n_asked += (levels[step, pair] < 0) | (levels[step, pair] >= SIMILAR)
    return n_asked


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
