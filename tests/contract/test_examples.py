"""The scripts in examples/ run, and find what they say they find."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_toolkit_example_links_febrl(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "toolkit.py"))
    printed = dict(re.findall(r"^([a-z ]+) (\d\.\d+)$", capsys.readouterr().out, re.MULTILINE))
    assert float(printed["blocking recall"]) > 0.999
    assert float(printed["precision"]) > 0.999
    assert float(printed["recall"]) > 0.985
    assert float(printed["precision expected of the links"]) > 0.995
