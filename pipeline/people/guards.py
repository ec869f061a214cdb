"""Guards: why two records that look like one person may still not be joined.

In: compared pairs and their records. Out: for each guard, the pairs that it keeps apart. A guard
only ever forbids. It must not know thresholds or clusters.

A missing value trips no guard but the one on given names. Where a guard rests on likeness of names
or dates, an official number that agrees lifts it: numbers are given to one person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipeline.linkage.comparisons import KINDS
from pipeline.linkage.spec import LinkageSpec
from pipeline.people.compared import ComparedPairs
from pipeline.people.custody import Stays, is_in_custody_at_once
from pipeline.people.listed import Listings
from pipeline.people.records import Records, Rows

Flags = NDArray[np.bool_]

CONFLICT, AGREE = 0, 1
"""Levels of the comparison of an official number."""
DISSIMILAR_NAMES = 2
"""Highest level of given names that are not one name misspelt, a nickname, or part of the other."""
INITIAL_AGREES = 2
"""Lowest level of middle names of which one may be the initial of the other."""
CORROBORATING = {
    "middle_names": INITIAL_AGREES,
    **{name: KINDS[name].near_level for name in ("date_of_birth", "address", "postcode")},
}
"""Kinds of comparison of which one must agree beside given name and surname, from which level."""
PAIRS_AT_ONCE = 500_000


@dataclass(frozen=True)
class Guarded:
    """What the guards look at.

    Attributes:
        pairs: the compared pairs.
        records: their records.
        spec: what was compared.
        namesake_years: people of one name born further apart are parent and child.
        listings: related adults and the children they are recorded with; empty for other kinds.
        stays: when each prisoner number was in custody; empty where prison does not say.
    """

    pairs: ComparedPairs
    records: Records
    spec: LinkageSpec
    namesake_years: int
    listings: Listings
    stays: Stays = field(default_factory=dict)


def two_prisoner_numbers(guarded: Guarded) -> Flags:
    """Each record has a prisoner number, and both were in custody at once, or may have been.

    One man holds several numbers over the years, and sometimes two for one reception. Two men are
    certain only where custody overlaps; where prison gives no date of one number, nobody can tell.
    """
    conflict = _conflicts(guarded, "prisoner_number")
    rows = np.flatnonzero(conflict)
    if len(rows) == 0:
        return conflict
    left, right = (
        guarded.records.texts("prisoner_number", side[rows])
        for side in (guarded.pairs.left, guarded.pairs.right)
    )
    conflict[rows] = [
        may_be_in_custody_at_once(guarded.stays, *numbers)
        for numbers in zip(left, right, strict=True)
    ]
    return conflict


def may_be_in_custody_at_once(stays: Stays, left: str, right: str) -> bool:
    """Whether the stays of two prisoner numbers overlap, or those of one are not known."""
    if left not in stays or right not in stays:
        return True
    return is_in_custody_at_once(stays[left], stays[right])


def two_nhs_numbers(guarded: Guarded) -> Flags:
    """Each record has a valid NHS number, and they differ."""
    return _conflicts(guarded, "nhs_number")


def two_upns(guarded: Guarded) -> Flags:
    """Each record has a current UPN, and neither is the other's former one.

    An adopted child gets a new one: this guard also keeps a life before and after adoption apart
    where a source failed to say so.
    """
    conflict = _conflicts(guarded, "upn")
    if conflict.any():
        has_upn = guarded.records.table["upn"].is_valid().to_numpy()
        conflict &= has_upn[guarded.pairs.left] & has_upn[guarded.pairs.right]
    return conflict


def twins(guarded: Guarded) -> Flags:
    """Same surname, same date of birth, and given names that are not one name written twice.

    Source: the twin rule of hmpps-person-match, which asks for a shared postcode as well. Here a
    different home does not lift the guard: twins in care or grown up live apart.
    """
    pairs = guarded.pairs
    is_twin: Flags = (
        (pairs.level("surname") >= KINDS["surname"].near_level)
        & (pairs.level("date_of_birth") == KINDS["date_of_birth"].exact_level)
        & _has_other_name(guarded)
        & ~_number_agrees(guarded)
    )
    twin = np.flatnonzero(is_twin)
    is_twin[twin] = ~_one_name_in_part(guarded.records, pairs.left[twin], pairs.right[twin])
    return is_twin


def household_members(guarded: Guarded) -> Flags:
    """Neither the given name nor the date of birth is alike: a family is shared, not a person.

    Where an input holds few duplicates, the model may take one pair of sisters for the pattern of
    them all; no share of surname and home makes two people one.
    """
    born = guarded.pairs.level("date_of_birth")
    is_other_date = (born >= 0) & (born < KINDS["date_of_birth"].near_level)
    found: Flags = is_other_date & _has_other_name(guarded) & ~_number_agrees(guarded)
    return found


def parent_and_child_namesakes(guarded: Guarded) -> Flags:
    """Born more years apart than a setting, whatever else agrees; every known date counts."""
    pairs = guarded.pairs
    first, last = _birth_years(guarded.records)
    gap = np.maximum(first[pairs.left] - last[pairs.right], first[pairs.right] - last[pairs.left])
    # Comparisons with the NaN of an unknown year are false.
    found: Flags = (gap > guarded.namesake_years) & ~_number_agrees(guarded)
    return found


def two_adults_of_one_child(guarded: Guarded) -> Flags:
    """Both are recorded with one record of a child: that authority takes them for two people."""
    return _share_a_child(guarded, guarded.listings.child_record)


def name_alone(guarded: Guarded) -> Flags:
    """Only given name and surname agree: no middle name, birth date, home, number, or child.

    A name is shared by strangers more often than its parts suggest: given names and surnames of one
    culture go together, and the model takes them for independent.
    """
    agrees = _number_agrees(guarded) | _share_a_child(guarded, guarded.listings.child)
    for comparison in guarded.spec.comparisons:
        if comparison.kind in CORROBORATING:
            agrees |= guarded.pairs.level(comparison.name) >= CORROBORATING[comparison.kind]
    found: Flags = ~agrees
    return found


def given_name_missing(guarded: Guarded) -> Flags:
    """One has no given name, as newborns have none yet: a twin would agree on all the rest."""
    has_middle_name = guarded.pairs.level("middle_names") >= INITIAL_AGREES
    is_missing = guarded.pairs.level("given_name") < 0
    found: Flags = is_missing & ~has_middle_name & ~_number_agrees(guarded)
    return found


RULES: Mapping[str, Callable[[Guarded], Flags]] = {
    "two_prisoner_numbers": two_prisoner_numbers,
    "two_nhs_numbers": two_nhs_numbers,
    "two_upns": two_upns,
    "twins": twins,
    "household_members": household_members,
    "parent_and_child_namesakes": parent_and_child_namesakes,
    "two_adults_of_one_child": two_adults_of_one_child,
    "name_alone": name_alone,
    "given_name_missing": given_name_missing,
}
"""Every guard on a pair by name, in the order of `contracts.people.GUARDS`."""


def guard_pairs(guarded: Guarded) -> dict[str, Flags]:
    """For each guard the pairs that it keeps apart, (n_pairs,)."""
    return {name: rule(guarded) for name, rule in RULES.items()}


def _conflicts(guarded: Guarded, number: str) -> Flags:
    """Whether both records have this official number and differ in it."""
    found: Flags = guarded.pairs.level(number) == CONFLICT
    return found


def _has_other_name(guarded: Guarded) -> Flags:
    """Whether both records have a given name and the two are not one name written twice."""
    given = guarded.pairs.level("given_name")
    found: Flags = (given >= 0) & (given <= DISSIMILAR_NAMES)
    return found


def _share_a_child(guarded: Guarded, children: Rows) -> Flags:
    """Whether both adults are recorded with one of these children, (n_relationships,)."""
    pairs, adults = guarded.pairs, guarded.listings.record
    found = np.zeros(len(pairs.left), np.bool_)
    if len(adults) == 0:
        return found
    shape = (len(guarded.records), int(children.max()) + 1)
    listed = csr_array((np.ones(len(adults), np.int32), (adults, children)), shape)
    for start in range(0, len(found), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        shared = listed[pairs.left[part]].multiply(listed[pairs.right[part]])
        found[part] = np.asarray(shared.sum(axis=1)).ravel() > 0
    return found


def _number_agrees(guarded: Guarded) -> Flags:
    """Whether any official number is the same on both records."""
    agrees = np.zeros(len(guarded.pairs.left), np.bool_)
    for comparison in guarded.spec.comparisons:
        if comparison.kind == "identifier":
            agrees |= guarded.pairs.level(comparison.name) == AGREE
    return agrees


def _one_name_in_part(records: Records, left: Rows, right: Rows) -> Flags:
    """Whether one given name is the initial of the other, or the other's middle name."""
    names = "given_names" if "given_names" in records.table.column_names else "given_name"
    columns = [
        records.texts(column, rows) for rows in (left, right) for column in (names, "middle_names")
    ]
    return np.array(
        [
            _is_part(_words(given_l), _words(middle_l), _words(given_r), _words(middle_r))
            for given_l, middle_l, given_r, middle_r in zip(*columns, strict=True)
        ],
        np.bool_,
    )


