"""Ladder tables: a specification's ladders compiled for the interpreter.

In: ladders, and the distinct values of the columns that they read. Out: `Ladders`. It must not know
records.

Every condition's operands get codes in one dictionary, so that equal texts have equal codes even
where two columns, or a transform of one, are compared crosswise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.linkage.comparing import ladder as codes
from pipeline.linkage.comparing.ladder import CONDITION, MEASURE, Ladders
from pipeline.linkage.compiled import Array, Floats, Int32s, Words
from pipeline.linkage.encoding.transforms import real_dates, taken
from pipeline.linkage.encoding.values import Domain, build_values, numbered
from pipeline.linkage.ladders import SIMILARITIES, Condition, Ladder, Operand
from pipeline.linkage.spec import Comparison

WHICH = {
    "exact": codes.EXACT, "missing": codes.MISSING, "jaro_winkler": codes.JARO_WINKLER,
    "jaro": codes.JARO, "jaccard": codes.JACCARD, "shared": codes.SHARED,
    "levenshtein": codes.LEVENSHTEIN, "damerau_levenshtein": codes.DAMERAU_LEVENSHTEIN,
    "days": codes.DAYS, "difference": codes.DIFFERENCE,
}  # fmt: skip
"""The interpreter's number of each measure."""
TEXT_MEASURES = ("jaro_winkler", "jaro", "levenshtein", "damerau_levenshtein")
JOINTS = {"and": codes.AND, "or": codes.OR, "not": codes.NOT}
HALF = 0.5
"""Between a claim that holds (1) and one that does not (0)."""
OFTEN = 4
"""Levels are remembered of a column whose values stand in so many records on average."""


@dataclass(frozen=True)
class ColumnValues:
    """What a ladder needs to know of a column.

    Attributes:
        cell: its position in a record's row of cells.
        domain: its distinct values.
        is_many: whether a record may hold several.
    """

    cell: int
    domain: Domain
    is_many: bool


@dataclass
class _Tables:
    """The tables under construction."""

    own: list[int] = field(default_factory=list)
    top: list[int] = field(default_factory=list)
    is_plain: list[bool] = field(default_factory=list)
    is_equal_top: list[bool] = field(default_factory=list)
    is_remembered: list[bool] = field(default_factory=list)
    first_measure: list[int] = field(default_factory=lambda: [0])
    first_program: list[int] = field(default_factory=list)
    program_starts: list[int] = field(default_factory=lambda: [0])
    code: list[int] = field(default_factory=list)
    conditions: list[tuple[int, float, float]] = field(default_factory=list)
    measures: list[tuple[float, ...]] = field(default_factory=list)
    maps: list[Int32s] = field(default_factory=list)
    n_mapped: int = 0
    dictionaries: list[Domain] = field(default_factory=list)
    n_values: int = 0
    measured: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Place:
    """Where an operand's codes are: a start in the maps or -1, and the dictionary's base."""

    start: int
    base: int


def build_ladders(
    comparisons: Sequence[Comparison], columns: Mapping[str, ColumnValues]
) -> Ladders:
    """The ladders among these comparisons, compiled."""
    tables = _Tables()
    of_comparison = []
    for comparison in comparisons:
        of_comparison.append(-1 if comparison.ladder is None else len(tables.own))
        if comparison.ladder is not None:
            _add_ladder(tables, comparison.ladder, columns)
    texts = pa.chunked_array([item.values for item in tables.dictionaries], pa.string())

    def derived(measure: str, derive: Callable[[pa.ChunkedArray], Array], nothing: Array) -> Array:
        return derive(texts) if measure in tables.measured else nothing

    return Ladders(
        of_comparison=np.array(of_comparison, np.int64),
        own=np.array(tables.own, np.int64),
        top=np.array(tables.top, np.int64),
        is_plain=np.array(tables.is_plain, np.bool_),
        is_equal_top=np.array(tables.is_equal_top, np.bool_),
        is_remembered=np.array(tables.is_remembered, np.bool_),
        first_measure=np.array(tables.first_measure, np.int64),
        first_program=np.array(tables.first_program, np.int64),
        program_starts=np.array(tables.program_starts, np.int64),
        code=np.array(tables.code, np.int32),
        conditions=np.array(tables.conditions, CONDITION),
        measures=np.array(tables.measures, MEASURE),
        maps=np.concatenate([*tables.maps, np.zeros(1, np.int32)]),
        values=build_values(tables.dictionaries),
        days=derived("days", day_numbers, np.empty(0)),
        amounts=derived("difference", amounts, np.empty(0)),
        byte_sets=derived("jaccard", byte_sets, np.empty((0, 4), np.uint64)),
    )


