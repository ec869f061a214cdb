"""The default specification for persons: whichever standard columns are present.

In: column names and what they hold. Out: a `LinkageSpec` whose rules narrow to the data's size. It
must not know any data.

What the rules miss: docs/method.md, "What blocking misses".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import SpecError
from pipeline.linkage.spec import Comparison, LinkageSpec, RuleFamily

ROLES = (
    "given_name", "middle_names", "surname", "date_of_birth", "sex",
    "address", "town", "postcode", "phone", "email",
)  # fmt: skip
"""Standard columns, in the order of the pattern. A role is also the kind it compares as."""

NAMES = "{given_name, surname}"

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("date_of_birth", f"date_of_birth + {NAMES}.initial"),
    ("date_of_birth + given_name.initial",),
    ("date_of_birth + surname.initial",),
    (NAMES,),
    (f"{NAMES}.soundex", f"{NAMES}.soundex + date_of_birth.year"),
    ("surname + given_name.initial", "surname + given_name.first3"),
    ("given_name + surname.initial", "given_name + surname.first2", "given_name + surname.first3"),
    ("surname + date_of_birth.year", "surname + date_of_birth.year_month"),
    ("surname + date_of_birth.month_day",),
    ("surname.soundex + date_of_birth.year_month",),
    ("surname.soundex + date_of_birth.month_day",),
    ("given_name.soundex + date_of_birth.month_day",),
    ("surname.soundex + date_of_birth.year_day",),
    ("given_name + date_of_birth.year_month",),
    ("given_name + date_of_birth.month_day",),
    ("given_name + date_of_birth.year_day",),
    ("given_name + date_of_birth.year",),
    ("email",),
    ("email.local_part",),
    ("phone",),
    ("postcode", "postcode + given_name.initial", "postcode + date_of_birth.year"),
    ("postcode + surname.initial",),
    ("address", "address + given_name.initial", "address + date_of_birth.year"),
    ("surname + town", "surname + town + given_name.initial"),
    ("given_name + town", "given_name + town + surname.initial"),
    (f"{NAMES}.initial + date_of_birth.year_month",),
    (f"{NAMES}.initial + date_of_birth.month_day",),
    ("town + date_of_birth",),
    ("town + date_of_birth.year + given_name.initial",),
)
"""Families of blocking keys, each from wide to narrow, in roles."""


def default_person_spec(
    columns: Sequence[str], exact: Iterable[str] = (), id_column: str = "record_id"
) -> LinkageSpec:
    """The person specification for a table with these columns.

    Args:
        columns: columns present in every table; those that are not standard are ignored.
        exact: further columns that either agree or do not.
        id_column: the column that names a record.

    Raises:
        SpecError: none of the columns is a standard one.
    """
    present = {role: role for role in ROLES if role in columns}
    return person_spec(present, exact=exact, id_column=id_column)


def person_spec(
    roles: Mapping[str, str],
    exact: Iterable[str] = (),
    identifiers: Iterable[str] = (),
    id_column: str = "record_id",
) -> LinkageSpec:
    """The person specification for columns of other names, many-valued ones among them.

    Args:
        roles: standard role → column, e.g. `{"given_name": "given_names"}`; leave a role out and
            neither comparisons nor rules use it.
        exact: further columns that either agree or do not.
        identifiers: columns of official numbers: agree, conflict, or absent.
        id_column: the column that names a record.

    Raises:
        SpecError: no column, or a role that does not exist.
    """
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise SpecError(f"unknown roles {unknown}; a person has {ROLES}")
    present = [role for role in ROLES if role in roles]
    comparisons = [_comparison(role, roles) for role in present]
    comparisons += [Comparison(column, "exact", column) for column in exact]
    comparisons += [Comparison(column, "identifier", column) for column in identifiers]
    if not comparisons:
        raise SpecError(f"no column to compare: none of {ROLES}, and no exact column named")
    others = [(column,) for column in (*identifiers, *exact)]
    families = [_family(keys, roles) for keys in FAMILIES]
    return LinkageSpec(
        comparisons=tuple(comparisons),
        rule_families=tuple(RuleFamily.of(*keys) for keys in (*others, *families) if keys),
        id_column=id_column,
    )


def _comparison(role: str, roles: Mapping[str, str]) -> Comparison:
    can_swap = role == "given_name" and "surname" in roles
    return Comparison(role, role, roles[role], swap_with="surname" if can_swap else None)


def _family(keys: Sequence[str], roles: Mapping[str, str]) -> tuple[str, ...]:
    """The keys whose every role is present, written in the table's own columns."""
    return tuple(
        _in_columns(key, roles) for key in keys if all(role in roles for role in _roles_of(key))
    )


_ROLE = re.compile(r"\b(" + "|".join(ROLES) + r")\b")


def _roles_of(key: str) -> list[str]:
    return _ROLE.findall(key)


def _in_columns(key: str, roles: Mapping[str, str]) -> str:
    return _ROLE.sub(lambda found: roles[found[0]], key)
