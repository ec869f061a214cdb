"""Does a probability still mean what it says on poorer data? Kinlink over a grid of stress.

In: a folder with `persons/SET/` as for `quality`, and `families/SET/` with `extracts/` and
`truth/`; people and agencies that are made up here need none. Out: a row for each cell. Persons:
accuracy at .95, the best F1 that any threshold would give, matches expected for each true one, and
the largest gap between what a band of probabilities says and what is true; where nobody is in both
tables, how many pairs are called sure. Pairs below .5 count for the best F1 and `gap <.5` alone.
Families: accuracy at .95, and what each band says and what is right of it. Kinlink gets no
specification, no labels and no setting of its own for any cell, and runs in this process; Splink,
if asked for, in one of its own for each cell of persons.

    python -m benchmarks robust DATA_FOLDER --only persons --cells pp_moved80 made_
    python -m benchmarks robust DATA_FOLDER --seed 2 --splink --check
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.stress import family_cells, person_cells
from benchmarks.stress.person_figures import COLUMNS as PERSON_COLUMNS
from benchmarks.stress.person_figures import PersonBench, person_row
from benchmarks.tables import markdown, write_results

AS_OF = date(2020, 4, 1)
"""The date that the open family set's extracts are of."""
Row = dict[str, Any]


class FloorError(RuntimeError):
    """Some cell does not keep what is asked of it."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    add = parser.add_argument
    add("data_folder", type=Path, help="folder that holds persons/ and families/")
    add("--only", choices=("persons", "families"), help="one of the two grids")
    add("--cells", nargs="+", default=[""], help="only cells whose names start so")
    add("--seed", type=int, default=1, help="of the stress (1)")
    add("--as-of", type=date.fromisoformat, default=AS_OF, help=f"date of the families ({AS_OF})")
    add("--splink", action="store_true", help="run Splink on the persons too")
    add("--check", action="store_true", help="fail where a cell misses a floor")
    add("--out", type=Path, help="also write the rows here, as JSON")


def run(options: argparse.Namespace) -> list[Row]:
    """Run every cell, and print a table of each grid.

    Raises:
        FileNotFoundError: There is no such cell or set.
        FloorError: A cell misses a floor, if that was to be checked.
    """
    persons = chosen(person_cells.CELLS, options, "persons")
    families = chosen(family_cells.CELLS, options, "families")
    if not persons and not families:
        raise FileNotFoundError(f"no cell's name starts with {' or '.join(options.cells)}")
    person_rows = rows_of_persons(persons, options)
    family_rows = rows_of_families(families, options) if families else []
    print(tables_of(person_rows, family_rows))
    if options.out:
        write_results(options.out, "robust", person_rows, families=family_rows, seed=options.seed)
    if options.check:
        check([*person_rows, *family_rows])
    return [*person_rows, *family_rows]


def chosen(cells: Iterable[str], options: argparse.Namespace, grid: str) -> list[str]:
    """The cells of a grid that were asked for."""
    if options.only not in (None, grid):
        return []
    return [name for name in cells if name.startswith(tuple(options.cells))]


def rows_of(names: Sequence[str], row_of: Callable[[str], Row]) -> list[Row]:
    """A row for each cell, with a line of progress."""
    rows = []
    for number, name in enumerate(names, 1):
        rows.append(row_of(name))
        missed = rows[-1]["below the floor"]
        print(f"{number}/{len(names)} {name}: {missed or 'kept'}", file=sys.stderr, flush=True)
    return rows


def rows_of_persons(names: Sequence[str], options: argparse.Namespace) -> list[Row]:
    """A row for each cell of the grid for persons."""
    with tempfile.TemporaryDirectory(prefix="kinlink-bench-") as scratch:
        for_splink = Path(scratch) if options.splink else None
        bench = PersonBench(options.data_folder / "persons", options.seed, for_splink)
        return rows_of(names, partial(person_row, bench))


def rows_of_families(names: Sequence[str], options: argparse.Namespace) -> list[Row]:
    """A row for each cell of each family set, the made-up agencies last."""
    # It brings the flow's libraries, which the grid for persons is better without.
    from benchmarks.stress.family_figures import FamilyBench, family_row, prefect_of_its_own
    from benchmarks.stress.made_agencies import NAME, write_made_agencies

    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="kinlink-bench-") as scratch:
        folder, seed = Path(scratch), options.seed
        sets = sorted(path.parent for path in options.data_folder.glob("families/*/truth"))
        benches = [FamilyBench(one, options.as_of, folder / one.name, seed) for one in sets]
        own = folder / NAME
        as_of = write_made_agencies(own, seed)
        benches.append(FamilyBench(own, as_of, folder / "runs", seed, has_f1_floors=False))
        with prefect_of_its_own(folder / "prefect"):
            for bench in benches:
                rows += rows_of(names, partial(family_row, bench))
    return rows


def tables_of(person_rows: Sequence[Row], family_rows: Sequence[Row]) -> str:
    """The tables of both grids, or of the one that was run."""
    from benchmarks.stress.family_figures import COLUMNS as FAMILY_COLUMNS

    tables = ((person_rows, PERSON_COLUMNS), (family_rows, FAMILY_COLUMNS))
    return "\n\n".join(markdown(rows, columns) for rows, columns in tables if rows)


def check(rows: Sequence[Row]) -> None:
    """Raise where a cell misses a floor."""
    failed = [f"{row['cell']}: {row['below the floor']}" for row in rows if row["below the floor"]]
    if failed:
        raise FloorError(f"{len(failed)} of {len(rows)} cells miss a floor:\n" + "\n".join(failed))
