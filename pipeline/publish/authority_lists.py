"""The list of each local authority, for that authority and no other.

In: the context. Out: per authority, its own children who may be children of an adult in custody or
under supervision. Never an offence, an address, a link of band `low`, or anything that another
authority records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.outputs import MATCHED_CHILDREN
from pipeline.publish.children import is_living_child
from pipeline.publish.context import READABLE_BANDS, Context, as_flag, lookup
from pipeline.publish.evidence import (
    conflict_sentences,
    evidence_sentences,
    has_rival,
    seen_by_authority,
)
from pipeline.publish.frames import frame, to_table
from pipeline.publish.records import person_ids, records
from pipeline.publish.run_tables import NOBODY

NOT_A_PARENT = "not parent"
"""A reviewer's decision in `family_links.judgement`."""

FILLED_IN_BY_READER = ("decision", "decision_reason", "decided_by", "decided_on")
CHILD_NAMES = {
    "first_name": "child_first_name", "last_name": "child_last_name",
    "date_of_birth": "child_date_of_birth", "sex": "child_sex",
}  # fmt: skip
RESTRICTED_BETWEEN = (
    ("parent_id", "child_id"),
    ("parent_id", "declared_person_id"),
    ("related_adult_id", "child_id"),
)
"""Columns of a row that name the two between whom contact may be restricted."""


@dataclass(frozen=True)
class AuthorityList:
    """One authority's list.

    Attributes:
        authority_code: whose it is.
        table: its rows; there may be none.
    """

    authority_code: str
    table: pa.Table


def authority_lists(context: Context) -> Iterator[AuthorityList]:
    """A list for every authority that sent children, in order of code; empty ones too."""
    rows = list_rows(context)
    by_authority = dict(tuple(rows.groupby("authority_code")))
    for code in sorted(context.child_records["authority_code"].unique()):
        own = by_authority.get(code, rows.iloc[:0])
        own = own.assign(match_id=match_ids(context, code, own))
        yield AuthorityList(code, to_table(own, MATCHED_CHILDREN, context.run_id))


def match_ids(context: Context, authority_code: str, rows: pd.DataFrame) -> pd.Series:
    """Names of the rows: kept from list to list, different for every authority."""
    parent, child = (context.tables.persons.named(rows[n]) for n in ("parent_id", "child_id"))
    pairs = parent + "|" + child
    return context.key.pseudonyms(f"authority/{authority_code}", pairs)


def list_rows(context: Context) -> pd.DataFrame:
    """Every row of every list, `match_id` excepted."""
    links = listed_links(context)
    rows = own_records(context, links)
    rows = seen_by_authority(rows, is_recorded_here(context, rows))
    columns = [rows, parent_columns(context, rows), custody_columns(context, rows)]
    settings = context.settings
    return pd.concat(columns, axis=1).assign(
        as_of_date=context.as_of,
        evidence_summary=evidence_sentences(rows["relationship_basis"], rows["evidence_summary"]),
        has_rival=has_rival(rows["conflicts"]),
        conflicts=conflict_sentences(rows["conflicts"]),
        has_contact_restriction=is_contact_restricted(context, rows),
        is_limited_access=rows["parent_id"].isin(limited_access_offenders(context)),
        purpose=settings.purpose,
        legal_gateway=settings.legal_gateway,
        **dict.fromkeys(FILLED_IN_BY_READER, None),
    )


def listed_links(context: Context) -> pd.DataFrame:
    """Links that a list may show: readable bands, living children, nothing judged not a parent."""
    links = context.links
    is_shown = links["match_band"].isin(READABLE_BANDS) & ~links["judgement"].eq(NOT_A_PARENT)
    if context.settings.limited_access == "withhold":
        is_shown &= ~links["parent_id"].isin(limited_access_offenders(context))
    is_shown &= is_living_child(context, links["child_id"])
    return links[is_shown]


def limited_access_offenders(context: Context) -> set[int]:
    """Offenders any of whose records is restricted by its source."""
    offenders = records(context.tables, ("offender",), ("is_limited_access",))
    restricted = offenders.loc[offenders["is_limited_access"].eq(True), "person_id"]
    return set(restricted)


def own_records(context: Context, links: pd.DataFrame) -> pd.DataFrame:
    """Each link once per authority that holds the child, with the child as that authority has it.

    Where an authority holds the child twice, the lowest id stands and the others are named.
    """
    held = context.child_records
    held = held[held["person_id"].isin(links["child_id"])]
    held = held.sort_values(["person_id", "authority_code", "record_id"])
    held = held.rename(columns={"person_id": "child_id", "record_id": "child_person_id"})
    by_child = held.groupby(["child_id", "authority_code"], sort=True)
    first = by_child[["child_person_id"]].first()
    best = held.loc[by_child["case_rank"].idxmin(), ["child_id", "authority_code", "case_status"]]
    first = first.join(best.set_index(["child_id", "authority_code"])).join(other_ids(held))
    rows = links.merge(first.reset_index(), on="child_id")
    return rows.merge(
        recorded_children(context), on=["authority_code", "child_person_id"], how="left"
    )


