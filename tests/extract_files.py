"""Small folders of extracts for tests: made-up people, one file a table, in the contract's form."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.ingest import Ingested, LastRun, read_extracts
from pipeline.ingest.ingested import NO_RUN
from pipeline.settings.ingest import IngestSettings

AS_OF = date(2026, 9, 30)
Row = Mapping[str, Any]

SECRETS = ("Zebediah", "Quillfeather", "1987-06-05", "05/06/1987", "Tamsin", "14 Larkspur Close")
"""Personal values in the extracts below; no error, log line or quarantine row may hold one."""

PRISONER = {
    "prisoner_number": "A1001AA", "first_name": "Zebediah", "last_name": "Quillfeather",
    "date_of_birth": "1987-06-05", "status": "ACTIVE IN", "prison_id": "BMI", "sex": "M",
}  # fmt: skip
OTHER_PRISONER = {
    **PRISONER, "prisoner_number": "A1002AA", "first_name": "Jude", "last_name": "Marsh",
    "date_of_birth": "1990-01-02",
}  # fmt: skip
CONTACT = {
    "prisoner_number": "A1001AA", "contact_id": "901", "first_name": "Tamsin",
    "last_name": "Quillfeather", "date_of_birth": "2015-03-04", "relationship_code": "DAU",
    "is_active": "true",
}  # fmt: skip
OFFENDER = {
    "crn": "X100001", "first_name": "Zebediah", "last_name": "Quillfeather",
    "date_of_birth": "1987-06-05", "is_limited_access": "false", "prisoner_number": "A1001AA",
}  # fmt: skip
CHILD = {
    "person_id": "C1", "first_name": "Tamsin", "last_name": "Quillfeather",
    "date_of_birth": "2015-03-04", "sex": "F", "upn": "B801200005001", "former_upn": None,
    "is_adopted": "false",
}  # fmt: skip
ADULT = {
    "person_id": "P1", "first_name": "Zebediah", "last_name": "Quillfeather",
    "date_of_birth": "1987-06-05", "sex": "M",
}  # fmt: skip
RELATIONSHIP = {"person_id": "C1", "related_person_id": "P1", "relationship": "Father"}
ADDRESS = {
    "person_id": "C1", "address": "14 Larkspur Close", "postcode": "B1 1AA", "address_type": "Home"
}  # fmt: skip
EPISODE = {"person_id": "C1", "status": "CIN", "start_date": "2026-01-10"}

Tables = dict[str, list[Row]]


def plain_tables() -> Tables:
    """One family known to prison, probation and the authority 330; another child at 331."""
    return {
        "prison/prisoners": [PRISONER, OTHER_PRISONER],
        "prison/prisoner_contacts": [CONTACT],
        "probation/offenders": [OFFENDER],
        "childrens_services/330/children": [CHILD],
        "childrens_services/330/related_adults": [ADULT],
        "childrens_services/330/relationships": [RELATIONSHIP],
        "childrens_services/330/addresses": [ADDRESS],
        "childrens_services/330/episodes": [EPISODE],
        "childrens_services/331/children": [{**CHILD, "person_id": "D7", "upn": None}],
    }


def csv_text(rows: Sequence[Row], delimiter: str = ",") -> str:
    """Rows as CSV; null is empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def write_tables(folder: Path, tables: Mapping[str, Sequence[Row]]) -> Path:
    """Each table as a UTF-8 CSV file in the folder's layout."""
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(csv_text(rows), encoding="utf-8")
    return folder


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """Rows as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)


def read(
    folder: Path, without: Sequence[str] = (), last: LastRun = NO_RUN, **settings: Any
) -> Ingested:
    """Ingest a folder of extracts as of AS_OF."""
    return read_extracts(IngestSettings.model_validate(settings), folder, AS_OF, without, last)


def leave_out_when_broken(folder: Path, *sources: str) -> Path:
    """Have the folder's settings go on without these sources when they are broken."""
    with (folder / "sources.toml").open("a") as file:
        file.writelines(f'[sources."{one}"]\nwhen_broken = "leave_out"\n' for one in sources)
    return folder


def quarantined(found: Ingested) -> list[tuple[str, str, int, str, str | None, str]]:
    """(source, table, row number, reason, column, consequence) of everything set aside."""
    names = ("source", "table", "row_number", "reason", "column", "consequence")
    return list(zip(*(found.quarantine[name].to_pylist() for name in names), strict=True))


def column(found: Ingested, table: str, name: str) -> list[Any]:
    """One column of an ingested table."""
    return list(found.tables[table][name].to_pylist())


def everything_said(found: Ingested) -> str:
    """Every word that ingest says about the extracts, beside the contract tables themselves."""
    tables = (found.quarantine, found.profile, found.remarks)
    said = (found.inputs, found.input_facts(), found.left_out)
    return " ".join([*(str(table.to_pylist()) for table in tables), *map(str, said)])


def assert_nothing_personal(text: str) -> None:
    """No personal value of the extracts above stands in the text."""
    assert [secret for secret in SECRETS if secret.lower() in text.lower()] == []
