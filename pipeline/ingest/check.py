"""One source's tables checked: what is used, what is set aside and why.

In: a source's raw tables, protected persons already gone. Out: contract tables of the rows that are
used, the quarantine, and a profile of each column. Every row is used, set aside, or of an adopted
child; none is lost. It must not read a file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.inputs import OWNERS
from pipeline.contracts.intake import INPUT_PROFILE, QUARANTINE
from pipeline.contracts.record_key import RECORD_KEY_COLUMN
from pipeline.contracts.validate import (
    REASONS,
    Consequence,
    Problem,
    Reason,
    Rules,
    Validated,
    validate,
)
from pipeline.contracts.values import Mask
from pipeline.errors import ExtractError
from pipeline.ingest.adopted import Adopted, doubtful_upns, find_adopted, names_adopted
from pipeline.ingest.raw import RawTable
from pipeline.ingest.relationships import Words, directed, unknown_codes
from pipeline.ingest.repeats import find_repeats
from pipeline.ingest.supplier_rows import supplier_rows
from pipeline.settings.ingest import IngestSettings

CHILDREN, ADULTS = "childrens_services/children", "childrens_services/related_adults"
RELATIONSHIPS = "childrens_services/relationships"
CONTACTS = "prison/prisoner_contacts"

FEWEST_ROWS_TO_JUDGE = 100
"""In fewer rows a large faulty share says nothing about the mapping."""

SHAPE_OF_KEY = r"^[A-Za-z0-9/_-]*[0-9][A-Za-z0-9/_-]*$"
LONGEST_KEY = 40
"""What does not look like a key may be a name in the wrong column, and is not repeated."""


@dataclass(frozen=True)
class Checked:
    """One source, checked.

    Attributes:
        tables: rows that are used, by contract name.
        quarantine: rows and values that are not, and why.
        quarantined_rows: those rows, as the supplier sent them.
        profile: each column's filled and invalid share.
        rows: rows of each table, used or set aside.
        adopted: adopted children, whose rows are in none of these.
        adopted_rows: how many rows of each table were theirs.
    """

    tables: Mapping[str, pa.Table]
    quarantine: pa.Table
    quarantined_rows: pa.Table
    profile: pa.Table
    rows: Mapping[str, int]
    adopted: Adopted
    adopted_rows: Mapping[str, int]


@dataclass
class _Work:
    """One table on its way: rows in the contract's types, and what is wrong with them so far."""

    raw: RawTable
    table: pa.Table
    row_numbers: np.ndarray
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.raw.at.contract.name

    def is_used(self) -> Mask:
        """(n,) rows that no problem leaves out."""
        return ~self.suffers("row")

    def suffers(self, *consequences: Consequence) -> Mask:
        """(n,) rows for which some problem has one of these consequences."""
        faults = [problem.rows for problem in self.problems if problem.consequence in consequences]
        return reduce(np.logical_or, faults, np.zeros(self.table.num_rows, bool))

    def used(self) -> pa.Table:
        """The rows that no problem leaves out."""
        return self.table.filter(pa.array(self.is_used()))


