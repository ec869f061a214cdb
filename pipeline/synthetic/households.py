"""Where the made-up people live, and where they lived before.

In: families. Out: each person's household, and each household's last three dwellings with dates.
Children live with their mother unless she offends and lives apart; fathers live with them or apart,
sometimes after leaving the children's home. It must not know what addresses an agency holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.settings.synthetic import PlaceSettings, SyntheticSettings
from pipeline.synthetic.draws import Array, Codes, Generator, Streams, days, happens
from pipeline.synthetic.families import Families
from pipeline.synthetic.places import Geography

STAYS = ("now", "before", "earlier")


@dataclass(frozen=True)
class Households:
    """Homes over time.

    Attributes:
        geography: where the dwellings are.
        of_person: household of each person; shape `(n_people,)`.
        dwellings: dwelling of each household now, before and earlier, −1 for none; `(n, 3)`.
        moved_in: date from which; shape `(n, 3)`.
        is_protected: household under protection arrangements; `(n,)`.
    """

    geography: Geography
    of_person: Codes
    dwellings: Codes
    moved_in: Array
    is_protected: Array

    def dwelling_of(self, people: Array, stay: int = 0) -> Codes:
        """Each person's dwelling, `stay` moves ago; −1 for none."""
        return np.asarray(self.dwellings[self.of_person[people], stay])


def assign_households(made: Families) -> tuple[Codes, int]:
    """Household of each person, and how many there are; a family's home has the family's number."""
    families, people = made.families, made.people
    count = len(families)
    household = people["family"].to_numpy(np.int32).copy()
    role = people["role"].to_numpy()
    apart = np.isin(role, ("second_father", "friend", "single", "aunt", "uncle", "grandfather"))
    apart |= role == "grandmother"
    away_father = np.unique(families["father"].to_numpy()[~families["is_father_home"]])
    home_father = np.unique(families["father"].to_numpy()[families["is_father_home"]])
    apart[np.setdiff1d(away_father, home_father)] = True
    away_mother = families["mother"].to_numpy()[~families["is_mother_home"]]
    apart[away_mother] = True
    _let_grandmothers_care(apart, made)
    age_order = np.flatnonzero(apart)
    household[age_order] = count + np.arange(len(age_order), dtype=np.int32)
    return household, count + len(age_order)


def _let_grandmothers_care(apart: Array, made: Families) -> None:
    """Where neither parent is at home, the family's grandmother lives with the children."""
    families, people = made.families, made.people
    alone = ~families["is_mother_home"] & ~families["is_father_home"]
    is_carer = (people["role"] == "grandmother").to_numpy()
    is_carer &= alone.to_numpy()[np.maximum(people["family"].to_numpy(), 0)]
    apart[is_carer] = False


def house_people(
    streams: Streams, made: Families, geography: Geography, settings: SyntheticSettings
) -> Households:
    """A home for everyone, with the homes before it."""
    rng = streams.stream("homes")
    of_person, count = assign_households(made)
    shares = geography.authorities["pop_2020"].to_numpy()
    authority = rng.choice(len(shares), count, p=shares / shares.sum()).astype(np.int32)
    family = made.people["family"].to_numpy()
    apart = np.flatnonzero((family >= 0) & (of_person != family))
    authority[of_person[apart]] = _near_family(
        rng, geography, authority[family[apart]], settings.families.apart_in_another_authority
    )
    dwellings, moved_in = _make_stays(rng, geography, authority, settings)
    _let_fathers_leave(rng, dwellings, of_person, made, settings)
    return Households(
        geography=geography,
        of_person=of_person,
        dwellings=dwellings,
        moved_in=moved_in,
        is_protected=happens(rng, settings.families.protected, count),
    )


def _near_family(
    rng: Generator, geography: Geography, authority: Codes, chance_apart: float
) -> Codes:
    """Where those who belong to a family but live apart live: in its authority, or near it."""
    away = happens(rng, chance_apart, len(authority))
    return np.where(away, geography.move_to(rng, authority), authority).astype(np.int32)


def _make_stays(
    rng: Generator, geography: Geography, authority: Codes, settings: SyntheticSettings
) -> tuple[Codes, Array]:
    """Homes of each household, latest first, and the dates they were moved into."""
    places: PlaceSettings = settings.places
    count = len(authority)
    per_year = places.moves_per_year + places.moves_across_per_year
    moves = rng.poisson(per_year * places.years_of_history, count)
    dwellings = np.full((count, len(STAYS)), -1, dtype=np.int32)
    dwellings[:, 0] = geography.settle(rng, authority)
    moved_in = np.empty((count, len(STAYS)), dtype="datetime64[D]")
    since = np.sort(rng.random((count, 2)), axis=1) * places.years_of_history * 365
    moved_in[:, :2] = np.datetime64(settings.as_of) - days(since)
    moved_in[:, 2] = moved_in[:, 1] - days(365 + rng.integers(0, 2000, count))
    for stay in (1, 2):
        has_moved = moves >= stay
        across = happens(rng, places.moves_across_per_year / max(per_year, 1e-9), count)
        authority = np.where(across, geography.move_to(rng, authority), authority)
        dwellings[:, stay] = np.where(has_moved, geography.settle(rng, authority), -1)
    # A home without one before it has been lived in for longer than the history made up.
    for stay in (0, 1):
        longer = moved_in[:, stay] - days(rng.integers(1000, 4000, count))
        is_first = dwellings[:, stay + 1] < 0
        moved_in[:, stay] = np.where(is_first, longer, moved_in[:, stay])
    return dwellings, moved_in


def _let_fathers_leave(
    rng: Generator,
    dwellings: Codes,
    of_person: Codes,
    made: Families,
    settings: SyntheticSettings,
) -> None:
    """Some fathers living apart last lived where the children do."""
    families = made.families
    left = ~families["is_father_home"].to_numpy()
    left &= happens(rng, settings.families.father_left_home, len(families))
    family = np.flatnonzero(left)
    father = families["father"].to_numpy()[family]
    household = of_person[father]
    lives_alone = household >= len(families)
    household, family = household[lives_alone], family[lives_alone]
    dwellings[household, 1] = dwellings[family, 0]
