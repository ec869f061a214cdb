"""The registry: a person keeps the id that most of its records had in the run before.

In: record keys, who each record is now, and the registry of the run before. Out: ids, the registry
of this run and a ledger of what became of ids. It must not know why records were joined.

A new id is made from the person's smallest record key, so that a first run gives the same ids in
any folder. It is no pseudonym: whoever knows the record numbers can make it too.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.contracts.people import ID_PREFIXES, REGISTRY, REGISTRY_LEDGER
from pipeline.contracts.stages import PERSON_KINDS
from pipeline.people.persons import Clusters
from pipeline.people.records import Rows

Ids = NDArray[np.object_]

KEY = ("source", "table", "record_id", "owner_record_id")
ID_BYTES = 10
"""80 bits: among ten million ids two agree with a chance of one in ten billion."""
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Registered:
    """Ids of this run.

    Attributes:
        person_ids: the id of the person each mention is, (n_mentions,).
        registry: contract REGISTRY.
        ledger: contract REGISTRY_LEDGER.
    """

    person_ids: pa.Array
    registry: pa.Table
    ledger: pa.Table


@dataclass(frozen=True)
class Overlaps:
    """Records that a person of now shares with an id of before, one row each such pair.

    Attributes:
        person: number of the person.
        old: number of the id.
        n_records: how many records they share.
    """

    person: Rows
    old: Rows
    n_records: Rows


def register(
    mentions: pa.Table, clusters: Clusters, previous: pa.Table | None, run_id: str
) -> Registered:
    """Give every person an id: the one of before where there is one.

    Args:
        mentions: all mentions, by mention_id.
        clusters: who each is.
        previous: the registry of the run before; None for the first.
        run_id: written beside new ids.
    """
    before = REGISTRY.conform(previous) if previous is not None else REGISTRY.empty()
    keys = record_keys(mentions)
    first, person = np.unique(clusters.labels, return_inverse=True)
    kinds = clusters.kinds[first]
    smallest = _smallest_keys(_joined(keys), person)
    overlaps, old_ids = _overlaps(keys, person, before)
    kept = keep_ids(overlaps, smallest, _of_kind(old_ids, kinds, overlaps))
    ids = np.empty(len(first), object)
    is_kept = kept >= 0
    ids[is_kept] = old_ids[kept[is_kept]]
    ids[~is_kept] = new_ids(smallest[~is_kept], kinds[~is_kept], old_ids)
    person_ids = pa.array(ids, pa.string()).take(pa.array(person))
    registry = _registry(keys, person_ids, clusters.kinds, (before, run_id))
    ledger = _ledger(overlaps, ids, old_ids, (before, np.bincount(person), is_kept))
    return Registered(person_ids, registry, ledger)


def record_keys(mentions: pa.Table) -> pa.Table:
    """The columns of KEY, one row a mention; the owner is the offender who declared the person."""
    owner = pc.index_in(
        mentions["owner_mention_id"].combine_chunks(),
        value_set=mentions["mention_id"].combine_chunks(),
    )
    owner_ids = pc.fill_null(mentions["record_id"].combine_chunks().take(owner), "")
    return mentions.select(list(KEY[:3])).append_column(KEY[3], owner_ids).combine_chunks()


def _joined(keys: pa.Table) -> pa.Array:
    """One text a key."""
    return pc.binary_join_element_wise(*(keys[name].combine_chunks() for name in KEY), SEPARATOR)


def _smallest_keys(keys: pa.Array, person: Rows) -> Ids:
    """The smallest record key of each person."""
    order = pc.array_sort_indices(keys).to_numpy()
    at = np.unique(person[order], return_index=True)[1]
    return np.asarray(keys.take(pa.array(order[at])).to_numpy(zero_copy_only=False), object)


def _overlaps(keys: pa.Table, person: Rows, before: pa.Table) -> tuple[Overlaps, Ids]:
    """Shared records of persons and ids of before, and those ids, ascending."""
    ids, old_of_row = (
        np.unique(before["person_id"].to_numpy().astype(object), return_inverse=True)
        if before.num_rows
        else (np.empty(0, object), np.empty(0, np.int64))
    )
    row = pc.index_in(_joined(keys), value_set=_joined(before.combine_chunks()))
    seen = row.is_valid().to_numpy(zero_copy_only=False)
    old = old_of_row[row.drop_null().to_numpy()]
    pairs, counts = np.unique(person[seen] * max(len(ids), 1) + old, return_counts=True)
    return Overlaps(pairs // max(len(ids), 1), pairs % max(len(ids), 1), counts), ids


def _of_kind(old_ids: Ids, kinds: NDArray[np.int8], overlaps: Overlaps) -> NDArray[np.bool_]:
    """Overlaps in which the id is of the person's kind: the kind is written into the id."""
    prefixes = np.array([ID_PREFIXES[kind] for kind in PERSON_KINDS], object)
    old_prefix = np.array([text[:2] for text in old_ids], object)
    same: NDArray[np.bool_] = old_prefix[overlaps.old] == prefixes[kinds[overlaps.person]]
    return same


