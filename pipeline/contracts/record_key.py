"""The key of a person in an input table, and keys for rows whose source gives them none.

In: rows. Out: record ids as `person_map`, `mentions` and `truth/` use them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

RECORD_KEY_COLUMN = {
    "prisoners": "prisoner_number",
    "prisoner_contacts": "contact_id",
    "offenders": "crn",
    "personal_contacts": "contact_id",
    "children": "person_id",
    "related_adults": "person_id",
}
"""Tables whose own key names the person. `contact_id` is unique within its table."""


def derived_record_ids(
    owner_ids: Iterable[str], contents: Iterable[tuple[object, ...]]
) -> list[str]:
    """Keys for people in a table without a person key (assessed children, visitors).

    The key is the owner's id, `#`, and eight hex digits of a hash of the row's content, so that it
    does not change when other rows are added or reordered. Equal rows of one owner get `-2`, …

    Args:
        owner_ids: the `crn` or `visit_id` of each row.
        contents: the row's values, in the contract's column order, null as None.
    """
    seen: dict[str, int] = {}
    keys = []
    for owner_id, content in zip(owner_ids, contents, strict=True):
        text = "\x1f".join("" if value is None else str(value) for value in content)
        key = f"{owner_id}#{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
    return keys
