"""The datasets of a published run: who may read each, and what every column and null means.

In: contracts of stage tables that are published as they are. Out: one contract per dataset, each
with `run_id` first. The data dictionary and `datapackage.json` are made from these.
"""

from __future__ import annotations

import dataclasses

import pyarrow as pa

from pipeline.contracts import intake, people
from pipeline.contracts.family import FAMILY_LINKS as STAGE_FAMILY_LINKS
from pipeline.contracts.schema import Column, Sensitivity, TableContract

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
FLAG = pa.bool_()
COUNT = pa.int32()
NUMBER = pa.float64()
DATE = pa.date32()
PERSONAL, IDENTIFIER, SPECIAL = Sensitivity.PERSONAL, Sensitivity.IDENTIFIER, Sensitivity.SPECIAL

RUN_ID = Column("run_id", TEXT, "The run that published the row.")

CUSTODY_STATUSES = (
    "in_custody", "on_licence", "community_order", "released", "order_ended", "not_known",
)  # fmt: skip
"""Where the justice system has a parent at the as-of date; the first that holds."""

CASE_STATUSES = ("CLA", "CP", "CIN", "EH", "closed", "not known")
"""How children's services know a child; the first that holds of any authority's open episodes."""


def published(contract: TableContract) -> TableContract:
    """A stage table's contract as it is published: the same columns after `run_id`."""
    return dataclasses.replace(contract, columns=(RUN_ID, *contract.columns))


PERSONS = published(people.PERSONS)
PERSON_LINKS = published(people.PERSON_LINKS)
REGISTRY = published(people.REGISTRY)
REGISTRY_LEDGER = published(people.REGISTRY_LEDGER)
FAMILY_LINKS = published(STAGE_FAMILY_LINKS)
QUARANTINE = published(intake.QUARANTINE)
QUARANTINED_ROWS = published(intake.QUARANTINED_ROWS)
INPUT_REMARKS = published(intake.REMARKS)

PERSON_MAP = TableContract(
    name="person_map",
    description="Which person each record of an extract is.",
    columns=(
        RUN_ID,
        Column("source", TEXT, "`prison`, `probation` or `childrens_services/<authority code>`.",
               is_key=True),
        Column("table", TEXT, "Input table that holds the record.", is_key=True),
        Column("record_id", TEXT, "That table's own key of the person.", sensitivity=IDENTIFIER,
               is_key=True),
        Column("role", TEXT, "What the record says the person is.", is_key=True),
        Column("person_id", TEXT, "The person; a declared child who is surely a child of a "
               "children's services extract carries that child's id.", sensitivity=IDENTIFIER,
               is_key=True),
    ),
    sort_by=("source", "table", "record_id", "role", "person_id"),
)  # fmt: skip


def _key(name: str, whose: str) -> Column:
    """A pseudonym column."""
    return Column(name, TEXT, f"Pseudonym of the {whose}: keyed hash, for analysts alone.",
                  sensitivity=IDENTIFIER, is_key=True)  # fmt: skip


def _miles(name: str, description: str, null: str) -> Column:
    """A distance column."""
    return Column(name, pa.int32(), f"{description}, straight line, whole miles.", null=null,
                  unit="miles")  # fmt: skip


NOT_IN_CUSTODY = "not in custody now"
NO_VISITS_EXTRACT = "no visits extract"