def _words(value: list[str] | str | None) -> set[str]:
    """Words of a name, or of a list of names."""
    names = value if isinstance(value, list) else [value]
    return {word for name in names if name for word in name.lower().replace("-", " ").split()}


def _is_part(given_l: set[str], middle_l: set[str], given_r: set[str], middle_r: set[str]) -> bool:
    if given_l & middle_r or given_r & middle_l:
        return True
    shares_initial = {name[0] for name in given_l} & {name[0] for name in given_r}
    has_initial = any(len(name) == 1 for name in given_l | given_r)
    return bool(shares_initial and has_initial)


def _birth_years(records: Records) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Earliest and latest year of birth that each record states; NaN where none."""
    has_list = "dates_of_birth" in records.table.column_names
    column = records.table["dates_of_birth" if has_list else "date_of_birth"].combine_chunks()
    holders = np.arange(len(records))
    if has_list:
        holders, column = pc.list_parent_indices(column).to_numpy(), pc.list_flatten(column)
    years = pc.utf8_slice_codeunits(column, 0, 4).cast(pa.float64())
    years = years.to_numpy(zero_copy_only=False)
    first, last = np.full(len(records), np.inf), np.full(len(records), -np.inf)
    known = ~np.isnan(years)
    np.minimum.at(first, holders[known], years[known])
    np.maximum.at(last, holders[known], years[known])
    return np.where(np.isinf(first), np.nan, first), np.where(np.isinf(last), np.nan, last)
