"""Which records are which person, as every dataset asks it.

In: mentions, mention_persons, persons, declared_child_links. Out: frames of records with the number
of each person (`run_tables`), in columns that are named as ids, and what is printed of persons.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.contracts.schema import in_order
from pipeline.publish.frames import frame
from pipeline.publish.run_tables import NOBODY, PersonNumbers, RunTables

PRINTED = ("given_name", "surname", "date_of_birth", "sex")

OWN_CHILD = ("child", "step_child")
"""What counts as a child of the offender: not a grandchild, niece or nephew."""


def records(
    tables: RunTables, roles: Sequence[str], columns: Sequence[str] = (), table: str = ""
) -> pd.DataFrame:
    """Mentions in some roles with the person each is, in mention order: mention_id, person_id, …

    Args:
        tables: the run's tables.
        roles: one or more of ROLES.
        columns: further columns of mentions.
        table: only mentions of this table of an extract; of all unless given.
    """
    only = {"role": roles, "table": [table]} if table else {"role": roles}
    mentions = frame(tables, "mentions", ("mention_id", *columns), only)
    persons = person_ids(tables, mentions["mention_id"])
    known = mentions.assign(person_id=persons)[persons != NOBODY]
    return known.sort_values("mention_id", ignore_index=True)


def person_ids(tables: RunTables, mention_ids: pd.Series) -> pd.Series:
    """The number of the person that each mention is; `NOBODY` for a mention that is nobody's."""
    asked = mention_ids.to_numpy(float, na_value=np.nan)
    return pd.Series(persons_of(tables, asked), index=mention_ids.index)


def persons_of(tables: RunTables, mention_ids: np.ndarray) -> PersonNumbers:
    """The number of the person that each mention is; `NOBODY` for no person's, and for NaN."""
    persons = tables.columns("mention_persons", ("mention_id", "person_id"))
    # Sorted, as the stage leaves it: no index of millions need be made to look a few up.
    persons = in_order(persons, ("mention_id",))
    known, numbers = (persons[name].to_numpy() for name in persons.column_names)
    known, numbers = np.append(known, NOBODY), np.append(numbers, NOBODY)
    places = np.searchsorted(known[:-1], mention_ids)
    return np.where(known[places] == mention_ids, numbers[places], NOBODY)


def resolved_children(tables: RunTables, least_probability: float) -> PersonNumbers:
    """As whom the outputs know each person: a declared child as the child that it surely is.

    Where two children of children's services pass the bar, the more probable is taken; on a tie,
    the lower id.

    Returns:
        (n_persons + 1,) numbers of persons; everyone else is who they are. The last place, which
        is that of `NOBODY`, holds `NOBODY`.
    """
    links = frame(
        tables, "declared_child_links", ("declared_person_id", "child_id", "match_probability")
    )
    sure = links[links["match_probability"] >= least_probability]
    sure = sure.assign(child=tables.persons.named(sure["child_id"]))
    sure = sure.sort_values(
        ["declared_person_id", "match_probability", "child"], ascending=[True, False, True]
    )
    best = sure.drop_duplicates("declared_person_id")
    known_as = np.append(np.arange(len(tables.persons.ids)), NOBODY)
    known_as[best["declared_person_id"]] = best["child_id"]
    return known_as


def declared_children(tables: RunTables, resolved: PersonNumbers) -> pd.DataFrame:
    """Every naming of an own child: offender_id, declared_person_id, child_id, mention_id.

    `child_id` is the person as whom the child is known in the outputs: the children's services
    child where it is surely found, else itself. A child named to two agencies is there twice.
    """
    declared = records(tables, ("declared_child",), ("owner_mention_id",))
    own = frame(tables, "relationships", ("subject_mention_id",), {"relationship": OWN_CHILD})
    declared = declared[declared["mention_id"].isin(own["subject_mention_id"])]
    declared = declared.rename(columns={"person_id": "declared_person_id"})
    declared = declared.assign(offender_id=person_ids(tables, declared["owner_mention_id"]))
    declared = declared[declared["offender_id"] != NOBODY]
    return declared.assign(child_id=resolved[declared["declared_person_id"]])


def printed_values(tables: RunTables, kinds: Sequence[str]) -> pd.DataFrame:
    """Names, date of birth and sex of persons of some kinds, as `persons` has them.

    `persons` decides which of a person's values is printed, so that no two datasets differ.

    Returns:
        Columns `PRINTED`, null where no record states one; index person_id.
    """
    return frame(tables, "persons", ("person_id", *PRINTED), {"kind": kinds}).set_index("person_id")


def first_known(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The first recorded value of each column per person, in mention order; index person_id."""
    ordered = rows.sort_values("mention_id")
    is_shared = ordered["person_id"].duplicated(keep=False)
    of_several = ordered[is_shared].groupby("person_id")[columns].first()
    of_one = ordered[~is_shared].set_index("person_id")[columns]
    return pd.concat([part for part in (of_one, of_several) if len(part)] or [of_one]).sort_index()
