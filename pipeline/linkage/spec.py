"""A linkage specification: what is compared, and which records are brought together at all.

In: a TOML file, or a mapping of what columns mean. Out: a frozen `LinkageSpec`, read top to bottom.
It must not know any data; `encode` decides which columns carry information.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import SpecError
from pipeline.linkage.comparisons import KINDS, Household, Kind
from pipeline.linkage.ladders import LADDER_KIND, Ladder
from pipeline.linkage.rules import TRANSFORMS, BlockingRule, KeyPart, RuleFamily, parse_rule

__all__ = [
    "TRANSFORMS", "BlockingRule", "Comparison", "Field", "KeyPart", "LinkageSpec", "RuleFamily",
    "parse_rule", "spec_from_mapping",
]  # fmt: skip

MAX_RULES = 63
"""A pair carries the set of the rules it satisfies in one word, and counting needs one bit more."""

COMPARISON_KEYS = frozenset({"name", "kind", "column"})
LADDER_KEYS = frozenset(
    {"levels", "null", "term_frequency", "household", "clean_as", "is_bytewise"}
)


@dataclass(frozen=True)
class Field:
    """A column and what it holds.

    Attributes:
        column: a text, integer, date or list<string> column present in every table.
        kind: key of `comparisons.KINDS`; decides how values are cleaned.
    """

    column: str
    kind: str


@dataclass(frozen=True)
class Comparison:
    """A test of one field that ends in an agreement level.

    Attributes:
        name: unique; names the `level_<name>` column.
        kind: key of `comparisons.KINDS`, or `levels` for levels of the user's own.
        column: the column compared, single-valued or list<string> (best level over both lists).
        swap_with: a given name's surname comparison, for names written in the wrong order.
        ladder: the levels of a comparison of kind `levels`.
    """

    name: str
    kind: str
    column: str
    swap_with: str | None = None
    ladder: Ladder | None = None

    @property
    def definition(self) -> Kind:
        """The kind's definition."""
        return KINDS[self.kind] if self.ladder is None else self.ladder.definition

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column read, the compared one first."""
        return (self.column,) if self.ladder is None else self.ladder.columns

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every column read, and what it holds."""
        kind = self.kind if self.ladder is None else self.ladder.clean_as
        return tuple(Field(column, kind) for column in self.columns)

    @property
    def levels(self) -> tuple[str, ...]:
        """The claim of each level, by level; without swap levels where nothing can be swapped."""
        levels = self.definition.levels
        return levels if self._has_swap else levels[: self.exact_level + 1]

    @property
    def m_start(self) -> tuple[float, ...]:
        """Starting P(level | same person), by level; sums to 1."""
        start = self.definition.m_start[: len(self.levels)]
        return tuple(value / sum(start) for value in start)

    @property
    def exact_level(self) -> int:
        """The level at which both values are equal."""
        return self.definition.exact_level

    @property
    def near_level(self) -> int:
        """The lowest level that the same person's own slips usually reach."""
        return self.definition.near_level

    @property
    def household(self) -> Household:
        """What another member of the household does."""
        return self.definition.household

    @property
    def _has_swap(self) -> bool:
        return self.kind != "given_name" or self.swap_with is not None


