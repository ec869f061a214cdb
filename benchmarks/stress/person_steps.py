"""Person sets under stress: the same people with fewer columns, more slips, or moved house.

In: a set's tables and true pairs. Out: the same, changed by one step. A step is made by a function
named for what it does (`slips(0.4)`) and draws from the generator it is given alone, so that one
seed gives the same bytes. It must not know which set the people are from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.sets import OpenSet

PLACES = ("address", "town", "postcode")
OF_ONE_TWIN = ("given_name", "middle_names", "sex")
PAIR = ["record_id_l", "record_id_r"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SECOND_SLIP = 0.4
"""Share of the records with a slip that have another one."""
PER_MAILBOX = 25
"""People who share a work e-mail address, on average."""


@dataclass(frozen=True)
class People:
    """A set of persons in memory; text columns, null where a value is missing.

    Attributes:
        left: The left table, or the only one, with record_id.
        right: The right table; None where one table is linked with itself.
        truth: True pairs, PAIR.
    """

    left: pd.DataFrame
    right: pd.DataFrame | None
    truth: pd.DataFrame

    @property
    def is_dedupe(self) -> bool:
        return self.right is None

    @property
    def later(self) -> pd.DataFrame:
        """The table whose records were made later: the right one, or the only one."""
        return self.left if self.right is None else self.right

    def tables(self) -> list[pa.Table]:
        """The table, or both, as the engine takes them."""
        frames = [self.left] if self.right is None else [self.left, self.right]
        return [pa.Table.from_pandas(frame, text_schema(frame), False) for frame in frames]

    def each(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> People:
        """The people with every table changed."""
        right = None if self.right is None else change(self.right)
        return replace(self, left=change(self.left), right=right)


Generator = np.random.Generator
Step = Callable[[People, Generator], People]


def text_schema(frame: pd.DataFrame) -> pa.Schema:
    """Every column text, those without any value too."""
    return pa.schema([(name, pa.string()) for name in frame.columns])


def read_people(found: OpenSet) -> People:
    """A set from its files."""
    frames = [pq.read_table(path).to_pandas() for path in (found.left, found.right) if path]
    truth = pq.read_table(found.truth, columns=PAIR).to_pandas()
    return People(frames[0], frames[1] if len(frames) > 1 else None, truth)


def without(*columns: str) -> Step:
    """The source does not record these columns."""

    def step(people: People, rng: Generator) -> People:
        return people.each(lambda table: table.drop(columns=list(columns), errors="ignore"))

    return step


def slips(share: float, columns: Iterable[str] = ()) -> Step:
    """This share of the records has a slip of the pen in one or two values."""

    def step(people: People, rng: Generator) -> People:
        return people.each(lambda table: _slipped(table, share, rng, set(columns)))

    return step


def blanks(share: float, columns: Iterable[str] = ()) -> Step:
    """This share of the values is missing."""

    def step(people: People, rng: Generator) -> People:
        return people.each(lambda table: _blanked(table, share, rng, set(columns)))

    return step


def moved(share: float) -> Step:
    """This share of the later records has the home of another record, its whole place exchanged.

    People move between two files: the left one is as it was.
    """

    def step(people: People, rng: Generator) -> People:
        later = people.later
        places = [name for name in PLACES if name in later]
        movers = np.flatnonzero(rng.random(len(later)) < share)
        homes = later[places].to_numpy(object)[rng.integers(0, len(later), len(movers))]
        values = later[places].to_numpy(object, copy=True)
        values[movers] = homes
        return with_later(people, later.assign(**dict(zip(places, values.T, strict=True))))

    return step


def twins(share: float) -> Step:
    """This share of the linked people has a twin in both files, recorded as they are.

    Given and middle names and sex are another record's, the same in both files.
    """

    def step(people: People, rng: Generator) -> People:
        if people.right is None:
            raise ValueError("twins are made between two files")
        chosen = people.truth[rng.random(len(people.truth)) < share]
        named = people.left[[name for name in OF_ONE_TWIN if name in people.left]]
        named = named[named["given_name"].notna()]
        lent = named.iloc[rng.integers(0, len(named), len(chosen))]
        sides = [
            _twins_of(table, chosen[column], lent)
            for table, column in ((people.left, PAIR[0]), (people.right, PAIR[1]))
        ]
        pairs = pd.DataFrame({column: chosen[column] + "t" for column in PAIR})
        truth = pd.concat([people.truth, pairs], ignore_index=True)
        return People(sides[0], sides[1], truth)

    return step


def few_in_both(share: float) -> Step:
    """Of the people in both files this share stays so; with 0 nobody is in both.

    Of the others half stay in the left file and half in the right.
    """

    def step(people: People, rng: Generator) -> People:
        if people.right is None:
            raise ValueError("people are in both of two files")
        truth = people.truth
        chance = rng.random(len(truth))
        half = (1 + share) / 2
        no_more_left = truth.loc[chance >= half, PAIR[0]]
        no_more_right = truth.loc[(chance >= share) & (chance < half), PAIR[1]]
        left = people.left[~people.left["record_id"].isin(no_more_left)]
        right = people.right[~people.right["record_id"].isin(no_more_right)]
        return People(left, right, truth[chance < share])

    return step


def shared_mailboxes(shared: float, recorded: float = 1.0) -> Step:
    """Records give an e-mail address; some that of a mailbox which PER_MAILBOX people share.

    Args:
        shared: Share of the addresses that are a mailbox's; all others are one person's own.
        recorded: Share of the records that give any.
    """

    def step(people: People, rng: Generator) -> People:
        holders = persons_of(people)
        boxes = max(len(people.later) // PER_MAILBOX, 1)

        def with_email(table: pd.DataFrame) -> pd.DataFrame:
            ids = table["record_id"]
            own = "p" + ids.map(holders).fillna(ids) + "@mail.example"
            box = pd.Series(rng.integers(0, boxes, len(table)), table.index).astype(str)
            email = own.where(rng.random(len(table)) >= shared, "office" + box + "@work.example")
            return table.assign(email=_recorded(email, recorded, rng))

        return people.each(with_email)

    return step


def work_emails(recorded: float = 1.0) -> Step:
    """Records give a work e-mail address: the person's names and a number, all of one domain.

    Namesakes have addresses that differ by the number alone.
    """

    def step(people: People, rng: Generator) -> People:
        holders = persons_of(people)

        def with_email(table: pd.DataFrame) -> pd.DataFrame:
            ids = table["record_id"]
            number = ids.map(holders).fillna(ids).map(lambda text: crc32(text.encode()) % 100)
            name = table["given_name"] + "." + table["surname"]
            email = name.str.lower() + number.astype(str) + "@office.example"
            return table.assign(email=_recorded(email, recorded, rng))

        return people.each(with_email)

    return step


def phones(recorded: float) -> Step:
    """This share of the records gives a telephone number, one of each person's own."""

    def step(people: People, rng: Generator) -> People:
        holders = persons_of(people)

        def with_phone(table: pd.DataFrame) -> pd.DataFrame:
            ids = table["record_id"]
            number = ids.map(holders).fillna(ids).map(lambda text: crc32(text.encode()) % 10**9)
            phone = "07" + number.astype(str).str.zfill(9)
            return table.assign(phone=_recorded(phone, recorded, rng))

        return people.each(with_phone)

    return step


