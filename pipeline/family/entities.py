"""People of the five kinds that families are made of, each with every value its mentions hold.

In: the stage tables. Out: `Entities`: five tables of people numbered from 0, who declared whom, and
who is recorded with whom. A person is many-valued: two records that differ are two values, and a
comparison takes the best. It must not know pairs, probabilities or settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.family.tables import FamilyInputs
from pipeline.family.ties import (
    CHILD,
    KINDS,
    read_contacts,
    read_declarations,
    read_listings,
)
from pipeline.linkage.sorting import ascending_order

VALUE_COLUMNS = {
    "given_name": ("given_name", "given_names"),
    "middle_names": ("middle_names",),
    "surname": ("surname", "surnames"),
    "date_of_birth": ("date_of_birth", "expected_date_of_birth", "dates_of_birth"),
    "sex": ("sex",),
    "address": ("addresses",),
    "postcode": ("postcodes",),
}
"""Column of a person, and the mention columns that it gathers. `full_names` would add nothing:
its parts are there already."""


@dataclass(frozen=True)
class People:
    """The people of one kind, numbered 0 … n - 1 in the order of their ids.

    Attributes:
        ids: person ids, ascending.
        values: `record_id` (the number) and one list<string> column per VALUE_COLUMNS, values
            distinct, the most current first; an empty list where nothing is known.
        birth_years: float (n,), the first known date of birth as a decimal year; NaN unknown.
        earliest_birth_years, latest_birth_years: of all dates known.
        sexes: int8 (n,), 0 female, 1 male, 2 not known or stated as both.
        stated_ages: float (n,), the first age stated in years; NaN where none is.
    """

    ids: np.ndarray
    values: pa.Table
    birth_years: np.ndarray
    earliest_birth_years: np.ndarray
    latest_birth_years: np.ndarray
    sexes: np.ndarray
    stated_ages: np.ndarray

    def __len__(self) -> int:
        """How many people there are."""
        return len(self.ids)


@dataclass(frozen=True)
class Entities:
    """Everybody, and who is said to belong to whom.

    Attributes:
        offenders: adults in prison or on probation.
        children: children in children's services extracts.
        declared: children whom offenders declared.
        adults: adults recorded with children.
        contacts: whom else offenders name: partners, parents, friends.
        declarations: `declared`, `offender`, `label` (index in DECLARED_LABELS) and one flag per
            NOMINATION_SOURCES; one row a declared child and offender, ascending.
        listings: `child`, `adult`, `label` (index in RECORDED_LABELS); distinct, ascending.
        named_contacts: `offender`, `contact`, `label` (index in KIN_LABELS); distinct, ascending.
        child_authority: int32 (n children,), index into `authorities`.
        authorities: authority codes, ascending.
        person_of_mention: by kind, the number of each mention's person by mention id; -1 for a
            mention of another kind.
    """

    offenders: People
    children: People
    declared: People
    adults: People
    contacts: People
    declarations: pd.DataFrame
    listings: pd.DataFrame
    named_contacts: pd.DataFrame
    child_authority: np.ndarray
    authorities: tuple[str, ...]
    person_of_mention: Mapping[str, np.ndarray]


def gather_entities(tables: FamilyInputs) -> Entities:
    """Turn mentions, and which person each is, into people and their stated ties."""
    kinds, numbers, ids = _number_people(tables)

    def people_of(code: int) -> People:
        return _people_of(tables.mentions, kinds == code, numbers, ids[KINDS[code]])

    with ThreadPoolExecutor(2) as pool:
        people = dict(zip(KINDS, pool.map(people_of, range(len(KINDS))), strict=True))
    authority, authorities = _child_authorities(
        tables.mentions, kinds, numbers, len(people["child"])
    )
    return Entities(
        offenders=people["offender"],
        children=people["child"],
        declared=people["declared_child"],
        adults=people["related_adult"],
        contacts=people["declared_other"],
        declarations=read_declarations(tables, kinds, numbers, len(people["declared_child"])),
        listings=read_listings(tables.relationships, kinds, numbers),
        named_contacts=read_contacts(tables, kinds, numbers),
        child_authority=authority,
        authorities=authorities,
        person_of_mention={
            kind: np.where(kinds == code, numbers, -1) for code, kind in enumerate(KINDS)
        },
    )


def _number_people(
    tables: FamilyInputs,
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Kind (index in KINDS, -1 another) and number of every mention, indexed by mention id."""
    persons = tables.mention_persons
    mention = persons["mention_id"].to_numpy()
    size = 1 + max(_largest(tables.mentions["mention_id"]), _largest(persons["mention_id"]))
    kind = pc.index_in(persons["kind"], pa.array(KINDS)).fill_null(-1).to_numpy()
    kinds = np.full(size, -1, np.int8)
    numbers = np.full(size, -1, np.int64)
    kinds[mention] = kind
    ids = {}
    for code, name in enumerate(KINDS):
        rows = np.flatnonzero(kind == code)
        person = persons["person_id"].take(pa.array(rows)).combine_chunks().dictionary_encode()
        order = pc.array_sort_indices(person.dictionary)
        rank = np.empty(len(order), np.int64)
        rank[order.to_numpy()] = np.arange(len(order))
        numbers[mention[rows]] = rank[person.indices.to_numpy()]
        ids[name] = person.dictionary.take(order).to_numpy(zero_copy_only=False)
    return kinds, numbers, ids


