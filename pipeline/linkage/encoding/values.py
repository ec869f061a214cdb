"""Values: what kernels need to know of each distinct value, worked out once per value.

In: the cleaned distinct values of each domain. Out: `Values`, arrays indexed by global code. It
must not know records.

What `key` and `wide_key` of a value are depends on its domain:

| domain | key | wide_key |
|---|---|---|
| name | Soundex | bit set of its nickname groups, group number modulo 31 |
| date | eight digits as binary-coded decimals, zeros where not known | - |
| postcode | sector | outward code |
| email | local part | - |
| address | total rarity of its tokens | total rarity of its common tokens |

`letters` of an address is the bit set of its rare tokens instead, token number modulo 64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jellyfish
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from nicknames import NickNamer

from pipeline.linkage.comparing.similarity import scratch_for
from pipeline.linkage.compiled import Array, Int32s, Int64s, compiled
from pipeline.linkage.sorting import distinct

VALUE = np.dtype(
    [
        ("letters", np.uint64),  # bit set of the characters, character number modulo 64
        ("head", np.uint64),  # first four characters, 16 bits each, the first lowest
        ("key", np.int32),  # see the module; -1 where there is none
        ("wide_key", np.int32),
        ("start", np.int32),  # slice of `chars`
        ("length", np.int16),
        ("token_count", np.int16),
    ],
    align=True,
)
"""What most comparisons read of a value: 32 bytes, so that two values share a line of cache."""
LISTS = np.dtype(
    [
        ("token_start", np.int32),  # slice of `numbers`: tokens, ascending; then their weights
        ("group_start", np.int32),  # slice of `numbers`: nickname groups, ascending
        ("group_count", np.int32),
    ],
    align=True,
)
"""What few comparisons read."""

NO_VALUE, FIRST_LIST = -1, -2
"""What stands for a value where there is none, and where there are several: the number of their
list, counted downwards from FIRST_LIST."""

TEXT_DOMAINS = ("name", "town", "postcode", "phone", "email", "characters")
"""Domains whose values are compared character by character; `characters` are a ladder's."""
COMMON_BITS = 6
"""An address token that one record in 2^6 or more has is common."""
MAX_LENGTH = 128
"""Of longer values only this many characters are compared."""
TOKEN_DOMAINS = ("name", "address")
RARITY_UNIT = 256
"""Token rarity is a whole number of 1/256 bits, so that sums do not depend on their order."""


class Values(NamedTuple):
    """What is known of every distinct value of every domain.

    Attributes:
        table: (n_values,) of VALUE, indexed by global code.
        lists: (n_values,) of LISTS, indexed by global code.
        chars: uint16, characters of all values.
        numbers: int32, tokens, their weights, and nickname groups of all values. The weight of a
            token is its rarity in 1/RARITY_UNIT bits; in names 1, or 0 for a single letter.
        scratch: working memory; a thread replaces it by its own.
    """

    table: Array
    lists: Array
    chars: Array
    numbers: Int32s
    scratch: Int64s


@dataclass(frozen=True)
class Domain:
    """The distinct values of one domain over all its columns and both tables.

    Attributes:
        name: its name.
        values: text, ascending.
        base: global code of the first value.
        counts: int64, records of both tables that hold each value, in any column.
    """

    name: str
    values: pa.Array
    base: int
    counts: Int64s


def build_values(domains: Sequence[Domain]) -> Values:
    """Derive everything that comparing needs of the values of these domains, in order of base."""
    total = sum(len(domain.values) for domain in domains)
    table = np.zeros(total, VALUE)
    table["key"] = table["wide_key"] = -1
    lists = np.zeros(total, LISTS)
    chars = _Pool(np.uint16)
    numbers = _Pool(np.int32)
    for domain in domains:
        own = slice(domain.base, domain.base + len(domain.values))
        rows, row_lists = table[own], lists[own]
        if len(rows) == 0:
            continue
        if domain.name in TEXT_DOMAINS:
            _add_chars(rows, domain.values, chars)
        if domain.name in TOKEN_DOMAINS:
            _add_tokens(rows, row_lists, domain, numbers)
        if domain.name == "name":
            _add_groups(rows, row_lists, domain.values, numbers)
        _add_keys(rows, domain)
    return Values(
        table,
        lists,
        chars.joined(),
        numbers.joined(),
        scratch_for(MAX_LENGTH),
    )


class _Pool:
    """Arrays laid end to end."""

    def __init__(self, dtype: type) -> None:
        self.dtype = dtype
        self.parts: list[Array] = []
        self.size = 0

    def add(self, part: Array) -> int:
        """Append, and return where it starts."""
        start = self.size
        self.parts.append(part.astype(self.dtype, copy=False))
        self.size += len(part)
        return start

    def joined(self) -> Array:
        """All of it; never empty, so that kernels always see the same kind of array."""
        return np.concatenate([*self.parts, np.zeros(1, self.dtype)])