def check_source(raws: Sequence[RawTable], rules: Rules, settings: IngestSettings) -> Checked:
    """Check one source's tables, owners before what they own.

    Args:
        raws: the source's tables in the order of the contracts.
        rules: as-of date and longest value; each table's own date format is added.
        settings: how large a share of faulty rows may be.

    Raises:
        ExtractError: a column cannot be read at all, or so many rows of a table have the same fault
            that its format must be wrong.
    """
    validated = {raw.at.contract.name: _validated(raw, rules) for raw in raws}
    adopted = find_adopted({name: found.table for name, found in validated.items()})
    if CHILDREN in validated:
        doubtful = doubtful_upns(validated[CHILDREN])
        adopted = dataclasses.replace(adopted, upns=adopted.upns | doubtful)
    works, adopted_rows = [], {}
    for raw in raws:
        found = validated.pop(raw.at.contract.name)
        is_theirs = names_adopted(found.table, adopted)
        works.append(_without_rows(raw, found, is_theirs))
        adopted_rows[works[-1].name] = int(is_theirs.sum())
    tables: dict[str, pa.Table] = {}
    for work in works:
        _find_problems(work, tables)
        _refuse_mostly_faulty(work, settings.largest_faulty_share)
        tables[work.name] = work.used()
    return Checked(
        tables=tables,
        quarantine=pa.concat_tables([_quarantine(work) for work in works]),
        quarantined_rows=pa.concat_tables([_quarantined_rows(work) for work in works]),
        profile=pa.concat_tables([_profile(work, tables[work.name]) for work in works]),
        rows={work.name: work.table.num_rows + len(work.raw.rows.ragged) for work in works},
        adopted=adopted,
        adopted_rows=adopted_rows,
    )


def _validated(raw: RawTable, rules: Rules) -> Validated:
    """The table's values read, by its own date format."""
    own = dataclasses.replace(rules, date_format=raw.at.reading.date_format)
    try:
        return validate(raw.rows.table, raw.at.contract, own)
    except ExtractError as error:
        raise ExtractError(f"'{raw.at.label}', {error}") from None


def _without_rows(raw: RawTable, found: Validated, is_gone: Mask) -> _Work:
    """A validated table without some rows, which are in no count either."""
    keep = ~is_gone
    problems = [
        Problem(problem.reason, problem.column, problem.rows[keep], problem.consequence)
        for problem in found.problems
    ]
    table = found.table.filter(pa.array(keep)) if is_gone.any() else found.table
    return _Work(raw, table, raw.rows.row_numbers[keep], problems)


def _find_problems(work: _Work, owners: Mapping[str, pa.Table]) -> None:
    """Problems that need more than one row, or more than one table, to see."""
    repeats = find_repeats(work.table, work.raw.at.contract.key, work.is_used())
    work.problems += [
        Problem("row_repeated", "", repeats.repeated, "row"),
        Problem("key_duplicate", "", repeats.conflicting, "row"),
    ]
    if work.name == RELATIONSHIPS:
        _direct(work, owners)
    if work.name == CONTACTS:
        unknown = unknown_codes(work.table)
        work.problems.append(Problem("relationship_unknown", "relationship_code", unknown, "none"))
    is_used = work.is_used()
    for column, names in OWNERS.get(work.name, {}).items():
        is_orphan = ~pc.is_in(work.table[column], value_set=_keys(owners, names)).to_numpy()
        work.problems.append(Problem("foreign_key_missing", column, is_orphan & is_used, "row"))


def _direct(work: _Work, owners: Mapping[str, pa.Table]) -> None:
    reading = work.raw.at.reading
    words = Words(reading.relationship_vocabulary or "plain", reading.relationships)
    found = directed(work.table, _keys(owners, (CHILDREN,)), _keys(owners, (ADULTS,)), words)
    work.table = found.table
    work.problems.append(Problem("relationship_unknown", "relationship", found.is_unknown, "none"))


def _keys(owners: Mapping[str, pa.Table], names: Sequence[str]) -> pa.Array:
    """Values in the first column of each owner table that is there."""
    chunks = [chunk for name in names if name in owners for chunk in owners[name].column(0).chunks]
    return pa.chunked_array(chunks, pa.string()).combine_chunks()


def _refuse_mostly_faulty(work: _Work, largest_share: float) -> None:
    """Where most rows have the same fault, it is the mapping or the format that is wrong.

    Raises:
        ExtractError: naming table, column, count and fault.
    """
    n_rows = work.table.num_rows + len(work.raw.rows.ragged)
    counts: list[tuple[Reason, str, int]] = [("ragged_row", "", len(work.raw.rows.ragged))]
    counts += [
        (problem.reason, problem.column, int(problem.rows.sum()))
        for problem in work.problems
        if problem.consequence != "none" and problem.reason != "row_repeated"
    ]
    for reason, column, count in counts:
        if n_rows >= FEWEST_ROWS_TO_JUDGE and count > largest_share * n_rows:
            place = f", column '{column}'" if column else ""
            raise ExtractError(
                f"'{work.raw.at.label}', table '{work.name}'{place}: {count:,} of {n_rows:,} rows "
                f"have the same fault ({reason}: {REASONS[reason]}); correct the mapping, "
                "delimiter or date_format in the source's settings"
            )


