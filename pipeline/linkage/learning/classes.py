"""Classes of pairs: how likely an agreement pattern is for each kind of two records.

In: agreement patterns and level probabilities. Out: the probabilities of a model and the likelihood
of patterns under them. It must not know how probabilities are learned, nor records or values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]

TINY = 1e-300

STAYED, MOVED, TOGETHER, APART, STRANGERS = range(5)
N_PARTS = 5
"""The parts of the three classes: matches who stayed and who moved, households together and apart,
and strangers."""


class PairLevels(NamedTuple):
    """Agreement levels of pairs, each pattern once.

    Attributes:
        patterns: (n_patterns, n_comparisons), -1 where not comparable.
        which: Pattern of each pair, (n_pairs,).
    """

    patterns: Levels
    which: NDArray[np.signedinteger[Any]]

    @classmethod
    def one_by_one(cls, levels: Levels) -> PairLevels:
        """Every pair as a pattern of its own."""
        return cls(levels, np.arange(len(levels)))


@dataclass(frozen=True)
class CountedLevels:
    """Distinct agreement patterns with their numbers of pairs.

    Attributes:
        levels: Agreement levels, shape (n_patterns, n_comparisons); -1 is not comparable.
        counts: Pairs of each pattern, shape (n_patterns,).
    """

    levels: Levels
    counts: Floats


@dataclass(frozen=True)
class ErrorTypes:
    """Ways in which two records of one person differ; see `error_types.py`.

    Attributes:
        shares: Share of each type among the matches, (n_types,).
        m: Level probabilities of each type, (n_types, n_comparisons, max levels).
    """

    shares: Floats
    m: Floats


@dataclass(frozen=True)
class Movers:
    """People who moved between the two records: their places are strangers'.

    Who moves changes address, town and postcode together. Taken as independent slips, three places
    that differ cost a match some twenty bits, and the household class takes it. A household that
    one of two has left is as far apart.

    Attributes:
        share: Share of the matches, and of the households, that moved apart.
        places: Indices of the comparisons that a move changes, ascending.
    """

    share: float
    places: tuple[int, ...]


@dataclass(frozen=True)
class StrangerTie:
    """Two comparisons whose levels go together among strangers; see `ties.py`.

    Attributes:
        first: Index of a comparison.
        second: Index of another.
        log_ratios: ln P(a, b) / (P(a) P(b)), (levels of the first, levels of the second).
    """

    first: int
    second: int
    log_ratios: Floats


@dataclass(frozen=True)
class ClassProbabilities:
    """Level probabilities of the three classes, each (n_comparisons, max levels), 0 beyond a row.

    Attributes:
        m: For pairs of one person, who did not move.
        h: For two people of one household, who live together.
        u: For strangers.
        movers: Those who moved; None: no two comparisons say where people live.
        error_types: How the slips of one person's records go together; None: independently.
        ties: Comparisons that are not independent among strangers.
    """

    m: Floats
    h: Floats
    u: Floats
    movers: Movers | None = None
    error_types: ErrorTypes | None = None
    ties: tuple[StrangerTie, ...] = ()

    @property
    def moved(self) -> Floats:
        """Level probabilities of one person's records before and after a move."""
        return self._elsewhere(self.m)

    @property
    def apart(self) -> Floats:
        """Level probabilities of two people of one family before and after a move."""
        return self._elsewhere(self.h)

    def _mixed(self, table: Floats) -> Floats:
        share = 0.0 if self.movers is None else self.movers.share
        mixed: Floats = (1 - share) * table + share * self._elsewhere(table)
        return mixed

    def _elsewhere(self, table: Floats) -> Floats:
        table = table.copy()
        if self.movers is not None:
            rows = list(self.movers.places)
            table[rows] = self.u[rows]
        return table

    @property
    def same(self) -> Floats:
        """Level probabilities of all matches, movers included."""
        return self._mixed(self.m)

    @property
    def home(self) -> Floats:
        """Level probabilities of the whole household class, those apart included."""
        return self._mixed(self.h)

    def stacked(self) -> Floats:
        """The three tables as one array, shape (3, n_comparisons, max levels)."""
        return np.stack([self.m, self.h, self.u])


