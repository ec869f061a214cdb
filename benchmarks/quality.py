"""How good linking persons is on open sets with known truth, beside other tools.

In: a folder that holds, for each set, a folder with `records.parquet` (or `left.parquet` and
`right.parquet`) and `truth_pairs.parquet`. Out: a table on the terminal, and JSON if asked. Kinlink
gets no specification, no labels and no setting of its own for any set; Splink gets settings after
its own notebooks; recordlinkage its unsupervised classifier. Every tool runs on every set as a
process of its own.

    python benchmarks/quality.py DATA_FOLDER [SET ...]
    python -m benchmarks quality DATA_FOLDER --ablations
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # Run as a file, the package's folder is not on the path.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.accuracy import accuracy, best_links_f1, cluster_f1
from benchmarks.jobs import (
    TOOLS,
    Job,
    Run,
    available_tools,
    median_run,
    ratios,
    run_job,
    take_turns,
)
from benchmarks.sets import OpenSet, find_sets
from benchmarks.tables import machine, markdown, write_results
from benchmarks.warm_up import warm_up

COLUMNS = {
    "set": "", "tool": "", "P@.95": ".4f", "R@.95": ".4f", "F1@.95": ".4f", "best F1": ".4f",
    "grouped F1": ".4f", "cal. error": ".4f", "expected/true": ".3f", "wall s": ".1f",
    "CPU s": ".1f", "peak MB": ",.0f", "time / Splink": ".2f", "CPU / Splink": ".2f",
}  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("data_folder", type=Path, help="folder of data sets with known true pairs")
    parser.add_argument("sets", nargs="*", help="only these sets")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=available_tools(),
                        help="only these tools (all that are installed)")  # fmt: skip
    parser.add_argument("--repeats", type=int, default=1, help="runs each; medians are shown")
    parser.add_argument(
        "--ablations",
        action="store_true",
        help="Kinlink alone, with one part of its method left out at a time",
    )
    parser.add_argument("--out", type=Path, help="also write the rows here, as JSON")


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure, and print a table.

    Raises:
        FileNotFoundError: There is no such set.
    """
    sets = find_sets(options.data_folder, options.sets)
    with tempfile.TemporaryDirectory(prefix="kinlink-bench-") as scratch:
        warm_up(Path(scratch))
        if options.ablations:
            rows = ablations(sets, Path(scratch))
        else:
            rows = compared(sets, options.tools, options.repeats, Path(scratch))
    if options.out:
        write_results(options.out, "ablations" if options.ablations else "quality", rows)
    return rows


def compared(
    sets: Sequence[OpenSet], tools: Sequence[str], repeats: int, scratch: Path
) -> list[dict[str, Any]]:
    """A row for each set and tool."""
    rows: list[dict[str, Any]] = []
    for found in sets:
        jobs = {
            tool: Job(tool, scratch / tool, found.left, found.right, clusters=found.right is None)
            for tool in tools
        }
        runs = take_turns(jobs, repeats)
        rows += [_row(found, jobs[tool], of_tool, runs) for tool, of_tool in runs.items()]
        print(f"{found.name} done", file=sys.stderr, flush=True)
    print(markdown(rows, COLUMNS))
    return rows


def _row(
    found: OpenSet, job: Job, of_tool: Sequence[Run], runs: Mapping[str, Sequence[Run]]
) -> dict[str, Any]:
    """How one tool came out on one set; blank where it failed."""
    row = {"set": found.name, "tool": job.tool}
    if not of_tool:
        return row
    times = ratios(of_tool, runs.get("splink", []))
    return {
        **row, **judged(found, job), **costs(median_run(of_tool)),
        "time / Splink": times and times.wall, "CPU / Splink": times and times.cpu,
    }  # fmt: skip


def judged(found: OpenSet, job: Job) -> dict[str, float]:
    """Accuracy of what the job wrote, under the table's headings."""
    values = asdict(accuracy(job.pairs, found.truth, job.is_dedupe))
    row = dict(zip(list(COLUMNS)[2:6], list(values.values())[:4], strict=True))
    if job.clusters_file.exists():
        row["grouped F1"] = cluster_f1(job.clusters_file, found.truth)
    elif not job.is_dedupe:
        row["grouped F1"] = best_links_f1(job.pairs, found.truth)
    row["cal. error"] = values["calibration_error"]
    row["expected/true"] = values["expected_to_true"]
    return row


def costs(run: Run) -> dict[str, float]:
    """What a run cost, under the table's headings."""
    return {"wall s": run.wall_seconds, "CPU s": run.cpu_seconds, "peak MB": run.peak_mb}


def ablations(sets: Sequence[OpenSet], scratch: Path) -> list[dict[str, Any]]:
    """F1 at .95 on each set with one part of the method left out."""
    from pipeline.linkage.method import PARTS

    rows: list[dict[str, Any]] = []
    for part in ("nothing", *PARTS):
        row: dict[str, Any] = {"left out": part}
        for found in sets:
            method = {} if part == "nothing" else {part: False}
            job = Job("kinlink", scratch / "ablation", found.left, found.right, method=method)
            run_job(job)
            row[found.name] = accuracy(job.pairs, found.truth, job.is_dedupe).f1
        rows.append(row)
        print(f"without {part} done", file=sys.stderr, flush=True)
    print(markdown(rows, ablation_columns(rows)))
    return rows


def ablation_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Headings of the table of ablations: the part left out, and every set."""
    return {name: "" if name == "left out" else ".4f" for name in rows[0]}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, and say on what."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    try:
        run(parser.parse_args(arguments))
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"\nmeasured on {machine()}; Kinlink's kernels were compiled beforehand")


if __name__ == "__main__":
    main()
