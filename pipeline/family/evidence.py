"""Everything that the fusion of two witnesses looks at, as arrays.

In: candidate families (offender, child), the person-level evidence of declared children and of
recorded adults, homes. Out: `FamilyEvidence`. It must not know rates or probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

NO_PARENT, SAME_SEX, OTHER_SEX = range(3)
"""What an authority records of a child's parents, seen from one offender: nobody; somebody of the
offender's sex (or of unknown sex); only somebody of the other sex."""

AGE_GAP_EDGES = (12, 16, 20, 24, 28, 32, 36, 40, 45, 50, 60)
"""Edges of the age-gap classes, in years; below the first and from the last on it is impossible or
nearly so."""

DECLARING_GROUPS = ("none", "prison", "probation", "prison+probation")
"""To whom an offender has named any child; a visitor counts as named to the prison."""

NAMED_TO = ("prison", "probation")
"""Whose word for a declared child counts; named to both, the prison's."""

IMPLAUSIBLE_YEARS = 100.0
"""A birth date that makes a gap beyond this is a slip of the pen, and says nothing."""


@dataclass(frozen=True)
class Population:
    """What strangers look like: an offender and a child drawn at random.

    Attributes:
        n_offenders, n_children: how many there are.
        declaring: shares of offenders by DECLARING_GROUPS.
        recorded: (n_authorities, 3), shares of NO_PARENT, SAME_SEX, OTHER_SEX by child's authority.
        declared_as: (2, 6), shares of declared children by DECLARED_LABELS, by NAMED_TO.
        recorded_as: (n_authorities, 7), shares of recorded adults by RECORDED_LABELS.
        beside: shares of recorded adults without and with another possible parent of their sex
            beside them, (2,).
        kin_as: shares of offenders' other contacts by KIN_LABELS.
        declared_each: (4,), mean number of children that an offender of each group names.
        recorded_each: (n_authorities,), mean number of adults recorded with a child.
        kin_each: mean number of other contacts of an offender who names any.
        place: shares of place levels, (5,).
        surname: shares of pairs whose surnames differ and agree, (2,).
        named_after: of those that differ, shares of children without and with the surname of their
            other recorded parent, (2,).
        surname_of_declared: the same of offenders and the children they name, (2,).
        surname_of_recorded: (7, 2), of recorded adults and their children, by RECORDED_LABELS.
        age_gap: shares of age-gap classes, (12,).
        gap_of_declared: the same of offenders and the children they name, (12,).
        gap_of_recorded: (7, 12), of recorded adults and their children, by RECORDED_LABELS.
    """

    n_offenders: int
    n_children: int
    declaring: np.ndarray
    recorded: np.ndarray
    declared_as: np.ndarray
    recorded_as: np.ndarray
    beside: np.ndarray
    kin_as: np.ndarray
    declared_each: np.ndarray
    recorded_each: np.ndarray
    kin_each: float
    place: np.ndarray
    surname: np.ndarray
    named_after: np.ndarray
    surname_of_declared: np.ndarray
    surname_of_recorded: np.ndarray
    age_gap: np.ndarray
    gap_of_declared: np.ndarray
    gap_of_recorded: np.ndarray

    @property
    def pairs(self) -> float:
        """All pairs of an offender and a child."""
        return float(self.n_offenders) * float(self.n_children)


@dataclass(frozen=True)
class Nominations:
    """Each candidate family's declared children, compared with the child.

    Attributes (all of length n_nominations, sorted by family):
        family: the candidate family.
        declared: the declared child.
        label: index in DECLARED_LABELS.
        named_to: index in NAMED_TO: whose word the label is.
        bits: log2 likelihood ratio that the two are one person, place and surname left out.
        surname_bits: the surname's part; 0 not comparable.
        has_date: birth dates were comparable.
    """

    family: np.ndarray
    declared: np.ndarray
    label: np.ndarray
    named_to: np.ndarray
    bits: np.ndarray
    surname_bits: np.ndarray
    has_date: np.ndarray


