"""Keys: what each blocking rule reads of each record, as numbers.

In: `Encoded` and a rule. Out: the rule's keys of both tables; equal keys make a block. It must not
know how many pairs that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.errors import SpecError
from pipeline.linkage.compiled import Array, Int32s, Int64s, compiled
from pipeline.linkage.encoding.encoded import Codes, Encoded, EncodedColumn
from pipeline.linkage.encoding.transforms import DOMAIN_OF_TRANSFORM, taken
from pipeline.linkage.encoding.values import Domain, numbered
from pipeline.linkage.sorting import distinct
from pipeline.linkage.spec import BlockingRule, KeyPart

WORD_BITS = 63
MAX_WIDTH = 1 << 40
"""Keys are renumbered when there could be more of them, so that arithmetic on them stays exact."""


@dataclass(frozen=True)
class Keys:
    """Keys of one table under one rule.

    Attributes:
        records: (n_entries,), ascending; a record with several values has several entries.
        keys: int64 (n_entries,), 0 … width - 1; distinct within a record.
    """

    records: Array
    keys: Int64s


@dataclass(frozen=True)
class RuleKeys:
    """Keys of both tables under one rule; `right` is `left` when deduplicating."""

    left: Keys
    right: Keys
    width: int


def rule_keys(encoded: Encoded, rule: BlockingRule) -> RuleKeys:
    """Keys of a rule: every combination of the record's values of its parts.

    Raises:
        SpecError: a transform does not suit its column.
    """
    keys = _part_keys(encoded, rule.parts[0], rule)
    for part in rule.parts[1:]:
        keys = _combine(keys, _part_keys(encoded, part, rule))
    return keys


def _part_keys(encoded: Encoded, part: KeyPart, rule: BlockingRule) -> RuleKeys:
    columns = [encoded.columns[name] for name in part.columns]
    domains = [_domain_of(encoded, column) for column in columns]
    for column, domain in zip(columns, domains, strict=True):
        wanted = DOMAIN_OF_TRANSFORM.get(part.transform, domain.name)
        if domain.name not in (wanted, "text"):
            raise SpecError(
                f"blocking rule '{rule.name}': '{part.transform}' needs a {wanted} column and "
                f"'{column.name}' is a {column.kind}"
            )
    if len({domain.name for domain in domains}) > 1:
        raise SpecError(f"blocking rule '{rule.name}': {part.columns} hold different things")
    numbers = _numbers(domains, part.transform)
    if part.transform == "value":
        pairs = zip(columns, numbers, strict=True)
        numbers = [np.where(column.is_whole, number, -1) for column, number in pairs]
    keys = [_column_keys(*pair) for pair in zip(columns, numbers, strict=True)]
    return keys[0] if len(keys) == 1 else _combine(keys[0], keys[1], is_ordered=False)


def _column_keys(column: EncodedColumn, numbers: Int64s) -> RuleKeys:
    left = _entries(column.left, numbers)
    right = left if column.right is column.left else _entries(column.right, numbers)
    return RuleKeys(left, right, int(numbers.max(initial=0)) + 1)


def _numbers(domains: Sequence[Domain], transform: str) -> list[Int64s]:
    """What a transform takes of each domain's values, numbered alike in all dictionaries."""
    if len({domain.base for domain in domains}) == 1:
        return [transformed(domains[0], transform)] * len(domains)
    texts = [taken(domain.values, domain.name, transform) for domain in domains]
    numbers = numbered(pa.concat_arrays(texts))[1]
    return np.split(numbers, np.cumsum([len(text) for text in texts])[:-1])


def _domain_of(encoded: Encoded, column: EncodedColumn) -> Domain:
    base = encoded.cells.bases[encoded.cells.columns[column.name]]
    same = [item for item in encoded.domains.values() if item.base == base and len(item.values)]
    return same[0]


def transformed(domain: Domain, transform: str) -> Int64s:
    """What a transform takes of each distinct value, numbered from 0; -1 where nothing."""
    if transform == "value":
        return np.arange(len(domain.values))
    return numbered(taken(domain.values, domain.name, transform))[1]


def _entries(codes: Codes, numbers: Int64s) -> Keys:
    if codes.offsets is None:
        records, keys = np.empty(len(codes.codes), np.int32), np.empty(len(codes.codes), np.int64)
        n = _single_entries(codes.codes, numbers, records, keys)
        return Keys(records[:n], keys[:n])
    # One more, so that code -1 (null) leads to no key.
    keys = np.append(numbers, -1)[codes.codes]
    records = np.repeat(np.arange(len(codes.offsets) - 1), np.diff(codes.offsets))
    return _distinct(records[keys >= 0], keys[keys >= 0])


