"""How many true matches no blocking rule makes, by capture and recapture between rules.

In: for each kind of match that blocking found, which parts of the blocking keys its two records
share, and how many such matches are expected. Out: `BlockingRecall`. It must not know records,
values or how likely any single pair is.

Rules are not independent: two that read the birth date both miss a pair whose birth date is wrong.
So the occasions of capture are not the rules but the *fields* that their keys read. A field's state
in a match is the set of its parts that agree (all of a birth date, its year and month, nothing …),
and a rule makes the match exactly where the states of its fields say so; rules that share a field
hence depend on one another as they should. Within a latent class of matches (a careful clerk's, a
careless clerk's) fields are independent; what no rule makes is the probability of the states that
no rule catches. Because only caught matches are seen, the likelihood is that of the caught states,
and EM adds the expected uncaught ones in every round.

Limits. What nothing tells of cannot be counted: matches of a sort that no rule ever makes (every
field changed at once) are missed here too, so recall is rather lower than estimated where records
are poor. It trusts the match probabilities: a pair wrongly thought a match counts as caught. Names
in exchanged places count as found and take no part. Where every rule reads one same field, matches
that differ in it are never seen and there is no estimate.

Source: Sanathanan 1972 (conditional likelihood of a truncated sample); Chao 1987 (interval of the
log of the unseen); Link 2003 (data alone cannot tell how catchable the unseen are, hence an
interval that spans models with different numbers of classes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLASSES = (1, 2, 3)
"""Latent classes tried."""
MIN_MATCHES = 50.0
"""With fewer matches found nothing is estimated."""
MOST_CELLS = 40_000
"""Combinations of states looked at; rare states are merged into poorer ones beyond it."""
ROUNDS = 500
TOLERANCE = 1e-6
"""Change of the missed, as a share of the found, that counts as converged."""
ROUGH = 1e-5
"""The same for the jackknife, whose differences are far larger."""
HELD = 2.0
"""Matches' worth of belief that hold each class to the states of all, so that none runs away."""
SEEN = 0.5
"""Matches' worth of belief in every state, so that none is impossible."""
SLIPS = (0.3, 2.0, 5.0)
"""Classes start with so many times the common share of slips: careful, careless, hopeless."""
MOST_SLIPS = 0.9
LEAST_CAUGHT = 0.02
"""A class of which blocking catches less than this is a guess about matches that nothing shows; it
can grow without end, for the caught hardly speak of it. Models with such a class are left out."""
Z95 = 1.96


@dataclass(frozen=True)
class FoundMatches:
    """Matches that blocking found, by the parts of keys that their records share.

    Attributes:
        parts: (column, transform) of every part.
        is_shared: bool (n_kinds, n_parts), distinct rows.
        matches: Expected matches of each kind in each jackknife group, (n_kinds, n_groups). What
            hangs together (the pairs of one person) is in one group.
        rules: Positions in `parts` that each rule needs, all of them.
        others: Expected matches found that take no part (exchanged names).
    """

    parts: tuple[tuple[str, str], ...]
    is_shared: Flags
    matches: Floats
    rules: tuple[tuple[int, ...], ...]
    others: float = 0.0


@dataclass(frozen=True)
class BlockingRecall:
    """How many matches blocking finds and, as far as can be told, misses.

    Attributes:
        found: Expected matches among the candidate pairs.
        missed: Estimated matches that no rule makes; None where it cannot be estimated.
        missed_low: Lower end of a 95% interval of `missed`.
        missed_high: Upper end.
        classes: Latent classes of the model that fits best; 0 without an estimate.
        reason: Why there is no estimate; empty where there is.
    """

    found: float
    missed: float | None = None
    missed_low: float | None = None
    missed_high: float | None = None
    classes: int = 0
    reason: str = ""

    @property
    def recall(self) -> float | None:
        """Estimated share of the matches that some rule makes."""
        return _share(self.found, self.missed)

    @property
    def recall_low(self) -> float | None:
        """Lower end of its 95% interval."""
        return _share(self.found, self.missed_high)

    @property
    def recall_high(self) -> float | None:
        """Upper end of its 95% interval."""
        return _share(self.found, self.missed_low)


