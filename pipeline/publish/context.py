"""What every dataset is made from, worked out once.

In: the run's tables, settings, reference tables, the pseudonym key. Out: `Context`, whose parts are
computed when first asked for and then kept.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

import numpy as np
import pandas as pd

from pipeline.publish.cases import child_records, main_authority, with_cases
from pipeline.publish.custody import justice_status
from pipeline.publish.frames import frame
from pipeline.publish.places import Reference
from pipeline.publish.pseudonyms import PseudonymKey
from pipeline.publish.records import (
    declared_children,
    first_known,
    printed_values,
    records,
    resolved_children,
)
from pipeline.publish.run_tables import PersonNumbers, RunTables
from pipeline.publish.visits import VisitCounts, count_visits
from pipeline.settings.publish import PublishSettings

READABLE_BANDS = ("match", "potential")
"""Bands that anyone but an analyst may see."""

LINK_COLUMNS = (
    "parent_id", "child_id", "match_probability", "match_band", "relationship",
    "relationship_probability",
    "relationship_basis", "declared_person_id", "related_adult_id", "conflicts",
    "rival_margin_bits", "evidence_summary", "judgement",
)  # fmt: skip
CHILD_FACTS = ("ethnicity_code", "age_years", "death_date")

PREPARED = ("main_authority", "justice", "children", "offenders")
"""Parts that several datasets ask for, and none of which asks for another's frames: a frame that
two threads read at once, pandas may spoil."""


@dataclass(frozen=True, repr=False)
class Context:
    """One run, ready to be published. It has no text of its own: that would quote its tables.

    Attributes:
        tables: stage tables and contract-form extracts by name (`mentions`, `family_links`,
            `prison/visits`, …), plus `postcode_directory` and `declared_counts` where there.
        run_id: written on every row.
        as_of: date that ages, custody and visits are counted at.
        settings: what may be shown.
        reference: prisons and authorities.
        key: the secret behind pseudonyms.
    """

    tables: RunTables
    run_id: str
    as_of: date
    settings: PublishSettings
    reference: Reference
    key: PseudonymKey

    @cached_property
    def links(self) -> pd.DataFrame:
        """Family links, whatever their band, persons by number."""
        return frame(self.tables, "family_links", LINK_COLUMNS)

    @cached_property
    def resolved(self) -> PersonNumbers:
        """As whom the outputs know each person: a declared child as the child that it surely is."""
        return resolved_children(self.tables, self.settings.declared_child_probability)

    @cached_property
    def declared(self) -> pd.DataFrame:
        """Every naming of an own child: offender_id, declared_person_id, child_id, mention_id."""
        return declared_children(self.tables, self.resolved)

    @cached_property
    def child_records(self) -> pd.DataFrame:
        """Every children's services record of a child, with its case at that authority."""
        return with_cases(child_records(self.tables), self.tables, self.as_of)

    @cached_property
    def main_authority(self) -> pd.DataFrame:
        """Each child's most involved authority, case status and needs; index person_id."""
        return main_authority(self.child_records)

    @cached_property
    def offenders(self) -> pd.DataFrame:
        """Names, date of birth, sex and ethnicity of each offender; index person_id."""
        mentions = records(self.tables, ("offender",), ("ethnicity_code",))
        printed = printed_values(self.tables, ("offender",))
        return first_known(mentions, ["ethnicity_code"]).join(printed)

    @cached_property
    def children(self) -> pd.DataFrame:
        """The same of each child and declared child, with stated age and death; index person_id.

        A declared child that is surely found is looked up as the child that it is: what an
        authority records comes before what an offender says.
        """
        kinds = ("child", "declared_child")
        facts = first_known(records(self.tables, kinds, CHILD_FACTS), list(CHILD_FACTS))
        return facts.join(printed_values(self.tables, kinds))

    @cached_property
    def justice(self) -> pd.DataFrame:
        """Custody and supervision of each offender now; index person_id."""
        return justice_status(self.tables, self.as_of)

    @cached_property
    def visits(self) -> VisitCounts:
        """Attended family visits, per parent and per parent and child."""
        linked = self.links.loc[self.links["match_band"].isin(READABLE_BANDS), "child_id"]
        return count_visits(self.tables, self.resolved, linked, self.as_of)

    def prepare(self, pool: Executor) -> None:
        """Work out what several datasets ask for, a part in each thread of the pool."""
        list(pool.map(partial(getattr, self), PREPARED))

    def pseudonyms(self, persons: pd.Series) -> pd.Series:
        """The keys that analysts see for persons by number."""
        return self.key.pseudonyms("analyst", self.tables.persons.named(persons))

    def region_of(self, authority_codes: pd.Series) -> pd.Series:
        """Regions of authorities; null for an unknown code."""
        return authority_codes.map(self.reference.authorities["region"])


def lookup(ids: pd.Series, facts: pd.DataFrame) -> pd.DataFrame:
    """The facts of each id, in the ids' order and with their index; null where there are none."""
    return facts.reindex(ids.to_numpy()).set_axis(ids.index, axis=0)


def as_flag(values: pd.Series) -> pd.Series:
    """True where true, false where false or not known."""
    return pd.Series(np.asarray(values.eq(True), dtype=bool), index=values.index)
