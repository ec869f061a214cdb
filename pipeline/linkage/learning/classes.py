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
class Neighbours:
    """The part of the household class that shares a place and nothing else.

    Far more people share a postcode or a street than a home. Without a name for them the household
    class turns to them, who are many, and real households are taken for matches.

    Attributes:
        share: Share of the household class that are neighbours and no family.
        n: Level probabilities, (n_comparisons, max levels): free for places, u for all else.
    """

    share: float
    n: Floats


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
        m: For pairs of one person.
        h: For two people of one household.
        u: For strangers.
        error_types: How the slips of one person's records go together; None: independently.
        neighbours: The part of the household class that is no family; None: there is no such part.
        ties: Comparisons that are not independent among strangers.
    """

    m: Floats
    h: Floats
    u: Floats
    error_types: ErrorTypes | None = None
    neighbours: Neighbours | None = None
    ties: tuple[StrangerTie, ...] = ()

    @property
    def home(self) -> Floats:
        """Level probabilities of the whole household class, neighbours included."""
        if self.neighbours is None:
            return self.h
        mixed: Floats = (
            1 - self.neighbours.share
        ) * self.h + self.neighbours.share * self.neighbours.n
        return mixed

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
    """Log probability of every pattern under M, H, neighbours and S, shape (n_patterns, 4)."""
    total = np.zeros((len(levels), 4))
    _add_levels(levels, class_logs(probabilities), total)
    total[:, 3] += tied(levels, probabilities.ties)
    return total


def class_logs(probabilities: ClassProbabilities) -> Floats:
    """Log level probabilities of M, H, neighbours and S, (4, n_comparisons, max levels + 1)."""
    m, h, u = probabilities.stacked()
    n = u if probabilities.neighbours is None else probabilities.neighbours.n
    return log_table(np.stack([m, h, n, u]))


@compiled
def _add_levels(levels: Levels, logs: Floats, total: Floats) -> None:
    """Add what every comparison's level says for each class; -1 says nothing."""
    for row in range(levels.shape[0]):
        for comparison in range(levels.shape[1]):
            level = levels[row, comparison]
            if level >= 0:
                for one in range(logs.shape[0]):
                    total[row, one] += logs[one, comparison, level]


def tied(levels: Levels, ties: tuple[StrangerTie, ...]) -> Floats:
    """What strangers' ties add to the log probability of every pattern, (n_patterns,)."""
    total = np.zeros(len(levels))
    for tie in ties:
        # Level -1 (not comparable) reads the border of zeros.
        table = np.pad(tie.log_ratios, (0, 1))
        total += table[levels[:, tie.first], levels[:, tie.second]]
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
    """Expected pairs of M, H, neighbours and S among patterns of several rules.

    Args:
        patterns: Patterns and their pairs.
        rules: Rule of each pattern.
        probabilities: The level probabilities.
        shares: Share of each class among each rule's pairs, (n_rules, 4).

    Returns:
        Pairs at each level, (4, n_comparisons, max levels), and of each rule, (n_rules, 4).
    """
    levels = np.zeros((4, *probabilities.u.shape))
    of_rules = np.zeros_like(shares)
    _expect(
        patterns.levels, patterns.counts, rules, tied(patterns.levels, probabilities.ties),
        class_logs(probabilities), np.log(np.maximum(shares, TINY)), levels, of_rules,
    )  # fmt: skip
    return levels, of_rules


@compiled
def _expect(
    levels: Levels, counts: Floats, rules: NDArray[np.int64], among_strangers: Floats,
    logs: Floats, log_shares: Floats, expected: Floats, of_rules: Floats,
) -> None:  # fmt: skip
    """One pass over the patterns, since EM goes over them hundreds of times."""
    for row in range(levels.shape[0]):
        rule = rules[row]
        a, b = log_shares[rule, 0], log_shares[rule, 1]
        c, d = log_shares[rule, 2], log_shares[rule, 3] + among_strangers[row]
        for one in range(levels.shape[1]):
            level = levels[row, one]
            if level >= 0:
                a += logs[0, one, level]
                b += logs[1, one, level]
                c += logs[2, one, level]
                d += logs[3, one, level]
        top = max(a, b, c, d)
        a, b, c, d = np.exp(a - top), np.exp(b - top), np.exp(c - top), np.exp(d - top)
        share = counts[row] / (a + b + c + d)
        a, b, c, d = a * share, b * share, c * share, d * share
        for one in range(levels.shape[1]):
            level = levels[row, one]
            if level >= 0:
                expected[0, one, level] += a
                expected[1, one, level] += b
                expected[2, one, level] += c
                expected[3, one, level] += d
        of_rules[rule, 0] += a
        of_rules[rule, 1] += b
        of_rules[rule, 2] += c
        of_rules[rule, 3] += d


def household_evidence(levels: Levels, probabilities: ClassProbabilities) -> tuple[Floats, Floats]:
    """ln share·P / P(strangers) of every pattern for family and for neighbours, (n_patterns,) each.

    Their logaddexp is the evidence for the household class as a whole.
    """
    neighbours = probabilities.neighbours
    share = 0.0 if neighbours is None else neighbours.share
    scores = log_likelihood(levels, probabilities)
    family = scores[:, 1] - scores[:, 3] + np.log(max(1 - share, TINY))
    near = scores[:, 2] - scores[:, 3] + np.log(max(share, TINY))
    return family, near


def neighbour_part(levels: Levels, probabilities: ClassProbabilities) -> Floats:
    """Share of neighbours among the household pairs of every pattern, (n_patterns,)."""
    family, near = household_evidence(levels, probabilities)
    part: Floats = np.exp(near - np.logaddexp(family, near))
    return part


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
