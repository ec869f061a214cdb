"""How many families there must be, and who in each has offended, before anyone in them exists.

In: a scale and settings. Out: a `FamilyPlan` that gives the agencies the sizes asked for. It must
not know anyone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.settings.synthetic import FamilySettings, Scale
from pipeline.synthetic.draws import (
    Array,
    Flags,
    Generator,
    choose,
    happens,
)

OFFENDING_FAMILY, SECOND_FAMILY, OTHER_FAMILY, ADOPTIVE_FAMILY = range(4)


@dataclass(frozen=True)
class FamilyPlan:
    """Families before anyone in them exists; arrays of shape `(n_families,)`."""

    kind: Array
    offender_role: Array
    both_offend: Flags
    father_of: Array
    children: Array
    half_siblings: Array


def count_offenders(scale: Scale, chances: FamilySettings) -> int:
    """People whom prison or probation knows, those known to both counted once."""
    both = round(scale.prisoners * chances.prisoners_on_probation)
    return scale.prisoners + scale.probationers - both


def plan_families(rng: Generator, scale: Scale, chances: FamilySettings) -> FamilyPlan:
    """Families enough for the scale's offenders, and for its children known to services."""
    offenders = count_offenders(scale, chances)
    parents = round(offenders * chances.parents_among_offenders)
    own = round(parents / (1 + chances.both_parents_offend))
    sizes = np.array([int(size) for size in choose(rng, chances.children_per_parent, own)])
    role = _offender_roles(rng, own, scale, chances)
    split = (role == "father") & (sizes > 1) & happens(rng, chances.second_family, own)
    moved = np.where(split, 1 + (rng.random(own) * (sizes - 1)).astype(int), 0)
    sizes, second = sizes - moved, np.flatnonzero(split)
    adopted = round(scale.children * chances.adopted)
    others = _families_without_offender(scale, chances, sizes.sum() + moved.sum(), adopted)
    other_sizes = choose(rng, chances.children_per_parent, others).astype(int)
    kinds = (OFFENDING_FAMILY, SECOND_FAMILY, OTHER_FAMILY, ADOPTIVE_FAMILY)
    kind = np.repeat(kinds, (own, len(second), others, adopted))
    half = happens(rng, chances.half_siblings, len(kind)) & (kind != ADOPTIVE_FAMILY)
    return FamilyPlan(
        kind=kind,
        offender_role=np.r_[role, np.full(len(kind) - own, "", dtype=object)],
        both_offend=happens(rng, chances.both_parents_offend, len(kind))
        & (kind == OFFENDING_FAMILY),
        father_of=np.r_[np.arange(own), second, np.arange(own + len(second), len(kind))],
        children=np.r_[sizes, moved[second], other_sizes, np.ones(adopted, dtype=int)],
        half_siblings=np.where(half, 1 + happens(rng, 0.3, len(kind)), 0),
    )


def _offender_roles(rng: Generator, count: int, scale: Scale, chances: FamilySettings) -> Array:
    """Whether the mother, the father or the mother's partner is the family's first offender."""
    offenders = count_offenders(scale, chances)
    women = (
        chances.women_in_prison * scale.prisoners
        + chances.women_on_probation * (offenders - scale.prisoners)
    ) / offenders
    # Where both parents offend the second one is mostly the mother.
    mothers = max(women - chances.both_parents_offend, 0.0)
    partners = (1 - mothers) * chances.parents_by_step_only
    shares = {"mother": mothers, "partner": partners, "father": 1 - mothers - partners}
    return choose(rng, shares, count)


def _families_without_offender(
    scale: Scale, chances: FamilySettings, offenders_children: int, adopted: int
) -> int:
    """How many more families make up the children that children's services know."""
    mean_size = sum(int(size) * share for size, share in chances.children_per_parent.items())
    mean_size += chances.half_siblings * 1.3
    known = offenders_children * (1 + chances.half_siblings * 0.7) * chances.known_to_services
    missing = scale.children - (known + adopted) * chances.sibling_known
    return max(round(missing / (mean_size * chances.sibling_known)), 1)
