"""Family sets under stress: the same families as other authorities and sources would record them.

In: a folder with `extracts/` in the contract's form and `truth/`. Out: its files, rewritten by one
step. A step is made by a function named for what it does and draws from the generator it is given
alone. It must not know how families are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.stress.person_steps import slip

AUTHORITY = "childrens_services/*"
RELATIONSHIPS = f"{AUTHORITY}/relationships"
CHILDREN, ADULTS = f"{AUTHORITY}/children", f"{AUTHORITY}/related_adults"
OFFENDERS = {"prison/prisoners": "prisoner_number", "probation/offenders": "crn"}
OFFENDER_ADDRESSES = ("prison/prisoner_addresses", "probation/offender_addresses")
CONTACTS, ASSESSED = "prison/prisoner_contacts", "probation/assessed_children"
PERSONAL_CONTACTS, VISITORS = "probation/personal_contacts", "prison/visit_visitors"
NOMINATIONS = (CONTACTS, ASSESSED, PERSONAL_CONTACTS, VISITORS)
OF_CHILDREN = "sibling"
"""The word for a tie between children, which an authority does not mistake for an adult's."""
NAMES = ("first_name", "last_name")

Generator = np.random.Generator
Change = Callable[[pd.DataFrame], pd.DataFrame]
Value = str | None


@dataclass(frozen=True)
class FamilyFiles:
    """One family set's own copy of its files.

    Attributes:
        folder: Holds extracts/ and truth/.
    """

    folder: Path

    @property
    def extracts(self) -> Path:
        return self.folder / "extracts"

    @property
    def truth(self) -> Path:
        return self.folder / "truth"

    def rewrite(self, pattern: str, change: Change) -> None:
        """Change the tables whose path under extracts/ is like this, `.parquet` left out."""
        for path in sorted(self.extracts.glob(f"{pattern}.parquet")):
            _rewrite(path, change)

    def rewrite_truth(self, name: str, change: Change) -> None:
        """Change a table of the truth."""
        _rewrite(self.truth / f"{name}.parquet", change)


Step = Callable[[FamilyFiles, Generator], None]


def _rewrite(path: Path, change: Change) -> None:
    table = pq.read_table(path)
    frame = change(table.to_pandas())
    pq.write_table(pa.Table.from_pandas(frame, table.schema, preserve_index=False), path)


def called(word: Value, share: float = 1.0, where: str = AUTHORITY) -> Step:
    """An authority calls this share of its adults by one word; by none where it is null."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        def change(table: pd.DataFrame) -> pd.DataFrame:
            words = table["relationship"].astype(object)
            is_kept = (rng.random(len(table)) >= share) | words.str.lower().eq(OF_CHILDREN)
            return table.assign(relationship=words.where(is_kept, word))

        files.rewrite(f"{where}/relationships", change)

    return step


def listed_alone(word: str) -> Step:
    """The authority records relationships of this word, in capitals or not, and no others."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        files.rewrite(
            RELATIONSHIPS, lambda table: table[table["relationship"].str.lower().eq(word.lower())]
        )

    return step


def without(pattern: str, *columns: str, share: float = 1.0) -> Step:
    """This share of the values in these columns is missing."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        def change(table: pd.DataFrame) -> pd.DataFrame:
            gone = {name: rng.random(len(table)) < share for name in columns if name in table}
            return table.assign(
                **{name: table[name].astype(object).mask(rows, None) for name, rows in gone.items()}
            )

        files.rewrite(pattern, change)

    return step


def empty(*patterns: str) -> Step:
    """These tables have no rows."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        for pattern in patterns:
            files.rewrite(pattern, lambda table: table[:0])

    return step


def slips(pattern: str, share: float, columns: tuple[str, ...] = NAMES) -> Step:
    """This share of the values in these columns has a slip of the pen."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        def slipped(text: Value) -> Value:
            return slip(text, rng) if text and len(text) > 1 and rng.random() < share else text

        def change(table: pd.DataFrame) -> pd.DataFrame:
            return table.assign(**{name: table[name].map(slipped) for name in columns})

        files.rewrite(pattern, change)

    return step


def year_of_birth_alone(pattern: str) -> Step:
    """Of a birth date the year alone is recorded."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        files.rewrite(
            pattern, lambda table: table.assign(date_of_birth=table["date_of_birth"].str[:4])
        )

    return step