def _recorded(values: pd.Series, share: float, rng: Generator) -> pd.Series:
    return values.where(rng.random(len(values)) < share, None).astype(object)


def with_later(people: People, later: pd.DataFrame) -> People:
    """The people with another table in place of the later one."""
    return replace(people, **{"left" if people.is_dedupe else "right": later})


def _slipped(table: pd.DataFrame, share: float, rng: Generator, columns: set[str]) -> pd.DataFrame:
    names = _stressable(table, columns)
    values = table[names].to_numpy(object, copy=True)
    for row in np.flatnonzero(rng.random(len(table)) < share):
        wanted = min(1 + int(rng.random() < SECOND_SLIP), len(names))
        for column in rng.choice(len(names), wanted, replace=False):
            text = values[row, column]
            if isinstance(text, str) and len(text) > 1:
                values[row, column] = slip(text, rng)
    return table.assign(**dict(zip(names, values.T, strict=True)))


def slip(text: str, rng: Generator) -> str:
    """A letter lost, added, changed, or two exchanged."""
    at, kind, letter = int(rng.integers(len(text))), int(rng.integers(4)), rng.integers(26)
    before, here, after = text[:at], text[at], text[at + 1 :]
    return (
        before + after,
        before + LETTERS[letter] + here + after,
        before + LETTERS[letter] + after,
        before + after[:1] + here + after[1:],
    )[kind]


def _blanked(table: pd.DataFrame, share: float, rng: Generator, columns: set[str]) -> pd.DataFrame:
    names = _stressable(table, columns)
    is_blank = rng.random((len(table), len(names))) < share
    values = table[names].to_numpy(object, copy=True)
    values[is_blank] = None
    return table.assign(**dict(zip(names, values.T, strict=True)))


def _stressable(table: pd.DataFrame, columns: set[str]) -> list[str]:
    """The columns wanted, or all but the id."""
    names = table.columns.drop("record_id")
    return [name for name in names if not columns or name in columns]


def _twins_of(table: pd.DataFrame, ids: pd.Series, lent: pd.DataFrame) -> pd.DataFrame:
    records = table.set_index("record_id").loc[ids].reset_index()
    twin = records.assign(record_id=records["record_id"] + "t")
    twin[lent.columns] = lent.to_numpy(object)
    return pd.concat([table, twin], ignore_index=True)


def persons_of(people: People) -> dict[str, str]:
    """For each record with a true pair a name of its person: the first record of it."""
    person: dict[str, str] = {}
    for one, other in people.truth[PAIR].itertuples(index=False):
        person[other] = person.setdefault(one, one)
    return person
