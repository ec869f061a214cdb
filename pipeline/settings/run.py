"""The configuration of a run: one file that joins every room's settings.

In: the file given as `--config`. Out: frozen `RunSettings`. A table left out of the file means
that room's defaults; a key that no room knows is an error. Relative paths start at the file's own
folder.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cronsim import CronSim, CronSimError
from pydantic import Field, ValidationError, field_validator

from pipeline.errors import SettingsError
from pipeline.settings.family import FamilySettings
from pipeline.settings.ingest import IngestSettings, explain
from pipeline.settings.model import SettingsModel
from pipeline.settings.people import PeopleSettings
from pipeline.settings.places import SHIPPED_CONFIG, PlacePath, starting_at
from pipeline.settings.publish import PublishSettings

DEMO_CONFIG = SHIPPED_CONFIG / "demo.toml"
DEFAULT_CONFIG = SHIPPED_CONFIG / "default.toml"
"""What `kinlink run --extracts …` goes by where no configuration file is given."""

CRON = r"^\S+( \S+){4}$"


class ScheduleSettings(SettingsModel):
    """When `kinlink serve` runs the flow."""

    name: str = Field(
        default="find-children",
        pattern=r"^[^/%&<>]{1,100}$",
        description="Name of the deployment in Prefect, without / % & < >.",
    )
    cron: str = Field(
        pattern=CRON,
        description="Five cron fields, in UTC, e.g. `0 3 * * 1` for Mondays at three at night.",
    )

    @field_validator("cron")
    @classmethod
    def _has_next_time(cls, cron: str) -> str:
        """A schedule that no time fits would be accepted, and never run."""
        try:
            next(CronSim(cron, datetime(2000, 1, 1)))
        except (CronSimError, StopIteration) as error:
            raise ValueError(f"no cron schedule: {error or 'no time fits it'}") from None
        return cron


class RunSettings(SettingsModel):
    """Everything that one run of the flow needs to be told."""

    out: PlacePath = Field(
        default=Path("output"), description="Folder that holds `runs/` and `current`; `--out`."
    )
    as_of: date | None = Field(
        default=None,
        description="Date that ages and custody are counted at; today unless given. `--as-of`.",
    )
    schedule: ScheduleSettings | None = Field(
        default=None, description="When `kinlink serve` runs the flow."
    )
    ingest: IngestSettings = Field(
        default=IngestSettings.model_validate({}),
        description="Where extracts are, how suppliers write them, what is removed.",
    )
    people: PeopleSettings = Field(
        default=PeopleSettings.model_validate({}), description="How one person's records are found."
    )
    family: FamilySettings = Field(
        default=FamilySettings.model_validate({}), description="How parents and children are found."
    )
    publish: PublishSettings = Field(
        default=PublishSettings.model_validate({}), description="What is shown, and to whom."
    )


def load_settings(path: Path, extracts: Path | None = None) -> RunSettings:
    """The settings of a configuration file.

    Args:
        path: TOML file.
        extracts: folder of extracts that stands in for the file's own sources.

    Raises:
        SettingsError: the file is absent, is not TOML, or has a key or value that is not allowed.
    """
    values = _toml(path)
    if extracts is not None:
        values.setdefault("ingest", {})["folder"] = str(extracts.absolute())
    try:
        return RunSettings.model_validate(values, context=starting_at(path.absolute().parent))
    except ValidationError as error:
        raise SettingsError(f"'{path}': {explain(error)}") from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"'{path}' cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"'{path}' is not valid TOML: {error}") from None
