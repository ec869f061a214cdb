"""Homes: who has lived where, and which pairs share a home.

In: dated addresses of mentions, and which person each mention is. Out: `SharedHomes` of two kinds
of people: the pairs that share an address or postcode, and the place level of any pair. A place
where many live (a hostel, a placeholder) brings nobody together, and agreeing on a common place
says less than on a rare one. It must not know families, witnesses or probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

USABLE_KINDS = ("home", "other")
"""Prisons, approved premises, placements and refuges are homes of many, or must not be found."""

ELSEWHERE, AREA, POSTCODE, ADDRESS, BOTH = range(5)
"""Place levels. AREA: the same outward code, or a shared home at another time."""

AREAS_COMPARED = 3
"""Most recent outward codes of a person that are compared."""

FIRST_DAY, LAST_DAY = -(10**6), 10**6


@dataclass(frozen=True)
class Homes:
    """Homes of the people of one kind, distinct, by person.

    Attributes:
        stays: `person`, `address` and `postcode` (codes shared by all kinds, -1 unknown), `start`
            and `end` (days since 1970, FIRST_DAY and LAST_DAY where open).
        areas: int32 (n_people, AREAS_COMPARED), codes of outward codes, -1 none.
        size: how many people there are.
    """

    stays: pd.DataFrame
    areas: np.ndarray
    size: int

    @property
    def has_home(self) -> np.ndarray:
        """Whether any home is known of each person."""
        known: np.ndarray = np.zeros(self.size, dtype=np.bool_)
        known[self.stays.person.to_numpy()] = True
        return known


@dataclass(frozen=True)
class PlaceLevels:
    """How pairs agree on where they live.

    Attributes:
        level: int8 (n,), -1 where no home is known of one of the two.
        share: float (n,), share of people who live at the place agreed on; NaN where none is.
    """

    level: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class SharedHomes:
    """The pairs of two kinds of people that share a home.

    Attributes:
        left: homes of the left people.
        right: homes of the right people.
        pairs: `left`, `right`, `level` (AREA: at another time), `share`; distinct, ascending.
    """

    left: Homes
    right: Homes
    pairs: pd.DataFrame

    def levels(self, left: np.ndarray, right: np.ndarray) -> PlaceLevels:
        """The place level of any pairs (left[i], right[i])."""
        known = self.left.has_home[left] & self.right.has_home[right]
        level = np.where(known, ELSEWHERE, -1).astype(np.int8)
        level[known & _same_area(self.left.areas[left], self.right.areas[right])] = AREA
        share = np.full(len(left), np.nan)
        keys = self._keys(self.pairs.left.to_numpy(), self.pairs.right.to_numpy())
        wanted = self._keys(left, right)
        at = np.searchsorted(keys, wanted)
        found = at < len(keys)
        found[found] = keys[at[found]] == wanted[found]
        level[found] = np.maximum(self.pairs.level.to_numpy()[at[found]], level[found])
        share[found] = self.pairs.share.to_numpy()[at[found]]
        return PlaceLevels(level, share)

    def shares_of_levels(self) -> np.ndarray:
        """Share of all comparable pairs at each level, (5,); AREA is not told from ELSEWHERE."""
        possible = float(self.left.has_home.sum()) * float(self.right.has_home.sum())
        counts = np.bincount(self.pairs.level, minlength=5) + 0.5
        counts[ELSEWHERE] = max(possible - counts.sum(), 1.0)
        return np.asarray(counts / counts.sum())

    def _keys(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.asarray(left.astype(np.int64) * self.right.size + right)


def nearer(one: PlaceLevels, other: PlaceLevels) -> PlaceLevels:
    """Pair by pair the higher level of two comparisons of homes."""
    first = one.level >= other.level
    return PlaceLevels(
        np.where(first, one.level, other.level), np.where(first, one.share, other.share)
    )


def nearest_of_each(
    group: np.ndarray, places: PlaceLevels, counts: np.ndarray, size: int
) -> PlaceLevels:
    """The highest level among the rows of each group that count; -1 without one.

    Args:
        group: (n,), group of each row, 0 … size - 1.
        places: (n,), the rows' levels.
        counts: (n,), rows to look at.
        size: how many groups there are.
    """
    level, share = np.full(size, -1, np.int8), np.full(size, np.nan)
    rows = np.flatnonzero(counts & (places.level >= 0))
    order = rows[np.lexsort((-np.nan_to_num(places.share[rows]), places.level[rows]))]
    level[group[order]] = places.level[order]
    share[group[order]] = places.share[order]
    return PlaceLevels(level, share)


def read_stays(addresses: pa.Table) -> pd.DataFrame:
    """Every usable stay: `mention`, codes of address, postcode and outward code, start and end."""
    usable = addresses.filter(pc.is_in(addresses["kind"], pa.array(USABLE_KINDS)))
    postcode = usable["postcode"]
    outward = pc.replace_substring_regex(postcode, " .*$", "")
    return pd.DataFrame(
        {
            "mention": usable["mention_id"].to_numpy(),
            "address": _codes(usable["address"]),
            "postcode": _codes(postcode),
            "area": _codes(outward),
            "start": _days(usable["start_date"], FIRST_DAY),
            "end": _days(usable["end_date"], LAST_DAY),
        }
    )


def _codes(texts: pa.ChunkedArray) -> np.ndarray:
    indices = texts.combine_chunks().dictionary_encode().indices
    return np.asarray(indices.fill_null(-1).to_numpy(), dtype=np.int64)


def _days(dates: pa.ChunkedArray, missing: int) -> np.ndarray:
    """Days since 1970 of full ISO dates; anything else is open."""
    full = pc.if_else(pc.equal(pc.utf8_length(dates), 10), dates, None)
    days = full.cast(pa.date32()).cast(pa.int32()).fill_null(missing)
    return np.asarray(days.to_numpy(), dtype=np.int64)


def homes_of(stays: pd.DataFrame, person: np.ndarray, size: int) -> Homes:
    """The homes of one kind of people.

    Args:
        stays: from `read_stays`.
        person: number of each mention's person by mention id, -1 for another kind.
        size: how many people there are.
    """
    own = stays.assign(person=person[stays.mention.to_numpy()])
    own = own[own.person >= 0]
    areas = _latest_areas(own, size)
    columns = ["person", "address", "postcode", "start", "end"]
    return Homes(own[columns].drop_duplicates().sort_values(columns), areas, size)


def _latest_areas(stays: pd.DataFrame, size: int) -> np.ndarray:
    """Outward codes of each person's latest homes."""
    known = stays[stays.area >= 0].sort_values(
        ["person", "end", "start", "area"], ascending=[True, False, False, True]
    )
    known = known.drop_duplicates(["person", "area"])
    place = known.groupby("person").cumcount().to_numpy()
    kept = place < AREAS_COMPARED
    areas = np.full((size, AREAS_COMPARED), -1, np.int32)
    areas[known.person.to_numpy()[kept], place[kept]] = known.area.to_numpy()[kept]
    return areas