@dataclass(frozen=True)
class Population:
    """How many pairs there are, and how many of each class are expected.

    Attributes:
        pairs: All possible pairs, N.
        matches: Expected matches among the candidates, N_M.
        households: Expected household pairs among the candidates, N_H.
    """

    pairs: float
    matches: float
    households: float


def log_table(probabilities: Floats) -> Floats:
    """Natural logs with a final column of zeros, which level -1 (not comparable) indexes."""
    padded = np.concatenate([probabilities, np.ones((*probabilities.shape[:-1], 1))], axis=-1)
    logs: Floats = np.log(np.maximum(padded, TINY))
    return logs


def log_likelihood(levels: Levels, probabilities: ClassProbabilities) -> Floats:
    """Log probability of every pattern under each part, shape (n_patterns, N_PARTS)."""
    total = np.zeros((len(levels), N_PARTS))
    _add_levels(levels, part_logs(probabilities), total)
    return total + tied(levels, probabilities)


def part_logs(probabilities: ClassProbabilities) -> Floats:
    """Log level probabilities of every part, (N_PARTS, n_comparisons, max levels + 1)."""
    return log_table(part_levels(probabilities))


def part_levels(probabilities: ClassProbabilities) -> Floats:
    """Level probabilities of every part, (N_PARTS, n_comparisons, max levels)."""
    found = probabilities
    return np.stack([found.m, found.moved, found.h, found.apart, found.u])


@compiled
def _add_levels(levels: Levels, logs: Floats, total: Floats) -> None:
    """Add what every comparison's level says for each part; -1 says nothing."""
    for row in range(levels.shape[0]):
        for comparison in range(levels.shape[1]):
            level = levels[row, comparison]
            if level >= 0:
                for one in range(logs.shape[0]):
                    total[row, one] += logs[one, comparison, level]


def tied(levels: Levels, probabilities: ClassProbabilities) -> Floats:
    """What strangers' ties add to the log probability under each part, (n_patterns, N_PARTS).

    A tie counts wherever a part takes both of its comparisons to be strangers'.
    """
    total = np.zeros((len(levels), N_PARTS))
    tables = part_levels(probabilities)
    for tie in probabilities.ties:
        # Level -1 (not comparable) reads the border of zeros.
        table = np.pad(tie.log_ratios, (0, 1))
        added = table[levels[:, tie.first], levels[:, tie.second]]
        ends = [tie.first, tie.second]
        for part in range(N_PARTS):
            if np.array_equal(tables[part, ends], probabilities.u[ends]):
                total[:, part] += added
    return total


def level_sums(levels: Levels, weights: Floats, width: int) -> Floats:
    """Weighted number of rows at each level of each comparison, (n_comparisons, width)."""
    sums = np.zeros((levels.shape[1], width))
    _add_weights(levels, weights, sums)
    return sums


@compiled
def _add_weights(levels: Levels, weights: Floats, sums: Floats) -> None:
    for row in range(levels.shape[0]):
        for comparison in range(levels.shape[1]):
            if levels[row, comparison] >= 0:
                sums[comparison, levels[row, comparison]] += weights[row]


def expected_levels(
    patterns: CountedLevels,
    rules: NDArray[np.int64],
    probabilities: ClassProbabilities,
    shares: Floats,
) -> tuple[Floats, Floats]:
    """Expected pairs of every part among patterns of several rules.

    Args:
        patterns: Patterns and their pairs.
        rules: Rule of each pattern.
        probabilities: The level probabilities.
        shares: Share of each part among each rule's pairs, (n_rules, N_PARTS).

    Returns:
        Pairs at each level, (N_PARTS, n_comparisons, max levels), and of each rule,
        (n_rules, N_PARTS).
    """
    levels = np.zeros((N_PARTS, *probabilities.u.shape))
    of_rules = np.zeros_like(shares)
    _expect(
        Counted(patterns.levels, patterns.counts, rules),
        tied(patterns.levels, probabilities),
        (part_logs(probabilities), np.log(np.maximum(shares, TINY))),
        levels,
        of_rules,
    )
    return levels, of_rules


