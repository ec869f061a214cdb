"""Toolkit: the engine's parts as components of the Python Record Linkage Toolkit.

In: pandas data frames and the toolkit's own objects. Out: `recordlinkage` index, compare and
classifier components that do exactly what the fused engine does, usable in anyone's toolkit script:

    spec = default_person_spec(left.columns)
    indexer = recordlinkage.Index([SpecificationIndex(spec)])
    pairs = indexer.index(left, right)
    feature = AgreementLevels(spec, left, right)
    levels = recordlinkage.Compare([feature]).compute(pairs, left, right)
    matches = MatchClassifier(learns_from=feature).fit_predict(levels)

`BlockingRuleIndex` is one rule by itself, to be mixed with the toolkit's own; a classifier may also
be given a trained model. `examples/toolkit.py` is a whole script.

It must not know prisons or children. A null is not comparable: its level is missing (NaN), where
the toolkit's own comparisons would count it as disagreement.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
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
from pipeline.linkage.blocking.block import (  # noqa: E402
    Blocking,
    candidate_pairs,
    plan_blocking,
)
from pipeline.linkage.comparing.compare import compare_pairs, layout_of, unpack  # noqa: E402
from pipeline.linkage.encoding.encode import Encoded, encode  # noqa: E402
from pipeline.linkage.learning.calibration import NO_CHANGE  # noqa: E402
from pipeline.linkage.learning.posteriors import log_odds  # noqa: E402
from pipeline.linkage.learning.score import pattern_evidence  # noqa: E402
from pipeline.linkage.linking import train  # noqa: E402
from pipeline.linkage.model import TrainedModel  # noqa: E402
from pipeline.linkage.person_spec import ROLES  # noqa: E402
from pipeline.linkage.settings import LinkageSettings  # noqa: E402
from pipeline.linkage.spec import Field, LinkageSpec, RuleFamily, parse_rule  # noqa: E402

POSITION = "position of the record"
"""Record id inside the engine: the row of the data frame."""


class SpecificationIndex(BaseIndexAlgorithm):  # type: ignore[misc]
    """Record pairs that any blocking rule of a specification makes, each once.

    Args:
        spec: a specification; its comparisons are not used.
        pairs_per_record: a rule that makes more is narrowed or left out, as the engine does.
        **kwargs: for the toolkit (`verify_integrity`, `suffixes`).
    """

    def __init__(self, spec: LinkageSpec, pairs_per_record: float = 20.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.settings = LinkageSettings(pairs_per_record=pairs_per_record)

    def _pairs(self, left: pd.DataFrame, right: pd.DataFrame | None) -> list[np.ndarray[Any, Any]]:
        encoded = _encode(left, right, replace(self.spec, id_column=POSITION))
        settings = self.settings
        plan = plan_blocking(encoded, settings.pairs_per_record, settings.spare_pairs)
        return _pairs_of(plan)

    def _link_index(self, df_a: pd.DataFrame, df_b: pd.DataFrame) -> pd.MultiIndex:
        left, right = self._pairs(df_a, df_b)
        return pd.MultiIndex.from_arrays([df_a.index[left], df_b.index[right]])

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        """Pairs within a data frame, the later record first, as the toolkit has them."""
        left, right = self._pairs(df_a, None)
        return pd.MultiIndex.from_arrays([df_a.index[right], df_a.index[left]])


class BlockingRuleIndex(SpecificationIndex):
    """Record pairs that share a blocking key, as an index algorithm of the toolkit.

    Args:
        rule: a key as specifications write it, e.g. `surname + date_of_birth.year`.
        kinds: kind of each column that is not named after its kind, e.g. `{"dob":
            "date_of_birth"}`; any other column is `exact`.
        **kwargs: for the toolkit (`verify_integrity`, `suffixes`).
    """

    def __init__(self, rule: str, kinds: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        parsed = parse_rule(rule)
        known = kinds or {}
        fields = tuple(
            Field(column, known.get(column, column if column in ROLES else "exact"))
            for column in parsed.columns
        )
        family = RuleFamily(parsed.name, (parsed,))
        super().__init__(LinkageSpec((), (family,), extra_fields=fields), **kwargs)

    def _pairs(self, left: pd.DataFrame, right: pd.DataFrame | None) -> list[np.ndarray[Any, Any]]:
        """Every pair, however many: the caller has chosen the rule."""
        encoded = _encode(left, right, replace(self.spec, id_column=POSITION))
        return _pairs_of(plan_blocking(encoded, 0, encoded.n_pairs))


def _pairs_of(blocking: Blocking) -> list[np.ndarray[Any, Any]]:
    """Positions of both records of every pair."""
    chunks = list(candidate_pairs(blocking))
    nothing = np.zeros(0, np.int32)
    return [
        np.concatenate([nothing, *(chunk.left for chunk in chunks)]),
        np.concatenate([nothing, *(chunk.right for chunk in chunks)]),
    ]


class AgreementLevels(BaseCompareFeature):  # type: ignore[misc]
    """Agreement levels of every comparison of a specification, as one feature of the toolkit.

    The result has a column per comparison, named after it: 0 disagrees, higher agrees more, NaN is
    not comparable.

    Args:
        spec: the comparisons; blocking rules are used only to learn from (`MatchClassifier`).
        x: the data frame that pairs come from; how rare a word of an address is depends on it.
        x_link: the second data frame when linking.
    """

    def __init__(self, spec: LinkageSpec, x: pd.DataFrame, x_link: pd.DataFrame | None = None):
        columns = list(dict.fromkeys(item.column for item in spec.comparisons))
        super().__init__(columns, columns, label=list(spec.comparison_names))
        self.spec = replace(spec, id_column=POSITION)
        self.left_index = x.index
        self.right_index = x.index if x_link is None else x_link.index
        self.left = _table(x, self.spec)
        self.right = None if x_link is None else _table(x_link, self.spec)
        compared = LinkageSpec(spec.comparisons, (), id_column=POSITION)
        self.encoded = _encode(x, x_link, compared)

    def train(self) -> TrainedModel:
        """A model learned from the data frames, without labels.

        Levels of chosen pairs cannot teach it: it takes random pairs, to see how often strangers
        agree, and the pairs of every blocking rule on its own.

        Raises:
            LinkageError: the specification has no blocking rules.
        """
        if not self.spec.rule_families:
            raise LinkageError(
                "the specification has no blocking rules to learn from: give AgreementLevels one "
                "that has, such as default_person_spec(...), or train a model elsewhere"
            )
        return train(self.left, self.right, self.spec)

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
        model: from `train`, `link` or `dedupe`, or read from its file; or None to learn one.
        threshold: match probability from which a pair counts as a match.
        learns_from: the feature whose data frames `fit` learns from, without labels.
    """

    def __init__(
        self,
        model: TrainedModel | None = None,
        threshold: float = 0.95,
        learns_from: AgreementLevels | None = None,
    ) -> None:
        self.model = model
        self.threshold = threshold
        self.learns_from = learns_from

    def _fit(self, features: Any, labels: Any = None) -> None:
        if labels is not None:
            raise LinkageError(
                "this classifier learns without labels: call fit without match_index, or use one "
                "of the toolkit's supervised classifiers"
            )
        if self.learns_from is None:
            raise LinkageError(
                "levels alone cannot teach this classifier: give it a trained model, or the "
                "feature to learn from: MatchClassifier(learns_from=AgreementLevels(...))"
            )
        self.model = self.learns_from.train()

    def _prob_match(self, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if self.model is None:
            raise LinkageError("this classifier has no model yet: call fit, or give it one")
        features = features[:, self._trained_columns(features.shape[1], self.model)]
        levels = np.where(np.isnan(features), -1, features).astype(np.int8)
        same, household = pattern_evidence(levels, self.model.probabilities)
        line = self.model.calibration or NO_CHANGE
        odds = line.applied(log_odds(same, household, self.model.population))
        probability: np.ndarray[Any, Any] = 1.0 / (1.0 + np.exp(-odds))
        return probability

    def _trained_columns(self, width: int, model: TrainedModel) -> list[int]:
        """Columns of the features that the model knows; it drops those that say nothing."""
        trained = model.spec.comparison_names
        names = trained if self.learns_from is None else self.learns_from.spec.comparison_names
        if width != len(names):
            raise SpecError(
                f"the model has comparisons {names} and the features have {width} columns; build "
                "them with the model's specification"
            )
        return [names.index(name) for name in trained]

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
