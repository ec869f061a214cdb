"""Who of the made-up people is in prison or on probation, when and where, with what numbers.

In: families and homes. Out: `Offending`: one row per offender, and their true stays and orders. It
must not know what either agency writes down; only that each agency may have recorded children.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from pipeline.settings.synthetic import PrisonSettings, Scale, SyntheticSettings
from pipeline.synthetic import identifiers
from pipeline.synthetic.draws import Array, Flags, Generator, Streams, choose, days, happens, within
from pipeline.synthetic.families import Families
from pipeline.synthetic.households import Households
from pipeline.synthetic.places import distances_km

PRISON_DISTANCE_KM = 60.0
"""How fast the chance of a prison falls with distance: most sit within some fifty miles of home."""

ORDERS = {"COMMUNITY": 0.40, "SUSPENDED": 0.22, "LICENCE": 0.28, "PSS": 0.10}


@dataclass(frozen=True)
class Offending:
    """Offenders and what was done with them.

    Attributes:
        offenders: person, is_prisoner, is_probationer, prisoner_number, crn, pnc_number,
            cro_number, ni_number, is_parent, has_contacts, has_count, has_flag,
            is_in_custody, reception_date, release_date, prison_id.
        custody: person, start_date, end_date (NaT: still there), prison_id.
        orders: person, start_date, end_date, order_type.
        children: offender row by row, every child: person, child, relationship
            (`parent` or `step_parent`).
    """

    offenders: pd.DataFrame
    custody: pd.DataFrame
    orders: pd.DataFrame
    children: pd.DataFrame


def parentage(made: Families) -> pd.DataFrame:
    """Every true parent of every child: parent, child, relationship, lives_with_child.

    A step-parent is the mother's partner where the partner lives in the children's home, and the
    father at home to children whose own father is another man.
    """
    people, families = made.people, made.families
    child = np.flatnonzero(people["role"] == "child")
    mother, father = (people[name].to_numpy()[child] for name in ("mother", "father"))
    family = families.iloc[people["family"].to_numpy()[child]]
    partner = family["partner"].to_numpy()
    home_father = np.where(family["is_father_home"], family["father"], -1)
    parts = [
        pd.DataFrame({"parent": mother, "child": child, "relationship": "parent",
                      "lives_with_child": family["is_mother_home"].to_numpy()}),
        pd.DataFrame({"parent": father, "child": child, "relationship": "parent",
                      "lives_with_child": father == home_father}),
        pd.DataFrame({"parent": partner, "child": child, "relationship": "step_parent",
                      "lives_with_child": True})[partner >= 0],
        pd.DataFrame({"parent": home_father, "child": child, "relationship": "step_parent",
                      "lives_with_child": True})[(home_father >= 0) & (home_father != father)],
    ]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(["parent", "child"])
    ordered: pd.DataFrame = rows.sort_values(["parent", "child"], ignore_index=True)
    return ordered


def make_offending(
    streams: Streams,
    made: Families,
    households: Households,
    scale: Scale,
    settings: SyntheticSettings,
) -> Offending:
    """Sentence the offenders."""
    rng = streams.stream("offending")
    offenders = _choose_agencies(rng, made, scale, settings)
    offenders = _number(rng, offenders, made, settings)
    children = parentage(made)
    children = children[made.people["is_offender"].to_numpy()[children["parent"]]]
    # Before and after an adoption are two persons, and only the first has an offending parent.
    children = children.rename(columns={"parent": "person"}).reset_index(drop=True)
    offenders["is_parent"] = offenders["person"].isin(children["person"])
    for name, recorded in _recorded(rng, len(offenders), settings).items():
        offenders[name] = recorded & offenders["is_parent"].to_numpy()
    custody = _custody(rng, offenders, made, households, settings)
    last = custody.drop_duplicates("person", keep="last").set_index("person")
    last = last.reindex(offenders["person"])
    offenders["is_in_custody"] = last["end_date"].isna().to_numpy() & offenders["is_prisoner"]
    offenders["release_date"] = last["end_date"].to_numpy()
    offenders["prison_id"] = last["prison_id"].to_numpy()
    first = custody[custody["is_last_stay"]].drop_duplicates("person").set_index("person")
    offenders["reception_date"] = first["start_date"].reindex(offenders["person"]).to_numpy()
    orders = _orders(rng, offenders, settings)
    return Offending(offenders, custody.drop(columns="is_last_stay"), orders, children)


def _choose_agencies(
    rng: Generator, made: Families, scale: Scale, settings: SyntheticSettings
) -> pd.DataFrame:
    """Which offenders are prisoners, which are on probation, and which both."""
    chances = settings.families
    person = np.flatnonzero(made.people["is_offender"])
    is_woman = made.people["sex"].to_numpy()[person] == "F"
    women = min(round(scale.prisoners * chances.women_in_prison), int(is_woman.sum()))
    is_prisoner = np.zeros(len(person), dtype=bool)
    is_prisoner[rng.permutation(np.flatnonzero(is_woman))[:women]] = True
    men = rng.permutation(np.flatnonzero(~is_woman))[: scale.prisoners - women]
    is_prisoner[men] = True
    both = round(scale.prisoners * chances.prisoners_on_probation)
    is_probationer = ~is_prisoner
    is_probationer[rng.permutation(np.flatnonzero(is_prisoner))[:both]] = True
    return pd.DataFrame({
        "person": person,
        "is_woman": is_woman,
        "is_prisoner": is_prisoner,
        "is_probationer": is_probationer,
    })  # fmt: skip


def _number(
    rng: Generator, offenders: pd.DataFrame, made: Families, settings: SyntheticSettings
) -> pd.DataFrame:
    """True official numbers of each offender; every one has been arrested once."""
    count = len(offenders)
    birth = made.people["birth"].to_numpy().astype("datetime64[Y]").astype(int) + 1970
    born = birth[offenders["person"]]
    arrested = np.clip(born + 15 + rng.integers(0, 15, count), 1980, settings.as_of.year)
    return offenders.assign(
        prisoner_number=identifiers.prisoner_numbers(rng, count),
        crn=identifiers.case_reference_numbers(rng, count),
        pnc_number=identifiers.pnc_numbers(rng, arrested),
        cro_number=identifiers.cro_numbers(rng, arrested),
        ni_number=identifiers.ni_numbers(rng, count),
    )


def _recorded(rng: Generator, count: int, settings: SyntheticSettings) -> dict[str, Flags]:
    """Whether contacts, a count or a flag of dependants is recorded: correlated for one person."""
    prison: PrisonSettings = settings.prison
    correlation = prison.recording_correlation
    person = rng.standard_normal(count) * np.sqrt(correlation)
    chances = {
        "has_contacts": prison.contacts_recorded,
        "has_count": prison.count_recorded,
        "has_flag": settings.probation.dependants_flag,
    }
    normal = NormalDist()
    return {
        name: person + rng.standard_normal(count) * np.sqrt(1 - correlation)
        < normal.inv_cdf(min(max(chance, 1e-9), 1 - 1e-9))
        for name, chance in chances.items()
    }


def _custody(
    rng: Generator,
    offenders: pd.DataFrame,
    made: Families,
    households: Households,
    settings: SyntheticSettings,
) -> pd.DataFrame:
    """The last stay of each prisoner, cut by transfers, and for some a stay before it."""
    as_of = np.datetime64(settings.as_of)
    rows = offenders[offenders["is_prisoner"]]
    person, is_woman = rows["person"].to_numpy(), rows["is_woman"].to_numpy()
    is_now = happens(rng, settings.prison.in_custody_now, len(person))
    length = 7 + rng.exponential(settings.prison.stay_months * 30.4, len(person))
    end = as_of - days(np.where(is_now, 0, rng.integers(0, 365, len(person))))
    of_age = made.people["birth"].to_numpy()[person].astype("datetime64[D]") + days(17 * 365.25)
    start = np.minimum(np.maximum(end - days(length), of_age), end - days(3))
    cuts = rng.poisson(settings.prison.transfers, len(person))
    stay = np.repeat(np.arange(len(person)), cuts + 1)
    place = within(stay)
    share = np.sort(stay + rng.random(len(stay))) - stay
    begins = start[stay] + days(np.where(place == 0, 0, share * (end - start)[stay].astype(int)))
    is_final = place == cuts[stay]
    ends = np.where(is_final, end[stay], np.roll(begins, -1))
    ends = np.where(is_final & is_now[stay], np.datetime64("NaT", "D"), ends)
    last = pd.DataFrame({
        "person": person[stay], "start_date": begins, "end_date": ends, "is_last_stay": True,
        "prison_id": _prisons(rng, person[stay], is_woman[stay], households),
    })  # fmt: skip
    before = _earlier_stays(rng, last.drop_duplicates("person"), of_age)
    stays = pd.concat([before, last], ignore_index=True)
    return stays.sort_values(["person", "start_date"], kind="stable", ignore_index=True)


def _earlier_stays(rng: Generator, first: pd.DataFrame, of_age: Array) -> pd.DataFrame:
    """For a third of prisoners, a short stay some years before."""
    end = first["start_date"].to_numpy() - days(rng.integers(60, 2000, len(first)))
    start = end - days(rng.integers(14, 400, len(first)))
    has_one = happens(rng, 0.35, len(first)) & (start > of_age)
    earlier = first.assign(start_date=start, end_date=end, is_last_stay=False)
    return earlier[has_one]


def _prisons(
    rng: Generator,
    person: Array,
    is_woman: Flags,
    households: Households,
) -> Array:
    """A prison for each stay: of the prisoner's sex, nearer ones more often."""
    geography = households.geography
    authority = geography.authority_of(households.dwelling_of(person))
    points = geography.authorities[["lat", "long"]].to_numpy()
    prisons = geography.prisons
    near = np.exp(-distances_km(points, prisons[["lat", "long"]].to_numpy()) / PRISON_DISTANCE_KM)
    chosen = np.empty(len(person), dtype=np.int64)
    for sex, rows in (("male", ~is_woman), ("female", is_woman)):
        pull = near * (prisons[sex].to_numpy() == 1) + 1e-12 * (prisons[sex].to_numpy() == 1)
        ladder = np.cumsum(pull / pull.sum(axis=1, keepdims=True), axis=1)
        ladder += np.arange(len(points))[:, None]
        found = np.searchsorted(ladder.ravel(), authority[rows] + rng.random(int(rows.sum())))
        chosen[rows] = np.minimum(found - authority[rows] * len(prisons), len(prisons) - 1)
    return prisons["agency_id"].to_numpy()[chosen]


def _orders(rng: Generator, offenders: pd.DataFrame, settings: SyntheticSettings) -> pd.DataFrame:
    """Orders and licences of those on probation, one or two each."""
    as_of = np.datetime64(settings.as_of)
    known = offenders.loc[offenders["is_probationer"], "person"].to_numpy()
    person = np.repeat(known, 1 + happens(rng, 0.3, len(known)))
    place = within(person)
    start = as_of - days(rng.integers(0, 700, len(person)) + 800 * place)
    length = days(rng.integers(180, 1100, len(person)))
    end = np.where(
        (place == 0) & (start + length > as_of), np.datetime64("NaT", "D"), start + length
    )
    orders = pd.DataFrame({
        "person": person, "start_date": start, "end_date": end,
        "order_type": choose(rng, ORDERS, len(person)),
    })  # fmt: skip
    return orders.sort_values(["person", "start_date"], kind="stable", ignore_index=True)
