"""Records of one kind compared with one another by the linkage engine.

In: `Records` and a linkage specification. Out: `ComparedPairs`: every pair that may be one person,
with its evidence. It must not decide anything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.linkage import (
    FIT_SCHEMA,
    LinkageSettings,
    LinkageSpec,
    LinkResult,
    TrainedModel,
    dedupe,
)
from pipeline.people.records import Records, Rows
from pipeline.settings.places import SHIPPED_CONFIG

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]

log = logging.getLogger(__name__)

SPECS = SHIPPED_CONFIG / "models"
FEW_RECORDS = 50
"""Up to so many records a stranger is added, see `with_stranger`."""
STRANGER = "nobody"
STRANGER_BORN = "1900-02-29"
PAIRS_PER_RECORD = 2.0
"""A blocking rule may make so many pairs a record. Ten times as many found no more people; so few
that children of one offender no longer all meet (fewer than one) lose some."""
RANDOM_PAIRS = 300_000
"""Enough to see how often strangers agree nearly; how often exactly is counted, not drawn."""


@dataclass(frozen=True)
class ComparedPairs:
    """Pairs of records that may be one person, ascending by left, then right.

    Attributes:
        left: record number, (n_pairs,).
        right: the other, larger.
        weight_bits: log2 odds that the two are one person.
        probability: the same as a probability.
        levels: agreement level of each comparison by its name; -1 not comparable.
        weights_bits: log2 m/u of each comparison by its name; 0 where not comparable.
        blocking_rules: list<string>, rules that brought the pair together.
        model: the model; None where there was nothing to compare.
        fit: pairs that look like one person, seen and expected, by rule.
        warnings: the engine's.
    """

    left: Rows
    right: Rows
    weight_bits: Floats
    probability: Floats
    levels: Mapping[str, Levels]
    weights_bits: Mapping[str, Floats]
    blocking_rules: pa.Array
    model: TrainedModel | None
    fit: pa.Table
    warnings: tuple[str, ...]

    def level(self, comparison: str) -> Levels:
        """Levels of a comparison; all not comparable where the data did not allow it."""
        return self.levels.get(comparison, np.full(len(self.left), -1, np.int8))


def spec_of(kind: str) -> LinkageSpec:
    """The specification that people wrote for a kind of person."""
    return LinkageSpec.from_toml(SPECS / f"{kind}.toml")


def compare_records(
    records: Records,
    spec: LinkageSpec,
    settings: LinkageSettings,
    trained_on: str,
    model: TrainedModel | None = None,
) -> ComparedPairs:
    """Every pair of records at or above the engine's threshold.

    Args:
        records: at least one column of each comparison, empty or not.
        spec: what to compare.
        settings: the engine's; `threshold` is the least probability returned.
        trained_on: ISO date written into the model, so that it does not depend on today's.
        model: a trained model; learned from the records unless given.
    """
    if len(records) < 2:
        return _nothing()
    result = dedupe(with_stranger(records.table, spec), spec, settings, model)
    if model is not None:
        return _compared(result, records)
    provenance = replace(result.model.provenance, trained_on=trained_on)
    learned = replace(result.model, provenance=provenance)
    return _compared(replace(result, model=learned), records)


def trained_model(kind: str, folder: Path | None) -> TrainedModel | None:
    """The model that `kinlink train` wrote for a kind of person; None where none is given.

    Raises:
        LinkageError: the file is damaged.
    """
    path = None if folder is None else folder / f"{kind}.json"
    return TrainedModel.load(path) if path and path.is_file() else None


def with_stranger(table: pa.Table, spec: LinkageSpec) -> pa.Table:
    """A few records and somebody who is none of them.

    The engine leaves out a column that holds one value everywhere, rightly: it tells nobody apart.
    Among a few records that may be the very value on which they agree. One more record with other
    values in every column keeps it.
    """
    if table.num_rows > FEW_RECORDS:
        return table
    kinds = {field.column: field.kind for field in spec.fields}
    stranger = {spec.id_column: [table.num_rows]}
    for name, kind in kinds.items():
        value = {"date_of_birth": STRANGER_BORN, "sex": None}.get(kind, STRANGER)
        is_list = pa.types.is_list(table.schema.field(name).type)
        stranger[name] = [[value] if is_list else value]  # type: ignore[list-item]
    wanted = table.select([spec.id_column, *kinds])
    return pa.concat_tables([wanted, pa.table(stranger, schema=wanted.schema)])


def _compared(result: LinkResult, records: Records) -> ComparedPairs:
    pairs = result.pairs.filter(pc.less(result.pairs["record_id_r"], len(records)))
    pairs = pairs.combine_chunks()
    names = [name for name in pairs.column_names if name.startswith("level_")]
    comparisons = [name.removeprefix("level_") for name in names]
    log.info(
        "%s: %d records, %d pairs, %s matches expected, converged: %s",
        records.kind, len(records), pairs.num_rows,
        f"{result.model.population.matches:,.0f}", result.model.converged,
    )  # fmt: skip
    return ComparedPairs(
        left=pairs["record_id_l"].to_numpy(),
        right=pairs["record_id_r"].to_numpy(),
        weight_bits=pairs["match_weight_bits"].to_numpy(),
        probability=pairs["match_probability"].to_numpy(),
        levels={name: pc.fill_null(pairs[f"level_{name}"], -1).to_numpy() for name in comparisons},
        weights_bits={name: pairs[f"weight_{name}_bits"].to_numpy() for name in comparisons},
        blocking_rules=pairs["blocking_rules"].combine_chunks().cast(pa.list_(pa.string())),
        model=result.model,
        fit=result.fit,
        warnings=tuple(f"{records.kind}: {warning}" for warning in result.warnings),
    )


def _nothing() -> ComparedPairs:
    """Fewer than two records: no pair, and no model."""
    rows, numbers = np.empty(0, np.int64), np.empty(0)
    rules = pa.array([], pa.list_(pa.string()))
    return ComparedPairs(
        rows, rows, numbers, numbers, {}, {}, rules, None, FIT_SCHEMA.empty_table(), ()
    )
