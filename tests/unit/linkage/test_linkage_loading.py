"""Commands that link files load no more than they use; whatever else runs here is not misled."""

from __future__ import annotations

import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.linkage.loading import left_out

ROOT = Path(__file__).parents[3]
LINK_AND_TELL = """
import sys
from pipeline.cli import main
main()
print(sorted({"pandas", "scipy.linalg"} & set(sys.modules)))
"""
PANDAS_AFTERWARDS = """
from pipeline.linkage.loading import load_arrow_alone
load_arrow_alone()
import pandas as pd, pyarrow as pa
table = pa.table({"given_name": ["Ann", None], "n": [1, None]})
frame = table.to_pandas()
print(type(frame).__module__.split(".")[0], pa.Table.from_pandas(frame, table.schema).equals(table))
"""


def run(code: str, *arguments: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_linking_two_files_loads_neither_pandas_nor_linear_algebra(tmp_path: Path) -> None:
    rows = "record_id,given_name,surname,date_of_birth\n" + "".join(
        f"{n},Given{n},Surname{n},19{n + 10}-01-0{n + 1}\n" for n in range(5)
    )
    for name in ("left.csv", "right.csv"):
        (tmp_path / name).write_text(rows)
    files = [str(tmp_path / name) for name in ("left.csv", "right.csv", "pairs.csv")]
    said = run(LINK_AND_TELL, "link", files[0], files[1], "--out", files[2])
    assert said.splitlines()[-1] == "[]"
    assert (tmp_path / "pairs.csv").exists()


def test_pandas_works_afterwards_where_it_is_wanted() -> None:
    assert run(PANDAS_AFTERWARDS).split() == ["pandas", "True"]


def test_a_left_out_module_is_there_again_afterwards() -> None:
    sys.modules.pop("wave", None)
    with left_out("wave"), pytest.raises(ModuleNotFoundError, match="left out"):
        import_module("wave")
    assert import_module("wave").__name__ == "wave"


def test_other_threads_see_every_module() -> None:
    seen: list[str] = []

    def look() -> None:
        seen.append(import_module("wave").__name__)

    sys.modules.pop("wave", None)
    with left_out("wave"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == ["wave"]
