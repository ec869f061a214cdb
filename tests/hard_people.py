"""Made-up people who are hard to link, with known truth: households, and names of many cultures.

People live in households that share a surname and an address, with twins, namesakes of father and
son, and moves. Names come from the Faker library's lists of several cultures; a second record may
spell them by another system, reverse them, leave a token out, or give another of the person's names
as surname. A record of a careless clerk has many slips, most have none.

Whatever is recorded is recorded anew for each record: `people` makes persons, `recorded` one record
of each. Nothing here was fitted to any real or benchmark data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pyarrow as pa

SPELLINGS = {
    "british": (("ph", "f"), ("y", "i"), ("ck", "k"), ("ie", "y"), ("ll", "l"), ("tt", "t")),
    "south_asian": (("sh", "s"), ("v", "w"), ("aa", "a"), ("ee", "i"), ("oo", "u"), ("th", "t"),
                    ("dh", "d"), ("ks", "x"), ("chh", "ch"), ("j", "z"), ("y", "i")),
    "arabic": (("mohammed", "muhammad"), ("oo", "u"), ("ee", "i"), ("o", "u"), ("e", "i"),
               ("q", "k"), ("kh", "h"), ("ah", "a"), ("dd", "d"), ("ss", "s"), ("j", "dj"),
               ("ay", "ei"), ("w", "ou")),
    "east_asian": (("x", "hs"), ("zh", "ch"), ("q", "ch"), ("j", "ch"), ("ang", "eung"),
                   ("ong", "ung"), ("ao", "au"), ("ia", "ya"), ("z", "ts")),
    "west_african": (("sh", "s"), ("kw", "qu"), ("ye", "ie"), ("oo", "o"), ("dj", "j"),
                     ("gb", "b"), ("ey", "ei"), ("kp", "p")),
    "slavic": (("v", "w"), ("sh", "sz"), ("ch", "cz"), ("zh", "z"), ("y", "i"), ("ks", "x"),
               ("kh", "h"), ("ia", "ya"), ("ov", "off"), ("iy", "y")),
}  # fmt: skip
"""Spelling systems of each culture: a second record may write the one for the other."""

LISTS = {
    "british": ("en_GB", "first_names", "last_names"),
    "south_asian": ("en_IN", "first_names", "last_names"),
    "arabic": ("en_PK", "first_names", "last_names"),
    "east_asian": ("zh_CN", "first_romanized_names", "last_romanized_names"),
    "west_african": ("yo_NG", "first_names", "last_names"),
    "slavic": ("ru_RU", "first_names_male", "last_names_male"),
}
CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", (
    "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya").split(" "),
    strict=True))  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What the people and their records are like; shares are per person or per record.

    Attributes:
        cultures: Share of the households of each culture.
        slip: Share of a careful clerk's values that are mistyped.
        careless: Share of records written by a clerk who slips five times as often.
        missing: Share of values that are blank, of each column.
        respelt: Share of records that use another spelling system.
        other_surname: Share of records that give another of the person's names as surname.
        reversed_names: Share of records with given name and surname exchanged.
        dummy_day: Share of birth dates of which only the year is right, the rest 01-01.
        partial: Share of birth dates of which only year, or year and month, is recorded.
        moved: Share of households that moved since the last record.
        twins: Share of children born together with another.
        namesakes: Share of boys named as their father.
        columns: Columns recorded.
    """

    cultures: tuple[tuple[str, float], ...] = (("british", 1.0),)
    slip: float = 0.02
    careless: float = 0.1
    missing: float = 0.03
    respelt: float = 0.0
    other_surname: float = 0.02
    reversed_names: float = 0.01
    dummy_day: float = 0.0
    partial: float = 0.0
    moved: float = 0.3
    twins: float = 0.03
    namesakes: float = 0.04
    columns: tuple[str, ...] = (
        "given_name", "surname", "date_of_birth", "sex", "address", "postcode",
    )  # fmt: skip


BRITISH = Scene()
OTHER_CULTURES = Scene(
    cultures=(("south_asian", 0.3), ("arabic", 0.3), ("east_asian", 0.15),
              ("west_african", 0.15), ("slavic", 0.1)),
    respelt=0.4, other_surname=0.3, reversed_names=0.1, dummy_day=0.05, moved=0.4,
)  # fmt: skip
MIXED = replace(OTHER_CULTURES, cultures=(("british", 0.7), ("south_asian", 0.1), ("arabic", 0.1),
                                          ("east_asian", 0.04), ("west_african", 0.03),
                                          ("slavic", 0.03)))  # fmt: skip


