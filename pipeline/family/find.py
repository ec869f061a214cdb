"""Find families: the one public function of this room.

In: mentions, addresses, relationships and resolved people. Out: family links, declared children's
links, the rates learned, warnings. It must not know files, lists or recipients.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.stages import FAMILY_CHECKS
from pipeline.family.assemble import (
    Sources,
    Witness,
    assemble,
    candidate_families,
)
from pipeline.family.competition import Parenthood, compete, other_parents
from pipeline.family.conflicts import DecisionRules, impossible_gap
from pipeline.family.decide import decide
from pipeline.family.entities import (
    Entities,
    People,
    gather_entities,
    lend_homes,
    likeness,
)
from pipeline.family.evidence import FamilyEvidence, Population
from pipeline.family.factors import Factors, common_to_ties, factors_of
from pipeline.family.facts import possible_parents, surnames_of_parents
from pipeline.family.fusion import (
    BOTH_SPEAK,
    NAMED_ONLY,
    NEITHER,
    PARENT,
    RECORDED_ONLY,
    WITNESSED,
    Fusion,
    Readings,
    believed_rates,
    fuse,
    weigh,
)
from pipeline.family.leads import (
    hold_leads_down,
    raise_sibling_leads,
    siblings_of,
    siblings_of_linked,
)
from pipeline.family.links import Found, declared_child_links, family_links
from pipeline.family.names import compare_names
from pipeline.family.places import SharedHomes, homes_of, read_stays, share_homes
from pipeline.family.population import describe_population, recorded_words
from pipeline.family.rates import CLASSES, rates_to_json
from pipeline.family.stated_ages import compare_ages, decimal_year
from pipeline.family.support import Siblings, siblings_in_view, supported
from pipeline.family.tables import Families, FamilyInputs
from pipeline.family.ties import UNKNOWN, Differ, with_several_parents
from pipeline.family.witnesses import (
    EngineWitness,
    SilentWitness,
    call_witness,
)
from pipeline.family.words import MEANT, first_meant
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.sorting import distinct
from pipeline.linkage.spec import LinkageSpec
from pipeline.settings.family import FamilySettings
from pipeline.settings.places import SHIPPED_CONFIG

logger = logging.getLogger(__name__)

MODELS = SHIPPED_CONFIG / "models"
NOMINATION_SPEC = MODELS / "declared_child_to_child.toml"
LISTING_SPEC = MODELS / "recorded_parent_to_offender.toml"

HOMES = (("offender", "child"), ("offender", "related_adult"), ("declared_child", "child"))
"""Kinds of people whose homes are compared."""

PAIRS_PER_RECORD = 1.0
"""A blocking rule of a witness may make so many pairs a record. Five times as many brought twice as
many namesakes and hardly a child more into view (40,000 offenders; few inputs below reach it)."""

RANDOM_PAIRS = 300_000
"""Enough to see how often strangers agree nearly; how often exactly is counted, not drawn."""

HOPELESS_ODDS = 1e-2
"""Below these odds with believed rates, other contacts not looked at, a family is not weighed
further."""

FAMILIES_AT_ONCE = 500_000
"""Families looked at a first time together: a bound on memory, no more."""

LIKELY_ODDS = 0.3
"""From these odds on the recorded siblings of the child are weighed too."""

FEW_LINKS = 30
"""With fewer expected parents than this, rates are mostly what was believed beforehand."""


def find_families(
    tables: FamilyInputs, settings: FamilySettings | None = None, as_of: date | None = None
) -> Families:
    """Find which offender is the parent of which child, how surely, and why.

    Args:
        tables: stage tables; any of them may be empty.
        settings: thresholds, limits and beliefs; the defaults where None.
        as_of: the date ages are counted at; no child is flagged as an adult without it.
    """
    settings = settings or FamilySettings()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_stays, tables.mention_addresses)
        entities, stays = gather_entities(tables), reading.result()
    names = compare_names(entities.adults, entities.adults, "given_name")
    is_meant = first_meant(recorded_words(entities)) >= MEANT
    listings = entities.listings.assign(is_parent=possible_parents(entities, is_meant))
    listings = with_several_parents(listings, entities.adults.sexes, names.differ)
    entities = replace(entities, listings=listings)
    del tables  # a quarter of all memory, where they are many and the caller has let them go
    sources = _draw_sources(stays, entities, (settings, as_of))
    offender, child = candidate_families(sources, settings)
    population = describe_population(sources)
    evidence = worth_weighing(sources, offender, child, population, settings)
    fusion = fuse(evidence, settings)
    factors = parent_factors(evidence, fusion, settings)
    found = _decide(sources, evidence, fusion, factors, (settings, as_of))
    links = family_links(found, settings.report_probability)
    logger.info(
        "families: %d candidates, %d links written, %d iterations, converged: %s",
        len(offender), links.num_rows, fusion.iterations, fusion.converged,
    )  # fmt: skip
    return Families(
        family_links=links,
        declared_child_links=declared_child_links(found, settings.report_probability),
        checks=_checks(sources, fusion),
        model=_describe_model(found, len(offender)),
        warnings=_warnings(found),
    )


def _draw_sources(
    stays: pd.DataFrame, entities: Entities, rules: tuple[FamilySettings, date | None]
) -> Sources:
    """Call both witnesses, and find the shared homes."""
    settings, as_of = rules
    engine = LinkageSettings(pairs_per_record=PAIRS_PER_RECORD, random_pairs=RANDOM_PAIRS)
    lent = lend_homes(entities.declared, entities.offenders, entities.declarations)
    # Half of a witness's work is done by one thread alone, and nearly all of comparing homes.
    with ThreadPoolExecutor(2) as pool:
        calling = pool.submit(
            call_witness, entities.adults.values, entities.offenders.values,
            LinkageSpec.from_toml(LISTING_SPEC), engine, settings.candidate_bits,
        )  # fmt: skip
        sharing = pool.submit(_shared_homes, stays, entities, settings.max_pairs_at_a_place)
        nomination = call_witness(
            lent, entities.children.values, LinkageSpec.from_toml(NOMINATION_SPEC),
            engine, settings.candidate_bits,
        )  # fmt: skip
        listing, homes = calling.result(), sharing.result()
    recorded = compare_names(entities.adults, entities.children)
    return Sources(
        entities=entities,
        nomination=nomination,
        listing=listing,
        kin=listing.compares(entities.adults.values, entities.contacts.values),
        surnames=compare_names(entities.offenders, entities.children),
        declared_surnames=compare_names(entities.offenders, entities.declared),
        recorded_surnames=recorded,
        child_surnames=compare_names(entities.children, entities.children),
        parents_surnames=surnames_of_parents(entities, recorded.agree),
        homes=homes["offender", "child"],
        adult_homes=homes["offender", "related_adult"],
        declared_homes=homes["declared_child", "child"],
        stated_ages=compare_ages(entities, as_of),
    )  # fmt: skip


def _shared_homes(
    stays: pd.DataFrame, entities: Entities, limit: int
) -> dict[tuple[str, str], SharedHomes]:
    """The shared homes of every two kinds of people that evidence asks for."""
    people = {
        "offender": entities.offenders,
        "child": entities.children,
        "declared_child": entities.declared,
        "related_adult": entities.adults,
    }
    homes = {
        kind: homes_of(stays, entities.person_of_mention[kind], len(of_kind))
        for kind, of_kind in people.items()
    }
    return {(one, other): share_homes(homes[one], homes[other], limit) for one, other in HOMES}


def worth_weighing(
    sources: Sources,
    offender: np.ndarray,
    child: np.ndarray,
    population: Population,
    settings: FamilySettings,
) -> FamilyEvidence:
    """The families (offender[i], child[i]) that are not hopeless, and the siblings of likely ones.

    Without the hopeless, which no rate could make likely, EM is quick. A sibling that nobody
    brought into view may still be named: with a likely brother or sister it is worth a look.
    """
    rates = believed_rates(population, settings)
    parts = [np.empty(0)]
    for start in range(0, len(offender), FAMILIES_AT_ONCE):
        chunk = slice(start, start + FAMILIES_AT_ONCE)
        seen = assemble(sources, offender[chunk], child[chunk], population, looks_at_kin=False)
        common = common_to_ties(seen, population.place)
        readings = weigh(seen, rates, common, settings.negative_floor)
        parts.append(readings.odds.sum(axis=(0, 1)))
    odds = np.concatenate(parts)
    likely, kept = odds >= LIKELY_ODDS, odds >= HOPELESS_ODDS
    siblings = siblings_of(sources.entities, offender[likely], child[likely])
    size = max(len(sources.entities.children), 1)
    keys = distinct(np.concatenate([
        offender[kept].astype(np.int64) * size + child[kept], siblings[0] * size + siblings[1],
    ]))  # fmt: skip
    return assemble(sources, keys // size, keys % size, population)


def parent_factors(evidence: FamilyEvidence, fusion: Fusion, settings: FamilySettings) -> Factors:
    """What each part of the evidence says for a parent under the rates that were learned."""
    return factors_of(evidence, fusion.rates[PARENT], fusion.common, settings.negative_floor)


def _decide(
    sources: Sources,
    evidence: FamilyEvidence,
    fusion: Fusion,
    factors: Factors,
    rules: tuple[FamilySettings, date | None],
) -> Found:
    """Count rivals, hold leads down, and decide."""
    settings, as_of = rules
    entities = sources.entities
    offenders = likeness(entities.offenders, ("given_name", "surname", "date_of_birth"))
    children = likeness(entities.children, ("given_name", "date_of_birth"))
    siblings = siblings_in_view(entities, evidence)
    readings = _supported(siblings, evidence, fusion, settings)
    # Before rivals compete: what home and surname alone say is no claim of the child itself.
    readings = hold_leads_down(readings, settings.lead_ceiling)
    competition = compete(evidence, readings, children, offenders)
    readings = other_parents(
        evidence, competition.readings, _parenthood(entities, evidence, fusion, factors, settings)
    )
    competition = replace(competition, readings=readings)
    linked = witnessed_links(competition.readings, settings)
    leads = siblings_of_linked(
        siblings, evidence, competition.readings, linked, sources.child_surnames
    )
    listed = fusion.rates[PARENT].listed[evidence.authority]
    readings = raise_sibling_leads(competition.readings, factors, leads, listed)
    competition = replace(competition, readings=readings)
    decision_rules = DecisionRules(
        settings,
        decimal_year(as_of) if as_of else -np.inf,
        offenders,
        fusion.words,
        carrying_readings(sources, fusion),
    )
    decisions = decide(evidence, competition, entities, leads.is_lead, decision_rules)
    return Found(sources, evidence, fusion, factors, competition, decisions)


def _parenthood(
    entities: Entities,
    evidence: FamilyEvidence,
    fusion: Fusion,
    factors: Factors,
    settings: FamilySettings,
) -> Parenthood:
    """What rivals for the place of one parent are judged by; an impossible age makes no rival."""
    sex = entities.offenders.sexes[evidence.offender]
    rates = fusion.rates[PARENT]
    return Parenthood(
        sex=np.where(impossible_gap(evidence, entities, settings), UNKNOWN, sex),
        instead=factors.unlisted / (1 - rates.listed[evidence.authority]),
        both=float(rates.beside[1]),
        are_two=plainly_two(entities.offenders),
    )


def plainly_two(people: People) -> Differ:
    """Whether people left[i] and right[i] differ in given name, and in surname or birth date.

    One person under two given names is commoner than two people of one surname and birth date.
    """
    names = compare_names(people, people, "given_name")
    born = likeness(people, ("surname", "date_of_birth"))
    return lambda left, right: names.differ(left, right) & (born[left] != born[right])


def carrying_readings(sources: Sources, fusion: Fusion) -> tuple[int, ...]:
    """The readings that may carry a match: none rests on a model that had not converged alone."""
    if not fusion.converged:
        return ()
    named, recorded = has_settled(sources.nomination), has_settled(sources.listing)
    is_settled = {BOTH_SPEAK: named or recorded, NAMED_ONLY: named, RECORDED_ONLY: recorded}
    return tuple(reading for reading in WITNESSED if is_settled[reading])


def _supported(
    siblings: Siblings, evidence: FamilyEvidence, fusion: Fusion, settings: FamilySettings
) -> Readings:
    """The readings with what the other children of each family say."""
    factors = tuple(
        factors_of(evidence, rate, fusion.common, settings.negative_floor) for rate in fusion.rates
    )
    return supported(siblings, evidence, fusion.readings, factors, settings.sibling_share)


def witnessed_links(readings: Readings, settings: FamilySettings) -> np.ndarray:
    """Families sure enough, by a witness's word, for their siblings to be worth a look."""
    parent = readings.odds[PARENT]
    witnessed = parent[:NEITHER].sum(axis=0)
    return np.asarray(witnessed / readings.total >= settings.match_probability)