def other_ids(held: pd.DataFrame) -> pd.Series:
    """Ids after the first of a child whom one authority holds more than once."""
    keys = ["child_id", "authority_code"]
    further = held[held.duplicated(keys)]
    return further.groupby(keys)["child_person_id"].agg("; ".join).rename("other_child_person_ids")


def recorded_children(context: Context) -> pd.DataFrame:
    """Names, dates of birth and sex of children, as their authorities wrote them."""
    names = ("authority_code", "person_id", *CHILD_NAMES)
    children = frame(context.tables, "childrens_services/children", names)
    children = children.rename(columns={"person_id": "child_person_id", **CHILD_NAMES})
    children["child_date_of_birth"] = children["child_date_of_birth"].astype("string")
    return children.drop_duplicates(["authority_code", "child_person_id"])


def is_recorded_here(context: Context, rows: pd.DataFrame) -> pd.Series:
    """Whether the row's own authority records the adult that the link rests on."""
    adults = records(context.tables, ("related_adult",), ("authority_code",))
    adults = adults[adults["person_id"].isin(rows["related_adult_id"])]
    held = pd.MultiIndex.from_frame(adults[["person_id", "authority_code"]])
    asked = pd.MultiIndex.from_frame(rows[["related_adult_id", "authority_code"]])
    return pd.Series(asked.isin(held), index=rows.index)


def parent_columns(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Names and date of birth of the adult."""
    adult = lookup(rows["parent_id"], context.offenders)
    columns = {
        "parent_first_name": adult["given_name"].astype("string").str.title(),
        "parent_last_name": adult["surname"].astype("string").str.title(),
        "parent_date_of_birth": adult["date_of_birth"],
    }
    return pd.DataFrame(columns)


def custody_columns(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Where the adult is now, in the detail that the settings allow."""
    now = lookup(rows["parent_id"], context.justice)
    detail = context.settings.establishment_detail
    prisons = context.reference.prisons
    place = now["prison_id"].map(prisons[detail]) if detail != "none" else None
    return pd.DataFrame({
        "custody_status": now["custody_status"],
        "custody_since": now["custody_since"].dt.date,
        "establishment": place,
    }, index=rows.index)  # fmt: skip


def is_contact_restricted(context: Context, rows: pd.DataFrame) -> pd.Series:
    """Whether prison, probation, or the relationship itself restricts contact between the two."""
    alerted = rows["parent_id"].isin(kept_from_children(context))
    pairs = restricted_pairs(context)
    # The nearest declared child counts even where it is not surely this child: better one flag
    # too many than an approach that was forbidden.
    for adult, child in RESTRICTED_BETWEEN:
        alerted |= pd.MultiIndex.from_frame(rows[[adult, child]]).isin(pairs)
    return alerted


def kept_from_children(context: Context) -> pd.Series:
    """Offenders with an active alert of a prison, or an open registration, about children."""
    both: pd.Series = pd.concat(
        [
            offenders_of(context, "prisoners", alerted_prisoners(context)),
            offenders_of(context, "offenders", registered_risks(context)),
        ]
    )
    return both


def alerted_prisoners(context: Context) -> pd.Series:
    """Numbers of prisoners with an active alert that restricts contact with children."""
    names = ("prisoner_number", "alert_code", "is_active")
    alerts = frame(context.tables, "prison/prisoner_alerts", names)
    is_restricting = alerts["alert_code"].isin(context.settings.contact_restriction_alerts)
    return alerts.loc[is_restricting & as_flag(alerts["is_active"]), "prisoner_number"]


def registered_risks(context: Context) -> pd.Series:
    """Numbers of offenders with an open registration of a risk to children."""
    names, today = ("crn", "code", "start_date", "end_date"), pd.Timestamp(context.as_of)
    found = frame(context.tables, "probation/registrations", names)
    is_open = ~(found["start_date"].gt(today) | found["end_date"].le(today))
    is_risk = found["code"].isin(context.settings.contact_restriction_registrations)
    return found.loc[is_open & is_risk, "crn"]


def offenders_of(context: Context, table: str, numbers: pd.Series) -> pd.Series:
    """The persons whom these records of a table are."""
    held = records(context.tables, ("offender",), ("record_id",), table)
    persons: pd.Series = held.loc[held["record_id"].isin(numbers), "person_id"]
    return persons


def restricted_pairs(context: Context) -> pd.MultiIndex:
    """Adult and child between whom a source restricts contact, either being the one who said so."""
    names = ("subject_mention_id", "object_mention_id", "is_restricted")
    stated = frame(context.tables, "relationships", names)
    stated = stated[as_flag(stated["is_restricted"])]
    subject = context.resolved[person_ids(context.tables, stated["subject_mention_id"])]
    other = person_ids(context.tables, stated["object_mention_id"]).to_numpy()
    # A contact list names the child first, an authority the adult: the pair is kept both ways.
    both = pd.DataFrame({
        "adult": np.concatenate([other, subject]), "child": np.concatenate([subject, other])
    })  # fmt: skip
    return pd.MultiIndex.from_frame(both[(both != NOBODY).all(axis=1)])
