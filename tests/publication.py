"""A made-up run, small enough to work out by hand, for tests of publication and disclosure.

Prison holds Adam Fell (A1, in custody in Birmingham) and Beth Gorse (B2, released). Probation knows
Adam too (X1), and Carl Heath (X3, restricted record, on licence). Authority 330 holds Dora Fell
(twice: C1, C9) and Evan Gorse (C2); authority 331 holds Dora as well (K1), and Finn Heath (K3).
Adam names Dora, and Gwen Fell whom no authority knows. Beth's child Hugh is 19.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.contracts.family import FAMILY_LINKS
from pipeline.contracts.schema import TableContract
from pipeline.contracts.stages import (
    DECLARED_CHILD_LINKS,
    MENTION_ADDRESSES,
    MENTION_PERSONS,
    MENTIONS,
    PERSON_KINDS,
    RELATIONSHIP_TABLE,
)
from pipeline.people.persons import Clusters, persons_table
from pipeline.publish import Context, PseudonymKey, RunTables, read_reference
from pipeline.settings.publish import PublishSettings

AS_OF = date(2026, 9, 30)
RUN_ID = "2026-09-30-0123456789ab"
KEY = PseudonymKey(b"a key for this test and for nothing else")

ADAM, BETH, CARL = "P-adam", "P-beth", "P-carl"
DORA, EVAN, FINN, HUGH = "C-dora", "C-evan", "C-finn", "C-hugh"
DORA_DECLARED, GWEN = "D-dora", "D-gwen"
ADAM_AS_ADULT, CARL_AS_ADULT = "R-adam", "R-carl"

NAMES = ("adam", "beth", "carl", "dora", "evan", "finn", "gwen", "hugh", "fell", "gorse", "heath")
BIRTHS = (
    "1985-05-05", "1980-01-01", "1990-12-31", "2015-03-04", "2020-10-01", "2012-02-02",
    "2007-01-01",
)  # fmt: skip
HIDDEN = ("Hidden Lane", "B99 9ZZ", "B1 1AA", "B2 2BB")


def stage_links() -> pa.Table:
    """The links: each states a parent, and so the probability of one."""
    stated = [{**row, "relationship_probability": row["match_probability"]} for row in LINK_ROWS]
    return rows_of(FAMILY_LINKS, stated)


def rows_of(contract: TableContract, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table of a contract; a column that a row leaves out is null, false, or empty."""
    fill = {
        column.name: None if column.is_nullable else plain_value(column.type)
        for column in contract.columns
    }
    complete = [{**fill, **row} for row in rows]
    return contract.conform(pa.Table.from_pylist(complete, schema=contract.to_arrow()))


def plain_value(kind: pa.DataType) -> Any:
    """What a column holds where a test does not care."""
    if pa.types.is_list(kind):
        return []
    if pa.types.is_boolean(kind):
        return False
    return "" if pa.types.is_string(kind) else 0


def mention(
    number: int, source: str, table: str, record_id: str, role: str, **more: Any
) -> dict[str, Any]:
    """One mention."""
    authority = source.split("/")[1] if "/" in source else None
    return {
        "mention_id": number, "source": source, "table": table, "record_id": record_id,
        "role": role, "authority_code": authority, **more,
    }  # fmt: skip


def person(given: str, surname: str, born: str | None, sex: str) -> dict[str, Any]:
    """What a mention says of a person."""
    return {"given_name": given, "surname": surname, "date_of_birth": born, "sex": sex}


CS330, CS331 = "childrens_services/330", "childrens_services/331"
ADAM_IS, BETH_IS = person("ADAM", "FELL", BIRTHS[0], "M"), person("BETH", "GORSE", BIRTHS[1], "F")
CARL_IS = person("CARL", "HEATH", BIRTHS[2], "M")
DORA_IS, EVAN_IS = person("DORA", "FELL", BIRTHS[3], "F"), person("EVAN", "GORSE", BIRTHS[4], "M")
FINN_IS, HUGH_IS = person("FINN", "HEATH", BIRTHS[5], "M"), person("HUGH", "GORSE", BIRTHS[6], "M")

