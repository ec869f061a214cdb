"""The stress grid for persons: which people, and what befell their records.

In: a folder of open sets. Out: the people of one cell. Cells of made-up people (`made_…`) need no
folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.sets import find_sets
from benchmarks.stress.made_homes import BASES, rehoused
from benchmarks.stress.person_steps import (
    PLACES,
    People,
    Step,
    blanks,
    few_in_both,
    moved,
    phones,
    read_people,
    shared_mailboxes,
    slips,
    twins,
    without,
    work_emails,
)


@dataclass(frozen=True)
class PersonCell:
    """One cell of the grid.

    Attributes:
        base: An open set, or one of the made-up BASES, by name.
        steps: What befalls its records, in this order.
        is_clean: Whether names and birth dates agree to the letter, so that nearly all of the true
            pairs must be found wherever people live now.
    """

    base: str
    steps: tuple[Step, ...] = ()
    is_clean: bool = False


def cell(base: str, *steps: Step) -> PersonCell:
    """A cell in one line."""
    return PersonCell(base, steps)


def clean(base: str, *steps: Step) -> PersonCell:
    """A cell whose names and birth dates are without errors."""
    return PersonCell(base, steps, is_clean=True)


PP, FEBRL4, HISTORICAL = "pp_census20_30", "febrl4", "historical_50k"
ALONE, HOMES = "made_alone", "made_homes"
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
    "pp_shared_mailboxes": cell(PP, shared_mailboxes(0.5)),
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
    "made_alone_plain": clean(ALONE),
    "made_alone_moved10": clean(ALONE, rehoused(0.1)),
    "made_alone_moved20": clean(ALONE, rehoused(0.2)),
    "made_alone_moved30": clean(ALONE, rehoused(0.3)),
    "made_alone_moved40": clean(ALONE, rehoused(0.4)),
    "made_alone_moved60": clean(ALONE, rehoused(0.6)),
    "made_alone_moved80": clean(ALONE, rehoused(0.8)),
    "made_alone_moved20_noise20": cell(ALONE, rehoused(0.2), slips(0.2)),
    "made_alone_moved40_places_noise50": clean(ALONE, rehoused(0.4), slips(0.5, PLACES)),
    "made_homes_plain": clean(HOMES),
    "made_homes_moved10": clean(HOMES, rehoused(0.1)),
    "made_homes_moved20": clean(HOMES, rehoused(0.2)),
    "made_homes_moved40": clean(HOMES, rehoused(0.4)),
    "made_homes_moved40_together": clean(HOMES, rehoused(0.4, together=True)),
    "made_homes_moved60_noise20": cell(HOMES, rehoused(0.6), slips(0.2)),
    "made_homes_moved80": clean(HOMES, rehoused(0.8)),
    "made_homes_moved80_together_noise20": cell(HOMES, rehoused(0.8, together=True), slips(0.2)),
    "made_homes_moved30_places_noise50": clean(HOMES, rehoused(0.3), slips(0.5, PLACES)),
    "made_homes_moved30_blank20": cell(HOMES, rehoused(0.3), blanks(0.2)),
    "made_homes_no_birth_date": cell(HOMES, NO_BIRTH_DATE),
    "made_homes_no_birth_date_moved20": cell(HOMES, NO_BIRTH_DATE, rehoused(0.2), slips(0.1)),
    "made_homes_no_place_noise20": cell(HOMES, NO_PLACE, slips(0.2)),
    "made_homes_names_and_place": cell(HOMES, NAMES_AND_PLACE, slips(0.2)),
    "made_homes_twins10_moved20": cell(HOMES, twins(0.1), rehoused(0.2), slips(0.1)),
    "made_homes_few_in_both": cell(HOMES, rehoused(0.2), few_in_both(0.03)),
    "made_homes_nobody_in_both": cell(HOMES, rehoused(0.2), few_in_both(0.0)),
    "made_homes_shared_mailboxes": cell(
        HOMES, rehoused(0.2), shared_mailboxes(0.5, 0.5), slips(0.1)
    ),
    "made_homes_work_emails": cell(HOMES, rehoused(0.2), work_emails(0.5), slips(0.1)),
    "made_few_moved20": clean("made_few", rehoused(0.2)),
    "made_few_noise20": cell("made_few", slips(0.2), rehoused(0.1)),
    "made_few_no_birth_date": cell("made_few", NO_BIRTH_DATE, slips(0.1)),
    "made_single_plain": cell("made_single"),
    "made_single_work_emails": cell("made_single", work_emails(0.5), phones(0.7)),
    "made_single_work_emails_alone": cell("made_single", work_emails()),
    "made_single_shared_mailboxes": cell("made_single", shared_mailboxes(0.5, 0.6)),
    "made_single_homes": cell("made_single_homes"),
    "made_single_homes_noise20": cell("made_single_homes", slips(0.2)),
    "made_single_homes_work_emails": cell("made_single_homes", work_emails(0.5), phones(0.7)),
    "made_single_homes_mailboxes": cell("made_single_homes", shared_mailboxes(0.3, 0.6)),
    "made_single_homes_no_birth_date": cell("made_single_homes", NO_BIRTH_DATE),
}


def people_of(name: str, folder: Path, seed: int) -> People:
    """The people of a cell; each cell draws for itself, so that it is the same in any selection.

    Raises:
        FileNotFoundError: The cell's open set is not in the folder.
    """
    wanted = CELLS[name]
    rng = np.random.default_rng([seed, crc32(name.encode())])
    if wanted.base in BASES:
        people = BASES[wanted.base].people(rng)
    else:
        people = read_people(find_sets(folder, [wanted.base])[0])
    for step in wanted.steps:
        people = step(people, rng)
    return people
