"""The table of family links: which adult is taken to be which child's parent, how surely, and why.

In: nothing. Out: the contract `FAMILY_LINKS`, the one source of every list. It holds person ids,
levels, bits and codes, and no name, date of birth or address.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.contracts.schema import Column, Sensitivity, TableContract

TEXT = pa.string()
CODES = pa.list_(pa.string())
FLAG = pa.bool_()
LEVEL = pa.int8()
NUMBER = pa.float64()
IDENTIFIER, SPECIAL = Sensitivity.IDENTIFIER, Sensitivity.SPECIAL

BANDS = ("match", "potential", "low")
"""`match`: a witness, and sure. `potential`: for review. `low`: neither."""

LINK_RELATIONSHIPS = (
    "parent",
    "step_parent",
    "grandparent",
    "carer",
    "sibling",
    "other",
    "unknown",
)
"""What the adult is to the child, as far as a source says so."""

BASES = ("declared_prison", "declared_probation", "visit", "la_recorded", "inferred")
"""Where the relationship comes from; several are joined by `+` in this order."""

LEADS = ("sibling", "address", "likeness")
"""Why a link that no witness carries is shown: a recorded sibling, a shared home, or neither."""

CONFLICTS = (
    "impossible_age_gap",
    "more_than_two_parents",
    "rival_child",
    "rival_offender",
    "declared_another_relationship",
    "recorded_another_relationship",
    "model_in_doubt",
    "recorded_parent_is_another",
    "declared_children_are_others",
    "child_is_an_adult",
)
"""What speaks against a link. The first seven lower its band; the others inform the reviewer.
`model_in_doubt`: a model that the link rests on had not converged."""

EVIDENCE_CODES = (
    "declared_name_agrees",
    "declared_name_similar",
    "declared_name_differs",
    "declared_birth_date_agrees",
    "declared_birth_date_similar",
    "declared_birth_date_differs",
    "declared_birth_date_missing",
    "recorded_name_agrees",
    "recorded_name_similar",
    "recorded_name_differs",
    "recorded_birth_date_agrees",
    "recorded_birth_date_similar",
    "recorded_birth_date_differs",
    "recorded_birth_date_missing",
    "same_address",
    "same_postcode",
    "same_area",
    "address_differs",
    "same_surname",
    "surname_differs",
    "age_gap_fits",
    "age_gap_unlikely",
)
"""Codes of `evidence_summary`. `declared_` compares the declared child with the child, `recorded_`
the adult recorded with the child with the offender."""


def _level(name: str, witness: str) -> Column:
    """A level column of one witness's comparison."""
    return Column(
        name, LEVEL, f"Agreement level of {witness}; 0 disagrees, higher agrees more.",
        null="no such witness, or not comparable",
    )  # fmt: skip


def _bits(name: str, description: str) -> Column:
    """A part of the match weight."""
    return Column(name, NUMBER, description, unit="bits")


NOMINATED = "the declared child compared with the child"
LISTED = "the recorded adult compared with the offender"

FAMILY_LINK_COLUMNS = (
    Column("parent_id", TEXT, "The offender.", sensitivity=IDENTIFIER, is_key=True),
    Column("child_id", TEXT, "The child in a children's services extract.",
           sensitivity=IDENTIFIER, is_key=True),
    _bits("match_weight_bits", "log2 odds that the adult is the child's parent; sum of the parts."),
    Column("match_probability", NUMBER, "Probability that the adult is the child's parent.",
           unit="probability"),
    Column("relative_probability", NUMBER,
           "Probability that the adult is a step-parent, carer or other relative instead.",
           unit="probability"),
    Column("match_band", TEXT, "What a reader may do with the link; one of BANDS."),
    Column("relationship", TEXT, "What the adult likeliest is to the child; one of "
           "LINK_RELATIONSHIPS. `unknown`: a parent, though no witness speaks. `other`: another "
           "relative."),
    Column("relationship_probability", NUMBER, "Probability of that: `match_probability` of a "
           "parent or `unknown`, else `relative_probability`.", unit="probability"),
    Column("relationship_basis", TEXT, "Who says so; one or more of BASES joined by `+`."),
    Column("is_nominated_by_prison", FLAG,
           "A prison contact of the offender is taken to be the child."),
    Column("is_nominated_by_probation", FLAG,
           "A child that the offender named to probation is taken to be the child."),
    Column("is_nominated_by_visit", FLAG, "A visitor of the offender is taken to be the child."),
    Column("is_recorded_by_authority", FLAG,
           "An adult recorded with the child is taken to be the offender."),
    Column("is_same_address", FLAG, "Offender and child share an address."),
    Column("is_same_postcode", FLAG, "Offender and child share a postcode."),
    Column("is_same_surname", FLAG, "Offender and child share a surname, spelling slips allowed."),
    Column("witness_share", NUMBER,
           "Share of the probability that rests on a witness's word.", unit="probability"),
    Column("lead", TEXT, "Why a link that no witness carries is shown; one of LEADS.",
           null="a witness carries it"),
    Column("declared_person_id", TEXT, "The offender's declared child nearest to the child.",
           null="the offender declares no child", sensitivity=IDENTIFIER),
    Column("related_adult_id", TEXT, "The adult recorded with the child nearest to the offender.",
           null="no adult is recorded with the child", sensitivity=IDENTIFIER),
    _level("nomination_given_name_level", NOMINATED),
    _level("nomination_surname_level", NOMINATED),
    _level("nomination_date_of_birth_level", NOMINATED),
    _level("nomination_sex_level", NOMINATED),
    _level("listing_given_name_level", LISTED),
    _level("listing_surname_level", LISTED),
    _level("listing_date_of_birth_level", LISTED),
    _level("listing_sex_level", LISTED),
    Column("place_level", LEVEL,
           "0 elsewhere, 1 same area or a home of another time, 2 postcode, 3 address, 4 both.",
           null="no home is recorded for one of them"),
    Column("surname_level", LEVEL, "Agreement level of the offender's and the child's surname.",
           null="not comparable"),
    Column("age_gap_years", NUMBER, "Child's birth minus offender's birth.",
           null="a birth date is missing", unit="years"),
    _bits("nomination_bits", "What the offender's own word for a child adds or takes away."),
    _bits("listing_bits", "What the authority's word for a parent adds or takes away."),
    _bits("place_bits", "What shared or different homes add."),
    _bits("surname_bits", "What the surname adds, where neither witness has already counted it."),
    _bits("age_gap_bits", "What the age gap adds."),
    _bits("prior_bits", "log2 odds before any evidence."),
    _bits("rival_bits", "What rivals, other readings of the evidence and ceilings take away."),
    Column("conflicts", CODES, "What speaks against the link; codes of CONFLICTS, may be empty."),
    Column("rival_margin_bits", NUMBER,
           "How far the nearest rival for either witness is behind; negative: it is ahead.",
           null="no rival", unit="bits"),
    Column("evidence_summary", CODES, "What agrees and what differs; codes of EVIDENCE_CODES."),
    Column("explanation", TEXT, "Why, in a sentence: what each witness said, the bits of each "
           "part, what spoke against, the nearest rival."),
    Column("judgement", TEXT, "A reviewer's decision: no part of this version takes one in.",
           null="in every row", sensitivity=SPECIAL),
)  # fmt: skip

FAMILY_LINKS = TableContract(
    name="family_links",
    description="One row per offender and child who may be parent and child.",
    columns=FAMILY_LINK_COLUMNS,
    sort_by=("parent_id", "child_id"),
)
