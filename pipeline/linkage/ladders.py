"""Ladders: comparisons whose agreement levels a user lists, most agreeing first.

In: levels as people write them. Out: `Ladder`, with every level as conditions in postfix order. It
must not know any data, nor how a condition is computed (`comparing/ladder.py`).

A level is a condition, or several joined by `and`, `or`, `not` and brackets:

    exact
    jaro_winkler >= 0.92
    levenshtein <= 1 or exact(.soundex)
    exact(given_name, surname) and exact(surname, given_name)

A condition without brackets looks at the comparison's own column. `(other)` looks at another
column, `(a, b)` at column a of the left record and b of the right one, and `.transform` takes a
part of the value, as in blocking keys; `(.match '^[A-Z]+')` takes what a regular expression finds.
The last level, `different`, is implied. Where a value is missing a condition is neither true nor
false, as in SQL; `missing` is always one of them. Of a many-valued column a condition holds if it
holds for some value of either list.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, cached_property

from pipeline.errors import SpecError
from pipeline.linkage.comparisons import HOUSEHOLDS, Kind
from pipeline.linkage.rules import check_transform

LADDER_KIND = "levels"
"""What a specification writes as the kind of such a comparison."""

MATCH = "match "
"""Stands before a regular expression, whose first match is what is taken of a value."""

CLAIMS = ("exact", "missing")
"""Conditions that hold or do not: equal, or a value missing on either side."""
SIMILARITIES = ("jaro_winkler", "jaro", "jaccard", "shared")
"""Measures that agree from a bound up. `jaccard`: bytes in both, of the bytes in either;
`shared`: values in both of two lists."""
DISTANCES = ("levenshtein", "damerau_levenshtein", "days", "difference")
"""Measures that agree up to a bound. `difference` is of numbers."""
DAYS_OF = {"days": 1.0, "months": 365.25 / 12, "years": 365.25}
"""Units of the distance of two dates; months and years are mean ones, as in Splink."""

TOP_M, BOTTOM_M = 0.8, 0.05
"""Starting share of one person's pairs on the top level and on the lowest of a ladder."""
STEP_M = 0.5
"""Each level in between starts with this share of the one above it."""


@dataclass(frozen=True)
class Operand:
    """A value that a condition reads.

    Attributes:
        column: column of the table.
        transform: what is taken of the value, as `rules.TRANSFORMS` has it, or MATCH and a
            regular expression.
    """

    column: str
    transform: str = "value"


@dataclass(frozen=True)
class Condition:
    """One question about two values.

    Attributes:
        measure: one of CLAIMS, SIMILARITIES or DISTANCES.
        left: what is read of the left record.
        right: what is read of the right record.
        bound: least similarity or greatest distance that agrees; 0 for a claim.
    """

    measure: str
    left: Operand
    right: Operand
    bound: float = 0.0


Postfix = tuple[Condition | str, ...]
"""Conditions, and `and`, `or` and `not` after what they join."""


@dataclass(frozen=True)
class Ladder:
    """Agreement levels as listed.

    Attributes:
        column: the comparison's own column, which a condition looks at unless it names another.
        rungs: the levels, most agreeing first; `different` is implied.
        null: when a pair is not comparable.
        term_frequency: whether agreeing exactly on a rare value says more; needs a rung `exact`.
        household: what another member of the household does, one of `comparisons.HOUSEHOLDS`.
        clean_as: kind whose cleaning the columns get; `text` compares them as given.
        is_bytewise: whether lengths, edits and similarities are of bytes, as in DuckDB, rather
            than of characters; only letters beyond ASCII differ.
    """

    column: str
    rungs: tuple[str, ...]
    null: str = "missing"
    term_frequency: bool = False
    household: str = "own"
    clean_as: str = "text"
    is_bytewise: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be read.

        Raises:
            SpecError: no level, a level that cannot be read, or an unknown word.
        """
        if not self.rungs:
            raise SpecError(f"the comparison of '{self.column}' lists no levels")
        if self.household not in HOUSEHOLDS:
            raise SpecError(f"household '{self.household}' is not one of {tuple(HOUSEHOLDS)}")
        for text in (self.null, *self.rungs):
            parse_level(text, self.column)
        if self.term_frequency and not equal_values_level(self, self.column):
            raise SpecError(
                f"the comparison of '{self.column}' has term_frequency and no level 'exact'"
            )

    @property
    def levels(self) -> tuple[Postfix, ...]:
        """Every listed level as conditions, most agreeing first."""
        return tuple(parse_level(text, self.column) for text in self.rungs)

    @property
    def null_level(self) -> Postfix:
        """When a pair is not comparable, as conditions."""
        return parse_level(self.null, self.column)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column read, the comparison's own first."""
        found = [self.column]
        for level in (self.null_level, *self.levels):
            for part in level:
                if isinstance(part, Condition):
                    found += [part.left.column, part.right.column]
        return tuple(dict.fromkeys(found))

    @cached_property
    def definition(self) -> Kind:
        """The kind of comparison that this ladder is; start values go by position."""
        top, exact = len(self.rungs), equal_values_level(self, self.column)
        return Kind(
            name=LADDER_KIND,
            domain=self.clean_as,
            levels=("different", *reversed(self.rungs)),
            m_start=_m_by_position(top),
            exact_level=exact or top,
            near_level=max(top - 1, 1),
            household=HOUSEHOLDS[self.household],
            has_term_frequency=self.term_frequency,
            is_place=self.household == "place",
            is_exact_all_equal=exact == top and self.null == "missing",
        )


