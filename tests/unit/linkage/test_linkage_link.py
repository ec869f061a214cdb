"""Linking small tables: what comes back, what is refused, and what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import linked_tables, numbered, people, shuffled, table

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage import (
    LinkageSettings,
    LinkResult,
    dedupe,
    default_person_spec,
    link,
)
from pipeline.linkage.person_spec import person_spec

COLUMNS = ("record_id", "given_name", "surname", "date_of_birth", "postcode")
ADA = ("Ada", "Brook", "1990-01-02", "B1 1AA")
BEN = ("Ben", "Cole", "1981-11-12", "B2 2BB")
CYD = ("Cyd", "Dunn", "1975-06-30", "B3 3CC")
DOT = ("Dot", "Eames", "2001-03-04", "B4 4DD")
EVE = ("Eve", "Foot", "1966-12-25", "B5 5EE")
BEN_MISTYPED = ("Ben", "Coles", "1981-11-12", "B9 2BB")


def records(*rows: tuple[str | None, ...], prefix: str = "r") -> pa.Table:
    ids = [f"{prefix}{number}" for number in range(len(rows))]
    values = [(name, *row) for name, row in zip(ids, rows, strict=True)]
    return pa.table({
        column: pa.array([row[index] for row in values], pa.string())
        for index, column in enumerate(COLUMNS)
    })  # fmt: skip


def pairs_of(result: LinkResult) -> list[tuple[object, object]]:
    left, right = (result.pairs[name].to_pylist() for name in ("record_id_l", "record_id_r"))
    return list(zip(left, right, strict=True))


@pytest.fixture(scope="module", name="linked")
def _linked() -> LinkResult:
    left, right = linked_tables(800, seed=3)
    return link(left, right, settings=LinkageSettings(threshold=0.01, random_pairs=50_000))


# --- almost no data -----------------------------------------------------------------------------


def test_a_handful_of_records_is_linked_on_belief_and_says_so() -> None:
    left = records(ADA, BEN, CYD, DOT, EVE, prefix="l")
    found = link(left, records(EVE, ADA, BEN_MISTYPED))
    assert pairs_of(found) == [("l0", "r1"), ("l1", "r2"), ("l4", "r0")]
    assert not found.model.provenance.learned
    assert any("too few candidate pairs" in warning for warning in found.warnings)


def test_a_handful_of_others_is_not_linked() -> None:
    assert link(records(ADA, BEN), records(CYD, DOT, EVE)).pairs.num_rows == 0


@pytest.mark.parametrize(("left", "right"), [((), (ADA,)), ((ADA,), ()), ((), ())])
def test_an_empty_table_has_no_pairs(left: tuple, right: tuple) -> None:
    found = link(records(*left), records(*right))
    assert found.pairs.num_rows == 0
    assert "no rows" in found.warnings[0]
    assert found.pairs.schema.equals(link(records(ADA, BEN), records(CYD, EVE)).pairs.schema)


def test_one_record_and_no_record_are_their_own_clusters() -> None:
    assert dedupe(records()).clusters.num_rows == 0
    assert dedupe(records(ADA)).clusters.to_pylist() == [{"record_id": "r0", "cluster_id": "r0"}]


def test_records_of_nulls_are_nobody() -> None:
    nobody = (None, None, None, None)
    assert link(records(nobody, nobody), records(ADA, BEN)).pairs.num_rows == 0


def test_a_column_of_nulls_among_many_records_is_an_error() -> None:
    left, right = linked_tables(100, seed=5)
    empty = left.select(["record_id"]).append_column("surname", pa.nulls(100, pa.string()))
    with pytest.raises(LinkageError, match="no column is left"):
        link(empty, right.select(["record_id", "surname"]))


# --- the result ---------------------------------------------------------------------------------


def test_columns_and_types(linked: LinkResult) -> None:
    names = linked.model.spec.comparison_names
    assert linked.pairs.column_names == [
        "record_id_l", "record_id_r", "match_weight_bits", "match_probability",
        *[f"level_{name}" for name in names], *[f"weight_{name}_bits" for name in names],
        "weight_dependence_bits", "blocking_rules",
    ]  # fmt: skip
    assert linked.pairs["level_sex"].type == pa.int8()
    assert linked.clusters is None


def test_pairs_are_sorted_by_their_ids(linked: LinkResult) -> None:
    assert pairs_of(linked) == sorted(pairs_of(linked))


def test_null_levels_weigh_nothing(linked: LinkResult) -> None:
    for name in linked.model.spec.comparison_names:
        level, weight = linked.pairs[f"level_{name}"], linked.pairs[f"weight_{name}_bits"]
        is_null = level.is_null().to_numpy()
        assert is_null.any()
        assert (weight.to_numpy()[is_null] == 0).all()
        assert (weight.to_numpy()[~is_null] != 0).all()


def test_without_frequency_a_weight_is_log2_of_m_over_u(linked: LinkResult) -> None:
    row = linked.model.spec.comparison_names.index("sex")
    weights = linked.model.weights_bits()[row]
    levels = linked.pairs["level_sex"].to_pylist()
    found = linked.pairs["weight_sex_bits"].to_pylist()
    assert all(level is None or weights[level] == pytest.approx(w)
               for level, w in zip(levels, found, strict=True))  # fmt: skip


def test_weight_and_probability_say_the_same(linked: LinkResult) -> None:
    bits = linked.pairs["match_weight_bits"].to_numpy()
    assert linked.pairs["match_probability"].to_numpy() == pytest.approx(1 / (1 + 2.0**-bits))


def test_the_weights_sum_to_the_evidence_that_was_judged() -> None:
    # Within one table, a cluster of two is judged by its one pair alone: prior and parts, with no
    # household class, are all there is.
    people_twice = pa.concat_tables([
        table(people(300, 1), numbered("r", 300)).slice(0, 300),
        table(people(300, 1), numbered("s", 300)).slice(0, 60),
    ]).drop_columns(["postcode"])  # fmt: skip
    found = dedupe(people_twice, settings=LinkageSettings(threshold=0.5))
    names = (*found.model.spec.comparison_names, "dependence")
    parts = sum(found.pairs[f"weight_{name}_bits"].to_numpy() for name in names)
    prior = found.pairs["match_weight_bits"].to_numpy() - parts
    assert len(prior) >= 55
    assert np.ptp(prior) < 1e-9
    assert prior[0] == pytest.approx(found.model.prior_bits, abs=0.1)


def test_every_candidate_names_its_rules(linked: LinkResult) -> None:
    used = set(linked.block_report["rule"].to_pylist())
    for rules in linked.pairs["blocking_rules"].to_pylist():
        assert rules
        assert set(rules) <= used


def test_whole_number_ids_stay_whole_numbers() -> None:
    left, right = linked_tables(60, seed=9)
    numbers = [
        part.set_column(0, "record_id", pa.array(range(first, first + 60)))
        for part, first in ((left, 100), (right, 5))
    ]
    found = link(numbers[0], numbers[1])
    assert found.pairs["record_id_l"].type == pa.int64()
    assert pairs_of(found)[0][0] == 100
    assert pairs_of(found)[0][1] == 5


def test_in_one_table_the_smaller_id_is_left() -> None:
    both = pa.concat_tables([records(ADA, BEN, CYD), records(DOT, BEN_MISTYPED, ADA, prefix="a")])
    found = dedupe(shuffled(both, 1))
    assert pairs_of(found) == [("a1", "r1"), ("a2", "r0")]
    assert found.clusters.to_pylist()[1:3] == [
        {"record_id": "a1", "cluster_id": "a1"}, {"record_id": "a2", "cluster_id": "a2"},
    ]  # fmt: skip
    assert found.clusters["cluster_id"].to_pylist()[3:] == ["a2", "a1", "r2"]


# --- settings, specification, model -------------------------------------------------------------


def test_the_threshold_only_filters(linked: LinkResult) -> None:
    left, right = linked_tables(800, seed=3)
    sure = link(left, right, settings=LinkageSettings(threshold=0.95, random_pairs=50_000))
    expected = linked.pairs.filter(pa.array(linked.pairs["match_probability"].to_numpy() >= 0.95))
    assert sure.pairs.equals(expected.combine_chunks())


def test_an_exact_column_is_compared_when_named() -> None:
    left, right = linked_tables(200, seed=4)
    left, right = (part.append_column("tattoo", part["surname"]) for part in (left, right))
    plain = link(left, right)
    named = link(left, right, settings=LinkageSettings(exact=("tattoo",)))
    assert "level_tattoo" not in plain.pairs.column_names
    assert "level_tattoo" in named.pairs.column_names
    assert any("copies" in warning for warning in named.warnings)


@pytest.mark.parametrize("wrong", [{"threshold": 1.5}, {"chunk_pairs": 0}, {"dependence": 2.0}])
def test_a_setting_out_of_bounds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        LinkageSettings(**wrong)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(SpecError, match="no column to compare"):
        link(pa.table({"record_id": [1], "x": [1]}), pa.table({"record_id": [1], "y": [1]}))


def test_a_missing_id_column_is_an_error() -> None:
    with pytest.raises(SpecError, match="record_id"):
        link(records(ADA, BEN).drop_columns(["record_id"]), records(ADA, BEN))


def test_repeated_ids_are_an_error() -> None:
    twice = pa.concat_tables([records(ADA, BEN), records(CYD, DOT)])
    with pytest.raises(LinkageError, match="r0"):
        dedupe(twice)


def test_another_specification_than_the_models_is_refused(linked: LinkResult) -> None:
    left, right = linked_tables(60, seed=9)
    with pytest.raises(SpecError, match="another specification"):
        link(left, right, spec=default_person_spec(["surname"]), model=linked.model)


def test_a_model_serves_records_that_lack_a_column(linked: LinkResult) -> None:
    left, right = linked_tables(800, seed=3)
    blank = right.set_column(
        right.column_names.index("postcode"), "postcode", pa.nulls(800, pa.string())
    )
    found = link(left, blank, model=linked.model)
    assert "level_postcode" not in found.pairs.column_names
    assert found.pairs.num_rows > 300


def test_aliases_agree_at_their_best() -> None:
    spec = replace(
        person_spec({"given_name": "given", "surname": "surnames", "date_of_birth": "born"}),
        id_column="number",
    )
    left = pa.table({
        "number": [1, 2, 3], "given": ["Ada", "Ben", "Cyd"],
        "surnames": [["Brook", "Quill"], ["Cole"], ["Dunn"]],
        "born": ["1990-01-02", "1981-11-12", "1975-06-30"],
    })  # fmt: skip
    right = pa.table({
        "number": [7, 8], "given": ["Ada", "Eve"], "surnames": [["Quill"], ["Foot", "Cole"]],
        "born": ["1990-01-02", "1966-12-25"],
    })  # fmt: skip
    found = link(left, right, spec=spec)
    assert pairs_of(found) == [(1, 7)]
    assert found.pairs["level_surname"].to_pylist() == [spec.comparison("surname").exact_level]


def test_no_warning_quotes_a_value(linked: LinkResult) -> None:
    values = {value for part in linked_tables(800, seed=3) for name in ("surname", "date_of_birth")
              for value in part[name].to_pylist() if value}  # fmt: skip
    said = " ".join(linked.warnings)
    assert not [value for value in values if f" {value} " in said or f"'{value}'" in said]
