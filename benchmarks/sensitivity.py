"""What the constants set by hand do: each is moved, alone, over a range, on open sets.

In: a folder of data sets with known true pairs, as for `quality`. Out: a table with a row for each
value tried: the largest change of F1 at .95 over the sets and the set it was on, the lowest
precision at .95 and the largest calibration error. Kinlink is run in this process, one run for each
set and value, with the constant exchanged wherever the engine reads it. It must not judge which
value is best: the sets are a yardstick, and nothing is tuned to them.

    python -m benchmarks sensitivity DATA_FOLDER [SET ...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.accuracy import Accuracy, accuracy
from benchmarks.sets import OpenSet, find_sets
from benchmarks.tables import markdown, write_results

ENGINE = "pipeline.linkage"
LOWEST = 0.01
COLUMNS = {
    "constant": "", "is": "", "tried": "", "F1 changes by": "+.4f", "on": "",
    "lowest precision": ".4f", "largest cal. error": ".4f",
}  # fmt: skip


@dataclass(frozen=True)
class Constant:
    """A number that somebody chose.

    Attributes:
        home: Module under `pipeline.linkage`, with what holds it there if not the module itself
            (`comparisons:FAMILY`); `settings` for a field of `LinkageSettings`.
        name: Its name there.
        tried: Values to try in its place.
    """

    home: str
    name: str
    tried: tuple[Any, ...]

    @property
    def title(self) -> str:
        """How the table calls it."""
        return f"{self.home.replace(':', '.')}.{self.name}"


CONSTANTS = (
    Constant("settings", "dependence", (0.5, 0.8, 0.95)),
    Constant("settings", "component_floor", (0.05, 0.2)),
    Constant("settings", "max_component", (200, 1_000)),
    Constant("settings", "pairs_per_record", (10.0, 40.0)),
    Constant("settings", "random_pairs", (250_000, 4_000_000)),
    Constant("settings", "seed", (2, 3)),
    Constant("settings", "tolerance", (1e-4, 1e-2)),
    Constant("learning.beliefs", "M_STRENGTH", (10.0, 200.0)),
    Constant("learning.beliefs", "MOST_DISAGREEMENT", (0.4, 0.7)),
    Constant("learning.beliefs", "TIMES_BELIEVED", (4.0, 10.0)),
    Constant("learning.beliefs", "U_STRENGTH", (20.0, 500.0)),
    Constant("comparisons:FAMILY", "m_share", (0.5, 0.9)),
    Constant("comparisons:FAMILY", "prior_pairs", (5.0, 100.0)),
    Constant("comparisons:PLACE", "m_share", (0.6, 0.95)),
    Constant("comparisons:PLACE", "prior_pairs", (5.0, 100.0)),
    Constant("learning.estimate", "U_FLOOR", (0.01, 0.2)),
    Constant("learning.estimate", "MOVED_STRENGTH", (2.0, 50.0)),
    Constant("learning.frequency", "CREDIT_LIMIT", (5.0, 10.0)),
    Constant("learning.frequency", "SEEN_LESS", (0.25, 0.75)),
    Constant("learning.frequency", "RAREST", (0.1, 0.5)),
    Constant("learning.strangers", "SEEN_ONCE_MORE", (1.0, 5.0)),
    Constant("learning.ties", "INDEPENDENT", (0.2, 5.0)),
    Constant("learning.ties", "CHANCE", (1.0, 4.0)),
    Constant("learning.ties", "FEW_PAIRS", (5.0, 30.0)),
    Constant("learning.error_types", "LIMIT", (0.5, 3.0)),
    Constant("learning.error_types", "STRENGTH", (10.0, 200.0)),
    Constant("learning.error_types", "STRENGTH_SHARE", (0.002, 0.05)),
    Constant("learning.affinity", "MOST_BY_CHANCE", (0.5, 2.0)),
    Constant("learning.affinity", "SHAPE", (0.2, 5.0)),
    Constant("learning.spectrum", "PARTS", (12, 48)),
    Constant("learning.spectrum", "DAMPING", (2.0, 20.0)),
    Constant("learning.spectrum", "OF_CHANCE", (1.05, 1.4)),
    Constant("learning.affinity", "LARGEST", (4.0, 10.0)),
    Constant("learning.lists", "LONG_LIST", (5, 15)),
    Constant("learning.training", "KEPT_PROBABILITY", (1e-5, 1e-3)),
    Constant("deciding.duplicates", "DUPLICATES_ALLOWED", (0.01, 0.05)),
    Constant("deciding.assign", "UNMATCHED_FLOOR", (0.01, 0.1)),
    Constant("deciding.cluster", "BELIEVED_CORRELATION", (0.3, 0.8)),
    Constant("deciding.cluster", "BELIEF_GROUPS", (10, 200)),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("data_folder", type=Path, help="folder of data sets with known true pairs")
    parser.add_argument("sets", nargs="*", help="only these sets")
    parser.add_argument("--constants", nargs="+", help="only these, by name (M_STRENGTH)")
    parser.add_argument("--out", type=Path, help="also write the rows here, as JSON")


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Move each constant and print what it does.

    Raises:
        FileNotFoundError: There is no such set.
    """
    sets = find_sets(options.data_folder, options.sets)
    names = options.constants or [constant.name for constant in CONSTANTS]
    chosen = [constant for constant in CONSTANTS if constant.name in names]
    with tempfile.TemporaryDirectory(prefix="kinlink-bench-") as scratch:
        rows = moved(sets, chosen, Path(scratch))
    print(markdown(rows, COLUMNS))
    if options.out:
        write_results(options.out, "sensitivity", rows)
    return rows


