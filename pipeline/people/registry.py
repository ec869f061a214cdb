"""The registry: a person keeps the id that most of its records had in the run before.

In: record keys, who each record is now, and the registry of the run before. Out: ids, the registry
of this run and a ledger of what became of ids. It must not know why records were joined.

A new id is made from the person's smallest record key, so that a first run gives the same ids in
any folder. It is no pseudonym: whoever knows the record numbers can make it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.contracts.people import ID_PREFIXES, REGISTRY
from pipeline.contracts.stages import PERSON_KINDS
from pipeline.people.ledger import Change, Overlaps, ledger_of
from pipeline.people.persons import Clusters
from pipeline.people.records import Rows

Digests = NDArray[np.uint64]

KEY = ("source", "table", "record_id", "owner_record_id")
ID_BYTES = 8
"""64 bits: two of ten million ids agree once in 400,000 runs; one is then changed."""
SEPARATOR = "\x1f"
PREFIXES = tuple(ID_PREFIXES[kind] for kind in PERSON_KINDS)


@dataclass(frozen=True)
class RecordKeys:
    """What each mention's record is called.

    Attributes:
        columns: the columns of KEY, one row a mention.
        joined: the same as one text a mention.
        order: mentions by ascending text.
    """

    columns: pa.Table
    joined: pa.Array
    order: Rows


@dataclass(frozen=True)
class Before:
    """The registry of the run before.

    Attributes:
        table: contract REGISTRY.
        ids: its person ids, ascending.
        kinds: index into PERSON_KINDS of each id.
        id_of_row: number of the id of each row of the table.
    """

    table: pa.Table
    ids: pa.Array
    kinds: NDArray[np.int8]
    id_of_row: Rows


@dataclass(frozen=True)
class Newcomers:
    """The people of this run, each array (n_persons,).

    Attributes:
        kinds: index into PERSON_KINDS.
        smallest: smallest record key.
        rank: place of that key among all.
    """

    kinds: NDArray[np.int8]
    smallest: pa.Array
    rank: Rows


@dataclass(frozen=True)
class Registered:
    """Ids of this run; what follows from them is worked out when first asked for.

    Attributes:
        person_ids: the id of the person each mention is, (n_mentions,).
        sizes: mentions of each person, (n_persons,).
        kinds: index into PERSON_KINDS of each mention.
        keys: the columns of KEY of every record, each once.
        once: the mention that each of them is of.
        change: what became of the ids of before.
        before: the registry of the run before.
        run_id: written beside new ids.
    """

    person_ids: pa.Array
    sizes: Rows
    kinds: NDArray[np.int8]
    keys: pa.Table
    once: Rows
    change: Change
    before: Before
    run_id: str

    @cached_property
    def registry(self) -> pa.Table:
        """Every record with its person and kind, each once: contract REGISTRY."""
        person_ids = self.person_ids.take(pa.array(self.once))
        known = self.before.table["first_run_id"].combine_chunks()
        row = pc.index_in(person_ids, value_set=self.before.table["person_id"].combine_chunks())
        columns = {name: self.keys[name] for name in KEY}
        columns["kind"] = pa.array(PERSON_KINDS).take(pa.array(self.kinds[self.once]))
        columns["person_id"] = person_ids
        columns["first_run_id"] = pc.fill_null(known.take(row), self.run_id)
        return REGISTRY.conform(pa.table(columns))

    @cached_property
    def ledger(self) -> pa.Table:
        """What became of the ids of before: contract REGISTRY_LEDGER."""
        return ledger_of(self.change, self.sizes)


def register(
    keys: RecordKeys, clusters: Clusters, previous: pa.Table | None, run_id: str
) -> Registered:
    """Give every person an id: the one of before where there is one.

    Args:
        keys: of every mention.
        clusters: who each is.
        previous: the registry of the run before; None for the first.
        run_id: written beside new ids.
    """
    before = read_registry(previous)
    first, person = np.unique(clusters.labels, return_inverse=True)
    people = _people(keys, person, clusters.kinds[first])
    overlaps = _overlaps(keys.joined, person, before)
    kept = keep_ids(
        overlaps, people.rank, before.kinds[overlaps.old] == people.kinds[overlaps.person]
    )
    is_new = kept < 0
    made = new_ids(people.smallest.filter(pa.array(is_new)), people.kinds[is_new], before.ids)
    place = np.where(is_new, len(before.ids) + np.cumsum(is_new) - 1, kept)
    ids = pa.concat_arrays([before.ids, made]).take(pa.array(place))
    once = keys.order[_first_of_each(keys)]
    return Registered(
        person_ids=ids.take(pa.array(person)),
        sizes=np.bincount(person),
        kinds=clusters.kinds,
        keys=keys.columns.take(once),
        once=once,
        change=Change(overlaps, before.ids, kept, ids),
        before=before,
        run_id=run_id,
    )


def read_registry(previous: pa.Table | None) -> Before:
    """The registry of the run before; an empty one for the first run."""
    table = REGISTRY.empty() if previous is None else REGISTRY.conform(previous).combine_chunks()
    column = table["person_id"].combine_chunks()
    ids = pc.unique(column)
    ids = ids.take(pc.array_sort_indices(ids))
    of_row = pc.index_in(column, value_set=ids).to_numpy().astype(np.int64)
    kind_of_row = pc.index_in(table["kind"].combine_chunks(), value_set=pa.array(PERSON_KINDS))
    kinds = np.zeros(len(ids), np.int8)
    kinds[of_row] = kind_of_row.to_numpy()
    return Before(table, ids, kinds, of_row)


def record_keys(mentions: pa.Table) -> RecordKeys:
    """The key of every mention; the owner is the offender who declared the person.

    Args:
        mentions: all mentions, by mention_id.
    """
    owner = pc.index_in(
        mentions["owner_mention_id"].combine_chunks(),
        value_set=mentions["mention_id"].combine_chunks(),
    )
    owner_ids = pc.fill_null(mentions["record_id"].combine_chunks().take(owner), "")
    columns = mentions.select(list(KEY[:3])).append_column(KEY[3], owner_ids).combine_chunks()
    joined = _joined(columns)
    return RecordKeys(columns, joined, pc.array_sort_indices(joined).to_numpy().astype(np.int64))


def _joined(keys: pa.Table) -> pa.Array:
    """One text a key."""
    return pc.binary_join_element_wise(*(keys[name].combine_chunks() for name in KEY), SEPARATOR)


def _people(keys: RecordKeys, person: Rows, kinds: NDArray[np.int8]) -> Newcomers:
    """Each person's kind, smallest record key, and that key's place among all."""
    rank = np.unique(person[keys.order], return_index=True)[1].astype(np.int64)
    return Newcomers(kinds, keys.joined.take(pa.array(keys.order[rank])), rank)


def _overlaps(keys: pa.Array, person: Rows, before: Before) -> Overlaps:
    """Records that persons of now share with ids of before."""
    row = pc.index_in(keys, value_set=_joined(before.table))
    seen = row.is_valid().to_numpy(zero_copy_only=False)
    old = before.id_of_row[row.drop_null().to_numpy()]
    n_ids = max(len(before.ids), 1)
    pairs, counts = np.unique(person[seen] * n_ids + old, return_counts=True)
    return Overlaps(pairs // n_ids, pairs % n_ids, counts)


def keep_ids(overlaps: Overlaps, rank: Rows, allowed: NDArray[np.bool_]) -> Rows:
    """Which id of before each person keeps: the largest overlap first, each id once.

    Among equal overlaps the smaller id, then the person with the smaller record key, comes first.

    Args:
        overlaps: shared records.
        rank: place of each person's smallest record key among all.
        allowed: overlaps through which an id may be kept: those of one kind, which is part of it.

    Returns:
        Number of the id, (n_persons,); -1 where the person has none.
    """
    kept = np.full(len(rank), -1, np.int64)
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


def new_ids(smallest: pa.Array, kinds: NDArray[np.int8], taken: pa.Array) -> pa.Array:
    """Ids for persons who have none, distinct from one another and from all of before.

    Args:
        smallest: smallest record key of each.
        kinds: index into PERSON_KINDS of each.
        taken: ids that must not be given again.
    """
    digests = _digests(smallest)
    ids, attempt = _ids(digests, kinds), 1
    while (clashing := np.flatnonzero(_clashes(digests, ids, taken))).size:
        # The record's own id lives on with others: it was split off, or returns under another key.
        attempt += 1
        again = smallest.take(pa.array(clashing))
        digests[clashing] = _digests(pc.binary_join_element_wise(again, str(attempt), SEPARATOR))
        ids = _ids(digests, kinds)
    return ids


def _digests(keys: pa.Array) -> Digests:
    """The first bytes of each key's SHA-256 as a number."""
    texts = keys.cast(pa.binary()).to_pylist()
    joined = b"".join([sha256(text).digest()[:ID_BYTES] for text in texts])
    return np.frombuffer(joined, ">u8").astype(np.uint64)


def _ids(digests: Digests, kinds: NDArray[np.int8]) -> pa.Array:
    """The prefix of each kind, and the digest in hex digits."""
    digits = digests.astype(">u8").tobytes().hex().upper().encode()
    ends = np.arange(len(digests) + 1, dtype=np.int32) * (2 * ID_BYTES)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(digits)]
    texts = pa.Array.from_buffers(pa.string(), len(digests), buffers)
    return pc.binary_join_element_wise(pa.array(PREFIXES).take(pa.array(kinds)), texts, "")


def _clashes(digests: Digests, ids: pa.Array, taken: pa.Array) -> NDArray[np.bool_]:
    clashes: NDArray[np.bool_] = pc.is_in(ids, value_set=taken).to_numpy(zero_copy_only=False)
    return clashes | pd.Series(digests).duplicated().to_numpy()


def _first_of_each(keys: RecordKeys) -> NDArray[np.bool_]:
    """Which places of the order are the first of their key."""
    ascending = keys.joined.take(pa.array(keys.order))
    is_first = np.ones(len(ascending), np.bool_)
    is_first[1:] = pc.not_equal(ascending[1:], ascending[:-1]).to_numpy(zero_copy_only=False)
    return is_first
