"""Made-up families in the form of the stage tables, for the tests of the family stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.contracts.stages import (
    MENTION_ADDRESSES,
    MENTION_PERSONS,
    MENTIONS,
    RELATIONSHIP_TABLE,
)
from pipeline.family.tables import FamilyInputs

GIVEN = [a + b for a in "ada bel cor dor eva fay gil hal ivo jon kit leo".split()
         for b in "ra na lin mund bert wyn son tta".split()]  # fmt: skip
SURNAMES = [a + b for a in "ash brook carl dun east fair gold hart ire jess kirk lang marl nor "
            "oak pres quill rush stan thorn".split()
            for b in "by cote dale ford gate ham ley mere ton well wick worth".split()]  # fmt: skip

PRISON, PROBATION = "prison", "probation"


@dataclass
class Scene:
    """Mentions, relationships and persons, put together one sentence at a time."""

    mentions: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    relationships: list[dict[str, Any]] = field(default_factory=list)
    persons: list[dict[str, Any]] = field(default_factory=list)

    def offender(self, given, surname, born, sex="M", home=None, person=None, source=PRISON) -> int:
        """Somebody in prison or on probation."""
        return self._mention("offender", source, given, surname, born, sex, home, person)

    def declares(
        self, offender, given, surname, born=None, sex=None, relationship="child", source=PRISON,
        person=None, role="declared_child",
    ) -> int:  # fmt: skip
        """The offender names a child."""
        mention = self._mention(role, source, given, surname, born, sex, None, person, offender)
        self.persons[-1]["kind"] = "declared_child"
        if relationship != "unknown" or role != "visitor":
            self._relate(mention, offender, relationship, source)
        return mention

    def child(self, given, surname, born, sex="M", home=None, authority="330", person=None) -> int:
        """A child known to an authority."""
        source = f"childrens_services/{authority}"
        mention = self._mention("child", source, given, surname, born, sex, home, person)
        self.mentions[mention]["authority_code"] = authority
        return mention

    def records(
        self, child, given, surname, born=None, sex=None, relationship="parent", home=None,
        person=None,
    ) -> int:  # fmt: skip
        """The authority records an adult with the child."""
        source = self.mentions[child]["source"]
        mention = self._mention("related_adult", source, given, surname, born, sex, home, person)
        self._relate(mention, child, relationship, source)
        return mention

    def also_records(self, child, adult, relationship="parent") -> None:
        """The same adult is recorded with one more child."""
        self._relate(adult, child, relationship, self.mentions[child]["source"])

    def lives(self, mention, home, start=None, end=None, kind="home") -> None:
        """A dated stay; `home` is `(address, postcode)`."""
        self.addresses.append(
            {
                "mention_id": mention, "address": home[0], "postcode": home[1], "kind": kind,
                "start_date": start, "end_date": end, "is_primary": True, "is_confidential": False,
            }
        )  # fmt: skip

    def person(self, mention) -> str:
        """The person that a mention is."""
        return str(self.persons[mention]["person_id"])

    def tables(self, order: np.ndarray | None = None) -> FamilyInputs:
        """The stage tables; with `order`, their rows shuffled by this permutation's ranks."""
        return FamilyInputs(
            mentions=_table(self.mentions, MENTIONS, order),
            mention_addresses=_table(self.addresses, MENTION_ADDRESSES, order),
            relationships=_table(self.relationships, RELATIONSHIP_TABLE, order),
            mention_persons=_table(self.persons, MENTION_PERSONS, order),
        )

    def _mention(self, role, source, given, surname, born, sex, home, person, owner=None) -> int:
        number = len(self.mentions)
        row = dict.fromkeys(MENTIONS.column_names)
        row |= {
            "mention_id": number, "source": source, "table": role, "record_id": f"{role}-{number}",
            "role": role, "owner_mention_id": owner, "given_name": given, "surname": surname,
            "date_of_birth": born, "sex": sex, "is_limited_access": False,
            "given_names": [given] if given else [], "surnames": [surname] if surname else [],
            "full_names": [], "dates_of_birth": [born] if born else [],
            "addresses": [home[0]] if home else [], "postcodes": [home[1]] if home else [],
        }  # fmt: skip
        self.mentions.append(row)
        person = person or f"{role}-{number:06d}"
        self.persons.append({"mention_id": number, "person_id": person, "kind": role})
        if home:
            self.lives(number, home)
        return number

    def _relate(self, subject, object_, relationship, source) -> None:
        self.relationships.append(
            {
                "subject_mention_id": subject, "object_mention_id": object_,
                "relationship": relationship, "source": source, "table": "relationships",
                "start_date": None, "end_date": None, "is_restricted": False,
            }
        )  # fmt: skip


