"""How fast linking is beside other tools, on made-up people: same rules, same agreement levels.

In: a scale. Out: a table, JSON and a chart. Tools take turns (A B A B …), each run a process of its
own, from Parquet to Parquet; what is shown are medians and the median of the ratios run by run.

    python -m benchmarks speed --scale small
    python -m benchmarks speed --scale full --parts a b --out results/speed.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.accuracy import accuracy
from benchmarks.charts import write_charts
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
from benchmarks.made_up_people import People, write_duplicated, write_linked
from benchmarks.scales import PARTS, SCALES, Trial, trials
from benchmarks.tables import machine, markdown, write_results
from benchmarks.warm_up import warm_up

LOWEST = 0.5
"""Every tool writes the pairs that are more likely a match than not."""
COLUMNS = {
    "part": "", "task": "", "records": ",d", "pairs": ",d", "tool": "", "wall s": ",.1f",
    "CPU s": ",.1f", "peak MB": ",.0f", "pairs/s": ",.0f", "F1@.95": ".4f",
    "Kinlink's time": ".3f", "Kinlink's CPU": ".3f", "Kinlink's memory": ".2f",
}  # fmt: skip
PROFILE_COLUMNS = {"part": "", "task": "", "workload": "", "records": ",d"}
SLOPE_COLUMNS = {
    "tool": "",
    "records": ",d",
    "from pairs": ",d",
    "to pairs": ",d",
    "µs a pair": ".3f",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--scale", choices=SCALES, default="small", help="how much to run")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        help="; ".join(f"{key}: {says}" for key, says in PARTS.items()),
    )
    parser.add_argument(
        "--tools",
        nargs="+",
        choices=TOOLS,
        default=available_tools(),
        help="only these tools (all that are installed)",
    )
    parser.add_argument("--repeats", type=int, help="runs of each tool in each trial (3; growth 1)")
    parser.add_argument(
        "--data", type=Path, help="keep the made-up people here, and use them again"
    )
    parser.add_argument("--out", type=Path, help="write rows here as JSON, with a chart beside it")
    parser.add_argument(
        "--profile",
        action="store_true",
        help="one more run of Kinlink in each trial, saying where its time goes",
    )


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run the trials in turn; print the table and write the results."""
    rows: list[dict[str, Any]] = []
    profiles: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="kinlink-bench-") as scratch:
        folder = Path(scratch)
        warm_up(folder, "light")
        for trial in trials(options.scale):
            if trial.part not in options.parts:
                continue
            tools = [tool for tool in trial.tools if tool in options.tools]
            trial = replace(trial, repeats=options.repeats or trial.repeats)
            people = made(trial, options.data or folder)
            rows += run_trial(trial, tools, people, folder / trial.name)
            if options.profile:
                profiles.append(profile_row(trial, people, folder / trial.name))
            print(f"{trial.name} done", file=sys.stderr, flush=True)
            if options.out:
                write_results(options.out, "speed", rows, profiles=profiles)
    print(tables_of(rows, profiles))
    print(f"\nmeasured on {machine()}; Kinlink's kernels were compiled beforehand")
    if options.out:
        write_charts(rows, options.out)
    return rows


def tables_of(rows: Sequence[dict[str, Any]], profiles: Sequence[dict[str, Any]]) -> str:
    """What was measured, as Markdown: the trials, the cost of a pair, Kinlink's stages."""
    found = [markdown(rows, COLUMNS)]
    if slopes := pair_slopes(rows):
        found += ["The cost that grows with pairs:", markdown(slopes, SLOPE_COLUMNS)]
    if profiles:
        stages = sorted({stage for profile in profiles for stage in profile["stages"]})
        columns = {**PROFILE_COLUMNS, **dict.fromkeys(stages, ".2f")}
        flat = [{**profile, **profile["stages"]} for profile in profiles]
        found += ["Seconds of Kinlink by stage, in a run of its own:", markdown(flat, columns)]
    return "\n\n".join(found)


