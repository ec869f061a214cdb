"""Made-up people for the speed benchmark: any number of them, with errors and known truth.

In: how many, and a seed. Out: tables of persons and their true pairs, as Parquet. Names are drawn
by frequency from the pools of the made-up agencies; everything else is drawn here, column by
column, so that ten million people take a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.synthetic.names import NameBook, build_name_book

SHARED = 0.7
"""Share of the left table's persons who are in the right one too."""
DUPLICATED = 0.25
"""Share of persons with a second record when one table is linked with itself."""
PER_POSTCODE = 20
CULTURES = {"british": 0.86, "irish": 0.03, "polish": 0.03, "pakistani": 0.04, "indian": 0.04}
FIRST_BIRTH, BIRTH_DAYS = np.datetime64("1935-01-01"), 80 * 365

MISSING = {"given_name": 0.01, "surname": 0.01, "date_of_birth": 0.02, "postcode": 0.04,
           "sex": 0.01}  # fmt: skip
MISTYPED = {"given_name": 0.04, "surname": 0.04, "date_of_birth": 0.04, "postcode": 0.03}
MOVED, RENAMED, WRONG_SEX = 0.15, 0.03, 0.005
LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
DIGITS = np.frombuffer(b"0123456789", np.uint8)
DATE_DIGITS = np.array([2, 3, 5, 6, 8, 9])

Text = NDArray[np.bytes_]
Columns = dict[str, Text]
Generator = np.random.Generator


@dataclass(frozen=True)
class People:
    """Where the tables of one draw are.

    Attributes:
        left: The left table, or the only one.
        right: The right table; None where one table is linked with itself.
        truth: True pairs: record_id_l, record_id_r.
    """

    left: Path
    right: Path | None
    truth: Path


def write_linked(folder: Path, count: int, seed: int = 1) -> People:
    """Two tables of `count` persons each; SHARED of them are in both. Kept if already there."""
    left_file, right_file, truth = (
        folder / f"{name}.parquet" for name in ("left", "right", "truth")
    )
    made = People(left_file, right_file, truth)
    if truth.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, count])
    shared = int(count * SHARED)
    persons = draw_people(rng, 2 * count - shared)
    left = {name: values[:count] for name, values in persons.items()}
    right = {name: values[count - shared :] for name, values in persons.items()}
    order = rng.permutation(count)
    _write(left, np.arange(count), rng, left_file)
    _write(with_errors(right, rng), order, rng, right_file)
    pairs = {"record_id_l": np.arange(count - shared, count), "record_id_r": order[:shared]}
    pq.write_table(pa.table(pairs), truth)
    return made


def write_duplicated(folder: Path, count: int, seed: int = 1) -> People:
    """One table of `count` records, some persons in it twice. Kept if already there."""
    made = People(folder / "records.parquet", None, folder / "truth.parquet")
    if made.truth.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, count, 2])
    persons = draw_people(rng, int(count / (1 + DUPLICATED)))
    n_persons = len(persons["sex"])
    repeated = rng.permutation(n_persons)[: count - n_persons]
    again = with_errors({name: values[repeated] for name, values in persons.items()}, rng)
    records = {name: np.concatenate([persons[name], again[name]]) for name in persons}
    ids = rng.permutation(count)
    _write(records, ids, rng, made.left)
    sides = np.sort(np.stack([ids[repeated], ids[n_persons:]]), axis=0)
    pq.write_table(pa.table({"record_id_l": sides[0], "record_id_r": sides[1]}), made.truth)
    return made


def draw_people(rng: Generator, count: int) -> Columns:
    """`count` persons without any error, as bytes of fixed width; empty is null."""
    book = build_name_book()
    plain = np.char.lower(book.plain.astype("S"))
    is_female = rng.random(count) < 0.5
    given, surname = _names(book, is_female, rng)
    days = FIRST_BIRTH + rng.integers(0, BIRTH_DAYS, count)
    return {
        "given_name": plain[given],
        "surname": plain[surname],
        "date_of_birth": days.astype("S10"),
        "postcode": _postcodes(rng, count),
        "sex": np.where(is_female, b"f", b"m"),
    }


