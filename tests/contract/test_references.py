"""What a document or a docstring points at is there: sections, files, commands, options, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from pipeline.cli import commands
from pipeline.linkage.spec import LinkageSpec

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "docs" / "data-dictionary.md"
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if path != GENERATED),
]
SOURCES = [
    path for room in ("pipeline", "flows", "benchmarks") for path in (ROOT / room).rglob("*.py")
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOP = ("pipeline", "flows", "config", "docs", "tests", "examples", "benchmarks")
MAKE = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    """Every block of a language in the documents."""
    for path in DOCUMENTS:
        for found, text in BLOCK.findall(text_of(path)):
            if found == language:
                yield path, text


def shell_lines() -> list[str]:
    """Every command of a shell block, its lines joined and its comment cut off."""
    texts = [text for language in ("", "bash") for _, text in blocks(language)]
    lines = "\n".join(texts).replace("\\\n", " ").splitlines()
    return [line.partition(" #")[0].strip() for line in lines if line.strip()]


def test_every_section_of_the_method_that_is_cited_is_there() -> None:
    titles = set(
        re.findall(r"^#+ (?:[\d.]+ )?(.+)$", text_of(ROOT / "docs/method.md"), re.MULTILINE)
    )
    cited = [
        (path.name, " ".join(title.split()))
        for path in SOURCES
        for title in re.findall(r'docs/method\.md, "([^"]+)"', text_of(path))
    ]
    assert len(cited) >= 8
    assert [one for one in cited if one[1] not in titles] == []


def test_sections_are_cited_by_title_as_numbers_move() -> None:
    number = re.compile(r"method(\.md)?,? section \d")
    assert [path.name for path in SOURCES if number.search(text_of(path))] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(path: Path) -> None:
    text = text_of(path)
    links = re.findall(r"\]\(([^)#\s]+)", text)
    linked = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    named = re.findall(rf"`((?:{'|'.join(TOP)})/[\w./*-]+)`", text)
    missing = [name for name in named if not list(ROOT.glob(name.rstrip("/")))]
    assert linked + missing == []


@pytest.mark.parametrize("line", sorted({line for line in shell_lines() if "kinlink " in line}))
def test_every_kinlink_line_is_one_that_the_program_takes(line: str) -> None:
    words = shlex.split(line[line.index("kinlink ") :])[1:]
    command: click.Command = commands
    while isinstance(command, click.Group):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known | {"--help"}


@pytest.mark.parametrize("line", sorted({line for line in shell_lines() if "kinlink " not in line}))
def test_every_other_line_runs_a_target_or_a_module_that_is_there(line: str) -> None:
    if found := re.match(r"make ([a-z-]+)", line):
        assert found[1] in MAKE
    if found := re.search(r"python -m ([\w.]+)", line):
        assert find_spec(found[1]) is not None


def test_every_specification_that_is_shown_can_be_read(tmp_path: Path) -> None:
    shown = list(blocks("toml"))
    assert len(shown) >= 2
    for number, (_, text) in enumerate(shown):
        (tmp_path / f"{number}.toml").write_text(text, "utf-8")
        assert LinkageSpec.from_toml(tmp_path / f"{number}.toml").comparisons


def test_an_agreement_level_that_cannot_be_made_is_null_not_zero() -> None:
    row = next(
        line
        for line in text_of(ROOT / "docs/glossary.md").splitlines()
        if "agreement level" in line
    )
    assert "0 disagrees" in row
    assert "null when it cannot be made" in row