def made(trial: Trial, folder: Path) -> People:
    """The made-up people of a trial; made once for all trials of that size."""
    if trial.is_dedupe:
        return write_duplicated(folder / f"dedupe-{trial.records}", trial.records)
    return write_linked(folder / f"link-{trial.records}", trial.records)


def run_trial(
    trial: Trial, tools: Sequence[str], people: People, folder: Path
) -> list[dict[str, Any]]:
    """Every tool in turn, as often as the trial says; a row for each."""
    jobs = {tool: job_of(trial, tool, people, folder) for tool in tools}
    runs = take_turns(jobs, trial.repeats)
    ours = runs.get("kinlink", [])
    pairs = ours[0].note("candidate_pairs") if ours else None
    return [row_of(trial, people, of_tool, ours, pairs) for of_tool in runs.values() if of_tool]


def row_of(
    trial: Trial, people: People, runs: Sequence[Run], ours: Sequence[Run], pairs: int | None
) -> dict[str, Any]:
    """What one tool did in a trial, and Kinlink's share of its cost."""
    job, middle = runs[0].job, median_run(runs)
    row = {
        "part": trial.part, "task": task(trial), "workload": trial.workload,
        "records": trial.records, "pairs": pairs, "tool": job.tool,
        "wall s": middle.wall_seconds, "CPU s": middle.cpu_seconds, "peak MB": middle.peak_mb,
        "pairs/s": pairs / middle.wall_seconds if pairs else None,
        "F1@.95": accuracy(job.pairs, people.truth, job.is_dedupe).f1,
        "runs": [run.wall_seconds for run in runs],
    }  # fmt: skip
    share = ratios(ours, runs) if job.tool != "kinlink" else None
    if share is not None:
        row |= {"Kinlink's time": share.wall, "Kinlink's CPU": share.cpu,
                "Kinlink's memory": share.memory}  # fmt: skip
    return row


def task(trial: Trial) -> str:
    """What the trial does, in words."""
    what = "dedupe" if trial.is_dedupe else "link"
    return f"{what}, {'predict only' if trial.is_trained else 'train and predict'}"


def job_of(trial: Trial, tool: str, people: People, folder: Path) -> Job:
    """The job of one tool; a model to predict with is trained first, unmeasured."""
    job = Job(
        tool, folder / tool, people.left, people.right, trial.workload, LOWEST,
        clusters=trial.is_dedupe,
    )  # fmt: skip
    if not trial.is_trained:
        return job
    model = folder / f"{tool}-model.json"
    run_job(replace(job, model_out=model))
    return replace(job, model_in=model)


def pair_slopes(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cost that grows with pairs: between the fewest and the most of the same records."""
    linked = [row for row in rows if row["part"] in "ab" and "train" in row["task"]]
    found = []
    for tool, records in dict.fromkeys((row["tool"], row["records"]) for row in linked):
        same = [row for row in linked if (row["tool"], row["records"]) == (tool, records)]
        few, many = (choose(same, key=lambda row: row["pairs"] or 0) for choose in (min, max))
        if few["pairs"] != many["pairs"]:
            seconds = (many["wall s"] - few["wall s"]) / (many["pairs"] - few["pairs"])
            found.append({"tool": tool, "records": records, "from pairs": few["pairs"],
                          "to pairs": many["pairs"], "µs a pair": seconds * 1e6})  # fmt: skip
    return found


def profile_row(trial: Trial, people: People, folder: Path) -> dict[str, Any]:
    """Seconds of Kinlink by stage, in a run of its own."""
    job = replace(job_of(trial, "kinlink", people, folder), profile=True)
    run_job(job)
    seen = json.loads(job.stages.read_text(encoding="utf-8"))
    return {"part": trial.part, "task": task(trial), "workload": trial.workload,
            "records": trial.records, **seen}  # fmt: skip
