"""Adults recorded with children: who is listed beside whom.

In: mentions, relationships, and which child each child's record is. Out: the records of adults, and
`Listings`. It must not compare anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.people.records import TEXT, Records, Rows, records_of

COLUMNS = (
    "given_name", "middle_names", "surname", "date_of_birth", "sex", "addresses", "postcodes",
)  # fmt: skip


@dataclass(frozen=True)
class Listings:
    """Which adult is recorded with which child, each array (n_relationships,).

    Attributes:
        record: number of the adult's record.
        child_record: number of the child's record.
        child: number of the child, whom several records may be about.
    """

    record: Rows
    child_record: Rows
    child: Rows


NO_LISTINGS = Listings(*(np.empty(0, np.int64) for _ in range(3)))


def listed_adults(
    mentions: pa.Table, relationships: pa.Table, labels: Rows
) -> tuple[Records, Listings]:
    """Records of related adults, and the children each is recorded with.

    Args:
        mentions: all mentions, by mention_id.
        relationships: who is what to whom.
        labels: for each mention of a child the first mention of that child.
    """
    ids = mentions["mention_id"].combine_chunks()
    adult = pc.index_in(relationships["subject_mention_id"], value_set=ids)
    child = pc.index_in(relationships["object_mention_id"], value_set=ids)
    is_adult = pc.equal(mentions["role"], "related_adult").combine_chunks()
    is_listing = pc.and_(pc.is_valid(child), pc.fill_null(is_adult.take(adult), False))
    adults = adult.filter(is_listing).to_numpy().astype(np.int64)
    child_rows = child.filter(is_listing).to_numpy().astype(np.int64)
    further = {"children": children_of_many_records(adults, child_rows, labels)}
    records = records_of("related_adult", mentions, ("related_adult",), COLUMNS, further)
    numbers = np.searchsorted(records.rows, adults)
    return records, Listings(numbers, child_rows, labels[child_rows])


def children_of_many_records(adults: Rows, child_rows: Rows, labels: Rows) -> pa.ListArray:
    """list<string>, one a mention: children of more than one record beside whom the adult stands.

    Two adults beside one record of a child are two people. Only beside a child whom two records
    are about, as two authorities' are, can one adult stand twice.

    Args:
        adults: mention (row) of the adult of each listing.
        child_rows: mention of the child.
        labels: first mention of the person each mention is.
    """
    sizes = np.bincount(labels, minlength=len(labels))
    children = labels[child_rows]
    listed = np.unique(np.stack([adults, children])[:, sizes[children] > 1], axis=1)
    counts = np.bincount(listed[0], minlength=len(labels))
    ends = np.concatenate([[0], np.cumsum(counts)])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(listed[1]).cast(TEXT))
