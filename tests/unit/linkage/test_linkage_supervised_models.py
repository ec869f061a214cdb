"""Calibration in the model: written, read, applied by every way of judging, said to Splink."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import linked_tables

from pipeline.errors import LinkageError
from pipeline.linkage import LinkageSettings, LinkResult, TrainedModel, dedupe, link
from pipeline.linkage.decision import PairDecision
from pipeline.linkage.exchange.splink_export import splink_settings
from pipeline.linkage.learning.calibration import Calibration
from pipeline.linkage.linking import believed_model
from pipeline.linkage.method import Method
from pipeline.linkage.person_spec import default_person_spec

LINE = Calibration(intercept=0.6, slope=0.8, matches=31, others=29)
SETTINGS = LinkageSettings(threshold=0.001, random_pairs=50_000)
LEFT, RIGHT = linked_tables(300, seed=3)
WHOLE = pa.concat_tables([LEFT, RIGHT])


@pytest.fixture(scope="module", name="plain")
def _plain() -> LinkResult:
    return link(LEFT, RIGHT, settings=SETTINGS)


def by_ids(pairs: pa.Table) -> dict[tuple[str, str], float]:
    """Natural log odds of every pair."""
    ids = zip(pairs["record_id_l"].to_pylist(), pairs["record_id_r"].to_pylist(), strict=True)
    odds = pairs["match_weight_bits"].to_numpy() * np.log(2)
    return dict(zip(ids, odds.tolist(), strict=True))


def is_on_the_line(calibrated: pa.Table, before: pa.Table) -> None:
    found, plain = by_ids(calibrated), by_ids(before)
    common = sorted(found.keys() & plain.keys())
    assert len(common) > 100
    assert [found[pair] for pair in common] == pytest.approx(
        [LINE.intercept + LINE.slope * plain[pair] for pair in common]
    )


def test_a_model_without_labels_is_written_as_before(plain: LinkResult) -> None:
    document = json.loads(plain.model.to_json())
    assert list(document) == [
        "format", "version", "provenance", "population", "warnings", "spec_sha256", "spec",
        "comparisons", "error_types", "movers", "ties", "decision",
    ]  # fmt: skip
    assert list(document["provenance"]) == [
        "trained_on", "left_records", "right_records", "is_dedupe", "candidate_pairs",
        "random_pairs", "iterations", "converged", "learned", "seed",
    ]  # fmt: skip


def test_a_calibration_survives_json(plain: LinkResult) -> None:
    provenance = replace(plain.model.provenance, labels=60)
    model = replace(plain.model, calibration=LINE, provenance=provenance)
    again = TrainedModel.from_json(model.to_json())
    assert again.calibration == LINE
    assert again.provenance.labels == 60
    assert again.to_json() == model.to_json()


@pytest.mark.parametrize("slope", [0.0, -1.0, float("nan"), float("inf")])
def test_a_calibration_that_turns_pairs_round_is_refused(plain: LinkResult, slope: float) -> None:
    text = replace(plain.model, calibration=replace(LINE, slope=slope)).to_json()
    with pytest.raises(LinkageError, match="turns the order of pairs round"):
        TrainedModel.from_json(text)


def test_between_two_tables_final_odds_are_on_the_line(plain: LinkResult) -> None:
    model = replace(plain.model, calibration=LINE)
    is_on_the_line(link(LEFT, RIGHT, settings=SETTINGS, model=model).pairs, plain.pairs)


@pytest.mark.parametrize("group_evidence", [True, False])
def test_within_one_table_clusters_are_judged_on_the_line(group_evidence: bool) -> None:
    # One component floor for both: the line moves which pairs are within a component.
    settings = replace(SETTINGS, method=Method(group_evidence=group_evidence))
    before = dedupe(WHOLE, settings=replace(settings, component_floor=0.01))
    model = replace(before.model, calibration=LINE)
    floor = 1 / (1 + np.exp(-(LINE.intercept + LINE.slope * np.log(0.01 / 0.99))))
    after = dedupe(WHOLE, settings=replace(settings, component_floor=float(floor)), model=model)
    is_on_the_line(after.pairs, before.pairs)


def test_a_model_that_judges_pairs_by_itself_is_calibrated_and_loses_no_pair(
    plain: LinkResult,
) -> None:
    alone = replace(plain.model, decision=PairDecision(), calibration=None)
    settings = replace(SETTINGS, threshold=0.3)
    every = link(LEFT, RIGHT, settings=replace(settings, threshold=0.0), model=alone)
    found = link(LEFT, RIGHT, settings=settings, model=replace(alone, calibration=LINE))
    is_on_the_line(found.pairs, every.pairs)
    least = LINE.before(np.log(0.3 / 0.7))
    assert len(by_ids(found.pairs)) == sum(odds >= least for odds in by_ids(every.pairs).values())


def test_exact_copies_judged_differently_are_labels_of_one_pair() -> None:
    copy = WHOLE.slice(0, 1).set_column(0, "record_id", pa.array(["copy"]))
    table = pa.concat_tables([WHOLE, copy])
    first, other = WHOLE["record_id"][0].as_py(), WHOLE["record_id"][5].as_py()
    labels = pa.table({
        "record_id_l": [first, "copy", "copy"], "record_id_r": [other, other, first],
        "is_match": [True, False, True],
    })  # fmt: skip
    result = dedupe(table, settings=SETTINGS, labels=labels)
    assert result.model.provenance.labels == 1


def test_splink_is_told_that_it_gets_no_calibration() -> None:
    spec = default_person_spec(["surname", "date_of_birth"])
    model = believed_model(spec, (10, 10), is_dedupe=False)
    said = [splink_settings(one)[1] for one in (model, replace(model, calibration=LINE))]
    assert set(said[1]) - set(said[0]) == {
        "not carried over: calibration by labels: Splink's probabilities will be those before it"
    }


def test_labels_of_records_that_are_not_there_are_refused_whatever_the_tables_hold() -> None:
    labels = pa.table({"record_id_l": ["nobody"], "record_id_r": ["nobody"], "is_match": [True]})
    with pytest.raises(LinkageError, match="1 labels, column 'record_id_l', name no record"):
        link(LEFT.slice(0, 0), RIGHT, settings=SETTINGS, labels=labels)
