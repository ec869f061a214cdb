"""Protected persons, removed before anything else reads the data.

In: every table as it stands in its file, and the salted hashes of `protected_persons`. Out: the
same tables without the rows of those persons. Nothing is counted, logged or kept of what goes.

A row goes when it is the person's own, or belongs to them: their aliases, addresses, contacts,
visits, relationships on either side. One identifier leads to the others: a person listed by PNC
number in prison is removed from probation by the prisoner number on the prison record.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.suppression import CANONICAL, keyed_hash
from pipeline.contracts.values import Mask, as_text
from pipeline.errors import SettingsError
from pipeline.ingest.raw import RawTable
from pipeline.settings.ingest import SuppressionSettings

Protected = dict[str, set[str]]
"""Canonical identifiers of protected persons, by kind."""

KINDS: dict[str, dict[str, str]] = {
    "prison": {
        "prisoner_number": "prisoner_number", "pnc_number": "pnc_number",
        "cro_number": "cro_number", "contact_id": "prison_contact_id", "visit_id": "visit_id",
    },
    "probation": {
        "crn": "crn", "prisoner_number": "prisoner_number", "pnc_number": "pnc_number",
        "cro_number": "cro_number", "ni_number": "ni_number", "contact_id": "probation_contact_id",
    },
    "childrens_services": {
        "person_id": "person_id", "related_person_id": "person_id", "upn": "upn",
        "former_upn": "upn", "nhs_number": "nhs_number",
    },
}  # fmt: skip
"""Kind of identifier in each column, by agency."""

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


def read_salt(settings: SuppressionSettings, salt_file: Path | None) -> str:
    """The salt of the hashes.

    Args:
        settings: names the environment variable, which is read first.
        salt_file: the file that the settings name, its path resolved.

    Raises:
        SettingsError: neither holds a salt. A run without it would show protected persons.
    """
    salt = os.environ.get(settings.salt_variable, "").strip()
    if not salt and salt_file is not None and salt_file.is_file():
        salt = salt_file.read_text(encoding="utf-8-sig").strip()
    if not salt:
        raise SettingsError(
            "there are protected persons but no salt to recognise them by; set environment "
            f"variable {settings.salt_variable}, or [suppression] salt_file to a file that holds it"
        )
    return salt


@dataclass(frozen=True)
class Identified:
    """A table with the identifiers on its rows.

    Attributes:
        table: as it stands in its file.
        columns: identifier columns, each distinct value once and in canonical spelling.
    """

    table: RawTable
    columns: Mapping[str, pa.DictionaryArray]

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kind of identifier by column."""
        return KINDS[self.table.at.contract.name.partition("/")[0]]


def without_protected(tables: Iterable[RawTable], hashes: pa.Array, salt: str) -> list[RawTable]:
    """The tables without a trace of the persons whose identifiers have these hashes.

    Args:
        tables: every table of every source, as they stand in their files.
        hashes: `protected_persons.identifier_hash`.
        salt: secret key of the hashes.
    """
    wanted = Wanted(frozenset(text.strip().lower() for text in hashes.to_pylist() if text), salt)
    identified = [Identified(table, _identifiers(table)) for table in tables]
    protected = _listed(identified, wanted)
    while any(_spread(one, protected) for one in identified if _is_of_one_person(one)):
        pass
    return [_without(one, protected, wanted) for one in identified]


@dataclass(frozen=True)
class Wanted:
    """The hashes of the list, and the salt that they were made with."""

    hashes: frozenset[str]
    salt: str

    def __contains__(self, text: str) -> bool:
        """Whether an identifier, written `kind:value`, is on the list."""
        return keyed_hash(text, self.salt.encode()) in self.hashes


def _identifiers(table: RawTable) -> dict[str, pa.DictionaryArray]:
    found = {}
    for column, kind in KINDS[table.at.contract.name.partition("/")[0]].items():
        if column in table.rows.table.column_names:
            encoded = as_text(table.rows.table[column]).dictionary_encode()
            values = [spelt(kind, value, table) for value in encoded.dictionary.to_pylist()]
            found[column] = pa.DictionaryArray.from_arrays(
                encoded.indices, pa.array(values, pa.string())
            )
    return found


def spelt(kind: str, value: str, table: RawTable) -> str:
    """An identifier as it is hashed; a person id with the authority that gave it."""
    value = CANONICAL[kind](value) if kind in CANONICAL else value
    return f"{table.at.source.partition('/')[2]}/{value}" if kind == "person_id" else value


def _listed(identified: list[Identified], wanted: Wanted) -> Protected:
    """Identifiers that are on the list, by kind; each distinct one is hashed once."""
    distinct: dict[str, set[str]] = {}
    for one in identified:
        for column, values in one.columns.items():
            distinct.setdefault(one.kinds[column], set()).update(values.dictionary.to_pylist())
    return {
        kind: {value for value in values if f"{kind}:{value}" in wanted}
        for kind, values in distinct.items()
    }


def _is_of_one_person(one: Identified) -> bool:
    return one.table.at.contract.name in SAME_PERSON


def _spread(one: Identified, protected: Protected) -> bool:
    """Whether protected persons' rows made further identifiers of theirs known."""
    columns = [name for name in SAME_PERSON[one.table.at.contract.name] if name in one.columns]
    is_theirs = _rows_of(one, columns, protected)
    grew = False
    for name in columns:
        values = one.columns[name]
        counts = np.bincount(pc.drop_null(values.indices).to_numpy(), minlength=len(values))
        codes = pc.drop_null(values.indices.filter(pa.array(is_theirs))).unique().to_numpy()
        alone = values.dictionary.take(pa.array(codes[counts[codes] <= MOST_SHARED]))
        known = protected[one.kinds[name]]
        before = len(known)
        known.update(alone.to_pylist())
        grew = grew or len(known) > before
    return grew


def _rows_of(one: Identified, columns: Iterable[str], protected: Protected) -> Mask:
    """(n,) whether a row names a protected person in one of the columns."""
    is_theirs = np.zeros(one.table.rows.table.num_rows, bool)
    for name in columns:
        known, values = protected[one.kinds[name]], one.columns[name]
        # The last place answers for null, which is −1.
        is_known = np.array([*(value in known for value in values.dictionary.to_pylist()), False])
        is_theirs |= is_known[pc.fill_null(values.indices, -1).to_numpy()]
    return is_theirs


def _without(one: Identified, protected: Protected, wanted: Wanted) -> RawTable:
    """A table without the rows that name a protected person in any identifier column."""
    is_kept = ~_rows_of(one, one.columns, protected)
    rows = one.table.rows
    ragged = tuple(row for row in rows.ragged if not _named(row[1], one, protected, wanted))
    kept = dataclasses.replace(
        rows,
        table=rows.table.filter(pa.array(is_kept)),
        row_numbers=rows.row_numbers[is_kept],
        ragged=ragged,
    )
    return dataclasses.replace(one.table, rows=kept)


def _named(values: Iterable[str], one: Identified, protected: Protected, wanted: Wanted) -> bool:
    """Whether a row whose values are out of place names a protected person anywhere."""
    for value in values:
        for kind in sorted({one.kinds[column] for column in one.columns}):
            text = spelt(kind, value.strip(), one.table) if len(value) < LONGEST_IDENTIFIER else ""
            if text in protected[kind] or f"{kind}:{text}" in wanted:
                return True
    return False
