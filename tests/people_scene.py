"""Made-up mentions in the form of the stage tables, for the tests of resolving people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.contracts.prison import CUSTODY_PERIODS
from pipeline.contracts.stages import MENTIONS, RELATIONSHIP_TABLE
from pipeline.people import People, PeopleInputs, resolve_people
from pipeline.settings.people import PeopleSettings

AS_OF = date(2026, 3, 31)
GIVEN = [a + b for a in "ada bel cor dor eva fay gil hal ivo jon kit leo".split()
         for b in "ra na lin mund bert wyn son tta".split()]  # fmt: skip
SURNAMES = [a + b for a in "ash brook carl dun east fair gold hart ire jess kirk lang marl nor "
            "oak pres quill rush stan thorn".split()
            for b in "by cote dale ford gate ham ley mere ton well wick worth".split()]  # fmt: skip
TABLES = {"prison": "prisoners", "probation": "offenders"}
LISTS = {"given_names": "given_name", "surnames": "surname", "dates_of_birth": "date_of_birth"}


@dataclass
class Scene:
    """Mentions and relationships, put together one sentence at a time."""

    mentions: list[dict[str, Any]] = field(default_factory=list)
    relationships: list[dict[str, Any]] = field(default_factory=list)
    stays: list[dict[str, Any]] = field(default_factory=list)

    def offender(self, source: str, given: str | None, surname: str, born=None, **more) -> int:
        """A record of prison or probation."""
        return self.add("offender", source, TABLES[source], given, surname, born, **more)

    def stay(self, prisoner_number: str, start_year: int, end_year: int | None) -> None:
        """Custody from new year to new year; for good without an end."""
        end = end_year and date(end_year, 1, 1)
        self.stays.append(
            {
                "prisoner_number": prisoner_number,
                "start_date": date(start_year, 1, 1),
                "end_date": end,
                "prison_id": "BMI",
            }
        )

    def child(self, authority: str, given: str | None, surname: str, born=None, **more) -> int:
        """A child in an authority's extract."""
        source = f"childrens_services/{authority}"
        return self.add("child", source, "children", given, surname, born, **more)

    def adult(self, children: list[int], given, surname, born=None, **more) -> int:
        """An adult whom an authority records with these of its children."""
        source = self.mentions[children[0]]["source"]
        adult = self.add("related_adult", source, "related_adults", given, surname, born, **more)
        for child in children:
            self.relationships.append(
                {
                    "subject_mention_id": adult, "object_mention_id": child,
                    "relationship": "parent", "source": source, "table": "relationships",
                    "is_restricted": False,
                }
            )  # fmt: skip
        return adult

    def declared(self, owner: int, table: str, given, surname, born=None, **more) -> int:
        """A person whom an offender declares in one of the tables; a child unless `role` says."""
        role = more.pop("role", "visitor" if table == "visit_visitors" else "declared_child")
        source = self.mentions[owner]["source"]
        more["owner_mention_id"] = owner
        return self.add(role, source, table, given, surname, born, **more)

    def add(self, role, source, table, given, surname, born, **more) -> int:
        """Any mention. `home` is `(address, postcode)`; `also` gives further values of a list."""
        home, also = more.pop("home", None), more.pop("also", {})
        mention_id = len(self.mentions)
        row = {
            "mention_id": mention_id, "source": source, "table": table,
            "record_id": f"{table}-{mention_id:05d}", "role": role, "given_name": given,
            "surname": surname, "date_of_birth": born, "full_names": [],
            "addresses": [home[0]] if home else [], "postcodes": [home[1]] if home else [],
            "is_limited_access": False, **more,
        }  # fmt: skip
        for name, of in LISTS.items():
            row[name] = [value for value in (row[of], *also.get(name, ())) if value]
        self.mentions.append(row)
        return mention_id

    def crowd(self, size: int, share: float = 0.5, seed: int = 7) -> None:
        """Families of strangers, a share of them known twice, of these a quarter since moved.

        Offender, child and mother are known to prison and one authority, and if known twice to
        probation and another authority too. Mothers are never listed twice with one child.
        """
        rng = np.random.default_rng(seed)
        for number in range(size):
            given, surname = rng.choice(GIVEN), rng.choice(SURNAMES)
            sex = rng.choice(["F", "M"])
            old = f"{rng.integers(1960, 2000)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
            young = f"{rng.integers(2010, 2025)}{old[4:]}"
            home = (f"{number} {rng.choice(SURNAMES)} street", f"B{number % 40} {number % 9}AA")
            twice, moved = rng.random() < share, rng.random() < 0.25
            now = (f"{number} new row", f"B{number % 35} {number % 7}BB") if moved else home
            child = self.child("330", given, surname, young, sex=sex, home=home)
            mother = (rng.choice(GIVEN), surname, f"{int(old[:4]) - 1}{old[4:]}")
            self.adult([child], *mother, sex="F", home=home)
            owner = self.offender("prison", given, surname, old, sex=sex, home=home)
            self.declared(owner, "prisoner_contacts", rng.choice(GIVEN), surname, young, sex="M")
            if twice:
                self.offender("probation", given, surname, old, sex=sex, home=now)
                child = self.child("331", given, surname, young, sex=sex, home=now)
                self.adult([child], *mother, sex="F", home=now)

    @property
    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Mentions and relationships."""
        return of_contract(self.mentions, MENTIONS), of_contract(
            self.relationships, RELATIONSHIP_TABLE
        )

    def resolve(self, previous: pa.Table | None = None, run_id: str = "run-1") -> People:
        """Everybody resolved."""
        inputs = PeopleInputs(*self.tables, AS_OF, custody_periods=self.custody_periods)
        return resolve_people(inputs, PeopleSettings(), previous, run_id)

    @property
    def custody_periods(self) -> pa.Table:
        """The stays, as prison sends them."""
        return of_contract(self.stays, CUSTODY_PERIODS)


def of_contract(rows, contract) -> pa.Table:
    """Rows as a table of the contract, what is not said null."""
    columns = {
        name: pa.array([row.get(name) for row in rows], contract[name].type)
        for name in contract.column_names
    }
    return contract.conform(pa.table(columns))


def person_of(people: People) -> dict[int, str]:
    """Mention id → person id."""
    table = people.mention_persons
    return dict(zip(table["mention_id"].to_pylist(), table["person_id"].to_pylist(), strict=True))