MENTION_ROWS = [
    mention(0, "prison", "prisoners", "A1", "offender", **ADAM_IS, ethnicity_code="W1"),
    mention(1, "prison", "prisoners", "B2", "offender", **BETH_IS, ethnicity_code="B1"),
    mention(2, "probation", "offenders", "X1", "offender", **ADAM_IS),
    mention(3, "probation", "offenders", "X3", "offender", **CARL_IS, is_limited_access=True),
    mention(4, "prison", "prisoner_contacts", "11", "declared_child", owner_mention_id=0,
            **DORA_IS),
    mention(5, "prison", "prisoner_contacts", "12", "declared_child", owner_mention_id=0,
            given_name="GWEN", surname="FELL", age_years=7.0),
    mention(6, "prison", "visit_visitors", "V3#0a1b2c3d", "visitor", owner_mention_id=0, **DORA_IS),
    mention(7, CS330, "children", "C1", "child", **DORA_IS, ethnicity_code="WBRI"),
    mention(8, CS330, "children", "C9", "child", **DORA_IS),
    mention(9, CS330, "children", "C2", "child", **EVAN_IS, ethnicity_code="BCRB"),
    mention(10, CS331, "children", "K1", "child", **DORA_IS),
    mention(11, CS331, "children", "K3", "child", **FINN_IS),
    mention(12, CS330, "children", "C4", "child", **HUGH_IS),
    mention(13, CS331, "related_adults", "AD7", "related_adult", **ADAM_IS),
    mention(14, CS331, "related_adults", "AD8", "related_adult", **CARL_IS),
]  # fmt: skip

PERSON_OF = [
    (0, ADAM, "offender"), (1, BETH, "offender"), (2, ADAM, "offender"), (3, CARL, "offender"),
    (4, DORA_DECLARED, "declared_child"), (5, GWEN, "declared_child"),
    (6, DORA_DECLARED, "declared_child"), (7, DORA, "child"), (8, DORA, "child"),
    (9, EVAN, "child"), (10, DORA, "child"), (11, FINN, "child"), (12, HUGH, "child"),
    (13, ADAM_AS_ADULT, "related_adult"), (14, CARL_AS_ADULT, "related_adult"),
]  # fmt: skip

LINK_ROWS = [
    {"parent_id": ADAM, "child_id": DORA, "match_probability": 0.997, "match_band": "match",
     "relationship": "parent", "relationship_basis": "declared_prison+la_recorded",
     "declared_person_id": DORA_DECLARED, "related_adult_id": ADAM_AS_ADULT,
     "evidence_summary": ["declared_name_agrees", "declared_birth_date_agrees",
                          "recorded_name_similar", "same_surname"]},
    {"parent_id": BETH, "child_id": EVAN, "match_probability": 0.6, "match_band": "potential",
     "relationship": "parent", "relationship_basis": "inferred", "lead": "address",
     "evidence_summary": ["same_address"], "conflicts": ["rival_offender"]},
    {"parent_id": BETH, "child_id": HUGH, "match_probability": 0.98, "match_band": "match",
     "relationship": "parent", "relationship_basis": "inferred"},
    {"parent_id": CARL, "child_id": FINN, "match_probability": 0.96, "match_band": "match",
     "relationship": "parent", "relationship_basis": "la_recorded",
     "related_adult_id": CARL_AS_ADULT},
    {"parent_id": CARL, "child_id": EVAN, "match_probability": 0.05, "match_band": "low",
     "relationship": "parent", "relationship_basis": "inferred"},
]  # fmt: skip


def persons_of(mentions: pa.Table) -> pa.Table:
    """The persons as resolving people writes them, of these mentions in the order of PERSON_OF."""
    ids = [person_id for _, person_id, _ in PERSON_OF]
    clusters = Clusters(
        labels=np.array([ids.index(person_id) for person_id in ids]),
        kinds=np.array([PERSON_KINDS.index(kind) for _, _, kind in PERSON_OF], np.int8),
        confidence=np.full(len(ids), np.nan),
        agreements=np.full(len(ids), -1, np.int8),
    )
    return persons_table(mentions, clusters, pa.array(ids))


def stage_tables() -> dict[str, pa.Table]:
    """The tables that earlier stages leave."""
    persons = [{"mention_id": m, "person_id": p, "kind": k} for m, p, k in PERSON_OF]
    stated = [
        {"subject_mention_id": 4, "object_mention_id": 0, "relationship": "child"},
        {"subject_mention_id": 5, "object_mention_id": 0, "relationship": "child"},
        {"subject_mention_id": 14, "object_mention_id": 11, "relationship": "parent",
         "is_restricted": True},
    ]  # fmt: skip
    found = [{"declared_person_id": DORA_DECLARED, "child_id": DORA, "offender_id": ADAM,
              "match_probability": 0.99}]  # fmt: skip
    homes = [
        {"mention_id": 0, "address": "1 Hidden Lane", "postcode": "B1 1AA", "kind": "home"},
        {"mention_id": 7, "address": "1 Hidden Lane", "postcode": "B2 2BB", "kind": "home"},
        {"mention_id": 9, "address": "9 Hidden Lane", "postcode": "B99 9ZZ", "kind": "refuge",
         "is_confidential": True},
    ]  # fmt: skip
    counts = pa.table({
        "mention_id": [0, 1], "number_of_children_raw": ["3", "2 - Hugh and Ivy"],
        "parsed_count": [3, 2], "parse_status": ["exact", "approximate"],
    })  # fmt: skip
    return {
        "mentions": rows_of(MENTIONS, MENTION_ROWS),
        "persons": persons_of(rows_of(MENTIONS, MENTION_ROWS)),
        "mention_persons": rows_of(MENTION_PERSONS, persons),
        "mention_addresses": rows_of(MENTION_ADDRESSES, homes),
        "relationships": rows_of(RELATIONSHIP_TABLE, stated),
        "declared_child_links": rows_of(DECLARED_CHILD_LINKS, found),
        "family_links": stage_links(),
        "declared_counts": counts,
    }


