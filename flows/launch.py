"""Starting the flow from the command line: what Prefect needs set, and lines on the terminal.

In: what the user typed. Out: one run of the flow. With `PREFECT_API_URL` set, or a profile that
names a server, the run is recorded there; otherwise Prefect starts a server for the run.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.errors import SettingsError, TrainingError
from pipeline.settings.run import DEFAULT_CONFIG, load_settings

Say = Callable[[str], None]


LOOPBACK = "127.0.0.1,localhost,::1"


def prepare_environment() -> None:
    """Set what Prefect and every process of a run read from the environment.

    Set before Prefect is imported, and only where the user has not said otherwise.
    """
    # A server of Prefect's own makes its database at its first start, which can take its time.
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # No proxy can reach the loopback of this machine.
    for name in ("NO_PROXY", "no_proxy"):
        given = os.environ.get(name, os.environ.get(name.swapcase(), ""))
        if LOOPBACK not in given:
            os.environ[name] = f"{given},{LOOPBACK}" if given else LOOPBACK


def quieten_prefect() -> None:
    """Leave the terminal to Kinlink's own lines; Prefect's own are for its server."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")


def show_progress() -> None:
    """Write each stage's line, and every warning of the pipeline, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name, level in (("kinlink.progress", logging.INFO), ("pipeline", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(handler)


@dataclass(frozen=True)
class Asked:
    """What the user of `kinlink run` asked for; what is None, the configuration says.

    Attributes:
        config: configuration file.
        extracts: folder of extracts to read instead of the configured sources.
        out: folder that holds `runs/` and `current`.
        as_of: date that ages and custody are counted at.
        without: sources that this run does without.
    """

    config: Path | None = None
    extracts: Path | None = None
    out: Path | None = None
    as_of: date | None = None
    without: tuple[str, ...] = ()


def run_once(asked: Asked, say: Say) -> Path:
    """Run the flow once and say where its result is.

    Without a configuration file `config/default.toml` holds: extracts must be named, and analysts'
    keys are made with a random secret of the out folder's own.

    Raises:
        SettingsError: neither a configuration nor extracts are given.
        KinlinkError: whatever a stage refused, as the stage said it.
    """
    if asked.config is None and asked.extracts is None:
        raise SettingsError("nothing to read: give --config FILE, or --extracts FOLDER")
    config = asked.config or DEFAULT_CONFIG
    settings = load_settings(config, asked.extracts)
    folder = (asked.out or settings.out).resolve()
    day = asked.as_of or settings.as_of or date.today()
    prepare_environment()
    quieten_prefect()
    show_progress()
    started = time.perf_counter()
    from flows.watched import run_watched

    run = run_watched(
        {
            "config": str(config.resolve()),
            "out": str(folder),
            "as_of": day.isoformat(),
            "extracts": str(asked.extracts.resolve()) if asked.extracts else None,
            "without": list(asked.without),
        }
    )
    from pipeline.store import read_manifest

    say(f"run {run.name} as of {day.isoformat()} in {time.perf_counter() - started:.0f} s")
    for one in read_manifest(run)["sources_left_out"]:
        say(f"not complete: made without {one['source']} ({one['reason']}); every list says so")
    say(f"published in {folder / 'current'}")
    return run


def train_once(
    config: Path, extracts: Path | None, models: Path | None, as_of: date | None, say: Say
) -> Path:
    """Estimate the person models from extracts and write them, one JSON a kind of person.

    Raises:
        TrainingError: a model did not converge; nothing is written.
    """
    from pipeline.ingest import read_extracts
    from pipeline.people import PeopleInputs, resolve_people
    from pipeline.standardise import standardise

    settings = load_settings(config)
    day = as_of or settings.as_of or date.today()
    show_progress()
    found = standardise(read_extracts(settings.ingest, extracts, day).tables, day)
    fresh = settings.people.model_copy(update={"models_folder": None})
    inputs = PeopleInputs(found.mentions, found.relationships, day)
    people = resolve_people(inputs, fresh, None, "")
    refuse_unconverged({name: model.converged for name, model in people.models.items()})
    folder = models or settings.people.models_folder or config.parent / "models"
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in people.models.items():
        model.save(folder / f"{name}.json")
        records = model.provenance.left_records
        say(f"{folder / name}.json: {records:,} records, {model.provenance.iterations} iterations")
    return folder


def refuse_unconverged(converged: Mapping[str, bool]) -> None:
    """Stop where a model did not converge.

    Raises:
        TrainingError: naming the models, and what to do.
    """
    failed = sorted(name for name, is_done in converged.items() if not is_done)
    if failed:
        raise TrainingError(
            f"models did not converge and nothing is published: {', '.join(failed)}; look at the "
            "warnings above for columns that say the same, or give trained models "
            "(people.models_folder)"
        )
