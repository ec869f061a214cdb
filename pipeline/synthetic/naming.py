"""How the made-up families are named: culture by culture, surnames handed on or not.

In: families without names. Out: the same people with culture and name codes (see `NameBook`):
`given`, `middle`, `surname`, `barrel` (second half of a double-barrelled surname) and
`previous_surname`; −1 for none. Rules, not errors: what records make of a name is elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.settings.synthetic import FamilySettings, SyntheticSettings
from pipeline.synthetic.draws import Array, Codes, Flags, Generator, Streams, happens, weighted
from pipeline.synthetic.families import Families
from pipeline.synthetic.family_plan import ADOPTIVE_FAMILY
from pipeline.synthetic.name_pools import CULTURE_LISTS
from pipeline.synthetic.names import NameBook

CULTURES = tuple(CULTURE_LISTS)
BRITISH = CULTURES.index("british")


@dataclass(frozen=True)
class SurnameShares:
    """What share of couples does what; follows from how often child and parent names differ.

    Attributes:
        shared: mother and father share a surname, and the child bears it.
        fathers, mothers, both: of the other couples, whose surname the child bears.
    """

    shared: float
    fathers: float
    mothers: float
    both: float


def surname_shares(chances: FamilySettings) -> SurnameShares:
    """Solve for the couples' shares from the children's.

    With s couples sharing, a, b, c of the rest handing on his, hers, both:
    `s + (1−s)a = 1 − differs_father`, `s + (1−s)b = 1 − differs_mother`, `(1−s)c = both`.
    """
    like_father = 1 - chances.surname_differs_father
    like_mother = 1 - chances.surname_differs_mother
    both = chances.surname_double_barrelled
    shared = float(np.clip(like_father + like_mother + both - 1, 0, 0.99))
    rest = 1 - shared
    return SurnameShares(
        shared=shared,
        fathers=max(like_father - shared, 0) / rest,
        mothers=max(like_mother - shared, 0) / rest,
        both=both / rest,
    )


def name_people(
    streams: Streams, made: Families, settings: SyntheticSettings, book: NameBook
) -> Families:
    """Everyone's true name."""
    rng = streams.stream("names")
    people = made.people.copy()
    people["culture"] = _cultures(rng, made, settings)
    people["given"] = _given_names(rng, people, settings.families, book)
    people["surname"] = _draw(rng, book, people, "surname")
    people["barrel"] = -1
    people["previous_surname"] = -1
    _let_couples_share(rng, people, made.families, settings)
    _hand_down_surnames(rng, people, made.families, settings)
    _name_after_parents(rng, people, settings.families)
    _name_kin(rng, people, made.families)
    people["middle"] = _middle_names(rng, people, settings.families, book)
    _rename_adopted(rng, people, made, book)
    is_woman = (people["sex"] == "F").to_numpy()
    for column in ("surname", "barrel", "previous_surname"):
        codes = people[column].to_numpy(np.int32)
        feminine = np.where(codes >= 0, book.feminine[np.maximum(codes, 0)], -1)
        people[column] = np.where(is_woman, feminine, codes).astype(np.int32)
    return replace(made, people=people)


def _cultures(rng: Generator, made: Families, settings: SyntheticSettings) -> Array:
    """Culture of each person, as a position in CULTURES; couples mostly share theirs."""
    shares = np.array([settings.cultures[name].share for name in CULTURES])
    people, families = made.people, made.families
    of_family = weighted(rng, shares, len(families))
    own = weighted(rng, shares, len(people))
    family = people["family"].to_numpy()
    is_own = (family < 0) | (
        people["role"].isin(("father", "second_father", "partner", "friend")).to_numpy()
        & ~happens(rng, settings.families.same_culture_couple, len(people))
    )
    return np.where(is_own, own, of_family[np.maximum(family, 0)]).astype(np.int8)


def _draw(rng: Generator, book: NameBook, people: pd.DataFrame, role: str) -> Codes:
    """A name of the culture's pool for everyone; `role` is `surname` or `given`."""
    names = np.full(len(people), -1, dtype=np.int32)
    culture = people["culture"].to_numpy()
    is_woman = (people["sex"] == "F").to_numpy()
    is_child = (people["role"] == "child").to_numpy()
    for position, name in enumerate(CULTURES):
        for woman in (False, True):
            for child in (False, True):
                rows = np.flatnonzero(
                    (culture == position) & (is_woman == woman) & (is_child == child)
                )
                if role == "surname":
                    pool = "surname_female" if woman else "surname"
                else:
                    pool = ("female" if woman else "male") + ("_child" if child else "")
                names[rows] = book.pools[name, pool].draw(rng, len(rows))
    return names


def _given_names(
    rng: Generator, people: pd.DataFrame, chances: FamilySettings, book: NameBook
) -> Codes:
    """Given names, drawn again where a brother or sister already has the name."""
    is_child = (people["role"] == "child").to_numpy()
    is_english = is_child & happens(rng, chances.english_given_name, len(people))
    culture = np.where(is_english, BRITISH, people["culture"])
    frame = people[["sex", "role", "mother"]].assign(culture=culture)
    names = _draw(rng, book, frame, "given")
    for _ in range(6):
        siblings = pd.DataFrame({"mother": frame["mother"], "name": names})
        again = np.flatnonzero(is_child & siblings.duplicated().to_numpy())
        if len(again) == 0:
            break
        names[again] = _draw(rng, book, frame.iloc[again], "given")
    return names