LINKED_FAMILIES = TableContract(
    name="linked_families",
    description="One row per family link, pseudonymised: for analysis, never for casework.",
    reader="analyst",
    columns=(
        RUN_ID,
        _key("parent_key", "parent"),
        _key("child_key", "child"),
        Column("match_probability", NUMBER, "Probability that the adult is the child's parent.",
               unit="probability"),
        Column("match_band", TEXT, "`match`, `potential` or `low`."),
        Column("relationship", TEXT, "What the adult likeliest is to the child."),
        Column("relationship_probability", NUMBER, "Probability of that relationship.",
               unit="probability"),
        Column("relationship_basis", TEXT, "Who says so; sources joined by `+`."),
        Column("parent_sex", TEXT, "`F` or `M`.", null="not recorded"),
        Column("parent_age_band", TEXT, "Years at the as-of date.", null="no date of birth"),
        Column("parent_ethnic_group", TEXT, "Asian, Black, Mixed, White, Other.",
               null="not recorded or not stated", sensitivity=SPECIAL),
        Column("child_sex", TEXT, "`F` or `M`.", null="not recorded"),
        Column("child_age_band", TEXT, "Years at the as-of date.", null="no date of birth"),
        Column("child_ethnic_group", TEXT, "Asian, Black, Mixed, White, Other.",
               null="not recorded or not stated", sensitivity=SPECIAL),
        Column("authority_code", TEXT, "DfE code of the authority most involved with the child."),
        Column("region", TEXT, "Region of that authority.", null="code not in the reference table"),
        Column("custody_status", TEXT, "Parent's status now; one of CUSTODY_STATUSES.",
               sensitivity=SPECIAL),
        Column("custody_days", COUNT, "Days since the parent's present custody began, moves "
               "between prisons included.", null=NOT_IN_CUSTODY, unit="days", sensitivity=SPECIAL),
        Column("prison_region", TEXT, "Region of the parent's prison.", null=NOT_IN_CUSTODY),
        _miles("parent_home_miles", "Parent's home to prison", "not in custody, or no home known"),
        _miles("child_miles", "Child's home to parent's prison", "not in custody"),
        Column("distance_band", TEXT, "Band of `child_miles`, such as `25-49`.",
               null=NOT_IN_CUSTODY, unit="miles"),
        Column("distance_basis", TEXT, "`postcode`, or `authority` (its centre) where the child's "
               "postcode is unknown or confidential.", null=NOT_IN_CUSTODY),
        Column("visits_90_days", COUNT, "Attended social visits to the parent by any linked child "
               "or family contact in the last 90 days.", null=NO_VISITS_EXTRACT, unit="visits"),
        Column("visits_365_days", COUNT, "The same in the last 365 days.", null=NO_VISITS_EXTRACT,
               unit="visits"),
        Column("child_visits_365_days", COUNT, "The same by this child alone.",
               null=NO_VISITS_EXTRACT, unit="visits"),
        Column("is_contact_lost", FLAG, "In custody long enough and no attended family visit of "
               "late (settings `contact_lost_…`).",
               null="not in custody long enough, or no visits extract"),
    ),
    sort_by=("parent_key", "child_key"),
)  # fmt: skip

CHILDREN = TableContract(
    name="children",
    description="One row per identified child under 18, pseudonymised, whether or not children's "
    "services know the child.",
    reader="analyst",
    columns=(
        RUN_ID,
        _key("child_key", "child"),
        Column("authority_code", TEXT, "DfE code of the authority most involved with the child.",
               null="in no children's services extract"),
        Column("region", TEXT, "Region of that authority.", null="no authority"),
        Column("authority_count", COUNT, "Authorities whose extract holds the child.",
               unit="authorities"),
        Column("age_band", TEXT, "Years at the as-of date.", null="no date of birth"),
        Column("sex", TEXT, "`F` or `M`.", null="not recorded"),
        Column("is_in_childrens_services", FLAG, "An extract of an authority holds the child."),
        Column("case_status", TEXT, "One of CASE_STATUSES.", sensitivity=SPECIAL),
        Column("has_parent_in_custody", FLAG, "A linked parent is in custody now.",
               sensitivity=SPECIAL),
        Column("has_parent_on_supervision", FLAG, "A linked parent is under supervision now.",
               sensitivity=SPECIAL),
        Column("match_parents", COUNT, "Parents linked in band `match`.", unit="persons"),
        Column("potential_parents", COUNT, "Parents linked in band `potential`.", unit="persons"),
        Column("declaring_parents", COUNT, "Offenders who name the child.", unit="persons"),
        Column("match_band", TEXT, "The best band of the child's links.",
               null="declared by an offender and not linked"),
        Column("has_abuse_or_neglect_need", FLAG, "Primary need N1 in an open episode.",
               null="no open episode", sensitivity=SPECIAL),
        Column("has_absent_parenting_need", FLAG, "Primary need N8 in an open episode.",
               null="no open episode", sensitivity=SPECIAL),
        Column("has_substance_factor", FLAG, "Assessment factor 1 or 2 (alcohol, drugs).",
               null="no open episode", sensitivity=SPECIAL),
        Column("has_domestic_abuse_factor", FLAG, "Assessment factor 3.", null="no open episode",
               sensitivity=SPECIAL),
        Column("has_mental_health_factor", FLAG, "Assessment factor 4.", null="no open episode",
               sensitivity=SPECIAL),
        Column("has_young_carer_factor", FLAG, "Assessment factor 7A.", null="no open episode",
               sensitivity=SPECIAL),
    ),
    sort_by=("child_key",),
)  # fmt: skip

