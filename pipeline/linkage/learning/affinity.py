"""Names that go together: how much likelier strangers share both names than either alone suggests.

In: encoded given names and surnames. Out: for every record the log of that factor. It must not know
pairs, nor any list of names: which names go together is learned from the records themselves.

Comparisons are taken as independent among strangers. For names that is false wherever people of
several name cultures live together: someone named Mohammed is far likelier than others to be named
Khan, so that a stranger who agrees on the one often agrees on the other. Taken as independent, full
names of a minority look ten to forty times rarer than they are, and its members are wrongly linked.

The names of a population are a mixture of K latent classes, within which given name g and
surname s are independent: P(g, s) = Σ_k π_k P(g|k) P(s|k), fitted by EM to the distinct full
names. The factor for a record with these names is

    λ(g, s) = P(g, s) / (P(g) P(s)) = Σ_k P(k|g) P(k|s) / π_k,

and ln λ is taken off the evidence of a pair whose given names and surnames both agree.

Source: Hofmann 1999 (probabilistic latent semantic analysis) for the mixture; method section 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled
from pipeline.linkage.encoding.encoded import Codes, Encoded, EncodedColumn
from pipeline.linkage.learning.classes import Levels
from pipeline.linkage.learning.frequency import RAREST, SEEN_LESS
from pipeline.linkage.learning.strangers import crosswise_shares
from pipeline.linkage.sorting import distinct
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

CLASSES = 12
"""Latent classes of names. Between 6 and 20 the factors of a name culture move by under a bit."""

ROUNDS = 40
MOST_NAMES = 300_000
"""Distinct full names that classes are learned from; more bring time and nothing else."""

FEWEST_NAMES = 2_000
"""With fewer, classes would learn single families rather than what names go together."""

LARGEST = 7.0
"""Largest ln λ, as of the term-frequency credit: no class is believed rarer than 1 in 1,100."""

BELIEF = 20.0
"""Partner names' worth of belief that a name belongs to no class in particular.

A name seen with few others fits some class by chance. On files whose names are shuffled, where
every factor is 1, the mean of ln λ is 1.2 without this belief and 0.2 with it.
"""

RAREST_SWAP = 1e-8
"""Share of swapped names that is believed among strangers where frequencies allow of none."""

SMALLEST = 1e-12
SEED = 20


@dataclass(frozen=True)
class NameAffinity:
    """ln λ of the names of every record, 0 where a name is null or nothing could be learned.

    Attributes:
        left: (n_left,) in nats, 0 or more.
        right: (n_right,); the same array when deduplicating.
        given_name: index of the given-name comparison.
        swapped_left: (n_left,) how much likelier than an average swap it is that a stranger bears
            the record's names the other way round; in nats, 0 or more.
        swapped_right: (n_right,) likewise.
        given_name: index of the given-name comparison.
        surname: index of the surname comparison.
    """

    left: Floats
    right: Floats
    swapped_left: Floats
    swapped_right: Floats
    given_name: int
    surname: int

    def taken_off(
        self, same: Floats, levels: Levels, pairs: tuple[Rows, Rows], spec: LinkageSpec
    ) -> Floats:
        """Evidence by comparison, (n_pairs, n_comparisons), with the factor off the surname's."""
        same = same.copy()
        same[:, self.surname] -= self.of_pairs(levels, *pairs, spec)
        return same

    def of_pairs(self, levels: Levels, left: Rows, right: Rows, spec: LinkageSpec) -> Floats:
        """What is taken off the evidence of each pair, (n_pairs,), in nats.

        Args:
            levels: (n_pairs, n_comparisons).
            left: record numbers in the left table.
            right: record numbers in the right table.
            spec: the comparisons.
        """
        agrees = np.ones(len(left), np.bool_)
        for index in (self.given_name, self.surname):
            agrees &= levels[:, index] >= spec.comparisons[index].near_level
        together = (self.left[left] + self.right[right]) / 2
        crosswise = together + (self.swapped_left[left] + self.swapped_right[right]) / 2
        is_swapped = levels[:, self.given_name] > spec.comparisons[self.given_name].exact_level
        return np.where(is_swapped, crosswise, np.where(agrees, together, 0.0))


def name_affinity(encoded: Encoded) -> NameAffinity | None:
    """Learn which names go together, and how much that says of each record's names.

    Returns:
        None where given names and surnames are not both compared, or are too few to learn from.
    """
    kinds = [comparison.kind for comparison in encoded.spec.comparisons]
    if "given_name" not in kinds or "surname" not in kinds:
        return None
    indices = kinds.index("given_name"), kinds.index("surname")
    columns = [encoded.columns[encoded.spec.comparisons[index].column] for index in indices]
    given, surname = columns
    sides = [(given.left, surname.left)]
    if not encoded.is_dedupe:
        sides.append((given.right, surname.right))
    sizes = len(given.left_counts), len(surname.left_counts)
    names = distinct(np.concatenate([_full_names(*side, sizes[1]) for side in sides]))
    if len(names) < FEWEST_NAMES:
        return None
    classes = _learn(names, sizes)
    factors = [_factors(classes, *side) for side in sides]
    swapped = [_crosswise(encoded, indices, *side) for side in sides]
    return NameAffinity(factors[0], factors[-1], swapped[0], swapped[-1], *indices)