def table(columns: str, *rows: tuple[Any, ...]) -> pa.Table:
    """A table from rows; columns ending `_date` are dates, even where all are null."""
    names = columns.split()
    arrays = [
        pa.array([row[i] for row in rows], pa.date32() if name.endswith("_date") else None)
        for i, name in enumerate(names)
    ]
    return pa.table(arrays, names=names)


def extracts() -> dict[str, pa.Table]:
    """Extracts in the contract's form, as ingest leaves them."""
    return {
        "prison/prisoners": table(
            "prisoner_number prison_id status reception_date release_date",
            ("A1", "BMI", "ACTIVE IN", date(2026, 1, 1), None),
            ("B2", "OUT", "INACTIVE OUT", date(2025, 1, 1), date(2025, 6, 1)),
        ),
        "prison/custody_periods": table(
            "prisoner_number start_date end_date prison_id",
            ("A1", date(2026, 1, 1), date(2026, 5, 1), "HEI"),
            ("A1", date(2026, 5, 1), None, "BMI"),
            ("B2", date(2025, 1, 1), date(2025, 6, 1), "FHI"),
        ),
        "prison/prisoner_alerts": table(
            "prisoner_number alert_code is_active", ("A1", "C1", True), ("B2", "C1", False)
        ),
        "prison/visits": table(
            "visit_id prisoner_number visit_date visit_type status",
            ("V1", "A1", date(2026, 9, 1), "SCON", "NORM"),
            ("V2", "A1", date(2026, 8, 1), "SCON", "VISITOR"),
            ("V3", "A1", date(2026, 2, 1), "SCON", "NORM"),
            ("V4", "A1", date(2026, 9, 2), "OFFI", "NORM"),
        ),
        "prison/visit_visitors": table(
            "visit_id contact_id outcome",
            ("V1", "11", "ATT"), ("V2", "11", "ABS"), ("V3", None, None), ("V4", "11", "ATT"),
        ),
        "probation/supervision_periods": table(
            "crn start_date end_date order_type",
            ("X1", date(2024, 1, 1), date(2024, 12, 1), "COMMUNITY"),
            ("X3", date(2026, 7, 1), None, "LICENCE"),
        ),
        "childrens_services/children": table(
            "authority_code person_id first_name last_name date_of_birth sex",
            ("330", "C1", "Dora", "Fell", "2015-03-04", "F"),
            ("330", "C9", "Dora", "Fell", "2015-03-04", "F"),
            ("330", "C2", "=Evan", "Gorse", "2020-10-01", "M"),
            ("330", "C4", "Hugh", "Gorse", "2007-01-01", "M"),
            ("331", "K1", "Dorah", "Fell", "2015-03-04", "F"),
            ("331", "K3", "Finn", "Heath", "2012-02-02", "M"),
        ),
        "childrens_services/episodes": table(
            "authority_code person_id status start_date end_date primary_need_code "
            "assessment_factors",
            ("330", "C1", "CIN", date(2026, 1, 1), None, "N1", ["3B", "7A"]),
            ("330", "C2", "CP", date(2025, 1, 1), date(2025, 2, 1), "N8", None),
            ("331", "K1", "CP", date(2026, 3, 1), None, "N8", ["1A"]),
        ),
        "postcode_directory": table(
            "postcode authority_code latitude longitude",
            ("B1 1AA", "330", 52.48, -1.90), ("B22BB", "331", 52.50, -1.90),
        ),
    }  # fmt: skip


def made_up_context(**settings: Any) -> Context:
    """The made-up run, ready to be published."""
    chosen = PublishSettings(**settings)
    return Context(
        tables=RunTables({**stage_tables(), **extracts()}), run_id=RUN_ID, as_of=AS_OF,
        settings=chosen, reference=read_reference(chosen.reference_path), key=KEY,
    )  # fmt: skip


def number_of(tables: RunTables, person_id: str) -> int:
    """The number of a person in the tables of a run."""
    return int(tables.persons.ids.index(person_id).as_py())


def changed(context: Context, **tables: pa.Table) -> Context:
    """The same run with other tables."""
    return replace(context, tables=RunTables({**context.tables, **tables}))
