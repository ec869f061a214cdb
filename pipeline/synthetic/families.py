"""The true families: mothers, fathers, partners, children and kin, and who of them has offended.

In: a scale and settings. Out: `Families`: one row per person and one per family, without names
(`naming.py`) and homes (`households.py`). It must not know what any agency records.

A family is a mother and her children, by one father or two. An offender's family has an offender as
mother, father or the mother's partner; further families have none and are there because children's
services know them. A father of several may have children in two families. Every adopted child is
two persons here, before and after, because no record may ever join them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.settings.synthetic import FamilySettings, Scale, SyntheticSettings
from pipeline.synthetic.draws import (
    Array,
    Dates,
    Generator,
    Streams,
    choose,
    days,
    happens,
    within,
    years,
)
from pipeline.synthetic.family_plan import (
    ADOPTIVE_FAMILY,
    OTHER_FAMILY,
    SECOND_FAMILY,
    FamilyPlan,
    count_offenders,
    plan_families,
)


@dataclass(frozen=True)
class Families:
    """Who there is and how they belong together.

    Attributes:
        families: one row per family: kind, mother, father, second_father, partner (rows of
            `people`, −1 for none), is_father_home, is_mother_home, is_known.
        people: one row per person: role, sex, birth, family (−1 for single people), mother,
            father (rows, −1 for adults), is_offender, is_known (of a child: to services).
        adoptions: before, after: the two persons that one adopted child is.
    """

    families: pd.DataFrame
    people: pd.DataFrame
    adoptions: pd.DataFrame


def make_families(streams: Streams, scale: Scale, settings: SyntheticSettings) -> Families:
    """The whole population that the agencies will know a part of."""
    rng = streams.stream("families")
    chances = settings.families
    plan = plan_families(rng, scale, chances)
    children = _bear_children(rng, plan, chances)
    families = _bring_together(rng, plan, chances)
    is_known = families["is_known"].to_numpy()[children["family"]]
    children["is_known"] = is_known & happens(rng, chances.sibling_known, len(children))
    as_of = np.datetime64(settings.as_of)
    children["birth"] = _births(rng, children, as_of, chances)
    children["is_known"] &= children["birth"] > as_of - years(18)
    people, families = _add_parents(rng, families, children, chances)
    people = _add_kin(rng, people, families, chances)
    people = _add_single_offenders(rng, people, scale, chances, as_of)
    of_age = np.minimum(people["birth"].to_numpy(), as_of - years(18))
    people["birth"] = np.where(people["is_offender"], of_age, people["birth"].to_numpy())
    return _adopt(rng, Families(families, people, pd.DataFrame()), as_of)


def _bear_children(rng: Generator, plan: FamilyPlan, chances: FamilySettings) -> pd.DataFrame:
    """One row per child, the eldest of a family first: family, is_second_father, is_grown_up."""
    grown_up = happens(rng, chances.adult_children, len(plan.kind))
    grown_up &= plan.kind != ADOPTIVE_FAMILY
    sizes = plan.children + plan.half_siblings + grown_up
    family = np.repeat(np.arange(len(sizes)), sizes)
    order = within(family)
    # Half-siblings are the elder ones in one family and the younger ones in another.
    are_elder = happens(rng, 0.5, len(sizes))[family]
    half, full = plan.half_siblings[family], plan.children[family]
    from_start = order - grown_up[family]
    is_second = np.where(are_elder, (from_start >= 0) & (from_start < half), from_start >= full)
    return pd.DataFrame({
        "family": family,
        "is_second_father": is_second,
        "is_grown_up": (order == 0) & grown_up[family],
        "sex": np.where(happens(rng, 0.512, len(family)), "M", "F"),
    })  # fmt: skip


def _births(
    rng: Generator, children: pd.DataFrame, as_of: np.datetime64, chances: FamilySettings
) -> Dates:
    """Dates of birth, siblings apart by the spacing, twins on one day, the unborn to come."""
    count = len(children)
    family = children["family"].to_numpy()
    is_first = within(family) == 0
    second = children["is_second_father"].to_numpy()
    same_father = ~is_first & (second == np.roll(second, 1))
    is_twin = same_father & happens(rng, chances.twins, count)
    is_twin &= ~np.roll(children["is_grown_up"].to_numpy(), 1)
    gap = 0.85 + rng.gamma(2.0, (chances.spacing_years - 0.85) / 2, count)
    gap = np.where(is_twin, 0.0, gap)
    gap[is_first] = 0.0
    # Years that the family's youngest, and each child, is younger than its eldest.
    after_eldest = pd.Series(gap).groupby(family).cumsum().to_numpy()
    span = pd.Series(after_eldest).groupby(family).transform("max").to_numpy()
    latest = np.maximum(17.9 - span, 0.5)
    youngest = latest * pd.Series(rng.random(count)).groupby(family).transform("first").to_numpy()
    age = youngest + span - after_eldest
    grown_up = children["is_grown_up"].to_numpy()
    age = np.where(grown_up, np.maximum(age, 18.1 + 8 * rng.random(count)), age)
    is_last = np.r_[is_first[1:], True]
    expecting = is_last & ~is_twin & ~grown_up & children["is_known"].to_numpy()
    expecting &= happens(rng, chances.unborn * span_of_family(children), count)
    expecting &= is_first | (np.roll(age, 1) > 1.0)
    birth = as_of - years(np.maximum(age, 0.01))
    due = as_of + days(rng.integers(14, 200, count))
    return np.where(expecting, due, birth)


def span_of_family(children: pd.DataFrame) -> Array:
    """Number of children in each child's family; shape `(n_children,)`."""
    family = children["family"].to_numpy()
    return np.asarray(np.bincount(family)[family])


