"""Report on blocking: what each rule brings and costs, and how many matches none of them makes.

In: `Gathered` and `Judged`. Out: `BlockReport`. It must not hold a key's value: a report speaks of
rules, numbers of pairs and sizes of blocks only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import LinkageError
from pipeline.linkage.blocking.block import NO_PAIRS, NOT_NEEDED, TOO_MANY, USED
from pipeline.linkage.blocking.shared_keys import shared_keys
from pipeline.linkage.compiled import Words, compiled
from pipeline.linkage.deciding.judge import Judged
from pipeline.linkage.learning.gather import Gathered
from pipeline.linkage.learning.missed import BlockingRecall, FoundMatches, estimate_recall
from pipeline.linkage.sorting import row_numbers

Floats = NDArray[np.float64]

FORMAT = "kinlink-block-report"
NARROWED, DROPPED = "narrowed", "dropped"
LEAST_PROBABILITY = 0.01
"""Less likely pairs hold next to no matches and are left out of the estimate of the missed."""
MOST_PAIRS = 100_000
"""Of more likely pairs than this, every so many groups stand for all."""
GROUPS = 20
IDLE_MATCHES, IDLE_SHARE = 0.5, 0.05
"""A rule that alone finds fewer expected matches, at a larger share of all pairs, could go."""

SCHEMA = pa.schema(
    [
        ("family", pa.string()), ("rule", pa.string()), ("decision", pa.string()),
        ("pairs", pa.int64()), ("cumulative_pairs", pa.int64()), ("added_pairs", pa.int64()),
        ("only_pairs", pa.int64()), ("expected_matches", pa.float64()),
        ("only_expected_matches", pa.float64()), ("largest_blocks", pa.list_(pa.int64())),
        ("advice", pa.string()),
    ]
)  # fmt: skip
"""One row per rule considered; counts are null where the rule is not in use (`pairs` where it was
not counted)."""


@dataclass(frozen=True)
class BlockReport:
    """What blocking did.

    Attributes:
        rules: One row per rule considered, in order of preference: family, rule, decision (used,
            narrowed, dropped, not needed, no pairs), pairs it makes by itself, distinct pairs of
            all rules up to it and how many it added, pairs and expected matches that no other rule
            makes, pairs in its largest blocks, and advice.
        candidate_pairs: Distinct pairs of all rules.
        possible_pairs: Pairs there could be.
        recall: How many matches were found, and how many no rule makes.
    """

    rules: pa.Table
    candidate_pairs: int
    possible_pairs: int
    recall: BlockingRecall

    @property
    def reduction_ratio(self) -> float:
        """Share of the possible pairs that nobody has to look at."""
        return 1 - self.candidate_pairs / max(self.possible_pairs, 1)

    def to_json(self) -> str:
        """The report as JSON text."""
        found = self.recall
        document = {
            "format": FORMAT,
            "candidate_pairs": self.candidate_pairs,
            "possible_pairs": self.possible_pairs,
            "reduction_ratio": self.reduction_ratio,
            "recall": {
                "estimate": found.recall, "low": found.recall_low, "high": found.recall_high,
                **asdict(found),
            },
            "rules": self.rules.to_pylist(),
        }  # fmt: skip
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> BlockReport:
        """The report in a JSON text.

        Raises:
            LinkageError: The text is no such report.
        """
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                raise ValueError(f"expected {FORMAT}")
            recall = {
                field.name: document["recall"][field.name] for field in fields(BlockingRecall)
            }
            return cls(
                rules=pa.Table.from_pylist(document["rules"], SCHEMA),
                candidate_pairs=document["candidate_pairs"],
                possible_pairs=document["possible_pairs"],
                recall=BlockingRecall(**recall),
            )
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise LinkageError(
                f"this is no block report ({type(error).__name__}); write one with "
                "`kinlink block-report LEFT RIGHT --out report.json`"
            ) from error


@dataclass(frozen=True)
class _Tally:
    """Weight of the pairs that each rule makes at all, makes first, and makes alone."""

    made: Floats
    first: Floats
    only: Floats


def block_report(gathered: Gathered, judged: Judged) -> BlockReport:
    """Count what each rule brings and estimate what all of them miss."""
    probability = _probabilities(judged)
    return BlockReport(
        rules=_rules_table(gathered, judged, probability),
        candidate_pairs=len(gathered.pairs),
        possible_pairs=gathered.encoded.n_pairs,
        recall=estimate_recall(found_matches(gathered, judged, probability)),
    )


def recall_in_words(recall: BlockingRecall) -> str:
    """The estimate as one line for a person to read."""
    if recall.missed is None or recall.recall is None or recall.recall_low is None:
        return f"how many matches blocking missed cannot be estimated: {recall.reason}"
    return (
        f"blocking found an estimated {_percent(recall.recall)} of the matches "
        f"(95% interval {_percent(recall.recall_low)} to {_percent(recall.recall_high or 1.0)}), "
        f"missing about {recall.missed:,.0f}"
    )


def _percent(share: float) -> str:
    """A share in percent that never rounds up to all."""
    return f"{np.floor(share * 1000) / 10:.1f}%"


def found_matches(gathered: Gathered, judged: Judged, probability: Floats) -> FoundMatches:
    """The likely matches by the parts of keys they share; without those that only a cluster makes.

    What hangs together, the pairs of one cluster or of one left record, is in one group.
    """
    rows = np.flatnonzero((probability >= LEAST_PROBABILITY) & (judged.rules != 0))
    labels = judged.left if judged.labels is None else judged.labels[judged.left]
    every = -(-len(rows) // MOST_PAIRS) or 1
    rows = rows[labels[rows] % every == 0]
    rules = gathered.blocking.rules
    shared = shared_keys(gathered.encoded, rules, judged.left[rows], judged.right[rows])
    is_told = ~shared.is_exchanged
    weights = probability[rows] * every
    flags = shared.is_shared[is_told]
    which = row_numbers(flags)
    first = np.unique(which, return_index=True)[1]
    group = labels[rows[is_told]] // every % GROUPS
    matches = np.bincount(which * GROUPS + group, weights[is_told], len(first) * GROUPS)
    position = {part: number for number, part in enumerate(shared.parts)}
    needed = [
        {position[column, part.transform] for part in rule.parts for column in part.columns}
        for rule in rules
    ]
    return FoundMatches(
        parts=shared.parts,
        is_shared=flags[first],
        matches=matches.reshape(-1, GROUPS).astype(np.float64),
        rules=tuple(tuple(sorted(parts)) for parts in needed),
        others=float(weights[~is_told].sum()),
    )


def _probabilities(judged: Judged) -> Floats:
    probability: Floats = 1 / (1 + np.exp(-np.clip(judged.log_odds, -700, 700)))
    return probability


def _tally(rules: Words, weights: Floats, n_rules: int) -> _Tally:
    sums = np.zeros((3, n_rules))
    _add_up(rules, weights, sums)
    return _Tally(*sums)


@compiled
def _add_up(rules: Words, weights: Floats, sums: Floats) -> None:
    one = np.uint64(1)
    for pair in range(len(rules)):
        left, is_first = rules[pair], True
        is_only = left & (left - one) == 0
        rule = 0
        while left:
            if left & one:
                sums[0, rule] += weights[pair]
                if is_first:
                    sums[1, rule] += weights[pair]
                if is_only:
                    sums[2, rule] += weights[pair]
                is_first = False
            left >>= one
            rule += 1


def _rules_table(gathered: Gathered, judged: Judged, probability: Floats) -> pa.Table:
    considered = gathered.blocking.report.to_pylist()
    in_use = {row["family"] for row in considered if row["decision"] == USED}
    number = {rule.name: index for index, rule in enumerate(gathered.blocking.rules)}
    pairs = _tally(gathered.pairs.rules, gathered.pairs.pairs.astype(np.float64), len(number))
    matches = _tally(judged.rules, probability, len(number))
    rows = []
    for row in considered:
        decision = row["decision"]
        if decision == TOO_MANY:
            decision = NARROWED if row["family"] in in_use else DROPPED
        new = {**row, "decision": decision}
        if decision == USED:
            new |= _counted(pairs, matches, number[row["rule"]])
        rows.append(new | {"advice": _advice(new, gathered)})
    return pa.Table.from_pylist(rows, SCHEMA)


def _counted(pairs: _Tally, matches: _Tally, rule: int) -> dict[str, int | float]:
    return {
        "cumulative_pairs": int(pairs.first[: rule + 1].sum()),
        "added_pairs": int(pairs.first[rule]),
        "only_pairs": int(pairs.only[rule]),
        "expected_matches": float(matches.made[rule]),
        "only_expected_matches": float(matches.only[rule]),
    }


def _advice(row: dict[str, Any], gathered: Gathered) -> str:
    """What a user can do about a rule."""
    if row["decision"] in (NARROWED, DROPPED):
        larger = max(gathered.encoded.n_left, gathered.encoded.n_right)
        instead = {
            NARROWED: "a narrower key of the same family is used instead",
            DROPPED: "no key of this family is used: add a part to it",
        }[row["decision"]]
        return f"{instead}, or allow {-(-row['pairs'] // larger):,} pairs per record"
    if row["decision"] == NO_PAIRS:
        return "no two records share this key: are the columns filled, and written alike?"
    if row["decision"] == NOT_NEEDED:
        return "a wider key of the same family is used"
    alone = row["only_pairs"] / max(len(gathered.pairs), 1)
    if alone > IDLE_SHARE and row["only_expected_matches"] < IDLE_MATCHES:
        return f"{alone:.0%} of all pairs are its alone and hold no match to speak of: it could go"
    return ""
