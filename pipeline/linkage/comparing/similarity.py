"""Compiled string similarities, equal to `jellyfish` to the last bit.

In: strings as slices of one array of character numbers. Out: similarities and distances. It must
not know what a string means. Characters are compared for equality only, so any one-to-one numbering
of characters will do; a character is a code point (for cleaned text also a grapheme).

Source: Jaro (1989), Winkler (1990), Lowrance and Wagner (1975), as in the `jellyfish` package;
Hyyrö (2003) for working a word at a time.
"""

from __future__ import annotations

import numpy as np

from pipeline.linkage.compiled import Array, Int64s, compiled, inlined

BOOST_THRESHOLD = 0.7
"""Winkler's prefix bonus is given only above this Jaro similarity, as `jellyfish` does."""
PREFIX_BONUS = 0.1
MAX_PREFIX = 4
CHARACTERS = 1 << 16
"""Characters are numbered below this."""
WORD = 64
"""Strings up to this length are compared a word at a time."""


def scratch_for(longest: int) -> Int64s:
    """Working memory of the functions below, for strings of up to `longest` characters.

    They allocate nothing, which keeps them fast; two threads must not share one. Its first
    CHARACTERS places hold, for each character, where it stands in a string of up to WORD
    characters, one bit a place; between calls they are 0.
    """
    return np.zeros(CHARACTERS + (longest + 2) * (longest + 3), np.int64)


