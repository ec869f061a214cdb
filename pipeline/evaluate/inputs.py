"""What an evaluation reads: a published run, and the truth about the same people.

In: two folders. Out: frames, and each record's true person. It must not know how the run was made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import EvaluationError

RECORD = ["source", "table", "record_id"]
OFFENDER_TABLES = ("prisoners", "offenders")
CHILD_TABLE = "children"

LINK_COLUMNS = (
    "parent_id", "child_id", "match_probability", "match_band", "relationship",
    "is_nominated_by_prison", "is_nominated_by_probation", "is_nominated_by_visit",
    "is_recorded_by_authority",
)  # fmt: skip
TRUTH_FLAGS = ("child_in_cs", "nominated", "parent_listed_in_cs", "findable")


@dataclass(frozen=True)
class Run:
    """The part of a published run that is measured.

    Attributes:
        run_id: the run.
        as_of_year: year at which ages are counted.
        person_map: source, table, record_id, role, person_id.
        family_links: `LINK_COLUMNS`.
    """

    run_id: str
    as_of_year: int
    person_map: pd.DataFrame
    family_links: pd.DataFrame


@dataclass(frozen=True)
class Truth:
    """What is true of the same people.

    Attributes:
        records: source, table, record_id, true_person_id.
        families: parent_true_id, child_true_id, relationship, and `TRUTH_FLAGS` where they are
            known (a flag that the truth does not have is left out).
        persons: index true_person_id; sex, name_culture, birth_year; empty where not given.
    """

    records: pd.DataFrame
    families: pd.DataFrame
    persons: pd.DataFrame


def run_folder(path: Path) -> Path:
    """The run that a path means: a run folder, `current`, or an out folder with a current run.

    Raises:
        EvaluationError: it is none of these.
    """
    for folder in (path, path / "current"):
        if (folder / "run_manifest.json").is_file():
            return folder.resolve()
    raise EvaluationError(
        f"'{path}' is no published run and has no current one; give a folder that holds "
        "run_manifest.json, or the --out folder of a finished run"
    )


def read_run(path: Path) -> Run:
    """The run at a path.

    Raises:
        EvaluationError: it cannot be found or read.
    """
    folder = run_folder(path)
    try:
        manifest = json.loads((folder / "run_manifest.json").read_text(encoding="utf-8"))
        run_id, as_of_year = str(manifest["run_id"]), int(manifest["as_of_date"][:4])
    except (OSError, ValueError, KeyError):
        raise EvaluationError(f"'{folder / 'run_manifest.json'}' is damaged") from None
    person_map = read_columns(folder / "person_map.parquet", (*RECORD, "role", "person_id"))
    links = read_columns(folder / "family_links.parquet", LINK_COLUMNS)
    return Run(run_id, as_of_year, person_map, links)


def read_truth(folder: Path) -> Truth:
    """The truth in a folder: person_truth, family_truth, and persons where it is given.

    Raises:
        EvaluationError: a table or a column is missing, or a record has two true persons.
    """
    if not folder.is_dir():
        raise EvaluationError(f"truth folder '{folder}' does not exist")
    records = read_columns(folder / "person_truth.parquet", (*RECORD, "true_person_id"))
    repeated = int(records.duplicated(RECORD).sum())
    if repeated:
        raise EvaluationError(f"person_truth has {repeated} records with more than one row")
    names = ("parent_true_id", "child_true_id", "relationship")
    families = read_columns(folder / "family_truth.parquet", names, optional=TRUTH_FLAGS)
    return Truth(records, families, read_true_persons(folder / "persons.parquet"))


def read_true_persons(path: Path) -> pd.DataFrame:
    """Sex, name culture and birth year of true persons; no rows where the truth does not say."""
    names = ("sex", "name_culture", "birth_year")
    if not path.is_file():
        return pd.DataFrame(columns=list(names))
    persons = read_columns(path, ("true_person_id",), optional=names)
    persons = persons.drop_duplicates("true_person_id").set_index("true_person_id")
    return persons.reindex(columns=list(names))


def read_columns(
    path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Some columns of a Parquet file; optional ones where it has them.

    Raises:
        EvaluationError: the file or a column is missing, or the file is damaged.
    """
    try:
        present = pq.read_schema(path).names
        missing = [name for name in columns if name not in present]
        if missing:
            raise EvaluationError(f"'{path}' lacks columns {missing}")
        wanted = [*columns, *(name for name in optional if name in present)]
        frame: pd.DataFrame = pq.read_table(path, columns=wanted, partitioning=None).to_pandas()
    except (OSError, pa.ArrowInvalid):
        raise EvaluationError(f"'{path}' is missing or is no whole Parquet file") from None
    return frame


def matched_records(run: Run, truth: Truth) -> pd.DataFrame:
    """Records of the run with their true person, each once: RECORD, role, person_id,
    true_person_id.

    Raises:
        EvaluationError: no record of the truth is in the run: they are of different extracts.
    """
    joined = run.person_map.drop_duplicates().merge(truth.records, on=RECORD)
    if joined.empty:
        raise EvaluationError(
            f"none of the {len(truth.records)} records of the truth is among the "
            f"{len(run.person_map)} of run {run.run_id}: they are of different extracts"
        )
    return joined


def true_person_of(records: pd.DataFrame) -> pd.Series:
    """The person that most of an entity's records truly are; index person_id.

    On a tie the lower true id, so that the answer never depends on row order.
    """
    counts = records.groupby(["person_id", "true_person_id"]).size().rename("n").reset_index()
    counts = counts.sort_values(["person_id", "n", "true_person_id"], ascending=[True, False, True])
    return counts.drop_duplicates("person_id").set_index("person_id")["true_person_id"]


def share(part: float, whole: float) -> float:
    """A share, null of nothing."""
    return part / whole if whole else np.nan


def f1_score(precision: float, recall: float) -> float:
    """Harmonic mean of precision and recall; null where either is, 0 where both are 0."""
    if np.isnan(precision) or np.isnan(recall):
        return np.nan
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
