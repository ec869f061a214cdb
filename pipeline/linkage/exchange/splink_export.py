"""A trained model as Splink's settings, and what of it they cannot say.

In: `TrainedModel`. Out: settings that Splink reads, and sentences about what was left out or is
said nearly. It must not know any data.

Levels that a user listed are said exactly, and so are the kinds of comparison that go by equality
and edits alone. Of the other kinds each level that SQL cannot say joins the one below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.linkage.decision import ValueShares
from pipeline.linkage.exchange.kinds_in_sql import APPROXIMATE_KINDS, SQL_OF_KIND
from pipeline.linkage.exchange.sql_of_levels import key_sql, level_sql, null_sql
from pipeline.linkage.ladders import equal_values_level
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.rules import BlockingRule
from pipeline.linkage.spec import Comparison

Entry = dict[str, Any]
NOT_CARRIED: tuple[tuple[Callable[[TrainedModel], bool], str], ...] = (
    (
        lambda model: model.population.households > 0,
        "the class of two people of one household: Splink has two classes, and will overrate pairs "
        "who share surname and address",
    ),
    (
        lambda model: model.probabilities.movers is not None,
        "people who moved: Splink takes places that differ as independent slips",
    ),
    (
        lambda model: bool(model.probabilities.ties),
        "what goes together among strangers: places, and names with what they tell",
    ),
    (
        lambda model: model.probabilities.error_types is not None,
        "slips that go together: Splink takes comparisons as independent",
    ),
    (
        lambda model: {"given_name", "surname"} <= {item.kind for item in model.spec.comparisons},
        "full names more common than their parts suggest",
    ),
    (
        lambda model: model.calibration is not None,
        "calibration by labels: Splink's probabilities will be those before it",
    ),
    (
        lambda model: model.decision is None,
        "rivals that compete, clusters judged as wholes, and a prior that settles with the tables",
    ),
)
"""What a model may have and settings cannot say."""


def splink_settings(model: TrainedModel) -> tuple[Entry, tuple[str, ...]]:
    """Splink settings of a trained model, for its DuckDB backend.

    Args:
        model: The model.

    Returns:
        The settings, and a sentence for everything that they leave out or say only nearly; none
        where Splink will give the same weights.
    """
    said: list[str] = [f"not carried over: {what}" for has, what in NOT_CARRIED if has(model)]
    comparisons = [_comparison(model, row, said) for row in range(len(model.spec.comparisons))]
    rules = [_rule(family.rules[0], said) for family in model.spec.rule_families]
    odds = model.population.matches / model.population.pairs
    settings = {
        "link_type": "dedupe_only" if model.provenance.is_dedupe else "link_only",
        "unique_id_column_name": model.spec.id_column,
        "probability_two_random_records_match": odds / (1 + odds),
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for found in rules for rule in found
        ],
        "retain_intermediate_calculation_columns": True,
    }
    return settings, tuple(said)


def _comparison(model: TrainedModel, row: int, said: list[str]) -> Entry:
    comparison = model.spec.comparisons[row]
    swapped = comparison.swap_with
    other = model.spec.comparison(swapped).column if swapped else ""
    conditions = _conditions(comparison, other, said)
    probabilities = model.probabilities
    m, u = (
        _joined([float(value) for value in table[row, : len(conditions)]], conditions)
        for table in (probabilities.m, probabilities.u)
    )
    shares = _term_frequency(model, comparison, said)
    levels: list[Entry] = [
        {
            "sql_condition": _null(comparison),
            "label_for_charts": "not comparable",
            "is_null_level": True,
        }
    ]
    for level in reversed(range(len(conditions))):
        condition = conditions[level]
        if condition is not None:
            levels.append(
                {
                    "sql_condition": condition,
                    "label_for_charts": comparison.levels[level],
                    "m_probability": m[level],
                    "u_probability": u[level],
                    **shares.get(level, {}),
                }
            )
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _conditions(comparison: Comparison, swapped_column: str, said: list[str]) -> list[str | None]:
    """SQL of each level by number; None where SQL cannot say it, ELSE for the lowest."""
    if comparison.ladder is not None:
        found = [level_sql(level) for level in reversed(comparison.ladder.levels)]
        if not comparison.ladder.is_bytewise:
            said.append(
                f"comparison '{comparison.name}': DuckDB measures letters beyond ASCII byte by byte"
            )
    else:
        said_by_kind = SQL_OF_KIND[comparison.kind][: len(comparison.levels) - 1]
        names = (comparison.column, swapped_column)
        found = [None if sql is None else _filled(sql, *names) for sql in said_by_kind]
        said.append(
            f"comparison '{comparison.name}': it reads its column cleaned (lower case, no accents, "
            "dates as year-month-day); give Splink such a column"
        )
    lost = [comparison.levels[level + 1] for level, sql in enumerate(found) if sql is None]
    said += [f"comparison '{comparison.name}': no level '{claim}'" for claim in lost]
    if comparison.kind in APPROXIMATE_KINDS:
        said.append(f"comparison '{comparison.name}': {APPROXIMATE_KINDS[comparison.kind]}")
    return ["ELSE", *found]


def _filled(sql: str, this: str, other: str) -> str:
    """The SQL of a kind with the comparison's columns named."""
    return sql.replace('"this_', f'"{this}_').replace('"other_', f'"{other}_')


def _null(comparison: Comparison) -> str:
    if comparison.ladder is not None:
        return null_sql(comparison.ladder.null_level)
    return f'"{comparison.column}_l" IS NULL OR "{comparison.column}_r" IS NULL'


def _joined(values: Sequence[float], conditions: Sequence[str | None]) -> list[float]:
    """Probabilities by level, those of unsayable levels added to the next sayable level below."""
    joined = list(values)
    for level in reversed(range(1, len(joined))):
        if conditions[level] is None:
            joined[level - 1] += joined[level]
    return joined


def _term_frequency(
    model: TrainedModel, comparison: Comparison, said: list[str]
) -> dict[int, Entry]:
    """Settings of the levels that go by how rare a value is."""
    if model.decision is None:
        if not comparison.definition.has_term_frequency:
            return {}
        return {comparison.exact_level: {"tf_adjustment_column": comparison.column}}
    found = {}
    for shares in model.decision.value_shares:
        if shares.comparison == comparison.name:
            found[shares.level] = _value_shares(model, comparison, shares, said)
    return found


def _value_shares(
    model: TrainedModel, comparison: Comparison, shares: ValueShares, said: list[str]
) -> Entry:
    """One term-frequency adjustment; what a value is measured against Splink looks up itself."""
    u = model.probabilities.u[model.spec.comparison_names.index(comparison.name)]
    is_own = shares.expected == float(u[shares.level])
    equal = comparison.ladder and equal_values_level(comparison.ladder, shares.column)
    if not is_own and (not equal or shares.expected != float(u[equal])):
        said.append(
            f"comparison '{comparison.name}', level {shares.level}: values of '{shares.column}' "
            "are measured against another share than any that Splink can be told"
        )
    return {
        "tf_adjustment_column": shares.column,
        "tf_adjustment_weight": shares.weight,
        "tf_minimum_u_value": shares.least_share,
        "disable_tf_exact_match_detection": is_own,
    }


def _rule(rule: BlockingRule, said: list[str]) -> list[str]:
    """A blocking rule in SQL; two where it takes two columns in either order."""
    found = key_sql(rule)
    if not found:
        said.append(f"blocking rule '{rule.name}' is left out: SQL has no such transform")
    return found
