"""Finding families: which offender is the parent of which child, how surely, and why.

In: mentions, addresses, relationships and resolved people. Out: `find_families` and the values it
takes and gives. Imported on first use: the engine's compiled kernels are slow to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.family.find import find_families
    from pipeline.family.tables import FAMILY_COLUMNS, Families, FamilyInputs

_HOMES = {
    "find_families": "find", "FAMILY_COLUMNS": "tables", "Families": "tables",
    "FamilyInputs": "tables",
}  # fmt: skip

__all__ = ["FAMILY_COLUMNS", "Families", "FamilyInputs", "find_families"]


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
