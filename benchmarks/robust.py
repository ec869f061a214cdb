"""Does a probability still mean what it says on poorer data? Kinlink over a grid of stress.

In: a folder with `persons/SET/` as for `quality`. Out: a row for each cell: accuracy at .95, the
best F1 that any threshold would give, matches expected for each true one, and the largest gap
between what a band of probabilities says and what is true; where nobody is in both tables, how many
pairs are called sure. Pairs below .5 count for the best F1 and `gap <.5` alone. Kinlink gets no
specification, no labels and no setting of its own for any cell, and runs in this process.

    python -m benchmarks robust DATA_FOLDER --cells pp_moved80 made_
    python -m benchmarks robust DATA_FOLDER --seed 2 --check
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.stress.person_cells import CELLS
from benchmarks.stress.person_figures import COLUMNS, person_row
from benchmarks.tables import markdown, write_results


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
    rows = []
    for number, name in enumerate(names, 1):
        rows.append(person_row(name, options.data_folder / "persons", options.seed))
        print(f"{number}/{len(names)} {name} done", file=sys.stderr, flush=True)
    print(markdown(rows, COLUMNS))
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
