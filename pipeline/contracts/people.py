"""The tables that resolving people gives: pair scores, persons, the registry of ids and its ledger.

In: nothing. Out: their contracts. Every table is of one run and gets its `run_id` when published.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.contracts.schema import Column, Sensitivity, TableContract
from pipeline.contracts.stages import PERSON_KINDS

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
NUMBER = pa.float64()
COUNT = pa.int32()
FLAG = pa.bool_()
PERSONAL, IDENTIFIER = Sensitivity.PERSONAL, Sensitivity.IDENTIFIER

COMPARISON = pa.struct([("comparison", TEXT), ("level", pa.int8()), ("weight_bits", NUMBER)])
"""One comparison of a pair: its name, its agreement level, and log2 m/u of that level."""

ID_PREFIXES = dict(zip(PERSON_KINDS, ("KO", "KD", "KC", "KA", "KX"), strict=True))
"""How the ids of each kind of person begin."""

DECISIONS = ("link", "review", "non_link")
"""`link`: one person. `review`: a human must say; kept apart until then. `non_link`: two."""

GUARDS = (
    "two_prisoner_numbers",
    "two_nhs_numbers",
    "two_upns",
    "twins",
    "household_members",
    "parent_and_child_namesakes",
    "two_adults_of_one_child",
    "name_alone",
    "given_name_missing",
    "conflict_in_cluster",
)
"""Why a pair that looks like one person is kept apart. `conflict_in_cluster`: joining the two would
put together two other records that must stay apart, or that are too unlike."""

EVENTS = ("created", "merged", "split")
"""What can become of an id between two runs. An id of which nothing is said was kept as it was, or
no record is left of it: that it is gone is said of nobody, as it would be of a protected person."""


def _record(side: str, whose: str) -> tuple[Column, ...]:
    """The key of one record of a pair."""
    return (
        Column(f"source_{side}", TEXT, f"Source of the {whose} record, as in mentions."),
        Column(f"table_{side}", TEXT, f"Input table of the {whose} record."),
        Column(f"record_id_{side}", TEXT, f"Key of the {whose} record in its table.",
               sensitivity=IDENTIFIER),
    )  # fmt: skip


PERSON_LINKS = TableContract(
    name="person_links",
    description="One row per pair of records that may be the same person, with all its evidence.",
    columns=(
        Column("kind", TEXT, "Kind of person that both records speak of; one of PERSON_KINDS."),
        *_record("l", "first"),
        *_record("r", "second"),
        Column("blocking_rules", TEXTS, "Rules that brought the pair together; empty where only "
               "its cluster did."),
        Column("comparisons", pa.list_(COMPARISON), "Agreement level and weight of every "
               "comparison that could be made; a field missing on either side is not listed."),
        Column("prior_bits", NUMBER, "log2 of the share of matches among all pairs of the kind.",
               unit="bits"),
        Column("match_weight_bits", NUMBER, "log2 odds that the two are one person.", unit="bits"),
        Column("match_probability", NUMBER, "The same as a probability.", unit="probability"),
        Column("decision", TEXT, "One of DECISIONS."),
        Column("guard", TEXTS, "Rules that keep the two apart whatever the probability, of GUARDS; "
               "empty where none does."),
        Column("override", TEXT, "What a reviewer ruled: `same` or `different`.",
               null="nobody ruled"),
    ),
    sort_by=("kind", "source_l", "table_l", "record_id_l", "source_r", "table_r", "record_id_r"),
)  # fmt: skip

PERSONS = TableContract(
    name="persons",
    description="One row per person, as the records taken together have it.",
    columns=(
        Column("person_id", TEXT, "The person, kept across runs. Made from a record key: it is no "
               "pseudonym and never leaves the engineers' datasets.", sensitivity=IDENTIFIER,
               is_key=True),
        Column("kind", TEXT, "One of PERSON_KINDS."),
        Column("given_name", TEXT, "Given name that most records have.", null="not recorded",
               sensitivity=PERSONAL),
        Column("middle_names", TEXT, "Further given names that most records have.",
               null="none recorded", sensitivity=PERSONAL),
        Column("surname", TEXT, "Surname that most records have.", null="not recorded",
               sensitivity=PERSONAL),
        Column("date_of_birth", TEXT, "ISO date of birth: the most exact that most records have.",
               null="not recorded", sensitivity=PERSONAL),
        Column("sex", TEXT, "`F` or `M`, as most records have it.", null="not recorded",
               sensitivity=PERSONAL),
        Column("cluster_size", COUNT, "Mentions that are this person.", unit="mentions"),
        Column("n_sources", COUNT, "Different sources among them.", unit="sources"),
        Column("cluster_confidence", NUMBER, "Probability of the weakest link that holds the "
               "records together, each record being held by its strongest.",
               null="one mention only, or joined without probabilities", unit="probability"),
        Column("is_identifier_agreed", FLAG, "Whether an official number stands on two of the "
               "records; false where two differ and none agrees.",
               null="no official number stands on two records"),
    ),
    sort_by=("person_id",),
)  # fmt: skip

REGISTRY = TableContract(
    name="registry",
    description="Which person each record was taken to be, so that the next run keeps its id.",
    columns=(
        Column("source", TEXT, "Source of the record, as in mentions.", is_key=True),
        Column("table", TEXT, "Input table of the record.", is_key=True),
        Column("record_id", TEXT, "Key of the record in its table.", sensitivity=IDENTIFIER,
               is_key=True),
        Column("owner_record_id", TEXT, "Key of the offender who declared the person; empty where "
               "nobody did.", sensitivity=IDENTIFIER, is_key=True),
        Column("kind", TEXT, "One of PERSON_KINDS."),
        Column("person_id", TEXT, "The person.", sensitivity=IDENTIFIER),
        Column("first_run_id", TEXT, "The run that created the id."),
    ),
    sort_by=("source", "table", "record_id", "owner_record_id"),
)  # fmt: skip

REGISTRY_LEDGER = TableContract(
    name="registry_ledger",
    description="What became of ids between the run before and this one.",
    columns=(
        Column("event", TEXT, "`created`: a new id. `merged`: an id of old whose records are now "
               "all another person's. `split`: records of an id of old that went elsewhere than "
               "its others. An id of which no record is left is not named."),
        Column("old_person_id", TEXT, "The id before.", null="created", sensitivity=IDENTIFIER),
        Column("new_person_id", TEXT, "The id now.", sensitivity=IDENTIFIER),
        Column("n_records", COUNT, "Records that moved or came.", unit="records"),
    ),
    sort_by=("event", "old_person_id", "new_person_id"),
)  # fmt: skip