def _checks(sources: Sources, fusion: Fusion) -> pa.Table:
    """Rows of FAMILY_CHECKS."""
    rows = [("settled", part, float(is_done)) for part, is_done in settled(sources, fusion).items()]
    words = fusion.words.as_json(sources.entities.authorities)
    for side, by_source in words.items():
        for source, shares in by_source.items():
            rows += [("word_meant", f"{side} {source}: {w}", m) for w, m in shares.items()]
    table = pa.Table.from_pylist(
        [{"measure": measure, "group": group, "value": value} for measure, group, value in rows]
    )
    return FAMILY_CHECKS.conform(table)


def settled(sources: Sources, fusion: Fusion) -> dict[str, bool]:
    """Which estimates converged."""
    return {
        "nomination": has_settled(sources.nomination),
        "listing": has_settled(sources.listing),
        "rates": fusion.converged,
    }


def _describe_model(found: Found, candidates: int) -> dict[str, Any]:
    """What was learned: rates by source and authority, convergence; shares and counts only."""
    fusion, evidence = found.fusion, found.evidence
    authorities = found.sources.entities.authorities
    return {
        "converged": all(settled(found.sources, fusion).values()),
        "iterations": fusion.iterations,
        "candidate_families": candidates,
        "weighed_families": len(evidence),
        "expected_parents": round(float(found.decisions.probability.sum()), 3),
        "place_levels_of_strangers": [round(float(share), 9) for share in fusion.common.place],
        "words_meant": fusion.words.as_json(authorities),
        "rates": {
            name: rates_to_json(rate, authorities)
            for name, rate in zip(CLASSES, fusion.rates, strict=True)
        },
        "witnesses": {
            "nomination": _describe_witness(found.sources.nomination),
            "listing": _describe_witness(found.sources.listing),
        },
    }


