"""Comparisons that another column implies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.linkage import default_person_spec
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.learning.implied import implied_comparisons, shared_pairs

NAMES = {"anna": "f", "olga": "f", "mary": "f", "james": "m", "peter": "m", "ivan": "m"}


def people(wrong_share: float) -> pa.Table:
    """Six given names; in such a share of the records the sex is drawn by lot."""
    rng = np.random.default_rng(1)
    given = rng.choice(list(NAMES), 600)
    sexes = np.array([NAMES[name] for name in given])
    is_drawn = rng.random(600) < wrong_share
    sexes[is_drawn] = rng.choice(["f", "m"], int(is_drawn.sum()))
    return pa.table({
        "record_id": np.arange(600), "given_name": given, "sex": sexes,
        "surname": [f"s{number}" for number in rng.integers(0, 400, 600)],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("wrong_share", "is_implied"), [(0.0, True), (0.05, True), (0.5, False), (1.0, False)]
)
def test_a_given_name_implies_the_sex_where_records_have_it_so(
    wrong_share: float, is_implied: bool
) -> None:
    table = people(wrong_share)
    encoded = encode(table, None, default_person_spec(table.column_names))
    sex = encoded.spec.comparison_names.index("sex")
    assert implied_comparisons(encoded) == (((sex, "given_name"),) if is_implied else ())


def test_rare_values_say_nothing_for_their_pairs_are_mostly_one_person() -> None:
    # Each surname is borne by two records of one person, of one sex of course.
    table = people(1.0).set_column(3, "surname", pa.array([f"s{i // 2}" for i in range(600)]))
    table = table.set_column(2, "sex", pa.array(["f", "f", "m", "m"] * 150))
    encoded = encode(table, None, default_person_spec(table.column_names))
    assert all(column != "surname" for _, column in implied_comparisons(encoded))


def test_pairs_that_share_a_value_are_counted_without_nulls() -> None:
    # Twenty records of one name: 12 of one sex, 6 of the other, 2 unknown. Of 18 · 17 / 2 pairs
    # 12 · 6 differ. The other name has fewer than twenty.
    by = np.array([0] * 20 + [1] * 3 + [-1], np.int32)
    codes = np.array([0] * 12 + [1] * 6 + [-1] * 2 + [0, 1, 1] + [0], np.int32)
    assert shared_pairs(codes, by, np.array([20, 3])) == (72, 153)
