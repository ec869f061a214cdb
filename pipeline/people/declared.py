"""People whom offenders declare: children, resolved within one offender's family, and others.

In: mentions, and which offender each offender mention is. Out: the records to compare, which
visitor is a child, and who among the other contacts is plainly one person. It must not compare
people whom two offenders declared: that is the family stage's work.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.people.records import TEXT, Records, Rows, lists_of, records_of

Flags = NDArray[np.bool_]

REQUIRED = ("given_name", "surname", "date_of_birth")
COLUMNS = ("given_name", "middle_names", "surname", "date_of_birth", "sex")


def owners_of(mentions: pa.Table, offender_labels: Rows) -> Rows:
    """For each mention a number of the offender who declared the person.

    Args:
        mentions: all mentions, by mention_id.
        offender_labels: for each mention of an offender the first mention of that offender.

    Returns:
        The first mention of the offender, (n_mentions,); the mention itself where nobody declared
        the person, or the offender is not among the mentions.
    """
    places = pc.index_in(
        mentions["owner_mention_id"].combine_chunks(),
        value_set=mentions["mention_id"].combine_chunks(),
    )
    found = places.is_valid().to_numpy(zero_copy_only=False)
    owners = np.arange(mentions.num_rows)
    owners[found] = offender_labels[places.drop_null().to_numpy()]
    return owners


def declared_records(mentions: pa.Table, owners: Rows, as_of: date | None) -> Records:
    """Declared children and visitors, with the offender who declared them.

    Args:
        mentions: all mentions, by mention_id.
        owners: the offender who declared each.
        as_of: the date ages are counted at; without it a stated age says nothing.
    """
    names = pa.array(owners).cast(pa.string())
    born = birth_dates(mentions, as_of)
    further = {"owner_key": names, "owner": names, "birth_dates": born}
    return records_of("declared_child", mentions, ("declared_child", "visitor"), COLUMNS, further)


def birth_dates(mentions: pa.Table, as_of: date | None) -> pa.ListArray:
    """list<string>: the date of birth; where only an age is stated, the two years it can mean."""
    born = mentions["date_of_birth"].combine_chunks()
    ages = pc.floor(mentions["age_years"]).combine_chunks()
    year = None if as_of is None else as_of.year
    years = [pc.subtract(pa.scalar(year, pa.float64()), ages)]
    years.append(pc.subtract(years[0], 1.0))
    stated = [pc.if_else(pc.is_null(born), y.cast(pa.int64()).cast(TEXT), None) for y in years]
    return lists_of(born, *stated)


def visiting_adults(
    mentions: pa.Table, labels: Rows, as_of: date | None, adult_age_years: int
) -> Flags:
    """Mentions of visitors who are no child: of age, or of unknown age, and like no declared child.

    Args:
        mentions: all mentions, by mention_id.
        labels: first mention of the person each mention is.
        as_of: the date ages are counted at; without it only likeness makes a visitor a child.
        adult_age_years: younger visitors are children.
    """
    role = mentions["role"].combine_chunks()
    is_child = pc.equal(role, "declared_child").to_numpy(zero_copy_only=False)
    is_visitor = pc.equal(role, "visitor").to_numpy(zero_copy_only=False)
    if as_of is not None:
        # ISO dates order as text; a date known to the year only counts from its first of January.
        limit = f"{as_of.year - adult_age_years:04d}{as_of.isoformat()[4:]}"
        young = pc.fill_null(pc.greater(mentions["date_of_birth"], limit), False)
        is_child |= is_visitor & young.to_numpy()
    has_child = np.zeros(len(labels), np.bool_)
    has_child[labels[is_child]] = True
    adults: Flags = is_visitor & ~has_child[labels]
    return adults


def join_namesakes(mentions: pa.Table, labels: Rows, owners: Rows, wanted: Flags) -> Rows:
    """Labels with other contacts of one offender joined where names and date of birth are the same.

    Without a date of birth nobody is joined: a name alone is too little.

    Args:
        mentions: all mentions, by mention_id.
        labels: first mention of the person each mention is.
        owners: the offender who declared each.
        wanted: mentions of other contacts.
    """
    known = [mentions[name].is_valid().to_numpy() for name in REQUIRED]
    rows = np.flatnonzero(np.all([wanted, *known], axis=0))
    codes = [owners[rows]]
    for name in ("given_name", "middle_names", "surname", "date_of_birth"):
        values = mentions[name].combine_chunks().take(pa.array(rows)).dictionary_encode()
        codes.append(pc.fill_null(values.indices, -1).to_numpy())
    # The last key is the first to sort by; equal neighbours are one person.
    order = np.lexsort((rows, *codes))
    same = np.all([code[order][1:] == code[order][:-1] for code in codes], axis=0)
    ends = rows[order]
    left = np.concatenate([np.arange(len(labels)), ends[:-1][same]])
    right = np.concatenate([labels, ends[1:][same]])
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), (len(labels),) * 2)
    numbers = connected_components(graph, directed=False)[1]
    first: Rows = np.unique(numbers, return_index=True)[1].astype(np.int64)
    joined: Rows = first[numbers]
    return joined
