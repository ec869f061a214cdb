"""Bring families into view, and lay out what is known of each.

In: people and their stated ties, two person-level witnesses, shared homes. Out: `FamilyEvidence`.
It must not know rates, probabilities or bands.

A family (offender, child) comes into view when a declared child of the offender resembles the
child, when an adult recorded with the child resembles the offender, or when offender and child
share a home and a surname. Everything that either witness says about it is then compared, likeness
or not: that nobody resembles anybody is evidence too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from pipeline.family.entities import Entities
from pipeline.family.evidence import (
    FamilyEvidence,
    Kin,
    Listings,
    Nominations,
    Population,
)
from pipeline.family.facts import (
    age_gap_classes,
    age_gaps,
    declaring_groups,
    named_after,
    named_to,
    recorded_groups,
)
from pipeline.family.places import (
    POSTCODE,
    PlaceLevels,
    SharedHomes,
    nearer,
    nearest_of_each,
)
from pipeline.family.stated_ages import StatedAges
from pipeline.linkage.sorting import distinct
from pipeline.settings.family import FamilySettings

DATE_LEVEL = 2
"""Column of the birth date in a witness's levels."""

NEAR_NAME, SAME_DAY = 3, 8
"""Levels from which given names resemble, and birth dates are the same day."""

HOPE_BITS = 10.0
"""Odds of a hundredth (7 bits), and what labels, sex and age may add. With 13, of 40,000 offenders'
true links in band `match` were 66%, not 69%, at lower precision: namesakes blur what EM learns."""

RESEMBLING_BITS = 4.0
"""From this much evidence on, a declared child's own home counts as the family's."""


@dataclass(frozen=True)
class PersonEvidence:
    """Person-level comparison of pairs.

    Attributes (length n_pairs):
        bits: log2 likelihood ratio that the two are one person; place and surname left out.
        surname_bits: the surname's part; 0 not comparable.
        company_bits: what is too much in `bits` if the other of the pair is known to have their
            surname anyway: names that agree say less of those whose given names go with it.
        levels: int8 (n_pairs, 4), levels of given name, surname, birth date and sex; -1 null.
    """

    bits: np.ndarray
    surname_bits: np.ndarray
    company_bits: np.ndarray
    levels: np.ndarray


class LikelyPairs(NamedTuple):
    """People of two kinds who may be one person.

    Attributes (length n_pairs):
        left: number of the one.
        right: number of the other.
        bits: log2 likelihood ratio that the two are one person; place left out.
    """

    left: np.ndarray
    right: np.ndarray
    bits: np.ndarray


NOBODY = np.empty(0, np.int64)
NO_PAIRS = LikelyPairs(NOBODY, NOBODY, np.empty(0))


NO_KIN = Kin(family=NOBODY, contact=NOBODY, adult=NOBODY, label=NOBODY, bits=np.empty(0))


class Witness(Protocol):
    """One side's word: people of one kind compared with people of another."""

    @property
    def pairs(self) -> LikelyPairs:
        """The people whom blocking brought together and who resemble one another."""

    def compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """Compare any pairs (left[i], right[i])."""


