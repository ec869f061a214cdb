"""What publishing a run takes: its identity, its context, staging and the audit.

In: the work folder, settings, the out folder. Out: a published run. It must not know what any
dataset means: `pipeline.publish` does.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pipeline
from pipeline.publish import (
    NOTE_FILE,
    Context,
    Dataset,
    InputFacts,
    RunFacts,
    RunTables,
    audit_run,
    build_datasets,
    datapackage,
    load_pseudonym_key,
    notes,
    read_reference,
    run_manifest,
)
from pipeline.settings.run import RunSettings
from pipeline.store import (
    PublishedRun,
    RunIdentity,
    RunStore,
    StagedDataset,
    Staging,
    WorkFolder,
    checksum,
    hash_json,
)

progress = logging.getLogger("kinlink.progress")

DATASETS_WAITING = 6
"""Datasets made and not yet written. Those of earlier stages lie in files, and take no memory."""


def settings_that_count(settings: RunSettings) -> dict[str, Any]:
    """Every setting that can change a result.

    Places of files and schedules cannot: what the files hold is hashed with the inputs, and so is
    how extracts are read.
    """
    rooms = settings.model_dump(mode="json", include={"people", "family", "publish"})
    for room, place in (("people", "models_folder"), ("publish", "pseudonym_key_file"),
                        ("publish", "reference_folder")):  # fmt: skip
        rooms[room].pop(place)
    return rooms


def settings_hash(settings: RunSettings) -> str:
    """Hash of every setting that can change a result."""
    return hash_json(settings_that_count(settings))


@dataclass(frozen=True)
class Inputs:
    """What a run was made from.

    Attributes:
        as_of: ISO date that ages and custody are counted at.
        facts: name, rows, checksum and cut-off date of every input.
        models: parameters of every model learned or given, by name.
        left_out: reason by source that the run did without.
        has_protected_persons: whether a list of protected persons was applied.
    """

    as_of: str
    facts: Sequence[dict[str, Any]]
    models: Mapping[str, Any]
    left_out: Mapping[str, str]
    has_protected_persons: bool


def program_version() -> str:
    """Version of this package, and a digest of its code and specifications.

    Code that changed without a new version would give other results under the same run id.
    """
    root = Path(pipeline.__file__).parent
    files = sorted([*root.glob("**/*.py"), *root.glob("config/models/*.toml")])
    digest = hash_json([[str(path.relative_to(root)), checksum(path)] for path in files])
    return f"{version('kinlink')}+{digest[:12]}"


def identify_run(
    inputs: Sequence[dict[str, Any]], settings: RunSettings, store: RunStore, as_of: str
) -> RunIdentity:
    """Which run this is, by its inputs, settings, reference tables and pseudonym key."""
    checksums = {item["name"]: item["checksum"] for item in inputs}
    for path in sorted(settings.publish.reference_path.glob("*.csv")):
        checksums[f"reference/{path.name}"] = checksum(path)
    models = settings.people.models_folder
    for path in sorted(models.glob("*.json")) if models else ():
        checksums[f"models/{path.name}"] = checksum(path)
    key = load_pseudonym_key(settings.publish, store.out)
    if key.warning:
        progress.warning("  note: %s", key.warning)
    checksums["pseudonym_key"] = key.fingerprint
    day = date.fromisoformat(as_of)
    return store.identify(day, checksums, settings_hash(settings), program_version())


def publish_run(
    work: WorkFolder, settings: RunSettings, store: RunStore, facts: RunFacts
) -> tuple[int, PublishedRun]:
    """Stage every dataset, audit the folder, and publish it.

    Returns:
        The number of rows written, and the published run.
    """
    key = load_pseudonym_key(settings.publish, store.out)
    facts = dataclasses.replace(facts, pseudonym_key=key.origin)
    context = Context(
        tables=RunTables(work), run_id=facts.run_id, as_of=date.fromisoformat(facts.as_of_date),
        settings=settings.publish, reference=read_reference(settings.publish.reference_path),
        key=key,
    )  # fmt: skip
    staging = store.stage(facts.run_id)
    write_all(staging, build_datasets(context))
    recipients = [one.partition.partition("=")[2] for one in staging.datasets if one.partition]
    for code, text in notes(facts.left_out, recipients):
        staging.write_note(f"recipient={code}", NOTE_FILE, text)
    staging.write_document("settings.json", settings_that_count(settings))
    staging.write_document("datapackage.json", datapackage(facts, staging.datasets))
    staging.write_document("run_manifest.json", run_manifest(facts, staging.datasets))
    rows = sum(dataset.rows for dataset in staging.datasets)
    return rows, store.publish(staging, [audit_run])


def write_all(staging: Staging, datasets: Iterable[Dataset]) -> None:
    """Stage every dataset, in order, while the next ones are made; a few at most wait."""
    waiting: deque[Future[StagedDataset]] = deque()
    with ThreadPoolExecutor(1) as writer:
        for dataset in datasets:
            waiting.append(
                writer.submit(staging.write, dataset.contract, dataset.table, dataset.partition)
            )
            if len(waiting) > DATASETS_WAITING:
                waiting.popleft().result()
        for written in waiting:
            written.result()


def run_facts(
    work: WorkFolder, identity: RunIdentity, settings: RunSettings, inputs: Inputs
) -> RunFacts:
    """What the manifest says of the run, from the facts that stages handed on."""
    held = dataclasses.asdict(identity)
    return RunFacts(
        run_id=held.pop("run_id"), as_of_date=inputs.as_of, package_version=program_version(),
        settings_hash=settings_hash(settings), identity=held,
        inputs=tuple(InputFacts(**item) for item in inputs.facts),
        models={name: hash_json(model)[:12] for name, model in inputs.models.items()},
        stage_rows={name: work.count_rows(name) for name in work if "/" not in name},
        left_out=inputs.left_out, has_protected_persons=inputs.has_protected_persons,
    )  # fmt: skip