def estimate_recall(found: FoundMatches) -> BlockingRecall:
    """Estimate how many matches no rule makes.

    The model with 1 to 3 classes that fits best (BIC), among those in which every class is caught
    often enough to be seen, gives the estimate. Its interval holds the
    sampling error (delete-a-group jackknife), the chance in the missed themselves, and how far the
    other models disagree.

    Args:
        found: The matches found.
    """
    everything = float(found.matches.sum()) + found.others
    reason = _no_recapture(found)
    if reason:
        return BlockingRecall(everything, reason=reason)
    layout = _layout(found)
    weights = found.matches.sum(axis=1)
    fits = [_fit(layout, weights, _start(layout, weights, classes)) for classes in CLASSES]
    fits = [fit for fit in fits if fit.least_caught >= LEAST_CAUGHT]
    if not fits:
        reason = "the rules in use overlap too little to tell what none of them makes"
        return BlockingRecall(everything, reason=reason)
    best = min(fits, key=lambda fit: fit.bic)
    spread = sum((fit.missed - best.missed) ** 2 for fit in fits) / max(len(fits) - 1, 1)
    variance = _jackknife_variance(layout, found.matches, best) + best.missed + spread
    low, high = log_interval(best.missed, variance)
    return BlockingRecall(everything, best.missed, low, high, len(best.classes.shares))


def log_interval(missed: float, variance: float) -> tuple[float, float]:
    """A 95% interval of a number that cannot be negative, on the scale of its logarithm.

    Source: Chao 1987, Biometrics 43, 783-791, section 4.
    """
    if missed <= 0:
        return 0.0, Z95 * math.sqrt(variance)
    factor = math.exp(Z95 * math.sqrt(math.log1p(variance / missed**2)))
    return missed / factor, missed * factor


def _share(found: float, missed: float | None) -> float | None:
    if missed is None or found + missed <= 0:
        return None
    return found / (found + missed)


def _no_recapture(found: FoundMatches) -> str:
    """Why nothing can be estimated; empty where something can."""
    if found.matches.sum() < MIN_MATCHES:
        return f"fewer than {MIN_MATCHES:.0f} matches were found"
    read = [{found.parts[part][0] for part in rule} for rule in found.rules]
    in_all = sorted(set.intersection(*read))
    if in_all:
        return f"every rule in use reads '{in_all[0]}': matches that differ in it are never seen"
    return ""


@dataclass(frozen=True)
class _Layout:
    """States of every field, and what they catch.

    Attributes:
        states: State of each field in every kind of match, (n_kinds, n_fields).
        is_missed: One axis a field: whether no rule makes a match in these states.
    """

    states: Ints
    is_missed: Flags


@dataclass(frozen=True)
class _Classes:
    """Latent classes of matches.

    Attributes:
        shares: (n_classes,).
        states: P(state | class) field by field, (n_fields, n_classes, most states), 0 beyond a
            field's own states.
    """

    shares: Floats
    states: Floats


@dataclass(frozen=True)
class _Fit:
    """Classes fitted by EM, the matches they say are missed, and how well they fit.

    Attributes:
        classes: The latent classes.
        missed: Expected matches that no rule makes.
        bic: Bayesian information criterion; lower fits better.
        least_caught: Share of its matches that some rule makes, in the class least caught.
    """

    classes: _Classes
    missed: float
    bic: float
    least_caught: float


def _layout(found: FoundMatches) -> _Layout:
    """Number each field's states, rare ones merged, and mark what no rule catches."""
    fields = sorted({column for column, _ in found.parts})
    own = [[i for i, (column, _) in enumerate(found.parts) if column == f] for f in fields]
    masks = [_mask(found.is_shared[:, parts]) for parts in own]
    masks = _merged(masks, found.matches.sum(axis=1))
    values = [np.unique(np.append(mask, 0)) for mask in masks]
    is_missed = np.ones([len(value) for value in values], np.bool_)
    for rule in found.rules:
        catches = np.ones((1,) * len(fields), np.bool_)
        for axis, (parts, value) in enumerate(zip(own, values, strict=True)):
            needed = _mask(np.array([[part in rule for part in parts]]))[0]
            shape = [-1 if other == axis else 1 for other in range(len(fields))]
            catches = catches & ((value & needed) == needed).reshape(shape)
        is_missed &= ~catches
    pairs = zip(values, masks, strict=True)
    return _Layout(np.stack([np.searchsorted(v, mask) for v, mask in pairs], axis=1), is_missed)


def _mask(flags: Flags) -> Ints:
    """Flags (n, k) as one whole number a row."""
    return flags.astype(np.int64) @ (1 << np.arange(flags.shape[1], dtype=np.int64))


def _merged(masks: list[Ints], matches: Floats) -> list[Ints]:
    """The states with the rarest made poorer until few enough combinations are left.

    A state becomes the richest one that agrees on less, at last on nothing: it can then only catch
    less, which errs towards more matches missed.
    """
    masks = list(masks)
    while math.prod(len(np.unique(np.append(mask, 0))) for mask in masks) > MOST_CELLS:
        rarest = (math.inf, 0, 0)
        for field, mask in enumerate(masks):
            for state in np.unique(mask[mask > 0]):
                rarest = min(rarest, (float(matches[mask == state].sum()), field, int(state)))
        _, field, state = rarest
        poorer = [int(v) for v in np.unique(masks[field]) if v != state and v & state == v]
        into = max(poorer, key=lambda value: (value.bit_count(), value), default=0)
        masks[field] = np.where(masks[field] == state, into, masks[field])
    return masks


