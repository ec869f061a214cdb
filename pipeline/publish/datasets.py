"""Every dataset of a run, in the order in which it is written.

In: the context. Out: datasets in order, those of earlier stages read only when their turn comes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from pipeline.publish.quality import missingness, quality

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
    (outputs.LINKED_FAMILIES, linked_families),
    (outputs.CHILDREN, children),
    (outputs.DECLARED_CHILDREN, declared_children),
)
"""Datasets made here of frames, one after the other. `person_map`, the largest, is all Arrow, and
is made beside what the others share; so is, beside these, what `quality` says of mentions."""


def build_datasets(context: Context) -> Iterator[Dataset]:
    """Every dataset of the run: of earlier stages, made here, and every authority's list."""
    with ThreadPoolExecutor(2) as pool:
        mapping = pool.submit(person_map, context)
        context.prepare(pool)
        for contract in outputs.PASSED_ON:
            if contract.name in context.tables:
                table = with_run_id(context.tables[contract.name], context.run_id)
                yield Dataset(contract, table)
        yield Dataset(outputs.PERSON_MAP, mapping.result())
        gaps = pool.submit(missingness, context.tables)
        for contract, build in BUILT:
            yield Dataset(contract, build(context))
        yield Dataset(outputs.QUALITY, quality(context, gaps.result()))
    for one in authority_lists(context):
        yield Dataset(outputs.MATCHED_CHILDREN, one.table, f"recipient={one.authority_code}")
