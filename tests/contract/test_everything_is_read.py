"""Nothing is taken in that no code acts on: every configuration key, and every input table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from pipeline.contracts.inputs import INPUTS
from pipeline.errors import SettingsError
from pipeline.settings.ingest import NOT_ACTED_ON, OtherInputs, read_sources
from pipeline.settings.run import RunSettings, load_settings
from pipeline.settings.synthetic import SyntheticSettings

ROOT = Path(__file__).parents[2]
READ_BY_NAME = {
    "postcode_directory": ("pipeline/ingest/locate.py", "contract.name"),
    "related_adult": ("pipeline/people/resolve.py", "records.kind"),
    "declared_child": ("pipeline/people/resolve.py", "records.kind"),
    "noise": ("pipeline/synthetic/recording_errors.py", "name"),
    "spelling_varies": ("pipeline/synthetic/recording_errors.py", "name"),
    "tokens_reordered": ("pipeline/synthetic/recording_errors.py", "name"),
    "further_alias": ("pipeline/synthetic/justice_records.py", "'further_alias'"),
}
"""Settings read by `getattr`, each with the file and the expression that names it there."""

AFTER_INGEST = ("standardise", "people", "family", "publish")
READ_BY_INGEST_ALONE = {"protected_persons"}
"""Applied before anything else is read, and never passed on."""


def trees(*rooms: str) -> Iterator[ast.AST]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def attributes_read(tree: ast.AST) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


def read_outside_settings() -> set[str]:
    """Attributes that code reads, and what the methods of settings that it calls read for it."""
    rooms = [
        f"pipeline/{path.name}"
        for path in (ROOT / "pipeline").iterdir()
        if path.is_dir() and path.name not in ("settings", "config")
    ]
    found = set().union(*map(attributes_read, trees("flows", *rooms)))
    for tree in trees("pipeline/settings"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name in found:
                found |= attributes_read(node)
    return found


def models(model: type[BaseModel], seen: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """A settings model and all that it is made of, by name."""
    seen[model.__name__ + model.__module__] = model
    for field in model.model_fields.values():
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen.values():
                models(part, seen)
    return seen


def parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from parts(part)


SETTINGS = [*models(RunSettings, models(SyntheticSettings, {})).values()]
READ = read_outside_settings()


@pytest.mark.parametrize("model", SETTINGS, ids=lambda model: model.__name__)
def test_every_configuration_key_is_read_outside_settings(model: type[BaseModel]) -> None:
    unread = [name for name in model.model_fields if name not in READ | set(READ_BY_NAME)]
    assert unread == []


@pytest.mark.parametrize("name", READ_BY_NAME)
def test_what_is_read_by_name_is_read_where_it_is_said(name: str) -> None:
    path, expression = READ_BY_NAME[name]
    asked = [
        ast.unparse(node.args[1])
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr"
    ]
    assert expression in asked


def test_every_input_table_is_read_after_ingest() -> None:
    names = {
        node.value
        for tree in trees(*(f"pipeline/{room}" for room in AFTER_INGEST))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(INPUTS) - names - READ_BY_INGEST_ALONE) == []


@pytest.mark.parametrize("name", NOT_ACTED_ON)
@pytest.mark.parametrize("beside_extracts", [True, False], ids=["sources.toml", "configuration"])
def test_a_key_that_nothing_acts_on_is_refused_in_a_sentence(
    tmp_path: Path, name: str, beside_extracts: bool
) -> None:
    path = tmp_path / "given.toml"
    path.write_text(f'[{"" if beside_extracts else "ingest."}other]\n{name} = "file.csv"\n')
    with pytest.raises(SettingsError) as refusal:
        (read_sources if beside_extracts else load_settings)(path)
    assert f"this version does not act on '{name}' yet: remove the key" in str(refusal.value)
    assert "permitted" not in str(refusal.value)


@pytest.mark.parametrize("name", NOT_ACTED_ON)
def test_no_document_claims_what_nothing_acts_on(name: str) -> None:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    documents += (ROOT / "config").rglob("*.toml")
    assert name not in OtherInputs.model_fields
    assert [path.name for path in documents if name in path.read_text(encoding="utf-8")] == []