def _let_couples_share(
    rng: Generator, people: pd.DataFrame, families: pd.DataFrame, settings: SyntheticSettings
) -> None:
    """Mothers who took the father's surname, and other women once known by another."""
    spouses = np.array([settings.cultures[name].spouses_share_surname for name in CULTURES])
    surname = people["surname"].to_numpy(np.int32).copy()
    previous = people["previous_surname"].to_numpy(np.int32).copy()
    mother, father = families["mother"].to_numpy(), families["father"].to_numpy()
    chance = (
        surname_shares(settings.families).shared * spouses[people["culture"].to_numpy()[mother]]
    )
    shares = happens(rng, chance, len(mother)) | (families["kind"] == ADOPTIVE_FAMILY).to_numpy()
    previous[mother[shares]] = surname[mother[shares]]
    surname[mother[shares]] = surname[father[shares]]
    # Some women keep no trace of an earlier name, and some single mothers have one.
    changed = happens(rng, settings.families.previous_surname, len(mother)) & ~shares
    previous[mother[changed]] = rng.permutation(surname[mother])[changed]
    people["surname"], people["previous_surname"] = surname, previous


def _hand_down_surnames(
    rng: Generator, people: pd.DataFrame, families: pd.DataFrame, settings: SyntheticSettings
) -> None:
    """Children's surnames: one decision for each couple, so that full siblings agree."""
    child = np.flatnonzero(people["role"] == "child")
    mother, father = (people[name].to_numpy()[child] for name in ("mother", "father"))
    surname = people["surname"].to_numpy(np.int32).copy()
    barrel = people["barrel"].to_numpy(np.int32).copy()
    shares = surname_shares(settings.families)
    couple = pd.factorize(pd.MultiIndex.from_arrays([mother, father]))[0]
    chance = rng.random(couple.max() + 1)[couple]
    patronymic = np.array([settings.cultures[name].is_patronymic for name in CULTURES])
    by_father_given = (
        rng.random(couple.max() + 1)[couple] < patronymic[people["culture"].to_numpy()[child]]
    )
    is_shared = surname[mother] == surname[father]
    takes_hers = ~is_shared & (chance >= shares.fathers)
    takes_both = takes_hers & (chance >= shares.fathers + shares.mothers)
    given = people["given"].to_numpy(np.int32)
    own = np.where(takes_hers, surname[mother], surname[father])
    barrel[child] = np.where(takes_both & ~by_father_given, surname[father], -1)
    surname[child] = np.where(by_father_given, given[father], own)
    people["surname"], people["barrel"] = surname, barrel


def _is_eldest(people: pd.DataFrame, sex: str) -> Flags:
    """Whether this is the first son, or daughter, of its father."""
    of_sex = (people["role"] == "child") & (people["sex"] == sex)
    first = people.loc[of_sex].sort_values("birth", kind="stable").drop_duplicates("father").index
    return np.isin(np.arange(len(people)), first)


def _name_after_parents(rng: Generator, people: pd.DataFrame, chances: FamilySettings) -> None:
    """Some eldest sons bear their father's given name, some eldest daughters their mother's."""
    given = people["given"].to_numpy(np.int32).copy()
    for sex, parent in (("M", "father"), ("F", "mother")):
        named = _is_eldest(people, sex) & happens(rng, chances.named_after_parent, len(people))
        given[named] = given[people[parent].to_numpy()[named]]
    people["given"] = given


def _name_kin(rng: Generator, people: pd.DataFrame, families: pd.DataFrame) -> None:
    """A mother's own family bears her surname from birth; friends keep a surname of their own."""
    role = people["role"]
    kin = np.flatnonzero(role.isin(("grandmother", "grandfather", "aunt", "uncle")))
    mother = families["mother"].to_numpy()[people["family"].to_numpy()[kin]]
    surname = people["surname"].to_numpy(np.int32).copy()
    previous = people["previous_surname"].to_numpy()
    at_birth = np.where(previous[mother] >= 0, previous[mother], surname[mother])
    married_aunt = (role.to_numpy()[kin] == "aunt") & happens(rng, 0.5, len(kin))
    surname[kin] = np.where(married_aunt, surname[kin], at_birth)
    people["surname"] = surname


def _middle_names(
    rng: Generator, people: pd.DataFrame, chances: FamilySettings, book: NameBook
) -> Codes:
    middle = _draw(rng, book, people, "given")
    is_child = (people["role"] == "child").to_numpy()
    from_parent = is_child & happens(rng, chances.middle_name_from_parent, len(people))
    is_man = (people["sex"] == "M").to_numpy()
    parent = np.where(is_man, people["father"], people["mother"])
    middle = np.where(from_parent, people["given"].to_numpy()[np.maximum(parent, 0)], middle)
    has_none = ~happens(rng, chances.middle_name, len(people)) | (middle == people["given"])
    return np.where(has_none, -1, middle).astype(np.int32)


def _rename_adopted(rng: Generator, people: pd.DataFrame, made: Families, book: NameBook) -> None:
    """An adopted child bears the new parents' surname and often keeps its given name."""
    before, after = (made.adoptions[name].to_numpy() for name in ("before", "after"))
    given = people["given"].to_numpy(np.int32).copy()
    keeps = happens(rng, 0.6, len(after))
    given[after[keeps]] = given[before[keeps]]
    people["given"] = given