def _largest(column: pa.ChunkedArray) -> int:
    largest = pc.max(column).as_py()
    return -1 if largest is None else int(largest)


def _people_of(
    mentions: pa.Table, is_kind: np.ndarray, numbers: np.ndarray, ids: np.ndarray
) -> People:
    """The people of one kind with all their values.

    Args:
        mentions: contract MENTIONS.
        is_kind: bool, by mention id.
        numbers: person number by mention id.
        ids: person ids of this kind, ascending.
    """
    of_kind = mentions.filter(pa.array(is_kind[mentions["mention_id"].to_numpy()]))
    owner = numbers[of_kind["mention_id"].to_numpy()]
    columns = {"record_id": pa.array(np.arange(len(ids), dtype=np.int64))}
    for name, sources in VALUE_COLUMNS.items():
        columns[name] = _gathered(of_kind, owner, sources, len(ids))
    values = pa.table(columns)
    first, earliest, latest = _birth_years(values["date_of_birth"].combine_chunks())
    return People(
        ids=ids,
        values=values,
        birth_years=first,
        earliest_birth_years=earliest,
        latest_birth_years=latest,
        sexes=_sexes(values["sex"].combine_chunks()),
        stated_ages=_stated_ages(of_kind, owner, len(ids)),
    )


def _gathered(
    mentions: pa.Table, owner: np.ndarray, sources: tuple[str, ...], size: int
) -> pa.Array:
    """One list per person: the distinct non-null values of these mention columns, in order."""
    owners, texts = [], []
    for source in sources:
        column = mentions[source].combine_chunks()
        if pa.types.is_list(column.type):
            rows = pc.list_parent_indices(column).to_numpy()
            owners.append(owner[rows])
            texts.append(pc.list_flatten(column))
        else:
            known = pc.is_valid(column).to_numpy(zero_copy_only=False)
            owners.append(owner[known])
            texts.append(column.drop_null())
    return _lists(np.concatenate(owners), pa.concat_arrays(texts), size)


def _lists(owner: np.ndarray, texts: pa.Array, size: int) -> pa.Array:
    """Lists by owner 0 … size - 1 of distinct texts, in order of first appearance."""
    encoded = texts.dictionary_encode()
    order = ascending_order(owner)
    owner, codes = owner[order], encoded.indices.to_numpy()[order]
    key = owner.astype(np.int64) * max(len(encoded.dictionary), 1) + codes
    # Nearly ascending by now, which makes this quick.
    first = np.sort(np.unique(key, return_index=True)[1])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner[first], minlength=size))])
    values = texts.take(pa.array(order[first]))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