def _quarantine(work: _Work) -> pa.Table:
    """One row per problem of a row."""
    ids = record_ids(work.table, work.name)
    parts = [_problem_rows(work, problem, ids) for problem in work.problems if problem.rows.any()]
    ragged = [number for number, _ in work.raw.rows.ragged]
    parts.append(_rows(work, {
        "row_number": pa.array(ragged, pa.int64()),
        "record_id": pa.nulls(len(ragged), pa.string()),
        "reason": "ragged_row", "column": None, "consequence": "row",
    }))  # fmt: skip
    return pa.concat_tables(parts)


def _quarantined_rows(work: _Work) -> pa.Table:
    """Every row that is left out or loses a value, as it was sent."""
    return supplier_rows(work.raw, work.row_numbers, work.suffers("row", "value"))


def _problem_rows(work: _Work, problem: Problem, ids: pa.Array) -> pa.Table:
    where = np.flatnonzero(problem.rows)
    return _rows(work, {
        "row_number": pa.array(work.row_numbers[where]), "record_id": ids.take(pa.array(where)),
        "reason": problem.reason, "column": problem.column or None,
        "consequence": problem.consequence,
    })  # fmt: skip


def _rows(work: _Work, values: Mapping[str, pa.Array | str | None]) -> pa.Table:
    """Quarantine rows of one table; single values stand for every row."""
    n_rows = len(values["row_number"])  # type: ignore[arg-type]
    given = {"source": work.raw.at.source, "table": work.raw.at.name, **values}
    arrays = [
        value if isinstance(value := given[name], pa.Array)
        else pa.repeat(pa.scalar(value, pa.string()), n_rows)
        for name in QUARANTINE.column_names
    ]  # fmt: skip
    return pa.table(arrays, names=list(QUARANTINE.column_names))


def record_ids(table: pa.Table, name: str) -> pa.Array:
    """(n,) the key of each row's record or owner, where it looks like one."""
    short = name.rpartition("/")[2]
    column = RECORD_KEY_COLUMN.get(short, table.column_names[0])
    keys = table[column].combine_chunks()
    is_key = pc.and_(
        pc.match_substring_regex(keys, SHAPE_OF_KEY),
        pc.less_equal(pc.utf8_length(keys), LONGEST_KEY),
    )
    return pc.if_else(pc.fill_null(is_key, False), keys, pa.scalar(None, pa.string()))


def _profile(work: _Work, used: pa.Table) -> pa.Table:
    """Filled and invalid share of each column."""
    n_all, n_used = work.table.num_rows, used.num_rows
    invalid = dict.fromkeys(work.table.column_names, 0)
    for problem in work.problems:
        if problem.reason in ("type_invalid", "date_invalid", "date_in_future"):
            invalid[problem.column] += int(problem.rows.sum())
    names = used.column_names
    filled = [n_used - used[name].null_count for name in names]
    return pa.table({
        "source": pa.repeat(work.raw.at.source, len(names)),
        "table": pa.repeat(work.raw.at.name, len(names)),
        "column": pa.array(names),
        "rows": pa.array([n_used] * len(names), pa.int64()),
        "filled_share": pa.array([n / n_used if n_used else None for n in filled], pa.float64()),
        "invalid_share": pa.array(
            [invalid[name] / n_all if n_all else None for name in names], pa.float64()
        ),
    }).select(list(INPUT_PROFILE.column_names))  # fmt: skip
