"""The prison extract: what each table holds.

In: nothing. Out: one contract per table of `prison/`. Code lists are NOMIS's.
"""

from __future__ import annotations

from pipeline.contracts.input_columns import (
    ADDRESS,
    CRO_NUMBER,
    DATE,
    DATE_OF_BIRTH,
    END_DATE,
    ETHNICITY_CODE,
    FIRST_NAME,
    IDENTIFIER,
    IS_NO_FIXED_ABODE,
    LAST_NAME,
    MIDDLE_NAMES,
    OF_PRISONER,
    OPTIONAL_START_DATE,
    PERSONAL,
    PNC_NUMBER,
    POSTCODE,
    PRISONER_NUMBER,
    SEX,
    SPECIAL,
    START_DATE,
    code,
    filled,
    flag,
    key,
    needed,
    optional,
    optional_flag,
)  # fmt: skip
from pipeline.contracts.schema import Column, TableContract

PRISONERS = TableContract(
    name="prison/prisoners",
    description="One row per person who is or was in prison.",
    columns=(
        PRISONER_NUMBER,
        PNC_NUMBER,
        CRO_NUMBER,
        needed(FIRST_NAME),
        MIDDLE_NAMES,
        filled(LAST_NAME),
        needed(DATE_OF_BIRTH),
        SEX,
        ETHNICITY_CODE,
        code("status", "Movement status: `ACTIVE IN`, `ACTIVE OUT`, `INACTIVE OUT`, …", SPECIAL),
        optional("prison_id", "Agency code of the prison; `OUT` and `TRN` are no prison.", SPECIAL,
                 "not in prison"),
        optional("legal_status", "`SENTENCED`, `REMAND`, `RECALL`, …", SPECIAL),
        optional("reception_date", "Date of last reception into custody.", SPECIAL, type=DATE),
        optional("release_date", "Date of release, actual or planned; may lie ahead.", SPECIAL,
                 "no release date set", DATE),
        optional("number_of_children", "What the prisoner said, free text of up to 50 "
                 "characters; kept raw here, parsed in `declared_counts`.", PERSONAL,
                 "not asked, or no answer"),
    ),
    sort_by=("prisoner_number",),
)  # fmt: skip

PRISONER_ALIASES = TableContract(
    name="prison/prisoner_aliases",
    description="One row per other name of a prisoner, with its own date of birth.",
    columns=(
        OF_PRISONER,
        FIRST_NAME,
        MIDDLE_NAMES,
        filled(LAST_NAME),
        DATE_OF_BIRTH,
        code("name_type", "`CN` current, `A` alias, `MAID` maiden, `NICK` nickname.", PERSONAL),
    ),
    sort_by=("prisoner_number", "last_name", "first_name", "date_of_birth", "name_type",
             "middle_names"),
)  # fmt: skip

PRISONER_ADDRESSES = TableContract(
    name="prison/prisoner_addresses",
    description="One row per address of a prisoner.",
    columns=(
        OF_PRISONER,
        ADDRESS,
        POSTCODE,
        code("usage", "What the address is for: `HOME`, `RECEP`, `RELEASE`, `CURFEW`, …", PERSONAL),
        OPTIONAL_START_DATE,
        END_DATE,
        optional_flag("is_primary", "The source calls it the main address.", PERSONAL),
        IS_NO_FIXED_ABODE,
    ),
    sort_by=("prisoner_number", "start_date", "postcode", "address", "usage", "end_date"),
)

PRISONER_CONTACTS = TableContract(
    name="prison/prisoner_contacts",
    description="One row per person whom a prisoner has named as a contact.",
    columns=(
        PRISONER_NUMBER,
        key("contact_id", "The contact; the same person may be a contact of several prisoners."),
        filled(FIRST_NAME),
        MIDDLE_NAMES,
        filled(LAST_NAME),
        needed(DATE_OF_BIRTH),
        SEX,
        code("relationship_code", "What the contact is to the prisoner: `SON`, `DAU`, `SSON`, …",
             PERSONAL),
        flag("is_active", "The contact is current.", PERSONAL),
        optional_flag("is_approved_visitor", "The contact may visit.", PERSONAL),
        POSTCODE,
        optional("restriction_code", "Restriction on contact: `BAN`, `CHILD`, `NONCON`, …", SPECIAL,
                 "no restriction"),
    ),
    sort_by=("prisoner_number", "contact_id"),
)  # fmt: skip

PRISON_ID = code("prison_id", "Agency code of the prison.", SPECIAL)

CUSTODY_PERIODS = TableContract(
    name="prison/custody_periods",
    description="One row per unbroken stay in one prison; a move ends one and begins another.",
    columns=(OF_PRISONER, START_DATE, END_DATE, PRISON_ID),
    sort_by=("prisoner_number", "start_date", "end_date", "prison_id"),
)

VISIT_ID = key("visit_id", "The visit.")

VISITS = TableContract(
    name="prison/visits",
    description="One row per visit booked to a prisoner.",
    columns=(
        VISIT_ID,
        PRISONER_NUMBER,
        Column("visit_date", DATE, "Day of the visit; may lie ahead.", sensitivity=PERSONAL),
        code("visit_type", "`SCON` social, `OFFI` official.", PERSONAL),
        code("status", "`NORM` or `COMP` took place, `SCH` booked, `CANC` cancelled, …", PERSONAL),
    ),
    sort_by=("visit_id", "prisoner_number"),
)

VISIT_VISITORS = TableContract(
    name="prison/visit_visitors",
    description="One row per person booked on a visit.",
    columns=(
        Column("visit_id", VISIT_ID.type, "The visit, as in `prison/visits`.",
               sensitivity=IDENTIFIER),
        optional("contact_id", "The visitor, as in `prison/prisoner_contacts`.", IDENTIFIER,
                 "no contact record"),
        FIRST_NAME,
        LAST_NAME,
        DATE_OF_BIRTH,
        code("outcome", "`ATT` attended, `ABS` absent, `CANC` cancelled.", PERSONAL),
    ),
    sort_by=("visit_id", "contact_id", "last_name", "first_name", "date_of_birth", "outcome"),
)  # fmt: skip

PRISONER_ALERTS = TableContract(
    name="prison/prisoner_alerts",
    description="One row per alert raised on a prisoner.",
    columns=(
        OF_PRISONER,
        code("alert_code", "`C1`–`C4` child communication measures, `RCP`, `V…` protection, …",
             SPECIAL),
        flag("is_active", "The alert is in force.", SPECIAL),
    ),
    sort_by=("prisoner_number", "alert_code", "is_active"),
)  # fmt: skip

PRISON_TABLES = (
    PRISONERS, PRISONER_ALIASES, PRISONER_ADDRESSES, PRISONER_CONTACTS, CUSTODY_PERIODS, VISITS,
    VISIT_VISITORS, PRISONER_ALERTS,
)  # fmt: skip

PRISON_RELATIONSHIP_CODES = frozenset(
    "SON DAU SSON SDAU GSON GDAU NEP NIE MOT FA PAR SMOT SFA GUA FOP ILP WIFE HUS PART CLW CLH GIF "
    "BOF ENT BRO SIS HBRO HSIS SBRO SSIS AUNT UN COU GMOT GFA FRI NONE OTHER SWO LAC FLO FW COM "
    "POM PROB".split()
)
"""Relationship codes in use: social ones, and those of officials met on contact lists."""
