"""SQL conditions as conditions of a ladder, and blocking rules as keys.

In: the SQL of a comparison level (`"name_l" = "name_r"`) or of a blocking rule (`l.name = r.name`).
Out: text as `ladders` and `rules` write it. It must not know models or weights.

Anything whose meaning a ladder cannot say exactly is refused: a model that is nearly the same would
be believed to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sqlglot
from sqlglot import expressions as exp

from pipeline.errors import SpecError
from pipeline.linkage.ladders import DISTANCES, MATCH, SIMILARITIES

SECONDS_PER_DAY = 86_400
MEASURES = {
    "jaro_winkler_similarity": "jaro_winkler", "jarowinkler_similarity": "jaro_winkler",
    "jaro_winkler": "jaro_winkler", "jaro_similarity": "jaro", "jaro_sim": "jaro",
    "jaccard": "jaccard", "jaccard_sim": "jaccard", "levenshtein": "levenshtein",
    "damerau_levenshtein": "damerau_levenshtein",
}  # fmt: skip
"""What each function of two texts, by its name in SQL, is among the measures of ladders."""
INTERSECTIONS = ("list_intersect", "array_intersect")
SIZES = ("array_size", "array_length", "size", "len")
TRANSFORMS = {"lower": "lower", "year": "year", "soundex": "soundex"}
ISO_DATE = "%Y-%m-%d"


@dataclass(frozen=True)
class Read:
    """A value that SQL reads.

    Attributes:
        side: `l` or `r`.
        column: the column.
        transform: what is taken of it, as in ladders.
    """

    side: str
    column: str
    transform: str = "value"

    @property
    def what(self) -> tuple[str, str]:
        """The value without its side."""
        return self.column, self.transform


def level_of_sql(condition: str, dialect: str = "duckdb") -> str:
    """The level of a ladder that says the same as a comparison level's SQL condition.

    Raises:
        SpecError: a ladder cannot say that exactly; the message holds the condition.
    """
    return _translated(condition, dialect, _suffixed, _level)


def key_of_sql(rule: str, dialect: str = "duckdb") -> str:
    """The blocking key that makes the same pairs as a rule in SQL.

    Raises:
        SpecError: the rule is more than equalities of what columns hold.
    """
    return _translated(rule, dialect, _qualified, _key)


Reader = Callable[[exp.Column], Read]


def _translated(
    sql: str, dialect: str, reader: Reader, translate: Callable[[exp.Expr, Reader], str]
) -> str:
    try:
        return translate(sqlglot.parse_one(sql, read=dialect), reader)
    except (SpecError, sqlglot.ParseError) as error:
        reason = str(error) if isinstance(error, SpecError) else "it cannot be parsed"
        raise SpecError(f"the condition {sql!r} cannot be carried over: {reason}") from None


def _suffixed(column: exp.Column) -> Read:
    """A column of a level: its name ends in the side."""
    found = re.fullmatch(r"(.+)_([lr])", column.name)
    if found is None or column.table:
        raise SpecError(f"column {column.sql()} does not say its side by _l or _r")
    return Read(found[2], found[1])


def _qualified(column: exp.Column) -> Read:
    """A column of a blocking rule: it stands behind the side."""
    if column.table not in ("l", "r"):
        raise SpecError(f"column {column.sql()} does not say its side by l. or r.")
    return Read(column.table, column.name)


def _key(node: exp.Expr, reader: Reader) -> str:
    parts = []
    for one in _flattened(node, exp.And):
        if not isinstance(one, exp.EQ):
            raise SpecError(f"{one.sql()} is not an equality")
        left, right = _sides(one.this, one.expression, reader)
        if left.what != right.what or left.transform.startswith(MATCH):
            raise SpecError(f"{one.sql()} is not an equality of one column's own values")
        parts.append(_operand(left))
    return " + ".join(parts)


def _level(node: exp.Expr, reader: Reader) -> str:
    node = node.unnest()
    if isinstance(node, exp.Or):
        return _either(_flattened(node, exp.Or), reader)
    if isinstance(node, exp.And):
        return " and ".join(_bracketed(one, reader) for one in _flattened(node, exp.And))
    if isinstance(node, exp.Not):
        return f"not {_bracketed(node.this, reader)}"
    if isinstance(node, exp.EQ):
        return _applied("exact", *_sides(node.this, node.expression, reader))
    if isinstance(node, exp.GTE | exp.GT | exp.LTE | exp.LT):
        return _bounded(node, reader)
    raise SpecError(f"{node.sql()} is not a comparison of the two records")


def _either(nodes: Sequence[exp.Expr], reader: Reader) -> str:
    """Alternatives; `a_l IS NULL OR a_r IS NULL` is one claim of both."""
    missing = [_missing(one, reader) for one in nodes]
    lefts = [read for read in missing if read is not None and read.side == "l"]
    rights = [read for read in missing if read is not None and read.side == "r"]
    said = []
    for left in lefts:
        right = next((read for read in rights if read.what == left.what), None)
        right = right or (rights[0] if len(rights) == len(lefts) == 1 else None)
        if right is None:
            raise SpecError("a value is asked to be missing on one side only")
        rights.remove(right)
        said.append(_applied("missing", left, right))
    if rights:
        raise SpecError("a value is asked to be missing on one side only")
    others = [one for one, read in zip(nodes, missing, strict=True) if read is None]
    return " or ".join([*said, *(_level_within_or(one, reader) for one in others)])


def _level_within_or(node: exp.Expr, reader: Reader) -> str:
    text = _level(node, reader)
    return f"({text})" if isinstance(node.unnest(), exp.Or) else text


def _missing(node: exp.Expr, reader: Reader) -> Read | None:
    """The value that is asked to be missing, if that is what a condition asks."""
    node = node.unnest()
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return _read(node.this, reader)
    return None


def _bracketed(node: exp.Expr, reader: Reader) -> str:
    text = _level(node, reader)
    return f"({text})" if " and " in text or " or " in text else text


def _bounded(node: exp.Binary, reader: Reader) -> str:
    if not (isinstance(node.expression, exp.Literal) and node.expression.is_number):
        raise SpecError(f"{node.expression.sql()} is not a number")
    measure, left, right = _measure(node.this.unnest(), reader)
    bound = float(node.expression.name)
    if measure == "days":
        bound /= SECONDS_PER_DAY
    is_up = isinstance(node, exp.GTE | exp.GT)
    if is_up != (measure in SIMILARITIES) or (not is_up) != (measure in DISTANCES):
        raise SpecError(f"'{measure}' is bounded from the wrong side")
    relation = {exp.GTE: ">=", exp.GT: ">", exp.LTE: "<=", exp.LT: "<"}[type(node)]
    number = np.format_float_positional(bound, trim="-")
    return f"{_applied(measure, left, right)} {relation} {number}"


def _measure(node: exp.Expr, reader: Reader) -> tuple[str, Read, Read]:
    name, arguments = _function(node)
    if name in MEASURES and len(arguments) == 2:
        return (MEASURES[name], *_sides(arguments[0], arguments[1], reader))
    if name in SIZES:
        inner, lists = _function(arguments[0])
        if inner in INTERSECTIONS and len(lists) == 2:
            return ("shared", *_sides(lists[0], lists[1], reader))
    if name == "abs" and isinstance(arguments[0].unnest(), exp.Sub):
        difference = arguments[0].unnest()
        sides = [difference.this.unnest(), difference.expression.unnest()]
        if all(isinstance(side, exp.TimeToUnix) for side in sides):
            dates = [_undated(side.this) for side in sides]
            return ("days", *_sides(dates[0], dates[1], reader))
        return ("difference", *_sides(sides[0], sides[1], reader))
    raise SpecError(f"{node.sql()} is no measure of two values")


def _undated(node: exp.Expr) -> exp.Expr:
    """The text that is read as an ISO date; `days` reads it so by itself."""
    node = node.unnest()
    name, arguments = _function(node)
    if name == "try_strptime":
        _only_iso(arguments)
        return arguments[0]
    return node


def _only_iso(arguments: Sequence[exp.Expr]) -> None:
    if len(arguments) != 2 or arguments[1].name != ISO_DATE:
        raise SpecError("dates must be written as year-month-day")


def _sides(first: exp.Expr, second: exp.Expr, reader: Reader) -> tuple[Read, Read]:
    """What is read of the left and of the right record."""
    reads = [_read(first, reader), _read(second, reader)]
    if sorted(read.side for read in reads) != ["l", "r"]:
        raise SpecError("both values are of one record")
    return (reads[0], reads[1]) if reads[0].side == "l" else (reads[1], reads[0])


def _read(node: exp.Expr, reader: Reader) -> Read:
    """A column, or one transform of it."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        read = reader(node)
        if not read.column.isidentifier():
            raise SpecError(f"column {read.column!r} has characters that a ladder cannot name")
        return read
    if isinstance(node, exp.Cast) and node.is_type(*exp.DataType.TEXT_TYPES, *NUMBERS):
        return _read(node.this, reader)
    if isinstance(node, exp.Nullif) and node.expression.name == "":
        return _read(node.this, reader)
    name, arguments = _function(node)
    transform = _transform(name, arguments)
    if transform is None:
        raise SpecError(f"{node.sql()} is not something that a ladder takes of a value")
    inner = _read(arguments[0], reader)
    if inner.transform != "value":
        raise SpecError(f"{node.sql()} takes a part of a part of a value")
    return Read(inner.side, inner.column, transform)


