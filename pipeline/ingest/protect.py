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

from pipeline.contracts.suppression import (
    BETWEEN_CHARACTERS,
    CANONICAL,
    SALT_CHECK,
    canonical,
    keyed_hash,
    squeezed,
)
from pipeline.contracts.values import Mask, as_text
from pipeline.errors import ExtractError, SettingsError
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

SHAPE_OF_HASH = r"^[0-9a-fA-F]{64}$"
LONGEST_IDENTIFIER = 100

MOST_SHARED = 4
"""A number on more records than this is a dummy, and leads to nobody else."""


def read_salt(settings: SuppressionSettings, salt_file: Path | None) -> str:
    """The salt of the hashes.

    Args:
        settings: names the environment variable, which is read where no file is named.
        salt_file: the file that the settings name, its path resolved.

    Raises:
        SettingsError: neither holds a salt. A run without it would show protected persons.
    """
    if salt_file is not None:
        salt = salt_file.read_text(encoding="utf-8-sig").strip() if salt_file.is_file() else ""
    else:
        salt = os.environ.get(settings.salt_variable, "").strip()
    if not salt:
        raise SettingsError(
            "there are protected persons but no salt to recognise them by; set environment "
            f"variable {settings.salt_variable}, or [suppression] salt_file to a file that holds it"
        )
    return salt


def read_hashes(listed: RawTable, salt: str) -> frozenset[str]:
    """The hashes of the list of protected persons.

    Raises:
        ExtractError: a row is no hash, or the list was made with another salt. Reading on would
            show the persons it names.
    """
    hashes = as_text(listed.rows.table["identifier_hash"])
    is_hash = pc.fill_null(pc.match_substring_regex(hashes, SHAPE_OF_HASH), False)
    faulty = len(hashes) - (pc.sum(is_hash).as_py() or 0) + len(listed.rows.ragged)
    if faulty:
        raise ExtractError(
            f"'{listed.at.label}': {faulty} rows of identifier_hash are no SHA-256 in hex; it must "
            "hold hashes, never identifiers (see pipeline/contracts/suppression.py)"
        )
    if "salt_check" in listed.rows.table.column_names:
        checks = set(as_text(listed.rows.table["salt_check"]).drop_null().to_pylist())
        if checks - {keyed_hash(SALT_CHECK, salt.encode())}:
            raise ExtractError(
                f"'{listed.at.label}' was made with another salt; give the one it was made with"
            )
    return frozenset(pc.utf8_lower(hashes).to_pylist())


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


def without_protected(
    tables: Iterable[RawTable], hashes: frozenset[str], salt: str
) -> list[RawTable]:
    """The tables without a trace of the persons whose identifiers have these hashes.

    Args:
        tables: every table of every source, as they stand in their files.
        hashes: of `read_hashes`.
        salt: secret key of the hashes.
    """
    wanted = Wanted(hashes, salt)
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
            values = spelt(kind, encoded.dictionary, table)
            found[column] = pa.DictionaryArray.from_arrays(encoded.indices, values)
    return found


def spelt(kind: str, values: pa.Array, table: RawTable) -> pa.Array:
    """Identifiers as they are hashed: canonical, and a person id with the authority that gave it.

    The same as `suppression.canonical` value by value, with the common kinds done all at once.
    """
    if kind == "person_id":
        code = pa.scalar(table.at.source.partition("/")[2], pa.string())
        return pc.binary_join_element_wise(code, values, "/")
    if CANONICAL.get(kind) is squeezed:
        return pc.utf8_upper(pc.replace_substring_regex(values, BETWEEN_CHARACTERS, ""))
    if kind in ("pnc_number", "cro_number"):
        return pa.array([canonical(kind, value) for value in values.to_pylist()], pa.string())
    return values


def _listed(identified: list[Identified], wanted: Wanted) -> Protected:
    """Identifiers that are on the list, by kind; each distinct one is hashed once."""
    chunks: dict[str, list[pa.Array]] = {}
    for one in identified:
        for column, values in one.columns.items():
            chunks.setdefault(one.kinds[column], []).append(values.dictionary)
    return {
        kind: {
            value
            for value in pa.chunked_array(parts, pa.string()).unique().to_pylist()
            if f"{kind}:{value}" in wanted
        }
        for kind, parts in chunks.items()
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
        known = pa.array(sorted(protected[one.kinds[name]]), pa.string())
        values = one.columns[name]
        is_known = pc.is_in(values.dictionary, value_set=known).to_numpy(zero_copy_only=False)
        # The last place answers for null, which is −1.
        codes = pc.fill_null(values.indices, -1).to_numpy()
        is_theirs |= np.append(is_known, False)[codes]
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
    short = [value.strip() for value in values if len(value) <= LONGEST_IDENTIFIER]
    for kind in sorted({one.kinds[column] for column in one.columns}):
        for text in spelt(kind, pa.array(short, pa.string()), one.table).to_pylist():
            if text in protected[kind] or f"{kind}:{text}" in wanted:
                return True
    return False