@dataclass(frozen=True)
class LinkageSpec:
    """What is compared and blocked on.

    Attributes:
        comparisons: in order of the pattern's fields.
        rule_families: in order of preference: a pair is kept by the first rule that makes it.
        id_column: the column that names a record, text or integer.
        extra_fields: columns that blocking reads but nothing compares.
    """

    comparisons: tuple[Comparison, ...]
    rule_families: tuple[RuleFamily, ...]
    id_column: str = "record_id"
    extra_fields: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every column read, once, with its kind."""
        compared = [field for item in self.comparisons for field in item.fields]
        by_column: dict[str, Field] = {}
        for field in (*self.extra_fields, *compared):
            by_column.setdefault(field.column, field)
        return tuple(by_column.values())

    @property
    def comparison_names(self) -> tuple[str, ...]:
        """Names of the comparisons, in order."""
        return tuple(item.name for item in self.comparisons)

    def comparison(self, name: str) -> Comparison:
        """The comparison of that name.

        Raises:
            SpecError: there is none.
        """
        for item in self.comparisons:
            if item.name == name:
                return item
        raise SpecError(f"no comparison is named '{name}'; there are {self.comparison_names}")

    def without(self, columns: Iterable[str]) -> LinkageSpec:
        """The same specification as if these columns did not exist."""
        gone = set(columns)
        kept = tuple(item for item in self.comparisons if gone.isdisjoint(item.columns))
        names = {item.name for item in kept}
        return LinkageSpec(
            comparisons=tuple(_without_swap(item, names) for item in kept),
            rule_families=_families_without(self.rule_families, gone),
            id_column=self.id_column,
            extra_fields=tuple(f for f in self.extra_fields if f.column not in gone),
        )

    @classmethod
    def from_toml(cls, path: str | Path) -> LinkageSpec:
        """Read a specification that a person wrote.

        Raises:
            SpecError: the file cannot be read, has an unknown key, or contradicts itself.
        """
        try:
            with open(path, "rb") as file:
                document = tomllib.load(file)
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SpecError(f"specification '{path}' cannot be read: {error}") from error
        return spec_from_mapping(document, str(path))


def _families_without(families: Sequence[RuleFamily], gone: set[str]) -> tuple[RuleFamily, ...]:
    kept = []
    for family in families:
        rules = tuple(rule for rule in family.rules if not gone.intersection(rule.columns))
        if rules:
            kept.append(RuleFamily(family.name, rules, family.is_required))
    return tuple(kept)


def _without_swap(item: Comparison, names: set[str]) -> Comparison:
    if item.swap_with is None or item.swap_with in names:
        return item
    return Comparison(item.name, item.kind, item.column)


def spec_from_mapping(document: Mapping[str, Any], origin: str) -> LinkageSpec:
    """The specification in a parsed TOML document.

    Raises:
        SpecError: an unknown key, a missing one, or a contradiction.
    """
    _only_keys(document, {"id_column", "comparison", "field", "blocking_rule"}, origin)
    comparisons = []
    for entry in document.get("comparison", []):
        is_ladder = entry.get("kind") == LADDER_KIND
        _only_keys(entry, COMPARISON_KEYS | (LADDER_KEYS if is_ladder else {"swap_with"}), origin)
        column = _text(entry, "column", origin)
        comparisons.append(
            Comparison(
                name=entry.get("name", column),
                kind=_text(entry, "kind", origin),
                column=column,
                swap_with=entry.get("swap_with"),
                ladder=_ladder(entry, column) if is_ladder else None,
            )
        )
    fields = []
    for entry in document.get("field", []):
        _only_keys(entry, {"column", "kind"}, origin)
        fields.append(Field(_text(entry, "column", origin), _text(entry, "kind", origin)))
    return LinkageSpec(
        comparisons=tuple(comparisons),
        rule_families=tuple(_family(entry, origin) for entry in document.get("blocking_rule", [])),
        id_column=document.get("id_column", "record_id"),
        extra_fields=tuple(fields),
    )


def _ladder(entry: Mapping[str, Any], column: str) -> Ladder:
    """The levels of an entry of kind `levels`, most agreeing first."""
    options = {key: entry[key] for key in LADDER_KEYS - {"levels"} if key in entry}
    return Ladder(column, tuple(entry.get("levels", ())), **options)


def _family(entry: Mapping[str, Any], origin: str) -> RuleFamily:
    """A rule with one key must stay within budget; one with several narrows, then is dropped."""
    _only_keys(entry, {"key", "keys"}, origin)
    if ("key" in entry) == ("keys" in entry):
        raise SpecError(f"specification '{origin}': a blocking rule needs either 'key' or 'keys'")
    if "key" in entry:
        return RuleFamily.of(_text(entry, "key", origin), is_required=True)
    return RuleFamily.of(*entry["keys"])


def _only_keys(entry: Mapping[str, Any], known: Set[str], origin: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise SpecError(
            f"specification '{origin}' has unknown keys {unknown}; known here: {sorted(known)}"
        )


def _text(entry: Mapping[str, Any], key: str, origin: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise SpecError(f"specification '{origin}': an entry needs '{key}' as text")
    return value


def _check(spec: LinkageSpec) -> None:
    """Refuse a specification that contradicts itself.

    Raises:
        SpecError: names the contradiction.
    """
    names = spec.comparison_names
    if len(set(names)) < len(names):
        raise SpecError(f"comparison names must differ: {names}")
    columns = {field.column: field.kind for field in spec.fields}
    for item in spec.comparisons:
        if (item.kind == LADDER_KIND) != (item.ladder is not None):
            raise SpecError(f"comparison '{item.name}': kind 'levels', and only it, lists levels")
    compared = [field for item in spec.comparisons for field in item.fields]
    for field in (*spec.extra_fields, *compared):
        if field.kind not in KINDS:
            raise SpecError(f"kind '{field.kind}' is not one of {tuple(KINDS)}")
        if KINDS[field.kind].domain != KINDS[columns[field.column]].domain:
            raise SpecError(f"column '{field.column}' cannot be of two kinds")
    for item in spec.comparisons:
        if item.swap_with is not None:
            partner = spec.comparison(item.swap_with)
            if item.kind != "given_name" or partner.kind != "surname":
                raise SpecError(f"comparison '{item.name}': only a given name swaps with a surname")
    rules = [rule for family in spec.rule_families for rule in family.rules]
    for rule in rules:
        missing = sorted(set(rule.columns).difference(columns))
        if missing:
            raise SpecError(
                f"blocking rule '{rule.name}' reads columns {missing}; give each a comparison or a "
                "field entry with its kind"
            )
    if len(spec.rule_families) > MAX_RULES:
        raise SpecError(f"{len(spec.rule_families)} blocking rules; at most {MAX_RULES} fit")
