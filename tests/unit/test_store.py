"""The run folder: nothing half-written is visible, nothing published changes."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.contracts.schema import Column, TableContract
from pipeline.errors import ContractError, StoreError
from pipeline.store import RunIdentity, RunStore, Staging, checksum, read_parquet, verify_run
from pipeline.store.files import ROWS_PER_GROUP, write_csv, write_parquet
from pipeline.store.private import MARK, private_folder, remove_marked

AS_OF = date(2026, 9, 30)
NUMBERS = TableContract(
    name="numbers", description="One row per number.", sort_by=("n",),
    columns=(Column("run_id", pa.string(), "The run."), Column("n", pa.int64(), "A number.")),
)  # fmt: skip
REGISTRY = TableContract(name="registry", description="Ids.", columns=NUMBERS.columns)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "out").exclusive() as opened:
        yield opened


def numbers(run_id: str, *values: int) -> pa.Table:
    return pa.table({"run_id": [run_id] * len(values), "n": list(values)})


def identify(store: RunStore, **changes: str) -> RunIdentity:
    inputs = {"prison/prisoners": "aa", "probation/offenders": "bb", **changes}
    return store.identify(AS_OF, inputs, "settings", "0.1.0")


def staged(store: RunStore, identity: RunIdentity, *values: int) -> Staging:
    staging = store.stage(identity.run_id)
    staging.write(NUMBERS, numbers(identity.run_id, *values))
    staging.write(REGISTRY, numbers(identity.run_id, 1))
    held = {"content_hash": identity.content_hash, "previous_run_id": identity.previous_run_id}
    staging.write_document("run_manifest.json", {"identity": held})
    return staging


def publish(store: RunStore, *values: int, **changes: str) -> Path:
    return store.publish(staged(store, identify(store, **changes), *values)).path


def test_publishing_makes_the_run_current(store: RunStore) -> None:
    path = publish(store, 2, 1)
    assert store.current() == path
    assert os.readlink(store.out / "current") == f"runs/{path.name}"
    assert read_parquet(path / "numbers.parquet")["n"].to_pylist() == [1, 2]
    verify_run(path)


def test_nothing_is_visible_before_publication(store: RunStore) -> None:
    staged(store, identify(store), 1)
    assert store.current() is None
    assert list(store.runs.iterdir()) == []


def test_the_run_id_is_the_date_and_twelve_digits_of_the_content(store: RunStore) -> None:
    first = identify(store)
    assert first.run_id.startswith("2026-09-30-")
    assert len(first.run_id) == len("2026-09-30-") + 12
    assert first == identify(store)
    assert first.run_id != identify(store, **{"prison/prisoners": "changed"}).run_id
    later = store.identify(date(2026, 10, 1), {}, "settings", "0.1.0")
    assert later.run_id != store.identify(date(2026, 10, 1), {}, "other", "0.1.0").run_id
    assert later.run_id != store.identify(date(2026, 10, 1), {}, "settings", "0.2.0").run_id


def test_a_repetition_comes_to_the_same_id_and_finds_its_own_folder(store: RunStore) -> None:
    first = publish(store, 1)
    again = store.publish(staged(store, identify(store), 1))
    assert again.path == first
    assert not again.is_new
    assert len(list(store.runs.iterdir())) == 1


def test_a_changed_extract_starts_from_the_current_registry(store: RunStore) -> None:
    first = publish(store, 1)
    second = identify(store, **{"prison/prisoners": "changed"})
    assert second.previous_run_id == first.name
    registry = store.previous_registry(second)
    assert registry is not None
    assert registry.column_names == ["n"]


def test_the_first_run_has_no_registry(store: RunStore) -> None:
    first = identify(store)
    assert (first.previous_run_id, first.registry_hash) == (None, "none")
    assert store.previous_registry(first) is None


def test_a_repetition_of_a_later_run_starts_where_that_run_started(store: RunStore) -> None:
    publish(store, 1)
    second = publish(store, 2, extract="new")
    assert identify(store, extract="new").run_id == second.name


def test_the_same_id_with_other_bytes_is_refused(store: RunStore) -> None:
    path = publish(store, 1)
    with pytest.raises(StoreError, match=r"already published with other bytes.*numbers\.parquet"):
        store.publish(staged(store, identify(store), 1, 2))
    assert read_parquet(path / "numbers.parquet").num_rows == 1


def test_a_published_file_is_read_only(store: RunStore) -> None:
    path = publish(store, 1)
    modes = {file.stat().st_mode & 0o222 for file in path.rglob("*") if file.is_file()}
    assert modes == {0}


def test_a_changed_run_is_noticed_and_named(store: RunStore) -> None:
    path = publish(store, 1)
    (path / "numbers.parquet").chmod(0o644)
    (path / "numbers.parquet").write_bytes(b"something else")
    with pytest.raises(StoreError, match=r"has changed.*1 files differ \(numbers\.parquet\)"):
        verify_run(path)
    with pytest.raises(StoreError, match="has changed since"):
        store.publish(staged(store, identify(store), 1))


def test_a_failing_audit_keeps_the_run_from_being_seen(store: RunStore) -> None:
    publish(store, 1)
    before = store.current()
    staging = staged(store, identify(store, extract="new"), 2)
    with pytest.raises(StoreError, match="1 checks failed: rows are foreign"):
        store.publish(staging, [lambda folder: ["rows are foreign"]])
    assert store.current() == before


def test_a_file_touched_after_writing_is_refused(store: RunStore) -> None:
    staging = staged(store, identify(store), 1)
    write_parquet(NUMBERS.conform(numbers("x", 5)), staging.path / "numbers.parquet")
    with pytest.raises(StoreError, match=r"numbers\.parquet is not as it was written"):
        store.publish(staging)


def test_rows_of_another_run_are_refused(store: RunStore) -> None:
    identity = identify(store)
    staging = staged(store, identity, 1)
    other = TableContract(name="other", description="x", columns=NUMBERS.columns)
    staging.write(other, numbers("another-run", 1))
    with pytest.raises(StoreError, match=r"other\.parquet carries another run's id"):
        store.publish(staging)


def test_a_run_without_a_manifest_is_refused(store: RunStore) -> None:
    with pytest.raises(StoreError, match=r"run_manifest\.json was not written"):
        store.publish(store.stage("2026-09-30-aaaaaaaaaaaa"))


def test_a_table_that_breaks_its_contract_is_not_written(store: RunStore) -> None:
    staging = store.stage("r")
    with pytest.raises(ContractError):
        staging.write(NUMBERS, pa.table({"n": [1]}))
    assert list(staging.path.iterdir()) == []


def test_a_dataset_is_written_once(store: RunStore) -> None:
    staging = store.stage("r")
    staging.write(NUMBERS, numbers("r", 1))
    with pytest.raises(StoreError, match="already written"):
        staging.write(NUMBERS, numbers("r", 1))


def killed_half_way(out: Path, mask: int = 0o022) -> None:
    """A run that was killed while it wrote, its umask as given."""
    killed = multiprocessing.get_context("fork").Process(target=die_half_way, args=(out, mask))
    killed.start()
    killed.join(20)
    assert killed.exitcode == -signal.SIGKILL


def test_leftovers_of_a_killed_run_are_cleared_and_never_visible(tmp_path: Path) -> None:
    out = tmp_path / "out"
    killed_half_way(out)
    assert len(list((out / "staging").iterdir())) == 1
    assert list((out / "runs").iterdir()) == []
    assert not (out / "current").exists()
    with RunStore(out).exclusive() as store:
        own = store.open_work("r").path
        store.clear_leftovers()
        assert list((out / "staging").iterdir()) == []
        assert list((out / "work").iterdir()) == [own]


def test_a_refused_run_removes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    killed_half_way(out)
    before = sorted(out.rglob("*"))
    with pytest.raises(StoreError), RunStore(out).exclusive():
        raise StoreError("the extracts cannot be read")
    assert sorted(out.rglob("*")) == before


def test_only_folders_with_our_mark_are_removed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    killed_half_way(elsewhere)
    for name in ("work/letters/2026.txt", "work/notes.txt", "staging/site/index.html"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("the user's own")
    linked = next((elsewhere / "work").iterdir())
    (out / "work" / "link").symlink_to(linked)
    before = sorted((out / "work").rglob("*")) + sorted((out / "staging").rglob("*"))
    with RunStore(out).exclusive() as store:
        work = store.open_work("letters")
        publish(store, 1)
        store.close_work(work)
        store.clear_leftovers()
    assert sorted((out / "work").rglob("*")) + sorted((out / "staging").rglob("*")) == before
    assert (linked / "mentions.arrow").is_file()


def test_a_removal_that_was_cut_short_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = private_folder(tmp_path, "r")
    (folder / ".a").write_text("names")
    (folder / "prison").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", failing)
        assert not remove_marked(folder)
    assert [path.name for path in folder.iterdir() if path.is_file()] == [MARK]
    assert remove_marked(folder)
    assert not folder.exists()


def failing(*_: object, **__: object) -> None:
    raise OSError("the disk is away")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_all_that_a_run_writes_is_for_its_owner_alone(tmp_path: Path, mask: int) -> None:
    out = tmp_path / "out"
    before = os.umask(mask)
    try:
        with RunStore(out).exclusive() as store:
            store.open_work("r").write_table("prison/prisoners", pa.table({"n": [1]}))
            publish(store, 1)
            store.write_operations("r", {"seconds": 1})
            staged(store, identify(store, extract="new"), 2)
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    killed_half_way(out, mask)
    written = [path for path in (out, *out.rglob("*")) if not path.is_symlink()]
    assert len(written) > 15
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []
    run = (out / "current").resolve()
    assert run.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in run.iterdir()} == {0o400}


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_a_current_that_is_not_ours_is_refused_before_any_work(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "current")
    with pytest.raises(StoreError, match="no link of Kinlink's"), RunStore(tmp_path).exclusive():
        pass
    assert not (tmp_path / "current").is_symlink()


def die_half_way(out: Path, mask: int) -> None:
    os.umask(mask)
    with RunStore(out).exclusive() as store:
        store.open_work("r").write_table("mentions", pa.table({"n": [1]}))
        store.stage("r").write(NUMBERS, numbers("r", 1))
        os.kill(os.getpid(), signal.SIGKILL)


def test_two_runs_in_one_folder_do_not_meet(store: RunStore) -> None:
    other = RunStore(store.out)
    with pytest.raises(StoreError, match="another run is working"), other.exclusive():
        pass


def test_the_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    for _ in range(2):
        with RunStore(tmp_path).exclusive():
            pass


def test_an_out_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(StoreError, match="cannot be written"),
        RunStore(tmp_path / "file").exclusive(),
    ):
        pass


def test_work_tables_come_back_as_they_were_written(store: RunStore) -> None:
    work = store.open_work("r")
    work.write_tables({"prison/prisoners": pa.table({"n": [2, 1]}), "numbers": numbers("r", 1, 2)})
    assert list(work) == ["numbers", "prison/prisoners"]
    assert work["prison/prisoners"]["n"].to_pylist() == [2, 1]
    assert work["numbers"]["n"].to_pylist() == [1, 2]
    assert work.count_rows("numbers") == 2
    assert work.read_table("numbers", ["n", "absent"]).column_names == ["n"]
    assert "probation/offenders" not in work
    with pytest.raises(StoreError, match="the stage before did not run"):
        work.read_table("probation/offenders")


def test_a_table_name_cannot_leave_the_work_folder(store: RunStore) -> None:
    with pytest.raises(StoreError, match="leads out"):
        store.open_work("r").write_table("../../escaped", pa.table({"n": [1]}))


def test_a_table_in_pieces_or_without_rows_comes_back_whole(store: RunStore) -> None:
    work = store.open_work("r")
    pieces = pa.concat_tables([numbers("r", 1), numbers("r", 2, 3)])
    work.write_tables({"pieces": pieces, "none": pieces.slice(0, 0)})
    assert work["pieces"].equals(pieces)
    assert work["pieces"]["n"].num_chunks == 1
    assert work["none"].schema.equals(pieces.schema)
    assert work.count_rows("none") == 0


def test_a_truncated_table_is_an_error_that_names_the_file(store: RunStore) -> None:
    work = store.open_work("r")
    work.write_table("numbers", numbers("r", 1))
    path = work.table_path("numbers")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(StoreError, match=r"numbers\.arrow.*damaged"):
        work.read_table("numbers")


def test_work_is_open_to_its_owner_alone(store: RunStore) -> None:
    assert store.open_work("r").path.stat().st_mode & 0o077 == 0


def test_bytes_depend_on_rows_alone_not_on_their_chunks(tmp_path: Path) -> None:
    whole = pa.table({"n": list(range(5000)), "word": [f"w{n % 7}" for n in range(5000)]})
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2500), whole.slice(2501)])
    write_parquet(whole, tmp_path / "a.parquet")
    write_parquet(pieces, tmp_path / "b.parquet")
    assert checksum(tmp_path / "a.parquet") == checksum(tmp_path / "b.parquet")


def test_parquet_is_zstd_in_row_groups_of_duckdb_size(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(pa.table({"n": pa.array(range(ROWS_PER_GROUP + 1))}), path)
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(2)] == [122_880, 1]
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_checksums_are_as_sha256sum_reads_them(store: RunStore) -> None:
    path = publish(store, 1)
    lines = (path / "CHECKSUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        "numbers.parquet", "registry.parquet", "run_manifest.json",
    ]  # fmt: skip
    assert lines[0].split("  ")[0] == checksum(path / "numbers.parquet")


def test_operations_lie_outside_the_run_and_grow(store: RunStore) -> None:
    path = publish(store, 1)
    for seconds in (1.5, 2.5):
        written = store.write_operations(path.name, {"seconds": seconds})
    assert written == store.out / "operations" / f"{path.name}.json"
    assert [record["seconds"] for record in json.loads(written.read_text())] == [1.5, 2.5]
    verify_run(path)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_csv_is_taken_for_a_formula(tmp_path: Path, start: str) -> None:
    path = tmp_path / "a.csv"
    write_csv(pa.table({"name": [f"{start}1+1", "plain", None], "n": [-1, 2, 3]}), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert frame["name"].to_list()[0].startswith("'" + start.replace("\r", ""))
    assert frame["name"].to_list()[1:] == ["plain", ""]
    assert frame["n"].to_list() == ["-1", "2", "3"]


def test_csv_says_yes_and_no(tmp_path: Path) -> None:
    write_csv(pa.table({"flag": [True, False, None]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8-sig").split() == ["flag", "yes", "no", '""']
