"""The made-up geography: postcodes, dwellings, and who lives near whom.

In: the reference tables of local authorities and prisons, and settings. Out: a `Geography` that
gives homes, addresses and moves. Postcodes are made up: their letters are the area of the nearest
real prison, so that they look right, while districts, sectors and units are counted up and may
coincide with real ones. Neighbours share a postcode or a sector; some sectors lie in two
authorities, as real ones do. It must not know who lives where.

A dwelling is one integer, `postcode * DWELLINGS + slot`: its address follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.errors import SettingsError
from pipeline.settings.places import SHIPPED_CONFIG
from pipeline.settings.synthetic import PlaceSettings, Scale
from pipeline.synthetic.draws import Array, Codes, Flags, Generator, either, happens, within
from pipeline.synthetic.names import build_name_book

REFERENCE = SHIPPED_CONFIG / "reference"
DWELLINGS = 32
"""Dwellings to a postcode; a real one has some 15 addresses and at most 100."""

UNIT_LETTERS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)
"""Letters that the end of a postcode may hold."""

STREET_WORDS = {"Road": "Rd", "Street": "St", "Avenue": "Ave", "Close": "Cl", "Lane": "Ln",
                "Drive": "Dr", "Crescent": "Cres", "Grove": "Gr", "Way": "Way"}  # fmt: skip
"""Endings of street names, in full and short."""

NUMBERS = np.array([f"{number} " for number in range(1, 100)], dtype=object)
FLATS = np.array([f"Flat {number}, " for number in range(1, DWELLINGS + 1)], dtype=object)
KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Geography:
    """Every made-up postcode, and the authorities and prisons around them.

    Attributes:
        authorities: dfe_code, la_name, lat, long, pop_2020; one row per authority in scope.
        prisons: agency_id, lat, long, male, female; the active ones.
        postcodes: postcode, authority (row of `authorities`), weight, latitude, longitude,
            street; sorted by authority.
        streets: street names, as `postcodes.street` counts them: in full and short, `(n, 2)`.
        flats: share of postcodes whose dwellings are flats.
        move_chances: chance of moving from each authority (row) to each other one (column).
    """

    authorities: pd.DataFrame
    prisons: pd.DataFrame
    postcodes: pd.DataFrame
    streets: Array
    flats: float
    move_chances: Array

    def settle(self, rng: Generator, authority: Codes) -> Codes:
        """A dwelling in each of these authorities, crowded sectors more often."""
        cumulative = np.r_[0.0, np.cumsum(self.postcodes["weight"].to_numpy())]
        first = np.searchsorted(self.postcodes["authority"].to_numpy(), authority, side="left")
        last = np.searchsorted(self.postcodes["authority"].to_numpy(), authority, side="right")
        low, high = cumulative[first], cumulative[last]
        point = low + rng.random(len(authority)) * (high - low)
        postcode = np.clip(np.searchsorted(cumulative, point, "right") - 1, first, last - 1)
        slot = rng.integers(0, DWELLINGS, len(authority))
        return np.asarray((postcode * DWELLINGS + slot).astype(np.int32))

    def move_to(self, rng: Generator, authority: Codes) -> Codes:
        """The authority that each mover goes to, near ones most often."""
        count = len(self.authorities)
        if count == 1:
            return authority.copy()
        ladder = np.cumsum(self.move_chances, axis=1) + np.arange(count)[:, None]
        reached = np.searchsorted(ladder.ravel(), authority + rng.random(len(authority)))
        return np.asarray(np.clip(reached - authority * count, 0, count - 1).astype(np.int32))

    def authority_of(self, dwelling: Codes) -> Codes:
        """Row of `authorities` that each dwelling lies in; −1 for no dwelling."""
        place = self.postcodes["authority"].to_numpy()[np.maximum(dwelling, 0) // DWELLINGS]
        return np.where(dwelling >= 0, place, -1).astype(np.int32)

    def postcode_of(self, dwelling: Codes) -> Array:
        """The postcode of each dwelling, null for none."""
        text = self.postcodes["postcode"].to_numpy()[np.maximum(dwelling, 0) // DWELLINGS]
        return either(dwelling >= 0, text, None)

    def point_of(self, dwelling: Codes) -> Array:
        """Latitude and longitude of each dwelling; shape `(n, 2)`."""
        points = self.postcodes[["latitude", "longitude"]].to_numpy()
        return np.asarray(points[np.maximum(dwelling, 0) // DWELLINGS])

    def address_of(self, dwelling: Codes, is_short: Flags) -> Array:
        """Address lines without the postcode, null for no dwelling.

        Args:
            is_short: write Road as Rd and leave the town out.
        """
        known = np.maximum(dwelling, 0)
        row, slot = known // DWELLINGS, known % DWELLINGS
        street = self.streets[self.postcodes["street"].to_numpy()[row], is_short.astype(int)]
        town = self.authorities["la_name"].to_numpy()[self.postcodes["authority"].to_numpy()[row]]
        # A postcode's buildings are numbered from a start of its own.
        start = row * 7919 % 60
        is_flat = row * 104729 % 1000 < 1000 * self.flats
        building = np.where(is_flat, FLATS[slot] + NUMBERS[start], NUMBERS[start + slot])
        ending = np.where(is_short, "", ", " + town)
        return either(dwelling >= 0, building + street + ending, None)

    def directory(self) -> pd.DataFrame:
        """The made-up postcode directory: postcode, authority_code, latitude, longitude."""
        codes = self.authorities["dfe_code"].to_numpy()
        return pd.DataFrame({
            "postcode": self.postcodes["postcode"],
            "authority_code": codes[self.postcodes["authority"]],
            "latitude": self.postcodes["latitude"].round(5),
            "longitude": self.postcodes["longitude"].round(5),
        }).sort_values("postcode", ignore_index=True)  # fmt: skip


def build_geography(
    rng: Generator, scale: Scale, settings: PlaceSettings, households: int
) -> Geography:
    """Lay out postcodes for about this many households over the authorities in scope."""
    authorities = _authorities_in_scope(scale)
    prisons = _active_prisons()
    shares = authorities["pop_2020"].to_numpy() / authorities["pop_2020"].sum()
    wanted = np.maximum(np.ceil(shares * households / settings.households_per_postcode), 40)
    sectors = _lay_out_sectors(authorities, prisons, wanted.astype(int))
    postcodes = _lay_out_postcodes(rng, sectors, authorities, settings)
    streets = _street_names(rng)
    postcodes["street"] = rng.integers(0, len(streets), len(postcodes))
    return Geography(
        authorities=authorities,
        prisons=prisons,
        postcodes=postcodes.sort_values(["authority", "postcode"], ignore_index=True),
        streets=streets,
        flats=settings.flats,
        move_chances=_move_chances(authorities, settings.distance_scale_km),
    )


def _authorities_in_scope(scale: Scale) -> pd.DataFrame:
    path = REFERENCE / "local_authorities.csv"
    table = pd.read_csv(path, dtype={"dfe_code": str}).sort_values("dfe_code", ignore_index=True)
    unknown = sorted(set(scale.authority_codes) - set(table["dfe_code"]))
    if unknown:
        raise SettingsError(f"authority codes {unknown[:5]} are not in {path}")
    if scale.authority_codes:
        table = table[table["dfe_code"].isin(scale.authority_codes)].reset_index(drop=True)
    return table[["dfe_code", "la_name", "lat", "long", "pop_2020"]]


def _active_prisons() -> pd.DataFrame:
    table = pd.read_csv(REFERENCE / "prisons.csv")
    table = table[(table["active"] == 1) & table["postcode"].notna()]
    return table[["agency_id", "postcode", "lat", "long", "male", "female"]].reset_index(drop=True)


def distances_km(points: Array, others: Array) -> Array:
    """Straight-line kilometres between points and others (latitude, longitude); `(n, m)`."""
    shrink = np.cos(np.radians(points[:, :1]))
    north = (points[:, None, 0] - others[None, :, 0]) * KM_PER_DEGREE
    east = (points[:, None, 1] - others[None, :, 1]) * KM_PER_DEGREE * shrink
    return np.hypot(north, east)


def _move_chances(authorities: pd.DataFrame, scale_km: float) -> Array:
    """Chance of moving from each authority (row) to each other one (column)."""
    points = authorities[["lat", "long"]].to_numpy()
    pull = authorities["pop_2020"].to_numpy() * np.exp(-distances_km(points, points) / scale_km)
    np.fill_diagonal(pull, 1e-9)
    return np.asarray(pull / pull.sum(axis=1, keepdims=True))


def _lay_out_sectors(
    authorities: pd.DataFrame, prisons: pd.DataFrame, wanted: Array
) -> pd.DataFrame:
    """Sectors of each authority: text, authority, postcodes in it, neighbouring authority."""
    points = authorities[["lat", "long"]].to_numpy()
    nearest = distances_km(points, prisons[["lat", "long"]].to_numpy()).argmin(axis=1)
    areas = prisons["postcode"].str.extract(r"^([A-Z]+)")[0].to_numpy()[nearest]
    rows = []
    for area in sorted(set(areas)):
        members = np.flatnonzero(areas == area)
        units = _units_per_sector(wanted[members])
        district = 0
        for place, member in enumerate(members):
            neighbour = members[(place + 1) % len(members)]
            for number in range(-(-wanted[member] // units)):
                if number % 10 == 0:
                    district += 1
                size = min(units, wanted[member] - number * units)
                rows.append((f"{area}{district} {number % 10}", member, size, neighbour))
    return pd.DataFrame(rows, columns=["sector", "authority", "size", "neighbour"])


def _units_per_sector(wanted: Array) -> int:
    """Postcodes to a sector: as few as let every district of the area be numbered below 99."""
    for units in (60, 120, 200, 300, 400):
        if np.ceil(np.ceil(wanted / units) / 10).sum() <= 98:
            return units
    raise SettingsError(
        "too many households for the made-up postcodes; raise places.households_per_postcode"
    )


def _lay_out_postcodes(
    rng: Generator, sectors: pd.DataFrame, authorities: pd.DataFrame, settings: PlaceSettings
) -> pd.DataFrame:
    weight = rng.gamma(settings.crowding, size=len(sectors))
    centre = authorities[["lat", "long"]].to_numpy()[sectors["authority"]]
    centre = centre + rng.normal(0, 0.04, centre.shape)
    straddles = happens(rng, settings.sectors_straddling, len(sectors))
    sector = np.repeat(np.arange(len(sectors)), sectors["size"])
    unit = within(sector)
    is_across = straddles[sector] & happens(rng, settings.straddling_postcodes, len(sector))
    own, other = (sectors[name].to_numpy()[sector] for name in ("authority", "neighbour"))
    place = centre[sector] + rng.normal(0, 0.004, (len(sector), 2))
    letters = UNIT_LETTERS[unit // len(UNIT_LETTERS)] + UNIT_LETTERS[unit % len(UNIT_LETTERS)]
    return pd.DataFrame({
        "postcode": sectors["sector"].to_numpy(dtype=object)[sector] + letters,
        "authority": np.where(is_across, other, own).astype(np.int32),
        "weight": weight[sector],
        "latitude": place[:, 0],
        "longitude": place[:, 1],
    })  # fmt: skip


def _street_names(rng: Generator) -> Array:
    book = build_name_book()
    pool = book.pools["british", "surname"]
    words = np.array([(f" {word}", f" {short}") for word, short in STREET_WORDS.items()], object)
    surnames = book.plain[rng.permutation(pool.codes)[:3000]]
    return np.asarray(surnames[:, None] + words[rng.integers(0, len(words), len(surnames))])
