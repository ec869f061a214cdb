"""Makes the made-up agencies: the people first, then what each agency holds, then its files.

In: a folder, a scale, a seed and settings. Out: extracts laid out as the contract says, with
`sources.toml` and manifests beside them, the other inputs of a run, and `truth/`. The same scale,
seed and settings give the same bytes.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from pipeline.contracts.inputs import AGENCIES
from pipeline.errors import SettingsError
from pipeline.settings.ingest import SOURCES_FILE
from pipeline.settings.synthetic import SyntheticSettings, load_synthetic_settings
from pipeline.synthetic.childrens_services import hold_services_records
from pipeline.synthetic.prison import hold_prison_records
from pipeline.synthetic.probation import hold_probation_records
from pipeline.synthetic.suppliers import supplier_of, to_arrow, write_source
from pipeline.synthetic.truth import protected_hashes, true_tables
from pipeline.synthetic.world import Holdings, World, make_world

logger = logging.getLogger(__name__)

PROTECTED_FILE = "protected_persons.csv"
SALT_FILE = "protected_persons.salt"
POSTCODE_FILE = "postcode_directory.parquet"
TRUTH_FOLDER = "truth"
TRUTH_ORDER = (
    "source", "table", "record_id", "parent_true_id", "child_true_id", "before_true_id",
    "true_person_id",
)  # fmt: skip
"""Columns that fix the order of rows in the tables of `truth/`."""

WRITTEN = {*AGENCIES, SOURCES_FILE, PROTECTED_FILE, SALT_FILE, POSTCODE_FILE, TRUTH_FOLDER}
"""What stands in a folder of made-up extracts."""

SOURCES_HEADING = """\
# How the made-up suppliers write their extracts. Everyone in them is made up.
"""


def synthesise(
    out: Path, scale: str = "demo", seed: int = 1, settings: SyntheticSettings | None = None
) -> None:
    """Write the extracts of made-up agencies, and the truth about the people in them.

    Args:
        out: folder to write into: a new or empty one, or one of made-up extracts, which are
            replaced.
        scale: `demo`, `city` or `national`.
        seed: any whole number; another seed gives other people.
        settings: every rate; those of `config/synthetic.toml` unless given.

    Raises:
        SettingsError: there is no such scale, the settings cannot be read, or the folder holds
            something else, or authorities of another scale, which a run would read as well.
    """
    started = time.monotonic()
    settings = settings or load_synthetic_settings()
    world = make_world(settings.scale(scale), seed, settings)
    holdings = [hold_prison_records(world), hold_probation_records(world)]
    holdings += hold_services_records(world)
    out = Path(out)
    _refuse_others(out, {held.source for held in holdings})
    _take(out)
    truth = true_tables(world, holdings)
    _write_truth(out / TRUTH_FOLDER, truth)
    _write_other_inputs(out, world, holdings, truth)
    _write_sources(out, world, holdings)
    logger.info(
        "made-up agencies: %d people, %d offenders, %d sources, %d findable pairs, %.1f s",
        len(world.people), len(world.offending.offenders), len(holdings),
        int(truth["family_truth"]["findable"].sum()), time.monotonic() - started,
    )  # fmt: skip


def _take(out: Path) -> None:
    """Make the folder, with our mark: the first line of `sources.toml`.

    Raises:
        SettingsError: it holds something that would be replaced, and not our mark.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / SOURCES_FILE
    is_ours = path.is_file() and path.read_bytes().startswith(SOURCES_HEADING.encode())
    there = sorted(WRITTEN & {entry.name for entry in out.iterdir()})
    if there and not is_ours:
        raise SettingsError(
            f"'{out}' holds no made-up extracts, and they would replace what is there "
            f"({', '.join(there)}); give another --out, or move it away"
        )
    path.write_text(SOURCES_HEADING, encoding="utf-8")


def _refuse_others(out: Path, sources: set[str]) -> None:
    """Refuse a folder in which extracts of other made-up agencies would stay.

    Raises:
        SettingsError: naming the authorities.
    """
    there = sorted(path.name for path in out.glob("childrens_services/*"))
    others = [name for name in there if f"childrens_services/{name}" not in sources]
    if others:
        raise SettingsError(
            f"'{out}' holds extracts of {len(others)} authorities that this scale does not have "
            f"({', '.join(others[:5])}), and a run would read them as well; give another --out"
        )


def _write_sources(out: Path, world: World, holdings: list[Holdings]) -> None:
    parts = [
        SOURCES_HEADING,
        f'[suppression]\nsalt_file = "{SALT_FILE}"\n',
        f'[other]\nprotected_persons = "{PROTECTED_FILE}"\n',
    ]
    for place, held in enumerate(holdings):
        supplier = supplier_of(held.source, place)
        parts.append(write_source(out, held, supplier, world.settings.as_of))
    (out / SOURCES_FILE).write_text("\n".join(parts), encoding="utf-8")


def _write_truth(folder: Path, truth: dict[str, pd.DataFrame]) -> None:
    folder.mkdir(exist_ok=True)
    for name, table in truth.items():
        order = [column for column in TRUTH_ORDER if column in table]
        ordered = to_arrow(table).sort_by([(column, "ascending") for column in order])
        pq.write_table(ordered, folder / f"{name}.parquet", compression="zstd")


def _write_other_inputs(
    out: Path, world: World, holdings: list[Holdings], truth: dict[str, pd.DataFrame]
) -> None:
    """Postcode directory, and protected persons with their salt."""
    directory = to_arrow(world.geography.directory())
    pq.write_table(directory, out / POSTCODE_FILE, compression="zstd")
    protected = protected_hashes(world, holdings, truth["withheld_records"])
    protected.to_csv(out / PROTECTED_FILE, index=False, lineterminator="\n")
    salt = out / SALT_FILE
    salt.write_text(world.settings.salt + "\n", encoding="utf-8")
    salt.chmod(0o600)
