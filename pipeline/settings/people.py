"""Settings of resolving people: how sure a join must be, and what keeps records apart.

In: values from config. Out: frozen `PeopleSettings`. What is compared, and which records are
brought together at all, stands in `config/models/*.toml`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.settings.model import SettingsModel
from pipeline.settings.places import PlacePath

Probability = Annotated[float, Field(gt=0, lt=1)]


class Thresholds(SettingsModel):
    """When two records are joined, kept together, or sent to review."""

    join_probability: Probability = Field(
        default=0.95,
        description="Two records at least this probable are joined, unless a guard forbids it. "
        "Raise for fewer false joins.",
    )
    fracture_probability: Probability = Field(
        default=0.5,
        description="No two records of one person may be less probable than this: the weakest "
        "links are cut until none is. Between the two a pair goes to review and is not joined.",
    )

    @model_validator(mode="after")
    def _gap_is_open(self) -> Thresholds:
        """Refuse thresholds without a gap."""
        if self.fracture_probability >= self.join_probability:
            raise ValueError("fracture_probability must be less than join_probability")
        return self


class PeopleSettings(SettingsModel):
    """How the records of one person are found."""

    offender: Thresholds = Field(
        default=Thresholds(), description="Offenders, across prison and probation."
    )
    child: Thresholds = Field(
        default=Thresholds(), description="Children, within and across authorities."
    )
    related_adult: Thresholds = Field(
        default=Thresholds(), description="Adults recorded with children, in all authorities."
    )
    declared_child: Thresholds = Field(
        default=Thresholds(join_probability=0.9, fracture_probability=0.3),
        description="Children whom one offender declared in several tables. Lower than the others: "
        "only one family's children stand against one another, and a child missed twice over "
        "counts against its own family later.",
    )
    report_probability: Probability = Field(
        default=0.01, description="Pairs less probable than this are not written at all."
    )
    namesake_years: int = Field(
        default=12, ge=8, le=40,
        description="People of one name born more than this many years apart are parent and child, "
        "not one person, unless an official number says otherwise.",
    )  # fmt: skip
    adult_age_years: int = Field(
        default=18, ge=16, le=26,
        description="A visitor without a contact record who is younger counts as a declared child.",
    )  # fmt: skip
    models_folder: PlacePath | None = Field(
        default=None,
        description="Folder of trained models, `<kind>.json`, as `kinlink train` writes them. Each "
        "run trains itself on its own extracts unless given.",
    )
    threads: int = Field(
        default=2, ge=1, le=256,
        description="Threads of the compiled kernels; changes speed, never the result.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _review_is_written(self) -> PeopleSettings:
        """Refuse to drop pairs that a human should see."""
        kinds = (self.offender, self.child, self.related_adult, self.declared_child)
        if self.report_probability > min(kind.fracture_probability for kind in kinds):
            raise ValueError("report_probability must not exceed any fracture_probability")
        return self