def equal_values_level(ladder: Ladder, column: str) -> int:
    """The highest level reached by equal values of a column and by nothing else; 0 without one."""
    plain = (Condition("exact", Operand(column), Operand(column)),)
    levels = ladder.levels
    return len(levels) - levels.index(plain) if plain in levels else 0


def _m_by_position(top: int) -> tuple[float, ...]:
    """Starting P(level | same person) of levels 0 … top."""
    between = [STEP_M**step for step in range(top - 1)][::-1]
    share = (1 - TOP_M - BOTTOM_M) / sum(between) if between else 0.0
    start = [BOTTOM_M, *(share * weight for weight in between), TOP_M]
    return tuple(value / sum(start) for value in start)


@cache
def parse_level(text: str, column: str) -> Postfix:
    """A level as conditions in postfix order.

    Args:
        text: the level as written.
        column: what a condition looks at that names no column.

    Raises:
        SpecError: it cannot be read.
    """
    return _Reader(text, column).level()


_TOKEN = re.compile(r"\s*(>=|<=|[<>(),]|\d+(?:\.\d+)?|\.?[^\W\d]\w*(?:\.\w+)?|'(?:[^']|'')*'|\S)")

END = ("", "")
"""Tokens after the last one, so that a relation and a number can always be looked for."""


class _Reader:
    """Reads one level by recursive descent."""

    def __init__(self, text: str, column: str) -> None:
        self.text = text
        self.column = column
        self.tokens = [*_TOKEN.findall(text), *END]

    def level(self) -> Postfix:
        found = self._either()
        if self.tokens[0]:
            raise self._error(f"'{self.tokens[0]}' is not expected")
        return found

    def _either(self) -> Postfix:
        found = self._both()
        while self._accept("or"):
            found = (*found, *self._both(), "or")
        return found

    def _both(self) -> Postfix:
        found = self._single()
        while self._accept("and"):
            found = (*found, *self._single(), "and")
        return found

    def _single(self) -> Postfix:
        if self._accept("not"):
            return (*self._single(), "not")
        if self._accept("("):
            found = self._either()
            self._expect(")")
            return found
        return (self._condition(),)

    def _condition(self) -> Condition:
        measure = self.tokens.pop(0)
        unit = DAYS_OF.get(measure)
        known = "days" if unit else measure
        if known not in (*CLAIMS, *SIMILARITIES, *DISTANCES):
            raise self._error(f"'{measure}' is not a condition")
        left, right = self._operands()
        if known in CLAIMS:
            return Condition(known, left, right)
        return Condition(known, left, right, self._bound(known in SIMILARITIES, unit or 1.0))

    def _operands(self) -> tuple[Operand, Operand]:
        if not self._accept("("):
            return Operand(self.column), Operand(self.column)
        left = right = self._operand()
        if self._accept(","):
            right = self._operand()
        self._expect(")")
        return left, right

    def _operand(self) -> Operand:
        column, dot, transform = self.tokens.pop(0).partition(".")
        if not dot and not column.isidentifier():
            raise self._error("a column is missing")
        if transform == "match" and self.tokens[0].startswith("'"):
            transform = self._expression(self.tokens.pop(0)[1:-1].replace("''", "'"))
        elif dot:
            check_transform(transform, self.text)
        return Operand(column or self.column, transform or "value")

    def _expression(self, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise self._error(f"'{pattern}' is no regular expression ({error})") from None
        if groups:
            raise self._error(f"'{pattern}' has groups: write (?:...) for (...)")
        return MATCH + pattern

    def _bound(self, is_least: bool, unit: float) -> float:
        relation, bound = self.tokens.pop(0), self.tokens[0]
        wanted = (">=", ">") if is_least else ("<=", "<")
        if relation not in wanted:
            raise self._error(f"{wanted[0]} and a number are missing")
        if not bound[:1].isdigit():
            raise self._error("a number is missing")
        value = float(self.tokens.pop(0)) * unit
        if len(relation) == 2:
            return value
        return math.nextafter(value, math.inf if is_least else -math.inf)

    def _accept(self, token: str) -> bool:
        if self.tokens[0] != token:
            return False
        self.tokens.pop(0)
        return True

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self._error(f"'{token}' is missing")

    def _error(self, what: str) -> SpecError:
        return SpecError(f"level '{self.text}' of column '{self.column}': {what}")
