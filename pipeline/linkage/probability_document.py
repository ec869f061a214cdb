"""Level probabilities written down, and read back to the last bit.

In: the probabilities of a model and its specification, or the part of a model's JSON that holds
them. Out: the other. It must not know the rest of a model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.learning.beliefs import table_width
from pipeline.linkage.learning.classes import (
    ClassProbabilities,
    ErrorTypes,
    Movers,
    StrangerTie,
)
from pipeline.linkage.spec import LinkageSpec

Floats = NDArray[np.float64]


def written(
    spec: LinkageSpec, probabilities: ClassProbabilities, trained: Floats
) -> dict[str, Any]:
    """The probabilities as plain lists, by the names of comparisons.

    Args:
        spec: The comparisons.
        probabilities: What is believed of them.
        trained: Expected matched pairs that taught each level, (n_comparisons, max levels).
    """
    rows, types = range(len(spec.comparisons)), probabilities.error_types
    return {
        "comparisons": [_levels(spec, row, probabilities, trained) for row in rows],
        "error_types": [
            {"share": float(share), "m": _used_levels(spec, table)}
            for share, table in ([] if types is None else zip(types.shares, types.m, strict=True))
        ],
        "movers": None
        if probabilities.movers is None
        else {
            "share": probabilities.movers.share,
            "comparisons": [spec.comparison_names[row] for row in probabilities.movers.places],
        },
        "ties": [_tie(spec, tie) for tie in probabilities.ties],
    }


def read(spec: LinkageSpec, document: dict[str, Any]) -> tuple[ClassProbabilities, Floats]:
    """Probabilities and training pairs of a document that `written` made.

    Raises:
        ValueError: They are of other comparisons or levels than the specification's.
        KeyError: Something is missing.
    """
    m, h, u = (_table(spec, document, key) for key in ("m", "h", "u"))
    probabilities = ClassProbabilities(
        m,
        h,
        u,
        movers=_read_movers(spec, document.get("movers")),
        error_types=_read_error_types(spec, document["error_types"]),
        ties=tuple(_read_tie(spec, entry) for entry in document.get("ties", [])),
    )
    return probabilities, _table(spec, document, "trained_pairs")


def _levels(
    spec: LinkageSpec, row: int, probabilities: ClassProbabilities, trained: Floats
) -> dict[str, Any]:
    comparison = spec.comparisons[row]
    levels = [
        {
            "level": level,
            "claim": claim,
            "m": float(probabilities.m[row, level]),
            "h": float(probabilities.h[row, level]),
            "u": float(probabilities.u[row, level]),
            "trained_pairs": float(trained[row, level]),
        }
        for level, claim in enumerate(comparison.levels)
    ]
    return {"name": comparison.name, "levels": levels}


def _used_levels(spec: LinkageSpec, table: Floats) -> list[list[float]]:
    return [
        [float(value) for value in table[row, : len(comparison.levels)]]
        for row, comparison in enumerate(spec.comparisons)
    ]


def _tie(spec: LinkageSpec, tie: StrangerTie) -> dict[str, Any]:
    names = spec.comparison_names
    return {
        "comparisons": [names[tie.first], names[tie.second]],
        "log_ratios": tie.log_ratios.tolist(),
    }


def _read_error_types(spec: LinkageSpec, entries: list[dict[str, Any]]) -> ErrorTypes | None:
    if not entries:
        return None
    m = np.stack([_read_levels(spec, entry["m"]) for entry in entries])
    return ErrorTypes(np.array([entry["share"] for entry in entries]), m)


def _read_tie(spec: LinkageSpec, entry: dict[str, Any]) -> StrangerTie:
    first, second = (spec.comparison_names.index(name) for name in entry["comparisons"])
    log_ratios = np.array(entry["log_ratios"], dtype=np.float64)
    if log_ratios.shape != tuple(len(spec.comparisons[row].levels) for row in (first, second)):
        raise ValueError("its ties have other levels than its comparisons")
    return StrangerTie(first, second, log_ratios)


def _read_movers(spec: LinkageSpec, entry: dict[str, Any] | None) -> Movers | None:
    if entry is None:
        return None
    rows = (spec.comparison_names.index(name) for name in entry["comparisons"])
    return Movers(entry["share"], tuple(rows))


def _read_levels(spec: LinkageSpec, entries: list[list[float]]) -> Floats:
    table = np.zeros((len(spec.comparisons), table_width(spec.comparisons)))
    for row, levels in enumerate(entries):
        table[row, : len(levels)] = levels
    return table


def _table(spec: LinkageSpec, document: dict[str, Any], key: str) -> Floats:
    """One (n_comparisons, max levels) table of the document."""
    table = np.zeros((len(spec.comparisons), table_width(spec.comparisons)))
    for row, comparison in enumerate(spec.comparisons):
        entry = document["comparisons"][row]
        levels = [level[key] for level in entry["levels"]]
        if entry["name"] != comparison.name or len(levels) != len(comparison.levels):
            raise ValueError(f"comparison '{comparison.name}' has the wrong name or levels")
        table[row, : len(levels)] = levels
    return table
