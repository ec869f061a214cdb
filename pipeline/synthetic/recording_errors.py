"""What becomes of a true value when a clerk writes it down.

In: true names (codes), dates and postcodes of shape `(n,)`, and chances. Out: the values as
recorded, text and dates, null where nothing was written. Every error is drawn here, and none knows
which agency, or which other record, it is for: two records of one person err independently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.settings.synthetic import Culture, RecordingSettings
from pipeline.synthetic.draws import (
    Array,
    Codes,
    Dates,
    Flags,
    Generator,
    days,
    either,
    happens,
    is_present,
)
from pipeline.synthetic.names import NameBook
from pipeline.synthetic.naming import CULTURES

LONGEST_NAME = 35
DUMMY_DATES = np.array(["1900-01-01", "1970-01-01"], dtype="datetime64[D]")
JUNK = ("MIG_ERROR_{}", "DUPLICATE_{}", "{} (NOT ENTERED)", "MR {}", "{} JNR", "NO_SHOW_{}")
NAME_COLUMNS = ["given", "middle", "surname", "barrel", "previous_surname", "culture", "sex"]


@dataclass(frozen=True)
class NameChances:
    """Chances that one record's name errs; cultures multiply all but the short forms."""

    nickname: float
    typo: float
    swapped: float
    other: float


def adult_name_chances(recording: RecordingSettings) -> NameChances:
    """One record's half of the differences between two records of one adult."""
    fuzzy = recording.name_fuzzy / 2
    return NameChances(
        nickname=fuzzy * recording.name_fuzzy_nickname,
        typo=fuzzy * (1 - recording.name_fuzzy_nickname),
        swapped=recording.name_swapped / 2,
        other=recording.name_other / 2,
    )


