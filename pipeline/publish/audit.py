"""What must be true of a staged run before anyone sees it, checked on the files themselves.

In: a staged folder. Out: one sentence per thing that is wrong, in counts, naming no one. It reads
what was written and trusts none of the functions that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.contracts.outputs import ANALYST_CONTRACTS, MATCHED_CHILDREN
from pipeline.contracts.schema import Sensitivity, TableContract

PSEUDONYM_ENDING = "_key"
WORDS_OF_OFFENCE = ("offence", "sentence", "address", "postcode", "alias", "pnc", "cro_")
"""No column of an authority's list may have one of these in its name."""


def audit_run(folder: Path) -> Iterator[str]:
    """Everything that must keep a staged run from being published."""
    yield from missing_datasets(folder)
    for contract in ANALYST_CONTRACTS:
        yield from personal_columns(contract)
    yield from leaked_ids(folder)
    yield from list_columns()
    children = recorded_children(folder)
    for file in sorted((folder / "authority_lists").glob("recipient=*/matched_children.parquet")):
        yield from foreign_rows(file.parent, children)
    yield from lost_links(folder)


def missing_datasets(folder: Path) -> Iterator[str]:
    """Datasets that every run has."""
    names = [contract.name for contract in ANALYST_CONTRACTS] + ["person_map", "family_links"]
    for name in names:
        if not (folder / f"{name}.parquet").is_file():
            yield f"dataset '{name}' was not written"


def personal_columns(contract: TableContract) -> Iterator[str]:
    """Columns that no analyst may have: what names or describes one person."""
    for column in contract.columns:
        is_pseudonym = column.name.endswith(PSEUDONYM_ENDING)
        points = column.sensitivity is Sensitivity.IDENTIFIER and not is_pseudonym
        if points or column.sensitivity is Sensitivity.PERSONAL:
            yield f"dataset '{contract.name}' for analysts has the column '{column.name}'"


def leaked_ids(folder: Path) -> Iterator[str]:
    """Person ids in datasets whose readers may only have pseudonyms."""
    keyed = {
        (contract.name, name): read(path, [name])[name]
        for contract in ANALYST_CONTRACTS
        for name in contract.column_names
        if name.endswith(PSEUDONYM_ENDING)
        and (path := folder / f"{contract.name}.parquet").is_file()
    }
    chunks = [chunk for column in keyed.values() for chunk in column.chunks]
    # All columns at once: to look into millions of ids takes less time than to get ready for it.
    is_id = pc.is_in(pa.chunked_array(chunks, pa.string()), value_set=person_ids(folder))
    start = 0
    for (dataset, name), column in keyed.items():
        count = pc.sum(is_id.slice(start, len(column))).as_py() or 0
        start += len(column)
        if count:
            yield f"dataset '{dataset}', column '{name}': {count} person ids in the clear"


def person_ids(folder: Path) -> pa.Array:
    """Every person id of the run."""
    path = folder / "person_map.parquet"
    if not path.is_file():
        return pa.array([], pa.string())
    return read(path, ["person_id"])["person_id"].unique()


def list_columns() -> Iterator[str]:
    """Columns that no list may have."""
    for name in MATCHED_CHILDREN.column_names:
        if any(word in name for word in WORDS_OF_OFFENCE):
            yield f"authority lists have the column '{name}'"


def foreign_rows(partition: Path, children: pa.Table) -> Iterator[str]:
    """Rows of one authority's list that are not that authority's own.

    The code on the row is not enough: the child's id must be among that authority's own records.
    """
    code = partition.name.removeprefix("recipient=")
    rows = read(partition / "matched_children.parquet", ["authority_code", "child_person_id"])
    others = rows.num_rows - (pc.sum(pc.equal(rows["authority_code"], code)).as_py() or 0)
    if others:
        yield f"the list of authority {code} holds {others} rows of others"
    own = children.filter(pc.equal(children["source"], f"childrens_services/{code}"))["record_id"]
    strangers = rows.num_rows - count_in(rows["child_person_id"], own)
    if strangers:
        yield f"the list of authority {code} names {strangers} children it does not hold"
    if not (partition / "matched_children.csv").is_file():
        yield f"the list of authority {code} has no CSV"


def recorded_children(folder: Path) -> pa.Table:
    """Source and record of every child that an authority itself sent."""
    path = folder / "person_map.parquet"
    if not path.is_file():
        return pa.table({name: pa.array([], pa.string()) for name in ("source", "record_id")})
    columns = ["source", "record_id"]
    return pq.read_table(path, columns=columns, filters=[("role", "==", "child")])


def count_in(values: pa.ChunkedArray, allowed: pa.ChunkedArray) -> int:
    """How many values are allowed."""
    return pc.sum(pc.is_in(values, allowed.combine_chunks())).as_py() or 0


def lost_links(folder: Path) -> Iterator[str]:
    """Whether analysts see exactly as many links as were found, and none is there twice."""
    counts = {}
    for name in ("family_links", "linked_families"):
        path = folder / f"{name}.parquet"
        counts[name] = pq.read_metadata(path).num_rows if path.is_file() else -1
    if counts["family_links"] != counts["linked_families"]:
        yield (
            f"family_links has {counts['family_links']} rows, "
            f"linked_families {counts['linked_families']}"
        )


def read(path: Path, columns: list[str]) -> pa.Table:
    """Some columns of a file, its folder's name taken for no column."""
    return pq.read_table(path, columns=columns, partitioning=None)
