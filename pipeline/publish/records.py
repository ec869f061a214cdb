"""Which records are which person, as every dataset asks it.

In: mentions, mention_persons, declared_child_links. Out: frames of records with person ids.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.contracts.schema import in_one_piece, in_order
from pipeline.publish.frames import Tables, frame, some_columns

OWN_CHILD = ("child", "step_child")
"""What counts as a child of the offender: not a grandchild, niece or nephew."""


def records(tables: Tables, roles: tuple[str, ...], columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Mentions in some roles with the person each is, in mention order.

    Args:
        tables: the run's tables.
        roles: one or more of ROLES.
        columns: further columns of mentions.
    """
    names = ("mention_id", "role", "table", "record_id", *columns)
    mentions = frame(tables, "mentions", names, roles)
    persons = person_ids(tables, mentions["mention_id"])
    known = mentions.assign(person_id=persons)[persons.notna()]
    return known.sort_values("mention_id", ignore_index=True)


def person_ids(tables: Tables, mention_ids: pd.Series) -> pd.Series:
    """The person that each mention is; null for a mention that is nobody's."""
    asked = mention_ids.to_numpy(float, na_value=np.nan)
    return pd.Series(
        persons_of(tables, asked).to_numpy(zero_copy_only=False), index=mention_ids.index,
        dtype=object,
    )  # fmt: skip


def persons_of(tables: Tables, mention_ids: np.ndarray) -> pa.Array:
    """The person that each mention is, in Arrow; null for a mention that is nobody's, and NaN."""
    persons = some_columns(tables, "mention_persons", ("mention_id", "person_id"))
    # Sorted, as the stage leaves it: no index of millions need be made to look a few up.
    persons = in_order(persons, ("mention_id",))
    known = np.append(persons["mention_id"].to_numpy(), -1)
    places = np.searchsorted(known[:-1], mention_ids)
    is_nobody = known[places] != mention_ids
    return in_one_piece(persons["person_id"]).take(pa.array(places, pa.int64(), mask=is_nobody))


def resolved_children(tables: Tables, least_probability: float) -> pd.Series:
    """Declared person id → id of the children's services child that it surely is.

    Where two children pass the bar, the more probable is taken; on a tie, the lower id.
    """
    links = frame(
        tables, "declared_child_links", ("declared_person_id", "child_id", "match_probability")
    )
    sure = links[links["match_probability"] >= least_probability]
    sure = sure.sort_values(
        ["declared_person_id", "match_probability", "child_id"], ascending=[True, False, True]
    )
    best = sure.drop_duplicates("declared_person_id")
    return best.set_index("declared_person_id")["child_id"]


def resolve(person_ids: pd.Series, resolved: pd.Series) -> pd.Series:
    """Person ids with every surely found declared child under its child's id."""
    return person_ids.map(resolved).fillna(person_ids)


def declared_children(tables: Tables, resolved: pd.Series) -> pd.DataFrame:
    """Every naming of an own child: offender_id, declared_person_id, child_id, mention_id.

    `child_id` is the id under which the child is known in the outputs: that of the children's
    services child where it is surely found, else its own. A child named to two agencies is there
    twice.
    """
    declared = records(tables, ("declared_child",), ("owner_mention_id",))
    stated = frame(tables, "relationships", ("subject_mention_id", "relationship"))
    own = stated.loc[stated["relationship"].isin(OWN_CHILD), "subject_mention_id"].unique()
    declared = declared[declared["mention_id"].isin(own)]
    declared = declared.rename(columns={"person_id": "declared_person_id"})
    declared = declared.assign(offender_id=person_ids(tables, declared["owner_mention_id"]))
    declared = declared[declared["offender_id"].notna()]
    return declared.assign(child_id=resolve(declared["declared_person_id"], resolved))


def first_known(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The first recorded value of each column per person, in mention order; index person_id."""
    ordered = rows.sort_values("mention_id")
    is_shared = ordered["person_id"].duplicated(keep=False)
    of_several = ordered[is_shared].groupby("person_id")[columns].first()
    of_one = ordered[~is_shared].set_index("person_id")[columns]
    return pd.concat([part for part in (of_one, of_several) if len(part)] or [of_one]).sort_index()
