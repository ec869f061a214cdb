"""Block: which pairs of records are looked at at all.

In: `Encoded`. Out: a `Blocking`, which has counted the pairs of every rule before any pair exists.
`join.py` makes the pairs. It must not know comparisons.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.errors import PairBudgetError
from pipeline.linkage.blocking.join import (
    Blocking,
    PairChunk,
    candidate_chunk,
    candidate_pairs,
    chunk_bounds,
    count_pairs_before,
)
from pipeline.linkage.blocking.keys import RuleKeys, rule_keys
from pipeline.linkage.compiled import Int32s, Int64s, compiled
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.spec import BlockingRule, RuleFamily

__all__ = [
    "Blocking", "PairChunk", "candidate_chunk", "candidate_pairs", "chunk_bounds", "plan_blocking",
]  # fmt: skip

USED, TOO_MANY, NOT_NEEDED, NO_PAIRS = "used", "too many pairs", "not needed", "no pairs"
LARGEST_SHOWN = 5


@dataclass(frozen=True)
class RuleBlocks:
    """The blocks that one rule makes.

    Attributes:
        rule: the rule.
        sizes: int64 (n_blocks,), pairs in each block.
        members: int32, right records by block; empty where the rule is not used.
        starts: int64 (n_blocks + 1,), slices of `members`.
        records: int32, left records, by block.
        blocks: int32, the block of each of `records`.
    """

    rule: BlockingRule
    sizes: Int64s
    members: Int32s
    starts: Int64s
    records: Int32s
    blocks: Int32s

    @property
    def pairs(self) -> int:
        """Pairs that the rule makes."""
        return int(self.sizes.sum())


@dataclass(frozen=True)
class FamilyChoice:
    """What became of one family: its report rows, and the blocks of the rule in use, if any."""

    rows: list[dict[str, object]]
    chosen: RuleBlocks | None
    warning: str | None


def plan_blocking(
    encoded: Encoded,
    pairs_per_record: float = 20.0,
    spare_pairs: int = 5_000,
    threads: int = 2,
) -> Blocking:
    """Choose one rule of each family by counting its pairs.

    A family uses its first rule with at most `pairs_per_record` · n + `spare_pairs` pairs, n being
    the larger table's records; if none is, the family is dropped and a warning says so.

    Raises:
        PairBudgetError: a required rule is over budget; names the rule, its pairs and its largest
            blocks by size.
    """
    budget = int(pairs_per_record * max(encoded.n_left, encoded.n_right)) + spare_pairs

    def choose(family: RuleFamily) -> FamilyChoice:
        return _choose(encoded, family, budget)

    with ThreadPoolExecutor(threads) as pool:
        choices = list(pool.map(choose, encoded.spec.rule_families))
    chosen = [choice.chosen for choice in choices if choice.chosen is not None]
    schema = pa.schema(
        [
            ("family", pa.string()), ("rule", pa.string()), ("pairs", pa.int64()),
            ("largest_blocks", pa.list_(pa.int64())), ("decision", pa.string()),
        ]
    )  # fmt: skip
    report = pa.Table.from_pylist([row for c in choices for row in c.rows], schema)
    warnings = tuple(choice.warning for choice in choices if choice.warning is not None)
    return _assemble(encoded, chosen, report, warnings)


def _choose(encoded: Encoded, family: RuleFamily, budget: int) -> FamilyChoice:
    rows: list[dict[str, object]] = []
    chosen = None
    for rule in family.rules:
        if rows and rows[-1]["decision"] != TOO_MANY:
            rows.append({"family": family.name, "rule": rule.name, "decision": NOT_NEEDED})
            continue
        blocks = _rule_blocks(encoded, rule, budget)
        decision = USED if blocks.pairs <= budget else TOO_MANY
        if blocks.pairs == 0:
            decision = NO_PAIRS
        if decision == TOO_MANY and family.is_required:
            raise PairBudgetError(_over_budget(blocks, budget))
        if decision == USED:
            chosen = blocks
        rows.append(
            {
                "family": family.name, "rule": rule.name, "pairs": blocks.pairs,
                "largest_blocks": _largest(blocks), "decision": decision,
            }
        )  # fmt: skip
    return FamilyChoice(rows, chosen, _narrowed(family, rows, budget))


def _narrowed(family: RuleFamily, rows: list[dict[str, object]], budget: int) -> str | None:
    """What to tell where a family could not use its widest rule."""
    if rows[0]["decision"] != TOO_MANY:
        return None
    used = [row["rule"] for row in rows if row["decision"] == USED]
    fate = f"narrowed to '{used[0]}'" if used else "not used"
    return (
        f"blocking on '{family.name}' would make {rows[0]['pairs']:,} pairs, over the budget of "
        f"{budget:,}: {fate}"
    )


def _largest(blocks: RuleBlocks) -> list[int]:
    """Pairs in the largest blocks, largest first: sizes only, never their keys."""
    sizes: list[int] = np.sort(blocks.sizes)[::-1][:LARGEST_SHOWN].tolist()
    return sizes


def _over_budget(blocks: RuleBlocks, budget: int) -> str:
    shown = ", ".join(f"{size:,}" for size in _largest(blocks))
    return (
        f"blocking rule '{blocks.rule.name}' would make {blocks.pairs:,} pairs in "
        f"{len(blocks.sizes):,} blocks, over the budget of {budget:,}; its largest blocks make "
        f"{shown} pairs. Add a part to its key, or raise pairs_per_record"
    )


def _rule_blocks(encoded: Encoded, rule: BlockingRule, budget: int) -> RuleBlocks:
    """Sort the rule's keys of both tables together, and keep the blocks that make pairs."""
    words, bits = _sorted(rule_keys(encoded, rule), encoded)
    sizes, starts = np.empty(len(words), np.int64), np.zeros(len(words) + 1, np.int64)
    members, records, blocks = (np.empty(len(words), np.int32) for _ in range(3))
    n_blocks, n_members, n_records = _find_blocks(
        words, bits, encoded.n_left, encoded.is_dedupe, sizes, starts, members, records, blocks
    )
    sizes = sizes[:n_blocks].copy()
    if n_blocks == 0 or sizes.sum() > budget:
        nothing = np.zeros(0, np.int32)
        return RuleBlocks(rule, sizes, nothing, np.zeros(1, np.int64), nothing, nothing)
    return RuleBlocks(
        rule=rule,
        sizes=sizes,
        members=members[:n_members].copy(),
        starts=starts[: n_blocks + 1].copy(),
        records=records[:n_records].copy(),
        blocks=blocks[:n_records].copy(),
    )


