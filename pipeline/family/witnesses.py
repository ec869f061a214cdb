"""The two witnesses: people of one kind compared with people of another by the linkage engine.

In: two tables of people and a linkage specification. Out: `EngineWitness`, which says which pairs
are worth looking at and weighs any pair. It must not know families.

Place is compared, because without it the engine cannot tell a household from one person, but its
weight is left out: shared homes count once, for the family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pipeline.errors import LinkageError
from pipeline.family.assemble import PersonEvidence
from pipeline.family.entities import People
from pipeline.linkage.comparing.compare import compare_pairs, layout_of
from pipeline.linkage.comparing.patterns import unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import Encoded, agreed_values
from pipeline.linkage.learning.affinity import NameAffinity, name_affinity
from pipeline.linkage.learning.frequency import equal_weights, frequency_credits
from pipeline.linkage.learning.gather import gather
from pipeline.linkage.learning.score import pair_weights, pattern_evidence
from pipeline.linkage.learning.training import train_model
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import Comparison, LinkageSpec

LEVEL_COLUMNS = ("given_name", "surname", "date_of_birth", "sex")
"""Comparisons whose levels are shown in a link."""

BITS_PER_NAT = 1 / np.log(2)

RAREST_VALUE_BITS = 20.0
"""More than all rare values of a pair together can add to what its pattern says."""

CHUNK_PAIRS = 1_000_000

SWAPPED_SHARE = 0.002
"""Share of one person's two records with given name and surname swapped. Source: the Ministry of
Justice's published person-match model."""

HALF_SWAP_NATS = 2.0
"""A swap of which only one name is near says so much less."""

NEAR_SURNAME = 3
"""Lowest level of surnames that agree: a token shared, or nearly equal."""


@dataclass(frozen=True)
class EngineWitness:
    """One side's word, weighed by a trained person model.

    Attributes:
        encoded: both tables as codes, places left out; record numbers are the people's numbers.
        model: level probabilities, places left out.
        trained: the model as trained, places and all.
        credits: term-frequency credit of each value, by comparison.
        blocked: numbers of left and right people whom blocking brought together.
        affinity: which names go together; None where there are too few to tell.
        warnings: the engine's.
    """

    encoded: Encoded
    model: TrainedModel
    trained: TrainedModel
    credits: Mapping[int, np.ndarray]
    blocked: tuple[np.ndarray, np.ndarray]
    affinity: NameAffinity | None
    warnings: tuple[str, ...]

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the people whom blocking brought together and who are not plainly two."""
        return self.blocked

    def compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """Compare any pairs (left[i], right[i])."""
        parts = [
            self._compare(left[start : start + CHUNK_PAIRS], right[start : start + CHUNK_PAIRS])
            for start in range(0, max(len(left), 1), CHUNK_PAIRS)
        ]
        return PersonEvidence(
            bits=np.concatenate([part.bits for part in parts]),
            surname_bits=np.concatenate([part.surname_bits for part in parts]),
            levels=np.concatenate([part.levels for part in parts]),
        )

    def _compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        left, right = left.astype(np.int32), right.astype(np.int32)
        spec = self.encoded.spec
        layout = layout_of(spec)
        levels = unpack(compare_pairs(self.encoded, left, right, layout), layout)
        values = {
            index: agreed_values(self.encoded, spec.comparisons[index].name, left, right)
            for index in self.credits
        }
        nats, _ = pair_weights(levels, values, spec, self.model.probabilities, self.credits)
        names = spec.comparison_names
        _hold_swaps_down(nats, levels, self.model)
        surname_bits = _column(nats, names, "surname", 0.0) * BITS_PER_NAT
        return PersonEvidence(
            bits=nats.sum(axis=1) * BITS_PER_NAT - surname_bits - self._off(levels, left, right),
            surname_bits=surname_bits,
            levels=np.stack(
                [_column(levels, names, name, -1) for name in LEVEL_COLUMNS], axis=1
            ).astype(np.int8),
        )

    def _off(self, levels: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Bits to take off pairs that agree on two names which go together among strangers.

        They are no part of the surname's bits, which count once for the family.
        """
        if self.affinity is None:
            return np.zeros(len(left))
        nats = self.affinity.of_pairs(levels, left, right, self.encoded.spec)
        return np.asarray(nats * BITS_PER_NAT)


