"""How strangers agree, with answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.linkage import LinkageSettings, default_person_spec
from pipeline.linkage.comparing.compare import layout_of
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.learning.estimate import lower_exact
from pipeline.linkage.learning.lists import list_sizes
from pipeline.linkage.learning.strangers import (
    coincidences,
    crosswise_shares,
    exact_ceiling,
    random_levels,
    random_shares,
)

SWAPPED = 6


def names(given: list[str], surname: list[str]) -> pa.Table:
    return pa.table({
        "record_id": np.arange(len(given)), "given_name": given, "surname": surname,
    })  # fmt: skip


def encoded(left: pa.Table, right: pa.Table | None) -> Encoded:
    return encode(left, right, default_person_spec(left.column_names))


def shares_of(both: Encoded, random_pairs: int) -> np.ndarray:
    settings = LinkageSettings(random_pairs=random_pairs)
    sample = random_levels(both, layout_of(both.spec), settings, list_sizes(both))
    return random_shares(both, sample)


def test_coincidences_within_a_table_with_a_few_more_believed() -> None:
    # Of 10 records 3 and 2 share a value: 3 + 1 of 45 pairs agree, and 2 more are believed.
    assert coincidences(np.array([3, 2, 1, 1, 1, 1, 1]), 10) == pytest.approx(6 / 45)
    assert coincidences(np.array([1]), 1) == 1


def test_two_names_crosswise_by_value_frequencies() -> None:
    left = names(["anna", "anna", "james", "olga"], ["james", "smith", "smith", "anna"])
    right = names(["smith", "james"], ["anna", "kent"])
    # Given name left and surname right share anna, 2 of 8 pairs; the other way smith, 2, and
    # james, 1; half a pair more is believed each time.
    assert crosswise_shares(encoded(left, right), (0, 1)) == pytest.approx((2.5 / 8, 3.5 / 8))


def test_swaps_are_common_where_given_names_and_surnames_are_one_pool() -> None:
    rng = np.random.default_rng(1)
    pool = np.array(["amara", "bisi", "chidi", "dayo", "efe", "femi", "gbenga", "halima", "ike",
                     "jide", "kemi", "lola", "musa", "ngozi", "obi", "praise"])  # fmt: skip
    tables = [names(*(list(rng.choice(pool, 400)) for _ in range(2))) for _ in range(2)]
    both = encoded(*tables)
    shares = shares_of(both, 50_000)
    # Sixteen equally common names: both agree crosswise in one pair of 256.
    assert shares[0, SWAPPED] == pytest.approx(1 / 256, rel=0.5)
    assert shares.sum(axis=1) == pytest.approx([1, 1])


def test_swaps_stay_rare_where_they_are_two_pools() -> None:
    rng = np.random.default_rng(2)
    given, surnames = [f"gaa{c}" for c in "bcdfghjk"], [f"zoo{c}x" for c in "lmnpqrst"]
    tables = [names(list(rng.choice(given, 400)), list(rng.choice(surnames, 400)))
              for _ in range(2)]  # fmt: skip
    both = encoded(*tables)
    shares = shares_of(both, 100_000)
    assert shares[0, SWAPPED] < 1e-6


def test_people_in_both_tables_do_not_make_strangers_agree() -> None:
    people = names([f"name{i:03d}" for i in range(300)], ["kent", "ross", "shaw"] * 100)
    ceiling = exact_ceiling(encoded(people, people))
    # Within a table no given name coincides, and a third of surnames do.
    assert ceiling[0] == pytest.approx(2 / 44_850)
    assert ceiling[1] == pytest.approx((3 * 4_950 + 2) / 44_850)
    assert (exact_ceiling(encoded(people, None)) == 1).all()


def test_lowering_exact_agreement_gives_the_rest_to_the_other_levels() -> None:
    comparisons = encoded(names(["a", "b"], ["c", "d"]), None).spec.comparisons[1:]
    u = np.array([[0.7, 0.1, 0.0, 0.0, 0.0, 0.2]])
    found = lower_exact(comparisons, u, np.array([0.1]))
    assert found[0] == pytest.approx([0.7 * 9 / 8, 0.1 * 9 / 8, 0, 0, 0, 0.1])
    # Never to less than a twentieth: a ceiling from few records may be too low.
    assert lower_exact(comparisons, u, np.array([0.0]))[0, 5] == pytest.approx(0.01)
