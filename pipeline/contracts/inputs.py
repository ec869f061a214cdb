"""Every table that comes in: its columns, and the rules that no single column can state.

In: the contracts of the three agencies. Out: `INPUTS` by name, which tables an extract must have,
whose rows belong to whose, and which dates may lie ahead. It must not read anything.
"""

from __future__ import annotations

import dataclasses

from pipeline.contracts.childrens_services import CHILDRENS_SERVICES_TABLES, of_every_authority
from pipeline.contracts.input_columns import (
    IDENTIFIER,
    NUMBER,
    TEXT,
    needed,
    optional,
)  # fmt: skip
from pipeline.contracts.prison import PRISON_TABLES
from pipeline.contracts.probation import PROBATION_TABLES
from pipeline.contracts.schema import Column, TableContract

PROTECTED_PERSONS = TableContract(
    name="protected_persons",
    description="One row per identifier of a person who must not be found, and a check row; never "
    "passed on. A run refuses a list that is missing, empty, cut short or of another salt.",
    columns=(
        Column("identifier_hash", TEXT, "HMAC-SHA256 (hex) of `kind:value`; in the check row, of "
               "`check:rows:` and the number of other rows. Kinds, spelling and how to make a hash "
               "are in `pipeline/contracts/suppression.py`.", sensitivity=IDENTIFIER),
        optional("salt_check", "HMAC-SHA256 (hex) of `check:salt`, the same on every row: shows "
                 "that list and reader have the same salt where there is no check row.",
                 null="not checked"),
    ),
    sort_by=("identifier_hash",),
)  # fmt: skip

POSTCODE_DIRECTORY = TableContract(
    name="postcode_directory",
    description="One row per postcode: where it lies. Your own copy of the ONS directory.",
    columns=(
        Column("postcode", TEXT, "The postcode, any spacing.", is_key=True),
        optional("authority_code", "DfE code of the authority.", null="not in England or Wales"),
        needed(optional("latitude", "Latitude.", null="no location", type=NUMBER)),
        needed(optional("longitude", "Longitude.", null="no location", type=NUMBER)),
    ),
    sort_by=("postcode",),
)

OTHER_TABLES = (PROTECTED_PERSONS, POSTCODE_DIRECTORY)

INPUTS: dict[str, TableContract] = {
    contract.name: contract
    for contract in (*PRISON_TABLES, *PROBATION_TABLES, *CHILDRENS_SERVICES_TABLES, *OTHER_TABLES)
}

AGENCIES = ("prison", "probation", "childrens_services")

MAIN_TABLES = {"prison": "prisoners", "probation": "offenders", "childrens_services": "children"}
"""An extract without its main table cannot be used; any other absent table counts as empty."""

PRISONER, PROBATIONER = ("prison/prisoners",), ("probation/offenders",)
CHILD = ("childrens_services/children",)
CHILD_OR_ADULT = (*CHILD, "childrens_services/related_adults")

OWNERS: dict[str, dict[str, tuple[str, ...]]] = {
    "prison/prisoner_aliases": {"prisoner_number": PRISONER},
    "prison/prisoner_addresses": {"prisoner_number": PRISONER},
    "prison/prisoner_contacts": {"prisoner_number": PRISONER},
    "prison/custody_periods": {"prisoner_number": PRISONER},
    "prison/visits": {"prisoner_number": PRISONER},
    "prison/visit_visitors": {"visit_id": ("prison/visits",)},
    "prison/prisoner_alerts": {"prisoner_number": PRISONER},
    "probation/offender_aliases": {"crn": PROBATIONER},
    "probation/offender_addresses": {"crn": PROBATIONER},
    "probation/personal_contacts": {"crn": PROBATIONER},
    "probation/supervision_periods": {"crn": PROBATIONER},
    "probation/circumstances": {"crn": PROBATIONER},
    "probation/registrations": {"crn": PROBATIONER},
    "probation/assessed_children": {"crn": PROBATIONER},
    "childrens_services/relationships": {
        "person_id": CHILD_OR_ADULT,
        "related_person_id": CHILD_OR_ADULT,
    },
    "childrens_services/addresses": {"person_id": CHILD_OR_ADULT},
    "childrens_services/episodes": {"person_id": CHILD},
}
"""Table → column → tables of the same extract, in the first column of one of which its value must
stand. In `INPUTS` owners come before what they own."""

AHEAD_EVERYWHERE = frozenset({
    "end_date", "release_date", "visit_date", "expected_date_of_birth", "valid_from", "valid_to",
    "expires_at",
})  # fmt: skip
ADDRESS_TABLES = frozenset({
    "prison/prisoner_addresses", "probation/offender_addresses", "childrens_services/addresses",
})  # fmt: skip

READ_WHEN_MISSING = {
    ("childrens_services/children", "sex"): "U",
    ("probation/offenders", "is_limited_access"): True,
    ("prison/prisoner_contacts", "relationship_code"): "OTHER",
    ("prison/prisoner_contacts", "is_active"): True,
    ("prison/prisoner_alerts", "is_active"): True,
    ("probation/personal_contacts", "relationship"): "not recorded",
    ("childrens_services/relationships", "relationship"): "unknown",
}
"""What an empty value that should not be empty is read as, where there is a safe answer: the one
that shows less, or claims nothing. Elsewhere it is null, and reported."""

SET_ASIDE_WHEN_UNREADABLE = {("childrens_services/children", "is_adopted")}
"""A record of a child who may be adopted is neither matched nor taken for an adopted child's."""

READ_WHEN_UNREADABLE = {
    ("childrens_services/addresses", "is_confidential"): True,
    ("probation/offenders", "is_limited_access"): True,
}
"""What a value that cannot be read is taken for where a wrong guess could harm someone."""


def may_lie_ahead(table: str, column: str) -> bool:
    """Whether the date may be later than the day of the extract."""
    is_planned_move = table in ADDRESS_TABLES and column == "start_date"
    return column in AHEAD_EVERYWHERE or is_planned_move


def tables_of(agency: str) -> tuple[TableContract, ...]:
    """The tables of one agency's extract, owners before what they own."""
    return tuple(contract for contract in INPUTS.values() if contract.name.startswith(f"{agency}/"))


def is_needed(column: Column) -> bool:
    """Whether a row is of no use without the column: it says which record it is or belongs to."""
    return not column.is_nullable and column.sensitivity is IDENTIFIER


def as_read(contract: TableContract) -> TableContract:
    """The contract of an agency's table once it is read.

    A value that every row should have may be null: the row is used as far as it goes.
    """
    columns = tuple(
        column if column.is_nullable or is_needed(column) else dataclasses.replace(
            column, null="missing or unreadable, against the contract; see `quarantine`"
        )
        for column in contract.columns
    )  # fmt: skip
    contract = dataclasses.replace(contract, columns=columns)
    is_of_authority = contract.name.startswith("childrens_services/")
    return of_every_authority(contract) if is_of_authority else contract
