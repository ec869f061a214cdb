"""Names that go together: how much likelier strangers share both names than either alone suggests.

In: encoded given names and surnames. Out: for every record the log of that factor. It must not know
pairs, nor any list of names: which names go together is learned from the records themselves.

Comparisons are taken as independent among strangers. For names that is false wherever people of
several name cultures live together, or a family hands its names down: someone named Mohammed is far
likelier than others to be named Khan. Taken as independent, full names of a minority look ten to
forty times rarer than they are, and its members are wrongly linked.

How much likelier given name g and surname s stand together than independence has it,

    λ(g, s) = P(g, s) / (P(g) P(s)),

is learned in two steps. The leading parts of the table of which names stand together tell what
cultures there are (`spectrum.py`); with x bearers of the full name expected by them, its rate is
taken to be of a gamma distribution with mean x and shape SHAPE, and c bearers are seen beyond a
pair's own two, less one standard deviation. Then λ is the parts' factor times (SHAPE + c) /
(SHAPE + x), and ln λ is taken off the evidence of a pair whose given names and surnames both agree.

Records of one person who is called now Sarah and now Sally would teach that Sarah and Sally have
the same surnames. Of records that share a name and a birth date, or anything else that so few
share, only the first is learned from.

Source: docs/method.md, "Term frequency, and names that go together".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.comparisons import KINDS
from pipeline.linkage.encoding.encoded import Codes, Encoded, EncodedColumn
from pipeline.linkage.learning.classes import Levels
from pipeline.linkage.learning.frequency import RAREST, SEEN_LESS
from pipeline.linkage.learning.spectrum import Spectrum, spectrum
from pipeline.linkage.learning.strangers import crosswise_shares
from pipeline.linkage.sorting import distinct
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]

MOST_RECORDS = 400_000
"""Records that λ is learned from; more bring time and nothing else."""

MOST_BY_CHANCE = 1.0
"""Two records that share a name and another value are taken as one person's, or one family's, where
fewer others than this would share both by chance."""

FEWEST_NAMES = 2_000
"""With fewer, hardly any full name would have other bearers."""

SHAPE = 1.0
"""How far a full name's rate is believed to be what independence has it: the shape of a gamma
distribution. Between .2 and 5 no open set moves by more than .006 in F1."""

LARGEST = 7.0
"""Largest ln λ, as of the term-frequency credit: no names are believed to stand together more than
1,100 times as often as independence has it."""

RAREST_SWAP = 1e-8
"""Share of swapped names that is believed among strangers where frequencies allow of none."""

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

    def of_given_names(self, levels: Levels, right: Rows, spec: LinkageSpec) -> Floats:
        """ln λ of the right record's names where given names agree and surnames do not, (n_pairs,).

        What agreeing given names say too much of somebody who is known to have the right record's
        surname, although the left record does not show it.
        """
        given, surname = levels[:, self.given_name], levels[:, self.surname]
        comparisons = spec.comparisons
        agrees = given >= comparisons[self.given_name].near_level
        agrees &= given <= comparisons[self.given_name].exact_level
        agrees &= surname < comparisons[self.surname].near_level
        return np.where(agrees, self.right[right], 0.0)


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
    names = _full_names(encoded, given.name, surname.name)
    if len(names) < FEWEST_NAMES:
        return None
    different = distinct(names)
    cultures = spectrum(different // sizes[1], different % sizes[1], sizes)
    factors = [_factors(names, cultures, *side) for side in sides]
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


def _full_names(encoded: Encoded, given: str, surname: str) -> NDArray[np.int64]:
    """Full names as numbers, ascending, of records that are nobody's second.

    Of several names of a record the first counts.
    """
    rows = _some_records(encoded)
    first, last = (_stacked(encoded, name)[rows] for name in (given, surname))
    is_second = np.zeros(len(rows), np.bool_)
    for column in encoded.columns.values():
        if KINDS[column.kind].domain != "name":
            value = _stacked(encoded, column.name)[rows]
            is_second |= _repeats(first, value) | _repeats(last, value)
    used = np.flatnonzero((first >= 0) & (last >= 0) & ~is_second)
    n_surnames = len(encoded.columns[surname].left_counts)
    return np.sort(first[used] * n_surnames + last[used])


def _some_records(encoded: Encoded) -> NDArray[np.int64]:
    """Records of both tables, one after the other; so many at most, the same ones in every run."""
    size = encoded.n_left if encoded.is_dedupe else encoded.n_left + encoded.n_right
    if size <= MOST_RECORDS:
        return np.arange(size)
    return np.sort(np.random.default_rng(SEED).choice(size, MOST_RECORDS, replace=False))


def _stacked(encoded: Encoded, name: str) -> NDArray[np.int64]:
    """The first value of each record of both tables, as codes; -1 where there is none."""
    column = encoded.columns[name]
    sides = [column.left] if encoded.is_dedupe else [column.left, column.right]
    return np.concatenate([_first_codes(side) for side in sides]).astype(np.int64)


def _repeats(name: NDArray[np.int64], value: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether an earlier record shares both, and by chance hardly any would."""
    both = np.flatnonzero((name >= 0) & (value >= 0))
    n_names, n_values = (np.bincount(codes[both]) for codes in (name, value))
    by_chance = n_names[name[both]] * (n_values[value[both]] / max(len(both), 1))
    told = both[by_chance < MOST_BY_CHANCE]
    keys = name[told] * max(len(n_values), 1) + value[told]
    is_repeat = np.zeros(len(name), np.bool_)
    is_repeat[told] = True
    is_repeat[told[np.unique(keys, return_index=True)[1]]] = False
    return is_repeat


def _first_codes(codes: Codes) -> Rows:
    if codes.offsets is None:
        return codes.codes
    starts, is_empty = codes.offsets[:-1], np.diff(codes.offsets) == 0
    padded = np.append(codes.codes, np.int32(-1))
    return np.where(is_empty, np.int32(-1), padded[starts])


def _factors(names: NDArray[np.int64], cultures: Spectrum, given: Codes, surname: Codes) -> Floats:
    """ln λ of every record of one table, between 0 and LARGEST.

    Args:
        names: The full names learned from, as numbers, ascending.
        cultures: Which names stand together.
        given: Given names of the table's records.
        surname: Surnames.
    """
    first, last = _first_codes(given), _first_codes(surname)
    has_both = np.flatnonzero((first >= 0) & (last >= 0))
    factor = np.maximum(cultures.ratio(first, last)[has_both], 1.0)
    n_given, n_surnames = len(cultures.rows), len(cultures.columns)
    one, other = first[has_both].astype(np.int64), last[has_both]
    of_given = np.bincount(names // n_surnames, minlength=n_given)[one]
    of_surname = np.bincount(names % n_surnames, minlength=n_surnames)[other]
    expected = factor * np.maximum(of_given, 1.0) * np.maximum(of_surname, 1.0) / len(names)
    key = one * n_surnames + other
    bearers = np.searchsorted(names, key, "right") - np.searchsorted(names, key, "left")
    others = np.maximum(bearers - 2.0, 0.0)
    factor *= (SHAPE + np.maximum(others - np.sqrt(others), 0.0)) / (SHAPE + expected)
    factors = np.zeros(len(first))
    factors[has_both] = np.log(np.clip(factor, 1.0, np.exp(LARGEST)))
    return factors
