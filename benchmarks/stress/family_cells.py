"""The stress grid for families: what befell the extracts of a family set.

In: a family set with `extracts/` and `truth/`. Out: a copy of it, changed as one cell asks.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.stress.family_steps import (
    ADULTS,
    ASSESSED,
    AUTHORITY,
    CHILDREN,
    CONTACTS,
    NOMINATIONS,
    OFFENDER_ADDRESSES,
    OFFENDERS,
    PERSONAL_CONTACTS,
    RELATIONSHIPS,
    VISITORS,
    FamilyFiles,
    Step,
    called,
    empty,
    fewer_offenders,
    listed_alone,
    moved_house,
    slips,
    split_authority,
    strangers_alone,
    without,
    year_of_birth_alone,
)

MATCH_PRECISION = 0.985


@dataclass(frozen=True)
class FamilyCell:
    """One cell of the grid.

    Attributes:
        steps: What befalls the extracts, in this order.
        least_f1: F1 at .95 that is asked of it on the open set; 0 where none is.
        least_precision: Precision of band `match` that is asked of it.
    """

    steps: tuple[Step, ...]
    least_f1: float = 0.0
    least_precision: float = MATCH_PRECISION


def cell(*steps: Step, f1: float = 0.0, precision: float = MATCH_PRECISION) -> FamilyCell:
    """A cell in one line."""
    return FamilyCell(steps, f1, precision)


NO_ADDRESSES = empty(f"{AUTHORITY}/addresses", *OFFENDER_ADDRESSES)
NO_LISTING, NO_NOMINATION = empty(RELATIONSHIPS), empty(*NOMINATIONS)
PARENTS_ALONE = listed_alone("Parent")
HOUSEHOLD_MEMBERS, UNKNOWN = called("Household member"), called("Unknown")


def by_name_alone(share: float = 1.0) -> tuple[Step, ...]:
    """This share of the declared children is declared by name alone."""
    return (
        without(CONTACTS, "date_of_birth", "postcode", share=share),
        without(ASSESSED, "date_of_birth", "age_years", "postcode", share=share),
        without(PERSONAL_CONTACTS, "postcode", share=share),
        without(VISITORS, "date_of_birth", share=share),
    )


CELLS = {
    "plain": cell(f1=0.984),
    "adults_called_household_member": cell(HOUSEHOLD_MEMBERS, f1=0.95),
    "adults_called_unknown": cell(UNKNOWN, f1=0.95),
    "adults_called_parent": cell(called("Parent"), precision=0.96),
    "adults_called_nothing": cell(called(None), f1=0.95),
    "adults_called_by_a_strange_word": cell(called("Significant adult 2"), f1=0.95),
    "half_of_adults_unknown": cell(called("Unknown", 0.5), f1=0.965),
    "half_of_adults_household_member": cell(called("Household member", 0.5)),
    "half_of_adults_parent": cell(called("Parent", 0.5)),
    "parents_alone_listed": cell(PARENTS_ALONE),
    "parents_alone_called_unknown": cell(PARENTS_ALONE, UNKNOWN),
    "adults_without_birth_date": cell(without(ADULTS, "date_of_birth")),
    "adults_without_sex": cell(without(ADULTS, "sex")),
    "adults_year_of_birth_alone": cell(year_of_birth_alone(ADULTS)),
    "adults_unknown_without_birth_date": cell(UNKNOWN, without(ADULTS, "date_of_birth")),
    "adults_names_noise30": cell(slips(ADULTS, 0.3)),
    "declared_by_name_alone": cell(*by_name_alone(), f1=0.90),
    "half_declared_by_name_alone": cell(*by_name_alone(0.5)),
    "declared_by_name_alone_moved_house": cell(*by_name_alone(), moved_house()),
    "declared_by_name_alone_no_listing": cell(*by_name_alone(), NO_LISTING),
    "declared_names_noise30": cell(slips(CONTACTS, 0.3), slips(ASSESSED, 0.3)),
    "children_names_noise30": cell(slips(CHILDREN, 0.3)),
    "children_without_birth_date20": cell(without(CHILDREN, "date_of_birth", share=0.2)),
    "offenders_names_noise30": cell(*(slips(table, 0.3) for table in OFFENDERS)),
    "all_names_noise40": cell(*(slips(t, 0.4) for t in (CHILDREN, ADULTS, CONTACTS, *OFFENDERS))),
    "all_names_noise40_unknown": cell(
        UNKNOWN, *(slips(t, 0.4) for t in (CHILDREN, ADULTS, CONTACTS, *OFFENDERS))
    ),
    "no_addresses": cell(NO_ADDRESSES, f1=0.975),
    "no_addresses_unknown": cell(NO_ADDRESSES, UNKNOWN),
    "moved_house": cell(moved_house(), f1=0.975),
    "half_moved_house": cell(moved_house(0.5), f1=0.975),
    "moved_house_household_member": cell(moved_house(), HOUSEHOLD_MEMBERS),
    "no_listing": cell(NO_LISTING),
    "no_listing_moved_house": cell(NO_LISTING, moved_house()),
    "no_listing_declared_names_noise20": cell(
        NO_LISTING, slips(CONTACTS, 0.2), slips(ASSESSED, 0.2)
    ),
    "no_nomination": cell(NO_NOMINATION, f1=0.93),
    "no_nomination_unknown": cell(NO_NOMINATION, UNKNOWN),
    "no_nomination_moved_house": cell(NO_NOMINATION, moved_house()),
    "no_prison_contacts": cell(empty(CONTACTS, VISITORS)),
    "half_of_contacts_without_surname": cell(without(CONTACTS, "last_name", share=0.5)),
    "few_offenders": cell(fewer_offenders(0.1)),
    "a_handful_of_offenders": cell(fewer_offenders(0.02)),
    "a_handful_by_name_alone": cell(fewer_offenders(0.05), *by_name_alone()),
    "few_offenders_unknown": cell(fewer_offenders(0.1), UNKNOWN),
    "two_authorities": cell(split_authority(0.3, "331")),
    "one_authority_of_two_household_member": cell(
        split_authority(0.3, "331"), called("Household member", where="childrens_services/331")
    ),
    "one_authority_of_two_no_listing": cell(
        split_authority(0.3, "331"), empty("childrens_services/331/relationships")
    ),
    "small_authority_unknown": cell(
        split_authority(0.05, "331"), called("Unknown", where="childrens_services/331")
    ),
    "strangers_alone": cell(strangers_alone()),
    "strangers_alone_household_member": cell(strangers_alone(), HOUSEHOLD_MEMBERS),
    "poor_light": cell(UNKNOWN, *by_name_alone(), moved_house()),
}


def family_files(name: str, source: Path, target: Path, seed: int) -> FamilyFiles:
    """A cell's extracts and truth, written to a folder of their own."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    files = FamilyFiles(target)
    rng = np.random.default_rng([seed, crc32(name.encode())])
    for step in CELLS[name].steps:
        step(files, rng)
    return files
