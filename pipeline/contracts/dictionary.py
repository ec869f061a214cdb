"""The data dictionary, written from the contracts.

In: the contracts. Out: the text of `docs/data-dictionary.md`, the same for the same contracts.
`python -m pipeline.contracts.dictionary > docs/data-dictionary.md` brings the file up to date.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence

import pyarrow as pa

from pipeline import contracts
from pipeline.contracts.inputs import INPUTS, MAIN_TABLES, may_lie_ahead
from pipeline.contracts.intake import INPUT_PROFILE
from pipeline.contracts.outputs import OUTPUT_CONTRACTS
from pipeline.contracts.schema import Column, TableContract
from pipeline.contracts.validate import CONSEQUENCES, REASONS

INTRODUCTION = """\
# Data dictionary

Written from the contracts in `pipeline/contracts/` by `python -m pipeline.contracts.dictionary`; do
not edit it by hand.

Each column has a type, a unit where it has one, what null means (— where null is not allowed), and
how much it tells about a person: `none` (codes, counts), `identifier` (points at one person),
`personal` (describes one person), `special` (special-category or criminal-offence data). Key
columns are in **bold**. A text column with the unit `ISO date, may be partial` holds `2015`,
`2015-03` or `2015-03-04`.

The made-up agencies of the demonstration make their people, addresses and postcodes up as well. A
made-up postcode is built like a true one, in a true postcode area, and may coincide with one that
exists: nobody who lives there is meant.
"""

INPUT_INTRODUCTION = """\
A column marked *optional* may be missing from the extract and then counts as not recorded; any
other missing column makes the extract unusable. A value that should be there and is not is reported
in `quarantine`, and the row is used as far as it goes; only a row that is damaged, or does not say
whose it is, is left out. Dates later than the as-of date are wrong except where *may lie ahead* is
said. The tables marked *main* must be there; any other may be absent and then counts as empty. Once
read, a children's services table holds every authority's rows, `authority_code` first.
"""


def data_dictionary() -> str:
    """The whole dictionary, as Markdown."""
    stages = _stage_contracts()
    parts = [
        INTRODUCTION,
        "## What comes in\n",
        INPUT_INTRODUCTION,
        *(_input_section(contract) for contract in INPUTS.values()),
        "## What is said of the extracts\n",
        "`quarantine`, `quarantined_rows` and `input_remarks` are published with the run.\n",
        _section(INPUT_PROFILE),
        _list("Reasons in `quarantine`", list(REASONS.items())),
        _list("Consequences in `quarantine`", list(CONSEQUENCES.items())),
        "## Between the stages\n",
        *(_section(contract) for contract in stages),
        "## What is published\n",
        *(_section(contract) for contract in OUTPUT_CONTRACTS.values()),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _stage_contracts() -> list[TableContract]:
    """Contracts of every module that are neither inputs nor published, by name."""
    elsewhere = {*INPUTS, *OUTPUT_CONTRACTS, INPUT_PROFILE.name}
    found: dict[str, TableContract] = {}
    for module in pkgutil.iter_modules(contracts.__path__):
        values = vars(importlib.import_module(f"pipeline.contracts.{module.name}")).values()
        for value in values:
            if isinstance(value, TableContract) and value.name not in elsewhere:
                found[value.name] = value
    return [found[name] for name in sorted(found)]


def _input_section(contract: TableContract) -> str:
    agency, _, table = contract.name.partition("/")
    main = "" if MAIN_TABLES.get(agency) != table else " *Main.*"
    rows = [_row(column, _input_remark(contract, column)) for column in contract.columns]
    return _table(contract.name, contract.description + main, rows)


def _input_remark(contract: TableContract, column: Column) -> str:
    is_date = pa.types.is_date(column.type) or "date" in column.unit
    remarks = [
        "" if column.is_required else "optional",
        "may lie ahead" if is_date and may_lie_ahead(contract.name, column.name) else "",
    ]
    said = ", ".join(f"*{remark}*" for remark in remarks if remark)
    return f" ({said})" if said else ""


def _section(contract: TableContract) -> str:
    about = f"{contract.description} Read by: {contract.reader}."
    return _table(contract.name, about, [_row(column) for column in contract.columns])


def _table(name: str, about: str, rows: Iterable[str]) -> str:
    head = ["| column | type | unit | null means | sensitivity | description |",
            "|---|---|---|---|---|---|"]  # fmt: skip
    return "\n".join([f"### {name}\n", f"{about}\n", *head, *rows, ""])


def _row(column: Column, remark: str = "") -> str:
    name = f"**{column.name}**" if column.is_key else column.name
    cells = (
        name, _type(column.type), column.unit, column.null or "—", column.sensitivity.value,
        column.description + remark,
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(type_: pa.DataType) -> str:
    """The type in plain words."""
    if pa.types.is_list(type_):
        return f"list of {_type(type_.value_type)}"
    if pa.types.is_struct(type_):
        return "object"
    if pa.types.is_map(type_):
        return f"{_type(type_.item_type)} by name"
    if pa.types.is_dictionary(type_):
        return _type(type_.value_type)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "text"
    if pa.types.is_boolean(type_):
        return "yes or no"
    if pa.types.is_date(type_):
        return "date"
    if pa.types.is_integer(type_):
        return "whole number"
    return "number" if pa.types.is_floating(type_) else str(type_)


def _list(title: str, items: Sequence[tuple[str, str]]) -> str:
    lines = [f"- `{name}`: {meaning}" for name, meaning in items]
    return "\n".join([f"### {title}\n", *lines, ""])


if __name__ == "__main__":
    print(data_dictionary(), end="")
