"""A cell of the grid for families: run as `kinlink run` runs it, and judged by the truth.

In: a cell's name, a family set, a date and a seed. Out: a row of the table. Every cell is a run of
the whole flow in this process, published in a scratch folder. Kinlink gets the settings of the
demonstration for every cell.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.jobs import SURE
from benchmarks.stress.family_cells import CELLS, FamilyCell, family_files
from pipeline.errors import KinlinkError
from pipeline.evaluate.families import JudgedLinks, judge_links, measures
from pipeline.evaluate.inputs import matched_records, read_run, read_truth

COLUMNS = {
    "set": "",
    "cell": "",
    "F1@.95": ".4f",
    "P@.95": ".4f",
    "R@.95": ".4f",
    "findable R@.95": ".4f",
    "match: links": ",.0f",
    "match: said": ".3f",
    "match: seen": ".3f",
    "potential: links": ",.0f",
    "potential: said": ".3f",
    "potential: seen": ".3f",
    "gap": ".3f",
    "false matches": ",",
    "wall s": ".1f",
    "below the floor": "",
}
SHOWN_BANDS = ["match", "potential"]
BAND_LINKS = 50
"""A band is judged if it has this many links."""
LARGEST_GAP = 0.10
NOT_PUBLISHED = "not published"

Figures = dict[str, Any]


@dataclass(frozen=True)
class FamilyBench:
    """What every cell has in common.

    Attributes:
        source: The family set: extracts/ and truth/.
        as_of: The date its extracts are of.
        scratch: Where cells and runs are written.
        seed: Of the stress.
        has_f1_floors: Whether the set is the one that the cells' F1 is stated for.
    """

    source: Path
    as_of: date
    scratch: Path
    seed: int
    has_f1_floors: bool = True


@contextmanager
def prefect_of_its_own(home: Path) -> Iterator[None]:
    """One Prefect for all runs of the grid, with a database in this folder.

    Its lines are left to its server, as those of `kinlink run` are.
    """
    from flows.launch import prepare_environment, quieten_prefect

    prepare_environment()
    quieten_prefect()
    os.environ.setdefault("PREFECT_HOME", str(home))
    logging.getLogger("pipeline").setLevel(logging.ERROR)
    from flows.server import UNWANTED_BY_RUNS, server_for, talking_to, wait_for

    with server_for(UNWANTED_BY_RUNS) as server:
        wait_for(server)
        with talking_to(server.address):
            yield


def family_row(bench: FamilyBench, name: str) -> Figures:
    """One cell's row of the table; what was refused is named, and the grid goes on."""
    from flows.find_children import find_children
    from pipeline.settings.run import DEMO_CONFIG

    row = {"set": bench.source.name, "cell": name}
    folder = bench.scratch / name
    files = family_files(name, bench.source, folder / "set", bench.seed)
    start = time.perf_counter()
    try:
        run = find_children(
            config=str(DEMO_CONFIG),
            out=str(folder / "out"),
            as_of=bench.as_of.isoformat(),
            extracts=str(files.extracts),
        )
    except KinlinkError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return {**row, "below the floor": NOT_PUBLISHED}
    seconds = time.perf_counter() - start
    figures = figures_of(judged(Path(run), files.truth))
    wanted = CELLS[name] if bench.has_f1_floors else replace(CELLS[name], least_f1=0.0)
    missed = missed_floors(figures, wanted)
    return {**row, **figures, "wall s": seconds, "below the floor": ", ".join(missed)}


def judged(run: Path, truth_folder: Path) -> JudgedLinks:
    """The run's links against the truth."""
    found, truth = read_run(run), read_truth(truth_folder)
    return judge_links(found, truth, matched_records(found, truth))


def figures_of(found: JudgedLinks) -> Figures:
    """Accuracy of a cell's links, under the table's headings."""
    links = found.links
    bands = said_and_seen(links)
    figures: Figures = {}
    if found.pairs.empty:
        figures = {"false matches": int((links["match_band"] == "match").sum())}
    else:
        sure = measures(links[links["match_probability"] >= SURE], found.pairs)
        names = {
            "F1@.95": "f1",
            "P@.95": "precision",
            "R@.95": "recall",
            "findable R@.95": "findable_recall",
        }
        figures = {heading: sure[name] for heading, name in names.items()}
    for band, row in bands[bands.index.isin(SHOWN_BANDS)].iterrows():
        figures |= {f"{band}: {name}": value for name, value in row.items()}
    judged_bands = bands[bands["links"] >= BAND_LINKS]
    gaps = (judged_bands["said"] - judged_bands["seen"]).abs()
    return {**figures, "gap": float(gaps.max()) if len(gaps) else 0.0}


def said_and_seen(links: pd.DataFrame) -> pd.DataFrame:
    """By band: links, mean probability (`said`) and the share that is right (`seen`)."""
    return links.groupby("match_band").agg(
        links=("is_right", "size"), said=("match_probability", "mean"), seen=("is_right", "mean")
    )


def missed_floors(figures: Figures, wanted: FamilyCell) -> list[str]:
    """The headings of the figures that miss their floor."""
    floors: Mapping[str, Callable[[float], bool]] = {
        "F1@.95": lambda value: round(value, 3) >= wanted.least_f1,
        "match: seen": lambda value: value >= wanted.least_precision or is_small(figures),
        "gap": lambda value: value <= LARGEST_GAP,
        "false matches": lambda value: value == 0,
    }
    return [name for name, keeps in floors.items() if name in figures and not keeps(figures[name])]


def is_small(figures: Figures) -> bool:
    """Whether band `match` has too few links to be judged by a share."""
    return bool(figures["match: links"] < BAND_LINKS)
