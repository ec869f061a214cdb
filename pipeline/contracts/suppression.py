"""How a protected person is named without being named: salted hashes of identifiers.

In: an identifier and the secret salt. Out: the hash that `protected_persons` holds. It must not
know where the salt is kept.

The hash is HMAC-SHA256 with the salt as key, in lower-case hex, of `kind:value` in UTF-8, the value
in its canonical form (`canonical`). Whoever keeps the list needs the salt and this page, no more:

    printf 'prisoner_number:A1234BC' | openssl dgst -sha256 -hmac "$SALT"

A list made with another salt, or cut short, protects fewer people, and nothing would show it. So a
list ends with a check row: the hash of `check:rows:` and the number of its other rows.

    printf 'check:rows:1204' | openssl dgst -sha256 -hmac "$SALT"

It shows both, and a run refuses a list without it; unless the hash of `check:salt` (in the column
`salt_check`, or as `salt_check` in the settings) shows the salt, and a manifest, or Parquet's own
end, that no row is missing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable

BETWEEN_CHARACTERS = r"[\s.\-]+"
CRO_STANDARD = re.compile(r"0*(\d+)/(\d{2})([A-Z])")
CRO_SMALL_FILE = re.compile(r"SF(\d{2})/0*(\d+)([A-Z])")
PNC = re.compile(r"(\d{4}|\d{2})/?(\d{1,7})([A-Z])")
PNC_CENTURY = 26
"""Two-digit PNC years up to this are 20YY, later ones 19YY. Fixed, so that a hash never changes
with the day on which it is made; numbers issued since are written with four digits."""


def squeezed(value: str) -> str:
    """Upper case, without blanks, dots and hyphens."""
    return re.sub(BETWEEN_CHARACTERS, "", value).upper()


def pnc_number(value: str) -> str:
    """`YYYY/NNNNNNNX`: four-digit year, slash, seven-digit serial, check letter."""
    match = PNC.fullmatch(squeezed(value))
    if not match:
        return squeezed(value)
    year, serial, letter = match.groups()
    if len(year) == 2:
        year = f"{'20' if int(year) <= PNC_CENTURY else '19'}{year}"
    return f"{year}/{serial.zfill(7)}{letter}"


def cro_number(value: str) -> str:
    """`N…N/YYX` or `SFYY/N…NX`, the serial without leading zeros."""
    text = squeezed(value)
    if match := CRO_SMALL_FILE.fullmatch(text):
        return f"SF{match[1]}/{match[2]}{match[3]}"
    if match := CRO_STANDARD.fullmatch(text):
        return f"{match[1]}/{match[2]}{match[3]}"
    return text


SALT_CHECK = "check:salt"
ROWS_CHECK = "check:rows:"
BLOCK_BYTES = 64
"""SHA-256's block, to which HMAC fills its key."""

CANONICAL: dict[str, Callable[[str], str]] = {
    "prisoner_number": squeezed,
    "crn": squeezed,
    "pnc_number": pnc_number,
    "cro_number": cro_number,
    "ni_number": squeezed,
    "nhs_number": squeezed,
    "upn": squeezed,
    "person_id": str.strip,
    "prison_contact_id": str.strip,
    "probation_contact_id": str.strip,
}
"""Kinds of identifier. A `person_id` is written with its authority: `330/12345`."""


def canonical(kind: str, value: str) -> str:
    """The one spelling of an identifier that is hashed; its check digit is not asked for."""
    return CANONICAL[kind](value)


def protected_hash(kind: str, value: str, salt: str) -> str:
    """What `protected_persons.identifier_hash` holds for an identifier."""
    return keyed_hash(f"{kind}:{canonical(kind, value)}", salt.encode())


def rows_check(rows: int, salt: str) -> str:
    """The check row of a list that has this many rows beside it."""
    return keyed_hash(f"{ROWS_CHECK}{rows}", salt.encode())


def keyed_hash(text: str, salt: bytes) -> str:
    """HMAC-SHA256 of a text that is already canonical, in hex."""
    return hmac.digest(salt, text.encode(), "sha256").hex()


def keyed_hashes(texts: Iterable[str], salt: bytes) -> list[str]:
    """`keyed_hash` of each text, at less than half the cost: the salt is hashed once.

    Source: HMAC by its two keyed hashes, RFC 2104 section 2; section 4 says to keep their state.
    """
    block = (hashlib.sha256(salt).digest() if len(salt) > BLOCK_BYTES else salt).ljust(
        BLOCK_BYTES, b"\0"
    )
    inner, outer = (
        hashlib.sha256(bytes(byte ^ padding for byte in block)) for padding in (0x36, 0x5C)
    )
    hashes = []
    for text in texts:
        within, around = inner.copy(), outer.copy()
        within.update(text.encode())
        around.update(within.digest())
        hashes.append(around.hexdigest())
    return hashes
