"""Files and folders that a configuration names, each starting at the configuration's own folder.

In: paths as they stand in a file. Out: the same paths, whole. A URL, and a path that is whole
already, stay as they are; so does everything where no file is read (settings made in code).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

SHIPPED_CONFIG = Path(__file__).parents[1] / "config"
"""What comes with Kinlink: a link to the `config/` that people edit, or in a wheel its copy."""

SHIPPED_MAPPINGS = SHIPPED_CONFIG / "sources"
FOLDER = "folder"


def starting_at(folder: Path) -> dict[str, Path]:
    """The context of a validation whose relative paths start at this folder."""
    return {FOLDER: folder.resolve()}


def _whole(path: str, info: ValidationInfo) -> str:
    folder: Path | None = (info.context or {}).get(FOLDER)
    if folder is None or "://" in path:
        return path
    # Not resolved: ingest refuses a link that leads elsewhere, and so must see it.
    return os.path.normpath(folder / path)


def _whole_path(path: Path, info: ValidationInfo) -> Path:
    return Path(_whole(str(path), info))


def _whole_mapping(mapping: str, info: ValidationInfo) -> str:
    return mapping if shipped_mapping(mapping).exists() else _whole(mapping, info)


def shipped_mapping(name: str) -> Path:
    """The mapping file of that name that comes with Kinlink; it may not exist."""
    return SHIPPED_MAPPINGS / f"{name}.toml"


Place = Annotated[str, AfterValidator(_whole)]
"""File, folder or fsspec URL."""

PlacePath = Annotated[Path, AfterValidator(_whole_path)]
"""Local file or folder."""

MappingPlace = Annotated[str, AfterValidator(_whole_mapping)]
"""Name of a mapping file that comes with Kinlink, or a file."""
