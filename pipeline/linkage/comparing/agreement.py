"""Agreement levels of two values, compiled: one small function for each kind of comparison.

In: `Values` and the global codes of two different values, the lower code first, so that a level
does not depend on which table a value stood in. Out: a level as `comparisons.KINDS` words it. It
must not know records.

Most unequal values are settled by bounds from lengths and letter sets, without looking at a string.
"""

from __future__ import annotations

import numpy as np

from pipeline.linkage.comparing.similarity import (
    common_prefix,
    edit_distance,
    jaro_winkler,
    popcount,
)
from pipeline.linkage.compiled import Int32s, compiled, inlined
from pipeline.linkage.encoding.values import Values

NAME, FULL_NAME, DATE, ADDRESS, POSTCODE, TOWN, PHONE, EMAIL, EQUALITY, LADDER = range(10)

KERNEL_OF_KIND = {
    "given_name": NAME,
    "surname": NAME,
    "middle_names": NAME,
    "full_name": FULL_NAME,
    "date_of_birth": DATE,
    "address": ADDRESS,
    "postcode": POSTCODE,
    "town": TOWN,
    "phone": PHONE,
    "email": EMAIL,
    "sex": EQUALITY,
    "exact": EQUALITY,
    "text": EQUALITY,
    "identifier": EQUALITY,
}
"""Which function compares each kind; comparisons with levels of the user's own are a LADDER."""

NEAR_NAME, SIMILAR_NAME, FAINT_NAME = 0.93, 0.85, 0.78
SIMILAR_TEXT = 0.88
MANY_EDITS = 9
"""Stands for any distance of more than two edits."""
ROUNDING = 1e-9
"""Slack of the bounds below, which are computed by other additions than the similarity itself."""
EXACT_DATE = 8
"""Level of two equal dates known to the day (`comparisons.DATE_LEVELS`)."""
YEAR_MASK, MONTH_MASK, DAY_MASK = 0xFFFF0000, 0xFF00, 0xFF


@inlined
def may_agree(kernel: int, values: Values, a: int, b: int) -> bool:
    """Whether bounds leave open that two unequal values are on a level above 0.

    No decisions but the kernel's own, which is the same for many pairs.
    """
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    if kernel == NAME:
        shorter = min(x.length, y.length)
        return bool(
            (winkler_bound(values, a, b) >= FAINT_NAME)
            | ((shorter >= 4) & (least_edits(values, a, b) <= 2))
            | (shorter == 1)
            | (max(x.token_count, y.token_count) > 1)
            | (x.wide_key & y.wide_key != 0)
            | ((x.key >= 0) & (x.key == y.key))
        )
    if kernel == TOWN:
        return bool(winkler_bound(values, a, b) >= SIMILAR_TEXT)
    if kernel == POSTCODE:
        return bool(
            (least_edits(values, a, b) <= 1)
            | ((x.wide_key >= 0) & (x.wide_key == y.wide_key))
            | ((x.key >= 0) & (x.key == y.key))
        )
    if kernel == PHONE:
        return bool(least_edits(values, a, b) <= 1)
    if kernel == ADDRESS:
        # A rare token shared, or enough weight in common ones.
        total = x.key + y.key
        return bool((x.letters & y.letters != 0) | (8 * min(x.wide_key, y.wide_key) >= total))
    return True


@compiled
def level_of_values(kernel: int, values: Values, a: int, b: int) -> int:
    """Agreement level of two unequal values, a < b, by the comparison's kernel."""
    if kernel == NAME:
        return name_level(values, a, b)
    if kernel == DATE:
        return date_level(date_of(values, a), date_of(values, b))
    if kernel == ADDRESS:
        return address_level(values, a, b)
    if kernel == POSTCODE:
        return postcode_level(values, a, b)
    if kernel == TOWN:
        return int(similar_text(values, a, b, SIMILAR_TEXT) >= SIMILAR_TEXT)
    if kernel == PHONE:
        return int(edits_up_to(values, a, b, 1) <= 1)
    if kernel == EMAIL:
        return email_level(values, a, b)
    if kernel == FULL_NAME:
        return full_name_level(values, a, b)
    return 0


