"""The rates of the made-up agencies: all of them checked, all of them accounted for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings.synthetic import DEFAULT_FILE, load_synthetic_settings

RATE = re.compile(r"^\w+ = (\{.*\}|[\d.]+) *(# .*)?$")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "synthetic.toml"
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_number_says_whether_it_is_sourced_or_assumed() -> None:
    lines = DEFAULT_FILE.read_text(encoding="utf-8").splitlines()
    rates = [line for line in lines if RATE.match(line)]
    assert len(rates) > 150
    silent = [line for line in rates if not re.search(r"# (sourced|assumed)", line)]
    assert silent == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("twins = 0.016", "twins = 1.6", "families.twins"),
        ("twins = 0.016", "twin = 0.016", "families.twin"),
        ("share = 0.66", "share = 0.5", "cultures"),
        ('"1" = 0.50', '"1" = 0.90', "families.children_per_parent"),
    ],
    ids=["above one", "misspelt", "cultures do not sum to one", "shares do not sum to one"],
)
def test_a_wrong_value_is_refused_by_name(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(named)):
        load_synthetic_settings(changed(tmp_path, old, new))


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_synthetic_settings(tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match="not TOML"):
        load_synthetic_settings(changed(tmp_path, "[families]", "[families"))


def test_an_unknown_scale_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="city, demo, national"):
        load_synthetic_settings().scale("village")
