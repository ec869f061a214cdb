"""Everything known of a mention gathered into lists, the current value first.

In: numbered mention rows, and aliases and addresses by mention. Out: the list columns of mentions.
It must not drop a value because another looks better.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece
from pipeline.standardise.distinct import lists_by_row

USABLE_KINDS = ("home", "other")
"""Addresses that may be evidence of a shared home; placements and refuges never are."""


def known_names(rows: pa.Table, aliases: pa.Table) -> dict[str, pa.ListArray]:
    """`given_names`, `surnames`, `full_names` and `dates_of_birth` of each mention.

    An alias without a given name, or without a surname, makes a full name with the current one.
    """
    aliases = aliases.sort_by([(name, "ascending") for name in aliases.column_names])
    own, also = in_one_piece(rows["mention_id"]), in_one_piece(aliases["mention_id"])
    ids = pa.concat_arrays([own, also]).to_numpy()
    given, family = in_one_piece(rows["given_name"]), in_one_piece(rows["surname"])
    also_given, also_family = in_one_piece(aliases["given_name"]), in_one_piece(aliases["surname"])
    other_full_names = _full(
        pc.coalesce(also_given, given.take(also)), pc.coalesce(also_family, family.take(also))
    )

    def gathered(current: pa.Array, other: pa.Array) -> pa.ListArray:
        return lists_by_row(ids, pa.concat_arrays([current, other]), rows.num_rows)

    return {
        "given_names": gathered(given, also_given),
        "surnames": gathered(family, also_family),
        "full_names": gathered(_full(given, family), other_full_names),
        "dates_of_birth": gathered(
            in_one_piece(rows["date_of_birth"]), in_one_piece(aliases["date_of_birth"])
        ),
    }


def known_places(addresses: pa.Table, n_rows: int, as_of: date) -> dict[str, pa.ListArray]:
    """`addresses` and `postcodes` usable as household evidence: current and latest first."""
    is_usable = pc.is_in(addresses["kind"], value_set=pa.array(USABLE_KINDS))
    usable = addresses.filter(pc.and_not(is_usable, addresses["is_confidential"]))
    is_past = pc.fill_null(pc.less(usable["end_date"], pa.scalar(as_of.isoformat())), False)
    usable = usable.append_column("is_past", is_past.cast(pa.int8()))
    usable = usable.append_column("is_minor", pc.invert(usable["is_primary"]).cast(pa.int8()))
    order = [("mention_id", "ascending"), ("is_past", "ascending"), ("is_minor", "ascending"),
             ("start_date", "descending"), ("end_date", "descending"),
             ("postcode", "ascending"), ("address", "ascending")]  # fmt: skip
    usable = usable.sort_by(order)
    ids = in_one_piece(usable["mention_id"]).to_numpy()
    return {
        "addresses": lists_by_row(ids, in_one_piece(usable["address"]), n_rows),
        "postcodes": lists_by_row(ids, in_one_piece(usable["postcode"]), n_rows),
    }


def _full(given: pa.Array, family: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(given, family, " ")
