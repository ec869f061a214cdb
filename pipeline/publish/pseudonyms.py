"""Pseudonyms: keyed hashes, one key a recipient, so that no two can join what they hold.

In: a secret and ids. Out: hexadecimal keys. Whoever lacks the secret cannot tell which person a key
is, not even by trying every id.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pipeline.errors import SettingsError
from pipeline.settings.publish import PublishSettings

MADE_UP_KEY = b"a key for made-up people only: printed in the source code, it protects nobody"

SHORTEST_SECRET_BYTES = 32
"""Half a hash block; NIST SP 800-107 asks for a key at least as strong as the wanted 128 bits."""

KEY_FILE = "pseudonym.key"
"""In the out folder: the key that was made for it."""

GIVEN, MADE, PRINTED = "configured", "made for this out folder", "printed in the source code"
"""Where a key comes from, in the manifest's words."""

WARNINGS = {
    MADE: "no pseudonym key is configured: analysts' keys are made with a random one, kept in "
    f"{KEY_FILE} in the out folder for its owner alone. Keep that file, or they change; give "
    "KINLINK_PSEUDONYM_KEY or --config for a key of your own",
    PRINTED: "pseudonyms are made with the key printed in the source code: anyone can undo them, "
    "so this is for made-up people only",
}
"""What somebody who runs with such a key is told."""

KEY_DIGITS = 32
"""128 bits: no two of a billion persons collide."""


@dataclass(frozen=True)
class PseudonymKey:
    """The secret behind every pseudonym of a run; never printed, logged or written.

    Attributes:
        secret: the bytes; not shown in the value's text.
        origin: where it comes from: GIVEN, MADE or PRINTED.
    """

    secret: bytes = field(repr=False)
    origin: str = GIVEN

    @property
    def is_made_up(self) -> bool:
        """Whether it is the key that is printed in the source code."""
        return self.origin == PRINTED

    @property
    def warning(self) -> str | None:
        """What somebody who runs with this key is told; None where it is the user's own."""
        return WARNINGS.get(self.origin)

    @property
    def fingerprint(self) -> str:
        """Sixteen digits that tell two secrets apart and say nothing else of them."""
        return hmac.digest(self.secret, b"fingerprint", "sha256").hex()[:16]

    def pseudonyms(self, recipient: str, ids: pd.Series) -> pd.Series:
        """The keys that one recipient sees for these ids; null stays null.

        Args:
            recipient: `analyst`, or `authority/<code>`.
            ids: person ids, or ids of links.

        Source: HMAC-SHA256 (RFC 2104), its key derived per recipient by HMAC.
        """
        derived = hmac.digest(self.secret, f"recipient:{recipient}".encode(), "sha256")
        codes, distinct = pd.factorize(ids)
        keys = [
            hmac.digest(derived, str(value).encode(), hashlib.sha256).hex()[:KEY_DIGITS]
            for value in distinct
        ]
        named = pd.Series([*keys, None], dtype=object)
        return pd.Series(named.to_numpy()[codes], index=ids.index, dtype=object)


def load_pseudonym_key(settings: PublishSettings, out: Path | None = None) -> PseudonymKey:
    """The secret from the environment, else from its file; else the one that the settings allow.

    Args:
        settings: which variable and file, and whether a key may be made, or the printed one used.
        out: folder that keeps a key that is made; whoever calls holds it for one run.

    Raises:
        SettingsError: there is none, it is too short, or its file is open to others.
    """
    variable = os.environ.get(settings.pseudonym_key_variable)
    if variable:
        return checked(variable.encode(), f"environment variable {settings.pseudonym_key_variable}")
    if settings.pseudonym_key_file is not None:
        return checked(read_secret(settings.pseudonym_key_file), str(settings.pseudonym_key_file))
    if settings.allow_made_up_key:
        return PseudonymKey(MADE_UP_KEY, PRINTED)
    if settings.make_pseudonym_key and out is not None:
        return kept_key(out / KEY_FILE)
    raise SettingsError(
        f"no pseudonym key: set the environment variable {settings.pseudonym_key_variable} or "
        "publish.pseudonym_key_file (32 random bytes or more, mode 0600)"
    )


def kept_key(path: Path) -> PseudonymKey:
    """The random key in this file, which is made where there is none.

    Raises:
        SettingsError: the file is open to others, or holds no key.
    """
    if not path.exists():
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SHORTEST_SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        os.replace(unfinished, path)
    return PseudonymKey(checked(read_secret(path), str(path)).secret, MADE)


def read_secret(path: Path) -> bytes:
    """A secret file's content, without the newline an editor leaves."""
    try:
        mode, secret = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise SettingsError(f"pseudonym key file '{path}': {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"pseudonym key file '{path}' is open to others; chmod 600 it")
    return secret.strip(b"\r\n")


def checked(secret: bytes, origin: str) -> PseudonymKey:
    """The key, if it is long enough."""
    if len(secret) < SHORTEST_SECRET_BYTES:
        raise SettingsError(
            f"the pseudonym key in {origin} has {len(secret)} bytes; "
            f"give at least {SHORTEST_SECRET_BYTES} random ones"
        )
    return PseudonymKey(secret)
