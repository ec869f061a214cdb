"""Labels help where the model is off, harm nowhere, and the order in which they come is nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hard_people import BRITISH, OTHER_CULTURES, Scene, two_files
from linkage_people import shuffled, swapped_sides

from pipeline.linkage import LinkageSettings, LinkResult, TrainedModel, dedupe, link, train

SETTINGS = LinkageSettings(threshold=0.001, random_pairs=200_000)
RECORDS = 2_000
BANDS = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
RESPELT = replace(OTHER_CULTURES, columns=("given_name", "surname", "date_of_birth", "sex"))


def truth(pairs: pa.Table) -> np.ndarray:
    left, right = (pairs[f"record_id_{side}"].to_pylist() for side in "lr")
    return np.array([a[1:] == b[1:] for a, b in zip(left, right, strict=True)], bool)


def labels_of(pairs: pa.Table, rows: np.ndarray, weight: np.ndarray | None) -> pa.Table:
    """These pairs with the truth about them, as a reviewer would hand them in."""
    ids = pairs.select(["record_id_l", "record_id_r"]).take(pa.array(rows))
    labels = ids.append_column("is_match", pa.array(truth(pairs)[rows]))
    return labels if weight is None else labels.append_column("weight", pa.array(weight[rows]))


def drawn_by_band(pairs: pa.Table, seed: int, in_all: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Rows of pairs, as many of every band of probability, and how many each stands for."""
    rng = np.random.default_rng(seed)
    band = np.searchsorted(BANDS, pairs["match_probability"].to_numpy())
    rows, weight = [], np.ones(len(band))
    for one in range(len(BANDS) + 1):
        inside = np.flatnonzero(band == one)
        chosen = rng.permutation(inside)[: in_all // (len(BANDS) + 1)]
        weight[chosen] = len(inside) / max(len(chosen), 1)
        rows.append(chosen)
    return np.concatenate(rows), weight


def calibration_error(result: LinkResult) -> float:
    """Mean gap of probability and share true, pairs at .01 or more.

    Labelled pairs are among them: an output never repeats a label, and the few numbers that two
    hundred labels teach cannot fit two thousand pairs.
    """
    probability = result.pairs["match_probability"].to_numpy()
    kept = probability >= 0.01
    probability, is_true = probability[kept], truth(result.pairs)[kept]
    bins = np.minimum((probability * 20).astype(int), 19)
    gaps = np.bincount(bins, probability, 20) - np.bincount(bins, is_true, 20)
    return float(np.abs(gaps).sum() / len(probability))


def linked(scene: Scene, seed: int) -> tuple[pa.Table, pa.Table, LinkResult]:
    files = two_files(scene, RECORDS, seed)
    return files.left, files.right, link(files.left, files.right, settings=SETTINGS)


@pytest.fixture(scope="module", name="respelt")
def _respelt() -> tuple[pa.Table, pa.Table, LinkResult]:
    """Names of other cultures, respelt, and no place: the model is not sure enough."""
    return linked(RESPELT, 5)


@pytest.fixture(scope="module", name="helped")
def _helped(respelt: tuple[pa.Table, pa.Table, LinkResult]) -> tuple[pa.Table, LinkResult]:
    """Two hundred labels of them, and the linkage with their help."""
    left, right, plain = respelt
    labels = labels_of(plain.pairs, *drawn_by_band(plain.pairs, 1))
    return labels, link(left, right, settings=SETTINGS, labels=labels)


@pytest.mark.parametrize("seed", [6, 7])
def test_labels_bring_probabilities_in_line_where_names_are_respelt(seed: int) -> None:
    left, right, plain = linked(RESPELT, seed)
    labels = labels_of(plain.pairs, *drawn_by_band(plain.pairs, seed))
    result = link(left, right, settings=SETTINGS, labels=labels)
    assert calibration_error(plain) > 0.04
    assert calibration_error(result) < 0.6 * calibration_error(plain)
    probability, is_true = result.pairs["match_probability"].to_numpy(), truth(result.pairs)
    assert is_true[probability >= 0.95].mean() > 0.985
    assert (probability >= 0.95).sum() > (plain.pairs["match_probability"].to_numpy() >= 0.95).sum()
    assert probability.sum() == pytest.approx(is_true.sum(), rel=0.03)


@pytest.mark.parametrize("seed", [8, 9])
def test_labels_do_no_harm_where_the_model_was_right(seed: int) -> None:
    left, right, plain = linked(BRITISH, seed)
    rows, weight = drawn_by_band(plain.pairs, seed)
    for given in (weight, None):
        labels = labels_of(plain.pairs, rows, given)
        result = link(left, right, settings=SETTINGS, labels=labels)
        assert calibration_error(result) < calibration_error(plain) + 0.003
        sure = result.pairs["match_probability"].to_numpy() >= 0.95
        assert truth(result.pairs)[sure].mean() > 0.99


def test_a_handful_of_labels_moves_nothing_far(
    respelt: tuple[pa.Table, pa.Table, LinkResult],
) -> None:
    left, right, plain = respelt
    rows = np.random.default_rng(1).permutation(plain.pairs.num_rows)[:10]
    labels = labels_of(plain.pairs, rows, np.full(plain.pairs.num_rows, 500.0))
    result = link(left, right, settings=SETTINGS, labels=labels)
    assert result.model.calibration is None
    assert result.model.provenance.labels == 10
    assert [text for text in result.warnings if "label more, and doubtful ones" in text]
    moved = np.abs(result.model.probabilities.m - plain.model.probabilities.m)
    assert moved.max() < 0.02
    assert result.model.population.matches == pytest.approx(
        plain.model.population.matches, rel=0.02
    )


def test_weights_keep_labels_chosen_by_their_outcome_from_wrecking_the_prior(
    respelt: tuple[pa.Table, pa.Table, LinkResult],
) -> None:
    """Reviewers hand in every false pair they met and one in eight of the true ones."""
    left, right, plain = respelt
    is_true = truth(plain.pairs)
    chance = np.where(is_true, 0.125, 1.0)
    rows = np.flatnonzero(np.random.default_rng(3).random(len(chance)) < chance)
    found = {}
    for name, weight in (("weighed", 1 / chance), ("as if fair", None)):
        labels = labels_of(plain.pairs, rows, weight)
        result = link(left, right, settings=SETTINGS, labels=labels)
        probability = result.pairs["match_probability"].to_numpy()
        expected = probability.sum() / truth(result.pairs).sum()
        found[name] = (expected, calibration_error(result))
    assert found["weighed"][0] == pytest.approx(1, abs=0.04)
    assert found["weighed"][1] < 0.7 * calibration_error(plain)
    assert abs(found["weighed"][0] - 1) < abs(found["as if fair"][0] - 1)
    assert found["weighed"][1] < 0.7 * found["as if fair"][1]


def test_a_model_brings_its_calibration_along(
    respelt: tuple[pa.Table, pa.Table, LinkResult], helped: tuple[pa.Table, LinkResult]
) -> None:
    left, right, _ = respelt
    model = TrainedModel.from_json(helped[1].model.to_json())
    assert model.calibration == helped[1].model.calibration is not None
    assert link(left, right, settings=SETTINGS, model=model).pairs.equals(helped[1].pairs)
    few = link(left, right, settings=SETTINGS, model=model, labels=helped[0].slice(0, 5))
    assert few.model.calibration == model.calibration
    assert few.pairs.equals(helped[1].pairs)


def test_a_model_helped_by_labels_is_better_on_files_it_never_saw(
    respelt: tuple[pa.Table, pa.Table, LinkResult], helped: tuple[pa.Table, LinkResult]
) -> None:
    files = two_files(RESPELT, RECORDS, 10)
    errors = [
        calibration_error(link(files.left, files.right, settings=SETTINGS, model=found.model))
        for found in (respelt[2], helped[1])
    ]
    assert errors[1] < 0.6 * errors[0]


def test_labels_calibrate_a_model_that_is_given_and_leave_the_rest_of_it_alone(
    respelt: tuple[pa.Table, pa.Table, LinkResult], helped: tuple[pa.Table, LinkResult]
) -> None:
    left, right, plain = respelt
    result = link(left, right, settings=SETTINGS, model=plain.model, labels=helped[0])
    assert result.model.calibration is not None
    assert replace(result.model, calibration=None) == plain.model
    assert calibration_error(result) < 0.6 * calibration_error(plain)


def test_labels_that_run_against_the_probabilities_are_doubted_and_turn_nothing_round(
    respelt: tuple[pa.Table, pa.Table, LinkResult], helped: tuple[pa.Table, LinkResult]
) -> None:
    left, right, plain = respelt
    wrong = pa.array(~helped[0]["is_match"].to_numpy())
    labels = helped[0].set_column(2, "is_match", wrong)
    result = link(left, right, settings=SETTINGS, model=plain.model, labels=labels)
    assert [text for text in result.warnings if "true and false were not exchanged" in text]
    assert result.model.calibration is not None
    assert result.model.calibration.slope > 0


def test_order_sides_threads_and_chunks_are_nothing(
    respelt: tuple[pa.Table, pa.Table, LinkResult], helped: tuple[pa.Table, LinkResult]
) -> None:
    left, right, _ = respelt
    labels, result = helped
    mixed = link(shuffled(left, 1), shuffled(right, 2), settings=SETTINGS,
                 labels=shuffled(labels, 3))  # fmt: skip
    assert mixed.pairs.equals(result.pairs)
    other = replace(SETTINGS, threads=1, chunk_pairs=777)
    assert link(left, right, settings=other, labels=labels).pairs.equals(result.pairs)
    names = ["record_id_r", "record_id_l", *labels.column_names[2:]]
    swapped = link(right, left, settings=SETTINGS, labels=labels.rename_columns(names))
    assert swapped_sides(swapped.pairs).equals(result.pairs)
    assert swapped.model.to_json() == result.model.to_json()
    trained = train(left, right, settings=SETTINGS, labels=labels)
    assert trained.to_json() == result.model.to_json()


def test_within_one_table_either_record_of_a_label_may_come_first_and_clusters_follow(
    respelt: tuple[pa.Table, pa.Table, LinkResult],
) -> None:
    both = pa.concat_tables([respelt[0].slice(0, 1_200), respelt[1].slice(0, 1_200)])
    copies = both.slice(0, 40)
    ids = pa.array([f"copy {record}" for record in copies["record_id"].to_pylist()])
    table = pa.concat_tables([both, copies.set_column(0, "record_id", ids)])
    plain = dedupe(table, settings=SETTINGS)
    labels = labels_of(plain.pairs, *drawn_by_band(plain.pairs, 4))
    result = dedupe(table, settings=SETTINGS, labels=labels)
    assert result.model.calibration is not None
    turned = np.arange(labels.num_rows) % 2 == 0
    one, other = labels["record_id_l"].to_numpy(), labels["record_id_r"].to_numpy()
    again = pa.table({
        "record_id_l": np.where(turned, other, one), "record_id_r": np.where(turned, one, other),
        "is_match": labels["is_match"], "weight": labels["weight"],
    })  # fmt: skip
    found = dedupe(shuffled(table, 5), settings=SETTINGS, labels=shuffled(again, 6))
    assert found.pairs.equals(result.pairs)
    assert found.clusters.equals(result.clusters)
    cluster = dict(zip(*(column.to_pylist() for column in result.clusters.columns), strict=True))
    sure = result.pairs.filter(pa.array(result.pairs["match_probability"].to_numpy() >= 0.95))
    ends = zip(sure["record_id_l"].to_pylist(), sure["record_id_r"].to_pylist(), strict=True)
    assert all(cluster[a] == cluster[b] for a, b in ends)