@dataclass(frozen=True)
class SilentWitness:
    """A side that says nothing at all: a table is empty, or nobody in them differs from anybody."""

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Nobody."""
        return np.empty(0, np.int64), np.empty(0, np.int64)

    def compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """Nothing is comparable."""
        nothing = np.zeros(len(left))
        return PersonEvidence(nothing, nothing, np.full((len(left), 4), -1, np.int8))


def _hold_swaps_down(nats: np.ndarray, levels: np.ndarray, model: TrainedModel) -> None:
    """Let swapped names count no more than two names agreeing by chance crosswise allow, in place.

    Swaps are so rare among random pairs that their share cannot be sampled; at worst it is the
    product of the two names' own shares of exact agreement.
    """
    names = model.spec.comparison_names
    if "given_name" not in names or "surname" not in names:
        return
    given, surname = names.index("given_name"), names.index("surname")
    exact = model.spec.comparisons[given].exact_level
    u = model.probabilities.u
    most = np.log(SWAPPED_SHARE) - np.log(u[given, exact]) - np.log(u[surname, exact])
    swapped = levels[:, given] > exact
    half = levels[:, given] > exact + 1
    nats[swapped, given] = np.minimum(nats[swapped, given], most)
    nats[half, given] = np.minimum(nats[half, given], most - HALF_SWAP_NATS)


def call_witness(
    left: pa.Table, right: pa.Table, spec: LinkageSpec, settings: LinkageSettings, least_bits: float
) -> EngineWitness | SilentWitness:
    """Train a person model on two tables of people, and stand ready to weigh any pair.

    Args:
        left: people with `record_id` 0 … n - 1 and the specification's columns.
        right: the same.
        spec: what to compare and block on.
        settings: the engine's.
        least_bits: pairs that cannot reach this evidence are dropped here and now.
    """
    if left.num_rows == 0 or right.num_rows == 0:
        return SilentWitness()
    try:
        gathered = gather(left, right, spec, settings)
    except LinkageError as error:
        if type(error) is LinkageError:  # nothing to compare; its kinds are real faults
            return SilentWitness()
        raise
    trained = train_model(gathered, settings, "")
    persons_only = _without_places(trained.spec)
    encoded = replace(gathered.encoded, spec=persons_only)
    model = trained.restricted_to(persons_only)
    levels = unpack(gathered.counts.patterns, gathered.layout)
    levels[:, _places(trained.spec)] = -1
    bits = pattern_evidence(levels, trained.probabilities)[0] * BITS_PER_NAT
    kept = gathered.pairs.where(bits >= least_bits - RAREST_VALUE_BITS)
    return EngineWitness(
        encoded=encoded,
        model=model,
        trained=trained,
        credits=frequency_credits(
            encoded, persons_only, equal_weights(encoded), model.probabilities.u
        ),
        blocked=(kept.left.astype(np.int64), kept.right.astype(np.int64)),
        affinity=name_affinity(encoded),
        warnings=(*encoded.warnings, *gathered.blocking.warnings, *trained.warnings),
    )


def _without_places(spec: LinkageSpec) -> LinkageSpec:
    return spec.without([spec.comparisons[i].column for i in _places(spec)])


def _places(spec: LinkageSpec) -> list[int]:
    return [i for i, item in enumerate(spec.comparisons) if item.definition.is_place]


def _column(table: np.ndarray, names: tuple[str, ...], name: str, missing: float) -> np.ndarray:
    if name not in names:
        return np.full(len(table), missing)
    return np.asarray(table[:, names.index(name)])


@dataclass(frozen=True)
class EngineSurnames:
    """Surnames of offenders and children, compared as any field is.

    Attributes:
        encoded: offenders (left) and children (right); None where nobody has a surname.
    """

    encoded: Encoded | None

    def level(self, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
        """Agreement level int8 (n,); -1 not comparable."""
        if self.encoded is None:
            return np.full(len(offender), -1, np.int8)
        layout = layout_of(self.encoded.spec)
        patterns = compare_pairs(
            self.encoded, offender.astype(np.int32), child.astype(np.int32), layout
        )
        return np.asarray(unpack(patterns, layout)[:, 0])

    def agree(self, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
        """int8 (n,): 1 agrees, spelling slips and shared parts allowed, 0 differs, -1 null."""
        level = self.level(offender, child)
        return np.where(level < 0, -1, level >= NEAR_SURNAME).astype(np.int8)

    def share(self, offender: np.ndarray, child: np.ndarray) -> np.ndarray:
        """Share of people with the surname that both have; NaN where they have none in common."""
        if self.encoded is None:
            return np.full(len(offender), np.nan)
        value = agreed_values(
            self.encoded, "surname", offender.astype(np.int32), child.astype(np.int32)
        )
        column = self.encoded.columns["surname"]
        held = np.maximum(
            column.left_counts / max(self.encoded.n_left, 1),
            column.right_counts / max(self.encoded.n_right, 1),
        )
        return np.where(value < 0, np.nan, np.append(held, np.nan)[value])


SURNAMES_ONLY = LinkageSpec(
    comparisons=(Comparison("surname", "surname", "surname"),), rule_families=()
)


def compare_surnames(offenders: People, children: People) -> EngineSurnames:
    """Make the surnames of offenders and children comparable."""
    left, right = offenders.values, children.values
    if not (_has_any(left, "surname") and _has_any(right, "surname")):
        return EngineSurnames(None)
    columns = ["record_id", "surname"]
    try:
        return EngineSurnames(encode(left.select(columns), right.select(columns), SURNAMES_ONLY))
    except LinkageError as error:
        if type(error) is LinkageError:  # one surname everywhere tells nobody apart
            return EngineSurnames(None)
        raise


def _has_any(table: pa.Table, column: str) -> bool:
    return table.num_rows > 0 and len(pa.concat_arrays(table[column].chunks).flatten()) > 0