def _crosswise(encoded: Encoded, rows: tuple[int, int], given: Codes, surname: Codes) -> Floats:
    """ln of how common a record's names are the other way round, over an average swap's share."""
    shares = crosswise_shares(encoded, rows)
    first, last = _first_codes(given), _first_codes(surname)
    factors = np.zeros(len(first))
    if shares is None:
        return factors
    given_column, surname_column = (
        encoded.columns[encoded.spec.comparisons[row].column] for row in rows
    )
    has_both = np.flatnonzero((first >= 0) & (last >= 0))
    as_surname = _commonness(surname_column)[first[has_both]]
    as_given = _commonness(given_column)[last[has_both]]
    average = np.log(max(shares[0] * shares[1], RAREST_SWAP))
    factors[has_both] = np.clip(as_surname + as_given - average, 0.0, LARGEST)
    return factors


def _commonness(column: EncodedColumn) -> Floats:
    """ln of the share of people who bear each value, the larger of the two tables'."""
    shares = [
        np.maximum(counts - SEEN_LESS, RAREST) / max(float(counts.sum()), 1.0)
        for counts in (column.left_counts, column.right_counts)
    ]
    logs: Floats = np.log(np.maximum(*shares))
    return logs


@dataclass(frozen=True)
class NameClasses:
    """Latent classes of names.

    Attributes:
        given: P(k | given name), (n_given_names, K).
        surname: P(k | surname), (n_surnames, K).
        shares: π_k, (K,).
    """

    given: Floats
    surname: Floats
    shares: Floats


def _full_names(given: Codes, surname: Codes, n_surnames: int) -> NDArray[np.int64]:
    """Full names of one table as numbers; of several names the first of each."""
    first, last = _first_codes(given), _first_codes(surname)
    has_both = (first >= 0) & (last >= 0)
    names: NDArray[np.int64] = first[has_both].astype(np.int64) * n_surnames + last[has_both]
    return names


def _first_codes(codes: Codes) -> Rows:
    if codes.offsets is None:
        return codes.codes
    starts, is_empty = codes.offsets[:-1], np.diff(codes.offsets) == 0
    padded = np.append(codes.codes, np.int32(-1))
    return np.where(is_empty, np.int32(-1), padded[starts])


def _learn(names: NDArray[np.int64], sizes: tuple[int, int]) -> NameClasses:
    """Fit the mixture to distinct full names, the same whatever the order of the records."""
    rng = np.random.default_rng(SEED)
    if len(names) > MOST_NAMES:
        names = np.sort(rng.choice(names, MOST_NAMES, replace=False))
    given, surname = names // sizes[1], names % sizes[1]
    tables = [rng.random((size, CLASSES)) + 0.5 for size in sizes]
    shares = np.full(CLASSES, 1 / CLASSES)
    for _ in range(ROUNDS):
        conditional = [table / table.sum(axis=0) for table in tables]
        counted = [np.full((size, CLASSES), SMALLEST) for size in sizes]
        _count(given, surname, conditional[0], conditional[1], shares, counted[0], counted[1],
               np.empty(CLASSES))  # fmt: skip
        tables = counted
        shares = tables[0].sum(axis=0) / tables[0].sum()
    return NameClasses(_posterior(tables[0], shares), _posterior(tables[1], shares), shares)


def _posterior(table: Floats, shares: Floats) -> Floats:
    """P(k | name) of every name; the shares themselves for one never seen, so that λ is 1."""
    believed = table + BELIEF * shares
    shown: Floats = believed / believed.sum(axis=1, keepdims=True)
    return shown


@compiled
def _count(
    given: NDArray[np.int64], surname: NDArray[np.int64], p_given: Floats, p_surname: Floats,
    shares: Floats, n_given: Floats, n_surname: Floats, part: Floats,
) -> None:  # fmt: skip
    """One round of EM: add each full name's class shares to its two names."""
    for name in range(len(given)):
        g, s, total = given[name], surname[name], 0.0
        for k in range(len(shares)):
            part[k] = shares[k] * p_given[g, k] * p_surname[s, k]
            total += part[k]
        for k in range(len(shares)):
            share = part[k] / total
            n_given[g, k] += share
            n_surname[s, k] += share


def _factors(classes: NameClasses, given: Codes, surname: Codes) -> Floats:
    """ln λ of every record of one table, between 0 and LARGEST."""
    first, last = _first_codes(given), _first_codes(surname)
    together = np.empty(len(first))
    _add_up(first, last, classes.given, classes.surname, classes.shares, together)
    factors: Floats = np.clip(np.log(np.maximum(together, SMALLEST)), 0.0, LARGEST)
    return factors


@compiled
def _add_up(
    first: Rows, last: Rows, p_given: Floats, p_surname: Floats, shares: Floats, together: Floats
) -> None:
    """λ of every record, 1 where a name is null."""
    for record in range(len(first)):
        g, s = first[record], last[record]
        total = 1.0
        if g >= 0 and s >= 0:
            total = 0.0
            for k in range(len(shares)):
                total += p_given[g, k] * p_surname[s, k] / shares[k]
        together[record] = total