def code_points(values: pa.Array) -> tuple[Array, Int64s, Int64s]:
    """Characters of all values end to end as numbers, where each starts, and its length."""
    lengths = pc.utf8_length(values).to_numpy(zero_copy_only=False).astype(np.int64)
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    points: Array = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]
    if len(points) > lengths.sum():
        points = np.frombuffer(bytes(points).decode().encode("utf-32-le"), np.uint32)
    return points, np.cumsum(lengths) - lengths, lengths


def _add_chars(rows: Array, values: pa.Array, chars: _Pool) -> None:
    points, starts, lengths = code_points(values)
    if points.max(initial=0) >= 2**16:
        # Characters are only ever compared for equality: number the ones there are.
        points = np.unique(points, return_inverse=True)[1].astype(np.uint32)
    points = points.astype(np.uint16)
    _add_letters(points, starts, lengths, rows["letters"], rows["head"])
    rows["start"] = starts + chars.add(points)
    rows["length"] = np.minimum(lengths, MAX_LENGTH)


@compiled
def _add_letters(
    points: Array, starts: Int64s, lengths: Int64s, letters: Array, heads: Array
) -> None:
    """Bit set of each value's characters, and its first four."""
    for row in range(len(starts)):
        found, head = np.uint64(0), np.uint64(0)
        for k in range(lengths[row]):
            point = np.uint64(points[starts[row] + k])
            found |= np.uint64(1) << (point & np.uint64(63))
            if k < 4:
                head |= point << np.uint64(16 * k)
        letters[row], heads[row] = found, head


def _add_tokens(rows: Array, row_lists: Array, domain: Domain, pool: _Pool) -> None:
    """Distinct tokens of each value, ascending by token number, then the weight of each."""
    split = pc.split_pattern(domain.values, " ")
    owner = np.repeat(np.arange(len(rows)), np.diff(split.offsets.to_numpy()))
    names, numbers = numbered(split.values)
    pairs = distinct(owner * len(names) + numbers)
    owner, numbers = pairs // len(names), pairs % len(names)
    if domain.name == "name":
        rarity = pc.greater(pc.utf8_length(names), 1).to_numpy(zero_copy_only=False)
    else:
        rarity = _rarity(numbers, domain.counts[owner], len(names), int(domain.counts.sum()))
        _add_rarity(rows, owner, numbers, rarity)
    count = np.bincount(owner, minlength=len(rows))
    first = np.cumsum(count) - count
    place = 2 * first[owner] + np.arange(len(owner)) - first[owner]
    laid_out = np.empty(2 * len(owner), np.int32)
    laid_out[place] = numbers
    laid_out[place + count[owner]] = rarity[numbers]
    row_lists["token_start"] = 2 * first + pool.add(laid_out)
    rows["token_count"] = count


def _add_rarity(rows: Array, owner: Int64s, numbers: Int64s, rarity: Int64s) -> None:
    """What shows at a glance that two addresses can have little in common."""
    weights = rarity[numbers]
    is_common = weights < COMMON_BITS * RARITY_UNIT
    rows["key"] = np.bincount(owner, weights, len(rows)).astype(np.int64)
    rows["wide_key"] = np.bincount(owner, weights * is_common, len(rows)).astype(np.int64)
    bits = np.uint64(1) << (numbers.astype(np.uint64) & np.uint64(63))
    rows["letters"] = _or_by_owner(owner, np.where(is_common, np.uint64(0), bits), len(rows))


def _or_by_owner(owner: Int64s, bits: Array, n_rows: int) -> Array:
    """Bits of each owner's entries or-ed together; owners ascend, and each has an entry."""
    result = np.zeros(n_rows, np.uint64)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    result[owner[starts]] = np.bitwise_or.reduceat(bits, starts)
    return result


def _rarity(numbers: Int64s, counts: Int64s, n_tokens: int, n_records: int) -> Int64s:
    """log2(records / records with the token), in 1/RARITY_UNIT bits, at least one unit."""
    with_token = np.bincount(numbers, counts, n_tokens)
    bits = np.log2((n_records + 1) / np.maximum(with_token, 1))
    rarity: Int64s = np.maximum(np.rint(bits * RARITY_UNIT), 1).astype(np.int64)
    return rarity


