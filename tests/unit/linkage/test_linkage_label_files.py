"""Labels as people write them down, and the commands that take them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from linkage_people import linked_tables

from pipeline.cli import commands
from pipeline.errors import LinkageError
from pipeline.linkage.label_files import read_label_file
from pipeline.linkage.model import TrainedModel

TEXT = pa.table({"record_id": ["a", "b", "07"]})
NUMBERS = pa.table({"record_id": pa.array([1, 2, 7], pa.int32())})
HEADER = "record_id_l,record_id_r,is_match,weight,note\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_file_is_read_whatever_words_say_true_or_false(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "a,07,True,2.5,\nb,a, no ,1,x\na,b,,1,\nb,07,0,4,\n")
    labels = read_label_file(path, [TEXT, TEXT])
    assert labels["is_match"].to_pylist() == [True, False, None, False]
    assert labels["weight"].to_pylist() == [2.5, 1, 1, 4]
    assert labels["record_id_r"].to_pylist() == ["07", "a", "b", "07"]


def test_ids_take_the_type_of_each_table(tmp_path: Path) -> None:
    labels = read_label_file(written(tmp_path, HEADER + "7,07,yes,1,\n"), [NUMBERS, TEXT])
    assert labels["record_id_l"].type == pa.int32()
    assert labels["record_id_r"].to_pylist() == ["07"]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    given = pa.table({"record_id_l": [1, 2], "record_id_r": [2, 7], "is_match": [True, None]})
    pq.write_table(given, tmp_path / "labels.parquet")
    labels = read_label_file(tmp_path / "labels.parquet", [NUMBERS])
    assert labels["is_match"].to_pylist() == [True, None]
    assert labels["record_id_l"].to_pylist() == [1, 2]


def test_words_that_say_neither_are_counted_and_not_quoted(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "a,b,yes,1,\na,07,Brook?,1,\nb,07,maybe,1,\n")
    with pytest.raises(LinkageError) as refused:
        read_label_file(path, [TEXT])
    assert "2 cells are neither true nor false, such as those of rows [2, 3]" in str(refused.value)
    assert "Brook" not in str(refused.value)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    left, right = linked_tables(300, seed=2)
    pq.write_table(left, folder / "left.parquet")
    pacsv.write_csv(right, folder / "right.csv")
    pq.write_table(pa.concat_tables([left, right]), folder / "both.parquet")
    ids = left["record_id"].to_pylist()[:30]
    lines = [f"{one},r{one[1:]},true" for one in ids]
    lines += [f"{one},r{other[1:]},false" for one, other in pairwise(ids)]
    (folder / "judged.csv").write_text("record_id_l,record_id_r,is_match\n" + "\n".join(lines))
    return folder


def kinlink(folder: Path, command: str) -> Result:
    words = [str(folder / word) if "." in word else word for word in command.split()]
    return CliRunner().invoke(commands, words)


@pytest.mark.parametrize(
    ("command", "pairs", "matches"),
    # Thirteen of the thirty second records are exact copies of the first.
    [("link left.parquet right.csv", 59, 30), ("dedupe both.parquet", 46, 17)],
)
def test_the_commands_take_labels_and_say_what_they_were_good_for(
    folder: Path, command: str, pairs: int, matches: int
) -> None:
    done = kinlink(folder, f"{command} --labels judged.csv --out out.csv --save-model model.json")
    assert done.exit_code == 0, done.output
    said = f"labels: of {pairs} labelled pairs (exact copies as one) {matches} that match and 0"
    assert said in done.output
    assert TrainedModel.load(folder / "model.json").provenance.labels == pairs


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("", "is empty"),
        ("record_id_l,is_match\nl00001,true\n", "no columns ['record_id_r']"),
        ("record_id_l,record_id_r,is_match\n", "no rows"),
        ("record_id_l,record_id_r,is_match\nl00001,r00001,\n", "all 1 rows are empty"),
        ("record_id_l,record_id_r,is_match\nl00001,r00001,perhaps\n", "neither true nor false"),
        ("record_id_l,record_id_r,is_match\nl99999,r00001,true\n", "such as ['l99999']"),
        ("record_id_l,record_id_r,is_match,weight\nl00001,r00001,true,often\n", "is no number"),
        ("record_id_l,record_id_r,is_match,weight\nl00001,r00001,true,0\n", "not above 0"),
        (
            "record_id_l,record_id_r,is_match\nl00001,r00001,true\nl00001,r00001,false\n",
            "1 labelled pairs are said to be one person and also not to be",
        ),
    ],
)
def test_bad_labels_are_refused_and_nothing_is_written(
    folder: Path, labels: str, says: str
) -> None:
    (folder / "bad.csv").write_text(labels)
    done = kinlink(folder, "link left.parquet right.csv --labels bad.csv --out refused.csv")
    assert isinstance(done.exception, LinkageError)
    assert says in str(done.exception)
    assert not (folder / "refused.csv").exists()


def test_a_missing_label_file_is_refused(folder: Path) -> None:
    done = kinlink(folder, "link left.parquet right.csv --labels none.csv --out refused.csv")
    assert "none.csv' does not exist" in str(done.exception)


@pytest.mark.parametrize("command", ["link", "dedupe"])
def test_help_says_what_a_label_is(command: str) -> None:
    said = " ".join(CliRunner().invoke(commands, [command, "--help"]).output.split())
    assert "record_id_l, record_id_r, is_match" in said
