"""The same answer for any row order, side, chunk or thread; nothing found where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import (
    joined,
    linked_tables,
    numbered,
    people,
    rows,
    shuffled,
    swapped_sides,
    table,
    true_pairs,
    with_errors,
)

from pipeline.linkage import LinkageSettings, LinkResult, TrainedModel, dedupe, link, train

SETTINGS = LinkageSettings(threshold=0.01, random_pairs=100_000)
LEFT, RIGHT = linked_tables(1_200, seed=11)


def duplicated(n: int, seed: int) -> pa.Table:
    """n people, a third of them recorded twice (r00007 and s00007)."""
    first = people(n, seed)
    second = with_errors(rows(first, slice(0, n // 3)), seed + 1)
    return table(joined(first, second), [*numbered("r", n), *numbered("s", n // 3)])


@pytest.fixture(scope="module", name="linked")
def _linked() -> LinkResult:
    return link(LEFT, RIGHT, settings=SETTINGS)


def test_the_links_are_right_and_honest(linked: LinkResult) -> None:
    probability = linked.pairs["match_probability"].to_numpy()
    is_true = true_pairs(linked.pairs)
    sure = probability >= 0.95
    assert is_true[sure].mean() > 0.98
    assert is_true[sure].sum() > 0.9 * 720
    assert probability.sum() == pytest.approx(is_true.sum(), rel=0.05)


def test_row_order_changes_nothing(linked: LinkResult) -> None:
    other = link(shuffled(LEFT, 1), shuffled(RIGHT, 2), settings=SETTINGS)
    assert other.pairs.equals(linked.pairs)
    assert other.model.to_json() == linked.model.to_json()


def test_swapping_the_tables_swaps_the_result(linked: LinkResult) -> None:
    assert swapped_sides(link(RIGHT, LEFT, settings=SETTINGS).pairs).equals(linked.pairs)


@pytest.mark.parametrize("change", [{"chunk_pairs": 700}, {"threads": 1}, {"threads": 3}])
def test_chunks_and_threads_change_nothing(linked: LinkResult, change: dict[str, int]) -> None:
    other = link(LEFT, RIGHT, settings=replace(SETTINGS, **change))
    assert other.pairs.equals(linked.pairs)


def test_a_model_gives_what_the_run_that_trained_it_gave(linked: LinkResult) -> None:
    model = TrainedModel.from_json(linked.model.to_json())
    assert link(LEFT, RIGHT, settings=SETTINGS, model=model).pairs.equals(linked.pairs)
    trained = train(RIGHT, LEFT, settings=SETTINGS)
    assert link(LEFT, RIGHT, settings=SETTINGS, model=trained).pairs.equals(linked.pairs)


def test_dedupe_does_not_depend_on_order_or_chunks() -> None:
    records = duplicated(900, seed=5)
    found = dedupe(records, settings=SETTINGS)
    other = dedupe(shuffled(records, 3), settings=replace(SETTINGS, chunk_pairs=500, threads=1))
    assert other.pairs.equals(found.pairs)
    assert other.clusters is not None
    assert other.clusters.equals(found.clusters)
    again = TrainedModel.from_json(found.model.to_json())
    assert dedupe(records, settings=SETTINGS, model=again).pairs.equals(found.pairs)


def test_a_copy_of_every_record_changes_no_other_decision() -> None:
    records = duplicated(900, seed=6)
    copies = records.set_column(
        0, "record_id", pa.array([f"x{name}" for name in records["record_id"].to_pylist()])
    )
    settings = replace(SETTINGS, threshold=0.95)
    before = ids(dedupe(records, settings=settings))
    after = dedupe(pa.concat_tables([records, copies]), settings=settings)
    kept = {pair for pair in ids(after) if not (pair[0] + pair[1]).count("x")}
    assert before == kept
    # Every pair is found four times over, and every record that says enough with its copy.
    own = {pair for pair in ids(after) if pair[1] == f"x{pair[0]}"}
    assert len(own) > 0.95 * records.num_rows
    assert after.pairs.num_rows == 4 * len(before) + len(own)


def ids(result: LinkResult) -> set[tuple[str, str]]:
    left, right = (result.pairs[name].to_pylist() for name in ("record_id_l", "record_id_r"))
    return set(zip(left, right, strict=True))


@pytest.mark.parametrize("n", [40, 400, 4_000])
def test_nothing_is_found_where_nothing_overlaps(n: int) -> None:
    left = table(people(n, seed=21), numbered("l", n))
    right = table(people(n, seed=22), numbered("r", n))
    found = link(left, right, settings=LinkageSettings(threshold=0.5, random_pairs=100_000))
    assert found.pairs.num_rows <= 1
    assert found.model.population.matches < 3


def test_a_table_without_duplicates_stays_whole() -> None:
    records = table(people(2_000, seed=31), numbered("r", 2_000))
    found = dedupe(records, settings=replace(SETTINGS, threshold=0.5))
    assert found.pairs.num_rows <= 1


def test_a_small_table_against_a_large_one() -> None:
    large = people(5_000, seed=41)
    small = with_errors(rows(large, slice(0, 60)), seed=42, rate=0.05)
    left = table(large, numbered("l", 5_000))
    right = table(small, numbered("r", 60))
    found = link(left, right, settings=replace(SETTINGS, threshold=0.95))
    is_true = true_pairs(found.pairs)
    assert is_true.mean() > 0.97
    assert is_true.sum() > 52


def test_rivals_do_not_compete_where_a_table_holds_duplicates() -> None:
    left = people(600, seed=51)
    twice = joined(*[with_errors(rows(left, slice(0, 300)), seed, 0.05) for seed in (52, 53)])
    right = table(twice, [*numbered("r", 300), *numbered("s", 300)])
    found = link(table(left, numbered("l", 600)), right, settings=SETTINGS)
    sure = found.pairs.filter(pa.array(found.pairs["match_probability"].to_numpy() >= 0.95))
    partners = np.unique(np.array(sure["record_id_l"].to_pylist()), return_counts=True)[1]
    assert (partners == 2).sum() > 240
    single = link(
        table(left, numbered("l", 600)), right, settings=replace(SETTINGS, one_to_one=True)
    )
    chosen = single.pairs["record_id_l"].to_pylist()
    assert len(set(chosen)) == len(chosen)
