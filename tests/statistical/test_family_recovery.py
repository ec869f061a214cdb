"""Seeded populations: rates come back, probabilities mean what they say, order does not matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from family_scene import Scene, crowd, home

from pipeline.family import find_families
from pipeline.family.evidence import FamilyEvidence, Kin, Listings, Nominations, Population
from pipeline.family.fusion import PARENT, fuse
from pipeline.settings.family import FamilySettings

AS_OF = date(2022, 1, 1)


@pytest.fixture(scope="module")
def found():
    made = crowd(families=500, seed=3)
    families = find_families(made.scene.tables(), as_of=AS_OF)
    links = families.family_links.to_pandas()
    links["is_true"] = [
        pair in made.truth for pair in zip(links.parent_id, links.child_id, strict=True)
    ]
    return made, families, links


def test_band_match_is_right_and_finds_most(found):
    made, _, links = found
    match = links[links.match_band == "match"]
    assert match.is_true.mean() >= 0.985
    hits = set(zip(match.parent_id, match.child_id, strict=True)) & made.findable
    assert len(hits) / len(made.findable) >= 0.9


def test_probabilities_mean_what_they_say(found):
    _, _, links = found
    sure = links[links.match_probability >= 0.95]
    assert abs(sure.match_probability.mean() - sure.is_true.mean()) <= 0.02
    unlikely = links[links.match_probability < 0.05]
    assert unlikely.is_true.sum() <= 1 + 0.1 * len(unlikely)


def test_the_model_says_that_it_converged_and_what_it_learned(found):
    _, families, _ = found
    assert families.model["converged"]
    rates = families.model["rates"]["parent"]
    # The crowd's parents name a child with probability .8, if they name any.
    assert rates["nominated"]["prison"] == pytest.approx(0.8, abs=0.06)
    assert families.model["words_meant"]["recorded"]["330"]["grandparent"] > 0.9


def test_the_order_of_rows_does_not_matter(found):
    made, families, _ = found
    order = np.random.default_rng(5).permutation(len(made.scene.mentions))
    shuffled = find_families(made.scene.tables(order), as_of=AS_OF)
    assert shuffled.family_links.equals(families.family_links)
    assert shuffled.declared_child_links.equals(families.declared_child_links)


NOMINATED, LISTED, NAMES_ANY, PARENTS, RELATIVES = 0.7, 0.55, 0.6, 1500, 500
STEP_CHILD, OTHER_ADULT = 1, 5


def simulated_evidence(seed: int) -> FamilyEvidence:
    """Families whose witnesses speak at known rates, among ten times as many strangers."""
    draw = np.random.default_rng(seed)
    size = PARENTS * 11
    is_parent = np.arange(size) < PARENTS
    is_relative = ~is_parent & (np.arange(size) < PARENTS + RELATIVES)
    declares = draw.random(size) < np.where(is_parent, NAMES_ANY, 0.3)
    named = declares & (draw.random(size) < NOMINATED * is_parent + 0.2 * is_relative)
    listed = draw.random(size) < LISTED * is_parent + 0.4 * is_relative
    step, other = is_relative * STEP_CHILD, is_relative * OTHER_ADULT
    rows = np.flatnonzero(declares)
    records = np.arange(size)

    at_home = draw.random(size) < np.where(is_parent, 0.5, 0.001)

    def bits(is_same: np.ndarray) -> np.ndarray:
        return np.where(
            is_same, draw.normal(35, 3, len(is_same)), draw.normal(-15, 3, len(is_same))
        )

    zeros, ones = np.zeros(size, int), np.ones(size)
    return FamilyEvidence(
        offender=records, child=records, declaring=declares.astype(int), authority=zeros,
        recorded=zeros + 1, place=np.where(at_home, 4, 0),
        place_share=np.full(size, np.nan), surname=zeros - 1, surname_share=np.full(size, np.nan),
        named_after=zeros - 1,
        age_gap_years=np.full(size, np.nan), age_gap=zeros - 1,
        knows_kin=ones < 0,
        nominations=Nominations(rows, rows, step[rows], zeros[rows], bits(named[rows]),
                                zeros[rows] + 0.0, ones[rows] > 0),
        listings=Listings(records, records, other, bits(listed), zeros + 0.0, ones > 0,
                          zeros - 1, zeros - 1, np.full(size, np.nan)),
        kin=Kin(*4 * [np.zeros(0, int)], np.zeros(0)),
        population=Population(
            n_offenders=size, n_children=size, declaring=np.array([0.7, 0.298, 0.001, 0.001]),
            recorded=np.array([[0.001, 0.998, 0.001]]),
            declared_as=np.array(2 * [[0.966, 0.03, *4 * [0.001]]]),
            recorded_as=np.array([[0.965, *4 * [0.001], 0.03, 0.001]]), beside=np.array([0.5, 0.5]),
            kin_as=np.full(4, 1 / 4), declared_each=np.ones(4), recorded_each=np.ones(1),
            kin_each=1.0, place=np.array([0.9987, 0.0001, 0.0001, 0.0001, 0.001]),
            surname=np.array([0.99, 0.01]), named_after=np.array([0.5, 0.5]),
            surname_of_declared=np.array([0.4, 0.6]),
            surname_of_recorded=np.full((7, 2), 0.5), age_gap=np.full(12, 1 / 12),
            gap_of_declared=np.full(12, 1 / 12), gap_of_recorded=np.full((7, 12), 1 / 12),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_known_rates_of_both_witnesses_are_recovered(seed):
    fusion = fuse(simulated_evidence(seed), FamilySettings())
    assert fusion.converged
    rates = fusion.rates[PARENT]
    assert rates.nominated[1] == pytest.approx(NOMINATED, abs=0.08)
    assert rates.listed[0] == pytest.approx(LISTED, abs=0.08)
    assert rates.place_unlisted[4] == pytest.approx(0.5, abs=0.1)


def test_an_authority_of_few_families_borrows_the_rate_of_all():
    evidence = simulated_evidence(4)
    few = np.zeros(len(evidence), int)
    few[:3] = 1
    shares = np.repeat(evidence.population.recorded, 2, axis=0)
    evidence = replace(
        evidence, authority=few,
        population=replace(
            evidence.population, recorded=shares, recorded_each=np.ones(2),
            recorded_as=np.repeat(evidence.population.recorded_as, 2, axis=0),
        ),
    )  # fmt: skip
    listed = fuse(evidence, FamilySettings()).rates[PARENT].listed
    assert listed[1] == pytest.approx(listed[0], abs=0.15)


def step_families(seed: int, many: int) -> tuple[Scene, set[tuple[str, str]]]:
    """A crowd, and step-fathers at home with the child, called what a witness happens to call them.

    One in eight is recorded as parent; three in ten name the child as their own.
    """
    scene = crowd(families=400, seed=seed).scene
    draw, steps = np.random.default_rng(seed), set()
    for number in range(many):
        surname, born, place = f"stepham{number:03d}", _born(draw, 1978), home(60_000 + number)
        man = scene.offender("ulric", surname, born, "M", place)
        given, child_born = f"ottoline{number:03d}", _born(draw, 2010)
        child = scene.child(given, f"elseby{number:03d}", child_born, "F", place)
        scene.records(child, "ydra", f"elseby{number:03d}", _born(draw, 1980), "F", home=place)
        if draw.random() < 0.7:
            word = "parent" if draw.random() < 1 / 8 else "step_parent"
            scene.records(child, "ulric", surname, born, "M", word, place)
        if draw.random() < 0.7:
            word = "child" if draw.random() < 0.3 else "step_child"
            scene.declares(man, given, f"elseby{number:03d}", child_born, "F", word)
        steps.add((scene.person(man), scene.person(child)))
    return scene, steps


def _born(draw: np.random.Generator, year: int) -> str:
    return f"{year + draw.integers(10)}-{draw.integers(1, 13):02d}-{draw.integers(1, 29):02d}"


def test_step_parents_called_so_are_rarely_matched():
    scene, steps = step_families(seed=8, many=150)
    found = find_families(scene.tables(), as_of=AS_OF)
    links = found.family_links.to_pandas()
    is_step = [pair in steps for pair in zip(links.parent_id, links.child_id, strict=True)]
    ours = links[is_step]
    # One in ten is called parent by every witness that speaks.
    assert (ours.match_band == "match").sum() <= 0.05 * len(steps)
    assert (ours.relationship == "step_parent").mean() >= 0.8


def twin_families(seed: int, many: int) -> tuple[Scene, dict[str, str]]:
    """A crowd, and fathers who name both of their twins; whom each declared twin truly is."""
    scene = crowd(families=300, seed=seed).scene
    draw = np.random.default_rng(seed)
    truth = {}
    for number in range(many):
        surname = f"twinford{number:03d}"
        father = scene.offender("ulric", surname, "1985-05-05", "M", home(80_000 + number))
        born, place = f"2013-{number % 12 + 1:02d}-{number % 28 + 1:02d}", home(90_000 + number)
        for name in draw.choice(
            np.array(["zeta", "omeros", "lambert", "kappel"]), 2, replace=False
        ):
            child = scene.child(str(name), surname, born, "M", place)
            declared = scene.declares(father, str(name), surname, born, "M")
            truth[scene.person(declared)] = scene.person(child)
    return scene, truth


def test_twins_with_birth_dates_are_told_apart():
    scene, truth = twin_families(seed=21, many=60)
    links = find_families(scene.tables(), as_of=AS_OF).declared_child_links.to_pandas()
    best = links.sort_values("match_probability").drop_duplicates("declared_person_id", keep="last")
    told = dict(zip(best.declared_person_id, best.child_id, strict=True))
    right = np.mean([told.get(declared) == child for declared, child in truth.items()])
    assert right >= 0.95


def test_half_siblings_are_never_a_match_by_a_sibling():
    scene = crowd(families=300, seed=31).scene
    wrong = set()
    for number in range(60):
        place, surname = home(70_000 + number), f"halfham{number:03d}"
        father = scene.offender("ulric", surname, "1985-05-05", "M", place)
        scene.declares(father, "zeta", surname, "2012-02-02", "F")
        first = scene.child("zeta", surname, "2012-02-02", "F", place)
        mother = scene.records(first, "ydra", surname, "1987-07-07", "F", home=place)
        second = scene.child("omeros", surname, "2015-05-15", "M", place)
        scene.also_records(second, mother)
        wrong.add((scene.person(father), scene.person(second)))
    links = find_families(scene.tables(), as_of=AS_OF).family_links.to_pandas()
    match = links[links.match_band == "match"]
    assert not wrong & set(zip(match.parent_id, match.child_id, strict=True))


def found_under(words, families=500, seed=3, declared_born=True):
    """The crowd's links, its recorded adults called by `words`, which takes the row's number."""
    made = crowd(families=families, seed=seed)
    for number, row in enumerate(made.scene.relationships):
        if row["source"].startswith("childrens_services"):
            row["relationship"] = words(number)
    if not declared_born:
        for row in made.scene.mentions:
            if row["role"] == "declared_child":
                row |= {"date_of_birth": None, "dates_of_birth": []}
    families_found = find_families(made.scene.tables(), as_of=AS_OF)
    links = families_found.family_links.to_pandas()
    pairs = zip(links.parent_id, links.child_id, strict=True)
    links["is_true"] = [pair in made.truth for pair in pairs]
    return made, families_found, links


def share_found(made, links) -> float:
    match = links[links.match_band == "match"]
    return len(set(zip(match.parent_id, match.child_id, strict=True)) & made.findable) / len(
        made.findable
    )


@pytest.mark.parametrize("word", ["parent", "other", "unknown", "step_parent", "carer"])
def test_a_word_used_for_everybody_says_nothing(word):
    made, families, links = found_under(lambda number: word)
    match = links[links.match_band == "match"]
    assert match.is_true.mean() >= 0.985
    assert share_found(made, links) >= 0.85
    potential = links[links.match_band == "potential"]
    assert abs(potential.match_probability.mean() - potential.is_true.mean()) <= 0.15
    assert families.model["words_meant"]["recorded"]["330"][word] <= 0.5


def test_words_left_empty_for_every_second_adult_change_little():
    made, _, links = found_under(lambda number: ("parent", "unknown")[number % 2])
    assert links[links.match_band == "match"].is_true.mean() >= 0.985
    assert share_found(made, links) >= 0.85


def test_a_missing_witness_leaves_the_other_its_meaning():
    for side in ("childrens_services", "prison"):
        made = crowd(families=500, seed=3)
        made.scene.relationships = [
            row for row in made.scene.relationships if not row["source"].startswith(side)
        ]
        if side == "prison":
            for row in made.scene.mentions:
                row["owner_mention_id"] = None
        links = find_families(made.scene.tables(), as_of=AS_OF).family_links.to_pandas()
        pairs = list(zip(links.parent_id, links.child_id, strict=True))
        match = links.match_band == "match"
        right = np.array([pair in made.truth for pair in pairs])
        assert match.sum() >= 100
        assert right[match].mean() >= 0.98
        assert abs(links.match_probability[match].mean() - right[match].mean()) <= 0.02


def test_step_parents_take_nobody_where_there_are_none(found):
    _, families, links = found
    rates = families.model["rates"]
    assert rates["step_parent"]["prior"] <= 0.01 * rates["parent"]["prior"]
    recorded = links[links.is_recorded_by_authority & links.is_true]
    assert (recorded.match_band == "match").mean() >= 0.9


def test_children_declared_by_name_alone_are_linked_and_published():
    made, families, links = found_under(lambda number: "parent", declared_born=False)
    assert families.checks.num_rows
    match = links[links.match_band == "match"]
    assert match.is_true.mean() >= 0.985
    assert share_found(made, links) >= 0.6
