"""The children's services extract of one authority: what each table holds.

In: nothing. Out: one contract per table of `childrens_services/<DfE authority code>/`. Once read, a
table holds every authority's rows, `authority_code` first.
"""

from __future__ import annotations

import dataclasses

from pipeline.contracts.input_columns import (
    ADDRESS,
    DATE,
    DATE_OF_BIRTH,
    END_DATE,
    ETHNICITY_CODE,
    FIRST_NAME,
    IDENTIFIER,
    LAST_NAME,
    OPTIONAL_START_DATE,
    PARTIAL_DATE,
    PERSONAL,
    POSTCODE,
    SEX,
    SPECIAL,
    START_DATE,
    TEXT,
    TEXTS,
    code,
    filled,
    key,
    needed,
    number,
    optional,
    optional_flag,
    owner,
)  # fmt: skip
from pipeline.contracts.schema import Column, TableContract

PERSON_ID = key("person_id", "The person's id at this authority; never reused.")
OF_CHILD = owner("person_id", "The child, as in `childrens_services/children`.")

CHILDREN = TableContract(
    name="childrens_services/children",
    description="One row per child known to the authority.",
    columns=(
        PERSON_ID,
        number("upn", "Unique pupil number."),
        number("former_upn", "UPN before the present one; removed where it would cross an "
               "adoption."),
        number("nhs_number", "NHS number."),
        needed(FIRST_NAME),
        needed(LAST_NAME),
        needed(DATE_OF_BIRTH),
        Column("expected_date_of_birth", TEXT, "Date on which an unborn child is expected.",
               null="born, or not recorded", sensitivity=PERSONAL, unit=PARTIAL_DATE,
               is_required=False),
        filled(SEX),
        ETHNICITY_CODE,
        optional_flag("is_adopted", "The child is adopted or placed for adoption; such records are "
                      "removed before matching.", SPECIAL),
        optional("death_date", "Date of death.", PERSONAL, "not recorded as dead", DATE),
    ),
    sort_by=("person_id",),
)  # fmt: skip

RELATED_ADULTS = TableContract(
    name="childrens_services/related_adults",
    description="One row per adult recorded with a child.",
    columns=(PERSON_ID, needed(FIRST_NAME), needed(LAST_NAME), DATE_OF_BIRTH, SEX),
    sort_by=("person_id",),
)

RELATIONSHIPS = TableContract(
    name="childrens_services/relationships",
    description="One row per relationship; two people may share several.",
    columns=(
        owner("person_id", "The child (once read: the child, where the tables or the word tell)."),
        owner("related_person_id", "The related person: adult or other child."),
        code("relationship", "What the related person is to the person: as the supplier writes it; "
             "once read, one of `RELATIONSHIPS`, `unknown` for a word nobody knows.", PERSONAL),
        OPTIONAL_START_DATE,
        END_DATE,
    ),
    sort_by=("person_id", "related_person_id", "relationship", "start_date", "end_date"),
)  # fmt: skip

ADDRESSES = TableContract(
    name="childrens_services/addresses",
    description="One row per address of a child or related adult.",
    columns=(
        owner("person_id", "The child or related adult who lives or lived there."),
        ADDRESS,
        POSTCODE,
        code("address_type", "`Home`, `Placement`, `Primary`, …", PERSONAL),
        OPTIONAL_START_DATE,
        END_DATE,
        optional_flag("is_confidential", "Never shown to anyone outside the authority.", SPECIAL),
    ),
    sort_by=("person_id", "start_date", "postcode", "address", "address_type", "end_date"),
)

EPISODES = TableContract(
    name="childrens_services/episodes",
    description="One row per spell of help: early help, child in need, protection plan or care.",
    columns=(
        OF_CHILD,
        code("status", "`EH` early help, `CIN` in need, `CP` protection plan, `CLA` looked after.",
             SPECIAL),
        START_DATE,
        END_DATE,
        optional("primary_need_code", "`N1` abuse or neglect, … `N0` not stated.", SPECIAL),
        optional("assessment_factors", "Factors found at assessment: `1A`, `3B`, …; in text, "
                 "separated by commas, semicolons or blanks.", SPECIAL, "no assessment", TEXTS),
        optional("closure_reason", "`RC1` adopted (removed before matching), `RC2` died, … `RC9`.",
                 SPECIAL, "open, or not recorded"),
    ),
    sort_by=("person_id", "start_date", "status", "end_date"),
)  # fmt: skip

CHILDRENS_SERVICES_TABLES = (CHILDREN, RELATED_ADULTS, RELATIONSHIPS, ADDRESSES, EPISODES)

AUTHORITY_CODE = Column("authority_code", TEXT, "DfE code of the authority that holds the record.",
                        sensitivity=IDENTIFIER, is_key=True)  # fmt: skip


def of_every_authority(contract: TableContract) -> TableContract:
    """A children's services table once read: every authority's rows, `authority_code` first."""
    return dataclasses.replace(
        contract,
        columns=(AUTHORITY_CODE, *contract.columns),
        sort_by=("authority_code", *contract.sort_by),
    )