@compiled
def name_level(values: Values, a: int, b: int) -> int:
    """Given names, surnames, middle names."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    shorter = min(x.length, y.length)
    similarity = similar_text(values, a, b, FAINT_NAME)
    if similarity >= NEAR_NAME:
        return 4
    edits = edits_up_to(values, a, b, 2) if shorter >= 4 else MANY_EDITS
    if edits <= 1:
        return 4
    if shares_group(values, a, b) or shared_weight(values, a, b) > 0:
        return 3
    if similarity >= SIMILAR_NAME or is_initial(values, a, b):
        return 2
    if similarity >= FAINT_NAME or (x.key >= 0 and x.key == y.key):
        return 1
    return int(shorter >= 5 and edits <= 2)


@compiled
def full_name_level(values: Values, a: int, b: int) -> int:
    """Whole names of several tokens, in whatever order they are written."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    n_shared = shared_tokens(values, a, b)
    n_fewer = min(x.token_count, y.token_count)
    if n_shared == max(x.token_count, y.token_count):
        return 5
    similarity = similar_text(values, a, b, SIMILAR_NAME)
    if similarity >= NEAR_NAME or edits_up_to(values, a, b, 1) <= 1:
        return 4
    if n_shared >= 2:
        return 3 if n_shared == n_fewer else 2
    if similarity >= SIMILAR_NAME:
        return 2
    return int(shared_weight(values, a, b) > 0)


@inlined
def date_level(x: int, y: int) -> int:
    """Dates as binary-coded decimals, unequal, or not known to the last digit."""
    is_partial = x & DAY_MASK == 0 or y & DAY_MASK == 0
    unread = unread_digits(x) | unread_digits(y)
    differing = (x ^ y) | unread
    if is_partial:
        if (x & MONTH_MASK == 0 or y & MONTH_MASK == 0) and differing & YEAR_MASK == 0:
            return 4
        if differing & (YEAR_MASK | MONTH_MASK) == 0:
            return 6
    else:
        edits = digit_edits(differing, x)
        if edits == 1 or is_day_month_swap(x, y):
            return 7
        parts = (
            int(differing & YEAR_MASK == 0)
            + int(differing & MONTH_MASK == 0)
            + int(differing & DAY_MASK == 0)
        )
        if parts == 2:
            return 5
        if edits == 2:
            return 3
    if unread & YEAR_MASK != 0:
        return 0
    years = abs(year_of(x) - year_of(y))
    if years == 0:
        return 2
    return int(years <= 2)


@inlined
def unread_digits(date: int) -> int:
    """The digits of a binary-coded date that could not be read, all their bits set."""
    return (date & (date >> 1) & (date >> 2) & (date >> 3) & 0x11111111) * 15


@inlined
def date_of(values: Values, code: int) -> int:
    """A value's binary-coded date; years from 8000 on need the sign bit."""
    return int(values.table[np.uint64(code)].key & 0xFFFFFFFF)


@inlined
def year_of(date: int) -> int:
    """Year of a binary-coded date."""
    return (
        (date >> 28 & 15) * 1000 + (date >> 24 & 15) * 100 + (date >> 20 & 15) * 10
        + (date >> 16 & 15)
    )  # fmt: skip


@inlined
def digit_edits(differing: int, x: int) -> int:
    """Digits that differ, two neighbours that changed places counted once; at most MANY_EDITS.

    Args:
        differing: exclusive or of the two dates.
        x: one of the dates.
    """
    is_different = ones_of_nibbles(differing)
    edits = int(popcount(np.uint64(is_different)))
    if edits > 4:
        return MANY_EDITS
    # Two neighbours changed places if both differ by the same bits: those in which they differ
    # from one another.
    between = x ^ (x >> 4)
    swaps = is_different & ~ones_of_nibbles((differing ^ between) | ((differing >> 4) ^ between))
    while swaps != 0:
        lowest = swaps & -swaps
        swaps &= ~(lowest | lowest << 4)
        edits -= 1
    return edits if edits <= 2 else MANY_EDITS


@inlined
def ones_of_nibbles(word: int) -> int:
    """1 in each of the lowest eight nibbles that is not 0."""
    return (word | word >> 1 | word >> 2 | word >> 3) & 0x11111111


@inlined
def is_day_month_swap(x: int, y: int) -> bool:
    """Same year, and day and month have changed places."""
    return (
        (x ^ y) & YEAR_MASK == 0
        and (x & DAY_MASK) == (y & MONTH_MASK) >> 8
        and (y & DAY_MASK) == (x & MONTH_MASK) >> 8
    )


@compiled
def address_level(values: Values, a: int, b: int) -> int:
    """Share of both addresses' total rarity that lies in tokens they share (Dice)."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    total = x.key + y.key
    overlap = 2.0 * shared_weight(values, a, b)
    if overlap >= 0.8 * total:
        return 3
    if overlap >= 0.5 * total:
        return 2
    return int(overlap >= 0.25 * total)


@compiled
def postcode_level(values: Values, a: int, b: int) -> int:
    """One edit, same sector, same outward code."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    if edits_up_to(values, a, b, 1) <= 1:
        return 3
    if x.key >= 0 and x.key == y.key:
        return 2
    return int(x.wide_key >= 0 and x.wide_key == y.wide_key)


