"""Toolkit: the engine's parts as components of the Python Record Linkage Toolkit.

In: pandas data frames and the toolkit's own objects. Out: `recordlinkage` index, compare and
classifier components that do exactly what the fused engine does, usable in anyone's toolkit script:

    indexer = recordlinkage.Index()
    indexer.add(BlockingRuleIndex("surname + date_of_birth.year"))
    pairs = indexer.index(left, right)
    feature = AgreementLevels(default_person_spec(left.columns), left, right)
    compare = recordlinkage.Compare([feature])
    levels = compare.compute(pairs, left, right)
    matches = MatchClassifier(model, threshold=0.95).predict(levels)

It must not know prisons or children. A null is not comparable: its level is missing (NaN), where
the toolkit's own comparisons would count it as disagreement.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

_logger = logging.getLogger("recordlinkage")
_handlers_before = list(_logger.handlers)
from recordlinkage.base import (  # noqa: E402
    BaseClassifier,
    BaseCompareFeature,
    BaseIndexAlgorithm,
)

# Importing the toolkit adds a handler of its own, and every line would be logged twice.
for _handler in [item for item in _logger.handlers if item not in _handlers_before]:
    _logger.removeHandler(_handler)

from pipeline.errors import LinkageError, SpecError  # noqa: E402
from pipeline.linkage.blocking.block import candidate_pairs, plan_blocking  # noqa: E402
from pipeline.linkage.comparing.compare import compare_pairs, layout_of, unpack  # noqa: E402
from pipeline.linkage.encoding.encode import Encoded, encode  # noqa: E402
from pipeline.linkage.learning.score import log_odds, pattern_evidence  # noqa: E402
from pipeline.linkage.model import TrainedModel  # noqa: E402
from pipeline.linkage.person_spec import ROLES  # noqa: E402
from pipeline.linkage.spec import Field, LinkageSpec, RuleFamily, parse_rule  # noqa: E402

POSITION = "position of the record"
"""Record id inside the engine: the row of the data frame."""


class BlockingRuleIndex(BaseIndexAlgorithm):  # type: ignore[misc]
    """Record pairs that share a blocking key, as an index algorithm of the toolkit.

    Args:
        rule: a key as specifications write it, e.g. `surname + date_of_birth.year`.
        kinds: kind of each column that is not named after its kind, e.g. `{"dob":
            "date_of_birth"}`; any other column is `exact`.
        **kwargs: for the toolkit (`verify_integrity`, `suffixes`).
    """

    def __init__(self, rule: str, kinds: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rule = parse_rule(rule)
        self.kinds = dict(kinds or {})

    def _spec(self) -> LinkageSpec:
        fields = tuple(
            Field(column, self.kinds.get(column, column if column in ROLES else "exact"))
            for column in self.rule.columns
        )
        family = RuleFamily(self.rule.name, (self.rule,))
        return LinkageSpec((), (family,), id_column=POSITION, extra_fields=fields)

    def _pairs(self, left: pd.DataFrame, right: pd.DataFrame | None) -> list[np.ndarray[Any, Any]]:
        encoded = _encode(left, right, self._spec())
        blocking = plan_blocking(encoded, pairs_per_record=0, spare_pairs=encoded.n_pairs)
        chunks = list(candidate_pairs(blocking))
        nothing = np.zeros(0, np.int32)
        return [
            np.concatenate([nothing, *(chunk.left for chunk in chunks)]),
            np.concatenate([nothing, *(chunk.right for chunk in chunks)]),
        ]

    def _link_index(self, df_a: pd.DataFrame, df_b: pd.DataFrame) -> pd.MultiIndex:
        left, right = self._pairs(df_a, df_b)
        return pd.MultiIndex.from_arrays([df_a.index[left], df_b.index[right]])

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        """Pairs within a data frame, the later record first, as the toolkit has them."""
        left, right = self._pairs(df_a, None)
        return pd.MultiIndex.from_arrays([df_a.index[right], df_a.index[left]])


class AgreementLevels(BaseCompareFeature):  # type: ignore[misc]
    """Agreement levels of every comparison of a specification, as one feature of the toolkit.

    The result has a column per comparison, named after it: 0 disagrees, higher agrees more, NaN is
    not comparable.

    Args:
        spec: the comparisons; blocking rules are not used.
        x: the data frame that pairs come from; how rare a word of an address is depends on it.
        x_link: the second data frame when linking.
    """

    def __init__(self, spec: LinkageSpec, x: pd.DataFrame, x_link: pd.DataFrame | None = None):
        columns = list(dict.fromkeys(item.column for item in spec.comparisons))
        super().__init__(columns, columns, label=list(spec.comparison_names))
        compared = LinkageSpec(spec.comparisons, (), id_column=POSITION)
        self.left_index = x.index
        self.right_index = x.index if x_link is None else x_link.index
        self.encoded = _encode(x, x_link, compared)

    def _compute_vectorized(self, *columns: pd.Series) -> pd.DataFrame:
        """Levels of pairs; the pairs' own labels say which records they are."""
        labels = columns[0].index
        left = _positions(self.left_index, labels.get_level_values(0))
        right = _positions(self.right_index, labels.get_level_values(1))
        layout = layout_of(self.encoded.spec)
        levels = unpack(compare_pairs(self.encoded, left, right, layout), layout)
        values = np.where(levels < 0, np.nan, levels.astype(np.float64))
        return pd.DataFrame(values, index=labels, columns=list(layout.names))


