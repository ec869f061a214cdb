"""Social visits that family really made.

In: visits, their visitors, contacts and whom each is taken to be. Out: counts per parent, and per
parent and child. A booked visit to which nobody came is no visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipeline.publish.frames import frame, stacked
from pipeline.publish.records import records
from pipeline.publish.run_tables import PersonNumbers, RunTables

SOCIAL = "SCON"
ATTENDED = "ATT"
HELD = ("NORM", "COMP")
"""Visit statuses that say it took place, used where a visitor's own outcome is not recorded."""

FAMILY = (
    "child", "step_child", "grandchild", "other_child", "parent", "step_parent", "grandparent",
    "partner", "sibling", "carer",
)  # fmt: skip


@dataclass(frozen=True)
class VisitCounts:
    """Attended family visits up to the as-of date.

    Attributes:
        by_parent: index person_id; `visits_90_days`, `visits_365_days`, `last_visit`.
        by_child: index (person_id, child_id); `child_visits_365_days`.
    """

    by_parent: pd.DataFrame
    by_child: pd.DataFrame


def count_visits(
    tables: RunTables, resolved: PersonNumbers, linked: pd.Series, as_of: date
) -> VisitCounts:
    """Count each parent's attended family visits.

    Args:
        tables: the run's tables.
        resolved: as whom the outputs know each person.
        linked: ids of children with a family link; a visitor who is one of them is family.
        as_of: visits after it do not count.
    """
    visits = attended_visits(tables, resolved, as_of)
    visits = visits[visits["is_family"] | visits["child_id"].isin(linked)]
    age = (pd.Timestamp(as_of) - visits["visit_date"]).dt.days
    recent, year = visits[age < 90], visits[age < 365]
    by_parent = pd.DataFrame({
        "visits_90_days": recent.groupby("person_id")["visit_id"].nunique(),
        "visits_365_days": year.groupby("person_id")["visit_id"].nunique(),
        "last_visit": visits.groupby("person_id")["visit_date"].max(),
    })  # fmt: skip
    by_child = year.groupby(["person_id", "child_id"])["visit_id"].nunique()
    return VisitCounts(by_parent, by_child.to_frame("child_visits_365_days"))


def attended_visits(tables: RunTables, resolved: PersonNumbers, as_of: date) -> pd.DataFrame:
    """One row per attended social visit and visitor: visit_id, person_id, visit_date, child_id,
    is_family.
    """
    names = ("visit_id", "prisoner_number", "visit_date", "visit_type", "status")
    visits = frame(tables, "prison/visits", names)
    is_past_social = visits["visit_type"].eq(SOCIAL) & visits["visit_date"].le(pd.Timestamp(as_of))
    prisoners = records(tables, ("offender",), ("record_id",), "prisoners")
    prisoners = prisoners[["record_id", "person_id"]]
    visits = visits[is_past_social].merge(
        prisoners, left_on="prisoner_number", right_on="record_id"
    )
    came = visitors_who_came(tables, visits)
    visitors = stacked(known_contacts(tables, came), others(tables, came))
    visitors["child_id"] = resolved[visitors["visitor_id"]]
    return visits[["visit_id", "person_id", "visit_date"]].merge(visitors, on="visit_id")


def visitors_who_came(tables: RunTables, visits: pd.DataFrame) -> pd.DataFrame:
    """Visitor rows of people who attended: visit_id, contact_id."""
    rows = frame(tables, "prison/visit_visitors", ("visit_id", "contact_id", "outcome"))
    rows = rows.merge(visits[["visit_id", "status"]], on="visit_id")
    is_unsaid = rows["outcome"].isna() & rows["status"].isin(HELD)
    return rows.loc[rows["outcome"].eq(ATTENDED) | is_unsaid, ["visit_id", "contact_id"]]


def known_contacts(tables: RunTables, came: pd.DataFrame) -> pd.DataFrame:
    """Visitors on the contact list: visit_id, visitor_id, is_family."""
    roles = ("declared_child", "declared_other")
    contacts = records(tables, roles, ("record_id",), "prisoner_contacts")
    family = frame(tables, "relationships", ("subject_mention_id",), {"relationship": FAMILY})
    contacts = contacts.assign(is_family=contacts["mention_id"].isin(family["subject_mention_id"]))
    joined = came.dropna(subset="contact_id").merge(
        contacts, left_on="contact_id", right_on="record_id"
    )
    joined = joined.rename(columns={"person_id": "visitor_id"})
    return joined[["visit_id", "visitor_id", "is_family"]]


def others(tables: RunTables, came: pd.DataFrame) -> pd.DataFrame:
    """Visitors without a contact record: visit_id, visitor_id, is_family (not known, so false).

    Their record id begins with the visit's. Where one of several such visitors of one visit came,
    all are counted: the source does not say which.
    """
    visitors = records(tables, ("visitor",), ("record_id",))
    visit_id = visitors["record_id"].str.rsplit("#", n=1).str[0]
    visitors = visitors.assign(visit_id=visit_id, is_family=False)
    attended = came.loc[came["contact_id"].isna(), "visit_id"].unique()
    visitors = visitors[visitors["visit_id"].isin(attended)]
    return visitors.rename(columns={"person_id": "visitor_id"})[
        ["visit_id", "visitor_id", "is_family"]
    ]
