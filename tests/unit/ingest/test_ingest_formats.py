"""The same rows, however a supplier writes them."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extract_files import (
    AS_OF,
    OTHER_PRISONER,
    PRISONER,
    column,
    csv_text,
    plain_tables,
    quarantined,
    read,
    write_parquet,
    write_tables,
)

from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest import read_extracts
from pipeline.ingest.delimited import Dialect, read_delimited
from pipeline.settings.ingest import IngestSettings

ROWS = [{**PRISONER, "last_name": "Ó Néill"}, OTHER_PRISONER]


def with_mark(folder: Path) -> str:
    (folder / "prison/prisoners.csv").write_bytes(csv_text(ROWS).encode("utf-8-sig"))
    return ""


def with_windows_line_ends(folder: Path) -> str:
    text = csv_text(ROWS).replace("\n", "\r\n")
    (folder / "prison/prisoners.csv").write_bytes(text.encode())
    return ""


def with_pipes_in_cp1252(folder: Path) -> str:
    (folder / "prison/prisoners.csv").write_bytes(csv_text(ROWS, "|").encode("cp1252"))
    return '[sources.prison.tables.prisoners]\nencoding = "cp1252"\ndelimiter = "|"\n'


def with_tabs(folder: Path) -> str:
    (folder / "prison/prisoners.csv").rename(folder / "prison/prisoners.tsv")
    (folder / "prison/prisoners.tsv").write_text(csv_text(ROWS, "\t"), encoding="utf-8")
    return ""


def with_gzip(folder: Path) -> str:
    (folder / "prison/prisoners.csv").unlink()
    (folder / "prison/prisoners.csv.gz").write_bytes(gzip.compress(csv_text(ROWS).encode()))
    return ""


def with_zip(folder: Path) -> str:
    (folder / "prison/prisoners.csv").unlink()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("any name.csv", csv_text(ROWS))
    (folder / "prison/prisoners.zip").write_bytes(buffer.getvalue())
    return ""


def with_parquet(folder: Path) -> str:
    (folder / "prison/prisoners.csv").unlink()
    write_parquet(folder / "prison/prisoners.parquet", ROWS)
    return ""


def with_parquet_folder(folder: Path) -> str:
    (folder / "prison/prisoners.csv").unlink()
    for place, row in enumerate(ROWS):
        write_parquet(folder / f"prison/prisoners/part-{place}.parquet", [row])
    return ""


def with_other_names_and_dates(folder: Path) -> str:
    renamed = [
        {
            **{name: value for name, value in row.items() if name != "prisoner_number"},
            " NOMS ID": row["prisoner_number"],
            "date_of_birth": date.fromisoformat(row["date_of_birth"]).strftime("%d/%m/%Y"),
        }
        for row in ROWS
    ]
    (folder / "prison/prisoners.csv").unlink()
    (folder / "prison/offender_extract.txt").write_text(csv_text(renamed), encoding="utf-8")
    return """[sources.prison]
    date_format = "%d/%m/%Y"
    [sources.prison.tables.prisoners]
    path = "prison/offender_extract.txt"
    columns = { prisoner_number = "NOMS ID" }
    """


def with_capital_column_names(folder: Path) -> str:
    rows = [{name.upper(): value for name, value in row.items()} for row in ROWS]
    (folder / "prison/prisoners.csv").write_text(csv_text(rows), encoding="utf-8")
    return ""


def with_a_mapping_file(folder: Path) -> str:
    (folder / "supplier.toml").write_text(
        '[tables.prisoners.columns]\nlast_name = "Family Name"\nfirst_name = "wrong"\n'
    )
    rows = [{"Family Name" if k == "last_name" else k: v for k, v in row.items()} for row in ROWS]
    (folder / "prison/prisoners.csv").write_text(csv_text(rows), encoding="utf-8")
    return """[sources.prison]
    mapping = "supplier.toml"
    tables.prisoners.columns.first_name = "first_name"
    """


WAYS = [
    with_mark, with_windows_line_ends, with_pipes_in_cp1252, with_tabs, with_gzip, with_zip,
    with_parquet, with_parquet_folder, with_other_names_and_dates, with_capital_column_names,
    with_a_mapping_file,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_same_rows_however_they_are_written(way: Callable[[Path], str], tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    (tmp_path / "sources.toml").write_text(way(tmp_path))
    found = read(tmp_path)
    assert found.left_out == ()
    assert quarantined(found) == []
    assert column(found, "prison/prisoners", "last_name") == ["Ó Néill", "Marsh"]
    assert column(found, "prison/prisoners", "date_of_birth") == ["1987-06-05", "1990-01-02"]


def test_types_of_parquet_columns_do_not_matter(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    (tmp_path / "prison/prisoners.csv").unlink()
    table = pa.table({
        "prisoner_number": pa.array(["A1001AA", "A1002AA"]).dictionary_encode(),
        "first_name": pa.array(["Ann", None], pa.large_string()),
        "last_name": ["Marsh", "Marsh"],
        "date_of_birth": pa.array([date(1990, 1, 2), None]),
        "status": ["ACTIVE IN", "ACTIVE IN"],
        "reception_date": pa.array(["2026-01-02T03:04:05", None]).cast(pa.timestamp("s")),
        "number_of_children": pa.array([2.0, float("nan")]),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "prison/prisoners.parquet")
    found = read(tmp_path)
    assert quarantined(found) == []
    assert column(found, "prison/prisoners", "date_of_birth") == ["1990-01-02", None]
    assert column(found, "prison/prisoners", "reception_date") == [date(2026, 1, 2), None]
    assert column(found, "prison/prisoners", "number_of_children") == ["2", None]


def test_lists_come_as_lists_or_as_text(tmp_path: Path) -> None:
    tables = plain_tables()
    episode = tables["childrens_services/330/episodes"][0]
    write_tables(tmp_path, tables)
    (tmp_path / "childrens_services/330/episodes.csv").write_text(
        csv_text([{**episode, "assessment_factors": "3B; 1A"}, {**episode, "status": "EH"}])
    )
    write_tables(tmp_path, {"childrens_services/331/episodes": []})
    (tmp_path / "childrens_services/331/episodes.csv").unlink()
    write_parquet(
        tmp_path / "childrens_services/331/episodes.parquet",
        [{**episode, "person_id": "D7", "assessment_factors": ["2B"]}],
    )
    found = read(tmp_path)
    factors = column(found, "childrens_services/episodes", "assessment_factors")
    assert factors == [["3B", "1A"], None, ["2B"]]


def test_sources_may_be_named_by_url_and_database_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = plain_tables()
    memory = fsspec.filesystem("memory")
    memory.pipe("/landing/330/children.csv", csv_text(tables["childrens_services/330/children"])
                .encode())  # fmt: skip
    with sqlite3.connect(tmp_path / "probation.db") as database:
        database.execute("CREATE TABLE o (crn, first_name, last_name, born, restricted)")
        database.execute("INSERT INTO o VALUES ('X1', 'Ann', 'Marsh', '1990-01-02', 0)")
    monkeypatch.setenv("TEST_DATABASE", f"sqlite:///{tmp_path / 'probation.db'}")
    query = "SELECT crn, first_name, last_name, born, restricted FROM o"
    settings = IngestSettings.model_validate({"sources": {
        "childrens_services/330": {"folder": "memory://landing/{code}"},
        "probation": {
            "format": "database", "connection_variable": "TEST_DATABASE",
            "tables": {"offenders": {"query": query, "columns": {
                "date_of_birth": "born", "is_limited_access": "restricted"}}},
        },
    }})  # fmt: skip
    found = read_extracts(settings, None, AS_OF)
    assert column(found, "probation/offenders", "is_limited_access") == [False]
    assert column(found, "childrens_services/children", "authority_code") == ["330"]
    assert {item.name for item in found.inputs} >= {"probation/offenders"}


def test_failing_query_says_neither_address_nor_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATABASE", f"sqlite:///{tmp_path}/s3cret.db")
    settings = IngestSettings.model_validate({"sources": {"probation": {
        "format": "database", "connection_variable": "TEST_DATABASE",
        "tables": {"offenders": {"query": "SELECT 'Zebediah' FROM nowhere"}},
    }}})  # fmt: skip
    with pytest.raises(ExtractError, match="TEST_DATABASE") as caught:
        read_extracts(settings, None, AS_OF)
    assert "s3cret" not in str(caught.value)
    assert "Zebediah" not in str(caught.value)
    monkeypatch.delenv("TEST_DATABASE")
    with pytest.raises(SettingsError, match="is not set"):
        read_extracts(settings, None, AS_OF)
    with pytest.raises(ExtractError, match="neither prison nor probation"):
        read_extracts(settings, None, AS_OF, without=["probation"])


def test_utf8_declared_as_something_else_is_not_misread(tmp_path: Path) -> None:
    write_tables(tmp_path, {**plain_tables(), "prison/prisoners": ROWS})
    (tmp_path / "sources.toml").write_text('[sources.prison]\nencoding = "cp1252"\n')
    with pytest.raises(ExtractError, match="is UTF-8, but its settings say encoding 'cp1252'"):
        read(tmp_path)


def test_row_numbers_count_from_the_first_row_of_data() -> None:
    data = b'a,b\n1,2\n3\n"4\n5",6\n7,8,9\n10,11\n'
    found = read_delimited(data, "a file", Dialect())
    assert found.table.to_pydict() == {"a": ["1", "4\n5", "10"], "b": ["2", "6", "11"]}
    assert found.row_numbers.tolist() == [1, 3, 5]
    assert found.ragged == ((2, ("3",)), (4, ("7", "8", "9")))


def test_row_numbers_hold_over_blocks_of_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.ingest.delimited.SMALLEST_BLOCK", 64)
    lines = [f"{number},x" for number in range(1, 200)]
    lines[149] = "150"
    data = ("a,b\n" + "\n".join(lines) + "\n").encode()
    found = read_delimited(data, "a file", Dialect())
    assert found.ragged == ((150, ("150",)),)
    assert [str(number) for number in found.row_numbers] == found.table["a"].to_pylist()


def test_manifest_that_agrees_gives_the_cut_off(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    (tmp_path / "prison/manifest.json").write_text(
        '{"tables": {"prisoners": {"rows": 2}}, "cut_off": "2026-09-28"}'
    )
    facts = {item["name"]: item for item in read(tmp_path).input_facts()}
    assert facts["prison/prisoners"]["cut_off_date"] == "2026-09-28"
    assert facts["probation/offenders"]["cut_off_date"] == ""
    (tmp_path / "sources.toml").write_text("[sources.prison]\ncut_off = 2026-09-30\n")
    with pytest.raises(ExtractError, match="it may be an old delivery"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sources.prisonn]\n", "unknown source 'prisonn'"),
        ("[sources.prison]\nencodng = 'x'\n", "encodng"),
        ("[sources.prison", "not valid TOML"),
        ("[sources.prison]\nrelationships = { Mum = 'mother' }\n", "unknown relationships"),
        ("[sources.prison]\nmapping = 'nowhere'\n", "no mapping file '"),
        ("[sources.prison]\ncolumns = { shoe_size = 'x' }\n", "shoe_size"),
    ],
)
def test_wrong_sources_file_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (write_tables(tmp_path, plain_tables()) / "sources.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert said in str(caught.value)
