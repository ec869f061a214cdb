"""What the words for ties are worth: evidence by source and authority, never labels.

In: what is believed of words, how often each source uses each, expected uses by tie. Out:
`Vocabulary`, whose weights multiply the odds of a tie. It must not know single families.

A word is either meant or a habit. Meant, it says of a tie what is believed of it; a habit is
written whoever the adult is, and says nothing:

    weight(w | tie) = 1 - m + m B(w | tie) / B(w),    B(w) = sum over ties of share(tie) B(w | tie).

m, the share of uses that are meant, is each source's own for each word. A source that calls hardly
anybody anything else does not mean the word; EM then counts, use by use, whether the other evidence
bears the word out. So no word moves a tie by more than what is believed of it, and no tie can take
another's words for its own.

Source: docs/method.md, "What is counted where".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.family.evidence import NAMED_TO, Population
from pipeline.family.ties import DECLARED_LABELS, RECORDED_LABELS

OWN, STEP, ANOTHER = range(3)
SILENT = -1
"""Kinds of words: a parent's, a step-parent's, another relative's; and those that say nothing."""

DECLARED_KINDS = np.array([OWN, STEP, ANOTHER, ANOTHER, SILENT, SILENT])
"""Kind of each of DECLARED_LABELS; an assessment has no word for the tie."""

RECORDED_KINDS = np.array([OWN, STEP, ANOTHER, ANOTHER, ANOTHER, ANOTHER, SILENT])
"""Kind of each of RECORDED_LABELS."""

MOST_DECLARED, MOST_RECORDED = np.array([0.97, 0.1, 0.1]), np.array([0.95, 0.1, 0.4])
"""Shares of uses up to which a kind of word may well be meant: contact lists hold hardly any but
own children; of adults recorded with children four in ten may be relatives."""

MEANT = 0.5
"""From this share of meant uses on a word counts as said; below, it is left out of account."""

USES = 30.0
"""Uses' worth of weight of the first guess of m."""

BEGINNING = 0.5
"""Part of m that EM begins with. Taken at their word at once, step-parents who are called parents
make all the parents' rates their own; from a half on, every start found the same, likelier fit."""

SLOWNESS = 0.1
"""Weight of m's move when EM asks whether it has converged: near 1 it creeps on for nothing."""

COMMON_SHARES = np.array([0.8, 0.1, 0.1])
"""Shares of parents, step-parents and others among those of whom a word is said, to begin with."""


@dataclass(frozen=True)
class Words:
    """How far the words of one side are meant.

    Attributes:
        believed: (n_ties, n_kinds), how each tie is called where words are meant.
        kinds: (n_words,), the kind of each word.
        first: (n_sources, n_words), m before any family is seen.
        shares: (n_ties,), of ties among those of whom a word is said.
        meant: (n_sources, n_words), m.
    """

    believed: np.ndarray
    kinds: np.ndarray
    first: np.ndarray
    shares: np.ndarray
    meant: np.ndarray

    @property
    def is_habit(self) -> np.ndarray:
        """(n_sources, n_words), whether a word for another tie than a parent's is no more."""
        return np.asarray((self.meant < MEANT) & (self.kinds > OWN))

    @property
    def meaning(self) -> np.ndarray:
        """(n_ties, 1, n_words), B(w | tie) over B(w); 1 for words that say nothing."""
        of_kind = self.believed / (self.shares @ self.believed)
        return np.where(self.kinds == SILENT, 1.0, of_kind[:, self.kinds])[:, None]

    @property
    def weights(self) -> np.ndarray:
        """(n_ties, n_sources, n_words): how much likelier a tie is called so than anyone."""
        return np.asarray(1 - self.meant + self.meant * self.meaning)

    def learned(self, uses: np.ndarray) -> Words:
        """The words after an iteration.

        Args:
            uses: (n_ties, n_sources, n_words), expected.
        """
        as_meant = (uses * self.meant * self.meaning / self.weights).sum(axis=0)
        meant = (as_meant + USES * self.first) / (uses.sum(axis=0) + USES)
        by_tie = uses.sum(axis=(1, 2)) + USES / len(uses)
        # Beyond 1, rounding would feed on itself.
        return replace(self, shares=by_tie / by_tie.sum(), meant=np.minimum(meant, 1.0))


@dataclass(frozen=True)
class Vocabulary:
    """The words of both sides.

    Attributes:
        declared: of offenders, by NAMED_TO and DECLARED_LABELS.
        recorded: of authorities, by RECORDED_LABELS.
    """

    declared: Words
    recorded: Words

    def as_json(self, authorities: tuple[str, ...]) -> dict[str, dict[str, dict[str, float]]]:
        """Share of uses that are meant, by source and word."""
        return {
            "declared": _by_source(self.declared.meant, NAMED_TO, DECLARED_LABELS),
            "recorded": _by_source(self.recorded.meant, authorities, RECORDED_LABELS),
        }

    def largest_change(self, other: Vocabulary) -> float:
        """Largest move of any share of uses that are meant, by SLOWNESS."""
        sides = ((self.declared, other.declared), (self.recorded, other.recorded))
        return SLOWNESS * max(float(np.abs(old.meant - new.meant).max()) for old, new in sides)


def _by_source(
    meant: np.ndarray, sources: tuple[str, ...], words: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    return {
        source: {word: round(float(share), 6) for word, share in zip(words, shares, strict=True)}
        for source, shares in zip(sources, meant, strict=False)
    }


def believed_vocabulary(
    declared_as: np.ndarray, recorded_as: np.ndarray, population: Population
) -> Vocabulary:
    """Words before any family is seen.

    Args:
        declared_as: (n_ties, n_kinds), believed of offenders' words.
        recorded_as: the same of authorities' words.
        population: how often each source uses each word.
    """
    return Vocabulary(
        _words(declared_as, DECLARED_KINDS, first_meant(population.declared_as, is_declared=True)),
        _words(recorded_as, RECORDED_KINDS, first_meant(population.recorded_as)),
    )


def _words(believed: np.ndarray, kinds: np.ndarray, first: np.ndarray) -> Words:
    shares = believed / believed.sum(axis=1, keepdims=True)
    return Words(shares, kinds, first, COMMON_SHARES, BEGINNING * first)


def first_meant(used: np.ndarray, *, is_declared: bool = False) -> np.ndarray:
    """m by use alone: the odds up to which a kind may be meant, over the odds of its use.

    Args:
        used: (n_sources, n_words), how often each source uses each word.
        is_declared: whose words: offenders', or authorities'.

    Returns:
        (n_sources, n_words); 0 for words that say nothing.
    """
    kinds, most = (
        (DECLARED_KINDS, MOST_DECLARED) if is_declared else (RECORDED_KINDS, MOST_RECORDED)
    )
    told = np.stack([used[:, kinds == kind].sum(axis=1) for kind in range(len(most))], axis=1)
    told = told / told.sum(axis=1, keepdims=True)
    odds = most / (1 - most) * (1 - told) / np.maximum(told, 1e-9)
    return np.where(kinds == SILENT, 0.0, np.minimum(1.0, odds)[:, kinds])
