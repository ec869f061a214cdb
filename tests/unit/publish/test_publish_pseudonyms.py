"""Pseudonyms: stable for a recipient, unlike between recipients, impossible without the secret."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import SettingsError
from pipeline.publish.pseudonyms import PseudonymKey, load_pseudonym_key
from pipeline.settings.publish import PublishSettings

SECRET = b"0123456789abcdef0123456789abcdef"
IDS = pd.Series(["KC1", "KC2", None, "KC1"])


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINLINK_PSEUDONYM_KEY", raising=False)


def test_a_pseudonym_is_hmac_sha256_under_a_key_of_the_recipient() -> None:
    derived = hmac.new(SECRET, b"recipient:analyst", hashlib.sha256).digest()
    expected = hmac.new(derived, b"KC1", hashlib.sha256).hexdigest()[:32]
    keys = PseudonymKey(SECRET).pseudonyms("analyst", IDS)
    assert keys[0] == keys[3] == expected
    assert keys[1] != expected
    assert keys[2] is None


def test_two_recipients_have_nothing_in_common() -> None:
    key = PseudonymKey(SECRET)
    first, second = (key.pseudonyms(who, IDS).dropna() for who in ("analyst", "authority/330"))
    assert not set(first) & set(second)


def test_another_secret_gives_other_pseudonyms_and_another_fingerprint() -> None:
    one, two = PseudonymKey(SECRET), PseudonymKey(SECRET[::-1])
    assert one.pseudonyms("analyst", IDS)[0] != two.pseudonyms("analyst", IDS)[0]
    assert one.fingerprint != two.fingerprint
    assert SECRET.hex()[:16] != one.fingerprint


def test_the_secret_is_not_in_the_key_s_text() -> None:
    assert "0123" not in repr(PseudonymKey(SECRET))


def test_the_environment_comes_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"f" * 40 + b"\n")
    path.chmod(0o600)
    settings = PublishSettings(pseudonym_key_file=path)
    assert load_pseudonym_key(settings).secret == b"f" * 40
    monkeypatch.setenv("KINLINK_PSEUDONYM_KEY", "e" * 32)
    assert load_pseudonym_key(settings).secret == b"e" * 32


def test_without_a_key_nothing_is_published() -> None:
    with pytest.raises(SettingsError, match="no pseudonym key"):
        load_pseudonym_key(PublishSettings())


def test_the_made_up_key_must_be_allowed_and_says_what_it_is() -> None:
    key = load_pseudonym_key(PublishSettings(allow_made_up_key=True))
    assert key.is_made_up
    assert b"made-up" in key.secret


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [(b"short", 0o600, "has 5 bytes"), (b"x" * 40, 0o644, "open to others")],
    ids=["too short", "readable by all"],
)
def test_a_poor_key_file_is_refused(tmp_path: Path, content: bytes, mode: int, reason: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=reason) as refusal:
        load_pseudonym_key(PublishSettings(pseudonym_key_file=path))
    assert content.decode() not in str(refusal.value)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_pseudonym_key(PublishSettings(pseudonym_key_file=tmp_path / "absent"))
