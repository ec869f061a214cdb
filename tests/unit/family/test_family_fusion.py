"""Hand-computed odds of single families, and the steps of EM."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.family.evidence import (
    NO_PARENT,
    OTHER_SEX,
    SAME_SEX,
    FamilyEvidence,
    Kin,
    Listings,
    Nominations,
    Population,
)
from pipeline.family.factors import common_to_ties, listed_place_factor, surname_given_tie
from pipeline.family.fusion import (
    BOTH_SPEAK,
    NAMED_ONLY,
    NEITHER,
    PARENT,
    RECORDED_ONLY,
    RELATIVE,
    Readings,
    expectation,
    fuse,
    strangers_places,
    weigh,
)
from pipeline.family.rates import Rates, held_to_meaning, of_parents_age
from pipeline.settings.family import FamilySettings

POPULATION = Population(
    n_offenders=100,
    n_children=100,
    declaring=np.array([0.5, 0.25, 0.125, 0.125]),
    recorded=np.array([[0.25, 0.5, 0.25]]),
    declared_as=np.full((2, 6), 1 / 6),
    recorded_as=np.full((1, 7), 1 / 7),
    beside=np.array([0.8, 0.2]),
    kin_as=np.full(4, 1 / 4),
    declared_each=np.array([1.0, 2.0, 2.0, 2.0]),
    recorded_each=np.array([2.0]),
    kin_each=3.0,
    place=np.array([0.9, 0.05, 0.03, 0.01, 0.01]),
    surname=np.array([0.99, 0.01]),
    named_after=np.array([0.5, 0.5]),
    surname_of_declared=np.array([0.5, 0.5]),
    surname_of_recorded=np.full((7, 2), 0.5),
    age_gap=np.full(12, 1 / 12),
    gap_of_declared=np.full(12, 1 / 12),
    gap_of_recorded=np.full((7, 12), 1 / 12),
)
RATE = Rates(
    prior=0.001,
    declaring=np.array([0.25, 0.5, 0.125, 0.125]),
    nominated=np.array([0.0, 0.8, 0.8, 0.8]),
    listed=np.array([0.75]),
    unlisted=np.array([1.6, 0.8, 0.8]),
    declared_words=np.ones((2, 6)),
    recorded_words=np.ones((1, 7)),
    beside=np.array([0.9, 0.1]),
    kin=0.25,
    kin_as=np.array([0.5, 0.25, 0.125, 0.125]),
    place_listed=np.array([0.45, 0.05, 0.1, 0.1, 0.3]),
    place_unlisted=np.array([0.45, 0.05, 0.1, 0.1, 0.3]),
    surname=np.array([0.2, 0.8]),
    named_after=np.array([0.1, 0.9]),
    age_gap=np.full(12, 1 / 12),
)
NO_ROWS = {"family": np.zeros(0, int), "label": np.zeros(0, int)}


def nominations(bits=(), surname=(), has_date=False) -> Nominations:
    rows = np.zeros(len(bits), int)
    return Nominations(
        rows, np.arange(len(bits)), rows, rows, np.array(bits, float), np.array(surname, float),
        np.full(len(bits), has_date),
    )  # fmt: skip


def kin(bits=()) -> Kin:
    rows = np.zeros(len(bits), int)
    return Kin(rows, np.arange(len(bits)), np.arange(len(bits)), rows, np.array(bits, float))


def listings(bits=(), surname=(), place=(), has_date=True) -> Listings:
    rows = np.zeros(len(bits), int)
    return Listings(
        rows, np.arange(len(bits)), rows, np.array(bits, float), np.array(surname, float),
        np.full(len(bits), has_date), rows - 1, np.array(place, int), np.full(len(bits), np.nan),
    )  # fmt: skip


def one_family(
    named: Nominations, listed: Listings, declaring=0, recorded=NO_PARENT, place=-1, surname=-1,
    known_kin: Kin | None = None,
) -> FamilyEvidence:  # fmt: skip
    return FamilyEvidence(
        offender=np.array([0]),
        child=np.array([0]),
        declaring=np.array([declaring]),
        authority=np.array([0]),
        recorded=np.array([recorded]),
        place=np.array([place]),
        place_share=np.array([np.nan]),
        surname=np.array([surname]),
        surname_share=np.array([np.nan]),
        named_after=np.array([-1]),
        age_gap_years=np.array([np.nan]),
        age_gap=np.array([-1]),
        knows_kin=np.array([known_kin is not None]),
        nominations=named,
        listings=listed,
        kin=known_kin or kin(),
        population=POPULATION,
    )


def odds_of(evidence: FamilyEvidence) -> np.ndarray:
    return weighed(evidence).odds[PARENT, :, 0]


def weighed(evidence: FamilyEvidence, rate: Rates = RATE) -> Readings:
    return weigh(evidence, 3 * (rate,), common_to_ties(evidence, POPULATION.place), 0.05)


def test_two_witnesses_multiply():
    odds = odds_of(
        one_family(nominations([10.0], [0.0]), listings([8.0], [0.0], [-1]), 1, SAME_SEX)
    )
    # Two children are named and two adults recorded on average: each counts half.
    base, named, listed = 0.001 * (0.5 / 0.25), 0.8 * 2**10 / 2, 0.75 * 2**8 / 2
    unlisted = 0.25 * 0.8
    assert odds[BOTH_SPEAK] == pytest.approx(base * named * listed)
    assert odds[NAMED_ONLY] == pytest.approx(base * named * unlisted)
    assert odds[RECORDED_ONLY] == pytest.approx(base * 0.2 * listed)
    assert odds[NEITHER] == pytest.approx(base * 0.2 * unlisted)


def test_a_missing_witness_is_neutral_in_itself():
    odds = odds_of(one_family(nominations(), listings()))
    assert odds[NEITHER] == pytest.approx(0.001 * (0.25 / 0.5) * 0.25 * 1.6)
    assert odds[[BOTH_SPEAK, NAMED_ONLY, RECORDED_ONLY]].tolist() == [0, 0, 0]


def test_the_silence_of_a_witness_never_counts_by_less_than_the_floor():
    sure = replace(RATE, listed=np.array([1.0]))
    evidence = one_family(nominations(), listings([-40.0], [0.0], [-1]), 0, SAME_SEX)
    odds = weighed(evidence, sure).odds[PARENT, :, 0]
    assert odds[NEITHER] == pytest.approx(0.001 * 0.5 * 0.05)


def test_a_recorded_adult_of_the_wrong_sex_counts_once():
    """Sexes differ in the person-level bits; that nobody of the own sex is recorded adds none."""
    own = odds_of(one_family(nominations(), listings([8.0], [0.0], [-1]), 0, SAME_SEX))
    other = odds_of(one_family(nominations(), listings([8.0], [0.0], [-1]), 0, OTHER_SEX))
    assert own[RECORDED_ONLY] == pytest.approx(other[RECORDED_ONLY])


def test_several_declared_children_all_count_against_the_mean_number():
    odds = odds_of(one_family(nominations([10.0, -40.0], [0, 0]), listings(), 1))
    assert odds[NAMED_ONLY] == pytest.approx(0.001 * 2 * 0.8 * 2**10 / 2 * 0.25 * 1.6, rel=1e-6)


def test_a_surname_that_offender_and_child_share_counts_once():
    alone = odds_of(one_family(nominations(), listings(), surname=1))
    named = odds_of(one_family(nominations([10.0], [7.0]), listings(), 1, surname=1))
    assert alone[NEITHER] == pytest.approx(0.001 * 0.5 * 0.4 * 0.8 / 0.01)
    # Half of all declared children have the name of whoever declares them: one bit is left.
    assert named[NAMED_ONLY] == pytest.approx(0.001 * 2 * 0.8 * 2**11 / 2 * 0.4 * 0.8 / 0.01)


def test_a_declared_surname_speaks_where_the_offenders_differs():
    odds = odds_of(one_family(nominations([10.0], [7.0]), listings(), 1, surname=0))
    assert odds[NAMED_ONLY] == pytest.approx(0.001 * 2 * 0.8 * 2**17 / 2 * 0.4 * 0.2 / 0.99)


@pytest.mark.parametrize(
    ("bits", "agrees", "left"),
    [
        pytest.param(7.0, 1, 2.0, id="agrees where offender's and child's agree: a quarter do"),
        pytest.param(0.5, 1, 0.5, id="says little anyway"),
        pytest.param(7.0, 0, 7.0, id="agrees with a child of another name"),
        pytest.param(7.0, -1, 7.0, id="nothing to compare it with"),
        pytest.param(0.0, 1, 0.0, id="no surname stated"),
        pytest.param(-4.0, 1, -4.0 + np.log2(4 / 3), id="differs, as three in four do"),
    ],
)
def test_what_a_witnesss_surname_adds_beside_the_offenders(bits, agrees, left):
    shares = np.array([[0.75, 0.25]])
    added = surname_given_tie(np.array([bits]), np.array([agrees]), shares)
    assert added[0] == pytest.approx(left)


@pytest.mark.parametrize(
    ("whose", "factor"),
    [
        pytest.param(1, 0.9 / 0.5, id="the other parent's name explains that the father's differs"),
        pytest.param(0, 0.1 / 0.5, id="a third person's name speaks for another father"),
        pytest.param(-1, 1.0, id="no other parent recorded"),
    ],
)
def test_whose_name_the_child_has_where_surnames_differ(whose, factor):
    plain = one_family(nominations(), listings(), surname=0)
    told = replace(plain, named_after=np.array([whose]))
    assert odds_of(told)[NEITHER] / odds_of(plain)[NEITHER] == pytest.approx(factor)


def test_step_parents_are_of_the_parents_age():
    young = replace(RATE, age_gap=np.array([0.5, 0.5, *10 * [0.0]]))
    assert of_parents_age(young, RATE).age_gap.tolist() == RATE.age_gap.tolist()


def test_relatives_keep_the_ages_and_the_company_they_are_believed_to_have():
    drifted = replace(RATE, age_gap=np.array([1.0, *11 * [0.0]]), beside=np.array([0.0, 1.0]))
    held = held_to_meaning(drifted, RATE)
    assert held.age_gap.tolist() == RATE.age_gap.tolist()
    assert held.beside.tolist() == RATE.beside.tolist()


def test_another_parent_of_that_sex_beside_an_adult_speaks_against_a_parent():
    alone = one_family(nominations(), listings([8.0], [0.0], [-1]), recorded=SAME_SEX)
    beside = replace(alone, listings=replace(alone.listings, beside=np.array([1])))
    ratio = odds_of(beside)[RECORDED_ONLY] / odds_of(alone)[RECORDED_ONLY]
    assert ratio == pytest.approx(0.1 / 0.2)


def test_a_shared_home_counts_once_in_every_reading():
    odds = odds_of(
        one_family(nominations([10.0], [0.0]), listings([8.0], [0.0], [4]), 1, SAME_SEX, place=4)
    )
    base, at_home, named = 0.001 * 2, 0.3 / 0.01, 0.8 * 2**10 / 2
    assert odds[BOTH_SPEAK] == pytest.approx(base * named * 0.75 * 2**8 / 2 * at_home)
    assert odds[NAMED_ONLY] == pytest.approx(base * named * 0.2 * at_home)


def test_an_age_gap_counts_against_that_of_stated_ties_where_dates_were_compared():
    population = replace(
        POPULATION, gap_of_declared=np.array([*[0.05] * 11, 0.45]), age_gap=np.full(12, 1 / 12)
    )
    dated = replace(
        one_family(nominations([10.0], [0.0], True), listings(), 1),
        population=population, age_gap=np.array([0]),
    )  # fmt: skip
    undated = replace(dated, nominations=nominations([10.0], [0.0], False))
    ratio = odds_of(dated)[NAMED_ONLY] / odds_of(undated)[NAMED_ONLY]
    assert ratio == pytest.approx((1 / 12) / 0.05)


def test_a_partner_who_is_recorded_with_the_child_speaks_for_the_tie():
    silent = odds_of(one_family(nominations(), listings(), known_kin=kin()))
    met = odds_of(one_family(nominations(), listings(), known_kin=kin([9.0])))
    unknown = odds_of(one_family(nominations(), listings()))
    assert silent[NEITHER] / unknown[NEITHER] == pytest.approx(0.75)
    # Three contacts and two adults: six pairs that might have been one person.
    assert met[NEITHER] / unknown[NEITHER] == pytest.approx(0.75 + 0.25 * 2**9 * 2 / 6)


def test_a_place_of_many_says_less_than_a_place_of_few():
    five = listings([0.0] * 5, [0.0] * 5, place=[4, 4, 4, 0, -1])
    share = np.array([np.nan, 0.02, 0.0001, np.nan, np.nan])
    evidence = one_family(nominations(), replace(five, place_share=share))
    factor = listed_place_factor(evidence, RATE, common_to_ties(evidence, POPULATION.place))
    assert factor.tolist() == pytest.approx([30, 15, 30 * 4, 0.5, 1.0])


def test_expected_counts_add_up_to_the_expected_ties():
    evidence = one_family(
        nominations([10.0], [0.0]), listings([8.0], [0.0], [4]), 1, SAME_SEX, place=4, surname=1
    )
    readings = weighed(evidence)
    parent, step_parent, relative = expectation(evidence, readings)
    silent = readings.odds[:, NEITHER, 0] / readings.total[0]
    total = parent.witnessed + step_parent.witnessed + relative.witnessed + silent.sum()
    assert total == pytest.approx(1 - 1 / readings.total[0])
    # Relatives whom neither witness speaks of count, because a shared home shows them all.
    assert relative.silent == pytest.approx(silent[RELATIVE])
    assert parent.silent == 0
    # Words count wherever they are said.
    assert parent.declared_as.sum() == pytest.approx(parent.listed_of.sum())
    assert parent.recorded_as.sum() == pytest.approx(parent.nominated_of.sum())
    assert parent.nominated.sum() == pytest.approx(parent.listed.sum())
    assert parent.place_listed.sum() + parent.place_unlisted.sum() == pytest.approx(
        parent.witnessed
    )


def test_ties_are_taken_out_of_what_strangers_look_like_but_never_all():
    evidence = one_family(nominations(), listings([40.0], [0.0], [4]), 0, SAME_SEX, place=4)
    expected = expectation(evidence, weighed(evidence))
    few = replace(POPULATION, n_offenders=10, n_children=10)
    assert strangers_places(few, expected)[4] == pytest.approx(
        0.01 * 0.25 / (1 - 0.01 * 0.75), rel=0.01
    )


def test_without_candidates_the_rates_stay_what_was_believed():
    settings = FamilySettings()
    empty = one_family(nominations(), listings()).only(np.array([False]))
    fusion = fuse(empty, settings)
    assert fusion.converged
    assert fusion.rates[PARENT].nominated[1] == pytest.approx(settings.parent.nominated)
    assert fusion.rates[PARENT].prior == pytest.approx(0.5 / (10_000 + settings.prior_pairs))


def test_keeping_some_families_renumbers_their_rows():
    evidence = one_family(nominations([10.0], [0.0]), listings([8.0], [0.0], [4]), 1)
    doubled = replace(
        evidence,
        **{
            name: np.repeat(value, 2)
            for name, value in vars(evidence).items()
            if isinstance(value, np.ndarray)
        },
        nominations=replace(evidence.nominations, family=np.array([1])),
    )
    kept = doubled.only(np.array([False, True]))
    assert len(kept) == 1
    assert kept.nominations.family.tolist() == [0]
    assert kept.listings.family.tolist() == []
