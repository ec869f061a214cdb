"""Prisons, authorities, homes, and the straight line between them.

In: reference tables, addresses of mentions, the postcode directory. Out: coordinates and miles.
No address or postcode leaves this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_one_piece
from pipeline.errors import SettingsError
from pipeline.publish.frames import frame
from pipeline.publish.run_tables import RunTables

EARTH_RADIUS_MILES = 3958.8
COORDINATES = ["latitude", "longitude"]


@dataclass(frozen=True)
class Reference:
    """Open reference tables.

    Attributes:
        prisons: index agency id; `name`, `region`, `latitude`, `longitude`.
        authorities: index DfE code; `name`, `region`, `latitude`, `longitude` of its centre.
    """

    prisons: pd.DataFrame
    authorities: pd.DataFrame


def read_reference(folder: Path) -> Reference:
    """The reference tables in a folder.

    Raises:
        SettingsError: a table or one of its columns is missing.
    """
    prisons = read_places(folder / "prisons.csv", "agency_id", {"region": "region", "name": "name"})
    authorities = read_places(
        folder / "local_authorities.csv", "dfe_code", {"region_name": "region", "la_name": "name"}
    )
    return Reference(prisons, authorities)


def read_places(path: Path, key: str, names: dict[str, str]) -> pd.DataFrame:
    """One reference table by its code, with coordinates."""
    columns = {**names, "lat": "latitude", "long": "longitude"}
    try:
        places = pd.read_csv(path, dtype=dict.fromkeys([key, *names], str), usecols=[key, *columns])
    except (OSError, ValueError):
        raise SettingsError(
            f"reference table '{path}' is missing or lacks one of {[key, *columns]}"
        ) from None
    return places.rename(columns=columns).set_index(key)


def postcode_coordinates(tables: RunTables, postcodes: pd.Series) -> pd.DataFrame:
    """Latitude and longitude of postcodes, one row each; null where the directory has it not."""
    asked = compact(pa.array(postcodes, pa.string(), from_pandas=True))
    if "postcode_directory" not in tables:
        return pd.DataFrame(index=range(len(asked)), columns=COORDINATES, dtype=float)
    directory = tables.columns("postcode_directory", ("postcode", *COORDINATES))
    known = compact(in_one_piece(directory["postcode"]))
    places = pc.index_in(asked, value_set=known)
    found = directory.select(COORDINATES).take(places)
    coordinates: pd.DataFrame = found.to_pandas().astype(float)
    return coordinates


def compact(postcodes: pa.Array) -> pa.Array:
    """Postcodes without spaces, in capitals."""
    return pc.utf8_upper(pc.replace_substring(postcodes, " ", ""))


def homes(
    tables: RunTables, mentions: pd.DataFrame, kinds: tuple[str, ...], as_of: date
) -> pd.DataFrame:
    """Coordinates of each person's home; index person_id; absent where no postcode is known.

    Current before past, main before other, later before earlier. A person with a current
    confidential address has no home here: even a distance could tell where that is.

    Args:
        tables: the run's tables.
        mentions: mention_id and person_id of the people asked for.
        kinds: kinds of address that count as home.
        as_of: what is current.
    """
    names = (
        "mention_id", "postcode", "kind", "start_date", "end_date", "is_primary", "is_confidential"
    )  # fmt: skip
    addresses = frame(tables, "mention_addresses", names, {"mention_id": mentions["mention_id"]})
    addresses = addresses.merge(mentions[["mention_id", "person_id"]], on="mention_id")
    is_current = ~addresses["end_date"].le(pd.Timestamp(as_of))
    is_secret = addresses["is_confidential"].eq(True) | addresses["kind"].eq("refuge")
    is_hidden = is_current & is_secret
    hidden = addresses.loc[is_hidden, "person_id"].unique()
    addresses = addresses.assign(is_current=is_current)[
        addresses["kind"].isin(kinds)
        & addresses["postcode"].notna()
        & ~addresses["person_id"].isin(hidden)
    ]
    ordered = addresses.sort_values(
        ["person_id", "is_current", "is_primary", "start_date", "postcode"],
        ascending=[True, False, False, False, True],
    )
    best = ordered.drop_duplicates("person_id").set_index("person_id")
    located = postcode_coordinates(tables, best["postcode"])
    return located.set_axis(best.index, axis=0).dropna()


def straight_miles(origin: pd.DataFrame, destination: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Great-circle miles between rows of two frames of coordinates; null where either is null.

    Source: haversine formula (Sinnott 1984, Virtues of the haversine).
    """
    lat_l, long_l, lat_r, long_r = (
        np.radians(places[name].to_numpy(float))
        for places in (origin, destination) for name in COORDINATES
    )  # fmt: skip
    haversine = (
        np.sin((lat_r - lat_l) / 2) ** 2
        + np.cos(lat_l) * np.cos(lat_r) * np.sin((long_r - long_l) / 2) ** 2
    )
    miles: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(haversine))
    return miles


def whole(numbers: Any) -> pd.Series:
    """Numbers rounded to whole ones, null kept: finer distances could single out a street."""
    return pd.Series(np.round(np.asarray(numbers, dtype=float))).astype("Int32")
