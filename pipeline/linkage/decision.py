"""Decision: how a model says that its pairs are judged, where it says so itself.

In: nothing. Out: `PairDecision`, an attribute of `TrainedModel`. It must not know any data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ValueShares:
    """How much more or less agreeing on one value says than agreeing on any, by its own share.

    Adds weight·(log2 expected - log2 share) bits to a pair at the level, the share being that of
    the value among all records of both tables; of two different values, the larger share.

    Attributes:
        comparison: Name of the comparison.
        level: The level that it belongs to.
        column: Column whose values are counted.
        expected: Share that the level's u already allows for.
        weight: 1 for the whole correction, less for part of it.
        least_share: No share counts as less.
    """

    comparison: str
    level: int
    column: str
    expected: float
    weight: float = 1.0
    least_share: float = 0.0


@dataclass(frozen=True)
class PairDecision:
    """Every pair is judged by itself: fixed prior odds, independent comparisons, two classes.

    The prior is the model's population, which the tables at hand do not change; no rivals compete,
    and no cluster is judged as a whole. So models of other programs keep their weights.

    Attributes:
        value_shares: Corrections for rare and common values.
    """

    value_shares: tuple[ValueShares, ...] = ()
