"""Linkage: which records of any two tables, or of one, are the same person.

In: Arrow tables with a record id. Out: scored pairs, clusters, and a model that says why. It knows
nothing of prisons, probation or children. Everything here is imported on first use.

`person_spec`, the specification for columns of other names, is in `pipeline.linkage.person_spec`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.linkage.deciding.block_report import BlockReport
    from pipeline.linkage.deciding.fit import FIT_SCHEMA
    from pipeline.linkage.deciding.results import LinkResult
    from pipeline.linkage.label_files import read_label_file
    from pipeline.linkage.linking import dedupe, link, report_blocking, train
    from pipeline.linkage.model import TrainedModel
    from pipeline.linkage.person_spec import default_person_spec
    from pipeline.linkage.settings import LinkageSettings
    from pipeline.linkage.spec import LinkageSpec

_HOMES = {
    "link": "linking",
    "dedupe": "linking",
    "train": "linking",
    "report_blocking": "linking",
    "read_label_file": "label_files",
    "BlockReport": "deciding.block_report",
    "FIT_SCHEMA": "deciding.fit",
    "TrainedModel": "model",
    "default_person_spec": "person_spec",
    "LinkResult": "deciding.results",
    "LinkageSettings": "settings",
    "LinkageSpec": "spec",
}

__all__ = [
    "FIT_SCHEMA",
    "BlockReport",
    "LinkResult",
    "LinkageSettings",
    "LinkageSpec",
    "TrainedModel",
    "dedupe",
    "default_person_spec",
    "link",
    "read_label_file",
    "report_blocking",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for: compiled kernels are slow to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
