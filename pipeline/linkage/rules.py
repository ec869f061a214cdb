"""Blocking rules: keys that bring records together.

In: keys as people write them. Out: rules and families of rules. It must not know any data.

A blocking key is written as `date_of_birth + given_name.initial`: parts joined by `+`, each a
column with an optional transform. `{given_name, surname}.soundex` takes two columns in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import SpecError

if TYPE_CHECKING:
    from pipeline.linkage.spec import LinkageSpec

TRANSFORMS = (
    "value", "initial", "first<n>", "lower", "soundex", "metaphone",
    "date", "year", "year_month", "month_day", "year_day",
    "outward", "sector", "local_part",
)  # fmt: skip
"""What a blocking key may take of a value; `value` is the whole, `first4` its first characters."""


@dataclass(frozen=True)
class KeyPart:
    """One part of a blocking key.

    Attributes:
        columns: one column, or two whose values are taken in either order.
        transform: what is taken of the value, as TRANSFORMS has it.
    """

    columns: tuple[str, ...]
    transform: str = "value"


@dataclass(frozen=True)
class BlockingRule:
    """Records that share this key become a candidate pair.

    Attributes:
        name: the key as written; unique.
        family: the family it belongs to.
        parts: the parts of the key; a record without one of them has no key.
    """

    name: str
    family: str
    parts: tuple[KeyPart, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the key reads."""
        return tuple(dict.fromkeys(column for part in self.parts for column in part.columns))

    def fixed_comparisons(self, spec: LinkageSpec) -> tuple[str, ...]:
        """Comparisons whose outcome this rule fixes or bends: estimation leaves them out.

        Any column that the key reads counts, even if the key reads only its initial or year: among
        the rule's pairs its levels are no longer spread as among all pairs.
        """
        columns = set(self.columns)
        return tuple(item.name for item in spec.comparisons if columns.intersection(item.columns))


@dataclass(frozen=True)
class RuleFamily:
    """Blocking rules from wide to narrow, of which one is used.

    Attributes:
        name: as the widest rule is written.
        rules: the first within the pair budget is used.
        is_required: over budget is an error (a rule that someone wrote), not a reason to drop it.
    """

    name: str
    rules: tuple[BlockingRule, ...]
    is_required: bool = False

    @classmethod
    def of(cls, *expressions: str, is_required: bool = False) -> RuleFamily:
        """The family of these keys, widest first."""
        name = expressions[0]
        rules = tuple(parse_rule(expression, name) for expression in expressions)
        return cls(name, rules, is_required)


def parse_rule(expression: str, family: str | None = None) -> BlockingRule:
    """The blocking rule written as `date_of_birth + {given_name, surname}.initial`.

    Raises:
        SpecError: a part is not a column, or its transform is not known.
    """
    parts = tuple(_parse_part(text.strip(), expression) for text in expression.split("+"))
    return BlockingRule(expression, family or expression, parts)


_PREFIX = re.compile(r"^first([1-9]\d?)$")


def prefix_length(transform: str) -> int:
    """How many of a value's first characters a transform takes; 0 if it takes something else."""
    found = _PREFIX.match("first1" if transform == "initial" else transform)
    return int(found[1]) if found else 0


def check_transform(transform: str, where: str) -> None:
    """Refuse a transform that does not exist.

    Raises:
        SpecError: names the transform and where it stands.
    """
    if transform not in TRANSFORMS and not prefix_length(transform):
        raise SpecError(f"{where}: transform '{transform}' is not one of {TRANSFORMS}")


_PART = re.compile(r"^(?:(?P<one>\w+)|\{\s*(?P<a>\w+)\s*,\s*(?P<b>\w+)\s*\})(?:\.(?P<how>\w+))?$")


def _parse_part(text: str, expression: str) -> KeyPart:
    found = _PART.match(text)
    if found is None:
        raise SpecError(f"blocking rule '{expression}': '{text}' is not column or column.transform")
    transform = found["how"] or "value"
    check_transform(transform, f"blocking rule '{expression}'")
    columns = (found["one"],) if found["one"] else (found["a"], found["b"])
    return KeyPart(columns, transform)
