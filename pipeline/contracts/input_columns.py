"""Columns that several input tables share, so that one name means one thing everywhere.

In: nothing. Out: `Column` values and the functions that make them. It must not know any table.
"""

from __future__ import annotations

import dataclasses

import pyarrow as pa

from pipeline.contracts.schema import Column, Sensitivity

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
FLAG = pa.bool_()
DATE = pa.date32()
NUMBER = pa.float64()
NONE, PERSONAL = Sensitivity.NONE, Sensitivity.PERSONAL
IDENTIFIER, SPECIAL = Sensitivity.IDENTIFIER, Sensitivity.SPECIAL

PARTIAL_DATE = "ISO date, may be partial"
"""Unit of a text column that holds 2015, 2015-03 or 2015-03-04."""

NOT_RECORDED = "not recorded"


def key(name: str, description: str) -> Column:
    """Part of the table's key."""
    return Column(name, TEXT, description, sensitivity=IDENTIFIER, is_key=True)


def owner(name: str, description: str) -> Column:
    """The record that a row belongs to, in a table where several rows may share it."""
    return Column(name, TEXT, description, sensitivity=IDENTIFIER)


def code(name: str, description: str, sensitivity: Sensitivity = NONE) -> Column:
    """A code or word that every row has."""
    return Column(name, TEXT, description, sensitivity=sensitivity)


def optional(
    name: str,
    description: str,
    sensitivity: Sensitivity = NONE,
    null: str = NOT_RECORDED,
    type: pa.DataType = TEXT,
) -> Column:
    """A column that may be null and that an extract need not have."""
    return Column(
        name, type, description, null=null, sensitivity=sensitivity, is_required=False
    )  # fmt: skip


def number(name: str, description: str) -> Column:
    """An official number of a person, which may be absent."""
    return optional(name, description, IDENTIFIER)


def flag(name: str, description: str, sensitivity: Sensitivity = NONE) -> Column:
    """A yes or no that every row has."""
    return Column(name, FLAG, description, sensitivity=sensitivity)


def optional_flag(name: str, description: str, sensitivity: Sensitivity = NONE) -> Column:
    """A yes or no that may be null."""
    return optional(name, description, sensitivity, "not recorded; read as no", FLAG)


def needed(column: Column) -> Column:
    """The same column, but an extract without it is refused: linkage would fail quietly."""
    return dataclasses.replace(column, is_required=True)


def filled(column: Column) -> Column:
    """The same column where every row must have a value."""
    return dataclasses.replace(column, null=None, is_required=True)


def described(column: Column, description: str, null: str | None = None) -> Column:
    """The same column with this table's own words."""
    return dataclasses.replace(column, description=description, null=null or column.null)


FIRST_NAME = optional("first_name", "First given name, as recorded.", PERSONAL)
MIDDLE_NAMES = optional("middle_names", "Further given names, as recorded.", PERSONAL,
                        "none recorded")  # fmt: skip
LAST_NAME = optional("last_name", "Surname, as recorded.", PERSONAL)
DATE_OF_BIRTH = Column(
    "date_of_birth", TEXT, "Date of birth as far as known.", null=NOT_RECORDED,
    sensitivity=PERSONAL, unit=PARTIAL_DATE, is_required=False,
)  # fmt: skip
SEX = optional("sex", "`F`, `M`, or the source's word or code.", PERSONAL)
ETHNICITY_CODE = optional("ethnicity_code", "The source's ethnicity code.", SPECIAL)
PNC_NUMBER = number("pnc_number", "Police National Computer number, any spelling.")
CRO_NUMBER = number("cro_number", "Criminal Records Office number, any spelling.")
ADDRESS = optional("address", "Address lines in one text, without postcode.", PERSONAL)
POSTCODE = optional("postcode", "Postcode, free text.", PERSONAL)
START_DATE = Column("start_date", DATE, "Date from which.", sensitivity=PERSONAL)
OPTIONAL_START_DATE = optional("start_date", "Date from which.", PERSONAL, type=DATE)
END_DATE = optional("end_date", "Date to which; may lie ahead.", PERSONAL,
                    "still current, or not recorded", DATE)  # fmt: skip
IS_NO_FIXED_ABODE = optional_flag("is_no_fixed_abode", "The person has no fixed home.", PERSONAL)

PRISONER_NUMBER = key("prisoner_number", "Prisoner (NOMS) number, e.g. `A1234BC`.")
OF_PRISONER = owner("prisoner_number", "The prisoner, as in `prison/prisoners`.")
CRN = key("crn", "Probation case reference number, e.g. `X123456`.")
OF_CRN = owner("crn", "The person on probation, as in `probation/offenders`.")
