"""Files that cannot be read: the run is held, or goes on without and says so; nothing personal."""

from __future__ import annotations

import gzip
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extract_files import (
    CHILD,
    OFFENDER,
    OTHER_PRISONER,
    PRISONER,
    assert_nothing_personal,
    column,
    csv_text,
    everything_said,
    leave_out_when_broken,
    plain_tables,
    read,
    write_parquet,
    write_tables,
)

from pipeline.errors import ExtractError, SettingsError
from pipeline.ingest import Ingested, LastRun

Damage = Callable[[Path], None]

PRISONERS = Path("prison/prisoners.csv")


def remove(folder: Path) -> None:
    (folder / PRISONERS).unlink()


def empty(folder: Path) -> None:
    (folder / PRISONERS).write_bytes(b"")


def only_blank_lines(folder: Path) -> None:
    (folder / PRISONERS).write_bytes(b"\n\n  \n")


def without_surname(folder: Path) -> None:
    rows = [{name: value for name, value in PRISONER.items() if name != "last_name"}]
    (folder / PRISONERS).write_text(csv_text(rows))


def without_header(folder: Path) -> None:
    text = csv_text([PRISONER]).splitlines(keepends=True)
    (folder / PRISONERS).write_text("".join(text[1:] * 2))


def in_another_encoding(folder: Path) -> None:
    text = csv_text([{**PRISONER, "last_name": "Quillfeather-Ó"}])
    (folder / PRISONERS).write_bytes(text.encode("cp1252"))


def in_utf16(folder: Path) -> None:
    (folder / PRISONERS).write_bytes(csv_text([PRISONER]).encode("utf-16"))


def with_another_delimiter(folder: Path) -> None:
    (folder / PRISONERS).write_text(csv_text([PRISONER], delimiter="|"))


def with_an_open_quote(folder: Path) -> None:
    text = csv_text([PRISONER]).replace("Zebediah", '"Zebediah') + csv_text([OFFENDER])
    (folder / PRISONERS).write_text(text)


def with_two_stray_quotes(folder: Path) -> None:
    text = csv_text([PRISONER, *[OTHER_PRISONER] * 5, PRISONER])
    (folder / PRISONERS).write_text(text.replace("Zebediah", '"Zebediah'))


def with_two_stray_ends(folder: Path) -> None:
    text = csv_text([PRISONER, *[OTHER_PRISONER] * 5, PRISONER]).splitlines()
    text[1] = text[1].replace("Zebediah", '"Zebediah')
    text[-1] = text[-1].replace("Zebediah", 'Zebediah"')
    (folder / PRISONERS).write_text("\n".join(text) + "\n")


def truncated_parquet(folder: Path) -> None:
    remove(folder)
    path = folder / "prison/prisoners.parquet"
    write_parquet(path, [PRISONER] * 50)
    path.write_bytes(path.read_bytes()[:-40])


def empty_parquet(folder: Path) -> None:
    remove(folder)
    (folder / "prison/prisoners.parquet").write_bytes(b"")


def truncated_gzip(folder: Path) -> None:
    remove(folder)
    packed = gzip.compress(csv_text([PRISONER] * 50).encode())
    (folder / "prison/prisoners.csv.gz").write_bytes(packed[:-20])


def zip_that_is_none(folder: Path) -> None:
    remove(folder)
    (folder / "prison/prisoners.csv.zip").write_bytes(b"PK not a zip Zebediah")


def twice(folder: Path) -> None:
    write_parquet(folder / "prison/prisoners.parquet", [PRISONER])


def repeated_column(folder: Path) -> None:
    text = csv_text([PRISONER]).replace("first_name", "last_name", 1)
    (folder / PRISONERS).write_text(text)


def manifest_of_more_rows(folder: Path) -> None:
    (folder / "prison/prisoners.csv.manifest.json").write_text('{"rows": 900}')


def manifest_of_another_file(folder: Path) -> None:
    text = '{"tables": {"prisoners": {"sha256": "' + "0" * 64 + '"}}}'
    (folder / "prison/manifest.json").write_text(text)


def manifest_that_is_none(folder: Path) -> None:
    (folder / "prison/manifest.json").write_text("rows: 2")


def column_of_structures(folder: Path) -> None:
    remove(folder)
    rows = [{**PRISONER, "first_name": {"name": "Zebediah"}}]
    write_parquet(folder / "prison/prisoners.parquet", rows)


def parquet_text_in_another_encoding(folder: Path) -> None:
    remove(folder)
    raw = pa.array([b"Quillfeather\xd3"], pa.binary()).view(pa.string())
    table = pa.table({**{name: [value] for name, value in PRISONER.items()}, "last_name": raw})
    pq.write_table(table, folder / "prison/prisoners.parquet")