NUMBERS = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)


def _transform(name: str, arguments: Sequence[exp.Expr]) -> str | None:
    """What a function takes of a value, in the words of blocking keys; None if it has none."""
    rest = [argument.name for argument in arguments[1:]]
    if name in ("substring", "substr", "left"):
        start, length = (["1", *rest] if name == "left" else [*rest, ""])[:2]
        return f"first{length}" if start == "1" and length.isdigit() else None
    if name == "regexp_extract" and (len(rest) < 2 or rest[1] == "0"):
        return MATCH + rest[0]
    if name == "try_strptime":
        _only_iso(arguments)
        return "date"
    return TRANSFORMS.get(name) if not rest else None


def _function(node: exp.Expr) -> tuple[str, list[exp.Expr]]:
    """Name in lower case, and arguments, of a function; no name for anything else."""
    node = node.unnest()
    if isinstance(node, exp.Anonymous):
        return node.name.lower(), list(node.expressions)
    if isinstance(node, exp.Func):
        arguments = [node.args.get(key) for key in node.arg_types]
        return node.sql_name().lower(), [one for one in arguments if isinstance(one, exp.Expr)]
    return "", []


def _flattened(node: exp.Expr, kind: type[exp.Connector]) -> list[exp.Expr]:
    """Parts joined by one connector, brackets between them left out."""
    node = node.unnest()
    if not isinstance(node, kind):
        return [node]
    return [*_flattened(node.this, kind), *_flattened(node.expression, kind)]


def _applied(name: str, left: Read, right: Read) -> str:
    if left.what == right.what:
        return f"{name}({_operand(left)})"
    return f"{name}({_operand(left)}, {_operand(right)})"


def _operand(read: Read) -> str:
    if read.transform == "value":
        return read.column
    if read.transform.startswith(MATCH):
        pattern = read.transform.removeprefix(MATCH).replace("'", "''")
        return f"{read.column}.{MATCH}'{pattern}'"
    return f"{read.column}.{read.transform}"
