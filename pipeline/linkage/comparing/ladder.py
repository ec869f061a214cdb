"""The compiled interpreter of ladders: levels that a user listed, for a batch of pairs.

In: `Ladders`, made by `ladder_tables`, and the batch's cells. Out: a level for each pair. It must
not know how a level was written, nor where pairs come from.

Conditions are three-valued, as in SQL: false, unknown, true. A measure is taken once for a pair,
whatever number of levels ask for it, and not at all where a bound from lengths and letters shows
that it cannot reach the least of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipeline.linkage.comparing.agreement import least_edits, winkler_bound
from pipeline.linkage.comparing.similarity import edit_distance, jaro, jaro_winkler, popcount
from pipeline.linkage.comparisons import NULL_LEVEL
from pipeline.linkage.compiled import (
    Array,
    Flags,
    Floats,
    Int8s,
    Int32s,
    Int64s,
    Words,
    compiled,
    inlined,
)
from pipeline.linkage.encoding.values import FIRST_LIST, NO_VALUE, Values

if TYPE_CHECKING:
    from pipeline.linkage.comparing.kernel import Tables

Record = Any
"""One row of CONDITION or of MEASURE."""

(EXACT, MISSING, JARO_WINKLER, JARO, JACCARD, SHARED,
 LEVENSHTEIN, DAMERAU_LEVENSHTEIN, DAYS, DIFFERENCE) = range(10)  # fmt: skip
LAST_SIMILARITY = SHARED
"""Measures up to here grow with agreement, those after it shrink."""
AND, OR, NOT = -1, -2, -3
FALSE, UNKNOWN, TRUE = 0, 1, 2
NOT_TAKEN, NOTHING = -1.0, -2.0
"""Stand for a measure not yet taken, and for one that has no value; measures are never negative."""
MEMO_BITS = 15

CONDITION = np.dtype([("measure", np.int64), ("sign", np.float64), ("bound", np.float64)])
"""Holds where sign·value ≥ bound."""
MEASURE = np.dtype(
    [
        ("which", np.int64),  # EXACT … DIFFERENCE
        ("left", np.int64),  # cell of the left record
        ("right", np.int64),
        ("left_map", np.int64),  # start in `maps`, or -1: add `base` to the local code
        ("right_map", np.int64),
        ("base", np.int64),
        ("floor", np.float64),  # a value beyond it need not be known
    ]
)


class Ladders(NamedTuple):
    """All ladders of a specification.

    Attributes:
        of_comparison: (n_comparisons,) number of each comparison's ladder, -1 where it has none.
        own: (n_ladders,) cell of the comparison's own column.
        top: highest level.
        is_plain: only the own, single-valued column is read, on both sides alike.
        is_equal_top: equal values are on the top level, as nothing but `exact` stands there.
        is_remembered: values come again and again, so that levels are worth remembering.
        first_measure: (n_ladders + 1,), slices of `measures`.
        first_program: (n_ladders,), the program for null, followed by one a level from the top.
        program_starts: (n_programs + 1,), slices of `code`.
        code: conditions by number, and AND, OR, NOT after what they join.
        conditions: of CONDITION.
        measures: of MEASURE.
        maps: ladder codes of the distinct values of columns, -1 where a transform takes nothing.
        values: what is known of each ladder code.
        days: days since 1970, NaN for what is no date; empty where no ladder asks.
        amounts: the value as a number, likewise.
        byte_sets: (n_codes, 4), set of the value's bytes, likewise.
    """

    of_comparison: Int64s
    own: Int64s
    top: Int64s
    is_plain: Flags
    is_equal_top: Flags
    is_remembered: Flags
    first_measure: Int64s
    first_program: Int64s
    program_starts: Int64s
    code: Int32s
    conditions: Array
    measures: Array
    maps: Int32s
    values: Values
    days: Floats
    amounts: Floats
    byte_sets: Words


class LadderMemo(NamedTuple):
    """One thread's memory.

    Attributes:
        keys: (2^MEMO_BITS,), pairs of values seen before.
        owners: their ladder + 1; 0 is an empty place.
        known: their levels.
        taken: (n_measures,), measures of the pair at hand.
        stack: conditions not yet joined.
        open: uint32 (batch,), pairs that are not settled yet.
    """

    keys: Words
    owners: Int8s
    known: Int8s
    taken: Floats
    stack: Int8s
    open: Array


def ladder_memo(ladders: Ladders, batch: int) -> LadderMemo:
    """Fresh memory for one thread, for batches of so many pairs."""
    size = (1 << MEMO_BITS) if len(ladders.own) else 1
    return LadderMemo(
        keys=np.zeros(size, np.uint64),
        owners=np.zeros(size, np.int8),
        known=np.zeros(size, np.int8),
        taken=np.empty(len(ladders.measures), np.float64),
        stack=np.empty(len(ladders.code) + 1, np.int8),
        open=np.empty(batch, np.uint32),
    )


@compiled
def ladder_levels(
    tables: Tables,
    memo: LadderMemo,
    ladder: int,
    left_cells: Int32s,
    right_cells: Int32s,
    levels: Int8s,
) -> None:
    """Levels of a batch of pairs on one ladder.

    Args:
        tables: the two tables.
        memo: the thread's memory.
        ladder: its number.
        left_cells: (n_columns, BATCH) left cells of the pairs.
        right_cells: right cells.
        levels: (n_pairs,), filled.
    """
    ladders = tables.ladders
    own, only = ladders.own[ladder], _only_measure(ladders, ladder)
    if only >= 0:
        _sift(ladders, memo, ladder, only, left_cells[own], right_cells[own], levels)
        return
    for pair in range(len(levels)):
        x, y = left_cells[own, pair], right_cells[own, pair]
        if not ladders.is_plain[ladder]:
            levels[pair] = _climbed(tables, memo, ladder, left_cells[:, pair], right_cells[:, pair])
        elif x < 0 or y < 0:
            levels[pair] = NULL_LEVEL
        elif x == y and ladders.is_equal_top[ladder]:
            levels[pair] = ladders.top[ladder]
        elif not ladders.is_remembered[ladder]:
            levels[pair] = _climbed(tables, memo, ladder, left_cells[:, pair], right_cells[:, pair])
        else:
            key = (np.uint64(min(x, y)) << np.uint64(32)) | np.uint64(max(x, y))
            mixed = (key + np.uint64(ladder)) * np.uint64(0x9E3779B97F4A7C15)
            slot = mixed >> np.uint64(64 - MEMO_BITS)
            if memo.keys[slot] != key or memo.owners[slot] != ladder + 1:
                memo.known[slot] = _climbed(
                    tables, memo, ladder, left_cells[:, pair], right_cells[:, pair]
                )
                memo.keys[slot] = key
                memo.owners[slot] = ladder + 1
            levels[pair] = memo.known[slot]


@compiled
def _only_measure(ladders: Ladders, ladder: int) -> int:
    """The measure of which every level below equality asks one thing; -1 for any other ladder."""
    if not ladders.is_plain[ladder] or not ladders.is_equal_top[ladder]:
        return -1
    only = -1
    for step in range(2, ladders.top[ladder] + 1):
        start = ladders.program_starts[ladders.first_program[ladder] + step]
        stop = ladders.program_starts[ladders.first_program[ladder] + step + 1]
        token = ladders.code[start]
        if stop != start + 1 or token < 0:
            return -1
        measure = ladders.conditions[token].measure
        if only >= 0 and measure != only:
            return -1
        only = measure
    if only < 0 or ladders.measures[only].left_map >= 0:
        return -1
    which = ladders.measures[only].which
    return only if which in (JARO_WINKLER, LEVENSHTEIN, DAMERAU_LEVENSHTEIN) else -1


@compiled
def _sift(
    ladders: Ladders, memo: LadderMemo, ladder: int, number: int,
    left: Int32s, right: Int32s, levels: Int8s,
) -> None:  # fmt: skip
    """Levels on one measure of text: equal and missing values first, then bounds, then strings."""
    measure, top, values = ladders.measures[number], ladders.top[ladder], ladders.values
    which, floor, base = measure.which, measure.floor, measure.base
    n_unequal, n_open = 0, 0
    for pair in range(len(levels)):
        x, y = left[pair], right[pair]
        level = NULL_LEVEL if (x | y) < 0 else (top if x == y else 0)
        levels[pair] = level
        memo.open[n_unequal] = pair
        n_unequal += level == 0
    for place in range(n_unequal):
        pair = memo.open[place]
        memo.open[n_open] = pair
        a, b = base + left[pair], base + right[pair]
        if which == JARO_WINKLER:
            n_open += winkler_bound(values, a, b) >= floor
        else:
            n_open += least_edits(values, a, b) <= floor
    is_remembered = which == JARO_WINKLER and ladders.is_remembered[ladder]
    for place in range(n_open):
        pair = memo.open[place]
        a, b = base + left[pair], base + right[pair]
        a, b = min(a, b), max(a, b)
        key = (np.uint64(a) << np.uint64(32)) | np.uint64(b)
        slot = key * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - MEMO_BITS)
        if is_remembered and memo.keys[slot] == key and memo.owners[slot] == ladder + 1:
            levels[pair] = memo.known[slot]
            continue
        level = _rung(ladders, ladder, _value(ladders, which, floor, a, b))
        levels[pair] = level
        if is_remembered:
            memo.keys[slot], memo.owners[slot], memo.known[slot] = key, ladder + 1, level


@inlined
def _rung(ladders: Ladders, ladder: int, value: float) -> int:
    """The highest level below equality that a value of the only measure reaches."""
    program, top = ladders.first_program[ladder], ladders.top[ladder]
    for step in range(2, top + 1):
        condition = ladders.conditions[ladders.code[ladders.program_starts[program + step]]]
        if condition.sign * value >= condition.bound:
            return int(top + 1 - step)
    return 0


@compiled
def _climbed(tables: Tables, memo: LadderMemo, ladder: int, left: Int32s, right: Int32s) -> int:
    """The first level from the top whose conditions hold; 0 where none does."""
    ladders = tables.ladders
    memo.taken[ladders.first_measure[ladder] : ladders.first_measure[ladder + 1]] = NOT_TAKEN
    program = ladders.first_program[ladder]
    top = ladders.top[ladder]
    # The caller has seen to null and, where that is all that the top level asks, to equal values.
    first = 1 + int(ladders.is_equal_top[ladder]) if ladders.is_plain[ladder] else 0
    for step in range(first, top + 1):
        if _holds(tables, memo, program + step, left, right):
            return int(NULL_LEVEL if step == 0 else top + 1 - step)
    return 0


@inlined
def _holds(tables: Tables, memo: LadderMemo, program: int, left: Int32s, right: Int32s) -> bool:
    """Whether a program comes out true."""
    ladders, stack = tables.ladders, memo.stack
    depth = 0
    for at in range(ladders.program_starts[program], ladders.program_starts[program + 1]):
        token = ladders.code[at]
        if token >= 0:
            stack[depth] = _condition(tables, memo, ladders.conditions[token], left, right)
            depth += 1
        elif token == NOT:
            stack[depth - 1] = TRUE - stack[depth - 1]
        else:
            depth -= 1
            a, b = stack[depth - 1], stack[depth]
            stack[depth - 1] = min(a, b) if token == AND else max(a, b)
    return bool(stack[0] == TRUE)


@inlined
def _condition(
    tables: Tables, memo: LadderMemo, condition: Record, left: Int32s, right: Int32s
) -> int:
    """Whether a measure reaches its bound, taking the measure if that was not done."""
    value = float(memo.taken[condition.measure])
    if value == NOT_TAKEN:
        measure = tables.ladders.measures[condition.measure]
        value = _measured(tables, measure, int(left[measure.left]), int(right[measure.right]))
        memo.taken[condition.measure] = value
    if value == NOTHING:
        return UNKNOWN
    return TRUE if condition.sign * value >= condition.bound else FALSE


@compiled
def _measured(tables: Tables, measure: Record, x: int, y: int) -> float:
    """A measure of two cells: over lists that of the values that agree most."""
    ladders, which = tables.ladders, measure.which
    best = 1.0 if which == MISSING else NOTHING
    if x == NO_VALUE or y == NO_VALUE:
        return best
    x_stop, y_start, y_stop = x + 1, y, y + 1
    many_x, many_y = x <= FIRST_LIST, y <= FIRST_LIST
    if many_x:
        x, x_stop = tables.list_offsets[FIRST_LIST - x], tables.list_offsets[FIRST_LIST - x + 1]
    if many_y:
        y_start = tables.list_offsets[FIRST_LIST - y]
        y_stop = tables.list_offsets[FIRST_LIST - y + 1]
    for p in range(x, x_stop):
        a = _ladder_code(ladders, measure, measure.left_map, tables.list_codes[p] if many_x else p)
        for q in range(y_start, y_stop):
            code = tables.list_codes[q] if many_y else q
            b = _ladder_code(ladders, measure, measure.right_map, code)
            if a >= 0 and b >= 0:
                best = _better(which, best, _value(ladders, which, measure.floor, a, b))
    return best


@inlined
def _ladder_code(ladders: Ladders, measure: Record, start: int, code: int) -> int:
    return int(ladders.maps[start + code] if start >= 0 else measure.base + code)


@inlined
def _better(which: int, best: float, value: float) -> float:
    """What two pairs of values of the same lists say together."""
    if value == NOTHING or which == MISSING:
        return value
    if best == NOTHING:
        return value
    if which == SHARED:
        return best + value
    return max(best, value) if which <= LAST_SIMILARITY else min(best, value)


@inlined
def _value(ladders: Ladders, which: int, floor: float, a: int, b: int) -> float:
    """A measure of two ladder codes, in whichever order they come."""
    if which == MISSING:
        return 0.0
    if which == DAYS:
        return _distance(ladders.days, a, b)
    if which == DIFFERENCE:
        return _distance(ladders.amounts, a, b)
    if a == b:
        return 1.0 if which <= LAST_SIMILARITY else 0.0
    if which in (EXACT, SHARED):
        return 0.0
    if which == JACCARD:
        return _jaccard(ladders.byte_sets, a, b)
    if which <= LAST_SIMILARITY:
        return _similarity(ladders.values, which, floor, min(a, b), max(a, b))
    return _edits(ladders.values, which, floor, a, b)


@inlined
def _distance(numbers: Floats, a: int, b: int) -> float:
    distance = float(abs(numbers[a] - numbers[b]))
    return NOTHING if np.isnan(distance) else distance


@inlined
def _jaccard(sets: Words, a: int, b: int) -> float:
    """Bytes in both, of the bytes in either."""
    both, either = np.int64(0), np.int64(0)
    for word in range(4):
        both += popcount(sets[a, word] & sets[b, word])
        either += popcount(sets[a, word] | sets[b, word])
    return float(both / either)


@inlined
def _similarity(values: Values, which: int, floor: float, a: int, b: int) -> float:
    """Jaro or Jaro-Winkler similarity, or 0 where a bound shows that it is below the floor."""
    x, y = values.table[a], values.table[b]
    if winkler_bound(values, a, b) < floor:
        return 0.0
    if which == JARO:
        return jaro(values.chars, x.start, x.length, y.start, y.length, values.scratch)
    return jaro_winkler(values.chars, x.start, x.length, y.start, y.length, values.scratch)


@inlined
def _edits(values: Values, which: int, most: float, a: int, b: int) -> float:
    """An edit distance, or infinity where a bound shows that it is above `most`."""
    x, y = values.table[a], values.table[b]
    if least_edits(values, a, b) > most:
        return np.inf
    return float(
        edit_distance(
            values.chars, x.start, x.length, y.start, y.length,
            which == DAMERAU_LEVENSHTEIN, values.scratch,
        )
    )  # fmt: skip
