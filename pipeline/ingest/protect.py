"""Protected persons, removed before anything else reads the data.

In: every table as it stands in its file, and the lists of protected persons. Out: the
same tables without the rows of those persons. Nothing is counted, logged or kept of what goes.

A row goes when it is the person's own, or belongs to them: their aliases, addresses, contacts,
visits, relationships on either side. One identifier leads to the others: a person listed by PNC
number in prison is removed from probation by the prisoner number on the prison record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.contracts.suppression import CANONICAL, keyed_hashes
from pipeline.contracts.values import Mask
from pipeline.ingest.at_once import each
from pipeline.ingest.identified import Codes, Identified, identify, kinds_of, spelt
from pipeline.ingest.raw import RawTable

Protected = dict[str, Mask]
"""By kind, (n_identifiers + 1,) whether each is a protected person's; false in the last place."""

SAME_PERSON = {
    "prison/prisoners": ("prisoner_number", "pnc_number", "cro_number"),
    "prison/visits": ("prisoner_number", "visit_id"),
    "probation/offenders": ("crn", "prisoner_number", "pnc_number", "cro_number", "ni_number"),
    "childrens_services/children": ("person_id", "upn", "former_upn", "nhs_number"),
}
"""Columns that all point at one person (or at a visit that is theirs): one protected, all are."""

LONGEST_IDENTIFIER = 100

MOST_SHARED = 4
"""A number on more records than this is a dummy, and leads to nobody else."""


@dataclass(frozen=True, repr=False)
class Wanted:
    """A list of protected persons. It has no text of its own: that would quote the salt.

    Attributes:
        hashes: of their identifiers, in lower case.
        salt: secret key of the hashes.
        fingerprint: of the list and its salt, which tells neither.
    """

    hashes: frozenset[str]
    salt: str
    fingerprint: str = ""

    def among(self, kind: str, values: Sequence[str]) -> Mask:
        """(n,) which identifiers of a kind, in canonical spelling, are on the list."""
        if kind not in CANONICAL:
            # A visit is nobody's identifier: it only leads from one to another.
            return np.zeros(len(values), bool)
        hashes = keyed_hashes((f"{kind}:{value}" for value in values), self.salt.encode())
        return np.array([hash_ in self.hashes for hash_ in hashes], bool)


def _among(lists: Sequence[Wanted], kind: str, values: Sequence[str]) -> Mask:
    """(n,) which identifiers are on any list."""
    return np.asarray(np.logical_or.reduce([one.among(kind, values) for one in lists]))


def without_protected(tables: Sequence[RawTable], lists: Sequence[Wanted]) -> list[RawTable]:
    """The tables without a trace of the persons whose identifiers are on a list.

    Args:
        tables: every table of every source, as they stand in their files.
        lists: hashes of identifiers, each with its salt.
    """
    found = identify(tables)
    # One place more than there are identifiers: it answers for none, which is −1.
    protected = {
        kind: np.append(_among(lists, kind, values.to_pylist()), False)
        for kind, values in found.values.items()
    }
    of_one_person = [one for one in found.tables if one.table.at.contract.name in SAME_PERSON]
    # Every table is asked each time round: to begin anew after each find is quadratic.
    while sum(_spread(one, protected) for one in of_one_person):
        pass
    known = {
        kind: frozenset(values.filter(pa.array(protected[kind][:-1])).to_pylist())
        for kind, values in found.values.items()
    }
    names = _Names(known, tuple(lists))
    return each(lambda one: _without(one, protected, names), found.tables)


def _spread(one: Identified, protected: Protected) -> bool:
    """Whether protected persons' rows made further identifiers of theirs known."""
    columns = [name for name in SAME_PERSON[one.table.at.contract.name] if name in one.codes]
    is_theirs = _rows_of(one, columns, protected)
    grew = False
    for name in columns if is_theirs.any() else ():
        known = protected[kinds_of(one.table)[name]]
        theirs = _own(one.codes[name], is_theirs)
        grew = grew or not known[theirs].all()
        known[theirs] = True
    return grew


def _own(codes: Codes, is_theirs: Mask) -> Codes:
    """Identifiers on these rows that stand on few enough records to be somebody's own."""
    on_theirs = np.unique(codes[is_theirs & (codes >= 0)])
    found, counts = np.unique(codes[np.isin(codes, on_theirs)], return_counts=True)
    return np.asarray(found[counts <= MOST_SHARED])


def _rows_of(one: Identified, columns: Iterable[str], protected: Protected) -> Mask:
    """(n,) whether a row names a protected person in one of the columns."""
    is_theirs = np.zeros(one.table.rows.table.num_rows, bool)
    kinds = kinds_of(one.table)
    for name in columns:
        is_theirs |= protected[kinds[name]][one.codes[name]]
    return is_theirs


@dataclass(frozen=True)
class _Names:
    """Protected identifiers as texts, for rows whose values are out of place.

    Attributes:
        known: identifiers on the tables, by kind.
        lists: which may name a person who has such a row alone.
    """

    known: Mapping[str, frozenset[str]]
    lists: tuple[Wanted, ...]

    def stand_in(self, values: Iterable[str], table: RawTable) -> bool:
        """Whether any of the values, wherever it stands, is a protected person's identifier."""
        short = [value.strip() for value in values if len(value) <= LONGEST_IDENTIFIER]
        for kind in sorted(set(kinds_of(table).values())):
            texts = spelt(kind, pa.array(short, pa.string()), table).to_pylist()
            if not self.known[kind].isdisjoint(texts) or _among(self.lists, kind, texts).any():
                return True
        return False


def _without(one: Identified, protected: Protected, names: _Names) -> RawTable:
    """A table without the rows that name a protected person in any identifier column."""
    is_kept = ~_rows_of(one, one.codes, protected)
    rows = one.table.rows
    kept = dataclasses.replace(
        rows,
        table=rows.table if is_kept.all() else rows.table.filter(pa.array(is_kept)),
        row_numbers=rows.row_numbers[is_kept],
        ragged=tuple(row for row in rows.ragged if not names.stand_in(row[1], one.table)),
    )
    return dataclasses.replace(one.table, rows=kept)
