"""The base of every settings model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """Frozen, and forbids any key it does not know, so that no typing error passes for a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")
