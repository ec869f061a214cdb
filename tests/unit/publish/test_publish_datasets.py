"""Every dataset of the made-up run, its figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from publication import (
    ADAM,
    BETH,
    CARL,
    DORA,
    EVAN,
    FINN,
    GWEN,
    HUGH,
    KEY,
    LINK_ROWS,
    RUN_ID,
    changed,
    made_up_context,
    rows_of,
)

from pipeline.contracts.family import FAMILY_LINKS
from pipeline.contracts.intake import INPUT_PROFILE, QUARANTINE
from pipeline.errors import ContractError
from pipeline.publish import Context, build_datasets
from pipeline.publish.authority_lists import authority_lists
from pipeline.publish.children import children
from pipeline.publish.declared_children import (
    declared_children,
    plain_counts,
    unlinked_declared,
)
from pipeline.publish.frames import frame, with_run_id
from pipeline.publish.linked_families import linked_families
from pipeline.publish.person_map import person_map
from pipeline.publish.quality import quality
from pipeline.publish.run_tables import RunTables


def key_of(person_id: str) -> str:
    return KEY.pseudonyms("analyst", pd.Series([person_id]))[0]


def by_key(table: pa.Table, column: str, *person_ids: str) -> list[dict[str, Any]]:
    """The rows of some people, in the order asked for."""
    rows = {row[column]: row for row in table.to_pylist()}
    return [rows[key_of(person_id)] for person_id in person_ids]


@pytest.fixture(scope="module")
def run() -> Context:
    return made_up_context()


def test_every_dataset_keeps_its_contract_and_carries_the_run(run: Context) -> None:
    for dataset in build_datasets(run):
        conformed = dataset.contract.conform(dataset.table)
        assert conformed.schema.equals(dataset.contract.to_arrow(), check_metadata=True)
        assert conformed.num_rows == dataset.table.num_rows
        assert set(dataset.table["run_id"].to_pylist()) <= {RUN_ID}


def test_the_same_tables_in_another_row_order_give_the_same_datasets(run: Context) -> None:
    backwards = {
        name: table.take(list(range(table.num_rows))[::-1]) for name, table in run.tables.items()
    }
    for one, other in zip(
        build_datasets(run), build_datasets(changed(run, **backwards)), strict=True
    ):
        if one.contract.name not in ("family_links", "persons"):
            assert one.table.equals(other.table), one.contract.name


def test_person_map_gives_a_surely_found_declared_child_the_child_s_id(run: Context) -> None:
    rows = person_map(run).to_pylist()
    found = {(row["table"], row["record_id"]): row["person_id"] for row in rows}
    assert found["prisoner_contacts", "11"] == DORA
    assert found["visit_visitors", "V3#0a1b2c3d"] == DORA
    assert found["prisoner_contacts", "12"] == GWEN
    assert found["prisoners", "A1"] == found["offenders", "X1"] == ADAM
    assert len(rows) == 15


def test_person_map_keeps_a_doubtful_declared_child_apart() -> None:
    rows = person_map(made_up_context(declared_child_probability=0.995)).to_pylist()
    assert "D-dora" in {row["person_id"] for row in rows if row["record_id"] == "11"}


def test_a_contact_of_two_prisoners_is_mapped_once(run: Context) -> None:
    mentions = run.tables["mentions"]
    twice = pa.concat_tables([mentions, mentions.slice(4, 1)])
    assert person_map(changed(run, mentions=twice)).num_rows == 15


def test_linked_families_describes_custody_distance_and_visits(run: Context) -> None:
    rows = {(r["parent_key"], r["child_key"]): r for r in linked_families(run).to_pylist()}
    adam = rows[key_of(ADAM), key_of(DORA)]
    assert adam["custody_status"] == "in_custody"
    assert adam["custody_days"] == 272  # 1 January to 30 September
    assert adam["prison_region"] == "West Midlands"
    assert (adam["parent_age_band"], adam["child_age_band"]) == ("40-49", "10-15")
    assert (adam["parent_ethnic_group"], adam["child_ethnic_group"]) == ("White", "White")
    # Birmingham prison to 52.50 north is 2 miles; the visit of February is 7 months ago.
    assert (adam["child_miles"], adam["distance_band"], adam["distance_basis"]) == (
        2, "0-24", "postcode",
    )  # fmt: skip
    assert (adam["visits_90_days"], adam["visits_365_days"]) == (1, 2)
    assert adam["child_visits_365_days"] == 2
    assert adam["is_contact_lost"] is False
    assert adam["authority_code"] == "331"  # the child protection plan outranks the need


def test_linked_families_has_every_band_and_nulls_for_who_is_not_held(run: Context) -> None:
    rows = {(r["parent_key"], r["child_key"]): r for r in linked_families(run).to_pylist()}
    assert len(rows) == len(LINK_ROWS)
    carl = rows[key_of(CARL), key_of(EVAN)]
    assert carl["match_band"] == "low"
    assert carl["custody_status"] == "on_licence"
    held = ("custody_days", "prison_region", "child_miles", "distance_band", "distance_basis",
            "is_contact_lost")  # fmt: skip
    assert [carl[name] for name in held] == [None] * len(held)


def test_contact_is_lost_without_a_late_visit_and_unknown_without_the_extract(run: Context) -> None:
    visits = run.tables["prison/visits"]
    early = visits.slice(2, 1)  # February alone
    rows = linked_families(changed(run, **{"prison/visits": early}))
    assert by_key(rows, "parent_key", ADAM)[0]["is_contact_lost"] is True
    rows = linked_families(changed(run, **{"prison/visits": visits.slice(0, 0)}))
    adam = by_key(rows, "parent_key", ADAM)[0]
    assert (adam["visits_365_days"], adam["is_contact_lost"]) == (None, None)


def test_a_child_with_a_confidential_address_is_measured_from_the_authority(run: Context) -> None:
    links = run.tables["family_links"].to_pylist()
    links.append({**links[0], "parent_id": ADAM, "child_id": EVAN})
    rows = linked_families(changed(run, family_links=rows_of(FAMILY_LINKS, links)))
    evan = next(
        r for r in rows.to_pylist()
        if (r["parent_key"], r["child_key"]) == (key_of(ADAM), key_of(EVAN))
    )  # fmt: skip
    assert evan["distance_basis"] == "authority"
    assert evan["child_miles"] is not None


def test_children_are_those_linked_and_those_declared(run: Context) -> None:
    table = children(run)
    dora, evan, finn, gwen = by_key(table, "child_key", DORA, EVAN, FINN, GWEN)
    assert table.num_rows == 4  # Hugh is 19
    assert (dora["case_status"], dora["authority_count"], dora["match_band"]) == ("CP", 2, "match")
    assert (dora["match_parents"], dora["declaring_parents"]) == (1, 1)
    assert dora["has_parent_in_custody"]
    assert not dora["has_parent_on_supervision"]
    assert (evan["potential_parents"], evan["match_band"]) == (1, "potential")
    assert evan["case_status"] == "closed"
    assert evan["has_young_carer_factor"] is None
    assert finn["has_parent_on_supervision"]
    assert finn["case_status"] == "not known"
    assert not gwen["is_in_childrens_services"]
    assert (gwen["case_status"], gwen["match_band"], gwen["authority_code"]) == (
        "not known", None, None,
    )  # fmt: skip
    assert (gwen["declaring_parents"], gwen["age_band"]) == (1, "5-9")


def test_a_child_who_has_died_is_in_no_dataset_of_children(run: Context) -> None:
    mentions = run.tables["mentions"].to_pylist()
    for row in mentions:
        if row["record_id"] == "C2":
            row["death_date"] = "2026-01-05"
    schema = run.tables["mentions"].schema
    bereaved = changed(run, mentions=pa.Table.from_pylist(mentions, schema=schema))
    assert key_of(EVAN) not in children(bereaved)["child_key"].to_pylist()
    lists = {one.authority_code: one.table for one in authority_lists(bereaved)}
    assert lists["330"]["child_person_id"].to_pylist() == ["C1"]


def test_declared_children_compares_what_is_stated_named_and_found(run: Context) -> None:
    adam, beth = by_key(declared_children(run), "parent_key", ADAM, BETH)
    counts = ("raw_count", "parsed_count", "named", "linked", "unlinked", "unnamed",
              "unlinked_declared")  # fmt: skip
    assert [adam[name] for name in counts] == ["3", 3, 2, 1, 1, 1, 2]
    assert [beth[name] for name in counts] == ["(text withheld)", 2, 0, 0, 0, 2, 2]


@pytest.mark.parametrize(
    ("stated", "named", "linked", "left"),
    [
        (3, 2, 1, 2),
        (1, 2, 1, 1),
        (None, 2, 0, 2),
        (1, 2, 2, 0),
    ],
    ids=["more stated than named", "more named than stated", "none stated", "all found"],
)  # fmt: skip
def test_unlinked_declared_are_the_stated_or_named_beyond_those_found(
    stated: int | None, named: int, linked: int, left: int
) -> None:
    columns = (pd.Series([stated], dtype="Int32"), pd.Series([named]), pd.Series([linked]))
    assert unlinked_declared(*columns).tolist() == [left]


def test_declared_children_without_a_table_of_counts_still_counts_names(run: Context) -> None:
    tables = {name: table for name, table in run.tables.items() if name != "declared_counts"}
    plain = Context(RunTables(tables), RUN_ID, run.as_of, run.settings, run.reference, run.key)
    (adam,) = declared_children(plain).to_pylist()
    assert (adam["named"], adam["parsed_count"], adam["unnamed"]) == (2, None, None)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("3", "3"), (" 2 + 1 step ", "2 + 1 step"), ("none", "none"), ("?", "?"),
        ("Two sons, 1 daughter", "Two sons, 1 daughter"), ("3 (Tom)", "(text withheld)"),
        ("Nora", "(text withheld)"), ("Tenny", "(text withheld)"), ("1" * 50, "(text withheld)"),
    ],
)  # fmt: skip
def test_a_stated_count_is_shown_only_where_it_is_plainly_one(raw: str, shown: str) -> None:
    assert plain_counts(pd.Series([raw])).to_list() == [shown]


def test_quality_counts_bands_missing_values_and_match_rates(run: Context) -> None:
    found = {(r["section"], r["measure"], r["group"]): r["value"] for r in quality(run).to_pylist()}
    assert found["input_profile", "rows", "childrens_services/children"] == 6
    assert found["bands", "links", "match"] == 3
    assert found["bands", "links_by_basis", "potential: inferred"] == 1
    assert found["missingness", "date_of_birth", "prison: declared_child"] == 0.5
    assert found["unlinkable", "share", "prison: declared_child"] == 0
    assert found["match_rate", "declared_children_found", "all"] == 0.5
    assert found["match_rate", "children_in_band_match", "authority: 330"] == 0.5
    assert found["match_rate", "offenders_in_band_match", "sex: F"] == 1
    assert found["disclosure", "links", "limited_access: withhold"] == 1


def test_quality_names_quarantine_reasons_and_blocking_rules(run: Context) -> None:
    wrong = ("prison", "visits", 1, "V1", "future_date", "visit_date", "value")
    extra = {
        "quarantine": pa.Table.from_pylist(
            [dict(zip(QUARANTINE.column_names, wrong, strict=True))] * 2,
            schema=QUARANTINE.to_arrow(),
        ),
        "person_links": pa.table({
            "kind": ["offender", "offender", "child"],
            "blocking_rules": [["pnc", "name"], ["pnc"], []],
        }),
    }  # fmt: skip
    rows = quality(changed(run, **extra)).to_pylist()
    found = {(r["section"], r["measure"], r["group"]): r["value"] for r in rows}
    assert found["quarantine", "problems_value", "prison/visits: future_date"] == 2
    assert found["pairs", "pairs_kept", "offender: pnc"] == 2
    assert found["pairs", "pairs_kept", "offender: name"] == 1


def test_quality_passes_on_how_well_columns_are_filled(run: Context) -> None:
    filled = dict(zip(INPUT_PROFILE.column_names, ("prison", "visits", "status", 4, 0.75, 0.25),
                      strict=True))  # fmt: skip
    profile = pa.Table.from_pylist([filled], schema=INPUT_PROFILE.to_arrow())
    rows = quality(changed(run, input_profile=profile)).to_pylist()
    found = {(r["measure"], r["group"]): r["value"] for r in rows}
    assert found["filled_share", "prison/visits.status"] == 0.75
    assert found["invalid_share", "prison/visits.status"] == 0.25


def test_a_run_without_links_publishes_empty_datasets(run: Context) -> None:
    empty = changed(run, family_links=FAMILY_LINKS.empty())
    rows = {d.contract.name + d.partition: d.table.num_rows for d in build_datasets(empty)}
    assert rows["linked_families"] == rows["matched_childrenrecipient=330"] == 0
    assert rows["children"] == 2  # Dora and Gwen, as declared


def test_a_stage_table_that_lacks_a_column_is_named(run: Context) -> None:
    broken = run.tables["family_links"].drop_columns(["match_band"])
    with pytest.raises(ContractError, match=r"'family_links' lacks columns \['match_band'\]"):
        linked_families(changed(run, family_links=broken))


def test_an_absent_table_is_empty_and_lists_become_text() -> None:
    assert frame(RunTables({}), "prison/visits", ("visit_id", "visit_date")).empty
    lists = RunTables({"t": pa.table({"codes": [["a", "b"], [], None]})})
    codes = frame(lists, "t", ("codes",))["codes"]
    assert codes.to_list()[:2] == ["a,b", ""]
    assert codes.isna().to_list() == [False, False, True]


def test_run_id_is_added_in_front_and_to_no_rows_too() -> None:
    table = with_run_id(pa.table({"n": [1, 2]}), "r")
    assert table.to_pydict() == {"run_id": ["r", "r"], "n": [1, 2]}
    assert with_run_id(pa.table({"n": pa.array([], pa.int64())}), "r").num_rows == 0


def test_hugh_is_linked_and_is_no_child(run: Context) -> None:
    assert key_of(HUGH) in linked_families(run)["child_key"].to_pylist()
    assert key_of(HUGH) not in children(run)["child_key"].to_pylist()