@dataclass(frozen=True)
class People:
    """Persons, each list (n,), household by household.

    Attributes:
        given: Given names, one or two tokens.
        family: Surnames.
        other: Another name the person goes by: the father's given name.
        culture: Of the household.
        born: Days, datetime64[D].
        is_male: Whether male.
        home: Number of the household's address.
        next_home: Where the household lives when a second record is made.
    """

    given: list[str]
    family: list[str]
    other: list[str]
    culture: list[str]
    born: np.ndarray
    is_male: np.ndarray
    home: np.ndarray
    next_home: np.ndarray

    def chosen(self, rows: np.ndarray) -> People:
        """Some of the people."""
        lists = [[values[i] for i in rows]
                 for values in (self.given, self.family, self.other, self.culture)]  # fmt: skip
        arrays = [values[rows] for values in (self.born, self.is_male, self.home, self.next_home)]
        return People(*lists, *arrays)


def people(scene: Scene, n: int, seed: int) -> People:
    """n people in households of one to seven."""
    rng = np.random.default_rng(seed)
    pools = {name: Pool.of(name, seed) for name, _ in scene.cultures}
    names, shares = zip(*scene.cultures, strict=True)
    rows: list[tuple[str, str, str, str, np.datetime64, bool, int, int]] = []
    household = 0
    while len(rows) < n:
        culture = str(rng.choice(names, p=np.array(shares) / sum(shares)))
        home = household
        moved = int(rng.integers(10**6, 2 * 10**6)) if rng.random() < scene.moved else home
        for person in _household(scene, pools[culture], rng):
            rows.append((*person[:3], culture, *person[3:], home, moved))
        household += 1
    columns = list(zip(*rows[:n], strict=True))
    return People(*(list(column) for column in columns[:4]),
                  np.array(columns[4], "datetime64[D]"), np.array(columns[5]),
                  np.array(columns[6]), np.array(columns[7]))  # fmt: skip


@dataclass(frozen=True)
class Pool:
    """A culture's names, common ones first."""

    given: list[str]
    family: list[str]
    has_two_tokens: float

    @classmethod
    def of(cls, culture: str, seed: int) -> Pool:
        locale, given, family = LISTS[culture]
        provider = import_module(f"faker.providers.person.{locale}").Provider
        lists = [sorted({roman(str(name)) for name in getattr(provider, part)})
                 for part in (given, family)]  # fmt: skip
        rng = np.random.default_rng(seed)
        for names in lists:
            rng.shuffle(names)
        return cls(lists[0], lists[1], 0.8 if culture == "east_asian" else 0.15)

    def draw(self, rng: np.random.Generator, names: list[str]) -> str:
        """A name; the r-th is drawn in proportion to 1/(r + 5)."""
        top = np.log((len(names) + 5) / 5)
        return names[min(int(5 * np.exp(rng.random() * top) - 5), len(names) - 1)]

    def given_name(self, rng: np.random.Generator) -> str:
        first = self.draw(rng, self.given)
        return (
            f"{first} {self.draw(rng, self.given)}" if rng.random() < self.has_two_tokens else first
        )


def roman(name: str) -> str:
    """A name in Latin letters."""
    return "".join(CYRILLIC.get(letter, letter) for letter in name.lower())


def _household(
    scene: Scene, pool: Pool, rng: np.random.Generator
) -> list[tuple[str, str, str, np.datetime64, bool]]:
    """The members of one household: given, family and other name, born, is male."""
    family = pool.draw(rng, pool.family)
    today = np.datetime64("2020-01-01")
    father_born = today - int(rng.integers(20 * 365, 70 * 365))
    father = pool.given_name(rng)
    members = []
    shape = rng.random()
    if shape < 0.85:
        members.append((father, family, pool.given_name(rng), father_born, True))
    if shape > 0.2:
        born = father_born + int(rng.integers(-1500, 2500))
        own = family if rng.random() < 0.7 else pool.draw(rng, pool.family)
        members.append((pool.given_name(rng), own, pool.given_name(rng), born, False))
    n_children = int(rng.choice([0, 1, 2, 3, 4, 5], p=[0.35, 0.22, 0.23, 0.12, 0.05, 0.03]))
    born = father_born + int(rng.integers(19 * 365, 32 * 365))
    for _ in range(n_children):
        if born >= today:
            break
        is_male = bool(rng.random() < 0.5)
        given = father if is_male and rng.random() < scene.namesakes else pool.given_name(rng)
        members.append((given, family, father, born, is_male))
        if rng.random() >= scene.twins:
            born = born + int(rng.integers(400, 1600))
    return members


