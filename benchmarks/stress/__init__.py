"""The stress grid: the same people and families as poorer sources would have them.

    person_steps.py    what befalls a set of persons: slips, blanks, moves, twins
    made_homes.py      made-up people of the benchmarks' own, alone or in households
    person_cells.py    the grid for persons
    person_figures.py  a cell of persons, linked and judged
    family_steps.py    what befalls extracts: other words, fewer columns, no listing
    made_agencies.py   a family set of the project's own
    family_cells.py    the grid for families
    family_figures.py  a cell of families, run and judged

Nothing in the engine may be fitted to the cells: they show where a probability stops meaning what
it says, and another seed gives other cells.
"""