CASES: dict[str, tuple[Damage, str]] = {
    "a column holds structures": (column_of_structures, "column 'first_name': type struct"),
    "Parquet text is not UTF-8": (parquet_text_in_another_encoding, "text that is not UTF-8"),
    "the main table is missing": (remove, "no table 'prisoners'"),
    "the file is empty": (empty, "is empty"),
    "the file holds only blank lines": (only_blank_lines, "is empty"),
    "a required column is missing": (without_surname, "required column 'last_name'"),
    "there is no header": (without_header, "required column 'prisoner_number'"),
    "the encoding is not the one declared": (in_another_encoding, "is not utf-8 text (line 2)"),
    "the encoding is UTF-16": (in_utf16, "is not utf-8 text"),
    "the delimiter is not the one declared": (with_another_delimiter, "check the delimiter"),
    "a quotation is never closed": (with_an_open_quote, "line 2: a quotation opens"),
    "two stray quotation marks": (with_two_stray_quotes, "line 2: a quotation opens"),
    "two stray marks that end values": (
        with_two_stray_ends,
        "line 2: a quotation opens",
    ),
    "the Parquet file is truncated": (truncated_parquet, "no readable Parquet file"),
    "the Parquet file is empty": (empty_parquet, "no readable Parquet file"),
    "the gzip file is truncated": (truncated_gzip, "damaged or incomplete gzip"),
    "the zip file is no zip": (zip_that_is_none, "damaged or incomplete zip"),
    "the table is there twice": (twice, "has table 'prisoners' 2 times"),
    "a column name is there twice": (repeated_column, "more than once in its header"),
    "the manifest announces more rows": (manifest_of_more_rows, "2 rows where 900 were announced"),
    "the manifest is of another file": (manifest_of_another_file, "announced checksum"),
    "the manifest is no manifest": (manifest_that_is_none, "is not JSON"),
}


@pytest.mark.parametrize("case", CASES)
def test_broken_extract_holds_the_run_and_is_named(case: str, tmp_path: Path) -> None:
    damage, reason = CASES[case]
    damage(write_tables(tmp_path, plain_tables()))
    with pytest.raises(ExtractError) as caught:
        read(tmp_path)
    said = str(caught.value)
    assert "nothing is published" in said
    assert "\n  prison: " in said
    assert reason in said
    assert "prisoners" in said
    assert "--without prison" in said
    assert_nothing_personal(said)


