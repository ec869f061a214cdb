"""Where the justice system has each offender at the as-of date.

In: custody and supervision periods, prisoner records, offender mentions. Out: one row per offender:
present custody, its start, its prison, supervision, and one status that the lists show.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pipeline.publish.frames import frame, stacked
from pipeline.publish.records import records
from pipeline.publish.run_tables import RunTables

GAP_DAYS = 1
"""Periods that touch, or leave one night between them, are one custody: a move between prisons."""

LICENCE_WORDS = r"LICEN|PAROLE|POST.?SENTENCE|\bPSS\b"


def justice_status(tables: RunTables, as_of: date) -> pd.DataFrame:
    """Each offender's status; index person_id.

    Columns: `custody_since`, `prison_id` (null when not in custody), `custody_days`,
    `is_in_custody`, `is_on_supervision`, `custody_status`.
    """
    offenders = records(tables, ("offender",), ("table", "record_id"))
    status = pd.DataFrame(index=pd.Index(np.unique(offenders["person_id"]), name="person_id"))
    status = status.join(present_custody(custody_periods(tables, offenders, as_of), as_of))
    status = status.join(present_supervision(tables, offenders, as_of))
    is_in_custody = status["custody_since"].notna()
    is_released = status["was_in_custody"].eq(True)
    is_on_licence = status["is_on_licence"].eq(True)
    is_on_supervision = status["is_on_supervision"].eq(True)
    was_on_supervision = status["is_on_supervision"].notna()
    word = np.select(
        [is_in_custody, is_on_licence, is_on_supervision, is_released, was_on_supervision],
        ["in_custody", "on_licence", "community_order", "released", "order_ended"],
        default="not_known",
    )
    days = (pd.Timestamp(as_of) - status["custody_since"]).dt.days
    return status.assign(
        is_in_custody=is_in_custody, is_on_supervision=is_on_supervision, custody_status=word,
        custody_days=days,
    )  # fmt: skip


def custody_periods(tables: RunTables, offenders: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Custody begun by the as-of date: person_id, prison_id, start_date, end_date.

    A prisoner of whom no period was sent is taken from the prisoner record itself.
    """
    names = ("prisoner_number", "prison_id", "start_date", "end_date")
    periods = frame(tables, "prison/custody_periods", names)
    stated = periods_of_prisoners(tables, as_of)
    stated = stated[~stated["prisoner_number"].isin(periods["prisoner_number"])]
    both = stacked(periods, stated)
    prisons = offenders[offenders["table"] == "prisoners"]
    both = both.merge(prisons, left_on="prisoner_number", right_on="record_id")
    begun = both["start_date"].le(pd.Timestamp(as_of)) & ~both["end_date"].lt(both["start_date"])
    return both.loc[begun, ["person_id", "prison_id", "start_date", "end_date"]]


def periods_of_prisoners(tables: RunTables, as_of: date) -> pd.DataFrame:
    """The one period that each prisoner record itself tells of; open when the status is active."""
    names = ("prisoner_number", "prison_id", "status", "reception_date", "release_date")
    prisoners = frame(tables, "prison/prisoners", names)
    is_active = prisoners["status"].astype("string").str.upper().str.startswith("ACTIVE", na=False)
    released = pd.to_datetime(prisoners["release_date"])
    ended = released.where(released.le(pd.Timestamp(as_of)), pd.Timestamp(as_of))
    return pd.DataFrame({
        "prisoner_number": prisoners["prisoner_number"],
        "prison_id": prisoners["prison_id"],
        "start_date": pd.to_datetime(prisoners["reception_date"]),
        "end_date": ended.mask(is_active),
    })  # fmt: skip


def present_custody(periods: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The custody that holds each person at the as-of date; index person_id.

    Columns: `was_in_custody` (true for everyone who ever was), `custody_since` and `prison_id`
    (null for whoever is out). Someone who leaves on the as-of date is out.
    """
    today = pd.Timestamp(as_of)
    periods = periods.assign(end=periods["end_date"].where(periods["end_date"].le(today)))
    periods["end"] = periods["end"].fillna(today + pd.Timedelta(days=1)).astype("datetime64[s]")
    periods = periods.sort_values(["person_id", "start_date", "end", "prison_id"])
    spells = continuous_spells(periods)
    since = spells.loc[spells["end"] > today].groupby("person_id")["start_date"].min()
    open_now = periods.loc[periods["end"] > today].drop_duplicates("person_id", keep="last")
    prison = open_now.set_index("person_id")["prison_id"]
    result = pd.DataFrame(index=pd.Index(periods["person_id"].unique(), name="person_id"))
    return result.assign(was_in_custody=True, custody_since=since, prison_id=prison)


def continuous_spells(periods: pd.DataFrame) -> pd.DataFrame:
    """Periods that touch or overlap, joined: person_id, start_date, end.

    Args:
        periods: sorted by person_id, start_date.
    """
    latest = periods.groupby("person_id")["end"].cummax()
    before = latest.groupby(periods["person_id"]).shift()
    is_new = ~(periods["start_date"] <= before + pd.Timedelta(days=GAP_DAYS))
    grouped = periods.assign(spell=is_new.cumsum()).groupby("spell", as_index=False)
    return grouped.agg(
        person_id=("person_id", "first"), start_date=("start_date", "min"), end=("end", "max")
    )


def present_supervision(tables: RunTables, offenders: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Whether each person is supervised at the as-of date, and on licence; index person_id.

    Someone whose orders have all ended is there with false, someone who never had one is not.
    """
    today = pd.Timestamp(as_of)
    names = ("crn", "start_date", "end_date", "order_type")
    periods = frame(tables, "probation/supervision_periods", names)
    probation = offenders[offenders["table"] == "offenders"]
    periods = periods.merge(probation, left_on="crn", right_on="record_id")
    begun = periods[periods["start_date"].le(today)]
    is_open = ~begun["end_date"].le(today)
    words = begun["order_type"].astype("string").str.upper()
    is_licence = words.str.contains(LICENCE_WORDS, na=False).astype(bool)
    begun = begun.assign(is_on_supervision=is_open, is_on_licence=is_open & is_licence)
    return begun.groupby("person_id")[["is_on_supervision", "is_on_licence"]].any()
