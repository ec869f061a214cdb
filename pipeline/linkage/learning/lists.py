"""Lists: what chance does where a record holds many values, forty aliases or ten addresses.

In: encoded tables and level probabilities. Out: how many comparisons of single values each pair
makes, and what that changes in the evidence. It must not know rules or how probabilities are
learned.

The level of two lists is the best of all their values. Two lists of a and b values have k = a·b
chances to agree, and someone with forty aliases agrees with a good part of all strangers on some
name. With x = k over the mean of k that u was learned from, and B_l the probability that strangers
of ordinary lists are on level l or better,

    P(level l or better | strangers) = 1 - (1 - B_l)^x,

and for one person or household, who agree by right or else by chance,

    P(level l or better) = 1 - (1 - M_l) (1 - B_l)^max(x - 1, 0).

An exactly equal value v, whose share among the records is p, is shared by chance with
1 - (1 - p)^x. Records of very long lists, if they are few, also teach nothing: a handful of them
makes more pairs that agree by chance than there are matches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import Flags, Int32s
from pipeline.linkage.encoding.encoded import Codes, Encoded
from pipeline.linkage.learning.classes import TINY, ClassProbabilities, PairLevels

Floats = NDArray[np.float64]
Values = Mapping[int, Floats]

LONG_LIST = 8
"""Records with more values than this in a column are no teachers."""

MOST_LONG = 0.1
"""Where more of the records are such, long lists are what the data is like, and teach."""


class Chance(NamedTuple):
    """How many comparisons of single values pairs of records make in one column.

    Attributes:
        pairs: of each pair of records, 1 or more, (n_pairs,).
        table: x of every such number, (most + 1,).
    """

    pairs: NDArray[np.int64]
    table: Floats

    @classmethod
    def of(cls, pairs: NDArray[np.int64], usual: float) -> Chance:
        """Numbers of pairs of values, 0 taken as 1, over the usual number."""
        filled = np.maximum(pairs, 1)
        return cls(filled, np.arange(int(filled.max(initial=1)) + 1) / usual)


Chances = Mapping[int, Chance]
NO_CHANCES: Chances = {}


@dataclass(frozen=True)
class ListSizes:
    """Values that each record holds of the many-valued comparisons.

    Attributes:
        left: by comparison index, values of each left record, (n_left,).
        right: by comparison index, values of each right record, (n_right,).
        usual: by comparison index, mean number of pairs of values of two teachers.
        is_teacher_left: whether left records teach, (n_left,).
        is_teacher_right: whether right records teach, (n_right,).
    """

    left: Mapping[int, NDArray[np.int64]]
    right: Mapping[int, NDArray[np.int64]]
    usual: Mapping[int, float]
    is_teacher_left: Flags
    is_teacher_right: Flags

    @property
    def all_teach(self) -> bool:
        """Whether no record's lists are too long."""
        return bool(self.is_teacher_left.all() and self.is_teacher_right.all())

    def teaches(self, left: Int32s, right: Int32s) -> Flags:
        """Whether pairs (left[i], right[i]) teach."""
        return self.is_teacher_left[left] & self.is_teacher_right[right]

    def chances(self, left: Int32s, right: Int32s) -> Chances:
        """Pairs of values of every pair, by comparison index."""
        return {
            index: Chance.of(self.left[index][left] * self.right[index][right], usual)
            for index, usual in self.usual.items()
        }


def list_sizes(encoded: Encoded) -> ListSizes:
    """How many values each record holds."""
    left, right = {}, {}
    for index, comparison in enumerate(encoded.spec.comparisons):
        column = encoded.columns[comparison.column]
        if column.left.is_many or column.right.is_many:
            left[index], right[index] = sizes(column.left), sizes(column.right)
    teachers = [
        teachers_of(list(one.values()), n)
        for one, n in ((left, encoded.n_left), (right, encoded.n_right))
    ]
    usual = {
        index: mean_size(left[index], teachers[0]) * mean_size(right[index], teachers[1])
        for index in left
    }
    return ListSizes(left, right, usual, *teachers)


def sizes(codes: Codes) -> NDArray[np.int64]:
    """Values of each record, (n_records,); 0 where null."""
    if codes.offsets is None:
        return (codes.codes >= 0).astype(np.int64)
    return np.diff(codes.offsets).astype(np.int64)