def _bring_together(rng: Generator, plan: FamilyPlan, chances: FamilySettings) -> pd.DataFrame:
    """Who lives in each family's home, which families children's services know, who offends."""
    count = len(plan.kind)
    offends = {
        "mother": (plan.offender_role == "mother") | plan.both_offend,
        "partner": plan.offender_role == "partner",
        "father": (plan.offender_role == "father")
        | (plan.both_offend & (plan.offender_role == "mother")),
    }
    at_home = np.where(
        offends["father"], chances.father_lives_with_children,
        chances.other_father_lives_with_children,
    )  # fmt: skip
    is_adoptive = plan.kind == ADOPTIVE_FAMILY
    father_home = (happens(rng, at_home, count) & ~offends["partner"]) | is_adoptive
    # A father's second family is not the one he lives with.
    father_home &= plan.kind != SECOND_FAMILY
    has_partner = offends["partner"] | (~father_home & happens(rng, chances.step_partner, count))
    mother_home = ~offends["mother"] | happens(rng, chances.mother_lives_with_children, count)
    with_father = ~mother_home & happens(rng, chances.children_with_father, count)
    is_known = (plan.kind >= OTHER_FAMILY) | happens(rng, chances.known_to_services, count)
    return pd.DataFrame({
        "kind": plan.kind,
        "father_of": plan.father_of,
        "has_second_father": plan.half_siblings > 0,
        "has_partner": has_partner & mother_home,
        "is_father_home": np.where(mother_home, father_home, with_father),
        "is_mother_home": mother_home,
        "is_known": is_known,
        **{f"{role}_offends": who for role, who in offends.items()},
    })  # fmt: skip


