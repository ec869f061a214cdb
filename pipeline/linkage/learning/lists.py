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

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import Flags, Int32s
from pipeline.linkage.encoding.encoded import Codes, Encoded
from pipeline.linkage.learning.classes import TINY, ClassProbabilities, Levels

Floats = NDArray[np.float64]
Chances = Mapping[int, Floats]

LONG_LIST = 8
"""Records with more values than this in a column are no teachers."""

MOST_LONG = 0.1
"""Where more of the records are such, long lists are what the data is like, and teach."""

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

    left: Mapping[int, Floats]
    right: Mapping[int, Floats]
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
        """x of every pair, by comparison index: its pairs of values, over the usual number."""
        return {
            index: np.maximum(self.left[index][left] * self.right[index][right], 1.0) / usual
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


def sizes(codes: Codes) -> Floats:
    """Values of each record, (n_records,); 0 where null."""
    if codes.offsets is None:
        values: Floats = (codes.codes >= 0).astype(np.float64)
        return values
    return np.diff(codes.offsets).astype(np.float64)


def teachers_of(columns: Sequence[Floats], n_records: int) -> Flags:
    """Which records teach: all but those of very long lists, if these are few."""
    is_long = np.zeros(n_records, np.bool_)
    for values in columns:
        is_long |= values > LONG_LIST
    return ~is_long if is_long.mean() <= MOST_LONG else np.ones(n_records, np.bool_)


def mean_size(values: Floats, is_teacher: Flags) -> float:
    """Mean length of the teachers' lists that are not empty, 1 or more."""
    filled = values[is_teacher & (values > 0)]
    return float(filled.mean()) if len(filled) else 1.0


def list_corrections(
    levels: Levels, chances: Chances, probabilities: ClassProbabilities, credits: Chances
) -> tuple[Mapping[int, Floats], Floats]:
    """What unusual lists change in the evidence of pairs, in nats.

    Args:
        levels: agreement levels of the pairs, (n_pairs, n_comparisons).
        chances: x of every pair, by comparison index.
        probabilities: m, h and u, of ordinary lists.
        credits: term-frequency credit of each pair, by comparison index; 0 where there is none.

    Returns:
        By comparison index, what to add to ln m/u, (n_pairs,); and to ln h/u, (n_pairs,).
    """
    same: dict[int, Floats] = {}
    household = np.zeros(len(levels))
    for index, x in chances.items():
        column = levels[:, index]
        m, h, u = (table[index] for table in (probabilities.m, probabilities.h, probabilities.u))
        ordinary = u[column] * np.exp(-credits.get(index, 0.0))
        strangers = np.where(
            credits.get(index, np.zeros(1)) != 0,
            log_of(-np.expm1(x * np.log1p(-np.minimum(ordinary, 0.999)))) - log_of(ordinary),
            best_of(None, u, column, x) - log_of(u[column]),
        )
        by_right = (best_of(table, u, column, x) - log_of(table[column]) for table in (m, h))
        comparable = column >= 0
        one, other = (np.where(comparable, part - strangers, 0.0) for part in by_right)
        same[index] = one
        household += other
    return same, household


def best_of(own: Floats | None, u: Floats, column: NDArray[np.int8], x: Floats) -> Floats:
    """ln P(level | so many chances), for strangers or for those who agree by right.

    Args:
        own: level probabilities of a class of ordinary lists; None for strangers.
        u: level probabilities of strangers of ordinary lists.
        column: the level of each pair.
        x: chances of each pair over the usual number.
    """
    worse_by_chance = below(u)
    worse_by_right = np.ones_like(worse_by_chance) if own is None else below(own)
    power = x if own is None else np.maximum(x - 1, 0.0)

    def worse_than(level: NDArray[np.int64]) -> Floats:
        found: Floats = worse_by_right[level] * worse_by_chance[level] ** power
        return found

    level = np.maximum(column, 0).astype(np.int64)
    return log_of(worse_than(level + 1) - worse_than(level))


def below(levels: Floats) -> Floats:
    """Probability of a lower level, for every level and beyond the last, (levels + 1,)."""
    shares: Floats = np.minimum(np.concatenate([[0.0], np.cumsum(levels)]), 1.0)
    return shares


def log_of(share: Floats) -> Floats:
    """ln, finite."""
    logs: Floats = np.log(np.maximum(share, TINY))
    return logs
