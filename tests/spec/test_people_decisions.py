"""Made-up people and what becomes of them, among a crowd that both systems know."""

from __future__ import annotations

import numpy as np
import pytest
from people_scene import Scene, person_of

HOME = ("1 quiet road", "B99 1AA")
FAR = ("77 loud lane", "B77 7ZZ")


def john(scene, source, **more):
    told = {"given": "barnaby", "surname": "wexcombe", "born": "1981-02-03", "sex": "M", **more}
    return scene.offender(source, **told)


def offenders(first, second):
    def build(scene):
        return john(scene, **first), john(scene, **second)

    return build


def two_numbers(first, second):
    """One name, birth date and home under two prisoner numbers, with stays from year to year."""
    numbers = ({"prisoner_number": "A1111AA"}, {"prisoner_number": "A2222AA"})
    return offenders(
        *(
            PRISON | {"home": HOME, "stays": stays} | number
            for number, stays in zip(numbers, (first, second), strict=True)
        )
    )


def children(first, second):
    def build(scene):
        told = {"given": "rosalind", "surname": "wexcombe", "born": "2014-05-06", "sex": "F"}
        return tuple(scene.child(**{"authority": "330", **told, **one}) for one in (first, second))

    return build


def adults(first, second, shared_child=False):
    def build(scene):
        found = []
        child = scene.child("330", "perdita", "wexcombe", "2012-01-02", sex="F")
        other = scene.child("331", "cressida", "wexcombe", "2015-03-01", sex="F")
        for listed, one in (([child], first), ([child if shared_child else other], second)):
            told = {"given": "barnaby", "surname": "wexcombe", "born": "1981-02-03", "sex": "M"}
            found.append(scene.adult(listed, **{**told, **one}))
        return tuple(found)

    return build


def declared(first, second, second_owner="same"):
    def build(scene):
        owner = john(scene, "prison", prisoner_number="A1234BC")
        other = owner
        if second_owner == "probation record":
            other = john(scene, "probation", prisoner_number="A1234BC")
        if second_owner == "another offender":
            other = scene.offender("probation", "thaddeus", "wexcombe", "1979-03-03", sex="M")
        found = []
        for person, one in ((owner, first), (other, second)):
            told = {"table": "prisoner_contacts", "given": "rosalind", "surname": "wexcombe",
                    "born": "2014-05-06", **one}  # fmt: skip
            found.append(scene.declared(person, **told))
        return tuple(found)

    return build


PRISON, PROBATION = {"source": "prison"}, {"source": "probation"}

CASES = {
    # Offenders
    "same name and birth date in prison and on probation":
        (offenders(PRISON | {"home": HOME}, PROBATION | {"home": HOME}), True),
    "the same though the home differs":
        (offenders(PRISON | {"home": HOME}, PROBATION | {"home": FAR}), True),
    "an official number agrees though the surname changed":
        (offenders(PRISON | {"pnc_number": "2001/1234567X", "home": HOME},
                   PROBATION | {"pnc_number": "2001/1234567X", "surname": "pargeter",
                                "home": HOME}), True),
    "an alias and its birth date agree":
        (offenders(PRISON | {"home": HOME, "also": {"surnames": ["pargeter"],
                                                    "dates_of_birth": ["1982-04-05"]}},
                   PROBATION | {"surname": "pargeter", "born": "1982-04-05", "home": HOME}), True),
    "two prisoner numbers, one after the other":
        (two_numbers([(2012, 2014)], [(2014, 2016), (2020, None)]), True),
    "two prisoner numbers in custody at once are two people":
        (two_numbers([(2012, 2015)], [(2014, 2016)]), False),
    "two prisoner numbers, of one of which no custody is known":
        (two_numbers([(2012, 2014)], []), False),
    "a probation record that holds the prisoner number":
        (offenders(PRISON | {"prisoner_number": "A1111AA"},
                   PROBATION | {"prisoner_number": "A1111AA", "given": "barney"}), True),
    "father and son of one name in one house":
        (offenders(PRISON | {"home": HOME}, PROBATION | {"home": HOME, "born": "2003-02-03"}),
         False),
    "twin brothers in one house":
        (offenders(PRISON | {"home": HOME}, PROBATION | {"home": HOME, "given": "cuthbert"}),
         False),
    "twin brothers who live apart":
        (offenders(PRISON | {"home": HOME}, PROBATION | {"home": FAR, "given": "cuthbert"}),
         False),
    "brothers in one house":
        (offenders(PRISON | {"home": HOME},
                   PROBATION | {"home": HOME, "given": "cuthbert", "born": "1979-04-05"}), False),
    "a name alone joins nobody":
        (offenders(PRISON | {"born": None, "home": HOME}, PROBATION | {"home": FAR}), False),
    # Children
    "one child known to two authorities":
        (children({"home": HOME}, {"authority": "331", "home": FAR}), True),
    "one child, day and month swapped, in one home":
        (children({"home": HOME}, {"authority": "331", "home": HOME, "born": "2014-06-05"}), True),
    "one child under a former UPN":
        (children({"upn": "A111"}, {"authority": "331", "upn": "B222", "former_upn": "A111"}),
         True),
    "two UPNs, as before and after an adoption":
        (children({"upn": "A111", "home": HOME}, {"upn": "B222", "home": HOME}), False),
    "two NHS numbers":
        (children({"nhs_number": "9990000018", "home": HOME},
                  {"nhs_number": "9990000026", "home": HOME}), False),
    "twins in one home":
        (children({"home": HOME}, {"home": HOME, "given": "imogen"}), False),
    "sisters in one home":
        (children({"home": HOME}, {"home": HOME, "given": "imogen", "born": "2011-01-02"}), False),
    "a twin who has no name yet is not joined on surname and date":
        (children({"home": HOME}, {"home": HOME, "given": None}), False),
    # Related adults
    "a father with children known to two authorities":
        (adults({"home": HOME}, {"home": HOME}), True),
    "never two adults of one child":
        (adults({"home": HOME}, {"home": HOME}, shared_child=True), False),
    "a father known by name alone":
        (adults({"home": HOME}, {"home": FAR, "born": None}), False),
    "husband and wife":
        (adults({"home": HOME}, {"home": HOME, "given": "henrietta", "sex": "F",
                                 "born": "1983-07-08"}), False),
    # Declared children
    "one child on the contact list and in an assessment":
        (declared({}, {"table": "assessed_children"}, "probation record"), True),
    "one child without a birth date on probation":
        (declared({}, {"table": "personal_contacts", "born": None}, "probation record"), True),
    "a brother and a sister":
        (declared({}, {"given": "cuthbert", "born": "2011-01-02"}), False),
    "declared twins":
        (declared({}, {"given": "imogen"}), False),
    "the same child of two offenders is two declared children":
        (declared({}, {}, "another offender"), False),
    "a visitor who is a declared child":
        (declared({}, {"table": "visit_visitors"}), True),
    "a visitor who is another child":
        (declared({}, {"table": "visit_visitors", "given": "imogen", "born": "2016-06-07"}),
         False),
}  # fmt: skip
KINDS = {
    "one child on the contact list and in an assessment": "declared_child",
    "a visitor who is a declared child": "declared_child",
    "a visitor who is another child": "declared_child",
}


