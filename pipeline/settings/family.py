"""Settings of the family stage: bands, ceilings, limits, and what is believed before any data.

In: values from config. Out: frozen `FamilySettings`. Beliefs are Dirichlet and Beta priors: they
decide where an input has few families, and are overruled where it has many.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.settings.model import SettingsModel

Share = Annotated[float, Field(ge=0, le=1)]
Shares = tuple[Share, ...]


class ClassBelief(SettingsModel):
    """What is believed of one kind of tie (parent, or relative who is not a parent) beforehand."""

    nominated: Share = Field(
        description="Share whom the offender names, among those who name any child. Higher makes a "
        "declared family that lacks this child speak more strongly against it."
    )
    declares: Share = Field(description="Share of these offenders who name any child at all.")
    listed: Share = Field(description="Share recorded with the child.")
    unlisted: Shares = Field(
        min_length=3, max_length=3,
        description="Of those who are not recorded with the child, shares whose child has no "
        "recorded parent, one of their own sex, only one of the other sex.",
    )  # fmt: skip
    declared_as: Shares = Field(
        min_length=3,
        max_length=3,
        description="How offenders call such a child where words are meant: own child, step-child, "
        "another's. Words can move a link by no more than this.",
    )
    recorded_as: Shares = Field(
        min_length=3,
        max_length=3,
        description="How authorities call them where words are meant: parent, step-parent, "
        "another relative or carer. Words can move a link by no more than this.",
    )
    beside: Shares = Field(
        min_length=2, max_length=2,
        description="Of those recorded, shares without and with another possible parent of their "
        "own sex beside them.",
    )  # fmt: skip
    kin: Share = Field(
        description="Share of whom another contact of the offender (partner, mother) is recorded "
        "with the child, where the one names other contacts and the other has recorded adults."
    )
    kin_as: Shares = Field(
        min_length=4, max_length=4,
        description="What such a contact is to the offender: partner, parent, sibling, other.",
    )  # fmt: skip
    place_listed: Shares = Field(
        min_length=5,
        max_length=5,
        description="Homes of those recorded with the child: elsewhere, same area, postcode, "
        "address, both.",
    )
    place_unlisted: Shares = Field(
        min_length=5, max_length=5, description="The same, of those not recorded with the child."
    )
    surname: Shares = Field(
        min_length=2,
        max_length=2,
        description="Share whose surname differs from the child's, and whose agrees.",
    )
    named_after: Shares = Field(
        min_length=2, max_length=2,
        description="Where surnames differ and a parent of the other sex is recorded, shares of "
        "children who do not, and who do, have that parent's surname.",
    )  # fmt: skip
    age_gap: Shares = Field(
        min_length=12, max_length=12,
        description="Shares of age gaps in years: under 12, 12-15, 16-19, 20-23, 24-27, 28-31, "
        "32-35, 36-39, 40-44, 45-49, 50-59, 60 and over.",
    )  # fmt: skip


PARENT = ClassBelief(
    nominated=0.8,
    declares=0.7,
    listed=0.7,
    unlisted=(0.30, 0.25, 0.45),
    declared_as=(0.991, 0.001, 0.008),
    recorded_as=(0.978, 0.002, 0.02),
    beside=(0.95, 0.05),
    kin=0.3,
    kin_as=(0.65, 0.20, 0.05, 0.10),
    place_listed=(0.30, 0.10, 0.10, 0.05, 0.45),
    place_unlisted=(0.45, 0.12, 0.08, 0.05, 0.30),
    surname=(0.30, 0.70),
    named_after=(0.15, 0.85),
    age_gap=(0.002, 0.01, 0.09, 0.19, 0.23, 0.20, 0.14, 0.08, 0.04, 0.012, 0.004, 0.002),
)

STEP_PARENT = ClassBelief(
    nominated=0.2,
    declares=0.5,
    listed=0.4,
    unlisted=(0.20, 0.50, 0.30),
    declared_as=(0.20, 0.70, 0.10),
    recorded_as=(0.12, 0.72, 0.16),
    beside=(0.50, 0.50),
    kin=0.3,
    kin_as=(0.75, 0.10, 0.05, 0.10),
    place_listed=(0.20, 0.10, 0.10, 0.05, 0.55),
    place_unlisted=(0.35, 0.10, 0.10, 0.05, 0.40),
    surname=(0.65, 0.35),
    named_after=(0.50, 0.50),
    age_gap=(0.01, 0.03, 0.11, 0.18, 0.19, 0.17, 0.13, 0.09, 0.05, 0.02, 0.015, 0.005),
)

RELATIVE = ClassBelief(
    nominated=0.1,
    declares=0.4,
    listed=0.4,
    unlisted=(0.20, 0.50, 0.30),
    declared_as=(0.07, 0.04, 0.89),
    recorded_as=(0.03, 0.03, 0.94),
    beside=(0.50, 0.50),
    kin=0.3,
    kin_as=(0.40, 0.30, 0.20, 0.10),
    place_listed=(0.30, 0.10, 0.10, 0.05, 0.45),
    place_unlisted=(0.45, 0.10, 0.10, 0.05, 0.30),
    surname=(0.45, 0.55),
    named_after=(0.40, 0.60),
    age_gap=(0.20, 0.12, 0.07, 0.04, 0.03, 0.03, 0.04, 0.05, 0.09, 0.11, 0.16, 0.06),
)


class FamilySettings(SettingsModel):
    """How families are found, and how sure a link must be for each band."""

    match_probability: Share = Field(
        default=0.95, description="Lowest probability of band `match`. Raise for fewer false links."
    )
    potential_probability: Share = Field(
        default=0.5, description="Lowest probability of band `potential` where a witness speaks."
    )
    lead_probability: Share = Field(
        default=0.2, description="Lowest probability of band `potential` where none does."
    )
    report_probability: Share = Field(
        default=0.01, description="Links less probable than this are not written at all."
    )
    witness_share: Share = Field(
        default=0.5,
        description="Share of a link's probability that must rest on a witness's word for `match`.",
    )
    sibling_share: float = Field(
        default=0.5, gt=0, lt=1,
        description="Share of a linked child's recorded siblings who are the offender's too. Used "
        "only where a witness speaks of the sibling.",
    )  # fmt: skip
    lead_ceiling: Share = Field(
        default=0.85,
        description="Highest probability that shared home, surname and age alone can give: no data "
        "tell how many relatives live with children and are named by nobody.",
    )
    negative_floor: Share = Field(
        default=0.05,
        description="Silence of a witness never counts by a smaller factor than this: lists are "
        "never complete, and step-parents are recorded as parents.",
    )
    candidate_bits: float = Field(
        default=4.0, ge=-20, le=60,
        description="A witness's person-level evidence brings a family into view from this many "
        "bits on. Lower finds weaker families and costs time.",
    )  # fmt: skip
    max_pairs_at_a_place: int = Field(
        default=400, ge=1, le=1_000_000,
        description="Offenders times children at one address or postcode beyond which it is no "
        "household: such a place brings nobody into view.",
    )  # fmt: skip
    min_age_gap_years: float = Field(
        default=12.0, ge=0, le=30, description="A smaller gap cannot be parent and child."
    )
    max_age_gap_years_women: float = Field(
        default=57.0, ge=30, le=90, description="A mother cannot be older by more."
    )
    max_age_gap_years_men: float = Field(
        default=75.0, ge=30, le=100, description="A father is taken not to be older by more."
    )
    adult_age_years: int = Field(
        default=18, ge=16, le=26, description="From this age on a child is flagged as an adult."
    )
    rival_margin_bits: float = Field(
        default=3.0,
        ge=0,
        le=40,
        description="A rival nearer than this is a conflict and lowers the band.",
    )
    parent: ClassBelief = Field(default=PARENT, description="Beliefs about parents.")
    step_parent: ClassBelief = Field(
        default=STEP_PARENT, description="Beliefs about step-parents and parents' partners."
    )
    relative: ClassBelief = Field(
        default=RELATIVE, description="Beliefs about other relatives and carers."
    )
    belief_pairs: float = Field(
        default=10.0,
        gt=0,
        le=10_000,
        description="Pairs' worth of weight that each belief has against the data.",
    )
    pooling_pairs: float = Field(
        default=20.0, gt=0, le=10_000,
        description="Pairs' worth of weight with which a source's or an authority's own rate is "
        "pulled to the rate of all.",
    )  # fmt: skip
    prior_pairs: float = Field(
        default=10_000.0,
        gt=0,
        description="A tiny input is read as part of one with this many more unrelated pairs.",
    )
    max_iterations: int = Field(default=300, ge=1, le=100_000, description="EM stops here.")
    tolerance: float = Field(
        default=1e-4, gt=0, le=0.1, description="Largest move of any rate that counts as converged."
    )

    @model_validator(mode="after")
    def _bands_in_order(self) -> FamilySettings:
        """Refuse bands that overlap."""
        if not self.lead_probability <= self.potential_probability <= self.match_probability:
            raise ValueError(
                "lead_probability, potential_probability and match_probability must not decrease"
            )
        return self
