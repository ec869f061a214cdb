"""Does a probability still mean what it says on poorer data? Kinlink over a grid of stress.

In: a folder with `persons/SET/` as for `quality`. Out: a row for each cell: accuracy at .95, the
best F1 that any threshold would give, matches expected for each true one, and the largest gap
between what a band of probabilities says and what is true; where nobody is in both tables, how many
pairs are called sure. Pairs below .5 count for the best F1 and `gap <.5` alone. Kinlink gets no
specification, no labels and no setting of its own for any cell, and runs in this process.

    python -m benchmarks robust DATA_FOLDER --cells pp_moved80 febrl4_moved20
    python -m benchmarks robust DATA_FOLDER --seed 2 --check
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.accuracy import LOWEST, Accuracy, accuracy_of
from benchmarks.jobs import SURE
from benchmarks.person_cells import CELLS, people_of
from benchmarks.person_stress import People
from benchmarks.tables import markdown, write_results

PERSON_COLUMNS = {
    "cell": "",
    "F1@.95": ".4f",
    "P@.95": ".4f",
    "R@.95": ".4f",
    "best F1": ".4f",
    "expected/true": ".2f",
    "gap": ".3f",
    "gap <.5": ".3f",
    "false@.95": ",",
    "wall s": ".1f",
    "below the floor": "",
}

PUBLISHED = 0.5
"""Lowest probability that `kinlink link` writes unless told otherwise: what is said of a band, and
how many matches are expected, is judged on these pairs."""
LARGEST_GAP = 0.05
LEAST_EXPECTED, MOST_EXPECTED = 0.90, 1.10
PRECISION = 0.975
F1_LOST = 0.04
"""F1 at .95 may be this far below the best threshold's."""


class FloorError(RuntimeError):
    """Some cell does not keep what is asked of it."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("data_folder", type=Path, help="folder that holds persons/")
    parser.add_argument("--cells", nargs="+", help="only these cells, or those that start so")
    parser.add_argument("--seed", type=int, default=1, help="of the stress (1)")
    parser.add_argument("--check", action="store_true", help="fail where a cell misses a floor")
    parser.add_argument("--out", type=Path, help="also write the rows here, as JSON")


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run every cell, and print a table.

    Raises:
        FileNotFoundError: There is no such cell or set.
        FloorError: A cell misses a floor, if that was to be checked.
    """
    names = chosen_cells(options.cells)
    rows = person_rows(names, options.data_folder / "persons", options.seed)
    print(markdown(rows, PERSON_COLUMNS))
    if options.out:
        write_results(options.out, "robust", rows, seed=options.seed)
    if options.check:
        check(rows)
    return rows


def chosen_cells(wanted: Sequence[str] | None) -> list[str]:
    """Cells with these names, or whose names start so.

    Raises:
        FileNotFoundError: There is none.
    """
    found = [name for name in CELLS if not wanted or name.startswith(tuple(wanted))]
    if not found:
        raise FileNotFoundError(f"no such cell; there are: {', '.join(CELLS)}")
    return found


def check(rows: Sequence[dict[str, Any]]) -> None:
    """Raise where a cell misses a floor."""
    failed = [f"{row['cell']}: {row['below the floor']}" for row in rows if row["below the floor"]]
    if failed:
        raise FloorError(f"{len(failed)} of {len(rows)} cells miss a floor:\n" + "\n".join(failed))


def person_rows(names: Sequence[str], folder: Path, seed: int) -> list[dict[str, Any]]:
    """A row for each cell."""
    rows = []
    for number, name in enumerate(names, 1):
        people = people_of(name, folder, seed)
        start = time.perf_counter()
        found = linked(people)
        figures = person_figures(found, people)
        rows.append({"cell": name, **figures, "wall s": time.perf_counter() - start})
        print(f"{number}/{len(names)} {name} done", file=sys.stderr, flush=True)
    return rows


def linked(people: People) -> pa.Table:
    """Scored pairs of the people; no specification and no labels."""
    from pipeline.linkage import LinkageSettings, dedupe, link

    settings = LinkageSettings(threshold=LOWEST)
    left, *right = people.tables()
    if right:
        return link(left, right[0], settings=settings).pairs
    return dedupe(left, settings=settings).pairs


def person_figures(pairs: pa.Table, people: People) -> dict[str, Any]:
    """Accuracy of a cell's pairs, and the floors they miss, under the table's headings."""
    probability = pairs["match_probability"].to_numpy()
    whole, published, doubtful = (
        judged(pairs.filter(pa.array(chosen)), people)
        for chosen in (probability >= 0, probability >= PUBLISHED, probability < PUBLISHED)
    )
    figures = {
        "F1@.95": whole.f1,
        "P@.95": whole.precision if (probability >= SURE).any() else None,
        "R@.95": whole.recall,
        "best F1": whole.best_f1,
        "expected/true": published.expected_to_true,
        "gap": published.band_gap,
        "gap <.5": doubtful.band_gap,
    }
    if people.truth.empty:
        figures = {"gap": published.band_gap, "false@.95": int((probability >= SURE).sum())}
    return figures | {"below the floor": ", ".join(missed_floors(figures))}


def judged(pairs: pa.Table, people: People) -> Accuracy:
    """Accuracy of some of a cell's pairs."""
    answers = pa.Table.from_pandas(people.truth, preserve_index=False)
    return accuracy_of(pairs, answers, people.is_dedupe)


def missed_floors(figures: dict[str, Any]) -> list[str]:
    """The headings of the figures that miss their floor."""
    return [name for name, keeps in FLOORS.items() if name in figures and not keeps(figures)]


FLOORS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "F1@.95": lambda figures: figures["F1@.95"] >= figures["best F1"] - F1_LOST,
    "P@.95": lambda figures: figures["P@.95"] is None or figures["P@.95"] >= PRECISION,
    "expected/true": lambda figures: LEAST_EXPECTED <= figures["expected/true"] <= MOST_EXPECTED,
    "gap": lambda figures: figures["gap"] <= LARGEST_GAP,
    "false@.95": lambda figures: figures["false@.95"] == 0,
}
"""What a cell is asked to keep, by the heading of the figure."""
