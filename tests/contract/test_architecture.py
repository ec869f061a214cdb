"""The imports point one way, and every exception raised on purpose is in one tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOUNDATIONS = {"errors", "contracts"}
MAY_IMPORT = {
    "errors": set(),
    "quotation": set(),
    "contracts": {"errors"},
    "settings": FOUNDATIONS,
    "ingest": FOUNDATIONS | {"settings", "quotation"},
    "standardise": FOUNDATIONS | {"settings"},
    "linkage": {"errors", "quotation"},
    "people": FOUNDATIONS | {"settings", "linkage"},
    "family": FOUNDATIONS | {"settings", "linkage"},
    "publish": FOUNDATIONS | {"settings"},
    "store": FOUNDATIONS | {"settings"},
    "synthetic": FOUNDATIONS | {"settings"},
    "evaluate": FOUNDATIONS | {"settings"},
    "charts": {"errors", "linkage"},
}
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at any depth of nesting."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    """The room of `pipeline/` that a file lives in."""
    return path.relative_to(ROOT / "pipeline").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_rooms_it_may_know(path: Path) -> None:
    allowed = MAY_IMPORT.get(room(path))
    if allowed is None:
        pytest.skip("the command line and the package itself may import any room")
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("pipeline.")}
    assert ours - allowed - {room(path)} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_prefect_is_imported_only_in_flows(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] == "prefect"]


def test_no_dumping_ground_modules() -> None:
    forbidden = {"utils", "misc", "helpers", "common", "base"}
    assert not [path for path in MODULES if path.stem in forbidden]


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_every_exception_class_lives_in_the_error_tree() -> None:
    strays = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef) or path.name == "errors.py":
                continue
            parents = {parent.id for parent in node.bases if isinstance(parent, ast.Name)}
            if any(parent.endswith(("Error", "Exception")) for parent in parents):
                strays.append(f"{path.name}:{node.name}")
    assert strays == []