def _describe_witness(witness: Witness) -> dict[str, Any]:
    """The person model behind one witness."""
    if not isinstance(witness, EngineWitness):
        return {"is_silent": True}
    model = witness.trained
    return {
        "is_silent": False,
        "converged": model.converged,
        "iterations": model.provenance.iterations,
        "is_learned": model.provenance.learned,
        "expected_matches": round(model.population.matches, 3),
        "spec_sha256": model.spec_hash,
    }


def has_settled(witness: Witness) -> bool:
    """Whether the witness's person model converged; one that says nothing needs none."""
    return not isinstance(witness, EngineWitness) or witness.trained.converged


def _warnings(found: Found) -> tuple[str, ...]:
    """What a reader must know of this result."""
    sources, warnings = found.sources, []
    for name, witness in (("nomination", sources.nomination), ("listing", sources.listing)):
        if isinstance(witness, SilentWitness):
            warnings.append(f"{name}: nobody there to compare, so that this witness says nothing")
        elif isinstance(witness, EngineWitness):
            warnings += [f"{name}: {text}" for text in witness.warnings]
        if not has_settled(witness):
            warnings.append(
                f"{name}: the person model did not converge; no link that rests on it alone is "
                "a match"
            )
    expected = float(found.decisions.probability.sum())
    if expected < FEW_LINKS:
        warnings.append(
            f"only {expected:.0f} parents are expected: rates are mostly prior beliefs, and "
            "probabilities rest on them"
        )
    if not found.fusion.converged:
        warnings.append(
            f"rates had not converged after {found.fusion.iterations} iterations; no link is a "
            "match"
        )
    return tuple(warnings)
