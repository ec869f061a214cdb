"""Write the decided families out: one row per link, each part of its weight in bits, and why.

In: evidence, readings, decisions. Out: the tables FAMILY_LINKS and DECLARED_CHILD_LINKS. It must
not decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.family import CONFLICTS, EVIDENCE_CODES, FAMILY_LINKS
from pipeline.contracts.stages import DECLARED_CHILD_LINKS
from pipeline.family.assemble import Sources
from pipeline.family.competition import Competition
from pipeline.family.decide import NOBODY, Decisions, nomination_sources
from pipeline.family.evidence import FamilyEvidence
from pipeline.family.explain import explanations
from pipeline.family.factors import Factors
from pipeline.family.fusion import Fusion
from pipeline.family.places import ADDRESS, AREA, BOTH, ELSEWHERE, POSTCODE
from pipeline.family.weight_parts import weight_parts

GIVEN_NAME, SURNAME, DATE_OF_BIRTH, SEX = range(4)
LEVEL_NAMES = ("given_name", "surname", "date_of_birth", "sex")

NEAR_NAME, SIMILAR_NAME = 3, 2
SAME_DATES = (4, 6, 8)
"""Date levels that agree as far as both dates are known: year, month, day."""
NEAR_DATE = 5
LIKELY_GAP = 1.0


@dataclass(frozen=True)
class Found:
    """All that rows are written from."""

    sources: Sources
    evidence: FamilyEvidence
    fusion: Fusion
    factors: Factors
    competition: Competition
    decisions: Decisions


def family_links(found: Found, report_probability: float) -> pa.Table:
    """Rows of FAMILY_LINKS: every family whose tie, parent's or other, is this probable."""
    decisions, evidence = found.decisions, found.evidence
    kept = np.flatnonzero(decisions.relationship_probability >= report_probability)
    parts = weight_parts(evidence, found.fusion, found.factors, decisions)
    nominated = _person_levels(found, kept, decisions.nomination, is_nomination=True)
    listed = _person_levels(found, kept, decisions.listing, is_nomination=False)
    entities = found.sources.entities
    named_to = nomination_sources(evidence, entities, decisions.nomination)
    columns: dict[str, pa.Array] = {
        "parent_id": pa.array(entities.offenders.ids[evidence.offender[kept]], pa.string()),
        "child_id": pa.array(entities.children.ids[evidence.child[kept]], pa.string()),
        "match_weight_bits": pa.array(parts.total[kept]),
        "match_probability": pa.array(decisions.probability[kept]),
        "relative_probability": pa.array(decisions.relative_probability[kept]),
        "match_band": pa.array(decisions.band[kept], pa.string()),
        "relationship": pa.array(decisions.relationship[kept], pa.string()),
        "relationship_probability": pa.array(decisions.relationship_probability[kept]),
        "relationship_basis": pa.array(decisions.basis[kept], pa.string()),
        **_flags(found, kept, named_to),
        "witness_share": pa.array(np.clip(decisions.witness_share[kept], 0.0, 1.0)),
        "lead": pa.array(decisions.lead[kept], pa.string()),
        "declared_person_id": _ids(
            entities.declared.ids, evidence.nominations.declared, decisions.nomination[kept]
        ),
        "related_adult_id": _ids(
            entities.adults.ids, evidence.listings.adult, decisions.listing[kept]
        ),
    }
    for index, name in enumerate(LEVEL_NAMES):
        columns[f"nomination_{name}_level"] = _level(nominated[:, index])
        columns[f"listing_{name}_level"] = _level(listed[:, index])
    offender, child = evidence.offender[kept], evidence.child[kept]
    gap = evidence.age_gap_years[kept]
    margin = decisions.rival_margin_bits[kept]
    columns |= {
        "place_level": _level(evidence.place[kept]),
        "surname_level": _level(found.sources.surnames.level(offender, child)),
        "age_gap_years": pa.array(np.round(gap, 2), mask=np.isnan(gap)),
        "nomination_bits": pa.array(parts.nomination[kept]),
        "listing_bits": pa.array(parts.listing[kept]),
        "place_bits": pa.array(parts.place[kept]),
        "surname_bits": pa.array(parts.surname[kept]),
        "age_gap_bits": pa.array(parts.age_gap[kept]),
        "prior_bits": pa.array(parts.prior[kept]),
        "rival_bits": pa.array(parts.rival[kept]),
        "conflicts": code_lists(CONFLICTS, [decisions.conflicts[c][kept] for c in CONFLICTS]),
        "rival_margin_bits": pa.array(margin, mask=~np.isfinite(margin)),
        "evidence_summary": _summaries(found, kept, nominated, listed),
        "explanation": pa.array(
            explanations(evidence, parts, decisions, named_to, kept), pa.string()
        ),
        "judgement": pa.nulls(len(kept), pa.string()),
    }
    return FAMILY_LINKS.conform(pa.table(columns))


def _flags(found: Found, kept: np.ndarray, named_to: dict[str, np.ndarray]) -> dict[str, pa.Array]:
    evidence, decisions = found.evidence, found.decisions
    flags = {
        "is_nominated_by_prison": decisions.is_named & named_to["is_prison"],
        "is_nominated_by_probation": decisions.is_named & named_to["is_probation"],
        "is_nominated_by_visit": decisions.is_named & named_to["is_visit"],
        "is_recorded_by_authority": decisions.is_listed,
        "is_same_address": evidence.place >= ADDRESS,
        "is_same_postcode": np.isin(evidence.place, (POSTCODE, BOTH)),
        "is_same_surname": evidence.surname == 1,
    }
    return {name: pa.array(flag[kept]) for name, flag in flags.items()}


