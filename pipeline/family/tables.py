"""What the family stage takes and gives.

In: stage tables. Out: the same as frozen values. It must not know how families are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

FAMILY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "mentions": (
        "mention_id", "source", "role", "owner_mention_id", "authority_code", "given_name",
        "given_names", "middle_names", "surname", "surnames", "date_of_birth", "dates_of_birth",
        "expected_date_of_birth", "age_years", "sex", "addresses", "postcodes",
    ),
    "mention_addresses": (
        "mention_id", "address", "postcode", "kind", "start_date", "end_date",
    ),
    "relationships": ("subject_mention_id", "object_mention_id", "relationship", "table"),
    "mention_persons": ("mention_id", "person_id", "kind"),
}  # fmt: skip
"""The columns that are read of each table of FamilyInputs."""


@dataclass(frozen=True)
class FamilyInputs:
    """The stage tables that families are found in; FAMILY_COLUMNS of each are enough.

    Attributes:
        mentions: contract MENTIONS.
        mention_addresses: contract MENTION_ADDRESSES.
        relationships: contract RELATIONSHIP_TABLE.
        mention_persons: contract MENTION_PERSONS.
    """

    mentions: pa.Table
    mention_addresses: pa.Table
    relationships: pa.Table
    mention_persons: pa.Table


@dataclass(frozen=True)
class Families:
    """The families found.

    Attributes:
        family_links: contract FAMILY_LINKS.
        declared_child_links: contract DECLARED_CHILD_LINKS.
        checks: contract FAMILY_CHECKS.
        model: rates by source and authority, convergence and iterations; JSON-able, no identities.
        warnings: what a reader of the result must know; counts and columns, never values.
    """

    family_links: pa.Table
    declared_child_links: pa.Table
    checks: pa.Table
    model: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