@pytest.fixture(scope="module")
def outcome():
    """All cases resolved together; each in a family of its own names, in a place of its own."""
    scene, places = Scene(), {}
    scene.crowd(250)
    for number, (name, (build, _)) in enumerate(CASES.items()):
        family = Family(scene, number)
        places[name] = build(family)
    people = scene.resolve()
    return person_of(people), places, people


class Family:
    """A scene in which every case has names and homes that no other case has."""

    SYLLABLES = "ba co du fe gi ho ju ka lo mu ne pi qua ro su te vo wi xa yo zed".split()

    def __init__(self, scene, number):
        self.scene, self.number = scene, number
        order = np.random.default_rng(number).permutation(self.SYLLABLES)
        self.surnames = {"wexcombe": "".join(order[:4]), "pargeter": "".join(order[4:8])}
        self.homes = {
            HOME: (f"{number} {order[9]}{order[10]} road", f"L{number} 1AA"),
            FAR: (f"{number + 40} {order[11]}{order[12]} lane", f"M{number} 7ZZ"),
        }

    def _own(self, given, surname, born, more):
        more = dict(more)
        if "home" in more:
            more["home"] = self.homes[more["home"]]
        if "also" in more:
            own = [self.surnames[name] for name in more["also"].get("surnames", ())]
            more["also"] = {**more["also"], "surnames": own}
        for number in ("prisoner_number", "pnc_number", "nhs_number", "upn", "former_upn"):
            if more.get(number):
                more[number] += f"{self.number:02d}"
        if born is not None:
            # Day and month move together, so that two dates that swap them still do.
            year, month, day = (int(part) for part in born.split("-"))
            on = self.number // 7
            born = f"{year - self.number % 7}-{month + on:02d}-{day + on:02d}"
        return given, self.surnames[surname], born, more

    def offender(self, source, given, surname, born=None, **more):
        stays = more.pop("stays", ())
        given, surname, born, more = self._own(given, surname, born, more)
        for start, end in stays:
            self.scene.stay(more["prisoner_number"], start, end)
        return self.scene.offender(source, given, surname, born, **more)

    def child(self, authority, given, surname, born=None, **more):
        given, surname, born, more = self._own(given, surname, born, more)
        return self.scene.child(authority, given, surname, born, **more)

    def adult(self, listed, given, surname, born=None, **more):
        given, surname, born, more = self._own(given, surname, born, more)
        return self.scene.adult(listed, given, surname, born, **more)

    def declared(self, owner, table, given, surname, born=None, **more):
        given, surname, born, more = self._own(given, surname, born, more)
        return self.scene.declared(owner, table, given, surname, born, **more)


@pytest.mark.parametrize(("name", "is_one"), [(name, one) for name, (_, one) in CASES.items()],
                         ids=CASES)  # fmt: skip
def test_decision(outcome, name, is_one):
    persons, places, _ = outcome
    first, second = places[name]
    assert (persons[first] == persons[second]) is is_one


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=KINDS)
def test_kind(outcome, name, kind):
    _, places, people = outcome
    kinds = people.mention_persons["kind"].to_pylist()
    assert {kinds[mention] for mention in places[name]} == {kind}


def test_everybody_in_the_crowd_is_joined_with_himself_alone(outcome):
    persons, *_ = outcome
    scene = Scene()
    scene.crowd(250)
    twice = {}
    for row in scene.mentions:
        if row["role"] == "offender":
            key = (row["given_name"], row["surname"], row["date_of_birth"])
            twice.setdefault(key, []).append(persons[row["mention_id"]])
    assert all(len(set(ids)) == 1 for ids in twice.values())
    ids = [ids[0] for ids in twice.values()]
    assert len(set(ids)) == len(ids)
