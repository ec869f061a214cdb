"""Workloads: what every tool must do alike in the speed benchmark.

In: nothing. Out: named sets of blocking keys, and the comparisons that every tool makes with the
same agreement levels. It must not know any tool.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ladder:
    """One comparison: the levels of agreement, most agreeing first, then anything else.

    Attributes:
        levels: As a Kinlink specification writes them.
        household: What the column says of a household, for Kinlink's third class.
        has_term_frequency: Whether a rare value agreed on counts for more.
    """

    column: str
    levels: tuple[str, ...]
    household: str
    has_term_frequency: bool


NAME = ("exact", "jaro_winkler >= 0.92", "jaro_winkler >= 0.88", "jaro_winkler >= 0.7")
# Plain edits, as in Splink's comparison of birth dates: DuckDB takes seven times as long over edits
# with changed places.
TEXT = ("exact", "levenshtein <= 1", "levenshtein <= 2")
COMPARISONS = (
    Ladder("given_name", NAME, "own", has_term_frequency=True),
    Ladder("surname", NAME, "shared", has_term_frequency=True),
    Ladder("date_of_birth", TEXT, "own", has_term_frequency=False),
    Ladder("postcode", TEXT, "place", has_term_frequency=True),
    Ladder("sex", ("exact",), "unrelated", has_term_frequency=False),
)


@dataclass(frozen=True)
class Workload:
    """Blocking keys that make a known number of pairs.

    Attributes:
        name: As the command line has it.
        says: What it is, for the report.
        keys: Blocking keys as Kinlink writes them.
    """

    name: str
    says: str
    keys: tuple[str, ...]


LIGHT = (
    "surname + date_of_birth.year_month",
    "given_name + date_of_birth.year_month",
    "given_name + surname + date_of_birth.year",
    "postcode + given_name.initial",
    "postcode + surname.initial",
)
HEAVY = (*LIGHT, "date_of_birth", "surname + date_of_birth.year")
HEAVIER = (*HEAVY, "given_name + date_of_birth.year")
WIDE = ("surname", "date_of_birth", "postcode")
WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("light", "about 7 million pairs of a million records with a million", LIGHT),
        Workload("heavy", "about 50 million pairs of the same records", HEAVY),
        Workload("heavier", "about 100 million pairs of the same records", HEAVIER),
        Workload("wide", "whole columns, as toolkit scripts block: 100 pairs a record of 100,000",
                 WIDE),
    )
}  # fmt: skip
