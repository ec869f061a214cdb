"""A job: one tool on one set of tables, as a process of its own, measured from outside.

In: which tool, which tables, which rules and model. Out: `Run`: where the pairs are, and what the
process cost. It must not know any tool's settings.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("kinlink", "splink", "recordlinkage")
RUNNERS = {
    "kinlink": "kinlink_runner",
    "splink": "splink_runner",
    "recordlinkage": "toolkit_runner",
}
SURE = 0.95
"""The probability at which a user acts."""
TAIL_LINES = 15


@dataclass(frozen=True)
class Job:
    """What one process does.

    Attributes:
        tool: One of TOOLS.
        folder: Where the process writes `pairs.parquet`, its log, and `clusters.parquet` if asked.
        left: The left table, Parquet.
        right: The right table; None to link the left one with itself.
        workload: Name of a workload whose rules and comparisons every tool must use; None lets each
            tool do its best with the columns there are.
        lowest: Lowest match probability written.
        threads: Threads that the tool may use.
        model_in: A model that the same tool trained; None trains one.
        model_out: Where to keep the model; None throws it away.
        clusters: Whether clusters (or single best links) are wanted as well as pairs.
        method: Switches of Kinlink's method, for ablations.
        profile: Whether Kinlink notes where its time goes (`stages.json`).
    """

    tool: str
    folder: Path
    left: Path
    right: Path | None = None
    workload: str | None = None
    lowest: float = 0.01
    threads: int = 2
    model_in: Path | None = None
    model_out: Path | None = None
    clusters: bool = False
    method: dict[str, Any] = field(default_factory=dict)
    profile: bool = False

    @property
    def is_dedupe(self) -> bool:
        return self.right is None

    @property
    def pairs(self) -> Path:
        return self.folder / "pairs.parquet"

    @property
    def clusters_file(self) -> Path:
        return self.folder / "clusters.parquet"

    @property
    def stages(self) -> Path:
        return self.folder / "stages.json"

    @property
    def notes(self) -> Path:
        """What the process wants to tell, such as its number of candidate pairs."""
        return self.folder / "notes.json"

    def save(self, path: Path) -> None:
        values = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}
        path.write_text(json.dumps(values, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Job:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        for name in ("folder", "left", "right", "model_in", "model_out"):
            values[name] = Path(values[name]) if values[name] is not None else None
        return cls(**values)


@dataclass(frozen=True)
class Run:
    """What a process cost.

    Attributes:
        job: What it did.
        wall_seconds: From start to exit of the whole process, imports included.
        cpu_seconds: User and system time of all its threads.
        peak_mb: Most memory resident at once, in MB (10⁶ bytes).
    """

    job: Job
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float

    def note(self, name: str) -> Any:
        """What the process noted under that name; None if nothing."""
        if not self.job.notes.exists():
            return None
        return json.loads(self.job.notes.read_text(encoding="utf-8")).get(name)


class JobError(RuntimeError):
    """A tool's process ended with an error; the message holds the end of its log."""


def run_job(job: Job) -> Run:
    """Run the job as a process of its own.

    Raises:
        JobError: The process ended with an error.
    """
    shutil.rmtree(job.folder, ignore_errors=True)
    job.folder.mkdir(parents=True)
    job.save(job.folder / "job.json")
    usage, log = job.folder / "usage.json", job.folder / "log.txt"
    runner = [sys.executable, "-m", f"benchmarks.{RUNNERS[job.tool]}", str(job.folder / "job.json")]
    with open(log, "wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", str(usage), *runner],
            stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=_environment(job), check=False,
        )  # fmt: skip
    if done.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        raise JobError(f"{job.tool} failed in {job.folder}:\n" + "\n".join(tail))
    return Run(job=job, **json.loads(usage.read_text(encoding="utf-8")))


def _environment(job: Job) -> dict[str, str]:
    """The same number of threads for whatever library each tool computes with.

    Python keeps modules compiled, as it does unless told not to.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | dict.fromkeys(names, str(job.threads))


def available_tools() -> list[str]:
    """Kinlink, and the peers that are installed (`pip install kinlink[peers]`)."""
    return [tool for tool in TOOLS if tool == "kinlink" or importlib.util.find_spec(tool)]


def take_turns(jobs: Mapping[str, Job], repeats: int) -> dict[str, list[Run]]:
    """Run each tool's job in turn, `repeats` times over: A B A B, so that a busy minute hits all.

    A tool that fails is out, without any run, and the end of its log is printed.
    """
    runs: dict[str, list[Run]] = {tool: [] for tool in jobs}
    failed = set()
    for _ in range(repeats):
        for tool in [tool for tool in jobs if tool not in failed]:
            try:
                runs[tool].append(run_job(jobs[tool]))
            except JobError as error:
                print(error, file=sys.stderr)
                failed.add(tool)
    return {tool: [] if tool in failed else of_tool for tool, of_tool in runs.items()}


@dataclass(frozen=True)
class Ratios:
    """One tool's share of another's cost: medians over runs, pair by pair."""

    wall: float
    cpu: float
    memory: float


def ratios(ours: Sequence[Run], theirs: Sequence[Run]) -> Ratios | None:
    """Our cost over theirs, run by run; None where either has no run."""
    pairs = list(zip(ours, theirs, strict=False))
    if not pairs:
        return None
    return Ratios(
        wall=median(a.wall_seconds / b.wall_seconds for a, b in pairs),
        cpu=median(a.cpu_seconds / b.cpu_seconds for a, b in pairs),
        memory=median(a.peak_mb / b.peak_mb for a, b in pairs),
    )


def median_run(runs: Sequence[Run]) -> Run:
    """The median of each cost over repeated runs of one job."""
    return replace(
        runs[0],
        wall_seconds=median(run.wall_seconds for run in runs),
        cpu_seconds=median(run.cpu_seconds for run in runs),
        peak_mb=median(run.peak_mb for run in runs),
    )
