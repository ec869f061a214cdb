"""Rare values say more, and ten records of one person are one namesake."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import Codes, Encoded
from pipeline.linkage.learning.beliefs import prior_u, table_width
from pipeline.linkage.learning.frequency import (
    CREDIT_LIMIT,
    EQUAL_WEIGHTS,
    RecordWeights,
    entity_weights,
    frequency_credits,
    held_by,
    record_of_code,
    value_shares,
)
from pipeline.linkage.person_spec import default_person_spec

COMMON, RARE = "Smith", "Quill"


def surnames(left: list[str | None], right: list[str] | None = None) -> Encoded:
    tables = [
        pa.table({"record_id": list(range(len(names))), "surname": names})
        for names in ([left] if right is None else [left, right])
    ]
    spec = default_person_spec(["surname"])
    return encode(tables[0], tables[1] if right else None, spec)


def credit_of(encoded: Encoded, name: str, weights: RecordWeights) -> float:
    """Credit of a name; the left table begins with COMMON and RARE."""
    u = np.zeros((1, table_width(encoded.spec.comparisons)))
    u[0] = prior_u(encoded.spec.comparisons[0])
    u[0, -1] = 0.01
    credits = frequency_credits(encoded, encoded.spec, weights, u)[0]
    return float(credits[encoded.columns["surname"].left.codes[[COMMON, RARE].index(name)]])


def test_value_shares_by_hand() -> None:
    codes = Codes(np.array([0, 0, 0, 1, -1], np.int32), None)
    # Four records hold a value: total 4 - 1 + .5/.1 = 8; shares (3 - .5)/8 and (1 - .5)/8.
    found = value_shares(held_by(codes, np.array([3, 1, 0]), None), 0.1)
    assert found == pytest.approx([2.5 / 8, 0.5 / 8, 0.25 / 8])


def test_weights_of_one_are_as_none() -> None:
    counts = np.array([2, 1])
    for codes in (
        Codes(np.array([0, -1, 1, 0], np.int32), None),
        Codes(np.array([0, 1, 0], np.int32), np.array([0, 2, 2, 3])),
    ):
        weighed, plain = (
            held_by(codes, counts, weights) for weights in (np.ones(len(codes.is_filled)), None)
        )
        assert weighed.of_value.tolist() == plain.of_value.tolist() == [2, 1]
        assert weighed.of_any == plain.of_any


def test_many_valued_records_count_once_for_each_value() -> None:
    codes = Codes(np.array([0, 1, 0], np.int32), np.array([0, 2, 2, 3]))
    assert record_of_code(codes).tolist() == [0, 0, 2]
    # Two records hold a value: total 2 - 1 + .5/.5 = 2.
    held = held_by(codes, np.array([2, 1]), None)
    assert value_shares(held, 0.5) == pytest.approx([1.5 / 2, 0.5 / 2])


def test_a_rare_value_gains_and_a_common_one_loses() -> None:
    encoded = surnames([COMMON, RARE] + [COMMON] * 98)
    weights = EQUAL_WEIGHTS
    # Shares are (99 - .5)/149 and (1 - .5)/149, u is .01.
    common = np.log(0.01 / (98.5 / 149))
    assert credit_of(encoded, COMMON, weights) == pytest.approx(common)
    assert credit_of(encoded, RARE, weights) == pytest.approx(np.log(0.01 / (0.5 / 149)))
    assert abs(common) < CREDIT_LIMIT


def test_when_linking_the_larger_share_of_the_two_tables_counts() -> None:
    encoded = surnames([COMMON, RARE] * 10, [RARE] * 19 + [COMMON])
    # Rare on the left but 19 of 20 on the right: (19 - .5)/(20 - 1 + 50).
    found = credit_of(encoded, RARE, EQUAL_WEIGHTS)
    assert found == pytest.approx(np.log(0.01 / (18.5 / 69)))


def test_records_of_one_person_count_as_one() -> None:
    encoded = surnames([COMMON, RARE, RARE, "Other"])
    left, right = np.array([1], np.int32), np.array([2], np.int32)
    weights = entity_weights(encoded, left, right, np.array([1.0]))
    assert weights.left.tolist() == [1, 0.5, 0.5, 1]
    assert weights.right is weights.left
    # The two records hold the value as one person: max(1 - .5, .25) / (3 - 1 + 50).
    assert credit_of(encoded, RARE, weights) == pytest.approx(np.log(0.01 / (0.5 / 52)))


def test_no_credit_where_no_value_is_shared() -> None:
    encoded = surnames([COMMON, RARE])
    u = np.full((1, 6), 1 / 6)
    assert frequency_credits(encoded, encoded.spec, EQUAL_WEIGHTS, u)[0][-1] == 0
