"""The ledger: what became of ids between the run before and this one.

In: which id of before each person keeps. Out: the ledger's rows. It must not know how ids are made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.contracts.people import REGISTRY_LEDGER
from pipeline.people.records import Rows


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


@dataclass(frozen=True)
class Change:
    """Ids of before, and ids of now.

    Attributes:
        overlaps: shared records.
        old_ids: ids of before.
        kept: number of the id of before that each person keeps; -1 where none.
        new_ids: id of each person now.
    """

    overlaps: Overlaps
    old_ids: pa.Array
    kept: Rows
    new_ids: pa.Array


def ledger_of(change: Change, sizes: Rows) -> pa.Table:
    """Ids created, merged and split; nothing of those that were kept as they were, or are gone.

    A protected person's records are in no extract any more. To say of their id that it is gone,
    beside others or alone, would be a trace of them.

    Args:
        change: ids of before and of now.
        sizes: records of each person now.
    """
    overlaps, n_old = change.overlaps, len(change.old_ids)
    is_new = change.kept < 0
    lives = np.zeros(n_old, np.bool_)
    lives[change.kept[~is_new]] = True
    moved = change.kept[overlaps.person] != overlaps.old
    heirs = np.bincount(overlaps.old[moved], minlength=n_old)
    is_merged = ~lives[overlaps.old] & (heirs[overlaps.old] == 1)
    made = change.new_ids.filter(pa.array(is_new))
    created = _events("created", pa.nulls(len(made), pa.string()), made, sizes[is_new])
    # In order at once: of a first run these are all, and sorting by three columns takes long.
    created = created.take(pc.array_sort_indices(created["new_person_id"].combine_chunks()))
    rows = [
        created,
        _moves("merged", change, moved & is_merged),
        _moves("split", change, moved & ~is_merged),
    ]
    return REGISTRY_LEDGER.conform(pa.concat_tables(rows))


def _moves(event: str, change: Change, chosen: NDArray[np.bool_]) -> pa.Table:
    overlaps = change.overlaps
    old = change.old_ids.take(pa.array(overlaps.old[chosen]))
    new = change.new_ids.take(pa.array(overlaps.person[chosen]))
    return _events(event, old, new, overlaps.n_records[chosen])


def _events(event: str, old: pa.Array, new: pa.Array, n_records: Rows) -> pa.Table:
    """Ledger rows of one event."""
    return pa.table(
        {
            "event": pa.repeat(pa.scalar(event), len(n_records)),
            "old_person_id": old,
            "new_person_id": new,
            "n_records": pa.array(n_records, pa.int32()),
        }
    )