def teachers_of(columns: Sequence[NDArray[np.int64]], n_records: int) -> Flags:
    """Which records teach: all but those of very long lists, if these are few."""
    is_long = np.zeros(n_records, np.bool_)
    for values in columns:
        is_long |= values > LONG_LIST
    return ~is_long if is_long.mean() <= MOST_LONG else np.ones(n_records, np.bool_)


def mean_size(values: NDArray[np.int64], is_teacher: Flags) -> float:
    """Mean length of the teachers' lists that are not empty, 1 or more."""
    filled = values[is_teacher & (values > 0)]
    return float(filled.mean()) if len(filled) else 1.0


def list_corrections(
    levels: PairLevels, chances: Chances, probabilities: ClassProbabilities, credits: Values
) -> tuple[Values, Floats]:
    """What unusual lists change in the evidence of pairs, in nats.

    Lists are short, so that pairs share few numbers of chances: each is worked out once a level.

    Args:
        levels: agreement levels of the pairs.
        chances: of every pair, by comparison index.
        probabilities: m, h and u, of ordinary lists.
        credits: term-frequency credit of each pair, by comparison index; 0 where there is none.

    Returns:
        By comparison index, what to add to ln m/u, (n_pairs,); and to ln h/u, (n_pairs,).
    """
    (patterns, which), same = levels, {}
    household = np.zeros(len(which))
    for index, chance in chances.items():
        m, h, u = (table[index] for table in (probabilities.m, probabilities.h, probabilities.u))
        column = np.take(patterns[:, index], which)
        strangers = changes(None, u, chance.table)
        cells = chance.pairs * strangers.shape[1] + column  # a null finds the row before's last
        one, other = (np.take(changes(own, u, chance.table) - strangers, cells) for own in (m, h))
        if index in credits:
            rows = np.flatnonzero(credits[index] * (column >= 0))
            share = u[column[rows]] * np.exp(-credits[index][rows])
            off = rare_changes(share, chance.table[chance.pairs[rows]])
            off -= np.take(strangers, cells[rows])
            one[rows] -= off
            other[rows] -= off
        same[index] = one
        household += other
    return same, household


def changes(own: Floats | None, u: Floats, x: Floats) -> Floats:
    """ln P(level | so many chances) less ln P(level), (n_x, levels + 1); 0 in the last, for nulls.

    Args:
        own: level probabilities of a class of ordinary lists; None for strangers.
        u: level probabilities of strangers of ordinary lists.
        x: numbers of chances over the usual number.
    """
    level = np.arange(len(u))
    changed = best_of(own, u, level, x[:, None]) - log_of(u if own is None else own)
    return np.pad(changed, ((0, 0), (0, 1)))


def rare_changes(share: Floats, x: Floats) -> Floats:
    """ln P(strangers share a value | so many chances) less ln P of one chance, (n,).

    Args:
        share: how often strangers of ordinary lists share the value.
        x: chances over the usual number.
    """
    shared = -np.expm1(x * np.log1p(-np.minimum(share, 0.999)))
    return log_of(shared) - log_of(share)


def best_of(own: Floats | None, u: Floats, level: NDArray[np.int64], x: Floats) -> Floats:
    """ln P(level | so many chances), for strangers or for those who agree by right.

    Args:
        own: level probabilities of a class of ordinary lists; None for strangers.
        u: level probabilities of strangers of ordinary lists.
        level: the level of each case.
        x: chances of each case over the usual number; broadcast against `level`.
    """
    worse_by_chance = below(u)
    worse_by_right = np.ones_like(worse_by_chance) if own is None else below(own)
    power = x if own is None else np.maximum(x - 1, 0.0)

    def worse_than(level: NDArray[np.int64]) -> Floats:
        found: Floats = worse_by_right[level] * worse_by_chance[level] ** power
        return found

    return log_of(worse_than(level + 1) - worse_than(level))


def below(levels: Floats) -> Floats:
    """Probability of a lower level, for every level and beyond the last, (levels + 1,)."""
    shares: Floats = np.minimum(np.concatenate([[0.0], np.cumsum(levels)]), 1.0)
    return shares


def log_of(share: Floats) -> Floats:
    """ln, finite."""
    logs: Floats = np.log(np.maximum(share, TINY))
    return logs
