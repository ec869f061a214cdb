"""What is true of the made-up people, for measuring a run against.

In: a `World` and what each agency holds of it. Out: the tables of `truth/`, and who is protected.

- `person_truth`: source, table, record_id, true_person_id; of each record that a run should hold.
- `family_truth`: each true child of each offender, whether the child has a record in a children's
  services extract, whether a justice record names it, whether the parent is recorded with it.
- `persons`: sex, name culture and birth year of true persons, to measure by group.
- `withheld_records`: records of protected persons and of adopted children, which no run may show.
- `adoptions`: the two persons that each adopted child is; nothing may ever join them.

A visitor without a contact record is one person per prisoner, named by what the booking says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.contracts.suppression import SALT_CHECK, keyed_hash, protected_hash, rows_check
from pipeline.synthetic.draws import Array, either
from pipeline.synthetic.naming import CULTURES
from pipeline.synthetic.world import Holdings, World, true_person_ids

RECORD = ["source", "table", "record_id", "true_person_id"]
KIND_OF_KEY = {
    ("prison", "prisoners"): "prisoner_number",
    ("prison", "prisoner_contacts"): "prison_contact_id",
    ("probation", "offenders"): "crn",
    ("probation", "personal_contacts"): "probation_contact_id",
}
OFFICIAL_NUMBERS = ("prisoner_number", "crn", "pnc_number", "cro_number", "ni_number")


def true_tables(world: World, holdings: list[Holdings]) -> dict[str, pd.DataFrame]:
    """Every table of `truth/`, by name."""
    records = pd.concat(
        [held.truth.assign(source=held.source) for held in holdings], ignore_index=True
    )
    records["reason"] = _reasons_to_withhold(world, holdings, records)
    shown = records[records["reason"].isna()]
    withheld = records[records["reason"].notna()]
    return {
        "person_truth": shown[RECORD],
        "family_truth": _family_truth(world, holdings, shown),
        "persons": _persons(world, records["true_person_id"]),
        "withheld_records": withheld[[*RECORD, "reason"]],
        "adoptions": pd.DataFrame({
            f"{name}_true_id": true_person_ids(world.made.adoptions[name].to_numpy())
            for name in ("before", "after")
        }),
    }  # fmt: skip


def protected_people(world: World) -> Array:
    """Rows of `people` whose household is under protection."""
    return np.flatnonzero(world.households.is_protected[world.households.of_person])


def _reasons_to_withhold(
    world: World, holdings: list[Holdings], records: pd.DataFrame
) -> pd.Series:
    """`protected` or `adopted` for each record that must not be seen, null for the others."""
    protected = set(true_person_ids(protected_people(world)))
    is_keyed = records["table"].isin([table for _, table in KIND_OF_KEY])
    is_keyed |= records["source"].str.startswith("childrens_services/")
    is_protected = records["true_person_id"].isin(protected) & is_keyed
    owners = set(records.loc[is_protected, "record_id"])
    # What a protected offender has declared goes with the offender's record.
    is_protected |= records["owner"].isin(owners)
    children = [held.tables["children"] for held in holdings if "children" in held.tables]
    adopted = pd.concat([table.loc[table["is_adopted"], "person_id"] for table in children])
    # Ids of children's services are drawn once for all authorities.
    is_adopted = records["table"].eq("children") & records["record_id"].isin(set(adopted))
    reason = np.where(is_protected, "protected", either(is_adopted, "adopted", None))
    return pd.Series(reason, index=records.index, dtype=object)


def _family_truth(world: World, holdings: list[Holdings], shown: pd.DataFrame) -> pd.DataFrame:
    """Every true child, and step-child, of every offender who may be shown."""
    pairs = world.offending.children
    parent, child = (true_person_ids(pairs[name].to_numpy()) for name in ("person", "child"))
    hidden = np.isin(pairs["child"], world.made.adoptions["before"])
    hidden |= np.isin(pairs["child"], protected_people(world))
    offenders = shown.loc[shown["table"].isin(["prisoners", "offenders"]), "true_person_id"]
    in_services = shown.loc[shown["table"] == "children", "true_person_id"]
    key = pd.MultiIndex.from_frame(pairs[["person", "child"]])
    named, listed = (
        pd.MultiIndex.from_frame(
            pd.concat([held.pairs[["parent", "child"]] for held in holdings
                       if held.source.startswith("childrens_services/") == is_services])
        )
        for is_services in (False, True)
    )  # fmt: skip
    truth = pd.DataFrame({
        "parent_true_id": parent,
        "child_true_id": child,
        "relationship": pairs["relationship"],
        "lives_with_child": pairs["lives_with_child"],
        "child_in_cs": pd.Index(child).isin(in_services),
        "nominated": key.isin(named),
        "parent_listed_in_cs": key.isin(listed),
    })  # fmt: skip
    witnessed = truth["nominated"] | truth["parent_listed_in_cs"]
    truth["findable"] = truth["child_in_cs"] & witnessed
    kept = truth["parent_true_id"].isin(offenders) & ~hidden
    return truth[kept]


def _persons(world: World, ids: pd.Series) -> pd.DataFrame:
    """Everyone of the population who has a record anywhere."""
    known = pd.Series(ids.unique())
    row = known[known.str.startswith("T")].str[1:].astype(int).sort_values().to_numpy()
    people = world.people.iloc[row]
    birth_year = people["birth"].to_numpy().astype("datetime64[Y]").astype(int) + 1970
    return pd.DataFrame({
        "true_person_id": true_person_ids(row),
        "sex": people["sex"].to_numpy(),
        "name_culture": np.array(CULTURES, dtype=object)[people["culture"]],
        "birth_year": birth_year.astype(np.int32),
    })  # fmt: skip


def protected_hashes(
    world: World, holdings: list[Holdings], withheld: pd.DataFrame
) -> pd.DataFrame:
    """The `protected_persons` input: a salted hash of each identifier, and the check row last."""
    salt = world.settings.salt
    protected = withheld[withheld["reason"] == "protected"]
    named = protected[["source", "table", "record_id"]].astype(str).to_numpy().tolist()
    hashes = [
        protected_hash(*_kind_and_value(source, table, record_id), salt)
        for source, table, record_id in named
        if source.startswith("childrens_services/") or (source, table) in KIND_OF_KEY
    ]
    hashes += _hashes_of_numbers(world, holdings, protected, salt)
    rows = sorted(set(hashes))
    rows.append(rows_check(len(rows), salt))
    salt_check = keyed_hash(SALT_CHECK, salt.encode())
    return pd.DataFrame({"identifier_hash": rows, "salt_check": salt_check}, dtype=object)


def _kind_and_value(source: str, table: str, record_id: str) -> tuple[str, str]:
    if source.startswith("childrens_services/"):
        return "person_id", f"{source.rpartition('/')[2]}/{record_id}"
    return KIND_OF_KEY[source, table], record_id


def _hashes_of_numbers(
    world: World, holdings: list[Holdings], protected: pd.DataFrame, salt: str
) -> list[str]:
    """Hashes of the official numbers of protected offenders and children."""
    offenders = world.offending.offenders
    mine = offenders[offenders["person"].isin(protected_people(world))]
    hashes = [
        protected_hash(name, value, salt) for name in OFFICIAL_NUMBERS for value in mine[name]
    ]
    for held in holdings:
        if "children" not in held.tables:
            continue
        children = held.tables["children"]
        ids = protected.loc[protected["source"] == held.source, "record_id"]
        rows = children[children["person_id"].isin(ids)]
        hashes += [
            protected_hash(name, value, salt)
            for name in ("nhs_number", "upn")
            for value in rows[name].dropna()
        ]
    return hashes