def lend_homes(declared: People, offenders: People, declarations: pd.DataFrame) -> pa.Table:
    """The declared children's values, the homes of whoever declared them added to their own."""
    row, at = declarations.declared.to_numpy(), declarations.offender.to_numpy()
    values = declared.values
    for name in ("address", "postcode"):
        own = values[name].combine_chunks()
        lent = offenders.values[name].combine_chunks().take(pa.array(at))
        owner = np.concatenate(
            [pc.list_parent_indices(own).to_numpy(), row[pc.list_parent_indices(lent).to_numpy()]]
        )
        texts = pa.concat_arrays([pc.list_flatten(own), pc.list_flatten(lent)])
        column = _lists(owner, texts, len(declared))
        values = values.set_column(values.column_names.index(name), name, column)
    return values


def likeness(people: People, columns: tuple[str, ...]) -> np.ndarray:
    """Equal numbers for people whose first values of these columns are known and equal, (n,)."""
    size = len(people)
    group = np.zeros(size, np.int64)
    is_known = np.ones(size, bool)
    for name in columns:
        first = first_of(people.values[name].combine_chunks())
        codes = first.dictionary_encode().indices
        is_known &= codes.is_valid().to_numpy(zero_copy_only=False)
        code = codes.fill_null(0).to_numpy().astype(np.int64)
        _, group = np.unique(group * (size + 1) + code, return_inverse=True)
    return np.where(is_known, group, size + np.arange(size))


def first_of(lists: pa.Array) -> pa.Array:
    """The first value of each list, null where the list is empty."""
    starts = lists.offsets.to_numpy()
    at = np.where(np.diff(starts) > 0, starts[:-1], -1)
    return lists.values.take(pa.array(at, mask=at < 0))


def _birth_years(dates: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First, earliest and latest date of each list as decimal years; NaN where there is none."""
    texts = dates.values
    month, day = _digits(texts, 5, 7), _digits(texts, 8, 10)
    days = np.where(np.isnan(day), 15.0, day)
    within = np.where(np.isnan(month), 0.5, (month - 1 + days / 31.0) / 12.0)
    years = _digits(texts, 0, 4) + within
    offsets = dates.offsets.to_numpy()
    first = np.append(years, np.nan)[np.where(np.diff(offsets) > 0, offsets[:-1], len(years))]
    earliest, latest = first.copy(), first.copy()
    owner = np.repeat(np.arange(len(first)), np.diff(offsets))
    np.fmin.at(earliest, owner, years)
    np.fmax.at(latest, owner, years)
    return first, earliest, latest


def _digits(texts: pa.Array, start: int, stop: int) -> np.ndarray:
    """The number written between two positions of ISO dates; NaN where there is none."""
    part = pc.utf8_slice_codeunits(texts, start, stop)
    part = pc.if_else(pc.match_substring_regex(part, "^[0-9]+$"), part, None)
    return np.asarray(part.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _sexes(sexes: pa.Array) -> np.ndarray:
    code = pc.index_in(first_of(sexes), pa.array(["F", "M"])).fill_null(2).to_numpy()
    is_one = np.diff(sexes.offsets.to_numpy()) == 1
    return np.where(is_one, code, 2).astype(np.int8)


def _stated_ages(mentions: pa.Table, owner: np.ndarray, size: int) -> np.ndarray:
    ages = np.full(size, np.nan)
    stated = mentions["age_years"].to_numpy()
    known = np.flatnonzero(~np.isnan(stated))[::-1]
    ages[owner[known]] = stated[known]
    return ages


def _child_authorities(
    mentions: pa.Table, kinds: np.ndarray, numbers: np.ndarray, size: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Each child's authority; of several the first in order, only to choose its rates."""
    mention = mentions["mention_id"].to_numpy()
    rows = kinds[mention] == CHILD
    codes = mentions["authority_code"].filter(pa.array(rows)).fill_null("")
    authorities, inverse = np.unique(
        codes.to_numpy(zero_copy_only=False).astype(str), return_inverse=True
    )
    result = np.full(size, max(len(authorities) - 1, 0), np.int32)
    np.minimum.at(result, numbers[mention[rows]], inverse.astype(np.int32))
    return result, tuple(str(code) for code in authorities)