def numbered(values: pa.Array) -> tuple[pa.Array, Int64s]:
    """Distinct values ascending, and each value's number among them, -1 for null."""
    coded = values.dictionary_encode()
    order = pc.array_sort_indices(coded.dictionary)
    # One more entry, so that code -1 (null) leads to -1.
    rank = np.full(len(order) + 1, -1, np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    return coded.dictionary.take(order), rank[codes]


def _add_groups(rows: Array, row_lists: Array, values: pa.Array, groups: _Pool) -> None:
    """Nickname groups: a name is in its own and in those of the names it is short for."""
    lookup = _nickname_groups()
    known = pc.is_in(values, value_set=pa.array(sorted(lookup), pa.string()))
    found = np.flatnonzero(known.to_numpy(zero_copy_only=False))
    members = [lookup[values[int(row)].as_py()] for row in found]
    sizes = np.array([len(member) for member in members], np.int64)
    row_lists["group_start"][found] = np.cumsum(sizes) - sizes + groups.size
    row_lists["group_count"][found] = sizes
    rows["wide_key"] = 0
    rows["wide_key"][found] = [_bit_set(member) for member in members]
    groups.add(np.array([group for member in members for group in member], np.int32))


def _bit_set(groups: Sequence[int]) -> int:
    """Groups as bits of a non-negative int32; names without a common bit share no group."""
    bits = 0
    for group in groups:
        bits |= 1 << group % 31
    return bits


@cache
def _nickname_groups() -> dict[str, tuple[int, ...]]:
    """Name → ascending numbers of the full names it may stand for, itself among them."""
    full_to_short = NickNamer.default_lookup()
    number = {name: index for index, name in enumerate(sorted(full_to_short))}
    groups: dict[str, set[int]] = {name: {number[name]} for name in number}
    for full, shorts in full_to_short.items():
        for short in shorts:
            # As cleaned: `l.r.` for Leroy is `lr` here.
            groups.setdefault(short.replace(".", ""), set()).add(number[full])
    return {name: tuple(sorted(members)) for name, members in groups.items()}


def _add_keys(rows: Array, domain: Domain) -> None:
    if domain.name == "name":
        rows["key"] = numbered(soundex(domain.values))[1]
    elif domain.name == "date":
        rows["key"] = binary_coded_dates(domain.values)
    elif domain.name == "postcode":
        rows["key"] = numbered(postcode_sector(domain.values))[1]
        rows["wide_key"] = numbered(postcode_outward(domain.values))[1]
    elif domain.name == "email":
        rows["key"] = numbered(local_part(domain.values))[1]


def soundex(values: pa.Array) -> pa.Array:
    """Soundex of each name, spaces left out; null for a name without a Latin letter."""
    return _phonetic(values, jellyfish.soundex)


def metaphone(values: pa.Array) -> pa.Array:
    """Metaphone of each name, spaces left out; null for a name without a Latin letter."""
    return _phonetic(values, jellyfish.metaphone)


def _phonetic(values: pa.Array, key_of: Callable[[str], str]) -> pa.Array:
    letters = pc.replace_substring_regex(values, "[^a-z]", "").to_pylist()
    return pa.array([key_of(text) if text else None for text in letters], pa.string())


_UK_POSTCODE = r"^(?P<outward>[a-z]{1,2}\d[a-z\d]?)(?P<digit>\d)[a-z]{2}$"


def postcode_outward(values: pa.Array) -> pa.Array:
    """Outward code of a British postcode; of an all-digit code all but its last two digits."""
    outward = pc.struct_field(pc.extract_regex(values, pattern=_UK_POSTCODE), "outward")
    region = pc.struct_field(pc.extract_regex(values, pattern=r"^(?P<region>\d+)\d{2}$"), "region")
    return pc.coalesce(outward, region)


def postcode_sector(values: pa.Array) -> pa.Array:
    """Outward code and first inward digit of a British postcode, null for any other."""
    parts = pc.extract_regex(values, pattern=_UK_POSTCODE)
    return pc.binary_join_element_wise(
        pc.struct_field(parts, "outward"), pc.struct_field(parts, "digit"), " "
    )


def local_part(values: pa.Array) -> pa.Array:
    """What stands before the @ of an e-mail address; null without an @."""
    return pc.struct_field(pc.extract_regex(values, pattern=r"^(?P<local>[^@]+)@"), "local")


def binary_coded_dates(values: pa.Array) -> Int64s:
    """Dates as eight decimal digits of four bits each, YYYYMMDD; unknown month or day is 00.

    A digit that cannot be read is 15, which is how far `?` stands behind `0`.
    """
    digits = pc.utf8_rpad(pc.replace_substring(values, "-", ""), 8, "0")
    points = code_points(digits)[0].reshape(-1, 8).astype(np.int64) - ord("0")
    return points @ (1 << (4 * np.arange(7, -1, -1, dtype=np.int64)))
