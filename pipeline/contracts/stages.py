"""The tables that stages hand to one another inside a run.

In: nothing. Out: contracts of the stage tables. Ingested extracts keep their input contracts
(`pipeline.contracts.inputs`), with one change: a children's services table holds every authority's
rows and has `authority_code` as its first column.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.contracts.schema import Column, Sensitivity, TableContract

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
FLAG = pa.bool_()
PERSONAL, IDENTIFIER, SPECIAL = Sensitivity.PERSONAL, Sensitivity.IDENTIFIER, Sensitivity.SPECIAL

ROLES = ("offender", "declared_child", "declared_other", "visitor", "child", "related_adult")
"""What a mention says the person is.

`declared_child`: a prisoner or probationer names this person as a child of theirs in any sense
(son, stepdaughter, grandson, …). `declared_other`: any other declared contact (partner, parent of
the offender, friend). `visitor`: a visitor row with no contact record.
"""

RELATIONSHIPS = (
    "child", "step_child", "grandchild", "other_child",
    "parent", "step_parent", "grandparent", "carer",
    "partner", "sibling", "other", "unknown",
)  # fmt: skip
"""The one vocabulary of relationships: what the subject is to the object."""

ADDRESS_KINDS = ("home", "other", "excluded", "placement", "refuge")
"""`excluded`: no household evidence (prison, approved premises, proposed, rejected, postal)."""

MENTION_COLUMNS = (
    Column("mention_id", pa.int64(), "Row number of the mention in this run; dense, from 0.",
           sensitivity=IDENTIFIER, is_key=True),
    Column("source", TEXT, "`prison`, `probation` or `childrens_services/<authority code>`."),
    Column("table", TEXT, "Input table that the mention comes from."),
    Column("record_id", TEXT, "That table's own key of the person (see record_key.py).",
           sensitivity=IDENTIFIER),
    Column("role", TEXT, "What the mention says the person is; one of ROLES."),
    Column("owner_mention_id", pa.int64(), "Mention of the offender who declared this person.",
           null="not a declared person or visitor", sensitivity=IDENTIFIER),
    Column("authority_code", TEXT, "Children's services authority that holds the record.",
           null="a justice record"),
    Column("given_name", TEXT, "First given name, standardised.",
           null="not recorded, or a placeholder", sensitivity=PERSONAL),
    Column("middle_names", TEXT, "Further given names, standardised, space-separated.",
           null="none recorded", sensitivity=PERSONAL),
    Column("surname", TEXT, "Surname, standardised.", null="not recorded, or a placeholder",
           sensitivity=PERSONAL),
    Column("date_of_birth", TEXT, "ISO date of birth as far as known: 2015, 2015-03, 2015-03-04.",
           null="not recorded, or a dummy date", sensitivity=PERSONAL),
    Column("expected_date_of_birth", TEXT, "ISO date an unborn child is expected.",
           null="born, or not recorded", sensitivity=PERSONAL),
    Column("age_years", pa.float64(), "Age stated without a date of birth, at the extract date.",
           null="not stated", sensitivity=PERSONAL, unit="years"),
    Column("sex", TEXT, "`F` or `M`.", null="not recorded or not known", sensitivity=PERSONAL),
    Column("ethnicity_code", TEXT, "The source's ethnicity code, trimmed.", null="not recorded",
           sensitivity=SPECIAL),
    Column("death_date", TEXT, "ISO date of death.", null="not recorded as dead",
           sensitivity=PERSONAL),
    Column("prisoner_number", TEXT, "Canonical prisoner (NOMS) number.",
           null="absent or invalid", sensitivity=IDENTIFIER),
    Column("crn", TEXT, "Canonical probation case reference number.", null="absent or invalid",
           sensitivity=IDENTIFIER),
    Column("pnc_number", TEXT, "Canonical PNC number `YYYY/NNNNNNNX`.",
           null="absent, or check letter wrong", sensitivity=IDENTIFIER),
    Column("cro_number", TEXT, "Canonical CRO number.",
           null="absent, a dummy, or check letter wrong", sensitivity=IDENTIFIER),
    Column("ni_number", TEXT, "Canonical National Insurance number.", null="absent or invalid",
           sensitivity=IDENTIFIER),
    Column("nhs_number", TEXT, "Canonical NHS number.", null="absent, or check digit wrong",
           sensitivity=IDENTIFIER),
    Column("upn", TEXT, "Canonical unique pupil number.", null="absent, or check letter wrong",
           sensitivity=IDENTIFIER),
    Column("former_upn", TEXT, "Canonical former UPN, never across an adoption.",
           null="absent, or check letter wrong", sensitivity=IDENTIFIER),
    Column("given_names", TEXTS, "Every given name known, current first; never null, may be empty.",
           sensitivity=PERSONAL),
    Column("surnames", TEXTS, "Every surname known, current first.", sensitivity=PERSONAL),
    Column("full_names", TEXTS, "Every `given surname` known, current first.",
           sensitivity=PERSONAL),
    Column("dates_of_birth", TEXTS, "Every date of birth known, current first.",
           sensitivity=PERSONAL),
    Column("addresses", TEXTS, "Every address usable as household evidence, latest first.",
           sensitivity=PERSONAL),
    Column("postcodes", TEXTS, "Every postcode usable as household evidence, latest first.",
           sensitivity=PERSONAL),
    Column("is_limited_access", FLAG, "The source restricts who may see the record.",
           sensitivity=SPECIAL),
)  # fmt: skip

MENTIONS = TableContract(
    name="mentions",
    description="One row per time a source mentions a person, in a role.",
    columns=MENTION_COLUMNS,
    sort_by=("mention_id",),
)

MENTION_ADDRESSES = TableContract(
    name="mention_addresses",
    description="One row per address of a mention, dated.",
    columns=(
        Column("mention_id", pa.int64(), "The mention that lived there.", sensitivity=IDENTIFIER),
        Column("address", TEXT, "Address lines, standardised, without postcode.",
               null="not recorded", sensitivity=PERSONAL),
        Column("postcode", TEXT, "Canonical postcode, e.g. `B1 1AA`.",
               null="not recorded, invalid or a dummy", sensitivity=PERSONAL),
        Column("kind", TEXT, "One of ADDRESS_KINDS."),
        Column("start_date", TEXT, "ISO date from which.", null="not recorded",
               sensitivity=PERSONAL),
        Column("end_date", TEXT, "ISO date to which.", null="still current, or not recorded",
               sensitivity=PERSONAL),
        Column("is_primary", FLAG, "The source calls it the main address."),
        Column("is_confidential", FLAG, "Never shown to anyone outside the source.",
               sensitivity=SPECIAL),
    ),
    sort_by=("mention_id", "start_date", "postcode", "address", "kind", "end_date", "is_primary",
             "is_confidential"),
)  # fmt: skip

RELATIONSHIP_TABLE = TableContract(
    name="relationships",
    description="One row per relationship a source states: the subject is the object's …",
    columns=(
        Column("subject_mention_id", pa.int64(), "Declared contact, or related adult.",
               sensitivity=IDENTIFIER),
        Column("object_mention_id", pa.int64(), "Offender who declared, or child in the extract.",
               sensitivity=IDENTIFIER),
        Column("relationship", TEXT, "What the subject is to the object; one of RELATIONSHIPS."),
        Column("source", TEXT, "Source that states it, as in mentions."),
        Column("table", TEXT, "Input table that states it."),
        Column("start_date", TEXT, "ISO date from which.", null="not recorded"),
        Column("end_date", TEXT, "ISO date to which.", null="still current, or not recorded"),
        Column("is_restricted", FLAG, "The source restricts contact between the two.",
               sensitivity=SPECIAL),
    ),
    sort_by=("object_mention_id", "subject_mention_id", "relationship", "table", "start_date",
             "end_date", "is_restricted"),
)  # fmt: skip

PERSON_KINDS = ("offender", "declared_child", "child", "related_adult", "declared_other")

MENTION_PERSONS = TableContract(
    name="mention_persons",
    description="Which person each mention is: the result of resolving people.",
    columns=(
        Column("mention_id", pa.int64(), "The mention.", sensitivity=IDENTIFIER, is_key=True),
        Column("person_id", TEXT, "The entity, kept across runs.", sensitivity=IDENTIFIER),
        Column("kind", TEXT, "Kind of person; one of PERSON_KINDS."),
    ),
    sort_by=("mention_id",),
)  # fmt: skip

PEOPLE_CHECKS = TableContract(
    name="people_checks",
    description="Pairs that look like one person, seen and expected by the model: counts alone.",
    columns=(
        Column(
            "measure",
            TEXT,
            "`likely_pairs`: candidate pairs that look more like one person than not. "
            "`expected_pairs`: how many of them the model expects, of any kind. "
            "`expected_matches`: how many of them are one person.",
            is_key=True,
        ),
        Column(
            "group",
            TEXT,
            "Kind of person; with `: ` and a blocking rule, its pairs alone.",
            is_key=True,
        ),
        Column("value", pa.float64(), "Pairs.", unit="pairs"),
    ),
    sort_by=("measure", "group"),
)

FAMILY_CHECKS = TableContract(
    name="family_checks",
    description="How far the family stage's estimates can be trusted: shares, and no person's.",
    columns=(
        Column(
            "measure",
            TEXT,
            "`settled`: the estimate converged, 1 or 0. `word_meant`: share of "
            "a source's uses of a word for a tie that are taken at its word.",
            is_key=True,
        ),
        Column("group", TEXT, "The estimate, or source and word.", is_key=True),
        Column("value", pa.float64(), "The share."),
    ),
    sort_by=("measure", "group"),
)

DECLARED_CHILD_LINKS = TableContract(
    name="declared_child_links",
    description="Which children's services child each declared child may be.",
    columns=(
        Column("declared_person_id", TEXT, "The declared child.", sensitivity=IDENTIFIER),
        Column("child_id", TEXT, "The child in a children's services extract.",
               sensitivity=IDENTIFIER),
        Column("offender_id", TEXT, "The offender who declared.", sensitivity=IDENTIFIER),
        Column("match_probability", pa.float64(),
               "Probability that the two are the same child, rivals counted.", unit="probability"),
    ),
    sort_by=("declared_person_id", "child_id"),
)  # fmt: skip
