"""A model survives JSON to the last bit, and refuses to be what it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.learning.classes import StrangerTie
from pipeline.linkage.learning.error_types import starting_types
from pipeline.linkage.linking import believed_model
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.person_spec import default_person_spec, person_spec
from pipeline.linkage.spec import RuleFamily
from pipeline.linkage.spec_document import spec_hash

SPEC = default_person_spec(["given_name", "surname", "date_of_birth", "sex", "postcode", "town"])


@pytest.fixture(name="model")
def _model() -> TrainedModel:
    model = believed_model(SPEC, (10, 20), is_dedupe=False)
    noise = np.random.default_rng(1).uniform(0.5, 1.5, model.probabilities.m.shape)
    probabilities = replace(model.probabilities, m=model.probabilities.m * noise)
    probabilities = replace(
        probabilities, error_types=starting_types(SPEC.comparisons, model.probabilities.m)
    )
    ties = (StrangerTie(4, 5, np.random.default_rng(2).random((3, 5))),)
    probabilities = replace(probabilities, ties=ties)
    return replace(model, probabilities=probabilities, trained=noise * (model.probabilities.m > 0))


def test_json_gives_the_same_model_to_the_last_bit(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    again = TrainedModel.load(tmp_path / "model.json")
    assert again.to_json() == model.to_json()
    assert (again.probabilities.m == model.probabilities.m).all()
    assert (again.probabilities.error_types.m == model.probabilities.error_types.m).all()
    assert (again.probabilities.ties[0].log_ratios == model.probabilities.ties[0].log_ratios).all()
    assert again.spec == model.spec
    assert again.provenance == model.provenance


def test_a_tie_goes_with_either_of_its_comparisons(model: TrainedModel) -> None:
    kept = model.restricted_to(model.spec.without(["sex"])).probabilities.ties
    assert [(tie.first, tie.second) for tie in kept] == [(3, 4)]
    assert model.restricted_to(model.spec.without(["town"])).probabilities.ties == ()


def test_a_model_says_what_each_level_claims(model: TrainedModel) -> None:
    document = json.loads(model.to_json())
    levels = document["comparisons"][0]["levels"]
    assert [level["claim"] for level in levels] == list(SPEC.comparisons[0].levels)
    assert document["spec_sha256"] == spec_hash(SPEC)
    assert {"m", "h", "u", "trained_pairs"} <= set(levels[0])


def test_a_specification_changed_by_hand_is_refused(model: TrainedModel) -> None:
    document = json.loads(model.to_json())
    document["spec"]["blocking_rule"].pop()
    with pytest.raises(LinkageError, match="hash"):
        TrainedModel.from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "other", "version": 1}'])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(LinkageError, match="not a Kinlink linkage model"):
        TrainedModel.from_json(text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkageError, match="cannot be read"):
        TrainedModel.load(tmp_path / "none.json")


def test_required_and_many_valued_specifications_survive(model: TrainedModel) -> None:
    spec = person_spec({"surname": "family_names", "date_of_birth": "born"}, identifiers=["pnc"])
    spec = replace(spec, rule_families=(*spec.rule_families, RuleFamily.of("pnc", "born")))
    required = replace(spec, rule_families=(RuleFamily.of("born", is_required=True),))
    for one in (spec, required):
        kept = believed_model(one, (1, 1), is_dedupe=True)
        assert TrainedModel.from_json(kept.to_json()).spec == one
    assert spec_hash(spec) != spec_hash(required)


def test_restricting_keeps_the_rows_of_the_comparisons_that_remain(model: TrainedModel) -> None:
    restricted = model.restricted_to(SPEC.without(["postcode", "sex", "town"]))
    assert restricted.spec.comparison_names == ("given_name", "surname", "date_of_birth")
    assert (restricted.probabilities.m == model.probabilities.m[[0, 1, 2]]).all()
    types = model.probabilities.error_types
    assert (restricted.probabilities.error_types.m == types.m[:, [0, 1, 2]]).all()


def test_without_a_surname_a_given_name_has_no_swapped_levels(model: TrainedModel) -> None:
    restricted = model.restricted_to(SPEC.without(["surname"]))
    levels = len(restricted.spec.comparisons[0].levels)
    assert levels == len(SPEC.comparisons[0].levels) - 2
    assert restricted.probabilities.u[0].sum() == pytest.approx(1)
    assert restricted.probabilities.u[0, levels:].tolist() == [0] * (
        restricted.probabilities.u.shape[1] - levels
    )


def test_a_comparison_that_was_not_trained_is_refused(model: TrainedModel) -> None:
    with pytest.raises(SpecError, match="email"):
        model.restricted_to(default_person_spec(["given_name", "email"]))


def test_weights_are_log2_m_over_u(model: TrainedModel) -> None:
    weights = model.weights_bits()
    m, u = model.probabilities.m[0, 5], model.probabilities.u[0, 5]
    assert weights[0, 5] == pytest.approx(np.log2(m / u))
    assert weights[3, 2:].tolist() == [0] * (weights.shape[1] - 2)
