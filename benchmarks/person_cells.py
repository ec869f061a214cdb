"""The stress grid for persons: which people, and what befell their records.

In: a folder of open sets. Out: the people of one cell. Made-up people (`made_up`) need no folder.
Nothing in the engine may be fitted to these cells: they show where a probability stops meaning what
it says, and another seed gives other cells.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.person_stress import (
    PLACES,
    People,
    Step,
    blanks,
    few_in_both,
    moved,
    read_people,
    slips,
    twins,
    without,
    work_emails,
)
from benchmarks.sets import find_sets


@dataclass(frozen=True)
class PersonCell:
    """One cell of the grid.

    Attributes:
        base: An open set, by name.
        steps: What befalls its records, in this order.
    """

    base: str
    steps: tuple[Step, ...] = ()


def cell(base: str, *steps: Step) -> PersonCell:
    """A cell in one line."""
    return PersonCell(base, steps)


PP, FEBRL4, HISTORICAL = "pp_census20_30", "febrl4", "historical_50k"
NAMES_AND_PLACE = without("date_of_birth", "address", "sex", "middle_names")
NO_BIRTH_DATE = without("date_of_birth")
NO_PLACE = without(*PLACES)
NAMES = ("given_name", "surname")

CELLS = {
    "pp_plain": cell(PP),
    "pp_noise20": cell(PP, slips(0.2)),
    "pp_noise40": cell(PP, slips(0.4)),
    "pp_noise60": cell(PP, slips(0.6)),
    "pp_names_noise60": cell(PP, slips(0.6, NAMES)),
    "pp_birth_date_noise30": cell(PP, slips(0.3, ("date_of_birth",))),
    "pp_blank10": cell(PP, blanks(0.1)),
    "pp_blank20": cell(PP, slips(0.1), blanks(0.2)),
    "pp_birth_date_blank50": cell(PP, blanks(0.5, ("date_of_birth",))),
    "pp_no_birth_date": cell(PP, NO_BIRTH_DATE),
    "pp_no_birth_date_noise20": cell(PP, NO_BIRTH_DATE, slips(0.2)),
    "pp_no_birth_date_noise40": cell(PP, without("date_of_birth", "address"), slips(0.4)),
    "pp_no_birth_date_moved30": cell(PP, NO_BIRTH_DATE, moved(0.3)),
    "pp_names_and_place_noise20": cell(PP, NAMES_AND_PLACE, slips(0.2)),
    "pp_names_and_place_noise40": cell(PP, NAMES_AND_PLACE, slips(0.4)),
    "pp_no_place": cell(PP, NO_PLACE, slips(0.2)),
    "pp_no_postcode": cell(PP, without("postcode"), slips(0.2)),
    "pp_no_names_but_surname": cell(PP, without("given_name", "middle_names"), slips(0.1)),
    "pp_moved10": cell(PP, moved(0.1)),
    "pp_moved20": cell(PP, moved(0.2)),
    "pp_moved50_noise20": cell(PP, moved(0.5), slips(0.2)),
    "pp_moved80": cell(PP, moved(0.8), slips(0.1)),
    "pp_moved80_place_noise60": cell(PP, moved(0.8), slips(0.6, PLACES)),
    "pp_twins10": cell(PP, twins(0.1)),
    "pp_twins20_noise20": cell(PP, twins(0.2), slips(0.2)),
    "pp_few_in_both": cell(PP, few_in_both(0.02)),
    "pp_nobody_in_both": cell(PP, few_in_both(0.0)),
    "pp_work_emails": cell(PP, work_emails(0.5)),
    "febrl4_plain": cell(FEBRL4),
    "febrl4_moved20": cell(FEBRL4, moved(0.2)),
    "febrl4_moved60_noise20": cell(FEBRL4, moved(0.6), slips(0.2)),
    "febrl4_names_and_place_noise40": cell(FEBRL4, without("date_of_birth", "address"), slips(0.4)),
    "febrl4_blank20": cell(FEBRL4, blanks(0.2)),
    "febrl4_few_in_both": cell(FEBRL4, few_in_both(0.02)),
    "febrl4_nobody_in_both": cell(FEBRL4, few_in_both(0.0)),
    "febrl3_noise20": cell("febrl3", slips(0.2)),
    "febrl3_no_birth_date": cell("febrl3", NO_BIRTH_DATE),
    "febrl3_moved40": cell("febrl3", moved(0.4)),
    "fake_plain": cell("fake_20000"),
    "fake_no_email_noise20": cell("fake_20000", without("email"), slips(0.2)),
    "rldata_plain": cell("rldata10000"),
    "rldata_noise30": cell("rldata10000", slips(0.3)),
    "rldata_noise50": cell("rldata10000", slips(0.5)),
    "historical_plain": cell(HISTORICAL),
    "historical_noise20": cell(HISTORICAL, slips(0.2)),
    "historical_no_birth_date": cell(HISTORICAL, NO_BIRTH_DATE),
    "historical_no_place": cell(HISTORICAL, NO_PLACE),
}


def people_of(name: str, folder: Path, seed: int) -> People:
    """The people of a cell; each cell draws for itself, so that it is the same in any selection.

    Raises:
        FileNotFoundError: The cell's open set is not in the folder.
    """
    wanted = CELLS[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    people = read_people(find_sets(folder, [wanted.base])[0])
    for step in wanted.steps:
        people = step(people, rng)
    return people