@dataclass(frozen=True)
class Clerk:
    """Writes values down for one agency: its chance, the names there are, the rates of error."""

    rng: Generator
    book: NameBook
    recording: RecordingSettings
    cultures: dict[str, Culture]
    is_upper: bool = True
    is_plain: bool = True

    def culture_rate(self, name: str, culture: Array) -> Array:
        """One of the culture settings for each person."""
        return np.array([getattr(self.cultures[key], name) for key in CULTURES])[culture]

    def happens(self, chance: float | Array, count: int) -> Flags:
        """Whether something happens, for each of `count` records."""
        return happens(self.rng, chance, count)

    def names(self, people: pd.DataFrame, chances: NameChances) -> pd.DataFrame:
        """First name, middle names and last name as recorded.

        Args:
            people: NAME_COLUMNS of each record's person.
        """
        count, culture = len(people), people["culture"].to_numpy()
        noise = self.culture_rate("noise", culture)
        given = self._other_forms(people["given"].to_numpy(np.int32), culture, chances.nickname)
        surname = self._other_forms(people["surname"].to_numpy(np.int32), culture, 0.0)
        middle = people["middle"].to_numpy(np.int32)
        self._use_other_names(given, surname, people, self.happens(chances.other * noise, count))
        first = self.book.render(given, self.is_plain)
        last = self._double(surname, people["barrel"].to_numpy(np.int32))
        in_given = self.happens(0.5, count)
        typo = self.happens(chances.typo * noise, count)
        misspell(self.rng, first, typo & in_given)
        misspell(self.rng, last, typo & ~in_given)
        swap = self.happens(chances.swapped + self.culture_rate("tokens_reordered", culture), count)
        first[swap], last[swap] = last[swap], first[swap]
        single = self.happens(self.culture_rate("surname_missing", culture), count)
        last[single], first[single] = first[single], None
        written = pd.DataFrame({
            "first_name": first, "middle_names": self._middle_names(middle), "last_name": last,
        })  # fmt: skip
        self._add_junk(written)
        return self._in_house_style(written)

    def _other_forms(self, codes: Codes, culture: Array, nickname: float) -> Codes:
        """Short forms, and other transliterations of names that have them."""
        short = self.happens(nickname, len(codes))
        codes = np.where(short, self.book.nicknames.choose(self.rng, codes), codes)
        respelt = self.happens(self.culture_rate("spelling_varies", culture), len(codes))
        return np.where(respelt, self.book.respellings.choose(self.rng, codes), codes)

    def _use_other_names(
        self, given: Codes, surname: Codes, people: pd.DataFrame, other: Flags
    ) -> None:
        """The middle name used as the first, an earlier surname, or quite another name."""
        middle, previous = people["middle"].to_numpy(), people["previous_surname"].to_numpy()
        by_middle = other & (middle >= 0) & self.happens(0.5, len(given))
        given[by_middle] = middle[by_middle]
        by_previous = other & ~by_middle & (previous >= 0)
        surname[by_previous] = previous[by_previous]
        rest = np.flatnonzero(other & ~by_middle & ~by_previous)
        given[rest] = given[self.rng.permutation(len(given))[: len(rest)]]

    def _double(self, surname: Codes, barrel: Codes) -> Array:
        """Surnames, the double ones with a hyphen or a space, or only half of them."""
        last = self.book.render(surname, self.is_plain)
        double = np.flatnonzero(barrel >= 0)
        if len(double) == 0:
            return last
        way = self.rng.random(len(double))
        joint = np.where(way < 0.6, "-", " ").astype(object)
        second = self.book.render(barrel[double], self.is_plain)
        both = last[double] + joint + second
        last[double] = np.where(way < 0.8, both, np.where(way < 0.9, last[double], second))
        return last

    def _middle_names(self, middle: Codes) -> Array:
        count = len(middle)
        text = self.book.render(middle, self.is_plain)
        wrong = self.happens(self.recording.middle_name_wrong, count) & (middle >= 0)
        misspell(self.rng, text, wrong)
        initial = self.happens(0.05, count) & (middle >= 0)
        text[initial] = [name[:1] for name in text[initial]]
        text[self.happens(self.recording.middle_name_dropped, count)] = None
        return text

    def _add_junk(self, written: pd.DataFrame) -> None:
        rows = np.flatnonzero(self.happens(self.recording.junk_name, len(written)))
        kind = self.rng.integers(0, len(JUNK), len(rows))
        last = written["last_name"].to_numpy(copy=True)
        last[rows] = [JUNK[form].format(last[row]) for form, row in zip(kind, rows, strict=True)]
        written["last_name"] = last

    def _in_house_style(self, written: pd.DataFrame) -> pd.DataFrame:
        """Capitals or not, and never longer than the column."""
        for column in written:
            text = written[column].astype("string").str.slice(0, LONGEST_NAME)
            text = text.str.upper() if self.is_upper else text
            written[column] = text.astype(object).where(text.notna(), None)
        return written

    def births(self, birth: Dates) -> Dates:
        """Dates of birth as recorded: edits, exchanges, gross errors, first of January, dummies."""
        count, rates = len(birth), self.recording
        written = birth.astype("datetime64[D]").copy()
        draw = self.rng.random(count)
        edit, gross = rates.date_of_birth_edit / 2, rates.date_of_birth_gross / 2
        january, dummy = rates.date_of_birth_first_january, rates.date_of_birth_dummy
        steps = np.cumsum([edit, gross, january, dummy])
        self.edit_dates(written, draw < steps[0])
        wide = (draw >= steps[0]) & (draw < steps[1])
        written[wide] += days(self.rng.integers(40, 5 * 365, int(wide.sum()))
                              * self.rng.choice([-1, 1], int(wide.sum())))  # fmt: skip
        first = (draw >= steps[1]) & (draw < steps[2])
        written[first] = written[first].astype("datetime64[Y]").astype("datetime64[D]")
        unknown = (draw >= steps[2]) & (draw < steps[3])
        written[unknown] = DUMMY_DATES[self.rng.integers(0, 2, int(unknown.sum()))]
        return written

    def edit_dates(self, dates: Dates, wrong: Flags) -> None:
        """One slip in each of these dates: day and month exchanged, or one digit of a part."""
        rows = np.flatnonzero(wrong)
        year, month, day = date_parts(dates[rows])
        exchange = self.happens(self.recording.date_of_birth_day_month, len(rows)) & (day <= 12)
        exchange &= day != month
        year_, month_, day_ = year, np.where(exchange, day, month), np.where(exchange, month, day)
        part = np.where(exchange, -1, self.rng.integers(0, 3, len(rows)))
        step = self.rng.choice([-1, 1], len(rows))
        day_ = np.where(part == 0, np.clip(day + step * self.rng.integers(1, 9, len(rows)), 1, 28),
                        day_)  # fmt: skip
        month_ = np.where(part == 1, (month - 1 + step) % 12 + 1, month_)
        year_ = np.where(part == 2, year + step * self.rng.choice([1, 1, 1, 10], len(rows)), year_)
        dates[rows] = compose_dates(year_, month_, day_)

    def postcodes(self, postcode: Array) -> Array:
        """Postcodes as typed: slips, outward part only, odd spacing, or nothing."""
        count, rates = len(postcode), self.recording
        written = postcode.copy()
        known = is_present(written)
        misspell(self.rng, written, known & self.happens(rates.postcode_typo, count), DIGITS)
        odd = np.flatnonzero(known & self.happens(rates.postcode_format, count))
        way = self.rng.integers(0, 3, len(odd))
        for form in range(3):
            rows = odd[way == form]
            written[rows] = [_odd_postcode(text, form) for text in written[rows]]
        partial = np.flatnonzero(known & self.happens(rates.postcode_partial, count))
        written[partial] = [text.split(" ")[0] for text in postcode[partial]]
        written[self.happens(rates.postcode_missing, count)] = None
        return written

    def sexes(self, sex: Array, unknown: str | None = None) -> Array:
        """Sex as recorded: rarely wrong, sometimes missing."""
        written = sex.astype(object).copy()
        wrong = self.happens(self.recording.sex_wrong, len(sex))
        written[wrong] = np.where(written[wrong] == "F", "M", "F")
        written[self.happens(self.recording.sex_missing, len(sex))] = unknown
        return written

    def ethnicities(self, culture: Array) -> Array:
        """Ethnicity codes by culture; one draw a record, so that two records may differ."""
        codes = np.full(len(culture), None, dtype=object)
        for position, name in enumerate(CULTURES):
            rows = np.flatnonzero(culture == position)
            shares = self.cultures[name].ethnicity_codes
            choices = np.array(list(shares), dtype=object)
            codes[rows] = self.rng.choice(choices, len(rows), p=list(shares.values()))
        codes[self.happens(self.recording.ethnicity_missing, len(codes))] = None
        return codes


