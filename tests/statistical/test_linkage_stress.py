"""A small slice of the stress grid: made-up people who moved, live together, or share an address.

The whole grid is `python -m benchmarks robust`. A cell asks of a linkage what the grid asks: that
the bands of probability mean what they say, precision, and next to nobody lost who could be found.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.stress.person_figures import PersonBench, person_row

CELLS = (
    ("made_alone_moved10", 1),
    ("made_alone_moved20", 1),
    ("made_alone_moved30", 1),
    ("made_alone_moved40", 2),
    ("made_alone_moved60", 1),
    ("made_alone_moved20_noise20", 1),
    ("made_alone_moved40_places_noise50", 1),
    ("made_homes_moved40", 1),
    ("made_homes_moved80", 3),
    ("made_homes_moved80_together_noise20", 1),
    ("made_homes_no_birth_date", 2),
    ("made_homes_no_place_noise20", 1),
    ("made_homes_nobody_in_both", 2),
    ("made_homes_nobody_in_both", 3),
    ("made_homes_shared_mailboxes", 1),
    ("made_homes_twins10_moved20", 1),
    ("made_homes_work_emails", 1),
    ("made_few_no_birth_date", 1),
    ("made_single_homes_noise20", 1),
    ("made_single_homes_work_emails", 1),
    ("made_single_shared_mailboxes", 1),
    ("made_single_work_emails", 1),
    ("made_single_work_emails_alone", 1),
)


@pytest.mark.parametrize(("cell", "seed"), CELLS)
def test_a_probability_means_what_it_says_on_people_made_hard_to_find(cell: str, seed: int) -> None:
    row = person_row(PersonBench(sets=Path(), seed=seed), cell)
    assert row["below the floor"] == "", row
