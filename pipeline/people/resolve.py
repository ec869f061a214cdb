"""Resolve people: which mentions are one person.

In: mentions, the relationships that sources state, settings, and the registry of the run before.
Out: `People`. It must not know families: a declared child and a child in an extract stay two people
here, whoever they are.

Offenders come first, then children and related adults, each kind for itself; then the children whom
one offender declared in several tables, within that offender alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.schema import in_order
from pipeline.contracts.stages import MENTION_PERSONS, PEOPLE_CHECKS, PERSON_KINDS
from pipeline.linkage import LinkageSettings, TrainedModel
from pipeline.people.compared import (
    PAIRS_PER_RECORD,
    RANDOM_PAIRS,
    compare_records,
    spec_of,
    trained_model,
)
from pipeline.people.custody import Stays, stays_of_prisoners
from pipeline.people.decide import REVIEW, Resolved, decide
from pipeline.people.declared import (
    declared_records,
    join_namesakes,
    owners_of,
    visiting_adults,
)
from pipeline.people.guards import Guarded
from pipeline.people.links import person_links
from pipeline.people.listed import NO_LISTINGS, Listings, listed_adults
from pipeline.people.persons import Clusters, persons_table
from pipeline.people.records import Records, Rows, lists_of, records_of
from pipeline.people.registry import record_keys, register
from pipeline.settings.people import PeopleSettings

log = logging.getLogger(__name__)

OFFENDER_COLUMNS = (
    "given_names", "middle_names", "surnames", "dates_of_birth", "sex", "addresses", "postcodes",
    "prisoner_number", "pnc_number", "cro_number", "ni_number",
)  # fmt: skip
CHILD_COLUMNS = (
    "given_name", "middle_names", "surname", "date_of_birth", "sex", "addresses", "postcodes",
    "nhs_number", "upn",
)  # fmt: skip


@dataclass(frozen=True)
class People:
    """What resolving people gives: tables of the contracts of the same names, and how.

    Attributes:
        mention_persons: which person each mention is.
        person_links: every pair of records that may be one person.
        persons: one row per person.
        registry: ids to keep in the next run.
        registry_ledger: what became of the ids of the run before.
        checks: contract PEOPLE_CHECKS.
        models: the trained model of each kind that had records to compare.
        warnings: everything doubtful, in words, with what to do.
    """

    mention_persons: pa.Table
    person_links: pa.Table
    persons: pa.Table
    registry: pa.Table
    registry_ledger: pa.Table
    checks: pa.Table
    models: Mapping[str, TrainedModel]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PeopleInputs:
    """What people are resolved from.

    Attributes:
        mentions: contract MENTIONS.
        relationships: contract RELATIONSHIP_TABLE.
        as_of: the date ages are counted at; without it a visitor without a contact record is a
            child only if like a declared child.
        prisoners: contract `prison/prisoners`; None where prison sent none.
        custody_periods: contract `prison/custody_periods`; None where prison sent none.
    """

    mentions: pa.Table
    relationships: pa.Table
    as_of: date | None = None
    prisoners: pa.Table | None = None
    custody_periods: pa.Table | None = None


def resolve_people(
    inputs: PeopleInputs, settings: PeopleSettings, previous_registry: pa.Table | None, run_id: str
) -> People:
    """Find which mentions are one person.

    Args:
        inputs: the mentions and what is stated about them.
        settings: thresholds and limits.
        previous_registry: the registry of the run before; None for the first.
        run_id: written beside ids that are new.
    """
    mentions = in_order(inputs.mentions.combine_chunks(), ("mention_id",))
    relationships, as_of = inputs.relationships, inputs.as_of
    stage = Stage(settings, as_of, stays_of_prisoners(inputs.prisoners, inputs.custody_periods))
    # Two kinds at a time: half of the work on one is done by one thread alone.
    with ThreadPoolExecutor(2) as pool:
        offenders, children = pool.map(stage.resolve, _offenders_and_children(mentions))
        labels = _placed(_placed(np.arange(mentions.num_rows), offenders), children)
        resolving = pool.submit(stage.resolve, *listed_adults(mentions, relationships, labels))
        owners = owners_of(mentions, labels)
        declared = stage.resolve(declared_records(mentions, owners, as_of))
        keys = record_keys(mentions)
        adults = resolving.result()
    resolved = [offenders, children, adults, declared]
    clusters = _clusters(mentions, resolved, owners, (as_of, settings.adult_age_years))
    registered = register(keys, clusters, previous_registry, run_id)
    with ThreadPoolExecutor(1) as pool:
        registering = pool.submit(lambda: (registered.registry, registered.ledger))
        persons = persons_table(mentions, clusters, registered.person_ids)
        links = person_links(resolved, mentions)
        registry, ledger = registering.result()
    _report(resolved, mentions, persons)
    return People(
        mention_persons=_mention_persons(mentions, clusters, registered.person_ids),
        person_links=links,
        persons=persons,
        registry=registry,
        registry_ledger=ledger,
        checks=people_checks(resolved),
        models={
            kind.records.kind: kind.pairs.model for kind in resolved if kind.pairs.model is not None
        },
        warnings=tuple(warning for kind in resolved for warning in kind.pairs.warnings),
    )


def people_checks(resolved: Sequence[Resolved]) -> pa.Table:
    """Pairs that look like one person, seen and expected, of every kind and rule: PEOPLE_CHECKS."""
    rows = [
        {
            "measure": measure,
            "group": f"{kind.records.kind}: {rule}".removesuffix(": "),
            "value": row[measure],
        }
        for kind in resolved
        for row in kind.pairs.fit.to_pylist()
        for rule in [row["rule"]]
        for measure in row
        if measure != "rule"
    ]
    return PEOPLE_CHECKS.conform(pa.Table.from_pylist(rows, PEOPLE_CHECKS.to_arrow()))


@dataclass(frozen=True)
class Stage:
    """What is the same for every kind.

    Attributes:
        settings: thresholds and limits.
        as_of: the date ages are counted at; None where not known.
        stays: when each prisoner number was in custody.
    """

    settings: PeopleSettings
    as_of: date | None
    stays: Stays

    def resolve(self, records: Records, listings: Listings = NO_LISTINGS) -> Resolved:
        """Compare and decide one kind."""
        spec = spec_of(records.kind)
        engine = LinkageSettings(
            threshold=self.settings.report_probability,
            pairs_per_record=PAIRS_PER_RECORD,
            random_pairs=RANDOM_PAIRS,
            threads=self.settings.threads,
        )
        trained_on = "" if self.as_of is None else self.as_of.isoformat()
        model = trained_model(records.kind, self.settings.models_folder)
        pairs = compare_records(records, spec, engine, trained_on, model)
        guarded = Guarded(pairs, records, spec, self.settings.namesake_years, listings, self.stays)
        return decide(guarded, getattr(self.settings, records.kind))


def _offenders_and_children(mentions: pa.Table) -> tuple[Records, Records]:
    upns = lists_of(*(mentions[name].combine_chunks() for name in ("upn", "former_upn")))
    return (
        records_of("offender", mentions, ("offender",), OFFENDER_COLUMNS),
        records_of("child", mentions, ("child",), CHILD_COLUMNS, {"upns": upns}),
    )


def _placed(labels: Rows, resolved: Resolved) -> Rows:
    """Labels of all mentions with those of one kind filled in, as rows of the mentions."""
    placed = labels.copy()
    placed[resolved.records.rows] = resolved.records.rows[resolved.labels]
    return placed


def _clusters(
    mentions: pa.Table,
    resolved: Sequence[Resolved],
    owners: Rows,
    ages: tuple[date | None, int],
) -> Clusters:
    """Everybody's person: the resolved kinds, and contacts who are nobody's child."""
    n_mentions = mentions.num_rows
    labels = np.arange(n_mentions)
    confidence, agreements = np.full(n_mentions, np.nan), np.full(n_mentions, -1, np.int8)
    for kind in resolved:
        labels = _placed(labels, kind)
        confidence[kind.records.rows] = kind.confidence
        agreements[kind.records.rows] = kind.agreements
    role = mentions["role"].combine_chunks()
    is_other = pc.equal(role, "declared_other").to_numpy(zero_copy_only=False)
    is_other |= visiting_adults(mentions, labels, *ages)
    labels = join_namesakes(mentions, labels, owners, is_other)
    names = pc.replace_with_mask(
        role, pc.equal(role, "visitor"), pa.scalar("declared_child", role.type)
    )
    kinds = pc.index_in(names, value_set=pa.array(PERSON_KINDS)).to_numpy().astype(np.int8)
    kinds[is_other] = PERSON_KINDS.index("declared_other")
    return Clusters(labels, kinds, confidence, agreements)


def _mention_persons(mentions: pa.Table, clusters: Clusters, person_ids: pa.Array) -> pa.Table:
    kinds = pa.array(PERSON_KINDS).take(pa.array(clusters.kinds))
    columns = {"mention_id": mentions["mention_id"], "person_id": person_ids, "kind": kinds}
    return MENTION_PERSONS.conform(pa.table(columns))


def _report(resolved: Sequence[Resolved], mentions: pa.Table, persons: pa.Table) -> None:
    for kind in resolved:
        # Each person's first record is its own label.
        n_people = np.count_nonzero(kind.labels == np.arange(len(kind.records)))
        log.info(
            "%s: %d records are %d people, %d pairs for review", kind.records.kind,
            len(kind.records), n_people, int((kind.decisions == REVIEW).sum()),
        )  # fmt: skip
    log.info("people: %d mentions are %d people", mentions.num_rows, persons.num_rows)