DECLARED_CHILDREN = TableContract(
    name="declared_children",
    description="One row per offender who states a number of children or names one.",
    reader="analyst",
    columns=(
        RUN_ID,
        _key("parent_key", "parent"),
        Column("raw_count", TEXT, "The number of children as recorded; several records joined by "
               "` | `; text that is not plainly a number is withheld, as it may hold names.",
               null="no record states a number"),
        Column("parsed_count", COUNT, "The largest number that a record states.",
               null="no record states a number that can be read", unit="children"),
        Column("parse_status", TEXT, "How the number was read; several joined by `|`.",
               null="no record states a number"),
        Column("named", COUNT, "Children and stepchildren named, each once.", unit="children"),
        Column("linked", COUNT, "Of the named, those surely found in a children's services "
               "extract.", unit="children"),
        Column("unlinked", COUNT, "Of the named, the others.", unit="children"),
        Column("unnamed", COUNT, "Stated and not named.", null="no number to compare with",
               unit="children"),
        Column("unlinked_declared", COUNT, "Of the children stated or named, whichever are more, "
               "those not surely found: a check of completeness, no evidence for any child.",
               unit="children"),
    ),
    sort_by=("parent_key",),
)  # fmt: skip

FOR_REVIEWER = "for the authority to fill in"

MATCHED_CHILDREN = TableContract(
    name="matched_children",
    description="One row per child of this authority and adult in custody or under supervision who "
    "may be the child's parent. A suggestion to check, not a finding.",
    reader="authority",
    columns=(
        RUN_ID,
        Column("as_of_date", DATE, "Date at which ages and custody are counted."),
        Column("authority_code", TEXT, "DfE code of the authority that this list is for.",
               is_key=True),
        Column("match_id", TEXT, "Names this row in the reply; the same in every list to this "
               "authority, meaningless to any other.", sensitivity=IDENTIFIER, is_key=True),
        Column("child_person_id", TEXT, "The child's id in this authority's own system.",
               sensitivity=IDENTIFIER),
        Column("other_child_person_ids", TEXT, "Further ids of the same child in this "
               "authority's system, joined by `; `.", null="none", sensitivity=IDENTIFIER),
        Column("child_first_name", TEXT, "As this authority records it.", null="not recorded",
               sensitivity=PERSONAL),
        Column("child_last_name", TEXT, "As this authority records it.", null="not recorded",
               sensitivity=PERSONAL),
        Column("child_date_of_birth", TEXT, "As this authority records it.", null="not recorded",
               sensitivity=PERSONAL),
        Column("child_sex", TEXT, "As this authority records it.", null="not recorded",
               sensitivity=PERSONAL),
        Column("case_status", TEXT, "This authority's involvement; one of CASE_STATUSES.",
               sensitivity=SPECIAL),
        Column("parent_first_name", TEXT, "Given name, as in `persons`.", null="not recorded",
               sensitivity=PERSONAL),
        Column("parent_last_name", TEXT, "Surname, as in `persons`.", null="not recorded",
               sensitivity=PERSONAL),
        Column("parent_date_of_birth", TEXT, "Date of birth, as in `persons`.", null="not recorded",
               sensitivity=PERSONAL),
        Column("relationship", TEXT, "What the adult likeliest is to the child."),
        Column("relationship_basis", TEXT, "Who says so; sources joined by `+`."),
        Column("custody_status", TEXT, "One of CUSTODY_STATUSES.", sensitivity=SPECIAL),
        Column("custody_since", DATE, "Start of the present custody.", null=NOT_IN_CUSTODY,
               sensitivity=SPECIAL),
        Column("establishment", TEXT, "The prison, or its region, as the settings say.",
               null="not in custody, or not shared", sensitivity=SPECIAL),
        Column("relationship_probability", NUMBER, "Probability that the adult is what "
               "`relationship` says.", unit="probability"),
        Column("match_band", TEXT, "`match`: confirm, then act. `potential`: look into."),
        Column("evidence_summary", TEXT, "In plain words, what agrees and what differs."),
        Column("conflicts", TEXT, "In plain words, what speaks against it.", null="nothing"),
        Column("has_rival", FLAG, "Another child or adult fits nearly as well."),
        Column("has_contact_restriction", FLAG, "Contact between the two, or with children, is "
               "restricted, or probation has registered a risk to children: ask before any "
               "approach.", sensitivity=SPECIAL),
        Column("is_limited_access", FLAG, "The source restricts who may see the adult's record.",
               sensitivity=SPECIAL),
        Column("purpose", TEXT, "Why this is shared."),
        Column("legal_gateway", TEXT, "The law under which it is shared."),
        Column("decision", TEXT, "`parent`, `not parent` or `unsure`.", null=FOR_REVIEWER),
        Column("decision_reason", TEXT, "Why.", null=FOR_REVIEWER),
        Column("decided_by", TEXT, "Who decided.", null=FOR_REVIEWER),
        Column("decided_on", DATE, "When.", null=FOR_REVIEWER),
    ),
    sort_by=("child_person_id", "match_id"),
)  # fmt: skip