def _add_ladder(tables: _Tables, ladder: Ladder, columns: Mapping[str, ColumnValues]) -> None:
    programs = [ladder.null_level, *ladder.levels]
    conditions = [part for program in programs for part in program if isinstance(part, Condition)]
    places = _add_dictionaries(tables, conditions, columns, ladder.is_bytewise)
    numbers: dict[tuple[str, Operand, Operand], int] = {}
    for one in conditions:
        key = (one.measure, one.left, one.right)
        if key not in numbers:
            numbers[key] = len(tables.measures)
            same = [c.bound for c in conditions if (c.measure, c.left, c.right) == key]
            floor = min(same) if one.measure in SIMILARITIES else max(same)
            tables.measures.append(_measure(one, floor, columns, places))
    tables.measured.update(one.measure for one in conditions)
    tables.first_program.append(len(tables.program_starts) - 1)
    for program in programs:
        for part in program:
            if isinstance(part, Condition):
                tables.code.append(len(tables.conditions))
                number = numbers[part.measure, part.left, part.right]
                tables.conditions.append(_condition(part, number))
            else:
                tables.code.append(JOINTS[part])
        tables.program_starts.append(len(tables.code))
    own = columns[ladder.column]
    is_alike = all(one.left == one.right for one in conditions)
    tables.own.append(own.cell)
    tables.top.append(len(ladder.rungs))
    tables.is_plain.append(
        ladder.columns == (ladder.column,)
        and is_alike
        and not own.is_many
        and ladder.null == "missing"
    )
    tables.is_equal_top.append(ladder.definition.is_exact_all_equal)
    tables.is_remembered.append(int(own.domain.counts.sum()) >= OFTEN * len(own.domain.values))
    tables.first_measure.append(len(tables.measures))


def _condition(condition: Condition, measure: int) -> tuple[int, float, float]:
    if condition.measure in ("exact", "missing"):
        return measure, 1.0, HALF
    sign = 1.0 if condition.measure in SIMILARITIES else -1.0
    return measure, sign, sign * condition.bound


def _measure(
    condition: Condition,
    floor: float,
    columns: Mapping[str, ColumnValues],
    places: Mapping[Operand, _Place],
) -> tuple[float, ...]:
    left, right = places[condition.left], places[condition.right]
    cells = (columns[condition.left.column].cell, columns[condition.right.column].cell)
    return (WHICH[condition.measure], *cells, left.start, right.start, left.base, floor)


def _add_dictionaries(
    tables: _Tables,
    conditions: Sequence[Condition],
    columns: Mapping[str, ColumnValues],
    is_bytewise: bool,
) -> dict[Operand, _Place]:
    """One dictionary for each group of operands that are compared with one another."""
    places = {}
    for group in _groups(conditions):
        is_text = any(c.measure in TEXT_MEASURES and c.left in group for c in conditions)
        domains = [columns[operand.column].domain for operand in group]
        texts = [
            taken(domain.values, domain.name, operand.transform)
            for operand, domain in zip(group, domains, strict=True)
        ]
        distinct, starts = texts[0], [-1]
        if len(group) > 1 or group[0].transform != "value":
            distinct, numbers = numbered(pa.concat_arrays(texts))
            sizes = [len(text) for text in texts]
            starts = [tables.n_mapped + sum(sizes[:index]) for index in range(len(sizes))]
            tables.maps.append(np.where(numbers < 0, -1, numbers + tables.n_values))
            tables.n_mapped += len(numbers)
        for operand, start in zip(group, starts, strict=True):
            places[operand] = _Place(start, tables.n_values)
        values = as_bytes(distinct) if is_bytewise and is_text else distinct
        name = "characters" if is_text else "codes"
        tables.dictionaries.append(Domain(name, values, tables.n_values, np.empty(0, np.int64)))
        tables.n_values += len(distinct)
    return places


def _groups(conditions: Iterable[Condition]) -> list[list[Operand]]:
    """Operands in groups, such that two compared with one another are in one; order is kept."""
    groups: list[list[Operand]] = []
    for condition in conditions:
        wanted = list(dict.fromkeys((condition.left, condition.right)))
        touched = [group for group in groups if any(operand in group for operand in wanted)]
        merged = list(dict.fromkeys([*(item for group in touched for item in group), *wanted]))
        groups = [group for group in groups if group not in touched] + [merged]
    return groups


def as_bytes(values: pa.Array) -> pa.Array:
    """Text in which every byte of the values' UTF-8 stands as a character of its own."""
    if pc.all(pc.string_is_ascii(values)).as_py() is not False:
        return values
    return pa.array([text.encode().decode("latin-1") for text in values.to_pylist()], pa.string())


def day_numbers(values: pa.ChunkedArray) -> Floats:
    """Days since 1970 of ISO dates; NaN for anything else, dates that do not exist among them."""
    found = real_dates(values).cast(pa.date32()).cast(pa.int32())
    return np.asarray(found.to_numpy(), np.float64)


def amounts(values: pa.ChunkedArray) -> Floats:
    """Numbers written in decimals; NaN for anything else."""
    is_number = pc.match_substring_regex(values, r"^[+-]?\d+(\.\d+)?$")
    found = pc.if_else(is_number, values, pa.scalar(None, pa.string())).cast(pa.float64())
    return np.asarray(found.to_numpy(), np.float64)


def byte_sets(values: pa.ChunkedArray) -> Words:
    """The set of the bytes of each value, as 256 bits, (n_values, 4)."""
    texts = [text.encode() for text in values.to_pylist()]
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    found = np.frombuffer(b"".join(texts), np.uint8)
    sets = np.zeros((len(texts), 4), np.uint64)
    bits = np.uint64(1) << (found & np.uint8(63)).astype(np.uint64)
    np.bitwise_or.at(sets, (owner, found >> 6), bits)
    return sets
