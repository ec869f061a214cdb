"""A family set of the project's own: made-up agencies, their extracts in the contract's form.

In: a folder and a seed. Out: `extracts/` and `truth/` there, as an open family set has them. The
suppliers' own formats, which the made-up agencies write, are read by the pipeline's own reader.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

NAME = "made_agencies"
PRISONERS, PROBATIONERS, CHILDREN, AUTHORITY_CODE = 500, 600, 1_200, "330"
OF_AGENCIES = ("prison", "probation", "childrens_services")


def write_made_agencies(folder: Path, seed: int) -> date:
    """Write the set; one authority holds all children.

    Returns:
        The date that the extracts are of.
    """
    from pipeline.ingest import read_extracts
    from pipeline.settings.ingest import IngestSettings
    from pipeline.settings.synthetic import Scale, load_synthetic_settings
    from pipeline.synthetic import synthesise

    supplied, settings = folder / "supplied", load_synthetic_settings()
    scale = Scale(
        prisoners=PRISONERS,
        probationers=PROBATIONERS,
        children=CHILDREN,
        authority_codes=(AUTHORITY_CODE,),
    )
    synthesise(supplied, NAME, seed, settings.model_copy(update={"scales": {NAME: scale}}))
    read = read_extracts(IngestSettings.model_validate({}), supplied, settings.as_of)
    for name, table in read.tables.items():
        if name.startswith(OF_AGENCIES):
            _write(table, folder / "extracts", name)
    shutil.move(supplied / "truth", folder / "truth")
    shutil.rmtree(supplied)
    return settings.as_of


def _write(table: pa.Table, extracts: Path, name: str) -> None:
    """One table; those of children's services in the folder of their authority."""
    source, _, own = name.partition("/")
    path = extracts / source / f"{own}.parquet"
    if "authority_code" in table.column_names:
        table = table.drop_columns(["authority_code"])
        path = extracts / source / AUTHORITY_CODE / path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