def keep_ids(overlaps: Overlaps, smallest: Ids, allowed: NDArray[np.bool_]) -> Rows:
    """Which id of before each person keeps: the largest overlap first, each id once.

    Among equal overlaps the smaller id, then the person with the smaller record key, comes first.

    Args:
        overlaps: shared records.
        smallest: smallest record key of each person.
        allowed: overlaps through which an id may be kept.

    Returns:
        Number of the id, (n_persons,); -1 where the person has none.
    """
    kept = np.full(len(smallest), -1, np.int64)
    rank = np.empty(len(smallest), np.int64)
    rank[np.argsort(smallest, kind="stable")] = np.arange(len(smallest))
    order = np.lexsort((rank[overlaps.person], overlaps.old, -overlaps.n_records))
    order = order[allowed[order]]
    person, old = overlaps.person[order], overlaps.old[order]
    while len(person):
        # What comes first for both sides would be taken first; then the rest is looked at again.
        is_first = np.zeros((2, len(person)), np.bool_)
        for side, numbers in enumerate((person, old)):
            is_first[side, np.unique(numbers, return_index=True)[1]] = True
        taken = is_first.all(axis=0)
        kept[person[taken]] = old[taken]
        free = ~np.isin(person, person[taken]) & ~np.isin(old, old[taken])
        person, old = person[free], old[free]
    return kept


def new_ids(smallest: Ids, kinds: NDArray[np.int8], taken: Ids) -> Ids:
    """Ids for persons who have none, distinct from one another and from all of before.

    Args:
        smallest: smallest record key of each.
        kinds: index into PERSON_KINDS of each.
        taken: ids that must not be given again.
    """
    ids = np.array([_id_of(key, kind) for key, kind in zip(smallest, kinds, strict=True)], object)
    attempt = 1
    while (clashing := np.flatnonzero(_clashes(ids, taken))).size:
        # The record's own id lives on with others: it was split off, or returns under another key.
        attempt += 1
        for number in clashing:
            ids[number] = _id_of(f"{smallest[number]}{SEPARATOR}{attempt}", kinds[number])
    return ids


def _clashes(ids: Ids, taken: Ids) -> NDArray[np.bool_]:
    index = pd.Index(ids)
    clashes: NDArray[np.bool_] = index.isin(taken) | index.duplicated()
    return clashes


def _id_of(key: str, kind: int) -> str:
    digest = hashlib.sha256(key.encode()).digest()[:ID_BYTES]
    return ID_PREFIXES[PERSON_KINDS[kind]] + base64.b32encode(digest).decode()


def _registry(
    keys: pa.Table,
    person_ids: pa.Array,
    kinds: NDArray[np.int8],
    known: tuple[pa.Table, str],
) -> pa.Table:
    """Every record with its person; a record that stands twice is kept once."""
    before, run_id = known
    row = pc.index_in(person_ids, value_set=before["person_id"].combine_chunks())
    first_run = pc.fill_null(before["first_run_id"].combine_chunks().take(row), run_id)
    table = keys.append_column("kind", pa.array(PERSON_KINDS).take(pa.array(kinds)))
    table = table.append_column("person_id", person_ids).append_column("first_run_id", first_run)
    once = np.sort(_first_of_each(_joined(keys)))
    return REGISTRY.conform(table.take(pa.array(once)))


def _first_of_each(keys: pa.Array) -> Rows:
    codes = keys.dictionary_encode().indices.to_numpy()
    return np.unique(codes, return_index=True)[1]


def _ledger(
    overlaps: Overlaps,
    ids: Ids,
    old_ids: Ids,
    counts: tuple[pa.Table, Rows, NDArray[np.bool_]],
) -> pa.Table:
    """What became of ids: created, merged, split, retired."""
    before, sizes, is_kept = counts
    lives = np.isin(old_ids, ids[is_kept]) if len(old_ids) else np.empty(0, np.bool_)
    new, old = ids[overlaps.person], old_ids[overlaps.old]
    moved = new != old
    heirs = np.bincount(overlaps.old[moved], minlength=len(old_ids))
    is_merged = ~lives[overlaps.old] & (heirs[overlaps.old] == 1)
    seen = np.zeros(len(old_ids), np.bool_)
    seen[overlaps.old] = True
    lost = pd.Series(before["person_id"].to_numpy()).value_counts()
    merged, split = moved & is_merged, moved & ~is_merged
    rows = [
        _events("created", None, ids[~is_kept], sizes[~is_kept]),
        _events("merged", old[merged], new[merged], overlaps.n_records[merged]),
        _events("split", old[split], new[split], overlaps.n_records[split]),
        _events("retired", old_ids[~seen], None, lost.reindex(old_ids[~seen]).to_numpy()),
    ]
    return REGISTRY_LEDGER.conform(pa.concat_tables(rows))


def _events(event: str, old: Ids | None, new: Ids | None, n_records: NDArray[Any]) -> pa.Table:
    """Ledger rows of one event; None for the side that has no id."""
    nobody = np.full(len(n_records), None, object)
    return pa.table(
        {
            "event": pa.repeat(pa.scalar(event), len(n_records)),
            "old_person_id": pa.array(nobody if old is None else old, pa.string()),
            "new_person_id": pa.array(nobody if new is None else new, pa.string()),
            "n_records": pa.array(n_records, pa.int32()),
        }
    )