def _table(rows, contract, order) -> pa.Table:
    table = pa.Table.from_pylist(rows, schema=contract.to_arrow()) if rows else contract.empty()
    if order is None or not rows:
        return contract.conform(table)
    return table.take(pa.array(np.argsort(order[: len(rows)], kind="stable")))


def home(number: int) -> tuple[str, str]:
    """The made-up home of that number: every one has its own address and postcode."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    unit = letters[number % 20] + letters[number // 20 % 20]
    return f"{number % 97 + 1} {SURNAMES[number % len(SURNAMES)]} street", (
        f"B{number // 4000 % 90 + 1} {number // 400 % 10}{unit}"
    )


@dataclass(frozen=True)
class Crowd:
    """A population that rates are learned from, with its true parent-child pairs."""

    scene: Scene
    truth: set[tuple[str, str]]
    findable: set[tuple[str, str]]


def crowd(families: int = 500, seed: int = 1, scene: Scene | None = None) -> Crowd:
    """Families of which some parents offend, some children are known, some errors are made."""
    draw = np.random.default_rng(seed)
    made = Crowd(scene or Scene(), set(), set())
    for number in range(families):
        _family(made, draw, number)
    return made


def _family(made: Crowd, draw: np.random.Generator, number: int) -> None:
    scene, place = made.scene, home(number)
    surname = str(draw.choice(SURNAMES))
    mother, father = _adult(draw, "F"), _adult(draw, "M")
    children = [
        (str(draw.choice(GIVEN)), _date(draw, 2006, 2021), "MF"[draw.integers(2)])
        for _ in range(draw.integers(1, 4))
    ]
    known = [
        (scene.child(given, surname, born, sex, place), (given, born, sex))
        if draw.random() < 0.8 else (None, (given, born, sex))
        for given, born, sex in children
    ]  # fmt: skip
    listed = {}
    for role, (given, born), sex in (("mother", mother, "F"), ("father", father, "M")):
        own = surname if role == "father" or draw.random() < 0.6 else str(draw.choice(SURNAMES))
        adult = None
        for child, _ in known:
            if child is not None and draw.random() < (0.9 if role == "mother" else 0.6):
                if adult is None:
                    date = born if draw.random() < 0.85 else None
                    adult = scene.records(child, _slip(draw, given), own, date, sex, home=place)
                else:
                    scene.also_records(child, adult)
                listed[role, child] = True
        if draw.random() < (0.6 if role == "father" else 0.2):
            _offend(made, draw, (given, own, born, sex), known, (role, listed, place, surname))
    if draw.random() < 0.5:
        given, born = _adult(draw, "M")
        scene.offender(given, str(draw.choice(SURNAMES)), born, "M", home(10_000 + number))


def _offend(made, draw, who, known, family) -> None:
    role, listed, place, surname = family
    scene = made.scene
    given, own, born, sex = who
    source = PRISON if draw.random() < 0.6 else PROBATION
    lives = place if draw.random() < 0.6 else home(20_000 + int(draw.integers(9_000)))
    offender = scene.offender(_slip(draw, given), own, born, sex, lives, source=source)
    names_children = draw.random() < 0.7
    for child, (child_given, child_born, child_sex) in known:
        named = names_children and draw.random() < 0.8
        if named:
            date = child_born if draw.random() < 0.65 else None
            scene.declares(offender, _slip(draw, child_given), surname, date, child_sex,
                           source=source)  # fmt: skip
        if child is not None:
            pair = (scene.person(offender), scene.person(child))
            made.truth.add(pair)
            if named or (role, child) in listed:
                made.findable.add(pair)


def _adult(draw, sex) -> tuple[str, str]:
    return str(draw.choice(GIVEN)), _date(draw, 1975, 1993)


def _date(draw, first, last) -> str:
    return f"{draw.integers(first, last)}-{draw.integers(1, 13):02d}-{draw.integers(1, 29):02d}"


def _slip(draw, name: str) -> str:
    """The name, now and then with two letters swapped."""
    if len(name) < 4 or draw.random() > 0.05:
        return name
    return name[0] + name[2] + name[1] + name[3:]