def moved(
    sets: Sequence[OpenSet], constants: Sequence[Constant], scratch: Path
) -> list[dict[str, Any]]:
    """A row for each value tried; the first has every constant as it is."""
    usual = [linked(found, {}, scratch) for found in sets]
    rows = [_row(Constant("", "as they are", ()), "", "", (sets, usual, usual))]
    for constant in constants:
        for value in constant.tried:
            with exchanged(constant, value) as settings:
                now = [linked(found, settings, scratch) for found in sets]
            rows.append(_row(constant, current(constant), value, (sets, usual, now)))
        print(f"{constant.title} done", file=sys.stderr, flush=True)
    return rows


def _row(
    constant: Constant,
    value: Any,
    tried: Any,
    found: tuple[Sequence[OpenSet], Sequence[Accuracy], Sequence[Accuracy]],
) -> dict[str, Any]:
    sets, usual, now = found
    changes = [after.f1 - before.f1 for before, after in zip(usual, now, strict=True)]
    most = max(range(len(sets)), key=lambda place: abs(changes[place]))
    return {
        "constant": constant.title.strip("."), "is": f"{value}", "tried": f"{tried}",
        "F1 changes by": changes[most], "on": sets[most].name if changes[most] else "",
        "lowest precision": min(one.precision for one in now),
        "largest cal. error": max(one.calibration_error for one in now),
    }  # fmt: skip


def linked(found: OpenSet, settings: dict[str, Any], scratch: Path) -> Accuracy:
    """Link a set, no specification and no labels, with some settings exchanged."""
    from pipeline.linkage import LinkageSettings, dedupe, link
    from pipeline.linkage.table_files import read_table, write_table

    wanted = replace(LinkageSettings(threshold=LOWEST), **settings)
    left = read_table(found.left)
    if found.right is None:
        result = dedupe(left, settings=wanted)
    else:
        result = link(left, read_table(found.right), settings=wanted)
    write_table(result.pairs, scratch / "pairs.parquet")
    return accuracy(scratch / "pairs.parquet", found.truth, found.right is None)


def current(constant: Constant) -> Any:
    """The constant's value as the engine has it."""
    if constant.home == "settings":
        settings = import_module(f"{ENGINE}.settings")
        value = getattr(settings.LinkageSettings(), constant.name)
        return "learned" if value is None else value
    return getattr(_holder(constant), constant.name)


@contextmanager
def exchanged(constant: Constant, value: Any) -> Iterator[dict[str, Any]]:
    """The engine with another value of a constant; yields settings to run it with.

    Every module that has imported the constant by name has a copy, which is exchanged too.
    """
    if constant.home == "settings":
        yield {constant.name: value}
        return
    holder, before = _holder(constant), current(constant)
    copies = [] if ":" in constant.home else _copies(constant.name, before)
    holders = [holder, *(module for module in copies if module is not holder)]
    try:
        for one in holders:
            object.__setattr__(one, constant.name, value)
        yield {}
    finally:
        for one in holders:
            object.__setattr__(one, constant.name, before)


def _holder(constant: Constant) -> Any:
    """The module or the object whose attribute the constant is."""
    module, _, held = constant.home.partition(":")
    holder = import_module(f"{ENGINE}.{module}")
    return getattr(holder, held) if held else holder


def _copies(name: str, value: Any) -> list[Any]:
    """Modules of the engine in which that name has that value."""
    loaded = [module for title, module in sorted(sys.modules.items()) if title.startswith(ENGINE)]
    return [module for module in loaded if vars(module).get(name) == value]