def _add_parents(
    rng: Generator, families: pd.DataFrame, children: pd.DataFrame, chances: FamilySettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mothers, fathers and partners, old enough for their children, before the children."""
    count = len(families)
    birth = children["birth"].to_numpy()
    eldest = pd.Series(birth).groupby(children["family"].to_numpy()).agg(["min", "max"])
    first, last = eldest["min"].to_numpy(), eldest["max"].to_numpy()
    span = (last - first) / np.timedelta64(365, "D")
    age = rng.normal(chances.mother_age_at_first_birth, chances.mother_age_spread, count)
    mother_birth = first - years(np.clip(age, 15, np.maximum(47 - span, 16)))
    older = rng.normal(chances.father_older_by, 4.5, (3, count))
    father_birth, second_birth, partner_birth = (mother_birth - years(gap) for gap in older)
    is_own = families["father_of"].to_numpy() == np.arange(count)
    latest = first - years(np.full(count, 15.5))
    np.minimum.at(father_birth, families["father_of"].to_numpy(), latest)
    second = np.flatnonzero(families["has_second_father"])
    partner = np.flatnonzero(families["has_partner"])
    fathers = np.flatnonzero(is_own)
    adults: pd.DataFrame = pd.concat([
        _adults("mother", np.arange(count), mother_birth, families["mother_offends"]),
        _adults("father", fathers, father_birth[fathers], families["father_offends"]),
        _adults("second_father", second, np.minimum(second_birth, latest)[second], None),
        _adults("partner", partner, np.minimum(partner_birth, latest)[partner],
                families["partner_offends"]),
    ], ignore_index=True)  # fmt: skip
    families = families.assign(
        mother=np.arange(count),
        father=(count + np.cumsum(is_own) - 1)[families["father_of"]],
        second_father=_row_numbers(count, second, count + len(fathers)),
        partner=_row_numbers(count, partner, count + len(fathers) + len(second)),
    )
    return _append_children(adults, families, children), families


def _row_numbers(count: int, present: Array, start: int) -> Array:
    rows = np.full(count, -1)
    rows[present] = start + np.arange(len(present))
    return rows


def _adults(role: str, family: Array, birth: Array, offends: pd.Series | None) -> pd.DataFrame:
    return pd.DataFrame({
        "role": role,
        "sex": "F" if role == "mother" else "M",
        "birth": birth,
        "family": family,
        "is_offender": False if offends is None else offends.to_numpy()[family],
    })  # fmt: skip


def _append_children(
    adults: pd.DataFrame, families: pd.DataFrame, children: pd.DataFrame
) -> pd.DataFrame:
    of_family = families.iloc[children["family"]]
    is_second = children["is_second_father"].to_numpy()
    rows = pd.DataFrame({
        "role": "child",
        "sex": children["sex"],
        "birth": children["birth"],
        "family": children["family"],
        "mother": of_family["mother"].to_numpy(),
        "father": np.where(is_second, of_family["second_father"], of_family["father"]),
        "is_known": children["is_known"],
    })  # fmt: skip
    people = pd.concat([adults, rows], ignore_index=True)
    return _fill(people)


def _fill(people: pd.DataFrame) -> pd.DataFrame:
    """Give rows of every role every column."""
    numbers = {name: people[name].fillna(-1).astype(np.int32) for name in ("mother", "father")}
    flags = {name: people[name].eq(True) for name in ("is_known", "is_offender")}
    return people.assign(**numbers, **flags, family=people["family"].astype(np.int32))


def _add_kin(
    rng: Generator, people: pd.DataFrame, families: pd.DataFrame, chances: FamilySettings
) -> pd.DataFrame:
    """Grandparents, aunts, uncles and friends of the families that children's services know."""
    known = np.flatnonzero(families["is_known"])
    family = np.repeat(known, rng.poisson(chances.kin_per_family, len(known)))
    kind = choose(rng, chances.kin_kinds, len(family))
    mother_birth = people["birth"].to_numpy()[families["mother"].to_numpy()[family]]
    is_grand = np.isin(kind, ("grandmother", "grandfather"))
    older = np.where(
        is_grand, rng.normal(26, 5, len(kind)).clip(16, 45), rng.normal(0, 7, len(kind))
    )
    is_woman = np.isin(kind, ("grandmother", "aunt"))
    is_woman |= (kind == "friend") & happens(rng, 0.6, len(kind))
    kin = pd.DataFrame({
        "role": kind,
        "sex": np.where(is_woman, "F", "M"),
        "birth": mother_birth - years(older),
        "family": family,
    })  # fmt: skip
    return _fill(pd.concat([people, kin], ignore_index=True))


def _add_single_offenders(
    rng: Generator,
    people: pd.DataFrame,
    scale: Scale,
    chances: FamilySettings,
    as_of: np.datetime64,
) -> pd.DataFrame:
    """Offenders who are nobody's parent, until the scale's number of offenders is met."""
    missing = count_offenders(scale, chances) - int(people["is_offender"].sum())
    age = 18 + rng.gamma(2.2, 8.0, max(missing, 0))
    women = (chances.women_in_prison + chances.women_on_probation) / 2
    single = pd.DataFrame({
        "role": "single",
        "sex": np.where(happens(rng, women, len(age)), "F", "M"),
        "birth": as_of - years(np.minimum(age, 85)),
        "family": -1,
        "is_offender": True,
    })  # fmt: skip
    return _fill(pd.concat([people, single], ignore_index=True))


def _adopt(rng: Generator, made: Families, as_of: np.datetime64) -> Families:
    """Give each adoptive family the child of another family, as a new person born the same day."""
    people = made.people
    kind = made.families["kind"].to_numpy()
    is_child = (people["role"] == "child").to_numpy()
    family = people["family"].to_numpy()
    is_after = is_child & (kind[np.maximum(family, 0)] == ADOPTIVE_FAMILY) & (family >= 0)
    age = (as_of - people["birth"].to_numpy(dtype="datetime64[D]")).astype(int) / 365.25
    may_be = is_child & ~is_after & people["is_known"].to_numpy() & (age > 0.8) & (age < 17)
    after = np.flatnonzero(is_after)
    before = np.sort(rng.choice(np.flatnonzero(may_be), len(after), replace=False))
    birth, sex, known = (people[name].to_numpy().copy() for name in ("birth", "sex", "is_known"))
    birth[after], sex[after], known[after] = birth[before], sex[before], True
    parents = made.families.loc[kind == ADOPTIVE_FAMILY, ["mother", "father"]].to_numpy()
    for column, gap in ((0, 29), (1, 31)):
        birth[parents[:, column]] = birth[after] - years(
            rng.normal(gap + 5, 5, len(after)).clip(22)
        )
    return replace(
        made,
        people=people.assign(birth=birth, sex=sex, is_known=known),
        adoptions=pd.DataFrame({"before": before, "after": after}),
    )