class Counted(NamedTuple):
    """Patterns, their pairs, and the rule of each, as compiled code takes them."""

    levels: Levels
    counts: Floats
    rules: NDArray[np.int64]


@compiled
def _expect(
    rows: Counted,
    scores: Floats,
    logs: tuple[Floats, Floats],
    expected: Floats,
    of_rules: Floats,
) -> None:
    """One pass over the patterns, since EM goes over them hundreds of times.

    `scores` holds the ties' part of every pattern and is written over.
    """
    levels, counts, rules = rows
    of_levels, log_shares = logs
    for row in range(levels.shape[0]):
        rule, score = rules[row], scores[row]
        for part in range(N_PARTS):
            score[part] += log_shares[rule, part]
        for one in range(levels.shape[1]):
            level = levels[row, one]
            if level >= 0:
                for part in range(N_PARTS):
                    score[part] += of_levels[part, one, level]
        top = score[0]
        for part in range(1, N_PARTS):
            top = max(top, score[part])
        total = 0.0
        for part in range(N_PARTS):
            score[part] = np.exp(score[part] - top)
            total += score[part]
        for part in range(N_PARTS):
            score[part] *= counts[row] / total
            of_rules[rule, part] += score[part]
        for one in range(levels.shape[1]):
            level = levels[row, one]
            if level >= 0:
                for part in range(N_PARTS):
                    expected[part, one, level] += score[part]


def part_shares(probabilities: ClassProbabilities) -> Floats:
    """Share of each part within its class, (N_PARTS,)."""
    moved = 0.0 if probabilities.movers is None else probabilities.movers.share
    return np.array([1 - moved, moved, 1 - moved, moved, 1.0])


def class_evidence(levels: Levels, probabilities: ClassProbabilities) -> tuple[Floats, Floats]:
    """ln P(one person) and ln P(household), each over P(strangers), (n_patterns,)."""
    scores = part_evidence(levels, probabilities)
    return (
        np.logaddexp(scores[:, STAYED], scores[:, MOVED]),
        np.logaddexp(scores[:, TOGETHER], scores[:, APART]),
    )


def part_evidence(levels: Levels, probabilities: ClassProbabilities) -> Floats:
    """ln share·P / P(strangers) of every pattern under each part, (n_patterns, N_PARTS)."""
    scores = log_likelihood(levels, probabilities)
    scores -= scores[:, STRANGERS][:, None].copy()
    evidence: Floats = scores + np.log(np.maximum(part_shares(probabilities), TINY))
    return evidence


def parts_within(levels: Levels, probabilities: ClassProbabilities) -> Floats:
    """Share of each part within its class, of every pattern, (n_patterns, N_PARTS)."""
    scores = part_evidence(levels, probabilities)
    classes = ((STAYED, MOVED), (TOGETHER, APART), (STRANGERS,))
    return np.concatenate([softmax(scores[:, list(parts)]) for parts in classes], axis=1)


def softmax(scores: Floats) -> Floats:
    """Each row's share of every class, from log scores."""
    shares = np.empty_like(scores)
    _softmax(scores, shares)
    return shares


@compiled
def _softmax(scores: Floats, shares: Floats) -> None:
    """Rows of a few classes: compiled, five times as fast as numpy's sums along short rows."""
    n_rows, n_classes = scores.shape
    for row in range(n_rows):
        top = scores[row, 0]
        for one in range(1, n_classes):
            top = max(top, scores[row, one])
        total = 0.0
        for one in range(n_classes):
            shares[row, one] = np.exp(scores[row, one] - top)
            total += shares[row, one]
        for one in range(n_classes):
            shares[row, one] /= total
