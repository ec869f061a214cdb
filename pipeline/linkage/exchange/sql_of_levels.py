"""Conditions of ladders, and blocking keys, as SQL for DuckDB.

In: levels and keys, parsed. Out: SQL as Splink writes it. It must not know models or weights.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from pipeline.linkage.exchange.sql import ISO_DATE, SECONDS_PER_DAY
from pipeline.linkage.ladders import MATCH, SIMILARITIES, Condition, Operand, Postfix
from pipeline.linkage.rules import BlockingRule, KeyPart, prefix_length

_SECONDS = f"EPOCH(try_strptime({{}}, '{ISO_DATE}'))"
FUNCTIONS = {
    "jaro_winkler": "jaro_winkler_similarity({}, {})",
    "jaro": "jaro_similarity({}, {})",
    "jaccard": "jaccard({}, {})",
    "shared": "array_length(list_intersect({}, {}))",
    "levenshtein": "levenshtein({}, {})",
    "damerau_levenshtein": "damerau_levenshtein({}, {})",
    "difference": "ABS(CAST({} AS DOUBLE) - CAST({} AS DOUBLE))",
    "days": f"ABS({_SECONDS} - {_SECONDS})",
}
"""Each measure of two values."""
TRANSFORMS = {
    "value": "{}",
    "lower": "LOWER({})",
    "date": f"try_strptime({{}}, '{ISO_DATE}')",
    "year": "SUBSTRING({}, 1, 4)",
    "year_month": "SUBSTRING({}, 1, 7)",
    "month_day": "SUBSTRING({}, 6, 5)",
    "local_part": "NULLIF(regexp_extract({}, '^[^@]+', 0), '')",
}
"""What can be taken of a value; of dates as year-month-day."""


def level_sql(level: Postfix) -> str | None:
    """The SQL condition of a level; None where DuckDB has no function for it."""
    stack: list[str] = []
    for part in level:
        if isinstance(part, Condition):
            said = _condition(part)
            if said is None:
                return None
            stack.append(said)
        elif part == "not":
            stack.append(f"NOT ({stack.pop()})")
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(f"({left}) {part.upper()} ({right})")
    return stack[0]


def null_sql(level: Postfix) -> str:
    """The SQL condition of a pair that is not comparable."""
    said = level_sql(level)
    return "FALSE" if said is None else said


def _condition(condition: Condition) -> str | None:
    left, right = _value(condition.left, "l"), _value(condition.right, "r")
    if left is None or right is None:
        return None
    if condition.measure == "exact":
        return f"{left} = {right}"
    if condition.measure == "missing":
        return f"{left} IS NULL OR {right} IS NULL"
    bound = condition.bound * (SECONDS_PER_DAY if condition.measure == "days" else 1)
    relation = ">=" if condition.measure in SIMILARITIES else "<="
    number = np.format_float_positional(bound, trim="-")
    return f"{FUNCTIONS[condition.measure].format(left, right)} {relation} {number}"


def _value(operand: Operand, side: str) -> str | None:
    return _taken(f'"{operand.column}_{side}"', operand.transform)


def _taken(column: str, transform: str) -> str | None:
    if transform.startswith(MATCH):
        pattern = transform.removeprefix(MATCH).replace("'", "''")
        return f"NULLIF(regexp_extract({column}, '{pattern}', 0), '')"
    length = prefix_length(transform)
    if length:
        return f"SUBSTRING({column}, 1, {length})"
    return TRANSFORMS[transform].format(column) if transform in TRANSFORMS else None


def key_sql(rule: BlockingRule) -> list[str]:
    """The SQL of a rule, one for each order of columns taken in any order; none if unsayable."""
    choices = [_equalities(part) for part in rule.parts]
    if not all(choices):
        return []
    return [" AND ".join(chosen) for chosen in product(*choices)]


def _equalities(part: KeyPart) -> list[str]:
    """Ways in which a part of the key may agree."""
    orders = [part.columns, part.columns[::-1]] if len(part.columns) == 2 else [part.columns]
    found = []
    for order in orders:
        sides = [
            (_taken(f'l."{left}"', part.transform), _taken(f'r."{right}"', part.transform))
            for left, right in zip(part.columns, order, strict=True)
        ]
        if any(left is None for left, _ in sides):
            return []
        found.append(" AND ".join(f"{left} = {right}" for left, right in sides))
    return found
