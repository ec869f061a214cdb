"""How many children each offender states, names, and how many of the named were found.

In: the context; `declared_counts` from standardising. Out: the dataset `declared_children`,
pseudonymised.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from pipeline.contracts.outputs import DECLARED_CHILDREN
from pipeline.publish.context import Context, lookup
from pipeline.publish.frames import frame, to_table
from pipeline.publish.records import person_ids

WITHHELD = "(text withheld)"

COUNTING_WORDS = (
    r"\b(?:\d{1,2}|none|nil|no|not|known|unknown|na|n/a|nk|n/k|zero|one|two|three|four|five|six|"
    r"seven|eight|nine|ten|child|children|kids?|sons?|daughters?|step|and|plus|at|least|under|over|"
    r"refused|stated|disclosed)\b|[\s+?&.,/()-]"
)
"""What a stated number is written with. The field is free text: whatever is left may be a name."""


def declared_children(context: Context) -> pa.Table:
    """One row per offender who states a number of children or names one."""
    counts, named = stated_counts(context), named_counts(context)
    both = counts.join(named, how="outer")
    both[["named", "linked"]] = both[["named", "linked"]].fillna(0).astype("int32")
    stated = both["parsed_count"].astype("Int32")
    rows = both.assign(
        parsed_count=stated,
        unlinked=both["named"] - both["linked"],
        unnamed=(stated - both["named"]).clip(lower=0),
        unlinked_declared=unlinked_declared(stated, both["named"], both["linked"]),
        parent_key=context.pseudonyms(both.index.to_series()),
    )
    return to_table(rows.reset_index(drop=True), DECLARED_CHILDREN, context.run_id)


def unlinked_declared(stated: pd.Series, named: pd.Series, linked: pd.Series) -> pd.Series:
    """Children stated or named, whichever are more, beyond those found; never below 0.

    A stated number may count children who are named and children who are not: more is known of
    than is found, and of whom, nobody can tell.
    """
    known_of = pd.concat([stated.fillna(0), named], axis=1).max(axis=1)
    return (known_of - linked).clip(lower=0).astype("int32")


def stated_counts(context: Context) -> pd.DataFrame:
    """What each offender's records state; index person_id."""
    names = ("mention_id", "number_of_children_raw", "parsed_count", "parse_status")
    counts = frame(context.tables, "declared_counts", names)
    counts = counts[counts["number_of_children_raw"].notna()]
    counts = counts.assign(person_id=person_ids(context.tables, counts["mention_id"]))
    counts = counts.sort_values("mention_id")
    counts["number_of_children_raw"] = plain_counts(counts["number_of_children_raw"])
    counts["parsed_count"] = pd.to_numeric(counts["parsed_count"])
    by_offender = counts.groupby("person_id")
    return pd.DataFrame({
        "raw_count": joined(counts, "number_of_children_raw", " | "),
        "parse_status": joined(counts, "parse_status", "|"),
        "parsed_count": by_offender["parsed_count"].max(),
    })  # fmt: skip


def plain_counts(raw: pd.Series) -> pd.Series:
    """The recorded text where it is plainly a number, else a note that it is withheld."""
    text = raw.astype("string").str.strip()
    rest = text.str.replace(COUNTING_WORDS, "", case=False, regex=True)
    return text.where(rest.eq(""), WITHHELD).astype(object)


def joined(counts: pd.DataFrame, column: str, separator: str) -> pd.Series:
    """Each offender's distinct values of a column, in mention order, as one text."""
    distinct = counts.dropna(subset=column).drop_duplicates(["person_id", column])
    return distinct.groupby("person_id")[column].agg(separator.join)


def named_counts(context: Context) -> pd.DataFrame:
    """Children each offender names, and those found; index person_id.

    Each child counts once, however many agencies it was named to.
    """
    named = context.declared.drop_duplicates(["offender_id", "child_id"])
    is_found = lookup(named["child_id"], context.main_authority)["authority_code"].notna()
    by_offender = named.assign(is_found=is_found).groupby("offender_id")["is_found"]
    counts = pd.DataFrame({"named": by_offender.size(), "linked": by_offender.sum()})
    return counts.rename_axis("person_id")
