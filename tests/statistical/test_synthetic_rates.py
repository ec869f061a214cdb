"""The made-up agencies hold what their settings say, within the chance of one draw.

Five standard errors are allowed, so that a right generator fails about once in a million seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from pipeline.settings.synthetic import Scale, load_synthetic_settings
from pipeline.synthetic.childrens_services import hold_services_records
from pipeline.synthetic.naming import CULTURES
from pipeline.synthetic.prison import hold_prison_records
from pipeline.synthetic.probation import hold_probation_records
from pipeline.synthetic.truth import true_tables
from pipeline.synthetic.world import Holdings, World, make_world

SETTINGS = load_synthetic_settings()
SIZE = Scale(prisoners=6_000, probationers=8_000, children=20_000,
             authority_codes=("330", "331", "333", "336"))  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A middling set of made-up agencies, in memory."""

    world: World
    prison: Holdings
    probation: Holdings
    services: list[Holdings]
    truth: dict[str, pd.DataFrame]

    def people_of(self, held: Holdings, table: str) -> pd.Series:
        """True person of each record id of a table."""
        rows = held.truth[held.truth["table"] == table]
        return rows.set_index("record_id")["true_person_id"]


@pytest.fixture(scope="module")
def made() -> Made:
    world = make_world(SIZE, 11, SETTINGS)
    prison, probation = hold_prison_records(world), hold_probation_records(world)
    services = hold_services_records(world)
    truth = true_tables(world, [prison, probation, *services])
    return Made(world, prison, probation, services, truth)


@pytest.fixture(scope="module")
def same_adults(made: Made) -> pd.DataFrame:
    """Prison and probation records of one person, side by side."""
    prison, probation = made.prison.tables["prisoners"], made.probation.tables["offenders"]
    who, whom = (
        made.people_of(made.prison, "prisoners"),
        made.people_of(made.probation, "offenders"),
    )
    prison = prison.assign(person=prison["prisoner_number"].map(who))
    probation = probation.assign(person=probation["crn"].map(whom))
    return prison.merge(probation, on="person", suffixes=("", "_probation"))


def near(found: npt.ArrayLike, wanted: float, extra: float = 0.0) -> bool:
    """Whether a share of many flags is the wanted one, give or take chance."""
    flags = np.asarray(found, dtype=float)
    error = np.sqrt(wanted * (1 - wanted) / len(flags))
    return bool(abs(flags.mean() - wanted) < 5 * error + extra)


def letters(names: pd.Series) -> pd.Series:
    return names.fillna("").str.upper()


def test_the_agencies_are_as_large_as_asked(made: Made) -> None:
    offenders = made.world.offending.offenders
    assert offenders["is_prisoner"].sum() == 6_000
    assert offenders["is_probationer"].sum() == 8_000
    assert (offenders["is_prisoner"] & offenders["is_probationer"]).sum() == 3_600
    known = made.world.people["is_known"].sum()
    assert abs(known - 20_000) < 600


def test_parents_and_children_are_as_many_as_published(made: Made) -> None:
    offenders, children = made.world.offending.offenders, made.world.offending.children
    assert near(offenders["is_parent"], SETTINGS.families.parents_among_offenders, extra=0.01)
    own = children[children["relationship"] == "parent"]
    young = made.world.births_of(own["child"].to_numpy()) > np.datetime64("2008-09-30")
    # Half-siblings by another father belong to mothers who offend as well, hence a little more.
    assert 1.7 < young.sum() / own["person"].nunique() < 1.95


def test_three_sources_together_know_of_68_in_100_parents(made: Made) -> None:
    offenders = made.world.offending.offenders
    rows = offenders[offenders["is_parent"]]
    assert near(rows["has_contacts"] | rows["has_count"] | rows["has_flag"], 0.68, extra=0.01)


def test_women_are_as_rare_as_published(made: Made) -> None:
    offenders = made.world.offending.offenders
    assert near(offenders.loc[offenders["is_prisoner"], "is_woman"], 0.04)


def test_names_of_one_adult_differ_as_a_production_model_found(same_adults: pd.DataFrame) -> None:
    first = letters(same_adults["first_name"]) == letters(same_adults["first_name_probation"])
    last = letters(same_adults["last_name"]) == letters(same_adults["last_name_probation"])
    assert 0.86 < (first & last).mean() < 0.92
    neither = ~first & ~last
    assert neither.mean() < 0.03


def test_birth_dates_of_one_adult_differ_as_a_production_model_found(
    same_adults: pd.DataFrame,
) -> None:
    same = same_adults["date_of_birth"] == same_adults["date_of_birth_probation"]
    assert near(same, 0.948, extra=0.01)


def test_errors_are_more_frequent_for_some_name_cultures(
    made: Made, same_adults: pd.DataFrame
) -> None:
    person = same_adults["person"].str[1:].astype(int).to_numpy()
    culture = np.array(CULTURES)[made.world.people["culture"].to_numpy()[person]]
    equal = (letters(same_adults["first_name"]) == letters(same_adults["first_name_probation"])) & (
        letters(same_adults["last_name"]) == letters(same_adults["last_name_probation"])
    )
    british = 1 - equal[culture == "british"].mean()
    asian = 1 - equal[np.isin(culture, ("pakistani", "bangladeshi"))].mean()
    assert 1.3 < asian / british < 3.0