@dataclass(frozen=True)
class Listings:
    """Each candidate family's recorded adults, compared with the offender.

    Attributes (all of length n_listings, sorted by family):
        family: the candidate family.
        adult: the recorded adult.
        label: index in RECORDED_LABELS.
        bits: log2 likelihood ratio that the two are one person, place and surname left out.
        surname_bits: the surname's part; 0 not comparable.
        has_date: birth dates were comparable.
        beside: 1 the child has another possible parent of the adult's sex, 0 it has not, -1 the
            adult is no possible parent.
        place: place level of offender and adult, or of offender and child where it is higher.
        place_share: share of people at the place agreed on; NaN where none is.
    """

    family: np.ndarray
    adult: np.ndarray
    label: np.ndarray
    bits: np.ndarray
    surname_bits: np.ndarray
    has_date: np.ndarray
    beside: np.ndarray
    place: np.ndarray
    place_share: np.ndarray


@dataclass(frozen=True)
class Kin:
    """Other contacts of an offender who resemble an adult recorded with the child.

    A partner, or a mother, who is also recorded with the child.

    Attributes (all of length n_kin, sorted by family):
        family: the candidate family.
        contact: the offender's contact.
        adult: the adult recorded with the child.
        label: index in KIN_LABELS.
        bits: log2 likelihood ratio that the two are one person, place left out.
    """

    family: np.ndarray
    contact: np.ndarray
    adult: np.ndarray
    label: np.ndarray
    bits: np.ndarray


@dataclass(frozen=True)
class FamilyEvidence:
    """Candidate families and all that is known of each.

    Attributes (arrays of length n_families unless said otherwise):
        offender, child: numbers of the two people.
        declaring: index in DECLARING_GROUPS of the offender.
        authority: index of the child's authority.
        recorded: NO_PARENT, SAME_SEX or OTHER_SEX.
        place: place level of offender and child, -1 not comparable.
        place_share: share of people at the place agreed on; NaN where none is.
        surname: 1 agrees, 0 differs, -1 not comparable.
        surname_share: share of people with the surname agreed on; NaN where none is.
        named_after: where surnames differ, 1 the child has that of a recorded parent of the other
            sex, 0 it has not, -1 no such parent.
        age_gap_years: child's birth minus offender's; NaN unknown.
        age_gap: class of the gap by AGE_GAP_EDGES, -1 unknown.
        knows_kin: the offender names other contacts, and adults are recorded with the child.
        nominations: of these families.
        listings: of these families.
        kin: of these families.
        population: what strangers look like.
    """

    offender: np.ndarray
    child: np.ndarray
    declaring: np.ndarray
    authority: np.ndarray
    recorded: np.ndarray
    place: np.ndarray
    place_share: np.ndarray
    surname: np.ndarray
    surname_share: np.ndarray
    named_after: np.ndarray
    age_gap_years: np.ndarray
    age_gap: np.ndarray
    knows_kin: np.ndarray
    nominations: Nominations
    listings: Listings
    kin: Kin
    population: Population

    def __len__(self) -> int:
        """How many candidate families there are."""
        return len(self.offender)

    def only(self, kept: np.ndarray) -> FamilyEvidence:
        """The families of a boolean mask, renumbered."""
        number = np.cumsum(kept) - 1
        columns = {
            name: value[kept] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return replace(
            self,
            **columns,
            nominations=_rows_of(self.nominations, kept, number),
            listings=_rows_of(self.listings, kept, number),
            kin=_rows_of(self.kin, kept, number),
        )


Rows = TypeVar("Rows", Nominations, Listings, Kin)


def _rows_of(rows: Rows, kept: np.ndarray, number: np.ndarray) -> Rows:
    mask = kept[rows.family]
    columns = {name: value[mask] for name, value in vars(rows).items()}
    columns["family"] = number[columns["family"]]
    return type(rows)(**columns)
