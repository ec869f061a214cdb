"""Every dataset of a run, in the order in which it is written.

In: the context. Out: datasets one at a time, so that only one is in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from pipeline.contracts import outputs
from pipeline.contracts.schema import TableContract
from pipeline.publish.authority_lists import authority_lists
from pipeline.publish.children import children
from pipeline.publish.context import Context
from pipeline.publish.declared_children import declared_children
from pipeline.publish.frames import with_run_id
from pipeline.publish.linked_families import linked_families
from pipeline.publish.person_map import person_map
from pipeline.publish.quality import quality

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dataset:
    """A dataset, or one recipient's part of it, ready to be written.

    Attributes:
        contract: what its rows mean.
        table: the rows, in the contract's columns; the store puts them in its order.
        partition: `recipient=<code>` for a list, else empty.
    """

    contract: TableContract
    table: pa.Table
    partition: str = ""


BUILT: tuple[tuple[TableContract, Callable[[Context], pa.Table]], ...] = (
    (outputs.PERSON_MAP, person_map),
    (outputs.LINKED_FAMILIES, linked_families),
    (outputs.CHILDREN, children),
    (outputs.DECLARED_CHILDREN, declared_children),
    (outputs.QUALITY, quality),
)
"""Datasets made here."""


def build_datasets(context: Context) -> Iterator[Dataset]:
    """Every dataset of the run: of earlier stages, made here, and every authority's list."""
    for contract in outputs.PASSED_ON:
        if contract.name in context.tables:
            table = with_run_id(context.tables[contract.name], context.run_id)
            yield Dataset(contract, table)
    for contract, build in BUILT:
        yield Dataset(contract, build(context))
    for one in authority_lists(context):
        yield Dataset(outputs.MATCHED_CHILDREN, one.table, f"recipient={one.authority_code}")
