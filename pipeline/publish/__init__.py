"""From the tables of a run to what each reader gets.

In: stage tables, extracts, settings. Out: datasets that keep the contracts of
`pipeline.contracts.outputs`, one at a time, and the checks that a staged run must pass. It writes
nothing itself: `pipeline.store` does.

    run_tables.py   columns of the run's tables, persons by number
    context.py      what every dataset is made from, worked out once
    custody.py visits.py places.py cases.py ages.py     the measures
    pseudonyms.py   keys instead of ids for analysts
    person_map.py linked_families.py children.py declared_children.py
    authority_lists.py evidence.py quality.py           one dataset each
    left_out.py     what a reader is told of sources that the run did without
    package.py      run_manifest.json and datapackage.json
    audit.py        what must be true before anyone sees the run
"""

from pipeline.publish.audit import audit_run
from pipeline.publish.context import Context
from pipeline.publish.datasets import Dataset, build_datasets
from pipeline.publish.left_out import NOTE_FILE, notes
from pipeline.publish.package import InputFacts, RunFacts, datapackage, run_manifest
from pipeline.publish.places import Reference, read_reference
from pipeline.publish.pseudonyms import PseudonymKey, load_pseudonym_key
from pipeline.publish.run_tables import RunTables

__all__ = [
    "NOTE_FILE",
    "Context",
    "Dataset",
    "InputFacts",
    "PseudonymKey",
    "Reference",
    "RunFacts",
    "RunTables",
    "audit_run",
    "build_datasets",
    "datapackage",
    "load_pseudonym_key",
    "notes",
    "read_reference",
    "run_manifest",
]
