"""Every other name and date of birth under which a mentioned person is known.

In: alias tables, previous surnames, second names noted inside a field, visit bookings. Out: rows by
text key of the mention. It must not say which name is the right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece
from pipeline.standardise import names
from pipeline.standardise.dates import birth_dates
from pipeline.standardise.distinct import TEXT, column_of, map_distinct
from pipeline.standardise.person_rows import key

ALIAS_TABLES = (
    ("prison/prisoner_aliases", "prison", "prisoner_number"),
    ("probation/offender_aliases", "probation", "crn"),
)
ALIAS_SCHEMA = pa.schema([
    ("own_key", TEXT), ("given_name", TEXT), ("surname", TEXT), ("date_of_birth", TEXT),
])  # fmt: skip


def alias_rows(
    extracts: Mapping[str, pa.Table], rows: pa.Table, bookings: pa.Table, as_of: date
) -> pa.Table:
    """Other names and dates of birth by text key; null where the alias does not differ.

    Args:
        extracts: contract-form tables by name.
        rows: mention rows, whose previous surnames and second names count.
        bookings: details under which listed contacts were booked on visits.
        as_of: no one is born after this day.
    """
    found = [
        _aliases(rows["own_key"], surname=rows["previous_surname"]),
        _aliases(rows["own_key"], rows["other_given_name"], rows["other_surname"]),
        bookings.select(ALIAS_SCHEMA.names),
    ]
    for name, source, own in ALIAS_TABLES:
        if name in extracts:
            table = extracts[name]
            found.append(
                _aliases(
                    key(source, table[own]),
                    map_distinct(column_of(table, "first_name"), names.given_name),
                    map_distinct(column_of(table, "last_name"), names.surname),
                    birth_dates(column_of(table, "date_of_birth"), as_of),
                )
            )
    return pa.concat_tables(found)


def _aliases(
    own_key: pa.Array,
    given_name: pa.Array | None = None,
    surname: pa.Array | None = None,
    born: pa.Array | None = None,
) -> pa.Table:
    nothing = pa.nulls(len(own_key), TEXT)
    columns = (own_key, given_name, surname, born)
    arrays = [nothing if column is None else in_one_piece(column) for column in columns]
    table = pa.Table.from_arrays(arrays, schema=ALIAS_SCHEMA)
    return table.filter(pc.or_(pc.is_valid(arrays[1]), pc.or_(
        pc.is_valid(arrays[2]), pc.is_valid(arrays[3])
    )))  # fmt: skip