def test_four_in_five_adults_share_a_postcode_across_agencies(
    made: Made, same_adults: pd.DataFrame
) -> None:
    def postcodes(table: pd.DataFrame, key: str) -> pd.Series:
        text = table["postcode"].str.replace(" ", "").str.upper()
        kept = table.assign(postcode=text)[text.notna() & ~text.str.startswith("NF1", na=False)]
        return kept.groupby(key)["postcode"].agg(set)

    prison = postcodes(made.prison.tables["prisoner_addresses"], "prisoner_number")
    probation = postcodes(made.probation.tables["offender_addresses"], "crn")
    one = same_adults["prisoner_number"].map(prison)
    other = same_adults["crn"].map(probation)
    both = one.notna() & other.notna()
    shared = [bool(here & there) for here, there in zip(one[both], other[both], strict=True)]
    assert near(shared, 0.80, extra=0.02)


def test_identifiers_are_missing_as_often_as_set(made: Made, same_adults: pd.DataFrame) -> None:
    assert near(made.prison.tables["prisoners"]["pnc_number"].isna(), SETTINGS.prison.pnc_missing)
    first = ~same_adults["crn"].map(made.people_of(made.probation, "offenders")).duplicated()
    held = same_adults.loc[first, "prisoner_number_probation"].notna()
    assert near(held, SETTINGS.probation.prisoner_number_present)


def test_declared_children_lack_what_they_are_set_to_lack(made: Made) -> None:
    contacts = made.prison.tables["prisoner_contacts"]
    children = contacts[contacts["relationship_code"].isin(["SON", "DAU", "SSON", "SDAU"])]
    assert near(children["date_of_birth"].notna(), SETTINGS.declared.date_of_birth_present)
    assert near(children["postcode"].isna(), 1 - 0.45 * 0.95, extra=0.01)
    assert "date_of_birth" not in made.probation.tables["personal_contacts"]


def test_children_bear_their_parents_surnames_as_often_as_set(made: Made) -> None:
    people, families = made.world.people, made.world.made.families
    british = CULTURES.index("british")
    child = np.flatnonzero((people["role"] == "child") & (people["culture"] == british))
    father = people["father"].to_numpy()[child]
    # Of the mother's first partner: the shares are those of couples.
    is_first = father == families["father"].to_numpy()[people["family"].to_numpy()[child]]
    surname = people["surname"].to_numpy()
    differs = surname[child[is_first]] != surname[father[is_first]]
    assert near(differs, SETTINGS.families.surname_differs_father, extra=0.04)


def test_most_findable_pairs_exist_and_most_children_are_no_offenders(made: Made) -> None:
    pairs = made.truth["family_truth"]
    in_scope = pairs[(pairs["relationship"] == "parent") & pairs["child_in_cs"]]
    assert 0.65 < in_scope["findable"].mean() < 0.9
    assert (in_scope["nominated"] & ~in_scope["parent_listed_in_cs"]).any()
    assert (~in_scope["nominated"] & in_scope["parent_listed_in_cs"]).any()
    with_offender = pairs.loc[pairs["child_in_cs"], "child_true_id"].nunique()
    assert with_offender < 0.4 * made.world.people["is_known"].sum()


def test_twins_share_a_birth_date_and_not_a_name(made: Made) -> None:
    people = made.world.people
    children = people[people["role"] == "child"]
    again = children.duplicated(["mother", "birth"])
    assert 0.003 < again.mean() < 0.02
    twins = children[children.duplicated(["mother", "birth"], keep=False)]
    assert not twins.duplicated(["mother", "given"]).any()


def test_mothers_and_fathers_are_old_enough(made: Made) -> None:
    people = made.world.people
    child = np.flatnonzero(people["role"] == "child")
    birth = made.world.births_of(np.arange(len(people)))
    for parent in ("mother", "father"):
        age = (birth[child] - birth[people[parent].to_numpy()[child]]).astype(int) / 365.25
        assert age.min() > 14.5
        assert age.max() < 75


def test_the_unborn_have_an_expected_date_and_no_other(made: Made) -> None:
    children = pd.concat([held.tables["children"] for held in made.services])
    unborn = children[children["expected_date_of_birth"].notna()]
    assert len(unborn) > 20
    assert unborn["date_of_birth"].isna().all()
    assert (unborn["expected_date_of_birth"] > "2026-09-30").all()
    assert set(unborn["sex"]) == {"U"}
    assert children["date_of_birth"].dropna().max() <= "2026-09-30"


def test_some_children_are_known_to_two_authorities_and_some_twice_to_one(made: Made) -> None:
    records = pd.concat([
        held.truth[held.truth["table"] == "children"].assign(source=held.source)
        for held in made.services
    ])  # fmt: skip
    sources = records.groupby("true_person_id")["source"].nunique()
    assert near(sources > 1, SETTINGS.childrens_services.two_authorities, extra=0.005)
    twice = records.duplicated(["true_person_id", "source"])
    assert near(twice, SETTINGS.childrens_services.duplicates, extra=0.002)
