"""Every address of every mention, dated and with what it may be evidence of.

In: the address tables of the extracts, and postcodes that stand on contact rows. Out: address rows
by text key of the mention. It must not decide who shares a home.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.standardise.addresses import (
    address,
    childrens_kind,
    is_institution,
    is_no_fixed_abode,
    postcode,
    postcode_within,
    prison_kind,
    probation_kind,
)
from pipeline.standardise.dates import plain_dates
from pipeline.standardise.distinct import TEXT, as_text, column_of, flag, map_distinct
from pipeline.standardise.person_rows import NOTHING, key

ADDRESS_SCHEMA = pa.schema([
    ("own_key", TEXT), ("address", TEXT), ("postcode", TEXT), ("kind", TEXT),
    ("start_date", TEXT), ("end_date", TEXT), ("is_primary", pa.bool_()),
    ("is_confidential", pa.bool_()),
])  # fmt: skip


def prisoner_addresses(table: pa.Table) -> pa.Table:
    """Addresses of prisoners."""
    kind = pc.fill_null(map_distinct(column_of(table, "usage"), prison_kind), prison_kind(""))
    owner = key("prison", table["prisoner_number"])
    return _address_rows(table, owner, kind, flag(table, "is_primary"))


def offender_addresses(table: pa.Table) -> pa.Table:
    """Addresses of people on probation."""
    status = pc.fill_null(as_text(column_of(table, "status_code")), "")
    codes = pc.binary_join_element_wise(
        status, pc.fill_null(as_text(column_of(table, "type_code")), ""), "|"
    )
    kind = map_distinct(codes, lambda text: probation_kind(*text.split("|")[:2]))
    is_main = pc.equal(pc.utf8_upper(status), "M")
    return _address_rows(table, key("probation", table["crn"]), kind, is_main)


def childrens_addresses(table: pa.Table) -> pa.Table:
    """Addresses of children and of related adults: a person id may be either's."""
    kind = map_distinct(column_of(table, "address_type"), childrens_kind)
    kind = pc.fill_null(kind, childrens_kind(""))
    confidential = flag(table, "is_confidential")
    return pa.concat_tables(
        _address_rows(
            table, key(role, table["authority_code"], table["person_id"]), kind,
            pc.is_null(as_text(column_of(table, "end_date"))), confidential,
        )
        for role in ("child", "related_adult")
    )  # fmt: skip


def row_postcodes(mentions: pa.Table) -> pa.Table:
    """Postcodes that stand on a contact's own row."""
    found = mentions.filter(pc.is_valid(mentions["postcode"]))
    n_rows = found.num_rows
    columns = {
        "own_key": found["own_key"], "address": pa.nulls(n_rows, TEXT),
        "postcode": map_distinct(found["postcode"], postcode),
        "kind": pa.repeat(pa.scalar("home"), n_rows),
        "start_date": found["start_date"], "end_date": found["end_date"],
        "is_primary": pa.repeat(pa.scalar(True), n_rows),
        "is_confidential": pa.repeat(pa.scalar(False), n_rows),
    }  # fmt: skip
    return _with_a_place(pa.table(columns, schema=ADDRESS_SCHEMA))


def address_rows(extracts: Mapping[str, pa.Table], mentions: pa.Table) -> pa.Table:
    """Every address of every mention."""
    readers: dict[str, Callable[[pa.Table], pa.Table]] = {
        "prison/prisoner_addresses": prisoner_addresses,
        "probation/offender_addresses": offender_addresses,
        "childrens_services/addresses": childrens_addresses,
    }
    found = [read(extracts[name]) for name, read in readers.items() if name in extracts]
    return pa.concat_tables([ADDRESS_SCHEMA.empty_table(), *found, row_postcodes(mentions)])


def _address_rows(
    table: pa.Table,
    own_key: pa.Array,
    kind: pa.Array,
    is_primary: pa.Array,
    is_confidential: pa.Array | None = None,
) -> pa.Table:
    lines, code = as_text(column_of(table, "address")), as_text(column_of(table, "postcode"))
    is_nowhere = pc.or_(flag(table, "is_no_fixed_abode"), _says(lines, is_no_fixed_abode))
    found = pc.coalesce(map_distinct(code, postcode), map_distinct(lines, postcode_within))
    if is_confidential is None:
        is_confidential = pa.repeat(pa.scalar(False), table.num_rows)
    columns = {
        "own_key": own_key,
        "address": pc.if_else(is_nowhere, NOTHING, map_distinct(lines, address)),
        "postcode": pc.if_else(is_nowhere, NOTHING, found),
        "kind": pc.if_else(_says(lines, is_institution), _institutional(kind), kind),
        "start_date": plain_dates(column_of(table, "start_date")),
        "end_date": plain_dates(column_of(table, "end_date")),
        "is_primary": pc.fill_null(is_primary, False),
        "is_confidential": is_confidential,
    }
    return _with_a_place(pa.table(columns, schema=ADDRESS_SCHEMA))


def _says(lines: pa.Array, claim: Callable[[str], bool]) -> pa.Array:
    """Whether the address lines say so; not where there are none."""
    return pc.fill_null(map_distinct(lines, claim, pa.bool_()), False)


def _institutional(kind: pa.Array) -> pa.Array:
    """What becomes of a kind where the lines name an institution; a refuge stays one."""
    is_refuge = pc.equal(kind, "refuge")
    return pc.if_else(is_refuge, kind, pa.scalar("excluded"))


def _with_a_place(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.or_(pc.is_valid(rows["address"]), pc.is_valid(rows["postcode"])))
