"""The probation extract: what each table holds.

In: nothing. Out: one contract per table of `probation/`. Code lists are nDelius's and OASys's.
"""

from __future__ import annotations

from pipeline.contracts.input_columns import (
    ADDRESS,
    CRN,
    CRO_NUMBER,
    DATE_OF_BIRTH,
    END_DATE,
    ETHNICITY_CODE,
    FIRST_NAME,
    IS_NO_FIXED_ABODE,
    LAST_NAME,
    MIDDLE_NAMES,
    NUMBER,
    OF_CRN,
    OPTIONAL_START_DATE,
    PERSONAL,
    PNC_NUMBER,
    POSTCODE,
    SEX,
    SPECIAL,
    START_DATE,
    code,
    filled,
    flag,
    key,
    needed,
    number,
    optional,
)  # fmt: skip
from pipeline.contracts.schema import Column, TableContract

OFFENDERS = TableContract(
    name="probation/offenders",
    description="One row per person known to probation.",
    columns=(
        CRN,
        number("prisoner_number", "Prisoner (NOMS) number, where probation knows it."),
        PNC_NUMBER,
        CRO_NUMBER,
        number("ni_number", "National Insurance number."),
        filled(FIRST_NAME),
        MIDDLE_NAMES,
        filled(LAST_NAME),
        optional("previous_last_name", "Surname before the present one.", PERSONAL,
                 "none recorded"),
        filled(DATE_OF_BIRTH),
        SEX,
        ETHNICITY_CODE,
        flag("is_limited_access", "An exclusion or restriction limits who may see the record.",
             SPECIAL),
    ),
    sort_by=("crn",),
)  # fmt: skip

OFFENDER_ALIASES = TableContract(
    name="probation/offender_aliases",
    description="One row per other name of a person on probation, with its own date of birth.",
    columns=(OF_CRN, filled(FIRST_NAME), MIDDLE_NAMES, filled(LAST_NAME), filled(DATE_OF_BIRTH)),
    sort_by=("crn", "last_name", "first_name", "date_of_birth", "middle_names"),
)

OFFENDER_ADDRESSES = TableContract(
    name="probation/offender_addresses",
    description="One row per address of a person on probation.",
    columns=(
        OF_CRN,
        ADDRESS,
        POSTCODE,
        code("status_code", "`M` main, `P` previous, `S` secondary, `PR` proposed, `RJ` rejected, "
             "…", PERSONAL),
        optional("type_code", "`A02` approved premises, `A05` no fixed abode, `CS05` custody, …",
                 PERSONAL),
        IS_NO_FIXED_ABODE,
        START_DATE,
        END_DATE,
    ),
    sort_by=("crn", "start_date", "postcode", "address", "status_code", "end_date"),
)  # fmt: skip

PERSONAL_CONTACTS = TableContract(
    name="probation/personal_contacts",
    description="One row per person named on a probation record; no date of birth exists.",
    columns=(
        CRN,
        key("contact_id", "The contact."),
        filled(FIRST_NAME),
        LAST_NAME,
        SEX,
        code("relationship", "What the contact is to the person on probation, free text.",
             PERSONAL),
        optional("relationship_type", "The source's code of the kind of contact.", PERSONAL),
        POSTCODE,
        OPTIONAL_START_DATE,
        END_DATE,
    ),
    sort_by=("crn", "contact_id"),
)  # fmt: skip

SUPERVISION_PERIODS = TableContract(
    name="probation/supervision_periods",
    description="One row per order or licence that a person is or was supervised under.",
    columns=(
        OF_CRN,
        START_DATE,
        END_DATE,
        code("order_type", "Kind of order or licence.", SPECIAL),
    ),
    sort_by=("crn", "start_date", "end_date", "order_type"),
)

CIRCUMSTANCES = TableContract(
    name="probation/circumstances",
    description="One row per personal circumstance recorded.",
    columns=(
        OF_CRN,
        code("type", "`I` dependents, …", PERSONAL),
        code("sub_type", "`I02` is a primary carer, …", PERSONAL),
        START_DATE,
        END_DATE,
    ),
    sort_by=("crn", "type", "sub_type", "start_date", "end_date"),
)

REGISTRATIONS = TableContract(
    name="probation/registrations",
    description="One row per registration (flag of risk or need) of a person on probation.",
    columns=(
        OF_CRN,
        code("code", "`RCCO` child concerns, `RCPR` child protection, `RCHD` risk to children, …",
             SPECIAL),
        START_DATE,
        END_DATE,
    ),
    sort_by=("crn", "code", "start_date", "end_date"),
)  # fmt: skip

ASSESSED_CHILDREN = TableContract(
    name="probation/assessed_children",
    description="One row per child named in an offender's risk assessment.",
    columns=(
        OF_CRN,
        needed(FIRST_NAME),
        needed(LAST_NAME),
        DATE_OF_BIRTH,
        Column("age_years", NUMBER, "Age stated in place of a date of birth, at the assessment.",
               null="not stated", sensitivity=PERSONAL, unit="years", is_required=False),
        SEX,
        POSTCODE,
    ),
    sort_by=("crn", "last_name", "first_name", "date_of_birth", "age_years", "sex", "postcode"),
)  # fmt: skip

PROBATION_TABLES = (
    OFFENDERS, OFFENDER_ALIASES, OFFENDER_ADDRESSES, PERSONAL_CONTACTS, SUPERVISION_PERIODS,
    CIRCUMSTANCES, REGISTRATIONS, ASSESSED_CHILDREN,
)  # fmt: skip