def _odd_postcode(text: str, form: int) -> str:
    """A postcode in lower case, without its space, or with spaces around it."""
    return (text.lower(), text.replace(" ", ""), f" {text} ")[form]


LETTERS = np.arange(ord("a"), ord("z") + 1, dtype=np.uint32)
DIGITS = np.arange(ord("0"), ord("9") + 1, dtype=np.uint32)


def misspell(rng: Generator, text: Array, wrong: Flags, letters: Array = LETTERS) -> None:
    """One slip of the pen in each of these texts: a letter changed, lost, added or exchanged.

    Args:
        text: object array of text or null; changed in place.
        wrong: which texts; those of fewer than two letters are left alone.
        letters: what a wrong letter is drawn from.
    """
    rows = np.flatnonzero(wrong & is_present(text))
    if len(rows) == 0:
        return
    fixed = text[rows].astype("U40")
    glyphs = np.zeros((len(rows), 42), dtype=np.uint32)
    glyphs[:, :40] = np.ascontiguousarray(fixed).view(np.uint32).reshape(len(rows), -1)
    length = np.char.str_len(fixed)
    kind = rng.integers(0, 4, len(rows))
    # The first letter is seldom wrong, and never lost.
    place = 1 + (rng.random(len(rows)) * (length - 1)).astype(int)
    letter = letters[rng.integers(0, len(letters), len(rows))]
    columns = np.arange(42)
    source = np.repeat(columns[None, :], len(rows), axis=0)
    after = columns[None, :] >= place[:, None]
    source = either((kind == 1)[:, None] & after, np.minimum(columns + 1, 41), source)
    source = either((kind == 2)[:, None] & (columns > place[:, None]), columns - 1, source)
    at = columns[None, :] == place[:, None]
    swap = (kind == 3)[:, None]
    source = either(swap & at, place[:, None] - 1, source)
    source = either(swap & (columns == place[:, None] - 1), place[:, None], source)
    glyphs = np.take_along_axis(glyphs, source, axis=1)
    changed = np.isin(kind, (0, 2))
    glyphs[changed, place[changed]] = letter[changed]
    glyphs[length < 2] = np.pad(fixed[length < 2][:, None].view(np.uint32), ((0, 0), (0, 2)))
    text[rows] = np.ascontiguousarray(glyphs).view("U42").ravel().astype(object)


def date_parts(dates: Dates) -> tuple[Array, Array, Array]:
    """Year, month and day of dates."""
    month_start = dates.astype("datetime64[M]")
    year = dates.astype("datetime64[Y]").astype(int) + 1970
    month = month_start.astype(int) % 12 + 1
    day = (dates.astype("datetime64[D]") - month_start.astype("datetime64[D]")).astype(int) + 1
    return year, month, day


def compose_dates(year: Array, month: Array, day: Array) -> Dates:
    """Dates from their parts; a day that the month does not have becomes its last."""
    start = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    last = (start + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.asarray(np.minimum(start.astype("datetime64[D]") + days(day - 1), last))


def date_texts(dates: Dates) -> Array:
    """ISO dates as text, null for no date; object array."""
    text = np.datetime_as_string(dates.astype("datetime64[D]"), unit="D").astype(object)
    return either(np.isnat(dates), None, text)
