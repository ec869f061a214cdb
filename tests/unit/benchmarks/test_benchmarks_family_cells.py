"""The stress grid for families: its steps on a set of a dozen children, its figures by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.stress.family_cells import CELLS, cell, family_files
from benchmarks.stress.family_figures import figures_of, missed_floors
from benchmarks.stress.family_steps import (
    ADULTS,
    OFFENDERS,
    FamilyFiles,
    Step,
    called,
    empty,
    fewer_offenders,
    listed_alone,
    moved_house,
    slips,
    split_authority,
    strangers_alone,
    without,
    year_of_birth_alone,
)
from pipeline.evaluate.families import JudgedLinks

FAMILIES = 12
HOME = "childrens_services/330"


def tables() -> dict[str, dict[str, list]]:
    """Family i: child ci, its mother mi and its father fi, who is offender ai or xi."""
    each = range(FAMILIES)
    prison, probation = list(each)[: FAMILIES // 2], list(each)[FAMILIES // 2 :]

    def homes(number: str, of: list[int], letter: str) -> dict[str, list]:
        return {
            number: [f"{letter}{i}" for i in of],
            "address": [f"{i} mill road" for i in of],
            "postcode": [f"AB{i} 1CD" for i in of],
        }

    def named(number: str, of: list[int], letter: str) -> dict[str, list]:
        return {
            number: [f"{letter}{i}" for i in of],
            "first_name": [f"father{i}" for i in of],
            "last_name": [f"surname{i}" for i in of],
        }

    return {
        f"extracts/{HOME}/children": {"person_id": [f"c{i}" for i in each]},
        f"extracts/{HOME}/related_adults": {
            "person_id": [f"{kind}{i}" for i in each for kind in "mf"],
            "first_name": [f"{kind}name{i}" for i in each for kind in "mf"],
            "last_name": [f"surname{i}" for i in each for _ in "mf"],
            "date_of_birth": ["1980-05-06"] * (2 * FAMILIES),
        },
        f"extracts/{HOME}/relationships": {
            "person_id": [f"c{i}" for i in each for _ in "mf"],
            "related_person_id": [f"{kind}{i}" for i in each for kind in "mf"],
            "relationship": ["Parent", "Household member"] * FAMILIES,
        },
        "extracts/prison/prisoners": named("prisoner_number", prison, "a"),
        "extracts/prison/prisoner_addresses": homes("prisoner_number", prison, "a"),
        "extracts/probation/offenders": {
            **named("crn", probation, "x"),
            "prisoner_number": [None] * len(probation),
        },
        "extracts/probation/offender_addresses": homes("crn", probation, "x"),
        "truth/person_truth": {
            "source": ["prison"] * 6 + ["probation"] * 6 + [HOME] * FAMILIES,
            "table": ["prisoners"] * 6 + ["offenders"] * 6 + ["children"] * FAMILIES,
            "record_id": [f"{'ax'[i > 5]}{i}" for i in each] + [f"c{i}" for i in each],
            "true_person_id": [f"p{i}" for i in each] + [f"q{i}" for i in each],
        },
        "truth/family_truth": {
            "parent_true_id": [f"p{i}" for i in each],
            "child_true_id": [f"q{i}" for i in each],
            "relationship": ["parent"] * FAMILIES,
            "child_in_cs": [True] * FAMILIES,
        },
    }


@pytest.fixture
def files(tmp_path: Path) -> FamilyFiles:
    for name, columns in tables().items():
        path = tmp_path / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path)
    return FamilyFiles(tmp_path)


def read(files: FamilyFiles, name: str) -> pd.DataFrame:
    return pq.read_table(files.folder / f"{name}.parquet").to_pandas()


def apply(step: Step, files: FamilyFiles, seed: int = 1) -> None:
    step(files, np.random.default_rng(seed))


def test_an_authority_may_have_one_word_for_all_or_for_some_or_none(files: FamilyFiles) -> None:
    name = f"extracts/{HOME}/relationships"
    apply(called("Unknown", 0.5), files)
    assert 4 < (read(files, name)["relationship"] == "Unknown").sum() < 20
    apply(called(None), files)
    assert read(files, name)["relationship"].isna().all()


def test_it_may_record_parents_alone_or_nobody(files: FamilyFiles) -> None:
    name = f"extracts/{HOME}/relationships"
    apply(listed_alone("Parent"), files)
    assert set(read(files, name)["relationship"]) == {"Parent"}
    apply(empty("childrens_services/*/relationships"), files)
    assert read(files, name).empty


def test_values_go_slip_or_lose_their_day(files: FamilyFiles) -> None:
    name = f"extracts/{HOME}/related_adults"
    before = read(files, name)
    apply(slips(ADULTS, 0.5), files)
    assert 5 < (read(files, name)["first_name"] != before["first_name"]).sum() < 19
    apply(year_of_birth_alone(ADULTS), files)
    assert set(read(files, name)["date_of_birth"]) == {"1980"}
    apply(without(ADULTS, "date_of_birth", share=0.5), files)
    assert 5 < read(files, name)["date_of_birth"].isna().sum() < 19


def test_who_moved_house_has_the_address_and_postcode_of_another(files: FamilyFiles) -> None:
    apply(moved_house(), files)
    homes = read(files, "extracts/prison/prisoner_addresses")
    house = homes["address"].str.split().str[0]
    assert (homes["postcode"] == "AB" + house + " 1CD").all()
    assert (house != homes["prisoner_number"].str[1:]).sum() >= 3
    assert sorted(house) == sorted(homes["prisoner_number"].str[1:])


def test_offenders_who_are_not_in_the_extracts_are_not_in_the_truth(files: FamilyFiles) -> None:
    apply(fewer_offenders(0.5), files)
    held = {
        *read(files, "extracts/prison/prisoners")["prisoner_number"],
        *read(files, "extracts/probation/offenders")["crn"],
    }
    assert 2 <= len(held) <= 10
    truth = read(files, "truth/person_truth")
    assert held == set(truth.loc[truth["table"] != "children", "record_id"])
    addresses = read(files, "extracts/probation/offender_addresses")["crn"]
    assert set(addresses) <= held
    assert set(OFFENDERS) == {"prison/prisoners", "probation/offenders"}


def test_children_of_strangers_alone_leave_nothing_to_find(files: FamilyFiles) -> None:
    apply(strangers_alone(), files)
    assert read(files, f"extracts/{HOME}/children").empty
    assert read(files, f"extracts/{HOME}/relationships").empty
    assert not read(files, "truth/family_truth")["child_in_cs"].any()


def test_two_authorities_hold_every_child_once_and_the_adults_of_its_own(
    files: FamilyFiles,
) -> None:
    apply(split_authority(0.4, "331"), files)
    parts = [read(files, f"extracts/childrens_services/{code}/children") for code in (330, 331)]
    assert all(len(part) > 1 for part in parts)
    assert sorted(pd.concat(parts)["person_id"]) == sorted(f"c{i}" for i in range(FAMILIES))
    ties = read(files, "extracts/childrens_services/331/relationships")
    assert set(ties["person_id"]) == set(parts[1]["person_id"])
    adults = read(files, "extracts/childrens_services/331/related_adults")
    assert set(ties["related_person_id"]) == set(adults["person_id"])
    truth = read(files, "truth/person_truth")
    assert (truth["source"] == "childrens_services/331").sum() == len(parts[1])
    assert len(truth) == 2 * FAMILIES


def test_a_cell_is_a_copy_and_the_same_every_time(files: FamilyFiles, tmp_path: Path) -> None:
    source = files.folder
    one, other = (
        family_files("half_of_adults_unknown", source, tmp_path.parent / name, 1) for name in "xy"
    )
    name = f"extracts/{HOME}/relationships"
    assert read(one, name).equals(read(other, name))
    assert not read(one, name).equals(read(files, name))
    assert len(CELLS) > 40


def links(**columns: list) -> JudgedLinks:
    ids = [f"p{i}" for i in range(len(columns["is_right"]))]
    frame = pd.DataFrame({"parent_true_id": ids, "child_true_id": ids, **columns})
    pairs = frame.loc[frame["is_right"], ["parent_true_id", "child_true_id"]]
    return JudgedLinks(frame, pairs.reset_index(drop=True), 0)


def test_figures_say_what_each_band_promised_and_kept() -> None:
    found = links(
        match_probability=[1.0] * 60 + [0.5] * 50,
        match_band=["match"] * 60 + ["potential"] * 50,
        is_right=[True] * 57 + [False] * 3 + [True] * 35 + [False] * 15,
    )
    figures = figures_of(found)
    assert figures["match: seen"] == pytest.approx(0.95)
    assert figures["potential: said"] == pytest.approx(0.5)
    assert figures["gap"] == pytest.approx(0.7 - 0.5)
    assert figures["P@.95"] == pytest.approx(0.95)
    assert figures["R@.95"] == pytest.approx(57 / 92)
    assert missed_floors(figures, cell(f1=0.9)) == ["F1@.95", "match: seen", "gap"]
    assert missed_floors(figures, cell(precision=0.95)) == ["gap"]


def test_a_handful_of_links_is_no_band_and_nothing_to_find_leaves_nothing_to_link() -> None:
    few = links(
        match_probability=[0.99] * 4, match_band=["match"] * 4, is_right=[True] * 3 + [False]
    )
    assert missed_floors(figures_of(few), cell()) == []
    wrong = links(match_probability=[0.99], match_band=["match"], is_right=[False])
    assert missed_floors(figures_of(wrong), cell()) == ["false matches"]
