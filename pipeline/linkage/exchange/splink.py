"""Splink's settings as a trained model, exact to the last digits of a weight.

In: the settings of a trained Splink model, as its JSON file holds them. Out: `TrainedModel` that
judges pairs one by one, as Splink does. It must not know any data.

Source: Splink 5, `predict` and `term_frequencies`; the Fellegi-Sunter model with term-frequency
adjustment on the largest of both values' shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SpecError
from pipeline.linkage.decision import PairDecision, ValueShares
from pipeline.linkage.exchange.sql import key_of_sql, level_of_sql
from pipeline.linkage.ladders import LADDER_KIND, Ladder, equal_values_level, parse_level
from pipeline.linkage.learning.beliefs import table_width
from pipeline.linkage.learning.classes import ClassProbabilities, Population
from pipeline.linkage.model import Provenance, TrainedModel
from pipeline.linkage.spec import Comparison, Field, LinkageSpec, RuleFamily

Floats = NDArray[np.float64]
Entry = Mapping[str, Any]

NEVER = "missing and not missing"
"""A comparison without a null level is always comparable."""
DEFAULT_DIALECT = "duckdb"
DEFAULT_PRIOR = 0.0001
EVERY_PAIR = "the settings have no blocking rules, and so would compare every pair: give them some"


@dataclass(frozen=True)
class _Level:
    """One level of a comparison that is not null.

    Attributes:
        text: as a ladder writes it; empty for the last level, of all other pairs.
        m: P(level | same person).
        u: P(level | strangers).
        entry: the level's settings.
    """

    text: str
    m: float
    u: float
    entry: Entry


def splink_model(document: Entry) -> TrainedModel:
    """A trained Splink model as a model of this engine: the same weights on the same pairs.

    Args:
        document: Splink 4 or 5 settings with trained m and u.

    Raises:
        SpecError: something cannot be carried over exactly, or a level was never trained; names
            comparison, level and condition.
    """
    if not isinstance(document, Mapping) or not document.get("comparisons"):
        raise SpecError("these are not the settings of a Splink model: 'comparisons' is missing")
    dialect = _dialect(document)
    read = [_comparison(entry, dialect) for entry in document["comparisons"]]
    comparisons = tuple(comparison for comparison, _ in read)
    shares = tuple(
        share for comparison, levels in read for share in _value_shares(comparison, levels)
    )
    spec = _spec(document, comparisons, shares, dialect)
    m, u = (_table(read, attribute) for attribute in ("m", "u"))
    link_type = document.get("link_type", "link_only")
    return TrainedModel(
        spec=spec,
        probabilities=ClassProbabilities(m, u.copy(), u),
        population=_population(document.get("probability_two_random_records_match")),
        trained=np.zeros_like(m),
        provenance=Provenance("", 0, 0, link_type == "dedupe_only", 0, 0, 0, True, True, 0),
        warnings=_warnings(link_type),
        decision=PairDecision(shares),
    )


def _dialect(document: Entry) -> str:
    """The dialect of SQL, which only blocking rules name."""
    named = [document.get("sql_dialect")]
    for rule in document.get("blocking_rules_to_generate_predictions") or ():
        named.append(rule.get("sql_dialect") if isinstance(rule, Mapping) else None)
    return next((name for name in named if name), DEFAULT_DIALECT)


def _comparison(entry: Entry, dialect: str) -> tuple[Comparison, list[_Level]]:
    """A comparison, and its levels with the least agreeing first."""
    name = entry.get("output_column_name") or "comparison"
    nulls: list[str] = []
    levels: list[_Level] = []
    for position, level in enumerate(entry.get("comparison_levels") or ()):
        where = f"comparison '{name}', level {position} ('{level.get('label_for_charts', '')}')"
        if levels and not levels[-1].text:
            raise SpecError(f"{where}: it stands below the level of all other pairs")
        if level.get("is_null_level"):
            if levels:
                raise SpecError(f"{where}: a null level below another level cannot be carried over")
            nulls.append(_text(level, dialect, where))
            continue
        levels.append(_read_level(level, dialect, where))
    if len(levels) < 2 or levels[-1].text:
        raise SpecError(f"comparison '{name}': it needs two levels, the last of all other pairs")
    column = _own_column(levels[0].text)
    # People leave a comparison's own column unsaid.
    texts = [text.replace(f"({column})", "") for text in (_null(nulls), *(x.text for x in levels))]
    ladder = Ladder(
        column, tuple(texts[1:-1]), null=texts[0], is_bytewise=dialect == DEFAULT_DIALECT
    )
    return Comparison(name, LADDER_KIND, column, ladder=ladder), levels[::-1]


def _null(nulls: Sequence[str]) -> str:
    if not nulls:
        return NEVER
    return nulls[0] if len(nulls) == 1 else " or ".join(f"({null})" for null in nulls)


def _text(level: Entry, dialect: str, where: str) -> str:
    try:
        return level_of_sql(level["sql_condition"], dialect)
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None


def _read_level(level: Entry, dialect: str, where: str) -> _Level:
    m, u = (_number(level.get(key)) for key in ("m_probability", "u_probability"))
    if not (0 < m <= 1 and 0 < u <= 1):
        raise SpecError(
            f"{where}: m or u is missing or 0; train the model, or set them, before it is carried"
        )
    is_last = level["sql_condition"].strip().upper() == "ELSE"
    text = "" if is_last else _text(level, dialect, where)
    return _Level(text, m, u, level)


def _number(value: Any) -> float:
    """A probability; 0 for anything else."""
    return float(value) if isinstance(value, int | float) else 0.0


def _own_column(level: str) -> str:
    """The column that a level reads first."""
    return next(part.left.column for part in parse_level(level, "") if not isinstance(part, str))


def _value_shares(comparison: Comparison, levels: Sequence[_Level]) -> list[ValueShares]:
    """Term-frequency adjustments of the levels above the lowest."""
    found = []
    for level, read in enumerate(levels):
        column, weight = read.entry.get("tf_adjustment_column"), _weight(read.entry)
        if level == 0 or not column or weight == 0:
            continue
        column = column.strip('"`')
        found.append(
            ValueShares(
                comparison=comparison.name,
                level=level,
                column=column,
                expected=_expected(comparison, levels, read, column),
                weight=weight,
                least_share=float(read.entry.get("tf_minimum_u_value") or 0.0),
            )
        )
    return found


def _weight(entry: Entry) -> float:
    weight = entry.get("tf_adjustment_weight")
    return 1.0 if weight is None else float(weight)


def _expected(comparison: Comparison, levels: Sequence[_Level], read: _Level, column: str) -> float:
    """The u that an adjustment replaces: that of the level of equal values of the column."""
    if read.entry.get("disable_tf_exact_match_detection"):
        return read.u
    equal = comparison.ladder and equal_values_level(comparison.ladder, column)
    if equal:
        return levels[equal].u
    raise SpecError(
        f"comparison '{comparison.name}': no level of equal values of column '{column}', whose "
        "frequencies are to be used"
    )


def _spec(
    document: Entry,
    comparisons: tuple[Comparison, ...],
    shares: Sequence[ValueShares],
    dialect: str,
) -> LinkageSpec:
    rules = document.get("blocking_rules_to_generate_predictions") or []
    if not rules:
        raise SpecError(EVERY_PAIR)
    families = []
    for rule in rules:
        sql = rule if isinstance(rule, str) else rule["blocking_rule"]
        try:
            families.append(RuleFamily.of(key_of_sql(sql, dialect), is_required=True))
        except SpecError as error:
            raise SpecError(f"blocking rule: {error}") from None
    blocked = [column for family in families for column in family.rules[0].columns]
    weighed = [share.column for share in shares]
    compared = {column for comparison in comparisons for column in comparison.columns}
    others = [column for column in dict.fromkeys([*blocked, *weighed]) if column not in compared]
    return LinkageSpec(
        comparisons=comparisons,
        rule_families=tuple(families),
        id_column=document.get("unique_id_column_name", "unique_id"),
        extra_fields=tuple(Field(column, "text") for column in others),
    )


def _table(read: Sequence[tuple[Comparison, list[_Level]]], attribute: str) -> Floats:
    table = np.zeros((len(read), table_width([comparison for comparison, _ in read])))
    for row, (_, levels) in enumerate(read):
        table[row, : len(levels)] = [getattr(level, attribute) for level in levels]
    return table


def _population(prior: float | None) -> Population:
    """Prior odds as expected matches for each pair that is none.

    Raises:
        SpecError: the prior is no probability.
    """
    prior = DEFAULT_PRIOR if prior is None else prior
    if not 0 < prior < 1:
        raise SpecError(
            f"probability_two_random_records_match is {prior}; it must be within 0 to 1"
        )
    return Population(pairs=1.0, matches=prior / (1 - prior), households=0.0)


def _warnings(link_type: str) -> tuple[str, ...]:
    if link_type != "link_and_dedupe":
        return ()
    return (
        "link_and_dedupe: put the tables one under the other, with ids of their own, and dedupe",
    )