def _sorted(keys: RuleKeys, encoded: Encoded) -> tuple[Int64s, int]:
    """All entries by key, then record: both in one word, and the bits that the record takes.

    The right table's records follow the left table's. A plain sort of numbers does it.
    """
    bits = (encoded.n_left + encoded.n_right).bit_length()
    words = keys.left.keys << bits | keys.left.records
    if not encoded.is_dedupe:
        right = keys.right.keys << bits | (keys.right.records.astype(np.int64) + encoded.n_left)
        words = np.concatenate([words, right])
    words.sort()
    return words, bits


@compiled
def _find_blocks(
    words: Int64s, bits: int, n_left: int, is_dedupe: bool,
    sizes: Int64s, starts: Int64s, members: Int32s, records: Int32s, blocks: Int32s,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill in the blocks that make pairs; how many, and their right and left records."""
    record_of, first = (1 << bits) - 1, 0
    n_blocks, n_members, n_records = 0, 0, 0
    while first < len(words):
        key, stop, middle = words[first] >> bits, first, first
        while stop < len(words) and words[stop] >> bits == key:
            middle += (words[stop] & record_of) < n_left
            stop += 1
        pairs = (middle - first) * (stop - middle)
        right, shift = middle, n_left
        if is_dedupe:
            pairs = (stop - first) * (stop - first - 1) // 2
            right, shift = first, 0
        if pairs > 0:
            for entry in range(right, stop):
                members[n_members] = (words[entry] & record_of) - shift
                n_members += 1
            for entry in range(first, middle):
                records[n_records] = words[entry] & record_of
                blocks[n_records] = n_blocks
                n_records += 1
            sizes[n_blocks] = pairs
            n_blocks += 1
            starts[n_blocks] = n_members
        first = stop
    return n_blocks, n_members, n_records


def _assemble(
    encoded: Encoded, chosen: list[RuleBlocks], report: pa.Table, warnings: tuple[str, ...]
) -> Blocking:
    """Lay the blocks of all rules end to end, and list for each left record where it stands."""
    nothing = np.zeros(0, np.int32)
    n_blocks = [len(item.sizes) for item in chosen]
    first_block = np.cumsum([0, *n_blocks])
    first_member = np.cumsum([0, *(len(item.members) for item in chosen)])
    block_starts = [
        item.starts[:-1] + first for item, first in zip(chosen, first_member, strict=False)
    ]
    entry_counts = np.zeros(encoded.n_left + 1, np.int64)
    for item in chosen:
        entry_counts[1:] += np.bincount(item.records, minlength=encoded.n_left)
    entry_starts = np.cumsum(entry_counts)
    entries = np.empty(entry_starts[-1], np.int32)
    filled = entry_starts[:-1].copy()
    for item, first in zip(chosen, first_block, strict=False):
        _place(item.records, item.blocks, first, filled, entries)
    members = np.concatenate([item.members for item in chosen] + [nothing])
    starts = np.concatenate([*block_starts, first_member[-1:]])
    before = np.empty(len(entry_starts), np.int64)
    count_pairs_before(members, starts, entry_starts, entries, encoded.is_dedupe, before)
    return Blocking(
        rules=tuple(item.rule for item in chosen),
        rule_pairs=np.array([item.pairs for item in chosen], np.int64),
        report=report,
        warnings=warnings,
        is_dedupe=encoded.is_dedupe,
        members=members,
        block_starts=starts,
        block_rules=np.repeat(np.arange(len(chosen), dtype=np.uint8), n_blocks),
        entry_starts=entry_starts,
        entries=entries,
        pairs_before=before,
    )


@compiled
def _place(
    records: Int32s, blocks: Int32s, first_block: int, filled: Int64s, entries: Int32s
) -> None:
    """Append one rule's blocks to the left records' lists."""
    for index in range(len(records)):
        record = records[index]
        entries[filled[record]] = first_block + blocks[index]
        filled[record] += 1