def _names(
    book: NameBook, is_female: NDArray[np.bool_], rng: Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Codes of given names and surnames, drawn by frequency within each person's culture."""
    count = len(is_female)
    culture = rng.choice(len(CULTURES), count, p=list(CULTURES.values()))
    given, surname = np.zeros(count, np.int32), np.zeros(count, np.int32)
    for index, name in enumerate(CULTURES):
        for role, women in (("female", True), ("male", False)):
            rows = np.flatnonzero((culture == index) & (is_female == women))
            given[rows] = book.pools[name, role].draw(rng, len(rows))
            surname[rows] = book.pools[name, "surname"].draw(rng, len(rows))
    return given, surname


def _postcodes(rng: Generator, count: int) -> Text:
    """Postcodes such as `bk127qd`, PER_POSTCODE persons each on average."""
    number = rng.integers(0, max(count // PER_POSTCODE, 50), count)
    scattered = (number * 7_919_993 + 104_729) % (26**4 * 1000)
    rest, digits = np.divmod(scattered, 1000)
    letters = np.stack([LETTERS[rest // 26**power % 26] for power in range(4)], axis=1)
    figures = np.stack([DIGITS[digits // 10**power % 10] for power in range(3)], axis=1)
    text = np.concatenate([letters[:, :2], figures, letters[:, 2:]], axis=1)
    return np.ascontiguousarray(text).view("S7").ravel()


def with_errors(columns: Columns, rng: Generator) -> Columns:
    """The same persons as another agency has them: moved, renamed, mistyped."""
    changed = dict(columns)
    count = len(columns["sex"])
    changed["postcode"] = _some(columns["postcode"], _postcodes(rng, count), rng, MOVED)
    others = columns["surname"][rng.integers(0, count, count)]
    changed["surname"] = _some(columns["surname"], others, rng, RENAMED)
    other_sex = np.where(columns["sex"] == b"f", b"m", b"f")
    changed["sex"] = _some(columns["sex"], other_sex, rng, WRONG_SEX)
    for name, rate in MISTYPED.items():
        rows = np.flatnonzero(rng.random(count) < rate)
        values = changed[name].copy()
        values[rows] = _mistyped(values[rows], rng, is_date=name == "date_of_birth")
        changed[name] = values
    return changed


def _some(values: Text, others: Text, rng: Generator, rate: float) -> Text:
    chosen: Text = np.where(rng.random(len(values)) < rate, others, values)
    return chosen


def _mistyped(values: Text, rng: Generator, is_date: bool) -> Text:
    """One character changed, or (not in dates) changed places with its neighbour."""
    width, count = values.dtype.itemsize, len(values)
    letters = np.ascontiguousarray(values).view(np.uint8).reshape(count, width).copy()
    rows, length = np.arange(count), np.char.str_len(values)
    at = DATE_DIGITS[rng.integers(0, 6, count)] if is_date else rng.integers(0, length)
    how = rng.random(count)
    is_digit = (letters[rows, at] >= DIGITS[0]) & (letters[rows, at] <= DIGITS[-1])
    new = np.where(is_digit, rng.choice(DIGITS, count), rng.choice(LETTERS, count))
    swaps = (how >= 0.6) & (at + 1 < length) & (not is_date)
    letters[rows[~swaps], at[~swaps]] = new[~swaps]
    first, second = letters[rows[swaps], at[swaps]], letters[rows[swaps], at[swaps] + 1]
    letters[rows[swaps], at[swaps]], letters[rows[swaps], at[swaps] + 1] = second, first
    return letters.view(values.dtype).ravel()


def _write(columns: Columns, ids: NDArray[np.int64], rng: Generator, path: Path) -> None:
    """The records in order of their ids, some values missing."""
    order = np.argsort(ids)
    arrays = {"record_id": pa.array(np.sort(ids))}
    for name, values in columns.items():
        is_missing = rng.random(len(values)) < MISSING[name]
        text = pa.array(values[order], pa.binary()).cast(pa.string())
        arrays[name] = pc.if_else(is_missing, pa.scalar(None, pa.string()), text)
    pq.write_table(pa.table(arrays), path)
