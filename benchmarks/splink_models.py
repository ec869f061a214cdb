"""Splink's settings for the benchmarks, following its own demonstration notebooks.

In: the columns of a data set, or a workload. Out: settings, and how to train them. Splink is
imported inside functions: the rest of the benchmarks run without it.

Source: Splink documentation, examples for DuckDB: historical persons ("deduplicate 50k"), febrl3,
febrl4, and accuracy analysis on made-up people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.keys import parts, usable
from benchmarks.workloads import COMPARISONS, Ladder, Workload

SMALL = 25_000
"""Up to this many records the notebooks block on whole columns, above it on combinations."""

WIDE_KEYS = ("given_name", "surname", "date_of_birth", "postcode", "email")
NARROW_KEYS = (
    "given_name.first3 + surname.first4",
    "surname + date_of_birth",
    "given_name + date_of_birth",
    "postcode + given_name",
    "postcode + surname",
    "date_of_birth + town",
    "postcode.first3 + date_of_birth",
    "postcode.first3 + given_name",
    "postcode.first3 + surname",
    "given_name.first2 + surname.first2 + date_of_birth.year",
    "email",
)
SURE_RULES = (
    "given_name + surname + date_of_birth",
    "given_name + surname where levenshtein(l.date_of_birth, r.date_of_birth) <= 1",
    "given_name + date_of_birth where levenshtein(l.surname, r.surname) <= 2",
    "surname + date_of_birth where levenshtein(l.given_name, r.given_name) <= 2",
    "email",
)
"""Rules whose pairs are nearly all true: they tell how many matches there are."""
SURE_RULES_OTHERWISE = (
    "given_name + surname + postcode",
    "given_name + surname + town",
    "surname + date_of_birth + postcode",
)
"""Rules for tables that have the columns for none of those."""
SURE_RECALL = 0.6
"""Share of the true pairs that those rules find, as the notebooks guess it (.6 to .9)."""
WITH_ADDRESS = ("febrl3", "febrl4")
"""Sets, and cells of the stress grid named after them, where comparing the address beside the
postcode helped Splink; elsewhere it was harmful, as the notebooks warn: the two go together, and a
household shares both."""
TRAINING_KEYS = ("given_name + surname", "date_of_birth", "email")
TRAINING_KEYS_OTHERWISE = ("given_name + postcode", "surname + postcode")
"""Further keys without birth dates, or names would never be trained: of the keys tried on the
stress grid those with which Splink scored best. The postcode alone pairs too many households."""


@dataclass(frozen=True)
class SplinkModel:
    """What a run of Splink needs.

    Attributes:
        comparisons: Splink's comparison creators.
        blocking: Keys that make candidate pairs.
        sure: Keys whose pairs are nearly all true, with the share of true pairs they find.
        sure_recall: That share.
        training: One key for each session of expectation maximisation.
        random_pairs: Pairs sampled to estimate u.
        training_pairs: Most pairs of a training session; None for all.
    """

    comparisons: list[Any]
    blocking: tuple[str, ...]
    sure: tuple[str, ...]
    sure_recall: float
    training: tuple[str, ...]
    random_pairs: float
    training_pairs: float | None = None


def model_for_set(name: str, columns: Sequence[str], n_records: int) -> SplinkModel:
    """The model that Splink's notebooks would give a set of persons with these columns.

    Where the notebooks differ, the choice that scored better with Splink over the open sets.
    """
    compared = set(columns)
    if "postcode" in compared and not name.startswith(WITH_ADDRESS):
        compared -= {"address"}
    return SplinkModel(
        comparisons=_comparisons(compared),
        blocking=blocking_keys(columns, n_records),
        sure=usable(SURE_RULES, columns) or usable(SURE_RULES_OTHERWISE, columns),
        sure_recall=SURE_RECALL,
        training=training_keys(columns),
        random_pairs=1e7,
    )


def training_keys(columns: Sequence[str]) -> tuple[str, ...]:
    """One key for each session, so that every comparison is trained in some session."""
    keys = usable(TRAINING_KEYS, columns)
    if "date_of_birth" in columns:
        return keys
    return keys + usable(TRAINING_KEYS_OTHERWISE, columns)


def blocking_keys(columns: Sequence[str], n_records: int) -> tuple[str, ...]:
    """The keys that suit a table of this size, as far as its columns allow."""
    return usable(WIDE_KEYS if n_records <= SMALL else NARROW_KEYS, columns)


def _comparisons(columns: set[str]) -> list[Any]:
    """A comparison for each of the columns there are, from Splink's own library."""
    import splink.comparison_library as cl

    creators: dict[str, Callable[[str], Any]] = {
        "given_name": cl.NameComparison,
        "surname": cl.NameComparison,
        "middle_names": cl.NameComparison,
        "date_of_birth": lambda c: cl.DateOfBirthComparison(c, input_is_string=True),
        "sex": cl.ExactMatch,
        "address": lambda c: cl.JaroWinklerAtThresholds(c, [0.95, 0.88]),
        "postcode": cl.PostcodeComparison,
        "town": lambda c: cl.ExactMatch(c).configure(term_frequency_adjustments=True),
        "phone": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1]),
        "email": cl.EmailComparison,
    }
    return [create(column) for column, create in creators.items() if column in columns]


def model_for_workload(workload: Workload) -> SplinkModel:
    """The rules of a workload and the comparisons that every tool makes there."""
    return SplinkModel(
        comparisons=[_ladder(ladder) for ladder in COMPARISONS],
        blocking=workload.keys,
        sure=("given_name + surname + date_of_birth", "date_of_birth + postcode + sex"),
        sure_recall=0.8,
        training=("given_name + surname", "date_of_birth + postcode.first4"),
        random_pairs=1e6,
        training_pairs=1e6,
    )


def _ladder(ladder: Ladder) -> Any:
    """A workload's comparison with the same levels in Splink's words."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl

    column = ladder.column
    exact = cll.ExactMatchLevel(column, term_frequency_adjustments=ladder.has_term_frequency)
    levels: list[Any] = [cll.NullLevel(column), exact]
    for level in ladder.levels[1:]:
        measure, _, bound = level.split()
        if measure == "jaro_winkler":
            levels.append(cll.JaroWinklerLevel(column, float(bound)))
        else:
            levels.append(cll.LevenshteinLevel(column, int(bound)))
    return cl.CustomComparison([*levels, cll.ElseLevel()], output_column_name=column)


def blocking_rule(rule: str) -> Any:
    """A key, with a further condition after `where` if wanted, as Splink's blocking rule."""
    from splink import block_on

    key, _, condition = rule.partition(" where ")
    if not condition:
        return block_on(*(part.sql for part in parts(key)))
    equal = [f"l.{part.sql} = r.{part.sql}" for part in parts(key)]
    return " and ".join([*equal, condition])
