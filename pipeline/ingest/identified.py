"""The identifiers of persons in every table, numbered over all tables.

In: tables as they stand in their files. Out: for every identifier column which identifier of its
kind each row has. It must not know who is protected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.suppression import BETWEEN_CHARACTERS, CANONICAL, canonical, squeezed
from pipeline.contracts.values import as_text
from pipeline.ingest.at_once import each
from pipeline.ingest.raw import RawTable

Codes = npt.NDArray[np.int32]

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


def kinds_of(table: RawTable) -> Mapping[str, str]:
    """Kind of identifier by column, of the columns that the table has."""
    known = KINDS[table.at.contract.name.partition("/")[0]]
    present = table.rows.table.column_names
    return {column: kind for column, kind in known.items() if column in present}


@dataclass(frozen=True)
class Identified:
    """A table with the identifiers on its rows.

    Attributes:
        table: as it stands in its file.
        codes: (n_rows,) by identifier column: number of the identifier among all of its kind; -1
            where there is none.
    """

    table: RawTable
    codes: Mapping[str, Codes]


@dataclass(frozen=True)
class Identifiers:
    """Tables with their identifiers.

    Attributes:
        tables: in the order given.
        values: by kind, every distinct identifier in canonical spelling.
    """

    tables: tuple[Identified, ...]
    values: Mapping[str, pa.Array]


def identify(tables: Sequence[RawTable]) -> Identifiers:
    """Number the identifiers of each kind over all tables."""
    encoded = each(_encoded, tables)
    places: dict[str, list[tuple[int, str]]] = {}
    for number, table in enumerate(tables):
        for column, kind in kinds_of(table).items():
            places.setdefault(kind, []).append((number, column))
    codes: list[dict[str, Codes]] = [{} for _ in tables]
    values = {}
    for kind, where in places.items():
        same = pa.chunked_array([encoded[number].pop(column) for number, column in where])
        same = same.unify_dictionaries()
        values[kind] = same.chunk(0).dictionary
        for (number, column), chunk in zip(where, same.chunks, strict=True):
            codes[number][column] = pc.fill_null(chunk.indices, -1).to_numpy()
    return Identifiers(tuple(map(Identified, tables, codes)), values)


def _encoded(table: RawTable) -> dict[str, pa.DictionaryArray]:
    """Each identifier column, its distinct values in canonical spelling."""
    found = {}
    for column, kind in kinds_of(table).items():
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
