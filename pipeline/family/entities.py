"""People of the five kinds that families are made of, each with every value its mentions hold.

In: the stage tables. Out: `Entities`: five tables of people numbered from 0, who declared whom, and
who is recorded with whom. A person is many-valued: two records that differ are two values, and a
comparison takes the best. It must not know pairs, probabilities or settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.family.person_values import (
    CodedColumn,
    code_columns,
    first_codes,
    joined_lists,
    lists_by_owner,
)
from pipeline.family.tables import FamilyInputs
from pipeline.family.ties import (
    CHILD,
    KINDS,
    read_contacts,
    read_declarations,
    read_listings,
)

READERS = (read_declarations, read_listings, read_contacts)
"""Of stated ties, each from the tables, and every mention's kind and person."""

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
        values: `record_id` (the number) and one list<dictionary<int32, string>> column per
            VALUE_COLUMNS, values distinct, the most current first; an empty list where nothing is
            known.
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
        listings: `child`, `adult`, `label` (index in RECORDED_LABELS), `is_parent` (may be the
            child's parent) and `beside` (from `with_several_parents`); one row a child and adult,
            ascending.
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
    ages = tables.mentions.select(["mention_id", "age_years"])
    with ThreadPoolExecutor(2) as pool:
        kinds, numbers, ids = _number_people(tables, pool)
        of_kind = {kind: np.where(kinds == code, numbers, -1) for code, kind in enumerate(KINDS)}
        ties = [pool.submit(read, tables, kinds, numbers) for read in READERS]
        coded = code_columns(tables.mentions, VALUE_COLUMNS, pool)
        people = dict(
            pool.map(lambda kind: (kind, _people_of(coded, ages, of_kind[kind], ids[kind])), KINDS)
        )
        declarations, listings, contacts = (one.result() for one in ties)
    authority, authorities = _child_authorities(
        tables.mentions, kinds, numbers, len(people["child"])
    )
    return Entities(
        offenders=people["offender"],
        children=people["child"],
        declared=people["declared_child"],
        adults=people["related_adult"],
        contacts=people["declared_other"],
        declarations=declarations,
        listings=listings,
        named_contacts=contacts,
        child_authority=authority,
        authorities=authorities,
        person_of_mention=of_kind,
    )


def _number_people(
    tables: FamilyInputs, pool: Executor
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Kind (index in KINDS, -1 another) and number of every mention, indexed by mention id."""
    persons = tables.mention_persons
    mention = persons["mention_id"].to_numpy()
    size = 1 + max(_largest(tables.mentions["mention_id"]), _largest(persons["mention_id"]))
    kind = pc.index_in(persons["kind"], pa.array(KINDS)).fill_null(-1).to_numpy()
    kinds = np.full(size, -1, np.int8)
    numbers = np.full(size, -1, np.int64)
    kinds[mention] = kind

    def number(code: int) -> np.ndarray:
        rows = np.flatnonzero(kind == code)
        person = persons["person_id"].take(pa.array(rows)).combine_chunks().dictionary_encode()
        order = pc.array_sort_indices(person.dictionary)
        rank = np.empty(len(order), np.int64)
        rank[order.to_numpy()] = np.arange(len(order))
        numbers[mention[rows]] = rank[person.indices.to_numpy()]
        return np.asarray(person.dictionary.take(order).to_numpy(zero_copy_only=False))

    return kinds, numbers, dict(zip(KINDS, pool.map(number, range(len(KINDS))), strict=True))


def _largest(column: pa.ChunkedArray) -> int:
    largest = pc.max(column).as_py()
    return -1 if largest is None else int(largest)


def _people_of(
    coded: Mapping[str, CodedColumn], ages: pa.Table, numbers: np.ndarray, ids: np.ndarray
) -> People:
    """The people of one kind with all their values.

    Args:
        coded: the values of all mentions, by VALUE_COLUMNS.
        ages: mention_id, age_years of all mentions.
        numbers: person number by mention id; -1 for a mention of another kind.
        ids: person ids of this kind, ascending.
    """
    lists = {name: lists_by_owner(column, numbers, len(ids)) for name, column in coded.items()}
    first, earliest, latest = _birth_years(lists["date_of_birth"])
    return People(
        ids=ids,
        values=pa.table({"record_id": np.arange(len(ids), dtype=np.int64), **lists}),
        birth_years=first,
        earliest_birth_years=earliest,
        latest_birth_years=latest,
        sexes=_sexes(lists["sex"]),
        stated_ages=_stated_ages(ages, numbers, len(ids)),
    )


def lend_homes(declared: People, offenders: People, declarations: pd.DataFrame) -> pa.Table:
    """The declared children's values, the homes of whoever declared them added to their own."""
    row, at = declarations.declared.to_numpy(), declarations.offender.to_numpy()
    values = declared.values
    for name in ("address", "postcode"):
        own = values[name].combine_chunks()
        lent = offenders.values[name].combine_chunks().take(pa.array(at))
        column = joined_lists(own, lent, row)
        values = values.set_column(values.column_names.index(name), name, column)
    return values


def likeness(people: People, columns: tuple[str, ...]) -> np.ndarray:
    """Equal numbers for people whose first values of these columns are known and equal, (n,)."""
    size = len(people)
    group = np.zeros(size, np.int64)
    is_known = np.ones(size, bool)
    for name in columns:
        code = first_codes(people.values[name].combine_chunks()).astype(np.int64)
        is_known &= code >= 0
        _, group = np.unique(group * (code.max(initial=0) + 1) + code, return_inverse=True)
    # Numbered as people come, and not as texts were first met: sums over groups are made in order.
    _, first, group = np.unique(group, return_index=True, return_inverse=True)
    return np.where(is_known, first[group], size + np.arange(size))


def _birth_years(dates: pa.ListArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First, earliest and latest date of each list as decimal years; NaN where there is none."""
    texts = dates.values.dictionary
    month, day = _digits(texts, 5, 7), _digits(texts, 8, 10)
    days = np.where(np.isnan(day), 15.0, day)
    within = np.where(np.isnan(month), 0.5, (month - 1 + days / 31.0) / 12.0)
    of_text = np.append(_digits(texts, 0, 4) + within, np.nan)
    years = of_text[dates.values.indices.to_numpy()]
    first = of_text[first_codes(dates)]
    earliest, latest = first.copy(), first.copy()
    owner = np.repeat(np.arange(len(first)), np.diff(dates.offsets.to_numpy()))
    np.fmin.at(earliest, owner, years)
    np.fmax.at(latest, owner, years)
    return first, earliest, latest


def _digits(texts: pa.Array, start: int, stop: int) -> np.ndarray:
    """The number written between two positions of ISO dates; NaN where there is none."""
    part = pc.utf8_slice_codeunits(texts, start, stop)
    part = pc.if_else(pc.match_substring_regex(part, "^[0-9]+$"), part, None)
    return np.asarray(part.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _sexes(sexes: pa.ListArray) -> np.ndarray:
    code = pc.index_in(sexes.values.dictionary, pa.array(["F", "M"])).fill_null(2).to_numpy()
    is_one = np.diff(sexes.offsets.to_numpy()) == 1
    return np.where(is_one, np.append(code, 2)[first_codes(sexes)], 2).astype(np.int8)


def _stated_ages(mentions: pa.Table, numbers: np.ndarray, size: int) -> np.ndarray:
    ages = np.full(size, np.nan)
    stated, owner = mentions["age_years"].to_numpy(), numbers[mentions["mention_id"].to_numpy()]
    known = np.flatnonzero(~np.isnan(stated) & (owner >= 0))[::-1]
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
