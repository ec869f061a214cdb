"""The blocks of the README that read a run, run on one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flow_runs import ROOT, Ran

BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_python_block_of_the_readme_runs(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "demo").symlink_to(ran.out)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})


def test_the_readme_names_files_that_a_run_holds(ran: Ran) -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("## What comes out")[2]
    named = re.findall(r"`([a-z_]+\.(?:parquet|json))`", table.partition("\n## ")[0])
    assert len(named) >= 10
    assert [name for name in named if not (ran.run / name).is_file()] == []
