"""The persons: for each the values that most of its records have.

In: mentions and who each is. Out: `persons`. It must not compare anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.contracts.people import PERSONS
from pipeline.contracts.schema import in_one_piece
from pipeline.contracts.stages import PERSON_KINDS
from pipeline.people.records import Rows

BEST = ("given_name", "middle_names", "surname", "date_of_birth", "sex")


@dataclass(frozen=True)
class Clusters:
    """Who each mention is.

    Attributes:
        labels: first mention (row) of the person each mention is, (n_mentions,).
        kinds: index into PERSON_KINDS, (n_mentions,).
        confidence: probability of the weakest link of the mention's cluster; NaN where none.
        agreements: 1 official numbers agree, 0 conflict, -1 cannot be compared, (n_mentions,).
    """

    labels: Rows
    kinds: NDArray[np.int8]
    confidence: NDArray[np.float64]
    agreements: NDArray[np.int8]


def persons_table(mentions: pa.Table, clusters: Clusters, person_ids: pa.Array) -> pa.Table:
    """One row per person.

    Args:
        mentions: all mentions, by mention_id.
        clusters: who each is.
        person_ids: the id of the person each mention is.
    """
    people = people_of(clusters.labels)
    first = people.first
    confidence, agreements = clusters.confidence[first], clusters.agreements[first]
    columns = {
        "person_id": person_ids.take(pa.array(first)),
        "kind": pa.array(PERSON_KINDS).take(pa.array(clusters.kinds[first])),
        **{name: best_values(mentions[name], people) for name in BEST},
        "cluster_size": people.sizes,
        "n_sources": _count_sources(mentions["source"], people),
        "cluster_confidence": pa.array(confidence, mask=np.isnan(confidence)),
        "is_identifier_agreed": pa.array(agreements == 1, mask=agreements < 0),
    }
    return PERSONS.conform(pa.table(columns))


@dataclass(frozen=True)
class Members:
    """The persons, numbered by their first mention.

    Attributes:
        first: first mention of each person, (n_persons,).
        sizes: mentions of each person.
        shared: mentions of persons who have several, ascending; most have one.
        person: number of the person each of `shared` is.
    """

    first: Rows
    sizes: Rows
    shared: Rows
    person: Rows


def people_of(labels: Rows) -> Members:
    """The persons of labels, each the first mention of its person."""
    by_label = np.bincount(labels, minlength=len(labels))
    first = np.flatnonzero(by_label)
    shared = np.flatnonzero(by_label[labels] > 1)
    return Members(first, by_label[first], shared, np.searchsorted(first, labels[shared]))


def best_values(column: pa.ChunkedArray, people: Members) -> pa.Array:
    """For each person the value that most mentions have; null where none has one.

    An initial counts for less than a name and a partial date for less than a whole one, however
    many mentions have it. Between equals the earlier mention wins.

    Args:
        column: text, one value a mention.
        people: who the mentions are.
    """
    encoded = in_one_piece(column).dictionary_encode()
    code_of_row = pc.fill_null(encoded.indices, -1).to_numpy()
    is_known = code_of_row[people.shared] >= 0
    rows, person = people.shared[is_known], people.person[is_known]
    codes = code_of_row[rows].astype(np.int64)
    # Names count as one letter or more; of dates, 2015-03-04 is worth more than 2015.
    lengths = pc.utf8_length(encoded.dictionary).to_numpy(zero_copy_only=False)
    is_date = pc.match_substring_regex(encoded.dictionary, r"^\d{4}")
    worth = np.where(is_date.to_numpy(zero_copy_only=False), lengths, np.minimum(lengths, 2))
    keys = person * max(len(lengths), 1) + codes
    _, at, counts = np.unique(keys, return_index=True, return_counts=True)
    holder, code = person[at], codes[at]
    order = np.lexsort((rows[at], -counts, -worth[code], holder))
    holders, at_first = np.unique(holder[order], return_index=True)
    best = code_of_row[people.first]
    best[holders] = code[order][at_first]
    return encoded.dictionary.take(pa.array(best, mask=best < 0))


def _count_sources(sources: pa.ChunkedArray, people: Members) -> Rows:
    encoded = in_one_piece(sources).dictionary_encode()
    n_sources = max(len(encoded.dictionary), 1)
    codes = encoded.indices.to_numpy()[people.shared]
    distinct = np.unique(people.person * n_sources + codes)
    counts = np.bincount(distinct // n_sources, minlength=len(people.first))
    return np.maximum(counts, 1)
