"""A run held against the truth, every figure worked out by hand.

Five true people have offender records: p1 (two records), p2, p3, p4 (two records that the run
split) and s1, a step-parent. Children c1 … c5 are in authority 330; c6 is in no extract.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import EvaluationError
from pipeline.evaluate import Evaluation, evaluate_run

CS = "childrens_services/330"

RECORDS = [
    # source, table, record_id, role, person_id in the run, true person
    ("prison", "prisoners", "A1", "offender", "O1", "p1"),
    ("probation", "offenders", "X1", "offender", "O1", "p1"),
    ("prison", "prisoners", "A2", "offender", "O2", "p2"),
    ("probation", "offenders", "X2", "offender", "O2", "p3"),  # wrongly joined to p2
    ("prison", "prisoners", "A4", "offender", "O4", "p4"),
    ("probation", "offenders", "X4", "offender", "O5", "p4"),  # wrongly split from A4
    ("prison", "prisoners", "A9", "offender", "O9", "s1"),
    (CS, "children", "1", "child", "C1", "c1"),
    (CS, "children", "2", "child", "C2", "c2"),
    (CS, "children", "3", "child", "C3", "c3"),
    (CS, "children", "4", "child", "C4", "c4"),
    (CS, "children", "5", "child", "C5", "c5"),
    ("prison", "prisoner_contacts", "77", "declared_child", "C1", "c1"),
]

FAMILIES = [
    # parent, child, relationship, child_in_cs, nominated, parent_listed_in_cs, findable
    ("p1", "c1", "parent", True, True, True, True),
    ("p1", "c2", "parent", True, False, True, True),
    ("p2", "c3", "parent", True, True, False, True),
    ("p4", "c4", "parent", True, False, False, False),
    ("p4", "c6", "parent", False, True, False, False),
    ("s1", "c5", "step_parent", True, False, True, True),
]

LINKS = [
    # parent, child, probability, band, relationship, nominated, recorded
    ("O1", "C1", 0.99, "match", "parent", True, True),  # right
    ("O2", "C3", 0.96, "match", "parent", True, False),  # right: O2 is p2 by the lower id
    ("O9", "C4", 0.97, "match", "parent", False, True),  # wrong: nothing true between them
    ("O9", "C5", 0.60, "potential", "step_parent", False, True),  # neither
    ("O1", "C2", 0.55, "potential", "parent", False, True),  # right
    ("O4", "C4", 0.30, "low", "parent", False, False),  # right
    ("O5", "C4", 0.20, "low", "parent", False, False),  # the same two people again
    ("O8", "C1", 0.10, "low", "parent", False, False),  # wrong: O8 is nobody
]


def write(folder: Path, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(rows, columns=columns.split())
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")


LINK_COLUMNS = (
    "parent_id child_id match_probability match_band relationship is_nominated_by_prison "
    "is_recorded_by_authority is_nominated_by_probation is_nominated_by_visit"
)


def write_run(folder: Path, links: list[tuple[Any, ...]]) -> Path:
    mapped = [row[:5] for row in RECORDS]
    write(folder, "person_map", "source table record_id role person_id", mapped)
    write(folder, "family_links", LINK_COLUMNS, [(*link, False, False) for link in links])
    manifest = {"run_id": "2026-09-30-abc", "as_of_date": "2026-09-30"}
    (folder / "run_manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    folder = tmp_path / "truth"
    known = [(*row[:3], row[5]) for row in RECORDS] + [("prison", "prisoners", "ZZ", "p9")]
    write(folder, "person_truth", "source table record_id true_person_id", known)
    write(
        folder, "family_truth",
        "parent_true_id child_true_id relationship child_in_cs nominated parent_listed_in_cs "
        "findable",
        FAMILIES,
    )  # fmt: skip
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "out" / "runs" / "2026-09-30-abc", LINKS)


@pytest.fixture
def evaluation(run: Path, truth: Path) -> Evaluation:
    return evaluate_run(run, truth)


def row_of(table: pd.DataFrame, **keys: Any) -> dict[str, Any]:
    chosen = table
    for column, value in keys.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0].to_dict()


def test_offenders_are_measured_over_pairs_of_records(evaluation: Evaluation) -> None:
    offenders = row_of(evaluation.persons, scope="offenders")
    # Linked: A1-X1 and A2-X2. True: A1-X1 and A4-X4. Both: A1-X1.
    assert (offenders["linked_pairs"], offenders["true_pairs"], offenders["right_pairs"]) == (
        2,
        2,
        1,
    )
    assert (offenders["precision"], offenders["recall"], offenders["f1"]) == (0.5, 0.5, 0.5)


def test_a_declared_child_found_counts_as_a_pair_with_the_child(evaluation: Evaluation) -> None:
    both = row_of(evaluation.persons, scope="children and declared children")
    assert (both["linked_pairs"], both["true_pairs"], both["right_pairs"]) == (1, 1, 1)
    alone = row_of(evaluation.persons, scope="children")
    assert alone["true_pairs"] == 0
    assert pd.isna(alone["precision"])


@pytest.mark.parametrize(
    ("cut", "links", "right", "found"),
    [
        ("band match", 3, 2, 2),
        ("band match or potential", 4, 3, 3),
        ("band any", 6, 4, 4),
        ("probability ≥ 0.5", 4, 3, 3),
        ("probability ≥ 0.95", 3, 2, 2),
        ("probability ≥ 0.99", 1, 1, 1),
    ],
)
def test_families_at_each_band_and_threshold(
    evaluation: Evaluation, cut: str, links: int, right: int, found: int
) -> None:
    row = evaluation.at(cut)
    assert (row["links"], row["right"], row["true_pairs"], row["found"]) == (links, right, 4, found)
    assert row["precision"] == pytest.approx(right / links)
    assert row["recall"] == pytest.approx(found / 4)


def test_recall_of_findable_pairs_leaves_out_what_nobody_could_find(evaluation: Evaluation) -> None:
    # p1-c1, p1-c2, p2-c3 are findable; band match has the first and the third.
    row = evaluation.at("band match")
    assert row["findable_pairs"] == 3
    assert row["findable_recall"] == pytest.approx(2 / 3)


def test_a_step_link_that_says_so_counts_neither_way(evaluation: Evaluation) -> None:
    assert evaluation.left_out_links == 1


def test_a_step_parent_linked_as_parent_is_wrong_and_named_so(tmp_path: Path, truth: Path) -> None:
    links = [("O9", "C5", 0.99, "match", "parent", False, True)]
    evaluation = evaluate_run(write_run(tmp_path / "r", links), truth)
    assert evaluation.at("band match")["precision"] == 0
    assert evaluation.left_out_links == 0
    assert evaluation.wrong_matches.to_dict("list") == {
        "true_relationship": ["step_parent"], "links": [1],
    }  # fmt: skip


def test_a_true_parent_linked_as_step_parent_is_found(tmp_path: Path, truth: Path) -> None:
    links = [("O1", "C1", 0.99, "match", "step_parent", True, False)]
    row = evaluate_run(write_run(tmp_path / "r", links), truth).at("band match")
    assert (row["right"], row["found"]) == (1, 1)


def test_a_step_link_between_people_of_no_relation_is_wrong(tmp_path: Path, truth: Path) -> None:
    links = [("O9", "C1", 0.99, "match", "step_parent", True, False)]
    row = evaluate_run(write_run(tmp_path / "r", links), truth).at("band match")
    assert (row["links"], row["right"]) == (1, 0)


def test_an_entity_is_the_person_most_of_its_records_are(tmp_path: Path) -> None:
    from pipeline.evaluate.inputs import true_person_of

    records = pd.DataFrame({
        "person_id": ["E", "E", "E", "F", "F"], "true_person_id": ["b", "b", "a", "d", "c"],
    })  # fmt: skip
    assert true_person_of(records).to_dict() == {"E": "b", "F": "c"}


def test_calibration_counts_right_links_in_each_bin(evaluation: Evaluation) -> None:
    row = row_of(evaluation.calibration, lower=0.95)
    # .96 right and .97 wrong.
    assert (row["links"], row["observed"]) == (2, 0.5)
    assert row["mean_probability"] == pytest.approx(0.965)
    assert evaluation.calibration["links"].sum() == 6


def test_the_calibration_error_is_the_weighted_mean_distance(evaluation: Evaluation) -> None:
    # Bins: .10 wrong, .30 right, .55 right, {.96, .97} half right, .99 right.
    distance = 0.10 + 0.70 + 0.45 + 2 * (0.965 - 0.5) + 0.01
    assert evaluation.expected_calibration_error == pytest.approx(distance / 6)


def test_breakdown_by_source_of_the_parent(evaluation: Evaluation) -> None:
    both = row_of(evaluation.breakdown, dimension="source", group="both")
    # p1 and p4 are in both: pairs p1-c1, p1-c2, p4-c4, of which band match has the first.
    assert (both["links"], both["right"], both["true_pairs"], both["found"]) == (1, 1, 3, 1)
    prison = row_of(evaluation.breakdown, dimension="source", group="prison")
    assert (prison["links"], prison["right"]) == (2, 1)


def test_breakdown_by_route_taken_and_route_open(evaluation: Evaluation) -> None:
    taken = row_of(evaluation.breakdown, dimension="route_taken", group="recorded")
    assert (taken["links"], taken["right"]) == (1, 0)
    assert pd.isna(taken["recall"])
    lay_open = row_of(evaluation.breakdown, dimension="route_open", group="both")
    assert (lay_open["true_pairs"], lay_open["found"]) == (1, 1)
    assert pd.isna(lay_open["precision"])


def test_breakdown_by_people_where_the_truth_describes_them(run: Path, truth: Path) -> None:
    people = [("p1", "F", "Welsh", 1990), ("p2", "M", "Polish", 1980), ("s1", "M", "Welsh", 1985),
              ("c1", "F", "Welsh", 2015), ("c3", "M", "Polish", 2026)]  # fmt: skip
    write(truth, "persons", "true_person_id sex name_culture birth_year", people)
    table = evaluate_run(run, truth).breakdown
    women = row_of(table, dimension="parent_sex", group="F")
    assert (women["links"], women["right"], women["true_pairs"], women["found"]) == (1, 1, 2, 1)
    assert row_of(table, dimension="child_age", group="0")["found"] == 1
    ages = table.loc[table["dimension"] == "child_age", "group"].to_list()
    assert ages == ["0", "10-15", "not known"]
    assert row_of(table, dimension="child_age", group="10-15")["found"] == 1
    assert row_of(table, dimension="parent_age", group="40-49")["right"] == 1
    unknown = row_of(table, dimension="child_name_culture", group="not known")
    assert (unknown["true_pairs"], unknown["found"]) == (2, 0)


def test_without_flags_everything_else_is_still_measured(run: Path, truth: Path) -> None:
    plain = [row[:3] for row in FAMILIES]
    write(truth, "family_truth", "parent_true_id child_true_id relationship", plain)
    evaluation = evaluate_run(run, truth)
    row = evaluation.at("band match")
    assert (row["true_pairs"], row["found"], row["findable_recall"]) == (4, 2, None)
    assert "route_open" not in set(evaluation.breakdown["dimension"])


def test_coverage_is_the_share_of_true_records_in_the_run(evaluation: Evaluation) -> None:
    assert evaluation.record_coverage == pytest.approx(13 / 14)


def test_json_is_json_and_holds_every_table(evaluation: Evaluation) -> None:
    document = json.loads(evaluation.to_json())
    assert document["run_id"] == "2026-09-30-abc"
    assert document["families"][0]["precision"] == pytest.approx(2 / 3)
    assert {"persons", "families", "calibration", "breakdown"} <= set(document)
    assert "NaN" not in evaluation.to_json()


def test_text_is_small_tables(evaluation: Evaluation) -> None:
    text = evaluation.to_text()
    assert "band match" in text
    assert "0.667" in text
    assert "nan" not in text.lower().split()
    assert max(len(line) for line in text.splitlines()) <= 120


@pytest.mark.parametrize("way", ["run", "current", "out"])
def test_a_run_may_be_named_in_three_ways(run: Path, truth: Path, way: str) -> None:
    out = run.parents[1]
    (out / "current").symlink_to("runs/2026-09-30-abc")
    path = {"run": run, "current": out / "current", "out": out}[way]
    assert evaluate_run(path, truth).run_id == "2026-09-30-abc"


def test_a_folder_without_a_run_is_refused(tmp_path: Path, truth: Path) -> None:
    with pytest.raises(EvaluationError, match="is no published run"):
        evaluate_run(tmp_path, truth)


def test_a_missing_truth_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="does not exist"):
        evaluate_run(run, tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(EvaluationError, match=r"person_truth\.parquet' is missing"):
        evaluate_run(run, tmp_path / "empty")


def test_a_truncated_table_is_refused(run: Path, truth: Path) -> None:
    path = truth / "family_truth.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(EvaluationError, match="no whole Parquet file"):
        evaluate_run(run, truth)


def test_truth_that_lacks_a_column_is_refused(run: Path, truth: Path) -> None:
    write(truth, "family_truth", "parent_true_id child_true_id", [("p1", "c1")])
    with pytest.raises(EvaluationError, match="lacks columns"):
        evaluate_run(run, truth)


def test_truth_of_other_extracts_is_refused(run: Path, truth: Path) -> None:
    write(truth, "person_truth", "source table record_id true_person_id",
          [("prison", "prisoners", "Q1", "q1")])  # fmt: skip
    with pytest.raises(EvaluationError, match="different extracts"):
        evaluate_run(run, truth)


def test_truth_that_contradicts_itself_is_refused(run: Path, truth: Path) -> None:
    rows = [("prison", "prisoners", "A1", "p1"), ("prison", "prisoners", "A1", "p2")]
    write(truth, "person_truth", "source table record_id true_person_id", rows)
    with pytest.raises(EvaluationError, match="more than one row"):
        evaluate_run(run, truth)


def test_a_run_without_links_has_no_precision_and_no_recall(tmp_path: Path, truth: Path) -> None:
    folder = write_run(tmp_path / "r", LINKS[:1])
    empty = pq.read_table(folder / "family_links.parquet").slice(0, 0)
    pq.write_table(empty, folder / "family_links.parquet")
    evaluation = evaluate_run(folder, truth)
    row = evaluation.at("band match")
    assert (row["precision"], row["recall"], row["f1"]) == (None, 0.0, None)
    assert evaluation.to_dict()["expected_calibration_error"] is None
    assert evaluation.to_text()
