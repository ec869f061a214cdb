"""The flow `find-children`: from extracts to a published run, one task a stage.

In: paths and a date. Out: the published run's folder. It puts the stages in order and knows nothing
else: what a stage does is in `pipeline/`, what it hands on is a table in the work folder.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact

from flows.launch import refuse_unconverged
from flows.memory import keep_memory
from flows.publishing import Inputs, identify_run, publish_run, run_facts
from flows.stages import StageReport, progress, stage
from pipeline.settings.run import load_settings
from pipeline.store import RunIdentity, RunStore, WorkFolder, read_manifest

STAGES = ("ingest", "standardise", "people", "family")


def load_stages() -> None:
    """Import what the stages run, which each would else do when its turn comes."""
    for name in STAGES:
        import_module(f"pipeline.{name}")


@dataclass(frozen=True)
class Reading:
    """What a run reads. Sources and paths alone: Prefect keeps it with the task.

    Attributes:
        config: path of the configuration file.
        out: folder that holds the last published run.
        extracts: folder of extracts to read instead of the configured sources.
        without: sources that the run does without.
    """

    config: str
    out: str
    extracts: str | None
    without: tuple[str, ...]


@stage("ingest", retries=2)
def ingest(work: str, reading: Reading, as_of: str) -> StageReport:
    """Read, check and suppress; write contract tables, the quarantine and the input facts."""
    from pipeline.ingest import LastRun, read_extracts

    folder, settings = WorkFolder(Path(work)), load_settings(Path(reading.config))
    current = RunStore(Path(reading.out)).current()
    found = read_extracts(
        settings.ingest,
        Path(reading.extracts) if reading.extracts else None,
        date.fromisoformat(as_of),
        reading.without,
        LastRun.of(read_manifest(current)) if current else LastRun(),
    )
    folder.write_tables({
        **found.tables, "quarantine": found.quarantine, "input_profile": found.profile,
        "input_remarks": found.remarks, "quarantined_rows": found.quarantined_rows,
    })  # fmt: skip
    write_facts(folder, "inputs", found.input_facts())
    write_facts(
        folder,
        "sources",
        {
            "left_out": {one.source: one.reason for one in found.left_out},
            "has_protected_persons": found.has_protected_persons,
        },
    )
    accepted = sum(table.num_rows for table in found.tables.values())
    received = sum(item.rows for item in found.inputs)
    left_out = f", {len(found.left_out)} sources left out" if found.left_out else ""
    note = f"{found.rows_quarantined:,} rows quarantined{left_out}"
    return StageReport("ingest", received, accepted, note)


@stage("standardise")
def standardise(work: str, as_of: str) -> StageReport:
    """Write mentions, their addresses, relationships and stated numbers of children."""
    from pipeline.standardise import standardise as to_mentions

    folder = WorkFolder(Path(work))
    found = to_mentions(folder, date.fromisoformat(as_of))
    folder.write_tables({
        "mentions": found.mentions, "mention_addresses": found.mention_addresses,
        "relationships": found.relationships, "declared_counts": found.declared_counts,
    })  # fmt: skip
    rows_in = sum(folder.count_rows(name) for name in folder if "/" in name)
    note = f"{found.relationships.num_rows:,} relationships"
    return StageReport("standardise", rows_in, found.mentions.num_rows, note)


@stage("people")
def people(work: str, config: str, out: str, as_of: str) -> StageReport:
    """Write which person each mention is, pair scores, persons, registry and ledger."""
    from pipeline.people import PeopleInputs, resolve_people

    folder, settings = WorkFolder(Path(work)), load_settings(Path(config))
    identity = RunIdentity(**read_facts(folder, "identity"))
    previous = RunStore(Path(out)).previous_registry(identity)
    inputs = PeopleInputs(
        folder["mentions"],
        folder["relationships"],
        date.fromisoformat(as_of),
        prisoners=folder.get("prison/prisoners"),
        custody_periods=folder.get("prison/custody_periods"),
    )
    found = resolve_people(inputs, settings.people, previous, identity.run_id)
    refuse_unconverged({name: model.converged for name, model in found.models.items()})
    names = ("mention_persons", "person_links", "persons", "registry", "registry_ledger")
    folder.write_tables({name: getattr(found, name) for name in names})
    folder.write_table("people_checks", found.checks)
    write_facts(folder, "models", {name: m.to_json() for name, m in found.models.items()})
    return StageReport(
        "people", folder.count_rows("mentions"), found.persons.num_rows,
        f"{found.person_links.num_rows:,} pairs kept{warned(found.warnings)}",
    )  # fmt: skip


@stage("family")
def family(work: str, config: str, as_of: str) -> StageReport:
    """Write family links and which child each declared child may be."""
    from pipeline.family import FAMILY_COLUMNS, FamilyInputs, find_families

    folder, settings = WorkFolder(Path(work)), load_settings(Path(config))
    # Given away where they are read, so that they are gone as soon as families no longer need them.
    found = find_families(
        FamilyInputs(**{name: folder.read_table(name, c) for name, c in FAMILY_COLUMNS.items()}),
        settings.family, date.fromisoformat(as_of),
    )  # fmt: skip
    folder.write_table("family_links", found.family_links)
    folder.write_table("family_checks", found.checks)
    folder.write_table("declared_child_links", found.declared_child_links)
    write_facts(folder, "family_model", found.model)
    bands = found.family_links.group_by("match_band").aggregate([("match_band", "count")])
    counts = ", ".join(f"{n:,} {band}" for band, n in sorted(zip(
        bands["match_band"].to_pylist(), bands["match_band_count"].to_pylist(), strict=True
    )))  # fmt: skip
    return StageReport(
        "family", folder.count_rows("mention_persons"), found.family_links.num_rows,
        counts + warned(found.warnings),
    )  # fmt: skip


@stage("publish")
def publish(work: str, config: str, out: str, as_of: str) -> StageReport:
    """Write every dataset, audit them, and make the run current in one step."""
    folder, settings = WorkFolder(Path(work)), load_settings(Path(config))
    identity = RunIdentity(**read_facts(folder, "identity"))
    models = {**read_facts(folder, "models"), "family": read_facts(folder, "family_model")}
    inputs = read_facts(folder, "inputs")
    sources = read_facts(folder, "sources")
    facts = run_facts(folder, identity, settings, Inputs(as_of, inputs, models, **sources))
    written, published = publish_run(folder, settings, RunStore(Path(out)), facts)
    note = "published" if published.is_new else "already published, the same bytes"
    return StageReport("publish", folder.count_rows("family_links"), written, note)


# Prefect invents run names otherwise, and some of its words are people's names.
@flow(name="find-children", flow_run_name="as-of-{as_of}", persist_result=False, log_prints=False)
def find_children(
    config: str, out: str, as_of: str, extracts: str | None = None, without: Sequence[str] = ()
) -> str:
    """Find the children of people in prison and on probation.

    Args:
        config: path of the configuration file.
        out: folder that holds `runs/` and `current`.
        as_of: ISO date that ages and custody are counted at.
        extracts: folder of extracts to read instead of the configured sources.
        without: sources that this run does without; manifest, `quality` and every list say so.

    Returns:
        The published run's folder.
    """
    keep_memory()
    with RunStore(Path(out)).exclusive() as store:
        folder = store.open_work("incoming")
        work = str(folder.path)
        try:
            reading = Reading(config, out, extracts, tuple(without))
            reports = [ingest(work, reading, as_of)]
            settings = load_settings(Path(config))
            identity = identify_run(read_facts(folder, "inputs"), settings, store, as_of)
            store.clear_leftovers()
            write_facts(folder, "identity", dataclasses.asdict(identity))
            reports.append(standardise(work, as_of))
            reports.append(people(work, config, out, as_of))
            reports.append(family(work, config, as_of))
            reports.append(publish(work, config, out, as_of))
        finally:
            store.close_work(folder)
        counts = [dataclasses.asdict(report) for report in reports]
        store.write_operations(identity.run_id, {"stages": counts})
    create_table_artifact(
        key="find-children-counts", table=counts,
        description="Rows in and out of every stage. Counts only.",
    )  # fmt: skip
    return str(store.runs / identity.run_id)


def warned(warnings: tuple[str, ...]) -> str:
    """How many warnings a stage gave, each first written out: columns and counts, never values."""
    for warning in warnings:
        progress.info("  note: %s", warning)
    return f", {len(warnings)} notes" if warnings else ""


def write_facts(folder: WorkFolder, name: str, facts: Any) -> None:
    """Hand on small facts that are no table: counts, checksums, parameters."""
    (folder.path / f"{name}.json").write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")


def read_facts(folder: WorkFolder, name: str) -> Any:
    """The facts that an earlier stage handed on."""
    return json.loads((folder.path / f"{name}.json").read_text(encoding="utf-8"))
