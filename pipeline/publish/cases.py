"""How children's services know each child at the as-of date.

In: child mentions, episodes of every authority. Out: one row per child and authority, and the one
authority that is most involved with each child.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pipeline.contracts.outputs import CASE_STATUSES
from pipeline.publish.frames import frame
from pipeline.publish.records import records
from pipeline.publish.run_tables import RunTables

OPEN_STATUSES = CASE_STATUSES[:4]
CLOSED_RANK, UNKNOWN_RANK = 4, 5

FACTORS = {
    "has_substance_factor": r"(?:^|\W)[12][ABC]",
    "has_domestic_abuse_factor": r"(?:^|\W)3[ABC]",
    "has_mental_health_factor": r"(?:^|\W)4[ABC]",
    "has_young_carer_factor": r"(?:^|\W)7A",
}
"""Assessment factors of the children in need census, by their codes."""

NEEDS = {"has_abuse_or_neglect_need": "N1", "has_absent_parenting_need": "N8"}
FLAGS = (*NEEDS, *FACTORS)

ETHNIC_GROUPS = {"A": "Asian", "B": "Black", "M": "Mixed", "O": "Other", "W": "White"}
ETHNIC_EXCEPTIONS = {"CHNE": "Asian", "O1": "Asian", "OOTH": "Other"}
ETHNIC_CODE = r"^([ABMOW])(?:\d|[A-Z]{3})?$"


def child_records(tables: RunTables) -> pd.DataFrame:
    """Every children's services record of a child, with the child it is, its case there.

    Columns: mention_id, authority_code, record_id, person_id, case_rank, `FLAGS`.
    """
    return records(tables, ("child",), ("authority_code", "record_id"))


def with_cases(children: pd.DataFrame, tables: RunTables, as_of: date) -> pd.DataFrame:
    """The same records with `case_rank`, `case_status` and need flags (null: no open episode)."""
    cases = record_cases(tables, as_of)
    joined = children.merge(
        cases, left_on=["authority_code", "record_id"], right_index=True, how="left"
    )
    rank = joined["case_rank"].fillna(UNKNOWN_RANK).astype(int)
    return joined.assign(case_rank=rank, case_status=np.array(CASE_STATUSES)[rank])


def record_cases(tables: RunTables, as_of: date) -> pd.DataFrame:
    """Per (authority_code, person_id) with an episode: `case_rank` and need flags.

    Flags are 1 and 0 as floats, null without an open episode: a column of true, false and null is
    one of objects, which pandas groups a row at a time.
    """
    names = (
        "authority_code", "person_id", "status", "start_date", "end_date", "primary_need_code",
        "assessment_factors",
    )  # fmt: skip
    episodes = frame(tables, "childrens_services/episodes", names)
    today = pd.Timestamp(as_of)
    episodes = episodes[~episodes["start_date"].gt(today)]
    is_open = ~episodes["end_date"].le(today)
    ranks = episodes["status"].astype("string").str.upper().map(
        {status: rank for rank, status in enumerate(OPEN_STATUSES)}
    )  # fmt: skip
    episodes = episodes.assign(case_rank=ranks.fillna(UNKNOWN_RANK).where(is_open, CLOSED_RANK))
    by_record = ["authority_code", "person_id"]
    flags = open_flags(episodes[is_open]).groupby(by_record)[list(FLAGS)].max()
    return episodes.groupby(by_record)[["case_rank"]].min().join(flags.astype(float))


def open_flags(episodes: pd.DataFrame) -> pd.DataFrame:
    """Open episodes with a column for each need flag."""
    need = episodes["primary_need_code"].astype("string").str.upper()
    flags = {name: need.eq(code).fillna(False).to_numpy(bool) for name, code in NEEDS.items()}
    places, distinct = pd.factorize(episodes["assessment_factors"].fillna(""))
    texts = pd.Series(distinct, dtype="string").str.upper()
    for name, code in FACTORS.items():
        flags[name] = texts.str.contains(code, regex=True).to_numpy(bool)[places]
    return episodes.assign(**flags)


def main_authority(children: pd.DataFrame) -> pd.DataFrame:
    """Each child with the authority most involved; index person_id.

    The highest open status decides, then the lower code, so that the choice never changes with row
    order. Columns: authority_code, case_status, authority_count, `FLAGS` (of any authority).
    """
    ordered = children.sort_values(["person_id", "case_rank", "authority_code"])
    main = ordered.drop_duplicates("person_id").set_index("person_id")
    # Most children have one record, which is all there is to say of them.
    columns = ["authority_code", "case_status", *FLAGS]
    main = main[columns].assign(authority_count=1)
    by_child = children[children["person_id"].duplicated(keep=False)].groupby("person_id")
    main.update(by_child[list(FLAGS)].max())
    counts = by_child["authority_code"].nunique()
    main.loc[counts.index, "authority_count"] = counts
    return main


def ethnic_group(codes: pd.Series) -> pd.Series:
    """The census group of an ethnicity code of any of the three agencies; null where not stated."""
    places, distinct = pd.factorize(codes)
    text = pd.Series([*distinct, None], dtype="string").str.strip().str.upper()
    letter = text.str.extract(ETHNIC_CODE, expand=False)
    is_exception = text.isin(list(ETHNIC_EXCEPTIONS))
    group = letter.map(ETHNIC_GROUPS).astype(object)
    group = group.mask(is_exception, text.map(ETHNIC_EXCEPTIONS).astype(object))
    return pd.Series(group.to_numpy()[places], index=codes.index, dtype=object)