@inlined
def popcount(word: np.uint64) -> np.int64:
    """Number of bits set in a 64-bit word."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined
def common_prefix(chars: Array, a: int, length_a: int, b: int, length_b: int, limit: int) -> int:
    """Length of the common prefix of two strings, at most `limit`."""
    limit = min(limit, length_a, length_b)
    n = 0
    while n < limit and chars[a + n] == chars[b + n]:
        n += 1
    return n


@compiled
def jaro_winkler(
    chars: Array, a: int, length_a: int, b: int, length_b: int, scratch: Int64s
) -> float:
    """Jaro-Winkler similarity of `chars[a:a + length_a]` and `chars[b:b + length_b]`.

    Not exactly symmetric: callers fix the order of the two strings. `scratch` as `scratch_for`.
    """
    similarity = jaro(chars, a, length_a, b, length_b, scratch)
    if similarity <= BOOST_THRESHOLD:
        return similarity
    prefix = common_prefix(chars, a, length_a, b, length_b, MAX_PREFIX)
    return similarity + prefix * PREFIX_BONUS * (1.0 - similarity)


@compiled
def jaro(chars: Array, a: int, length_a: int, b: int, length_b: int, scratch: Int64s) -> float:
    """Jaro similarity of the same; like it not exactly symmetric."""
    if length_a == 0 or length_b == 0:
        return 0.0
    if length_b <= WORD and length_a <= WORD:
        common, transposed = _matches_short(chars, a, length_a, b, length_b, scratch)
    else:
        common, transposed = _matches_long(chars, a, length_a, b, length_b, scratch)
    if common == 0:
        return 0.0
    return (common / length_a + common / length_b + (common - transposed // 2) / common) / 3.0


@inlined
def _note_places(chars: Array, b: int, length_b: int, places: Int64s) -> None:
    """Set, for each character of a string, the bits of the places where it stands."""
    for j in range(length_b):
        places[np.uint64(chars[b + j])] |= np.int64(1) << j


@inlined
def _forget_places(chars: Array, b: int, length_b: int, places: Int64s) -> None:
    for j in range(length_b):
        places[np.uint64(chars[b + j])] = 0


@compiled
def _matches_short(
    chars: Array, a: int, length_a: int, b: int, length_b: int, scratch: Int64s
) -> tuple[int, int]:
    """Common characters, and those of them out of order; flags are bits of one word.

    Each character takes the first place within reach that no other has taken.
    """
    reach = max(max(length_a, length_b) // 2 - 1, 0)
    one = np.uint64(1)
    flags_a, flags_b = np.uint64(0), np.uint64(0)
    _note_places(chars, b, length_b, scratch)
    for i in range(length_a):
        low, high = max(i - reach, 0), i + reach + 1
        free = np.uint64(scratch[np.uint64(chars[a + i])]) & ~flags_b
        free = free >> np.uint64(low) << np.uint64(low) if low < WORD else np.uint64(0)
        if high < WORD:
            free &= (one << np.uint64(high)) - one
        flags_b |= free & (~free + one)
        flags_a |= np.uint64(free != 0) << np.uint64(i)
    _forget_places(chars, b, length_b, scratch)
    common, transposed = int(popcount(flags_a)), 0
    i, j = -1, -1
    for _ in range(common):
        i, j = _next_flag(flags_a, i), _next_flag(flags_b, j)
        transposed += int(chars[a + i] != chars[b + j])
    return common, transposed


@inlined
def _next_flag(flags: np.uint64, place: int) -> int:
    """The next place whose flag is set; there is one."""
    place += 1
    while not (flags >> np.uint64(place)) & np.uint64(1):
        place += 1
    return place


@compiled
def _matches_long(
    chars: Array, a: int, length_a: int, b: int, length_b: int, scratch: Int64s
) -> tuple[int, int]:
    """The same for strings of more than 64 characters."""
    reach = max(max(length_a, length_b) // 2 - 1, 0)
    scratch = scratch[CHARACTERS:]
    flags_a = scratch[:length_a]
    flags_b = scratch[length_a : length_a + length_b]
    flags_a[:] = 0
    flags_b[:] = 0
    common = 0
    for i in range(length_a):
        for j in range(max(i - reach, 0), min(i + reach + 1, length_b)):
            if flags_b[j] == 0 and chars[b + j] == chars[a + i]:
                flags_a[i] = 1
                flags_b[j] = 1
                common += 1
                break
    transposed = 0
    j = 0
    for i in range(length_a):
        if flags_a[i] != 0:
            while flags_b[j] == 0:
                j += 1
            if chars[a + i] != chars[b + j]:
                transposed += 1
            j += 1
    return common, transposed


@compiled
def edit_distance(
    chars: Array,
    a: int,
    length_a: int,
    b: int,
    length_b: int,
    has_swaps: bool,
    scratch: Int64s,
) -> int:
    """Levenshtein distance, or with `has_swaps` Damerau's (neighbours changing places cost one).

    With swaps it is the unrestricted distance, a metric, as in `jellyfish`.
    """
    while length_a > 0 and length_b > 0 and chars[a] == chars[b]:
        a += 1
        b += 1
        length_a -= 1
        length_b -= 1
    while length_a > 0 and length_b > 0 and chars[a + length_a - 1] == chars[b + length_b - 1]:
        length_a -= 1
        length_b -= 1
    if length_a == 0 or length_b == 0:
        return max(length_a, length_b)
    if length_a == 1 and length_b == 1:
        return 1
    if not has_swaps and length_a <= WORD:
        return _plain_edits(chars, a, length_a, b, length_b, scratch)
    return _edit_table(chars, a, length_a, b, length_b, has_swaps, scratch)


@compiled
def _plain_edits(
    chars: Array, a: int, length_a: int, b: int, length_b: int, scratch: Int64s
) -> int:
    """Levenshtein distance, a column of the table at a time in the bits of two words.

    `rises` has a bit where the column's entry is one more than the entry above, `falls` where it
    is one less.

    Source: Hyyrö (2003), A bit-vector algorithm for computing Levenshtein and Damerau edit
    distances, figure 9; after Myers (1999).
    """
    one, last = np.uint64(1), np.uint64(length_a - 1)
    rises, falls = ~np.uint64(0), np.uint64(0)
    edits = length_a
    _note_places(chars, a, length_a, scratch)
    for j in range(length_b):
        equal = np.uint64(scratch[np.uint64(chars[b + j])])
        no_cost = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises = falls | ~(no_cost | rises)
        right_falls = no_cost & rises
        edits += int(right_rises >> last & one) - int(right_falls >> last & one)
        right_rises = right_rises << one | one
        rises = right_falls << one | ~(no_cost | right_rises)
        falls = right_rises & no_cost
    _forget_places(chars, a, length_a, scratch)
    return edits


@compiled
def _edit_table(
    chars: Array,
    a: int,
    length_a: int,
    b: int,
    length_b: int,
    has_swaps: bool,
    scratch: Int64s,
) -> int:
    """Lowrance and Wagner's table; row and column 0 stand for an unreachable state."""
    scratch = scratch[CHARACTERS:]
    far = length_a + length_b
    width = length_b + 2
    row_of_char_b = scratch[:length_b]
    table = scratch[length_b : length_b + (length_a + 2) * width]
    row_of_char_b[:] = 0
    for j in range(width):
        table[j] = far
        table[width + j] = j - 1
    for i in range(length_a + 1):
        table[(i + 1) * width] = far
        table[(i + 1) * width + 1] = i
    for i in range(1, length_a + 1):
        column = 0
        here = (i + 1) * width
        for j in range(1, length_b + 1):
            row = row_of_char_b[j - 1]
            swap = table[row * width + column] + (i - row - 1) + 1 + (j - column - 1)
            cost = 1
            if chars[a + i - 1] == chars[b + j - 1]:
                cost = 0
                column = j
            above = table[here - width + j] + cost
            best = min(above, table[here + j] + 1, table[here - width + j + 1] + 1)
            table[here + j + 1] = min(best, swap) if has_swaps else best
        for j in range(length_b):
            if chars[a + i - 1] == chars[b + j]:
                row_of_char_b[j] = i
    return int(table[(length_a + 1) * width + length_b + 1])