def _ids(ids: np.ndarray, people: np.ndarray, row: np.ndarray) -> pa.Array:
    """Ids of the people of these rows, null where there is none."""
    number = np.append(people, 0)[row]
    values = ids[number] if len(ids) else np.full(len(row), None, object)
    return pa.array(values, pa.string(), mask=row == NOBODY)


def _level(levels: np.ndarray) -> pa.Array:
    return pa.array(levels.astype(np.int8), mask=levels < 0)


def _person_levels(
    found: Found, kept: np.ndarray, rows: np.ndarray, *, is_nomination: bool
) -> np.ndarray:
    """Agreement of each link's nearest declared child, or recorded adult; -1 without one."""
    evidence = found.evidence
    row = rows[kept]
    some = row != NOBODY
    if is_nomination:
        left = evidence.nominations.declared[row[some]]
        compared = found.sources.nomination.compare(left, evidence.child[kept][some])
    else:
        left = evidence.listings.adult[row[some]]
        compared = found.sources.listing.compare(left, evidence.offender[kept][some])
    levels = np.full((len(kept), 4), -1, np.int8)
    levels[some] = compared.levels
    return levels


def _summaries(
    found: Found, kept: np.ndarray, nominated: np.ndarray, listed: np.ndarray
) -> pa.Array:
    """What agrees and what differs, as codes in the order of EVIDENCE_CODES."""
    evidence, decisions = found.evidence, found.decisions
    place, surname = evidence.place[kept], evidence.surname[kept]
    gap = found.factors.gap[kept]
    known_gap = evidence.age_gap[kept] >= 0
    holds = {
        **_person_codes("declared", nominated, decisions.is_named[kept]),
        **_person_codes("recorded", listed, decisions.is_listed[kept]),
        "same_address": place >= ADDRESS,
        "same_postcode": place == POSTCODE,
        "same_area": place == AREA,
        "address_differs": place == ELSEWHERE,
        "same_surname": surname == 1,
        "surname_differs": surname == 0,
        "age_gap_fits": known_gap & (gap >= LIKELY_GAP),
        "age_gap_unlikely": known_gap & (gap < LIKELY_GAP),
    }
    return code_lists(EVIDENCE_CODES, [holds[code] for code in EVIDENCE_CODES])


def _person_codes(who: str, levels: np.ndarray, speaks: np.ndarray) -> dict[str, np.ndarray]:
    """Codes of one witness, where it speaks."""
    given, surname, date = (levels[:, i] for i in (GIVEN_NAME, SURNAME, DATE_OF_BIRTH))
    worst = np.where(surname < 0, given, np.minimum(given, surname))
    best = np.maximum(given, surname)
    same, near = np.isin(date, SAME_DATES), (date == NEAR_DATE) | (date == NEAR_DATE + 2)
    return {
        f"{who}_name_agrees": speaks & (worst >= NEAR_NAME),
        f"{who}_name_similar": speaks & (worst < NEAR_NAME) & (best >= SIMILAR_NAME),
        f"{who}_name_differs": speaks & (best >= 0) & (best < SIMILAR_NAME),
        f"{who}_birth_date_agrees": speaks & same,
        f"{who}_birth_date_similar": speaks & near,
        f"{who}_birth_date_differs": speaks & (date >= 0) & ~same & ~near,
        f"{who}_birth_date_missing": speaks & (date < 0),
    }


def code_lists(codes: tuple[str, ...], holds: list[np.ndarray]) -> pa.Array:
    """One list of codes per row: those that hold, in order."""
    table = np.stack(holds, axis=1) if holds else np.zeros((0, 0), bool)
    row, column = np.nonzero(table)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(table)))])
    values = pa.array(np.array(codes, object)[column], pa.string())
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


def declared_child_links(found: Found, report_probability: float) -> pa.Table:
    """Rows of DECLARED_CHILD_LINKS: which child each declared child may be, rivals counted.

    A declared child is this child whether the offender is its parent or another relative.
    """
    evidence, entities = found.evidence, found.sources.entities
    rows = evidence.nominations
    odds = found.competition.readings.nomination_odds.sum(axis=0)
    total = found.competition.readings.total[rows.family]
    frame = pd.DataFrame(
        {
            "declared": rows.declared,
            "child": evidence.child[rows.family],
            "offender": evidence.offender[rows.family],
            "p": np.clip(odds / np.maximum(total, odds + 1e-300), 0, 1),
        }
    )
    frame = frame[frame.p >= report_probability]
    frame = frame.sort_values(
        ["declared", "child", "p", "offender"], ascending=[True, True, False, True]
    )
    frame = frame.drop_duplicates(["declared", "child"])
    return DECLARED_CHILD_LINKS.conform(
        pa.table(
            {
                "declared_person_id": pa.array(
                    entities.declared.ids[frame.declared.to_numpy()], pa.string()
                ),
                "child_id": pa.array(entities.children.ids[frame.child.to_numpy()], pa.string()),
                "offender_id": pa.array(
                    entities.offenders.ids[frame.offender.to_numpy()], pa.string()
                ),
                "match_probability": pa.array(frame.p.to_numpy(dtype=float)),
            }
        )
    )
