"""Pseudonyms: stable for a recipient, unlike between recipients, impossible without the secret."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import SettingsError
from pipeline.publish.pseudonyms import KEY_FILE, PseudonymKey, load_pseudonym_key
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


def test_a_key_is_made_only_where_that_is_allowed_and_then_kept(tmp_path: Path) -> None:
    allowed = PublishSettings(make_pseudonym_key=True)
    with pytest.raises(SettingsError, match="no pseudonym key"):
        load_pseudonym_key(PublishSettings(), tmp_path)
    before = os.umask(0)
    try:
        key = load_pseudonym_key(allowed, tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    assert load_pseudonym_key(allowed, tmp_path) == key
    assert key.warning is not None
    assert not key.is_made_up


def test_two_out_folders_have_keys_of_their_own(tmp_path: Path) -> None:
    allowed = PublishSettings(make_pseudonym_key=True)
    keys = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        keys.append(load_pseudonym_key(allowed, tmp_path / name).secret)
    assert keys[0] != keys[1]
    assert len(keys[0]) >= 64


def test_a_kept_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    allowed = PublishSettings(make_pseudonym_key=True)
    load_pseudonym_key(allowed, tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(SettingsError, match="open to others"):
        load_pseudonym_key(allowed, tmp_path)


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