def moved_house(share: float = 1.0) -> Step:
    """This share of the offenders has another offender's home and never had the family's."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        def change(table: pd.DataFrame) -> pd.DataFrame:
            places = ["address", "postcode"]
            movers = np.flatnonzero(rng.random(len(table)) < share)
            moved = table.copy()
            moved.loc[movers, places] = table.loc[rng.permutation(movers), places].to_numpy()
            return moved

        for pattern in OFFENDER_ADDRESSES:
            files.rewrite(pattern, change)

    return step


def fewer_offenders(share: float) -> Step:
    """This share of the offenders is in the extracts; the others' records leave the truth too."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        people = pq.read_table(files.truth / "person_truth.parquet").to_pandas()
        offenders = people.loc[people["table"].isin(["prisoners", "offenders"])]
        names = np.sort(offenders["true_person_id"].unique())
        gone = set(names[rng.random(len(names)) >= share])
        records = set(offenders.loc[offenders["true_person_id"].isin(gone), "record_id"])
        leave = partial(_without_records, records=records)
        for table, number in OFFENDERS.items():
            files.rewrite(f"{Path(table).parent}/*", partial(leave, column=number))
        _without_visitors_of_nobody(files)
        files.rewrite_truth("person_truth", partial(leave, column="record_id"))

    return step


def _without_visitors_of_nobody(files: FamilyFiles) -> None:
    """Visitors are recorded by visit: they leave with the visit of an offender who left."""
    visits = files.extracts / "prison" / "visits.parquet"
    if visits.exists():
        kept = pq.read_table(visits)["visit_id"].to_pylist()
        files.rewrite(VISITORS, lambda table: table[table["visit_id"].isin(kept)])


def _without_records(table: pd.DataFrame, column: str, records: set[str]) -> pd.DataFrame:
    return table[~table[column].isin(records)] if column in table else table


def strangers_alone() -> Step:
    """The authority knows no child of any offender: what is linked is wrong."""

    def step(files: FamilyFiles, rng: Generator) -> None:
        families = pq.read_table(files.truth / "family_truth.parquet").to_pandas()
        people = pq.read_table(files.truth / "person_truth.parquet").to_pandas()
        is_theirs = people["true_person_id"].isin(families["child_true_id"])
        gone = set(people.loc[is_theirs & (people["table"] == "children"), "record_id"])
        files.rewrite(f"{AUTHORITY}/*", lambda table: table[~table["person_id"].isin(gone)])
        files.rewrite_truth("person_truth", lambda table: table[~table["record_id"].isin(gone)])
        files.rewrite_truth("family_truth", lambda table: table.assign(child_in_cs=False))

    return step


def split_authority(share: float, code: str) -> Step:
    """This share of the children is another authority's, with the adults recorded with them.

    Adults recorded with children of both are in both. A set of one authority becomes one of two.
    """

    def step(files: FamilyFiles, rng: Generator) -> None:
        (home,) = sorted((files.extracts / "childrens_services").iterdir())
        other = home.with_name(code)
        other.mkdir()
        belong = _divided(home, share, rng)
        for path in sorted(home.glob("*.parquet")):
            (other / path.name).write_bytes(path.read_bytes())
            for folder, persons in zip((home, other), belong, strict=True):
                _rewrite(folder / path.name, partial(_of_persons, persons=persons))

        def change(truth: pd.DataFrame) -> pd.DataFrame:
            is_home = truth["source"] == f"childrens_services/{home.name}"
            parts = [truth[~is_home]]
            for folder, persons in zip((home, other), belong, strict=True):
                held = truth[is_home & truth["record_id"].isin(persons)]
                parts.append(held.assign(source=f"childrens_services/{folder.name}"))
            return pd.concat(parts, ignore_index=True)

        files.rewrite_truth("person_truth", change)

    return step


def _of_persons(table: pd.DataFrame, persons: set[str]) -> pd.DataFrame:
    return table[table["person_id"].isin(persons)]


def _divided(home: Path, share: float, rng: Generator) -> list[set[str]]:
    """The persons who stay with an authority and those who are another's."""
    children = pq.read_table(home / "children.parquet").to_pandas()["person_id"]
    ties = pq.read_table(home / "relationships.parquet").to_pandas()
    leaves = rng.random(len(children)) < share
    return [
        {*of_children, *ties.loc[ties["person_id"].isin(of_children), "related_person_id"]}
        for of_children in (children[~leaves], children[leaves])
    ]