def recorded(who: People, scene: Scene, ids: list[str], seed: int, is_later: bool) -> pa.Table:
    """One record of each person, slips and all.

    Args:
        who: The people.
        scene: How records are made.
        ids: Record ids.
        seed: Of the slips.
        is_later: Whether moves have happened.
    """
    rng = np.random.default_rng(seed)
    rate = np.where(rng.random(len(ids)) < scene.careless, 5 * scene.slip, scene.slip)
    given, family = [], []
    for row, culture in enumerate(who.culture):
        names = _names_written(who, row, scene, rng)
        if rng.random() < scene.respelt:
            names = [respelt(name, SPELLINGS[culture], rng) for name in names]
        names = [_slipped(name, rate[row], rng) for name in names]
        given.append(names[0])
        family.append(names[1])
    homes = who.next_home if is_later else who.home
    columns = {
        "given_name": given,
        "surname": family,
        "date_of_birth": [_date(day, scene, r, rng) for day, r in zip(who.born, rate, strict=True)],
        "sex": ["m" if male != (rng.random() < 0.01) else "f" for male in who.is_male],
        "address": [_slipped(address(home), r, rng) for home, r in zip(homes, rate, strict=True)],
        "postcode": [_slipped(postcode(home), r, rng) for home, r in zip(homes, rate, strict=True)],
        "town": [f"{PLACES[home // 4000 % len(PLACES)]}" for home in homes],
    }
    blank = {name: rng.random(len(ids)) < scene.missing for name in columns}
    return pa.table({"record_id": ids} | {
        name: pa.array(columns[name], pa.string(), mask=blank[name]) for name in scene.columns
    })  # fmt: skip


def _names_written(who: People, row: int, scene: Scene, rng: np.random.Generator) -> list[str]:
    given, family = who.given[row], who.family[row]
    if rng.random() < scene.other_surname:
        family = who.other[row].split()[0]
    if " " in given and rng.random() < 0.4:
        given = given.replace(" ", "") if rng.random() < 0.5 else given.split()[0]
    return [family, given] if rng.random() < scene.reversed_names else [given, family]


def respelt(name: str, rules: tuple[tuple[str, str], ...], rng: np.random.Generator) -> str:
    """A name in another spelling: of each rule that applies one side is written for the other."""
    for one, other in rules:
        if rng.random() < 0.6:
            here, there = (one, other) if one in name else (other, one)
            name = name.replace(here, there)
    return name


def _slipped(text: str, rate: float, rng: np.random.Generator) -> str:
    """A letter changed, left out, or exchanged with the next."""
    if rng.random() >= rate or len(text) < 3:
        return text
    at, how = int(rng.integers(len(text) - 1)), rng.random()
    if how < 0.4:
        return text[:at] + str(rng.choice(list("aeinorst0123456789"))) + text[at + 1 :]
    if how < 0.7:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _date(day: np.datetime64, scene: Scene, rate: float, rng: np.random.Generator) -> str:
    text, chance = str(day), rng.random()
    if chance < scene.dummy_day:
        return f"{text[:4]}-01-01"
    if chance < scene.dummy_day + scene.partial:
        return text[:4] if rng.random() < 0.5 else text[:7]
    if rng.random() >= rate:
        return text
    if rng.random() < 0.3 and int(text[8:]) <= 12:
        return f"{text[:4]}-{text[8:]}-{text[5:7]}"
    at = int(rng.choice([2, 3, 6, 8, 9]))
    return text[:at] + str(int(rng.integers(10))) + text[at + 1 :]


PLACES = "Ashbrook Bramley Cotgrave Dunmere Eastfield Fernham Garstead Holmby".split()
STREETS = (
    "Mill Church Station Park Hill Oak River Bridge Chapel Meadow North South Albert Queen Holly "
    "Windsor Grange Manor Orchard Elm Ash Beech School Castle Market Abbey Forge Well Green York "
    "Kent Priory Quarry Field Wood Lake Tower Temple Garden Spring"
).split()
KINDS = "Road Street Lane Avenue Close Way Drive Court".split()


def address(home: int) -> str:
    """Number and street of a household; homes with numbers close to one another are neighbours."""
    street = home // 15
    return (f"{home % 15 * 2 + 1} {STREETS[street % 40]} {KINDS[street // 40 % 8]} "
            f"{PLACES[home // 4000 % len(PLACES)]}")  # fmt: skip


def postcode(home: int) -> str:
    """A postcode of fifteen households."""
    street = home // 15
    unit = "ABDEFGHJLNPQRSTUWXYZ"
    return (f"N{street // 3600 % 90 + 1} {street // 400 % 9 + 1}"
            f"{unit[street % 20]}{unit[street // 20 % 20]}")  # fmt: skip


@dataclass(frozen=True)
class Linkable:
    """Two tables and how many people are in both; record ids of one person differ in the prefix."""

    left: pa.Table
    right: pa.Table
    shared: int


def two_files(scene: Scene, n: int, seed: int, overlap: float = 0.6) -> Linkable:
    """Two files of n records each, of whom this share is in both; households stay together."""
    shared = round(overlap * n)
    who = people(scene, 2 * n - shared, seed)
    size = len(who.given)
    left, right = np.arange(n), np.arange(n - shared, size)
    tables = [
        recorded(who.chosen(rows), scene, [f"{side}{i:06d}" for i in rows], seed + extra, extra > 1)
        for side, rows, extra in (("l", left, 1), ("r", right, 2))
    ]
    return Linkable(tables[0], tables[1], shared)
