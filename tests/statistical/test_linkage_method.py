"""Every part of the method can be left out, and leaving it out changes what it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from linkage_people import KINDS, PLACES, joined, numbered, people, rows, table, with_errors

from pipeline.linkage import LinkageSettings, LinkResult, dedupe
from pipeline.linkage.method import PARTS, WHOLE_METHOD, Method

SETTINGS = LinkageSettings(threshold=0.01, random_pairs=50_000)


TOWNS = [start + end for start in PLACES for end in KINDS]


def records() -> pa.Table:
    """3,000 people, a third of them recorded twice; every given name has its sex, every postcode
    area its town, and one in five people a given name and a surname of those who have both."""
    first = people(3_000, seed=3)
    rng = np.random.default_rng(5)
    for name, end in (("given_name", "oko"), ("surname", "enko")):
        of_both = [f"{letter}{vowel}{end}" for letter in "bdgkmprtvz" for vowel in "aeiou"]
        first[name][::5] = rng.choice(of_both, len(first[name][::5]))
    is_even = np.array([sum(map(ord, name)) % 2 == 0 for name in first["given_name"]])
    first["sex"] = np.where(is_even, "female", "male").astype(object)
    areas = [postcode.split()[0] for postcode in first["postcode"]]
    first["town"] = np.array([TOWNS[int(area[1:]) % len(TOWNS)] for area in areas], object)
    second = with_errors(rows(first, slice(0, 1_000)), seed=4)
    return table(joined(first, second), [*numbered("r", 3_000), *numbered("s", 1_000)])


RECORDS = records()


@pytest.fixture(scope="module", name="whole")
def _whole() -> LinkResult:
    return dedupe(RECORDS, settings=SETTINGS)


def without(part: str) -> LinkResult:
    return dedupe(RECORDS, settings=replace(SETTINGS, method=Method(**{part: False})))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_left_out(part: str, whole: LinkResult) -> None:
    found = without(part)
    assert not found.pairs["match_weight_bits"].equals(whole.pairs["match_weight_bits"])
    assert found.clusters is not None
    assert found.clusters.num_rows == RECORDS.num_rows


def test_leaving_out_the_household_class_expects_no_households() -> None:
    assert without("household_class").model.population.households == 0


def test_leaving_out_term_frequency_leaves_a_levels_own_weight() -> None:
    found = without("term_frequency")
    exact = found.pairs["level_surname"].to_numpy(zero_copy_only=False) == 5
    weights = found.pairs["weight_surname_bits"].to_numpy()[exact]
    expected = found.model.weights_bits()[found.model.spec.comparison_names.index("surname"), 5]
    assert weights.max() == pytest.approx(expected)


def test_leaving_out_all_that_goes_together_leaves_no_dependence() -> None:
    method = Method(error_types=False, stranger_ties=False, movers=False, excess=False)
    found = dedupe(RECORDS, settings=replace(SETTINGS, method=method))
    assert np.abs(found.pairs["weight_dependence_bits"].to_numpy()).max() < 1e-9


def test_what_goes_together_among_strangers_counts_less() -> None:
    method = Method(error_types=False, movers=False, excess=False)
    found = dedupe(RECORDS, settings=replace(SETTINGS, method=method))
    together = found.pairs["weight_dependence_bits"].to_numpy()
    assert together.max() < 1e-9
    assert together.min() < -1


def test_everything_is_in_use_by_default() -> None:
    assert LinkageSettings().method == WHOLE_METHOD
    assert all(getattr(WHOLE_METHOD, part) for part in PARTS)
