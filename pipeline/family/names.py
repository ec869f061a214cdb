"""One name of two kinds of people, compared as any field is.

In: people. Out: `EngineNames`, which compares any pair. It must not know families or weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.errors import LinkageError
from pipeline.family.entities import People
from pipeline.linkage.comparing.compare import compare_pairs, layout_of
from pipeline.linkage.comparing.patterns import unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import Encoded, agreed_values
from pipeline.linkage.spec import Comparison, LinkageSpec

FAINT_NAME = 1
"""Highest level of names that plainly differ: a similar sound at most."""

NEAR_SURNAME = 3
"""Lowest level of surnames that agree: a token shared, or nearly equal."""


@dataclass(frozen=True)
class EngineNames:
    """One name of two kinds of people, compared as any field is.

    Attributes:
        encoded: both; None where nobody has such a name.
        column: the name.
    """

    encoded: Encoded | None
    column: str

    def level(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Agreement level int8 (n,); -1 not comparable."""
        if self.encoded is None:
            return np.full(len(left), -1, np.int8)
        layout = layout_of(self.encoded.spec)
        patterns = compare_pairs(
            self.encoded, left.astype(np.int32), right.astype(np.int32), layout
        )
        return np.asarray(unpack(patterns, layout)[:, 0])

    def agree(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """int8 (n,): 1 agrees, spelling slips and shared parts allowed, 0 differs, -1 null."""
        level = self.level(left, right)
        return np.where(level < 0, -1, level >= NEAR_SURNAME).astype(np.int8)

    def differ(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Whether the names plainly differ: not even an initial or a similar sound in common."""
        level = self.level(left, right)
        return (level >= 0) & (level <= FAINT_NAME)

    def share(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Share of people with the name that both have; NaN where they have none in common."""
        if self.encoded is None:
            return np.full(len(left), np.nan)
        value = agreed_values(
            self.encoded, self.column, left.astype(np.int32), right.astype(np.int32)
        )
        column = self.encoded.columns[self.column]
        held = np.maximum(
            column.left_counts / max(self.encoded.n_left, 1),
            column.right_counts / max(self.encoded.n_right, 1),
        )
        return np.where(value < 0, np.nan, np.append(held, np.nan)[value])


def compare_names(one: People, other: People, column: str = "surname") -> EngineNames:
    """Make one name of two kinds of people comparable."""
    left, right = one.values, other.values
    if not (_has_any(left, column) and _has_any(right, column)):
        return EngineNames(None, column)
    wanted = ["record_id", column]
    spec = LinkageSpec(comparisons=(Comparison(column, column, column),), rule_families=())
    try:
        return EngineNames(encode(left.select(wanted), right.select(wanted), spec), column)
    except LinkageError as error:
        if type(error) is LinkageError:  # one name everywhere tells nobody apart
            return EngineNames(None, column)
        raise


def _has_any(table: pa.Table, column: str) -> bool:
    return table.num_rows > 0 and len(pa.concat_arrays(table[column].chunks).flatten()) > 0
