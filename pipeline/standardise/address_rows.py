"""Every address of every mention, dated and with what it may be evidence of.

In: the address tables of the extracts, and postcodes that stand on contact rows. Out: address rows
by text key of the mention. It must not decide who shares a home.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.standardise.address_lines import read_lines
from pipeline.standardise.addresses import (
    childrens_kind,
    postcode,
    prison_kind,
    probation_kind,
)
from pipeline.standardise.dates import plain_dates
from pipeline.standardise.distinct import (
    TEXT,
    as_text,
    column_of,
    flag,
    map_distinct,
    through_distinct,
)
from pipeline.standardise.person_rows import NOTHING, key

CHILDRENS_ROLES = ("child", "related_adult")
ADDRESS_SCHEMA = pa.schema([
    ("own_key", TEXT), ("address", TEXT), ("postcode", TEXT), ("kind", TEXT),
    ("start_date", TEXT), ("end_date", TEXT), ("is_primary", pa.bool_()),
    ("is_confidential", pa.bool_()),
])  # fmt: skip


def prisoner_addresses(table: pa.Table) -> pa.Table:
    """Addresses of prisoners."""
    kind = pc.fill_null(map_distinct(column_of(table, "usage"), prison_kind), prison_kind(""))
    owner = key("prison", table["prisoner_number"])
    return _address_rows(owner, _address_columns(table, kind, flag(table, "is_primary")))


def offender_addresses(table: pa.Table) -> pa.Table:
    """Addresses of people on probation."""
    status = pc.fill_null(as_text(column_of(table, "status_code")), "")
    codes = pc.binary_join_element_wise(
        status, pc.fill_null(as_text(column_of(table, "type_code")), ""), "|"
    )
    kind = map_distinct(codes, lambda text: probation_kind(*text.split("|")[:2]))
    is_main = pc.equal(pc.utf8_upper(status), "M")
    owner = key("probation", table["crn"])
    return _address_rows(owner, _address_columns(table, kind, is_main))


def childrens_addresses(table: pa.Table) -> pa.Table:
    """Addresses of children and of related adults: a person id may be either's."""
    kind = map_distinct(column_of(table, "address_type"), childrens_kind)
    kind = pc.fill_null(kind, childrens_kind(""))
    is_current = pc.is_null(as_text(column_of(table, "end_date")))
    owners = [key(role, table["authority_code"], table["person_id"]) for role in CHILDRENS_ROLES]
    columns = _address_columns(table, kind, is_current, flag(table, "is_confidential"))
    return pa.concat_tables(_address_rows(owner, columns) for owner in owners)


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


def listed_addresses(extracts: Mapping[str, pa.Table]) -> pa.Table:
    """Every address in the extracts' tables of addresses."""
    readers: dict[str, Callable[[pa.Table], pa.Table]] = {
        "prison/prisoner_addresses": prisoner_addresses,
        "probation/offender_addresses": offender_addresses,
        "childrens_services/addresses": childrens_addresses,
    }
    found = [read(extracts[name]) for name, read in readers.items() if name in extracts]
    return pa.concat_tables([ADDRESS_SCHEMA.empty_table(), *found])


def _address_columns(
    table: pa.Table,
    kind: pa.Array,
    is_primary: pa.Array,
    is_confidential: pa.Array | None = None,
) -> dict[str, pa.Array]:
    line, code_within, says_nowhere, is_institution = through_distinct(
        column_of(table, "address"), read_lines
    )
    code = pc.coalesce(map_distinct(column_of(table, "postcode"), postcode), code_within)
    is_nowhere = pc.or_(flag(table, "is_no_fixed_abode"), pc.fill_null(says_nowhere, False))
    if is_confidential is None:
        is_confidential = pa.repeat(pa.scalar(False), table.num_rows)
    return {
        "address": pc.if_else(is_nowhere, NOTHING, line),
        "postcode": pc.if_else(is_nowhere, NOTHING, code),
        "kind": pc.if_else(pc.fill_null(is_institution, False), _institutional(kind), kind),
        "start_date": plain_dates(column_of(table, "start_date")),
        "end_date": plain_dates(column_of(table, "end_date")),
        "is_primary": pc.fill_null(is_primary, False),
        "is_confidential": is_confidential,
    }


def _address_rows(own_key: pa.Array, columns: Mapping[str, pa.Array]) -> pa.Table:
    return _with_a_place(pa.table({"own_key": own_key, **columns}, schema=ADDRESS_SCHEMA))


def _institutional(kind: pa.Array) -> pa.Array:
    """What becomes of a kind where the lines name an institution; a refuge stays one."""
    is_refuge = pc.equal(kind, "refuge")
    return pc.if_else(is_refuge, kind, pa.scalar("excluded"))


def _with_a_place(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.or_(pc.is_valid(rows["address"]), pc.is_valid(rows["postcode"])))
