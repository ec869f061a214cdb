"""Labels: pairs that somebody looked at and said of whether they are one person.

In: a table of labelled pairs and the record ids of the tables linked. Out: `Labels`, checked, or a
refusal that says which rows to mend. It must not know what records say, nor what labels teach.

Columns: `record_id_l`, `record_id_r`; `is_match`, null where nobody has decided yet; and, if pairs
were not drawn alike, `weight`, the inverse of the chance that the pair had of being drawn. Others
are ignored, so that the pairs which `link` writes can be judged in place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import LinkageError

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

IDS = ("record_id_l", "record_id_r")
IS_MATCH = "is_match"
WEIGHT = "weight"
SHOWN = 5


@dataclass(frozen=True)
class Labels:
    """Labelled pairs, each array (n_labels,), in the order in which they were given.

    Attributes:
        left: Record ids in the left table.
        right: Record ids in the right table; in the same one when it is linked with itself.
        is_match: Whether the pair is one person.
        weight: Pairs that this one stands for, itself included: the inverse of its chance.
    """

    left: pa.Array
    right: pa.Array
    is_match: Flags
    weight: Floats

    def exchanged(self) -> Labels:
        """The same labels for the tables with left and right exchanged."""
        return replace(self, left=self.right, right=self.left)

    def of_leaders(self, ids: pa.Array, leaders: pa.Array) -> Labels:
        """The labels of exact copies as labels of the records that they copy.

        Args:
            ids: All record ids.
            leaders: For each the id of the record that it copies, or its own.
        """
        left, right = (leaders.take(pc.index_in(side, ids)) for side in (self.left, self.right))
        return replace(self, left=left, right=right)


def read_labels(table: pa.Table, left_ids: pa.Array, right_ids: pa.Array | None) -> Labels:
    """Labels that can be used, from a table of them.

    Args:
        table: Labelled pairs.
        left_ids: Record ids of the left table.
        right_ids: Record ids of the right table; None where the left one is linked with itself.

    Raises:
        LinkageError: A column is missing or of the wrong type, nothing is labelled, records are
            unknown, or one pair is labelled both ways.
    """
    table = _decided(_with_columns(table))
    is_dedupe = right_ids is None
    known = [left_ids, left_ids if right_ids is None else right_ids]
    known = [_plain(ids) for ids in known]
    given = [_ids(table, name, ids.type) for name, ids in zip(IDS, known, strict=True)]
    rows = [_rows_of(*one) for one in zip(IDS, given, known, strict=True)]
    # Every id is that of a record, so that it has room in the records' own type.
    sides = [one.cast(ids.type) for one, ids in zip(given, known, strict=True)]
    is_match = table[IS_MATCH].combine_chunks().to_numpy(zero_copy_only=False)
    labels = Labels(sides[0], sides[1], is_match, _weights(table))
    if is_dedupe:
        _refuse(
            rows[0] == rows[1], sides[0],
            "labels pair a record with itself", "leave them out",
        )  # fmt: skip
        rows = [np.minimum(*rows), np.maximum(*rows)]
    _refuse_contradictions(rows[0] * len(known[1]) + rows[1], labels)
    return labels


def _with_columns(table: pa.Table) -> pa.Table:
    """The columns that are read.

    Raises:
        LinkageError: There are no rows, or a column is missing or of another type.
    """
    missing = [name for name in (*IDS, IS_MATCH) if name not in table.column_names]
    if missing:
        raise LinkageError(
            f"the labels have no columns {missing}; they have {table.column_names}; give each pair "
            f"its {IDS[0]}, {IDS[1]} and {IS_MATCH}"
        )
    if table.num_rows == 0:
        raise LinkageError("the labels have no rows: label some pairs, or leave the labels out")
    if not pa.types.is_boolean(table.schema.field(IS_MATCH).type):
        raise LinkageError(
            f"labels, column '{IS_MATCH}': {table.schema.field(IS_MATCH).type} is no true or false"
        )
    has_weight = WEIGHT in table.column_names
    return table.select([*IDS, IS_MATCH, *([WEIGHT] if has_weight else [])])


def _decided(table: pa.Table) -> pa.Table:
    """The rows that somebody has decided.

    Raises:
        LinkageError: There are none.
    """
    decided = table.filter(pc.is_valid(table[IS_MATCH]))
    if decided.num_rows == 0:
        raise LinkageError(
            f"labels, column '{IS_MATCH}': all {table.num_rows:,} rows are empty; say true or "
            "false of some pairs, or leave the labels out"
        )
    return decided


def _ids(table: pa.Table, name: str, wanted: pa.DataType) -> pa.Array:
    """A column of record ids, text or numbers as the records' own are.

    Raises:
        LinkageError: An id is null, or text where the records' are numbers or the other way round.
    """
    given = _plain(table[name].combine_chunks())
    for is_kind in (_is_text, pa.types.is_integer):
        if is_kind(given.type) and is_kind(wanted):
            break
    else:
        raise LinkageError(
            f"labels, column '{name}': ids are {given.type} and those of the records are {wanted}; "
            "write them as the records have them"
        )
    if given.null_count:
        raise LinkageError(f"labels, column '{name}': {given.null_count:,} record ids are null")
    return given


def _plain(ids: pa.Array) -> pa.Array:
    """The ids as values, where they are a dictionary."""
    return ids.cast(ids.type.value_type) if pa.types.is_dictionary(ids.type) else ids


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _rows_of(name: str, ids: pa.Array, known: pa.Array) -> Ints:
    """Where each id stands among those of the records.

    Raises:
        LinkageError: Some stand nowhere.
    """
    rows = pc.index_in(ids.cast(pa.string()), known.cast(pa.string()))
    table = {IDS[0]: "left", IDS[1]: "right"}[name]
    _refuse(
        pc.is_null(rows).to_numpy(zero_copy_only=False), ids,
        f"labels, column '{name}', name no record of the {table} table",
        "check that they are labels of these files, left and right not exchanged",
    )  # fmt: skip
    found: Ints = rows.to_numpy().astype(np.int64)
    return found


def _weights(table: pa.Table) -> Floats:
    """How many pairs each label stands for; one where the labels do not say.

    Raises:
        LinkageError: A weight is null, not finite or not above 0, or the column holds no numbers.
    """
    if WEIGHT not in table.column_names:
        return np.ones(table.num_rows)
    kind = table.schema.field(WEIGHT).type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise LinkageError(f"labels, column '{WEIGHT}': {kind} is no number")
    column = pc.fill_null(table[WEIGHT].combine_chunks().cast(pa.float64()), np.nan)
    weights: Floats = column.to_numpy(zero_copy_only=False)
    _refuse(
        ~(np.isfinite(weights) & (weights > 0)), table[IDS[0]].combine_chunks(),
        f"labels, column '{WEIGHT}', are not above 0",
        "a weight is the inverse of the chance that the pair had of being drawn",
    )  # fmt: skip
    return weights


def _refuse_contradictions(pairs: Ints, labels: Labels) -> None:
    """Refuse labels that say both of one pair.

    Args:
        pairs: A number for every label's pair.
        labels: The labels.

    Raises:
        LinkageError: There are such pairs.
    """
    _, which = np.unique(pairs, return_inverse=True)
    said = [np.bincount(which, labels.is_match == verdict) > 0 for verdict in (True, False)]
    is_first = np.zeros(len(pairs), np.bool_)
    is_first[np.unique(which, return_index=True)[1]] = True
    _refuse(
        (said[0] & said[1])[which] & is_first, labels.left,
        "labelled pairs are said to be one person and also not to be",
        f"decide, and leave one row of each; their {IDS[0]}",
    )  # fmt: skip


def _refuse(is_wrong: Flags, ids: pa.Array, what: str, to_do: str) -> None:
    """Refuse what is wrong with its number, the first record ids, and what to do.

    Raises:
        LinkageError: Something is wrong.
    """
    if is_wrong.any():
        first: list[Any] = sorted(set(ids.filter(pa.array(is_wrong)).to_pylist()))[:SHOWN]
        raise LinkageError(f"{int(is_wrong.sum()):,} {what}, such as {first}: {to_do}")
