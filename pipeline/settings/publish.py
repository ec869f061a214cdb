"""What publication may show, to whom, and how its measures are defined."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from pipeline.settings.model import SettingsModel
from pipeline.settings.places import SHIPPED_CONFIG, PlacePath

SHIPPED_REFERENCE = SHIPPED_CONFIG / "reference"


class PublishSettings(SettingsModel):
    """Settings of the published datasets and lists."""

    declared_child_probability: float = Field(
        0.95, ge=0.5, le=1,
        description="Probability from which a declared child takes the id of the child it is taken "
        "to be. Lower joins more and wrongly.",
    )  # fmt: skip
    child_age_limit_years: int = Field(
        18, ge=16, le=26,
        description="A person of this age or older is no child: left out of `children` and lists.",
    )  # fmt: skip
    child_age_starts_years: tuple[int, ...] = Field(
        (0, 1, 5, 10, 16, 18),
        description="First year of each age band of children (DfE's bands for children looked "
        "after). Narrower bands single children out.",
    )  # fmt: skip
    parent_age_starts_years: tuple[int, ...] = Field(
        (0, 18, 21, 25, 30, 40, 50, 60),
        description="First year of each age band of parents (HMPPS offender bands).",
    )  # fmt: skip
    distance_starts_miles: tuple[int, ...] = Field(
        (0, 25, 50, 100), min_length=4, max_length=4,
        description="First mile of each of the four distance bands.",
    )  # fmt: skip
    contact_lost_custody_days: int = Field(
        90, ge=1, le=3650,
        description="Contact can be lost only after this many days of custody.",
    )  # fmt: skip
    contact_lost_window_days: int = Field(
        180, ge=1, le=3650,
        description="Contact is lost when no family visit was attended in this many days.",
    )  # fmt: skip
    contact_restriction_alerts: tuple[str, ...] = Field(
        ("C1", "C2", "C3", "C4"),
        description="Active prison alerts that set a list's contact flag: child communication "
        "measures.",
    )  # fmt: skip
    contact_restriction_registrations: tuple[str, ...] = Field(
        ("RCHD",),
        description="Open probation registrations that set a list's contact flag: risk to "
        "children.",
    )
    establishment_detail: Literal["name", "region", "none"] = Field(
        "region",
        description="What a list says of the parent's prison; `name` only where a sharing "
        "agreement covers it.",
    )  # fmt: skip
    limited_access: Literal["withhold", "flag"] = Field(
        "withhold",
        description="A parent whose record is restricted is left off lists, or shown with a flag.",
    )  # fmt: skip
    purpose: str = Field(
        "safeguarding and promoting the welfare of the child", min_length=3, max_length=200,
        description="Written on every row of a list: why it is shared.",
    )  # fmt: skip
    legal_gateway: str = Field(
        "OMA2007-s14", min_length=3, max_length=200,
        description="Written on every row of a list: the law under which it is shared. Settle it "
        "with your data protection officer.",
    )  # fmt: skip
    pseudonym_key_variable: str = Field(
        "KINLINK_PSEUDONYM_KEY", min_length=1, max_length=100,
        description="Environment variable that holds the secret behind pseudonyms; read first.",
    )  # fmt: skip
    pseudonym_key_file: PlacePath | None = Field(
        None,
        description="File that holds the secret, for its owner alone (mode 0600); read second.",
    )  # fmt: skip
    allow_made_up_key: bool = Field(
        False,
        description="Use the key printed in the source code when no other is given. For made-up "
        "people only: with it, anyone can undo the pseudonyms.",
    )  # fmt: skip
    make_pseudonym_key: bool = Field(
        False,
        description="Where no other key is given, make one at random and keep it in the out folder "
        "(`pseudonym.key`, mode 0600), for every run there. Analysts' keys are those of other out "
        "folders only where that file is copied.",
    )
    reference_folder: PlacePath | None = Field(
        None,
        description="Folder with prisons.csv and local_authorities.csv; the copies that come with "
        "Kinlink unless given.",
    )  # fmt: skip

    @property
    def reference_path(self) -> Path:
        """The folder of reference tables that holds."""
        return self.reference_folder or SHIPPED_REFERENCE

    @model_validator(mode="after")
    def starts_rise_from_zero(self) -> PublishSettings:
        """Bands that skip or overlap would lose or double people."""
        for name in ("child_age_starts_years", "parent_age_starts_years", "distance_starts_miles"):
            starts = getattr(self, name)
            if starts[0] != 0 or list(starts) != sorted(set(starts)):
                raise ValueError(f"{name} must start at 0 and rise")
        return self
