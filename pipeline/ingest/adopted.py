"""Adopted children, removed before matching.

In: one authority's tables in their contracts' types. Out: who is adopted, by anything that any row
says, and which rows are theirs. A record that merely points across an adoption by `former_upn`
loses that number and stays. What cannot be read is no adoption: the record is set aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.suppression import squeezed
from pipeline.contracts.validate import Validated
from pipeline.contracts.values import Mask

CHILDREN = "childrens_services/children"
EPISODES = "childrens_services/episodes"
ADOPTED = "RC1"
PERSON_COLUMNS = ("person_id", "related_person_id")


@dataclass(frozen=True)
class Adopted:
    """Who is adopted, at one authority.

    Attributes:
        person_ids: of the adopted children's records.
        upns: every UPN, present and former, on those records, and on records whose `is_adopted`
            cannot be read.
    """

    person_ids: frozenset[str] = frozenset()
    upns: frozenset[str] = frozenset()


def find_adopted(tables: Mapping[str, pa.Table]) -> Adopted:
    """Children whom the authority calls adopted, or an episode of whom closed with adoption.

    Every row counts, also one that will be set aside for another fault: to overlook an adoption
    does more harm than to set a record aside.
    """
    if CHILDREN not in tables:
        return Adopted()
    children = tables[CHILDREN]
    flagged = children["person_id"].filter(pc.fill_null(children["is_adopted"], False))
    ids = set(flagged.drop_null().to_pylist())
    if EPISODES in tables:
        episodes = tables[EPISODES]
        reason = pc.utf8_upper(pc.fill_null(episodes["closure_reason"], ""))
        ids |= set(episodes["person_id"].filter(pc.equal(reason, ADOPTED)).drop_null().to_pylist())
    theirs = children.filter(pc.is_in(children["person_id"], value_set=_texts(ids)))
    return Adopted(frozenset(ids), _upns(theirs))


def doubtful_upns(children: Validated) -> frozenset[str]:
    """Every UPN of children whose `is_adopted` cannot be read: they may lead across an adoption."""
    faults = [fault.rows for fault in children.problems if fault.column == "is_adopted"]
    is_doubtful = np.logical_or.reduce([np.zeros(children.table.num_rows, bool), *faults])
    return _upns(children.table.filter(pa.array(is_doubtful)))


def _upns(children: pa.Table) -> frozenset[str]:
    """Present and former UPNs of children, as they are compared."""
    upns = pa.chunked_array([*children["upn"].chunks, *children["former_upn"].chunks], pa.string())
    return frozenset(map(squeezed, upns.drop_null().to_pylist()))


def names_adopted(table: pa.Table, adopted: Adopted) -> Mask:
    """(n,) whether a row is of, or names, an adopted child."""
    is_theirs = np.zeros(table.num_rows, bool)
    for column in PERSON_COLUMNS:
        if column in table.column_names:
            found = pc.is_in(table[column], value_set=_texts(adopted.person_ids))
            is_theirs |= found.to_numpy()
    return is_theirs


def without_chains(children: pa.Table, upns: frozenset[str]) -> tuple[pa.Table, int]:
    """Children without any `former_upn` that leads to an adopted child's record, or from one.

    Args:
        children: every authority's children.
        upns: every UPN on an adopted child's record, at any authority.

    Returns:
        The table, and the number of `former_upn` removed.
    """
    leads = _is_any(children["former_upn"], upns)
    is_led_to = _is_any(children["upn"], upns) & children["former_upn"].is_valid().to_numpy()
    is_chain = leads | is_led_to
    blank = pc.if_else(
        pa.array(is_chain), pa.scalar(None, pa.string()), children["former_upn"].combine_chunks()
    )
    place = children.column_names.index("former_upn")
    return children.set_column(place, "former_upn", blank), int(is_chain.sum())


def _is_any(column: pa.ChunkedArray, upns: frozenset[str]) -> Mask:
    encoded = column.combine_chunks().dictionary_encode()
    known = [squeezed(value) in upns for value in encoded.dictionary.to_pylist()]
    return np.asarray(np.array([*known, False])[pc.fill_null(encoded.indices, -1).to_numpy()])


def _texts(values: frozenset[str] | set[str]) -> pa.Array:
    return pa.array(sorted(values), pa.string())
