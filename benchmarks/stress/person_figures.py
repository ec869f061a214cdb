"""A cell of the grid for persons: linked, and judged by the truth.

In: a cell's name, the folder of open sets, a seed. Out: a row of the table. Kinlink gets no
specification, no labels and no setting of its own for any cell, and runs in this process; Splink,
if wanted, in one of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.accuracy import Accuracy, accuracy_of
from benchmarks.jobs import SURE, Job, JobError, run_job
from benchmarks.stress.person_cells import CELLS, people_of
from benchmarks.stress.person_steps import People

COLUMNS = {
    "cell": "",
    "F1@.95": ".4f",
    "P@.95": ".4f",
    "R@.95": ".4f",
    "best F1": ".4f",
    "expected/true": ".2f",
    "gap": ".3f",
    "gap <.5": ".3f",
    "false@.95": ",",
    "Splink F1@.95": ".4f",
    "Splink best F1": ".4f",
    "wall s": ".1f",
    "below the floor": "",
}
PUBLISHED = 0.5
"""Lowest probability that `kinlink link` writes unless told otherwise: what is said of a band, and
how many matches are expected, is judged on these pairs."""

LARGEST_GAP = 0.05
LEAST_EXPECTED, MOST_EXPECTED = 0.90, 1.10
PRECISION, CLEAN_PRECISION, CLEAN_RECALL = 0.975, 0.995, 0.98
F1_LOST = 0.04
"""F1 at .95 may be this far below the best threshold's."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class PersonBench:
    """What every cell has in common.

    Attributes:
        sets: Folder of the open sets.
        seed: Of the stress.
        scratch: Where tables for Splink are written; None to leave Splink out.
    """

    sets: Path
    seed: int
    scratch: Path | None = None


def person_row(bench: PersonBench, name: str) -> Figures:
    """One cell's row of the table.

    Raises:
        FileNotFoundError: The cell's open set is not in the folder.
    """
    people = people_of(name, bench.sets, bench.seed)
    start = time.perf_counter()
    figures = figures_of(linked(people), people)
    seconds = time.perf_counter() - start
    if bench.scratch is not None and not people.truth.empty:
        figures |= splink_figures(people, bench.scratch / name)
    floors = {**FLOORS, **(CLEAN_FLOORS if CELLS[name].is_clean else {})}
    missed = ", ".join(missed_floors(figures, floors))
    return {"cell": name, **figures, "wall s": seconds, "below the floor": missed}


def splink_figures(people: People, folder: Path) -> Figures:
    """What Splink makes of the same people, in a process of its own; nothing where it fails.

    Its settings are those of `quality`, by the name of the folder and the columns there are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{side}.parquet" for side in ("left", "right")]
    for table, path in zip(people.tables(), paths, strict=False):
        pq.write_table(table, path)
    right = None if people.is_dedupe else paths[1]
    job = Job("splink", folder / "splink", paths[0], right, lowest=0.0)
    try:
        run_job(job)
    except JobError as error:
        print(error, file=sys.stderr)
        return {}
    found = figures_of(pq.read_table(job.pairs), people)
    return {f"Splink {name}": found[name] for name in ("F1@.95", "best F1")}


def linked(people: People) -> pa.Table:
    """Every candidate pair with its probability; no specification and no labels."""
    from pipeline.linkage import LinkageSettings, dedupe, link

    settings = LinkageSettings(threshold=0.0)
    left, *right = people.tables()
    if right:
        return link(left, right[0], settings=settings).pairs
    return dedupe(left, settings=settings).pairs


def figures_of(pairs: pa.Table, people: People) -> Figures:
    """Accuracy of scored pairs, under the table's headings.

    Where no pair is true there is nothing to find, and only what was wrongly called sure counts.
    """
    probability = pairs["match_probability"].to_numpy()
    published = judged(pairs, probability >= PUBLISHED, people)
    if people.truth.empty:
        return {"gap": published.band_gap, "false@.95": int((probability >= SURE).sum())}
    whole = judged(pairs, probability >= 0, people)
    return {
        "F1@.95": whole.f1,
        "P@.95": whole.precision if (probability >= SURE).any() else None,
        "R@.95": whole.recall,
        "best F1": whole.best_f1,
        "expected/true": published.expected_to_true,
        "gap": published.band_gap,
        "gap <.5": judged(pairs, probability < PUBLISHED, people).band_gap,
    }


def judged(pairs: pa.Table, chosen: np.ndarray, people: People) -> Accuracy:
    """Accuracy of some of the pairs."""
    answers = pa.Table.from_pandas(people.truth, preserve_index=False)
    return accuracy_of(pairs.filter(pa.array(chosen)), answers, people.is_dedupe)


Floor = Callable[[Figures], bool]

FLOORS: Mapping[str, Floor] = {
    "F1@.95": lambda figures: figures["F1@.95"] >= figures["best F1"] - F1_LOST,
    "P@.95": lambda figures: figures["P@.95"] is None or figures["P@.95"] >= PRECISION,
    "expected/true": lambda figures: LEAST_EXPECTED <= figures["expected/true"] <= MOST_EXPECTED,
    "gap": lambda figures: figures["gap"] <= LARGEST_GAP,
    "false@.95": lambda figures: figures["false@.95"] == 0,
    "Splink F1@.95": lambda figures: figures["F1@.95"] >= figures["Splink F1@.95"],
}
"""What is asked of a cell, by the heading of the figure."""

CLEAN_FLOORS: Mapping[str, Floor] = {
    "P@.95": lambda figures: figures["P@.95"] is None or figures["P@.95"] >= CLEAN_PRECISION,
    "R@.95": lambda figures: figures["R@.95"] >= CLEAN_RECALL,
}
"""What is asked besides where names and birth dates agree to the letter."""


def missed_floors(figures: Figures, floors: Mapping[str, Floor] = FLOORS) -> list[str]:
    """The headings of the figures that miss their floor."""
    return [name for name, keeps in floors.items() if name in figures and not keeps(figures)]