def _start(layout: _Layout, weights: Floats, classes: int) -> _Classes:
    """Classes that slip ever more often than the common run of matches."""
    sizes = layout.is_missed.shape
    tables = np.zeros((len(sizes), classes, max(sizes)))
    for field, size in enumerate(sizes):
        common = np.bincount(layout.states[:, field], weights, size) + SEEN
        common /= common.sum()
        best = int(np.argmax(common))
        slips = 1 - common[best]
        table = tables[field, :, :size]
        table[:] = common
        for row, times in zip(table, SLIPS if classes > 1 else (1.0,), strict=False):
            wanted = min(slips * times, MOST_SLIPS)
            row *= wanted / slips
            row[best] = 1 - wanted
    return _Classes(np.full(classes, 1 / classes), tables)


def _fit(layout: _Layout, weights: Floats, start: _Classes, tolerance: float = TOLERANCE) -> _Fit:
    """EM for the caught matches' likelihood: the missed are expected anew in every round."""
    found, total, n_caught = start, float(weights.sum()), len(weights)
    rows = np.concatenate([layout.states, np.argwhere(layout.is_missed)])
    joint = np.empty((len(rows), len(start.shares)))
    missed, share = -1.0, 0.0
    for _ in range(ROUNDS):
        _likelihoods(rows, found.shares, found.states, joint)
        share = float(joint[n_caught:].sum())
        before, missed = missed, total * share / (1 - share)
        if abs(missed - before) < tolerance * total:
            break
        found = _maximised(layout, rows, joint, (weights, total / (1 - share)))
    _likelihoods(rows, found.shares, found.states, joint)
    log_likelihood = float((weights * np.log(joint[:n_caught].sum(axis=1))).sum())
    log_likelihood -= total * math.log1p(-share)
    free = sum(size - 1 for size in layout.is_missed.shape) * len(found.shares)
    bic = -2 * log_likelihood + (free + len(found.shares) - 1) * math.log(total)
    uncaught = joint[n_caught:].sum(axis=0)
    return _Fit(found, missed, bic, float((1 - uncaught / found.shares).min()))


@compiled
def _likelihoods(rows: Ints, shares: Floats, states: Floats, joint: Floats) -> None:
    """P(class, states) of every row of states, into (n_rows, n_classes)."""
    for row in range(rows.shape[0]):
        for one in range(len(shares)):
            value = shares[one]
            for field in range(rows.shape[1]):
                value *= states[field, one, rows[row, field]]
            joint[row, one] = value


def _maximised(
    layout: _Layout, rows: Ints, joint: Floats, matches: tuple[Floats, float]
) -> _Classes:
    """The classes that make expected caught and missed matches likeliest.

    Args:
        layout: States of every field.
        rows: States of the caught kinds of match, and then of everything missed.
        joint: P(class, states) of each row.
        matches: Matches of each caught kind, and of a missed row for every unit of its probability.
    """
    sizes = layout.is_missed.shape
    shares = np.ones(joint.shape[1])
    counts = np.zeros((len(sizes), joint.shape[1], max(sizes)))
    _count(rows, joint, matches[0], matches[1], shares, counts)
    common = counts.sum(axis=1)
    for field, size in enumerate(sizes):
        common[field, :size] += SEEN / size
    counts += HELD * (common / common.sum(axis=1, keepdims=True))[:, None]
    return _Classes(shares / shares.sum(), counts / counts.sum(axis=2, keepdims=True))


@compiled
def _count(
    rows: Ints, joint: Floats, caught: Floats, each_missed: float, shares: Floats, counts: Floats
) -> None:
    """Add expected matches of every class, and of its states field by field."""
    for row in range(rows.shape[0]):
        times = each_missed
        if row < len(caught):
            total = 0.0
            for one in range(joint.shape[1]):
                total += joint[row, one]
            times = caught[row] / total
        for one in range(joint.shape[1]):
            matches = joint[row, one] * times
            shares[one] += matches
            for field in range(rows.shape[1]):
                counts[field, one, rows[row, field]] += matches


def _jackknife_variance(layout: _Layout, matches: Floats, best: _Fit) -> float:
    """Variance of the missed from leaving out one group of matches at a time.

    Source: Kott 2001, Journal of Official Statistics 17, 521-526 (delete-a-group jackknife).
    """
    groups = matches.shape[1]
    whole = matches.sum(axis=1)
    missed = []
    for group in range(groups):
        rest = whole - matches[:, group]
        scale = whole.sum() / max(rest.sum(), 1e-9)
        missed.append(_fit(layout, rest * scale, best.classes, ROUGH).missed)
    deviations = np.array(missed) - best.missed
    variance: float = (deviations @ deviations) * (groups - 1) / groups
    return variance
