"""EM finds again the probabilities that pattern counts were drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.learning.classes import CountedLevels
from pipeline.linkage.learning.estimate import Estimate, Evidence, RuleLevels, estimate
from pipeline.linkage.spec import Comparison

KINDS = ("given_name", "surname", "date_of_birth", "postcode", "email")
COMPARISONS = tuple(Comparison(kind, kind, kind) for kind in KINDS)
LEVELS = tuple(len(comparison.levels) for comparison in COMPARISONS)
WIDTH = max(LEVELS)
MATCHES, HOUSEHOLDS, STRANGERS = 4_000, 3_000, 2_000_000
NULL = 0.1


def spread(exact: float, near: float, levels: int) -> np.ndarray:
    """Probabilities of levels: exact, the one below it, and the rest mostly on the lowest."""
    shares = np.zeros(levels)
    shares[-1], shares[-2] = exact, near
    rest = 1 - exact - near
    shares[1:-2] = 0.2 * rest / max(levels - 3, 1)
    shares[0] = 1 - shares[1:].sum()
    return shares


M = [spread(e, n, k) for e, n, k in zip((0.75, 0.7, 0.8, 0.5, 0.7), (0.1, 0.1, 0.08, 0.1, 0.1),
                                        LEVELS, strict=True)]  # fmt: skip
H = [spread(e, n, k) for e, n, k in zip((0.01, 0.85, 0.002, 0.95, 0.02), (0.01, 0.05, 0.005, 0.02,
                                        0.01), LEVELS, strict=True)]  # fmt: skip
U = [spread(e, n, k) for e, n, k in zip((0.01, 0.004, 0.0001, 0.001, 0.0001), (0.005, 0.004, 0.001,
                                        0.002, 0.001), LEVELS, strict=True)]  # fmt: skip


def drawn(shares: list[np.ndarray], n: int, rng: np.random.Generator) -> np.ndarray:
    """n patterns of one class, a tenth of each comparison null."""
    columns = [rng.choice(len(p), n, p=p) for p in shares]
    levels = np.stack(columns, axis=1).astype(np.int8)
    levels[rng.random(levels.shape) < NULL] = -1
    return levels


def counted(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found, counts = np.unique(levels, axis=0, return_counts=True)
    return found, counts.astype(float)


def padded(shares: list[np.ndarray]) -> np.ndarray:
    return np.stack([np.pad(one, (0, WIDTH - len(one))) for one in shares])


def evidence(matches: int, households: int, seed: int) -> Evidence:
    """What EM would see: one rule for each comparison, of the pairs that agree on it exactly."""
    rng = np.random.default_rng(seed)
    groups = (drawn(M, matches, rng), drawn(H, households, rng), drawn(U, STRANGERS, rng))
    pairs = np.concatenate(groups)
    exact = pairs == np.array(LEVELS) - 1
    parts, counts, rules = [], [], []
    for rule in range(len(COMPARISONS)):
        blanked = pairs[exact[:, rule]].copy()
        blanked[:, rule] = -1
        levels, number = counted(blanked)
        parts.append(levels)
        counts.append(number)
        rules.append(np.full(len(levels), rule))
    total = matches + households + STRANGERS
    shares = (matches * padded(M) + households * padded(H) + STRANGERS * padded(U)) / total
    return Evidence(
        comparisons=COMPARISONS,
        rules=RuleLevels(np.concatenate(parts), np.concatenate(counts), np.concatenate(rules)),
        candidates=CountedLevels(*counted(pairs[exact.any(axis=1)])),
        random_shares=shares,
        possible_pairs=float(total),
    )


@pytest.fixture(scope="module", name="found")
def _found() -> Estimate:
    return estimate(evidence(MATCHES, HOUSEHOLDS, 1), 1_000, 1e-4)


def test_it_converges_and_says_so(found: Estimate) -> None:
    assert found.converged
    assert not estimate(evidence(50, 50, 1), 5, 1e-9).converged


def test_m_is_recovered(found: Estimate) -> None:
    # 4,000 matches: a share has a standard error below .008; priors and nulls widen it a little.
    assert np.abs(found.probabilities.m - padded(M)).max() < 0.03


def test_u_is_recovered_from_contaminated_random_pairs(found: Estimate) -> None:
    exact = [(row, levels - 1) for row, levels in enumerate(LEVELS)]
    for cell in exact:
        assert found.probabilities.u[cell] == pytest.approx(padded(U)[cell], rel=0.35)


def test_household_members_share_surname_and_place_but_no_given_name(found: Estimate) -> None:
    h = found.probabilities.h
    # Among pairs of one postcode only the surname tells a household from strangers, so its h and
    # the share of households are found together or not at all: the bounds are wide.
    assert 0.6 < h[1, LEVELS[1] - 1] < 0.95
    assert h[3, LEVELS[3] - 1] > 0.6
    assert h[0, LEVELS[0] - 1] < 0.05
    assert h[2, LEVELS[2] - 1] < 0.05


def test_expected_matches_are_the_matches_that_blocking_could_find(found: Estimate) -> None:
    missed = np.prod([1 - (1 - NULL) * m[-1] for m in M])
    assert found.population.matches == pytest.approx(MATCHES * (1 - missed), rel=0.03)


def test_where_nothing_matches_nothing_is_expected() -> None:
    found = estimate(evidence(0, 0, 2), 1_000, 1e-3)
    assert found.population.matches < 3


@pytest.mark.parametrize("matches", [40, 400, 20_000])
def test_few_or_many_matches_are_counted_rightly(matches: int) -> None:
    found = estimate(evidence(matches, 1_000, 3), 1_000, 1e-3)
    missed = np.prod([1 - (1 - NULL) * m[-1] for m in M])
    assert found.population.matches == pytest.approx(matches * (1 - missed), rel=0.06, abs=6)