@pytest.mark.parametrize("case", CASES)
def test_broken_extract_is_left_out_aloud_where_the_settings_say_so_of_its_source(
    case: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage, reason = CASES[case]
    damage(leave_out_when_broken(write_tables(tmp_path, plain_tables()), "prison"))
    with caplog.at_level(logging.INFO):
        found = read(tmp_path)
    assert [(one.source, one.reason) for one in found.left_out] == [("prison", "broken")]
    assert reason in found.left_out[0].sentence
    assert "prisoners" in found.left_out[0].sentence
    assert found.left_out[0].sentence in caplog.text
    assert found.tables["prison/prisoners"].num_rows == 0
    assert found.tables["prison/prisoner_contacts"].num_rows == 0
    assert found.tables["probation/offenders"].num_rows == 1
    assert found.tables["childrens_services/children"].num_rows == 2
    assert left_out_remarks(found) == ["prison"]
    assert_nothing_personal(everything_said(found) + caplog.text)


def left_out_remarks(found: Ingested) -> list[str]:
    """The sources of which the remarks say that they were left out."""
    return [row["source"] for row in found.remarks.to_pylist() if row["kind"] == "source_left_out"]


def test_source_is_left_out_by_choice_whether_it_is_broken_or_not(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    (tmp_path / "prison/prisoners.csv").write_bytes(b"")
    found = read(tmp_path, without=["prison", "childrens_services/331"])
    assert [(one.source, one.reason) for one in found.left_out] == [
        ("childrens_services/331", "chosen"),
        ("prison", "chosen"),
    ]
    assert column(found, "childrens_services/children", "authority_code") == ["330"]
    assert left_out_remarks(found) == ["childrens_services/331", "prison"]


def test_source_left_out_makes_another_run(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    whole = read(tmp_path).input_facts()[-1]
    without = read(tmp_path, without=["prison"]).input_facts()[-1]
    assert whole["name"] == without["name"] == "ingest_settings"
    assert whole["checksum"] != without["checksum"]


def test_source_that_there_is_not_cannot_be_left_out(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    with pytest.raises(SettingsError, match=r"--without names prisonn, .* prison, probation"):
        read(tmp_path, without=["prisonn"])


def test_source_of_the_last_run_that_is_gone_holds_the_run(tmp_path: Path) -> None:
    write_tables(tmp_path, plain_tables())
    shutil.rmtree(tmp_path / "childrens_services/331")
    last = LastRun(frozenset({"prison", "probation", "childrens_services/331"}))
    with pytest.raises(ExtractError, match="source 'childrens_services/331' has no table"):
        read(tmp_path, last=last)
    found = read(tmp_path, without=["childrens_services/331"], last=last)
    assert column(found, "childrens_services/children", "authority_code") == ["330"]


def test_the_last_run_had_what_its_manifest_says_even_where_it_was_left_out() -> None:
    manifest = {
        "inputs": [
            {"name": "prison/prisoners"},
            {"name": "childrens_services/330/children"},
            {"name": "postcode_directory"},
            {"name": "ingest_settings"},
        ],
        "sources_left_out": [{"source": "probation", "reason": "chosen"}],
        "has_protected_persons": True,
    }
    sources = {"prison", "childrens_services/330", "probation"}
    assert LastRun.of(manifest) == LastRun(frozenset(sources), True)


def test_broken_authority_may_be_left_out_and_the_other_is_used(tmp_path: Path) -> None:
    leave_out_when_broken(write_tables(tmp_path, plain_tables()), "childrens_services/330")
    (tmp_path / "childrens_services/330/episodes.csv").write_bytes(b"")
    found = read(tmp_path)
    assert found.tables["childrens_services/children"]["authority_code"].to_pylist() == ["331"]
    assert found.tables["childrens_services/related_adults"].num_rows == 0
    said = found.left_out[0].sentence
    assert "'" + str(tmp_path / "childrens_services/330/episodes.csv") in said


def test_authority_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["childrens_services/999/children"] = [CHILD]
    write_tables(tmp_path, tables)
    with pytest.raises(ExtractError, match="no authority in England or Wales has the DfE code"):
        read(tmp_path)
    codes = column(
        read(tmp_path, without=["childrens_services/999"]),
        "childrens_services/children",
        "authority_code",
    )
    assert codes == ["330", "331"]


def test_without_prison_and_probation_nothing_can_be_done(tmp_path: Path) -> None:
    leave_out_when_broken(write_tables(tmp_path, plain_tables()), "prison", "probation")
    (tmp_path / "prison/prisoners.csv").write_bytes(b"")
    (tmp_path / "probation/offenders.csv").write_bytes(b"crn\nX100001\n")
    with pytest.raises(ExtractError) as caught:
        read(tmp_path)
    assert "neither prison nor probation" in str(caught.value)
    assert "is empty" in str(caught.value)
    assert "'last_name'" in str(caught.value)


def test_without_any_authority_nothing_can_be_done(tmp_path: Path) -> None:
    write_tables(tmp_path, {"prison/prisoners": [PRISONER]})
    with pytest.raises(ExtractError, match="no authority has an extract"):
        read(tmp_path)


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="is not there"):
        read(tmp_path / "nowhere")


def test_absent_optional_table_counts_as_empty_and_is_reported(tmp_path: Path) -> None:
    found = read(write_tables(tmp_path, plain_tables()))
    assert found.left_out == ()
    assert found.tables["prison/visits"].num_rows == 0
    absent = [
        (row["source"], row["table"])
        for row in found.remarks.to_pylist()
        if row["kind"] == "table_absent"
    ]
    assert ("prison", "visits") in absent
    assert ("probation", "personal_contacts") in absent
    assert ("prison", "prisoner_contacts") not in absent


def test_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    tables = plain_tables()
    write_tables(tmp_path, tables)
    header = csv_text(tables["prison/prisoner_contacts"]).splitlines()[0]
    (tmp_path / "prison/prisoner_contacts.csv").write_text(header + "\n")
    found = read(tmp_path)
    assert found.left_out == ()
    assert found.tables["prison/prisoner_contacts"].num_rows == 0


def test_misspelt_file_name_is_reported(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["prison/prisoner_contact"] = tables.pop("prison/prisoner_contacts")
    found = read(write_tables(tmp_path, tables))
    kinds = {row["kind"]: row["remark"] for row in found.remarks.to_pylist()}
    assert "prisoner_contact.csv" in kinds["file_ignored"]


def test_most_rows_with_the_same_fault_are_the_formats_fault(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["prison/prisoners"] = [
        {**PRISONER, "prisoner_number": f"A{number:04}AA", "date_of_birth": "05/06/1987"}
        for number in range(200)
    ]
    with pytest.raises(ExtractError, match="200 of 200 rows have the same fault") as caught:
        read(write_tables(tmp_path, tables))
    assert "(date_invalid" in str(caught.value)
    assert "date_format" in str(caught.value)
    assert_nothing_personal(str(caught.value))
