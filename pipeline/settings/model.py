"""The base of every settings model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """Frozen; a key it does not know is an error, so that no slip passes for a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")