QUALITY = TableContract(
    name="quality",
    description="Counts and shares about the run, one value a row.",
    reader="engineer, analyst",
    columns=(
        RUN_ID,
        Column("section", TEXT, "`sources`, `input_profile`, `quarantine`, `pairs`, `families`, "
               "`bands`, `unlinkable`, `missingness`, `match_rate`, `disclosure`.", is_key=True),
        Column("measure", TEXT, "What is counted, or the share that is taken.", is_key=True),
        Column("group", TEXT, "What it is counted over: table, rule, sex, authority, ….",
               is_key=True),
        Column("value", NUMBER, "A count, or a share between 0 and 1.",
               null="not defined: the group is empty"),
    ),
    sort_by=("section", "measure", "group"),
)  # fmt: skip

COUNTS = pa.map_(pa.string(), pa.int64())
HASHES = pa.map_(pa.string(), pa.string())

RUN_MANIFEST = TableContract(
    name="run_manifest",
    description="What went into the run and what came out (`run_manifest.json`, one object).",
    reader="engineer",
    columns=(
        RUN_ID,
        Column("as_of_date", TEXT, "Date that ages and custody are counted at."),
        Column("package_version", TEXT, "Version of Kinlink."),
        Column("settings_hash", TEXT, "SHA-256 of the settings."),
        Column("identity", HASHES, "What the run id is made of.", null="never"),
        Column("inputs", pa.list_(pa.struct([
            pa.field("name", TEXT), pa.field("rows", pa.int64()), pa.field("checksum", TEXT),
            pa.field("cut_off_date", TEXT)])), "Each extract read."),
        Column("sources_left_out", pa.list_(pa.struct([
            pa.field("source", TEXT), pa.field("reason", TEXT)])),
            "Each source that the run did without: `chosen` (`--without`) or `broken`. Lists are "
            "shorter for it."),
        Column("has_protected_persons", pa.bool_(), "Whether a list of protected persons was read "
               "and applied; then the next run refuses to do without one."),
        Column("pseudonym_key", TEXT, "Where the secret behind analysts' keys comes from: "
               "`configured`, `made for this out folder`, or `printed in the source code`, which "
               "is for made-up people only."),
        Column("models", HASHES, "Version of each model, by name."),
        Column("stage_rows", COUNTS, "Rows that each stage table held."),
        Column("datasets", pa.list_(pa.struct([
            pa.field("name", TEXT), pa.field("path", TEXT), pa.field("reader", TEXT),
            pa.field("rows", pa.int64()), pa.field("checksum", TEXT)])),
            "Each file published, with its SHA-256."),
    ),
)  # fmt: skip

OUTPUT_CONTRACTS = {
    contract.name: contract
    for contract in (
        PERSON_MAP, PERSONS, PERSON_LINKS, REGISTRY, REGISTRY_LEDGER, FAMILY_LINKS,
        LINKED_FAMILIES, CHILDREN, DECLARED_CHILDREN, MATCHED_CHILDREN, QUALITY, RUN_MANIFEST,
        QUARANTINE, QUARANTINED_ROWS, INPUT_REMARKS,
    )
}  # fmt: skip
"""Every published dataset, by name."""

PASSED_ON = (
    PERSONS,
    PERSON_LINKS,
    REGISTRY,
    REGISTRY_LEDGER,
    FAMILY_LINKS,
    QUARANTINE,
    QUARANTINED_ROWS,
    INPUT_REMARKS,
)
"""Stage tables that are published as they are."""

ANALYST_CONTRACTS = (LINKED_FAMILIES, CHILDREN, DECLARED_CHILDREN, QUALITY)
"""Datasets that leave the room where people have names."""
