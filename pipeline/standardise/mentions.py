"""From contract tables to mentions: numbered, sorted, with everything known of each in lists.

In: ingested extracts in contract form. Out: mentions, their addresses, the relationships that
sources state, and the numbers of children that offenders state. It must not compare any two mentions.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.counts import DECLARED_COUNTS
from pipeline.contracts.stages import MENTION_ADDRESSES, MENTIONS, RELATIONSHIP_TABLE
from pipeline.standardise import names
from pipeline.standardise.address_rows import address_rows
from pipeline.standardise.dates import birth_dates
from pipeline.standardise.declared_counts import parse_count
from pipeline.standardise.distinct import (
    TEXT,
    as_text,
    column_of,
    lists_by_row,
    map_distinct,
)
from pipeline.standardise.relationship_rows import declared_relationships, recorded_relationships
from pipeline.standardise.sources import key, mention_rows

log = logging.getLogger(__name__)

USABLE_KINDS = ("home", "other")
"""Addresses that may be evidence of a shared home; placements and refuges never are."""


@dataclass(frozen=True)
class Standardised:
    """What standardising gives: tables of the contracts of the same names."""

    mentions: pa.Table
    mention_addresses: pa.Table
    relationships: pa.Table
    declared_counts: pa.Table


def standardise(extracts: Mapping[str, pa.Table], as_of: date) -> Standardised:
    """Turn ingested extracts into mentions of people.

    Args:
        extracts: contract-form tables by name, such as `prison/prisoners`; children's services
            tables hold every authority and have `authority_code`. An absent table is empty.
        as_of: no one is born after this day.
    """
    rows = mention_rows(extracts, as_of)
    rows = rows.sort_by(
        [(name, "ascending") for name in ("source", "table", "record_id", "own_key")]
    )
    rows = rows.append_column("mention_id", pa.array(np.arange(rows.num_rows, dtype=np.int64)))
    rows = rows.combine_chunks()
    addresses = _numbered(address_rows(extracts, rows), rows)
    relationships = pa.concat_tables(
        [declared_relationships(rows), recorded_relationships(extracts, rows)]
    )
    mentions = _mentions(rows, addresses, alias_rows(extracts, rows, as_of))
    _report(mentions, relationships)
    return Standardised(
        mentions=MENTIONS.conform(mentions),
        mention_addresses=MENTION_ADDRESSES.conform(addresses),
        relationships=RELATIONSHIP_TABLE.conform(relationships),
        declared_counts=DECLARED_COUNTS.conform(declared_counts(extracts, rows)),
    )


def mention_ids(keys: pa.Array, rows: pa.Table) -> pa.Array:
    """(n,) mention id of each text key; null where no mention has it."""
    places = pc.index_in(as_text(keys), value_set=rows["own_key"].combine_chunks())
    return rows["mention_id"].combine_chunks().take(places)


def _numbered(found: pa.Table, rows: pa.Table) -> pa.Table:
    """Rows by text key to rows by mention id, distinct; those of nobody are left out."""
    ids = mention_ids(found["own_key"], rows)
    found = found.drop_columns(["own_key"]).add_column(0, "mention_id", ids)
    return found.filter(pc.is_valid(ids)).group_by(found.column_names).aggregate([])


def alias_rows(extracts: Mapping[str, pa.Table], rows: pa.Table, as_of: date) -> pa.Table:
    """Other names and dates of birth of offenders, by mention id."""
    found = [_alias_columns(key(rows["own_key"]), rows["previous_surname"])]
    for name, source, own in (
        ("prison/prisoner_aliases", "prison", "prisoner_number"),
        ("probation/offender_aliases", "probation", "crn"),
    ):
        if name in extracts:
            table = extracts[name]
            found.append(
                _alias_columns(
                    key(source, table[own]),
                    map_distinct(column_of(table, "last_name"), names.surname),
                    map_distinct(column_of(table, "first_name"), names.given_name),
                    birth_dates(column_of(table, "date_of_birth"), as_of),
                )
            )
    table = _numbered(pa.concat_tables(found), rows)
    return table.sort_by([(name, "ascending") for name in table.column_names])


def _alias_columns(
    own_key: pa.Array,
    surname: pa.Array,
    given_name: pa.Array | None = None,
    born: pa.Array | None = None,
) -> pa.Table:
    nothing = pa.nulls(len(own_key), TEXT)
    table = pa.table(
        {
            "own_key": own_key,
            "given_name": nothing if given_name is None else given_name,
            "surname": surname,
            "date_of_birth": nothing if born is None else born,
        }
    )
    says_something = pc.or_(pc.is_valid(table["surname"]), pc.is_valid(table["date_of_birth"]))
    return table.filter(says_something)


def _mentions(rows: pa.Table, addresses: pa.Table, aliases: pa.Table) -> pa.Table:
    """Mention rows with every name, date and place gathered into lists, the current first."""
    own = rows["mention_id"].combine_chunks()
    also = aliases["mention_id"].combine_chunks()
    # A previous surname goes with the given name that the record has now.
    also_given = pc.coalesce(
        aliases["given_name"].combine_chunks(), rows["given_name"].combine_chunks().take(also)
    )

    def gathered(current: pa.Array, other: pa.Array) -> pa.ListArray:
        ids = pa.concat_arrays([own, also]).to_numpy()
        return lists_by_row(ids, pa.concat_arrays([current, other]), rows.num_rows)

    given, family = rows["given_name"].combine_chunks(), rows["surname"].combine_chunks()
    also_family = aliases["surname"].combine_chunks()
    lists = {
        "given_names": gathered(given, aliases["given_name"].combine_chunks()),
        "surnames": gathered(family, also_family),
        "full_names": gathered(
            pc.binary_join_element_wise(given, family, " "),
            pc.binary_join_element_wise(also_given, also_family, " "),
        ),
        "dates_of_birth": gathered(
            rows["date_of_birth"].combine_chunks(), aliases["date_of_birth"].combine_chunks()
        ),
        **_places(addresses, rows.num_rows),
    }
    owner = mention_ids(rows["owner_key"], rows)
    kept = [name for name in MENTIONS.column_names if name in rows.column_names]
    table = rows.select(kept).append_column("owner_mention_id", owner)
    for name, values in lists.items():
        table = table.append_column(name, values)
    return table


def _places(addresses: pa.Table, n_rows: int) -> dict[str, pa.ListArray]:
    """Addresses and postcodes usable as household evidence: current and latest first."""
    is_usable = pc.is_in(addresses["kind"], value_set=pa.array(USABLE_KINDS))
    usable = addresses.filter(pc.and_not(is_usable, addresses["is_confidential"]))
    usable = usable.append_column("is_past", pc.is_valid(usable["end_date"]).cast(pa.int8()))
    usable = usable.append_column("is_minor", pc.invert(usable["is_primary"]).cast(pa.int8()))
    order = [("mention_id", "ascending"), ("is_past", "ascending"), ("is_minor", "ascending"),
             ("start_date", "descending"), ("end_date", "descending"),
             ("postcode", "ascending"), ("address", "ascending")]  # fmt: skip
    usable = usable.sort_by(order).combine_chunks()
    ids = usable["mention_id"].to_numpy()
    return {
        plural: lists_by_row(ids, usable[singular].combine_chunks(), n_rows)
        for plural, singular in (("addresses", "address"), ("postcodes", "postcode"))
    }


def declared_counts(extracts: Mapping[str, pa.Table], rows: pa.Table) -> pa.Table:
    """The number of children that each prisoner states, raw and read."""
    if "prison/prisoners" not in extracts:
        return DECLARED_COUNTS.empty()
    table = extracts["prison/prisoners"]
    raw = as_text(column_of(table, "number_of_children"))
    counts = map_distinct(raw, lambda text: parse_count(text).parsed_count, pa.int64())
    statuses = map_distinct(raw, lambda text: parse_count(text).parse_status)
    ids = mention_ids(key("prison", table["prisoner_number"]), rows)
    found = pa.table({
        "mention_id": ids, "number_of_children_raw": raw, "parsed_count": counts,
        "parse_status": statuses,
    })  # fmt: skip
    return found.filter(pc.is_valid(raw))


def _report(mentions: pa.Table, relationships: pa.Table) -> None:
    unknown = pc.sum(pc.equal(relationships["relationship"], "unknown")).as_py() or 0
    log.info(
        "%d mentions, %d relationships of which %d in words that nobody knows",
        mentions.num_rows, relationships.num_rows, unknown,
    )  # fmt: skip