@compiled
def email_level(values: Values, a: int, b: int) -> int:
    """Same local part or two edits, else similar."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    if (x.key >= 0 and x.key == y.key) or edits_up_to(values, a, b, 2) <= 2:
        return 2
    return int(similar_text(values, a, b, SIMILAR_TEXT) >= SIMILAR_TEXT)


@inlined
def similar_text(values: Values, a: int, b: int, floor: float) -> float:
    """Jaro-Winkler similarity, or 0 where a bound shows that it is below `floor`."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    if winkler_bound(values, a, b) < floor:
        return 0.0
    return jaro_winkler(values.chars, x.start, x.length, y.start, y.length, values.scratch)


@inlined
def winkler_bound(values: Values, a: int, b: int) -> float:
    """No Jaro-Winkler similarity of the two can be higher, rounding included."""
    bound = jaro_bound(values, a, b)
    prefix = head_prefix(values.table[np.uint64(a)].head, values.table[np.uint64(b)].head)
    return bound + prefix * 0.1 * (1.0 - bound) + ROUNDING


@inlined
def least_edits(values: Values, a: int, b: int) -> int:
    """No edit distance of the two can be lower, as lengths and letters show."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    missing = max(popcount(x.letters & ~y.letters), popcount(y.letters & ~x.letters))
    return int(max(missing, abs(x.length - y.length)))


@inlined
def jaro_bound(values: Values, a: int, b: int) -> float:
    """No Jaro similarity of the two can be higher, as lengths and letters show."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    common = min(
        x.length - popcount(x.letters & ~y.letters), y.length - popcount(y.letters & ~x.letters)
    )
    common = min(common, x.length, y.length)
    return float((common / x.length + common / y.length + 1.0) / 3.0)


@inlined
def head_prefix(x: np.uint64, y: np.uint64) -> int:
    """Common prefix, at most four characters, of two packed heads."""
    differing = x ^ y
    return (
        int(differing & np.uint64(0xFFFF) == 0)
        + int(differing & np.uint64(0xFFFFFFFF) == 0)
        + int(differing & np.uint64(0xFFFFFFFFFFFF) == 0)
        + int(differing == 0)
    )


@inlined
def edits_up_to(values: Values, a: int, b: int, limit: int) -> int:
    """Damerau-Levenshtein distance, or MANY_EDITS where it is more than `limit`."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    if least_edits(values, a, b) > limit:
        return MANY_EDITS
    chars, scratch = values.chars, values.scratch
    # Letting neighbours change places saves at most half of the edits.
    plain = edit_distance(chars, x.start, x.length, y.start, y.length, False, scratch)
    if plain > 2 * limit:
        return MANY_EDITS
    if plain <= 1:
        return plain
    edits = edit_distance(chars, x.start, x.length, y.start, y.length, True, scratch)
    return edits if edits <= limit else MANY_EDITS


@inlined
def is_initial(values: Values, a: int, b: int) -> bool:
    """One of the names is a single letter, with which the other begins."""
    x, y = values.table[np.uint64(a)], values.table[np.uint64(b)]
    if x.length != 1 and y.length != 1:
        return False
    return common_prefix(values.chars, x.start, x.length, y.start, y.length, 1) == 1


@inlined
def shares_group(values: Values, a: int, b: int) -> bool:
    """Both names may stand for the same full name."""
    x, y = values.lists[a], values.lists[b]
    if x.group_count == 0 or y.group_count == 0:
        return False
    shared = count_shared(
        values.numbers, x.group_start, x.group_count, y.group_start, y.group_count
    )
    return shared > 0


@inlined
def shared_tokens(values: Values, a: int, b: int) -> int:
    """Number of tokens in both."""
    return count_shared(
        values.numbers,
        values.lists[a].token_start, values.table[a].token_count,
        values.lists[b].token_start, values.table[b].token_count,
    )  # fmt: skip


@inlined
def count_shared(numbers: Int32s, a: int, length_a: int, b: int, length_b: int) -> int:
    """Numbers in both of two ascending slices."""
    i, j, shared = 0, 0, 0
    while i < length_a and j < length_b:
        p, q = numbers[a + i], numbers[b + j]
        if p == q:
            shared += 1
        if p <= q:
            i += 1
        if q <= p:
            j += 1
    return shared


@inlined
def shared_weight(values: Values, a: int, b: int) -> int:
    """Total rarity of the tokens in both."""
    length_a, length_b = values.table[a].token_count, values.table[b].token_count
    start_a, start_b = values.lists[a].token_start, values.lists[b].token_start
    i, j, weight = 0, 0, 0
    while i < length_a and j < length_b:
        p, q = values.numbers[start_a + i], values.numbers[start_b + j]
        if p == q:
            weight += values.numbers[start_a + length_a + i]
        if p <= q:
            i += 1
        if q <= p:
            j += 1
    return weight
