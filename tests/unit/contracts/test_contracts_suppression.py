"""Hashes of protected persons' identifiers: the quick way says what the plain one says."""

from __future__ import annotations

import pytest

from pipeline.contracts.suppression import BLOCK_BYTES, keyed_hash, keyed_hashes


@pytest.mark.parametrize("length", [1, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_many_hashes_are_those_of_each_text(length: int) -> None:
    salt, texts = b"s" * length, ["crn:X123456", "person_id:330/1", "é", ""]
    assert keyed_hashes(texts, salt) == [keyed_hash(text, salt) for text in texts]


def test_hash_is_the_one_that_openssl_gives() -> None:
    # printf 'prisoner_number:A1234BC' | openssl dgst -sha256 -hmac salt
    assert keyed_hashes(["prisoner_number:A1234BC"], b"salt") == [
        "a21897b9a33e275c53169367e76915d8c94d8e868171abce69cad2522d92dbd8"
    ]