class MatchClassifier(BaseClassifier):  # type: ignore[misc]
    """A trained model as a classifier of the toolkit, for features of `AgreementLevels`.

    Levels alone do not tell which value was agreed on, so term frequency plays no part here.

    Args:
        model: from `train`, `link` or `dedupe`, or read from its file.
        threshold: match probability from which a pair counts as a match.
    """

    def __init__(self, model: TrainedModel, threshold: float = 0.95) -> None:
        self.model = model
        self.threshold = threshold

    def _fit(self, *features: Any) -> None:
        raise LinkageError("this classifier comes trained: train its model with linkage.train")

    def _prob_match(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if features.shape[1] != len(self.model.spec.comparisons):
            raise SpecError(
                f"the model has comparisons {self.model.spec.comparison_names} and the features "
                f"have {features.shape[1]} columns; build them with the model's specification"
            )
        levels = np.where(np.isnan(features), -1, features).astype(np.int8)
        same, household = pattern_evidence(levels, self.model.probabilities)
        odds = log_odds(same, household, self.model.population)
        probability: np.ndarray[Any, Any] = 1.0 / (1.0 + np.exp(-odds))
        return probability

    def _predict(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return (self._prob_match(features) >= self.threshold).astype(np.int64)


def _encode(left: pd.DataFrame, right: pd.DataFrame | None, spec: LinkageSpec) -> Encoded:
    tables = [_table(frame, spec) for frame in (left, right) if frame is not None]
    return encode(tables[0], tables[1] if len(tables) > 1 else None, spec, is_selective=False)


def _table(frame: pd.DataFrame, spec: LinkageSpec) -> pa.Table:
    """The columns read, as an Arrow table whose record ids are the rows' positions."""
    columns = [field.column for field in spec.fields]
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise SpecError(f"columns {missing} are not in the data frame")
    table = pa.Table.from_pandas(frame[columns], preserve_index=False)
    return table.append_column(POSITION, pa.array(np.arange(len(frame))))


def _positions(index: pd.Index, labels: pd.Index) -> np.ndarray[Any, Any]:
    positions = index.get_indexer(labels)
    if (positions < 0).any():
        raise LinkageError(f"{int((positions < 0).sum())} pairs name records that are not there")
    return positions.astype(np.int32)