class Surnames(Protocol):
    """Surnames of two kinds of people compared."""

    def agree(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """int8: 1 agrees, spelling slips allowed, 0 differs, -1 not comparable."""

    def level(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """int8 agreement level; -1 null."""

    def share(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Share of people with the surname that the two agree on exactly; NaN where none is."""


@dataclass(frozen=True)
class Sources:
    """All that evidence is drawn from.

    Attributes:
        entities: people and stated ties.
        nomination: declared children (left) compared with children (right).
        listing: recorded adults (left) compared with offenders (right).
        kin: recorded adults (left) compared with offenders' other contacts (right).
        surnames: offenders (left) compared with children (right).
        declared_surnames: offenders (left) compared with declared children (right).
        recorded_surnames: recorded adults (left) compared with children (right).
        child_surnames: children compared with children.
        parents_surnames: (n_children, 3), from `surnames_of_parents`.
        homes: of offenders (left) and children (right).
        adult_homes: of offenders (left) and recorded adults (right).
        declared_homes: of declared children (left) and children (right).
        stated_ages: ages stated of declared children, compared with children's.
    """

    entities: Entities
    nomination: Witness
    listing: Witness
    kin: Witness
    surnames: Surnames
    declared_surnames: Surnames
    recorded_surnames: Surnames
    child_surnames: Surnames
    parents_surnames: np.ndarray
    homes: SharedHomes
    adult_homes: SharedHomes
    declared_homes: SharedHomes
    stated_ages: StatedAges


def candidate_families(sources: Sources, settings: FamilySettings) -> tuple[np.ndarray, np.ndarray]:
    """Offenders and children of every family in view, distinct, ascending."""
    entities = sources.entities
    size = max(len(entities.children), 1)
    far_bits = max(settings.candidate_bits, _bits_needed(entities, settings))
    by_name = entities.declarations
    declared, child, bits = sources.nomination.pairs
    row, at = expand(declared, by_name.declared.to_numpy())
    offender, child = by_name.offender.to_numpy()[at], child[row]
    near = (bits[row] >= far_bits) | _share_a_home(sources, offender, child)
    named = offender[near] * size + child[near]
    adult, offender, bits = sources.listing.pairs
    by_adult = entities.listings.sort_values("adult", kind="stable")
    row, at = expand(adult, by_adult.adult.to_numpy())
    offender, child = offender[row], by_adult.child.to_numpy()[at]
    near = (bits[row] >= far_bits) | _share_a_home(sources, offender, child)
    recorded = offender[near] * size + child[near]
    shared = sources.homes.pairs[sources.homes.pairs.level >= POSTCODE]
    left, right = shared.left.to_numpy(), shared.right.to_numpy()
    namesakes = sources.surnames.agree(left, right) == 1
    housed = left[namesakes] * size + right[namesakes]
    keys = distinct(np.concatenate([named, recorded, housed]).astype(np.int64))
    return keys // size, keys % size


def _bits_needed(entities: Entities, settings: FamilySettings) -> float:
    """Evidence on persons below which a family without a shared home stays hopeless.

    Even if one in five offenders or children had a link, and all else spoke for it.
    """
    pairs = len(entities.offenders) * len(entities.children) + settings.prior_pairs
    links = 0.2 * min(len(entities.offenders), len(entities.children)) + 0.5
    return float(np.log2(pairs / links)) - HOPE_BITS


def _share_a_home(sources: Sources, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
    return np.asarray(sources.homes.levels(offender, child).level >= POSTCODE)


def expand(keys: np.ndarray, sorted_keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (i, j) with keys[i] == sorted_keys[j], by ascending i and then j."""
    start = np.searchsorted(sorted_keys, keys, side="left")
    count = np.searchsorted(sorted_keys, keys, side="right") - start
    row = np.repeat(np.arange(len(keys)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    return row, np.repeat(start, count) + np.arange(len(row)) - first


def assemble(
    sources: Sources,
    offender: np.ndarray,
    child: np.ndarray,
    population: Population,
    looks_at_kin: bool = True,
) -> FamilyEvidence:
    """Everything known of the candidate families (offender[i], child[i]).

    Without `looks_at_kin` other contacts count as unknown: comparing each with every adult beside
    the child takes as long as all the rest, and says little unless the rest speaks for the family.
    """
    entities = sources.entities
    surname = sources.surnames.agree(offender, child)
    family, at = expand(child, entities.listings.child.to_numpy())
    adult = entities.listings.adult.to_numpy()[at]
    # Two witnesses share no table: one is asked while the other's word is laid out.
    with ThreadPoolExecutor(1) as pool:
        comparing = pool.submit(sources.listing.compare, adult, offender[family])
        nominations, declared_home = _nominations(sources, offender, child, surname)
        place = nearer(sources.homes.levels(offender, child), declared_home)
        recorded = comparing.result()
    home = nearer(
        sources.adult_homes.levels(offender[family], adult),
        PlaceLevels(place.level[family], place.share[family]),
    )
    gap = age_gaps(entities.offenders, entities.children, offender, child)
    return FamilyEvidence(
        offender=offender,
        child=child,
        declaring=declaring_groups(entities)[offender],
        authority=entities.child_authority[child],
        recorded=recorded_groups(entities, offender, child),
        place=place.level,
        place_share=place.share,
        surname=surname,
        named_after=named_after(
            entities.offenders.sexes[offender], sources.parents_surnames[child], surname
        ),
        surname_share=sources.surnames.share(offender, child),
        age_gap_years=gap,
        age_gap=age_gap_classes(gap),
        nominations=nominations,
        listings=Listings(
            family=family,
            adult=adult,
            label=entities.listings.label.to_numpy()[at],
            bits=_given_surname(recorded, surname[family]),
            surname_bits=recorded.surname_bits,
            has_date=recorded.levels[:, DATE_LEVEL] >= 0,
            beside=entities.listings.beside.to_numpy()[at],
            place=home.level,
            place_share=home.share,
        ),
        knows_kin=_knows_kin(entities, offender, child) & looks_at_kin,
        kin=_kin(sources, offender, child) if looks_at_kin else NO_KIN,
        population=population,
    )


def _nominations(
    sources: Sources, offender: np.ndarray, child: np.ndarray, surname: np.ndarray
) -> tuple[Nominations, PlaceLevels]:
    """The declared children of each family, and the home that the nearest of them adds to it.

    A contact list gives the child's own home, where the offender need not live. Only a declared
    child who resembles the child counts: another child of the offender may well live there.
    """
    declarations = sources.entities.declarations
    owner = declarations.offender.to_numpy()
    by_owner = np.argsort(owner, kind="stable")
    family, at = expand(offender, owner[by_owner])
    at = by_owner[at]
    declared = declarations.declared.to_numpy()[at]
    evidence = sources.nomination.compare(declared, child[family])
    has_date = evidence.levels[:, DATE_LEVEL] >= 0
    age_bits = np.where(has_date, 0.0, sources.stated_ages.bits(declared, child[family]))
    bits = _given_surname(evidence, surname[family]) + age_bits
    home = sources.declared_homes.levels(declared, child[family])
    resembles = bits + evidence.surname_bits >= RESEMBLING_BITS
    return Nominations(
        family=family,
        declared=declared,
        label=declarations.label.to_numpy()[at],
        named_to=named_to(declarations)[at],
        bits=bits,
        surname_bits=evidence.surname_bits,
        has_date=has_date,
    ), nearest_of_each(family, home, resembles, len(offender))


def _given_surname(evidence: PersonEvidence, agrees: np.ndarray) -> np.ndarray:
    """Bits of each pair where offender's and child's surnames agree (1), or do not.

    An adult recorded as Hoang and no more is taken for an offender whose surname is the child's. So
    many Hoangs are among those of the surname, and not among all.
    """
    return np.where(agrees == 1, evidence.bits - evidence.company_bits, evidence.bits)


def _kin(sources: Sources, offender: np.ndarray, child: np.ndarray) -> Kin:
    """Other contacts of the offender who resemble an adult recorded with the child.

    Families come into view by their names, so that an offender's wife and a child's mother often
    share a surname although they are two: a surname counts against how often it does among these.
    """
    contacts, listings = sources.entities.named_contacts, sources.entities.listings
    family, at = expand(offender, contacts.offender.to_numpy())
    row, beside = expand(child[family], listings.child.to_numpy())
    contact = contacts.contact.to_numpy()[at[row]]
    adult = listings.adult.to_numpy()[beside]
    evidence = sources.kin.compare(adult, contact)
    agrees = evidence.surname_bits > 0
    usual = (agrees.sum() + 1.0) / (np.count_nonzero(evidence.surname_bits) + 10.0)
    bits = evidence.bits + np.minimum(evidence.surname_bits, -np.log2(usual))
    same_date = evidence.levels[:, DATE_LEVEL] >= SAME_DAY
    kept = (evidence.levels[:, 0] >= NEAR_NAME) & (agrees | same_date) & (bits > 0)
    return Kin(
        family=family[row][kept],
        contact=contact[kept],
        adult=adult[kept],
        label=contacts.label.to_numpy()[at[row]][kept],
        bits=bits[kept],
    )


def _knows_kin(entities: Entities, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
    """Whether the offender names other contacts and the child has recorded adults."""
    names_contacts = np.zeros(len(entities.offenders), np.bool_)
    names_contacts[entities.named_contacts.offender.to_numpy()] = True
    has_adults = np.zeros(len(entities.children), np.bool_)
    has_adults[entities.listings.child.to_numpy()] = True
    return np.asarray(names_contacts[offender] & has_adults[child])
