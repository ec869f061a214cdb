"""Mention rows before they are numbered: the columns that every table of people gives alike.

In: one contract-form table. Out: unsorted rows with text keys: `own_key` names the mention,
`owner_key` the offender who declared the person. It must not know what other tables hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.kinship import CHILD_KINDS
from pipeline.contracts.record_key import derived_record_ids
from pipeline.contracts.schema import in_one_piece
from pipeline.standardise import names
from pipeline.standardise.dates import (
    OF_ANYONE,
    BirthRules,
    birth_dates,
    without_fills,
    years_before,
)
from pipeline.standardise.distinct import (
    TEXT,
    Column,
    as_text,
    column_of,
    map_distinct,
    map_distinct_apart,
)

ADULT_AGE_YEARS = 18

ROW_SCHEMA = pa.schema([
    ("own_key", TEXT), ("owner_key", TEXT), ("source", TEXT), ("table", TEXT), ("record_id", TEXT),
    ("role", TEXT), ("authority_code", TEXT), ("relationship", TEXT), ("is_restricted", pa.bool_()),
    ("given_name", TEXT), ("middle_names", TEXT), ("surname", TEXT),
    ("other_given_name", TEXT), ("other_surname", TEXT), ("previous_surname", TEXT),
    ("date_of_birth", TEXT), ("expected_date_of_birth", TEXT), ("age_years", pa.float64()),
    ("sex", TEXT), ("ethnicity_code", TEXT), ("death_date", TEXT),
    ("prisoner_number", TEXT), ("crn", TEXT), ("pnc_number", TEXT), ("cro_number", TEXT),
    ("ni_number", TEXT), ("nhs_number", TEXT), ("upn", TEXT), ("former_upn", TEXT),
    ("postcode", TEXT), ("is_limited_access", pa.bool_()),
    ("start_date", TEXT), ("end_date", TEXT),
])  # fmt: skip
"""Columns of a mention before it has a number; `postcode` is one that stands on the row itself."""

SEXES = {"F": "F", "M": "M", "FEMALE": "F", "MALE": "M", "2": "F", "1": "M", "W": "F"}
NOTHING = pa.scalar(None, TEXT)


def key(*parts: Column | str) -> pa.Array:
    """Text keys joined by `|`; null where a part is null."""
    columns = [part if isinstance(part, str) else as_text(part) for part in parts]
    return pc.binary_join_element_wise(*columns, "|")


def rows(n_rows: int, **columns: Column | str | bool) -> pa.Table:
    """Mention rows; columns not given are null, flags not given are false."""
    arrays = []
    for field in ROW_SCHEMA:
        value = columns.get(field.name, False if pa.types.is_boolean(field.type) else None)
        if isinstance(value, (str, bool)):
            value = pa.repeat(pa.scalar(value, field.type), n_rows)
        elif value is None:
            value = pa.nulls(n_rows, field.type)
        arrays.append(in_one_piece(value).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=ROW_SCHEMA)


def person_columns(
    table: pa.Table, as_of: date, rules: BirthRules = OF_ANYONE
) -> dict[str, pa.Array]:
    """Names, date of birth, sex and ethnicity, which every table of people writes alike."""
    born = birth_dates(column_of(table, "date_of_birth"), as_of, rules)
    return {
        **name_columns(table),
        "date_of_birth": without_fills(born, _fillers(table), rules.has_mid_month_convention),
        "sex": map_distinct(column_of(table, "sex"), lambda text: SEXES.get(text.upper())),
        "ethnicity_code": pc.utf8_upper(as_text(column_of(table, "ethnicity_code"))),
    }


def name_columns(table: pa.Table) -> dict[str, pa.Array]:
    """Given name, middle names and surname, and second ones noted inside the same fields."""
    first, last = _unreversed(
        as_text(column_of(table, "first_name")), as_text(column_of(table, "last_name"))
    )
    given, further, other_given = map_distinct_apart(first, names.first_name_parts, (TEXT,) * 3)
    surname, other_surname = map_distinct_apart(last, names.last_name_parts, (TEXT,) * 2)
    middle = map_distinct(column_of(table, "middle_names"), names.middle_names)
    return {
        "given_name": given,
        "middle_names": joined(further, middle),
        "surname": surname,
        "other_given_name": other_given,
        "other_surname": other_surname,
    }


def with_full_first_names(table: pa.Table) -> pa.Table:
    """The table with `Jamie Smith` in a given-name field taken apart where the surname is empty.

    For tables whose form does not ask for a surname: there the one field holds both.
    """
    first, last = as_text(table["first_name"]), as_text(column_of(table, "last_name"))
    alone = pc.if_else(pc.is_null(last), first, NOTHING)
    if not pc.any(pc.is_valid(alone)).as_py():
        return table
    given, family = _split(alone, names.split_full_name)
    first, last = pc.coalesce(given, first), pc.coalesce(last, family)
    table = table.set_column(table.column_names.index("first_name"), "first_name", first)
    return table.drop_columns(["last_name"]).append_column("last_name", last)


def declared_role(relationship: pa.Array, born: pa.Array, as_of: date) -> pa.Array:
    """`declared_child` for a child in any sense, and for an unknown contact under 18."""
    is_child = pc.is_in(relationship, value_set=pa.array(sorted(CHILD_KINDS)))
    limit = years_before(as_of, ADULT_AGE_YEARS).isoformat()
    is_minor = pc.fill_null(pc.greater(born, pa.scalar(limit)), False)
    is_unknown_minor = pc.and_(pc.equal(relationship, "unknown"), is_minor)
    return pc.if_else(pc.or_(is_child, is_unknown_minor), "declared_child", "declared_other")


def content_keys(table: pa.Table, owners: pa.Array, columns: Iterable[str]) -> pa.Array:
    """Keys from the content of each row as text, for a table whose source gives its people none."""
    contents = [as_text(column_of(table, name)).to_pylist() for name in columns]
    return pa.array(derived_record_ids(owners.to_pylist(), zip(*contents, strict=True)), TEXT)


def joined(first: pa.Array, second: pa.Array) -> pa.Array:
    """The two texts with a blank between; one of them where the other is null."""
    return pc.coalesce(pc.binary_join_element_wise(first, second, " "), first, second)


def _fillers(table: pa.Table) -> pa.Array:
    """Who filled in each row: the authority, or the one agency of a justice table."""
    if "authority_code" in table.column_names:
        return pc.fill_null(as_text(table["authority_code"]), "")
    return pa.repeat(pa.scalar(""), table.num_rows)


def _unreversed(first: pa.Array, last: pa.Array) -> tuple[pa.Array, pa.Array]:
    """`SMITH, John` in one field, the other empty, taken apart."""
    for whole, other in ((first, last), (last, first)):
        is_reversed = pc.fill_null(
            pc.and_(pc.match_substring(whole, ","), pc.is_null(other)), False
        )
        if pc.any(is_reversed).as_py():
            given, family = _split(pc.if_else(is_reversed, whole, NOTHING), names.split_reversed)
            first = pc.if_else(pc.is_valid(family), given, first)
            last = pc.if_else(pc.is_valid(family), family, last)
    return first, last


def _split(whole: pa.Array, split: names.Splitter) -> tuple[pa.Array, pa.Array]:
    """(given names, surnames) of the texts that can be taken apart, null elsewhere."""
    nothing = (None, None)
    given, family = map_distinct_apart(whole, lambda text: split(text) or nothing, (TEXT, TEXT))
    return given, family
