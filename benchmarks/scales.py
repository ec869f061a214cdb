"""Scales of the speed benchmark: which workloads run, on how many records, with which tools.

In: the name of a scale. Out: `Trial`s in the order in which they run. It must not run anything.
"""

from __future__ import annotations

from dataclasses import dataclass

PAIRED = ("kinlink", "splink")
EVERY = ("kinlink", "splink", "recordlinkage")
ALONE = ("kinlink",)


@dataclass(frozen=True)
class Trial:
    """One thing measured, with every tool in turn, several times over.

    Attributes:
        part: Part of the report it belongs to: a to e in `PARTS`.
        records: Records of the table, or of each of two.
        workload: Key of `workloads.WORKLOADS`.
        tools: Who takes part.
        is_dedupe: One table with itself.
        is_trained: Predict with a model that the same tool trained before.
        repeats: Runs of each tool, in turn.
    """

    part: str
    records: int
    workload: str
    tools: tuple[str, ...]
    is_dedupe: bool = False
    is_trained: bool = False
    repeats: int = 3

    @property
    def name(self) -> str:
        """Unique, for folders."""
        what = "dedupe" if self.is_dedupe else "link"
        how = "predict" if self.is_trained else "train"
        return f"{self.part}-{what}-{self.records}-{self.workload}-{how}"


PARTS = {
    "a": "Train and predict, and predict alone, two tables",
    "b": "Many pairs of the same records",
    "c": "One table with itself",
    "d": "Growth",
    "e": "Beside recordlinkage",
}


MANY_RECORDS, FROM_SCALE = 11_500_000, 10_000_000
"""So many records of one table make 300 million candidate pairs: for the memory they take; and the
scale at which they are looked at."""


def trials(scale: str) -> list[Trial]:
    """The trials of a scale: `small` (a minute or two), `medium`, `full`, or `huge` (10M too)."""
    base = {"small": 10_000, "medium": 100_000, "full": 1_000_000, "huge": 1_000_000}[scale]
    toolkit = min(base, 100_000)
    found = [
        Trial("a", base, "light", PAIRED),
        Trial("a", base, "light", PAIRED, is_trained=True),
        Trial("b", base, "heavy", PAIRED),
        Trial("b", base, "heavier", PAIRED),
        Trial("c", base, "light", PAIRED, is_dedupe=True),
        Trial("e", toolkit, "light", EVERY),
        Trial("e", toolkit, "wide", EVERY),
    ]
    grown = [10_000, 100_000, 1_000_000, 5_000_000, 10_000_000]
    limit = {"small": 10_000, "medium": 100_000, "full": 5_000_000, "huge": 10_000_000}[scale]
    found += [Trial("d", n, "light", ALONE, repeats=1) for n in grown if n <= limit]
    if limit < FROM_SCALE:
        return found
    return [*found, Trial("d", MANY_RECORDS, "light", ALONE, is_dedupe=True, repeats=1)]


SCALES = ("small", "medium", "full", "huge")
