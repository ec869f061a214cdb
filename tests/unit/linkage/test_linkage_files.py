"""Files in, files out, and plain words for every way a file can be wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from linkage_people import linked_tables

from pipeline.errors import LinkageError
from pipeline.linkage.files import dedupe_files, link_files
from pipeline.linkage.table_files import read_table, write_table

PEOPLE = """record_id,given_name,surname,date_of_birth,postcode
001,Ada,Brook,1990-01-02,B1 1AA
002,Ben,"Cole, Junior",1981-11-12,
003,Cyd,Dunn,1975-06-30,B3 3CC
"""
SECRETS = ("Ada", "Brook", "1990-01-02", "B1 1AA", "Cole")


@pytest.fixture(name="tables")
def _tables(tmp_path: Path) -> tuple[Path, Path]:
    left, right = linked_tables(300, seed=2)
    pq.write_table(left, tmp_path / "left.parquet")
    pacsv.write_csv(right, tmp_path / "right.csv")
    return tmp_path / "left.parquet", tmp_path / "right.csv"


def written(folder: Path, text: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_csv_is_read_as_text_and_an_empty_cell_is_null(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, PEOPLE))
    assert table["record_id"].to_pylist() == ["001", "002", "003"]
    assert table["date_of_birth"].type == pa.string()
    assert table["surname"].to_pylist()[1] == "Cole, Junior"
    assert table["postcode"].to_pylist()[1] is None


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz"])
def test_byte_order_mark_and_gzip_are_understood(tmp_path: Path, name: str) -> None:
    content = PEOPLE.encode("utf-8-sig")
    path = written(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name)
    assert read_table(path).column_names[0] == "record_id"


def test_another_id_column_takes_the_place_of_record_id(tmp_path: Path) -> None:
    path = written(tmp_path, "person,record_id,surname\n7,1,Brook\n8,1,Dunn\n")
    assert read_table(path, "person").to_pydict() == {
        "record_id": ["7", "8"], "surname": ["Brook", "Dunn"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("people.csv", b"", "is empty"),
        ("people.xlsx", b"PK", "neither .csv"),
        ("people.csv", PEOPLE.replace("record_id", "id"), "no column 'record_id'"),
        ("people.csv", PEOPLE.replace("002,", "001,"), "stand more than once, such as ['001']"),
        ("people.csv", PEOPLE.replace("002,", ","), "1 record ids are null"),
        (
            "people.csv",
            PEOPLE.replace("Ada,Brook", "Ada,Brook,Brook"),
            "1 rows with another number",
        ),
        ("people.csv", PEOPLE.encode().replace(b"Brook", b"Br\xff\xfeok"), "must be UTF-8"),
        ("people.parquet", b"PAR1 cut off", "cannot be read as Parquet"),
    ],
)
def test_a_wrong_file_is_refused_in_words_that_quote_nobody(
    tmp_path: Path, name: str, content: str | bytes, says: str
) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(LinkageError) as refusal:
        dedupe_files(path, tmp_path / "out.csv")
    assert says in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert not [secret for secret in SECRETS if secret in str(refusal.value)]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkageError, match="does not exist"):
        link_files(tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "out.csv")


@pytest.mark.parametrize(("out", "says"), [("out.xlsx", "must end in"), ("no/out.csv", "folder")])
def test_an_output_that_cannot_be_written_is_refused_first(
    tmp_path: Path, out: str, says: str
) -> None:
    with pytest.raises(LinkageError, match=says):
        dedupe_files(tmp_path / "missing.csv", tmp_path / out)


def test_an_exact_column_must_be_in_both_files(tables: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(LinkageError, match=r"left.parquet' has no columns \['tattoo'\]"):
        link_files(*tables, tmp_path / "out.csv", exact=["tattoo"])


def test_linked_files_give_the_same_pairs_as_csv_and_parquet(
    tables: tuple[Path, Path], tmp_path: Path
) -> None:
    result = link_files(*tables, tmp_path / "out.csv", threshold=0.9, one_to_one=True)
    link_files(*tables, tmp_path / "out.parquet", threshold=0.9, one_to_one=True)
    flat, whole = pacsv.read_csv(tmp_path / "out.csv"), pq.read_table(tmp_path / "out.parquet")
    assert whole.equals(result.pairs)
    assert flat["record_id_l"].to_pylist() == whole["record_id_l"].to_pylist()
    assert flat["blocking_rules"].to_pylist() == [
        "; ".join(rules) for rules in whole["blocking_rules"].to_pylist()
    ]
    assert min(whole["match_probability"].to_pylist()) >= 0.9
    assert len(list(tmp_path.glob(".unfinished-*"))) == 0


def test_a_model_file_gives_the_pairs_of_the_run_that_trained_it(
    tables: tuple[Path, Path], tmp_path: Path
) -> None:
    first = link_files(*tables, tmp_path / "out.parquet")
    first.model.save(tmp_path / "model.json")
    again = link_files(*tables, tmp_path / "again.parquet", model=tmp_path / "model.json")
    assert again.pairs.equals(first.pairs)


def test_a_specification_file_names_the_id_column(tmp_path: Path) -> None:
    left, right = linked_tables(300, seed=2)
    for name, part in (("l", left), ("r", right)):
        pq.write_table(part.rename_columns(["number", *part.column_names[1:]]),
                       tmp_path / f"{name}.parquet")  # fmt: skip
    written(tmp_path, SPEC, "spec.toml")
    paths = (tmp_path / "l.parquet", tmp_path / "r.parquet", tmp_path / "out.parquet")
    found = link_files(*paths, spec=tmp_path / "spec.toml")
    assert found.pairs.num_rows > 120
    assert [c for c in found.pairs.column_names if c.startswith("level_")] == [
        "level_surname", "level_date_of_birth",
    ]  # fmt: skip


SPEC = """
id_column = "number"
[[comparison]]
kind = "surname"
column = "surname"
[[comparison]]
kind = "date_of_birth"
column = "date_of_birth"
[[blocking_rule]]
keys = ["date_of_birth"]
[[blocking_rule]]
keys = ["surname + date_of_birth.year", "surname + date_of_birth.year_month"]
"""


def test_clusters_are_written_when_asked_for(tables: tuple[Path, Path], tmp_path: Path) -> None:
    dedupe_files(tables[0], tmp_path / "out.csv", clusters=tmp_path / "clusters.parquet")
    clusters = pq.read_table(tmp_path / "clusters.parquet")
    assert clusters.column_names == ["record_id", "cluster_id"]
    assert clusters.num_rows == 300


def test_a_table_that_cannot_be_written_leaves_no_trace(tmp_path: Path) -> None:
    class Unwritable:
        schema = None

    (tmp_path / "out.parquet").write_text("as it was")
    with pytest.raises(Exception):  # noqa: B017, PT011
        write_table(Unwritable(), tmp_path / "out.parquet")  # type: ignore[arg-type]
    assert (tmp_path / "out.parquet").read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


@pytest.mark.parametrize("marked", [(1, 4), (2, 6), (5, None)])
def test_rows_that_stray_quotation_marks_take_in_are_refused(
    marked: tuple[int, int | None], tmp_path: Path
) -> None:
    names = [f'"name {n}' if n in marked else f"name {n}" for n in range(8)]
    path = tmp_path / "people.csv"
    rows = "".join(f"{n},{name},note {n}\n" for n, name in enumerate(names))
    path.write_text(f"record_id,surname,note\n{rows}")
    with pytest.raises(LinkageError, match=f"line {marked[0] + 2}: a quotation opens"):
        read_table(path)