@compiled
def _single_entries(codes: Int32s, numbers: Int64s, records: Int32s, keys: Int64s) -> int:
    """The records whose one value has a number; return how many."""
    n = 0
    for record in range(len(codes)):
        if codes[record] >= 0 and numbers[codes[record]] >= 0:
            records[n], keys[n] = record, numbers[codes[record]]
            n += 1
    return n


def _distinct(records: Array, keys: Int64s) -> Keys:
    """Entries of ascending records without repetitions within a record."""
    if (records[1:] > records[:-1]).all():
        return Keys(records, keys)
    bits = int(keys.max(initial=0)).bit_length()
    if bits + int(records[-1]).bit_length() < WORD_BITS:
        # Record and key in one word: sorting numbers is many times as fast as sorting by two.
        words = distinct(records.astype(np.int64) << bits | keys)
        return Keys(words >> bits, words & ((1 << bits) - 1))
    order = np.lexsort((keys, records))
    records, keys = records[order], keys[order]
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = (records[1:] != records[:-1]) | (keys[1:] != keys[:-1])
    return Keys(records[is_first], keys[is_first])


def _combine(first: RuleKeys, second: RuleKeys, is_ordered: bool = True) -> RuleKeys:
    """Keys made of a key of each; `is_ordered` False makes (a, b) and (b, a) the same key."""
    width = max(first.width, second.width) if not is_ordered else second.width
    left = _product(first.left, second.left, width, is_ordered)
    if first.right is first.left and second.right is second.left:
        right = left
    else:
        right = _product(first.right, second.right, width, is_ordered)
    total = (first.width if is_ordered else width) * width
    if total > MAX_WIDTH:
        return _renumbered(left, right)
    return RuleKeys(left, right, total)


def _product(first: Keys, second: Keys, width: int, is_ordered: bool) -> Keys:
    """Every combination of a record's keys; records with none on either side drop out."""
    if _is_single(first) and _is_single(second):
        room = min(len(first.records), len(second.records))
        records, a, b = np.empty(room, np.int32), np.empty(room, np.int64), np.empty(room, np.int64)
        n = _of_both(
            first.records.astype(np.int32, copy=False), first.keys,
            second.records.astype(np.int32, copy=False), second.keys, records, a, b,
        )  # fmt: skip
        return Keys(records[:n], _joined(a[:n], b[:n], width, is_ordered))
    n_records = int(max(first.records.max(initial=-1), second.records.max(initial=-1))) + 1
    counts_a = np.bincount(first.records, minlength=n_records)
    counts_b = np.bincount(second.records, minlength=n_records)
    counts = counts_a * counts_b
    records = np.repeat(np.arange(n_records), counts)
    place = np.arange(len(records)) - (np.cumsum(counts) - counts)[records]
    a = first.keys[(np.cumsum(counts_a) - counts_a)[records] + place // counts_b[records]]
    b = second.keys[(np.cumsum(counts_b) - counts_b)[records] + place % counts_b[records]]
    return _distinct(records, _joined(a, b, width, is_ordered))


@compiled
def _of_both(
    first: Int32s, first_keys: Int64s, second: Int32s, second_keys: Int64s,
    records: Int32s, a: Int64s, b: Int64s,
) -> int:  # fmt: skip
    """Both keys of the records that have both, where none has two of either; return how many."""
    n, x, y = 0, 0, 0
    while x < len(first) and y < len(second):
        if first[x] == second[y]:
            records[n], a[n], b[n] = first[x], first_keys[x], second_keys[y]
            n += 1
        x, y = x + (first[x] <= second[y]), y + (second[y] <= first[x])
    return n


def _is_single(keys: Keys) -> bool:
    """Whether no record has two keys."""
    return bool((keys.records[1:] != keys.records[:-1]).all())


def _joined(a: Int64s, b: Int64s, width: int, is_ordered: bool) -> Int64s:
    if is_ordered:
        return a * width + b
    return np.minimum(a, b) * width + np.maximum(a, b)


def _renumbered(left: Keys, right: Keys) -> RuleKeys:
    """The same keys numbered from 0 without gaps."""
    if right is left:
        distinct, numbers = np.unique(left.keys, return_inverse=True)
        same = Keys(left.records, numbers)
        return RuleKeys(same, same, len(distinct) + 1)
    both = np.concatenate([left.keys, right.keys])
    distinct, numbers = np.unique(both, return_inverse=True)
    n_left = len(left.keys)
    return RuleKeys(
        Keys(left.records, numbers[:n_left]), Keys(right.records, numbers[n_left:]), len(distinct)
    )