def _same_area(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether any outward code is in both rows, (n,)."""
    same = np.zeros(len(left), bool)
    for a in range(AREAS_COMPARED):
        for b in range(AREAS_COMPARED):
            same |= (left[:, a] >= 0) & (left[:, a] == right[:, b])
    return same


def share_homes(left: Homes, right: Homes, max_pairs_at_a_place: int) -> SharedHomes:
    """Find every pair that shares an address or a postcode.

    Args:
        left: homes of one kind of people.
        right: homes of another kind.
        max_pairs_at_a_place: places that would make more pairs are no household.
    """
    by_address = _pairs_at(left, right, "address", max_pairs_at_a_place)
    by_postcode = _pairs_at(left, right, "postcode", max_pairs_at_a_place)
    pairs = by_address.merge(
        by_postcode, on=["left", "right"], how="outer", suffixes=("_address", "_postcode")
    )
    same_address = pairs.together_address.eq(True)
    same_postcode = pairs.together_postcode.eq(True)
    level = np.select(
        [same_address & same_postcode, same_address, same_postcode], [BOTH, ADDRESS, POSTCODE], AREA
    )
    share = pairs.share_address.where(same_address, pairs.share_postcode)
    share = share.fillna(pairs.share_address)
    found = pd.DataFrame(
        {"left": pairs.left, "right": pairs.right, "level": level.astype(np.int8), "share": share}
    )
    found = found.sort_values(["left", "right"]).reset_index(drop=True)
    return SharedHomes(left, right, found)


def _pairs_at(left: Homes, right: Homes, column: str, limit: int) -> pd.DataFrame:
    """Pairs of people who share a value of this column.

    Returns:
        `left`, `right`, `together` (their stays overlap), `share` (of the rarest place shared).
    """
    columns = [column, "person", "start", "end"]
    mine = left.stays.loc[left.stays[column] >= 0, columns]
    theirs = right.stays.loc[right.stays[column] >= 0, columns]
    counts = pd.DataFrame(
        {
            "mine": mine.groupby(column).person.nunique(),
            "theirs": theirs.groupby(column).person.nunique(),
        }
    ).dropna()
    counts = counts[counts.mine * counts.theirs <= limit]
    counts["share"] = np.maximum(
        counts.mine / max(left.size, 1), counts.theirs / max(right.size, 1)
    )
    pairs = mine[mine[column].isin(counts.index)].merge(theirs, on=column, suffixes=("", "_right"))
    start = np.maximum(pairs.start, pairs.start_right)
    pairs["together"] = start <= np.minimum(pairs.end, pairs.end_right)
    pairs["share"] = pairs[column].map(counts.share).astype(float)
    pairs = pairs.rename(columns={"person": "left", "person_right": "right"})
    pairs = pairs.sort_values(
        ["left", "right", "together", "share"], ascending=[True, True, False, True]
    )
    kept: pd.DataFrame = pairs.drop_duplicates(["left", "right"])
    return kept[["left", "right", "together", "share"]]
