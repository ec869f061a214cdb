"""The files of the made-up agencies: the same bytes each time, true to the contracts and truth."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline.contracts.inputs import INPUTS
from pipeline.contracts.suppression import rows_check
from pipeline.errors import SettingsError
from pipeline.ingest import Ingested, read_extracts
from pipeline.settings.ingest import IngestSettings, read_sources
from pipeline.settings.synthetic import Scale, SyntheticSettings, load_synthetic_settings
from pipeline.synthetic import synthesise

SMALL = Scale(prisoners=300, probationers=450, children=1_500,
              authority_codes=("330", "331", "332", "333"))  # fmt: skip
RECORD = ["source", "table", "record_id"]


@pytest.fixture(scope="module")
def settings() -> SyntheticSettings:
    usual = load_synthetic_settings()
    families = usual.families.model_copy(update={"protected": 0.02, "adopted": 0.03})
    return usual.model_copy(update={"families": families, "scales": {"small": SMALL}})


@pytest.fixture(scope="module")
def extracts(settings: SyntheticSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("extracts")
    synthesise(out, "small", 4, settings)
    return out


@pytest.fixture(scope="module")
def ingested(extracts: Path, settings: SyntheticSettings) -> Ingested:
    return read_extracts(IngestSettings(), extracts, settings.as_of)


def checksums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth(extracts: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(extracts / "truth" / f"{name}.parquet")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_people(
    extracts: Path, settings: SyntheticSettings, tmp_path: Path
) -> None:
    synthesise(tmp_path / "again", "small", 4, settings)
    assert checksums(tmp_path / "again") == checksums(extracts)
    synthesise(tmp_path / "other", "small", 5, settings)
    other, same = checksums(tmp_path / "other"), checksums(extracts)
    unchanged = {name for name in other if other[name] == same.get(name)}
    assert unchanged == {"protected_persons.salt", "sources.toml"}


def test_every_format_occurs(extracts: Path) -> None:
    names = [str(path.relative_to(extracts)) for path in extracts.rglob("*") if path.is_file()]
    for ending in (".csv", ".csv.gz", ".csv.zip", "/children.parquet", "/children/part-0.parquet"):
        assert any(name.endswith(ending) for name in names), ending
    assert (extracts / "prison" / "prisoners.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    sources = read_sources(extracts / "sources.toml").sources
    assert {source.relationship_vocabulary for source in sources.values()} >= {
        "mosaic", "liquidlogic", "eclipse", "plain",
    }  # fmt: skip
    assert {source.encoding for source in sources.values()} >= {"cp1252", "utf-8"}


def test_ingest_reads_every_source_and_sets_nothing_aside(ingested: Ingested) -> None:
    assert ingested.left_out == ()
    assert ingested.quarantine.num_rows == 0
    for name in INPUTS:
        if name != "protected_persons":
            assert ingested.tables[name].num_rows > 0, name


def test_every_relationship_word_is_understood(ingested: Ingested) -> None:
    relationships = ingested.tables["childrens_services/relationships"]
    found = set(relationships["relationship"].to_pylist())
    assert {"parent", "step_parent", "grandparent", "sibling", "carer", "other"} == found


def test_protected_and_adopted_leave_no_record(extracts: Path, ingested: Ingested) -> None:
    withheld = truth(extracts, "withheld_records")
    assert set(withheld["reason"]) == {"protected", "adopted"}
    keys = {"prisoners": "prisoner_number", "offenders": "crn", "children": "person_id",
            "related_adults": "person_id", "prisoner_contacts": "contact_id",
            "personal_contacts": "contact_id"}  # fmt: skip
    agency = withheld["source"].str.partition("/")[0]
    for (agency_name, table), rows in withheld.groupby([agency, "table"]):
        if table in keys:
            held = ingested.tables[f"{agency_name}/{table}"][keys[table]].to_pylist()
            assert not set(held) & set(rows["record_id"]), table


def test_the_truth_knows_every_record_that_is_left(extracts: Path, ingested: Ingested) -> None:
    known = truth(extracts, "person_truth")
    assert not known.duplicated(RECORD).any()
    for name, key in (("prison/prisoners", "prisoner_number"), ("probation/offenders", "crn"),
                      ("childrens_services/children", "person_id")):  # fmt: skip
        agency, table = name.split("/")
        mine = known[(known["table"] == table) & known["source"].str.startswith(agency)]
        assert set(ingested.tables[name][key].to_pylist()) == set(mine["record_id"])


def test_nothing_joins_a_child_before_and_after_adoption(extracts: Path) -> None:
    adoptions, families = truth(extracts, "adoptions"), truth(extracts, "family_truth")
    assert len(adoptions) == round(0.03 * 1_500)
    assert not set(adoptions["before_true_id"]) & set(adoptions["after_true_id"])
    both = set(adoptions["before_true_id"]) | set(adoptions["after_true_id"])
    assert not set(families["child_true_id"]) & both


def test_the_truth_of_families_adds_up(extracts: Path) -> None:
    families, known = truth(extracts, "family_truth"), truth(extracts, "person_truth")
    witnessed = families["nominated"] | families["parent_listed_in_cs"]
    assert (families["findable"] == (families["child_in_cs"] & witnessed)).all()
    in_services = set(known.loc[known["table"] == "children", "true_person_id"])
    assert (families["child_in_cs"] == families["child_true_id"].isin(in_services)).all()
    offenders = known.loc[known["table"].isin(["prisoners", "offenders"]), "true_person_id"]
    assert families["parent_true_id"].isin(set(offenders)).all()


def test_no_log_line_names_anyone(
    settings: SyntheticSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        synthesise(tmp_path, "small", 4, settings)
    assert [re.sub(r"[\d.]+", "#", record.message) for record in caplog.records] == [
        "made-up agencies: # people, # offenders, # sources, # findable pairs, # s"
    ]


def test_list_of_protected_persons_ends_with_its_check_row(
    extracts: Path, settings: SyntheticSettings
) -> None:
    hashes = pd.read_csv(extracts / "protected_persons.csv")["identifier_hash"].tolist()
    assert len(hashes) > 10
    assert hashes[-1] == rows_check(len(hashes) - 1, settings.salt)
    assert read_sources(extracts / "sources.toml").other.protected_persons == str(
        extracts / "protected_persons.csv"
    )


def test_extracts_of_another_scale_are_not_mixed_in(
    extracts: Path, settings: SyntheticSettings
) -> None:
    fewer = Scale(prisoners=30, probationers=40, children=150, authority_codes=("330",))
    other = settings.model_copy(update={"scales": {"fewer": fewer}})
    before = checksums(extracts)
    with pytest.raises(SettingsError, match=r"3 authorities that this scale .*\(331, 332, 333\)"):
        synthesise(extracts, "fewer", 4, other)
    assert checksums(extracts) == before
