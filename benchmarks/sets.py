"""Open data sets: folders with tables and their true pairs.

In: a folder. Out: `OpenSet`s. It must not know any tool.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OpenSet:
    """One data set with known truth.

    Attributes:
        name: The folder's name.
        left: `records.parquet`, or `left.parquet` of two.
        right: `right.parquet`; None where the set is one table.
        truth: `truth_pairs.parquet`: record_id_l, record_id_r.
    """

    name: str
    left: Path
    right: Path | None
    truth: Path


def find_sets(folder: Path, names: list[str] | None = None) -> list[OpenSet]:
    """Every data set at or under the folder, by name.

    Args:
        folder: One set, or a folder of sets at any depth.
        names: Only these.

    Raises:
        FileNotFoundError: There is none, or one that was named is missing.
    """
    truths = sorted(folder.rglob("truth_pairs.parquet"))
    found = {truth.parent.name: _open_set(truth) for truth in truths}
    missing = sorted(set(names or ()) - set(found))
    if missing or not found:
        raise FileNotFoundError(
            f"no set {', '.join(missing)} with truth_pairs.parquet under {folder}; "
            f"there are: {', '.join(found) or 'none'}"
        )
    return [item for name, item in found.items() if not names or name in names]


def _open_set(truth: Path) -> OpenSet:
    folder = truth.parent
    if (folder / "records.parquet").exists():
        return OpenSet(folder.name, folder / "records.parquet", None, truth)
    return OpenSet(folder.name, folder / "left.parquet", folder / "right.parquet", truth)
