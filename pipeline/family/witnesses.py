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
from pipeline.family.assemble import NO_PAIRS, LikelyPairs, PersonEvidence
from pipeline.linkage.comparing.compare import compare_pairs, layout_of
from pipeline.linkage.comparing.patterns import unpack
from pipeline.linkage.encoding.encode import encode
from pipeline.linkage.encoding.encoded import Encoded, agreed_values
from pipeline.linkage.learning.affinity import NameAffinity, name_affinity
from pipeline.linkage.learning.classes import PairLevels
from pipeline.linkage.learning.frequency import EQUAL_WEIGHTS, frequency_credits
from pipeline.linkage.learning.gather import Gathered, gather
from pipeline.linkage.learning.lists import ListSizes, list_sizes
from pipeline.linkage.learning.score import pair_weights, pattern_evidence
from pipeline.linkage.learning.training import train_model
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.settings import LinkageSettings
from pipeline.linkage.spec import LinkageSpec

LEVEL_COLUMNS = ("given_name", "surname", "date_of_birth", "sex")
"""Comparisons whose levels are shown in a link."""

BITS_PER_NAT = 1 / np.log(2)

DEPENDENCE_BITS = 4.5
"""More than slips that go together can take off a pattern; pairs are weighed without them."""

CHUNK_PAIRS = 1_000_000

SWAPPED_SHARE = 0.002
"""Share of one person's two records with given name and surname swapped. Source: the Ministry of
Justice's published person-match model."""

HALF_SWAP_NATS = 2.0
"""A swap of which only one name is near says so much less."""


@dataclass(frozen=True)
class EngineWitness:
    """One side's word, weighed by a trained person model.

    Attributes:
        encoded: both tables as codes, places left out; record numbers are the people's numbers.
        model: level probabilities, places left out.
        trained: the model as trained, places and all.
        credits: term-frequency credit of each value, by comparison.
        blocked: the people whom blocking brought together and who resemble one another.
        affinity: which names go together; None where there are too few to tell.
        lists: how many values each person has of a column.
        warnings: the engine's.
    """

    encoded: Encoded
    model: TrainedModel
    trained: TrainedModel
    credits: Mapping[int, np.ndarray]
    blocked: LikelyPairs
    affinity: NameAffinity | None
    lists: ListSizes
    warnings: tuple[str, ...]

    @property
    def pairs(self) -> LikelyPairs:
        """The people whom blocking brought together and who resemble one another."""
        return self.blocked

    def compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """Compare any pairs (left[i], right[i])."""
        layout = layout_of(self.encoded.spec)
        parts = []
        for start in range(0, max(len(left), 1), CHUNK_PAIRS):
            chunk = slice(start, start + CHUNK_PAIRS)
            one, other = left[chunk].astype(np.int32), right[chunk].astype(np.int32)
            levels = unpack(compare_pairs(self.encoded, one, other, layout), layout)
            parts.append(self.weigh(levels, one, other))
        return PersonEvidence(
            bits=np.concatenate([part.bits for part in parts]),
            surname_bits=np.concatenate([part.surname_bits for part in parts]),
            company_bits=np.concatenate([part.company_bits for part in parts]),
            levels=np.concatenate([part.levels for part in parts]),
        )

    def weigh(self, levels: np.ndarray, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """What these agreement levels of the pairs (left[i], right[i]) are worth.

        Args:
            levels: int8 (n_pairs, n_comparisons).
            left: int32 (n_pairs,).
            right: int32 (n_pairs,).
        """
        spec = self.encoded.spec
        values = {
            index: agreed_values(self.encoded, spec.comparisons[index].name, left, right)
            for index in self.credits
        }
        chances = self.lists.chances(left, right)
        probabilities = self.model.probabilities
        found = PairLevels.one_by_one(levels)
        nats, _ = pair_weights(found, values, spec, probabilities, self.credits, chances)
        names = spec.comparison_names
        _hold_swaps_down(nats, levels, self.model)
        surname_bits = _column(nats, names, "surname", 0.0) * BITS_PER_NAT
        off, company_bits = self._names_together(levels, left, right)
        return PersonEvidence(
            bits=nats.sum(axis=1) * BITS_PER_NAT - surname_bits - off,
            surname_bits=surname_bits,
            company_bits=company_bits,
            levels=np.stack(
                [_column(levels, names, name, -1) for name in LEVEL_COLUMNS], axis=1
            ).astype(np.int8),
        )

    def _names_together(
        self, levels: np.ndarray, left: np.ndarray, right: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Bits to take off pairs whose names go together among strangers.

        They are no part of the surname's bits, which count once for the family.

        Returns:
            What both names that agree say too much; and what given names that agree alone do, if
            the surname is known to be the right person's.
        """
        if self.affinity is None:
            return np.zeros(len(left)), np.zeros(len(left))
        spec = self.encoded.spec
        both = self.affinity.of_pairs(levels, left, right, spec)
        alone = self.affinity.of_given_names(levels, right, spec)
        return both * BITS_PER_NAT, alone * BITS_PER_NAT

    def compares(self, left: pa.Table, right: pa.Table) -> EngineWitness | SilentWitness:
        """The same comparison, with the rates it has learned, of other people.

        How often strangers agree nearly is taken over too; how rare each value is, is counted.
        """
        if left.num_rows == 0 or right.num_rows == 0:
            return SilentWitness()
        try:
            encoded = encode(left, right, self.model.spec)
        except LinkageError as error:
            if type(error) is LinkageError:
                return SilentWitness()
            raise
        model = self.model.restricted_to(encoded.spec)
        return replace(
            self,
            encoded=encoded,
            model=model,
            credits=frequency_credits(encoded, encoded.spec, EQUAL_WEIGHTS, model.probabilities.u),
            blocked=NO_PAIRS,
            affinity=name_affinity(encoded),
            lists=list_sizes(encoded),
            warnings=(),
        )


@dataclass(frozen=True)
class SilentWitness:
    """A side that says nothing at all: a table is empty, or nobody in them differs from anybody."""

    def compares(self, left: pa.Table, right: pa.Table) -> SilentWitness:
        """Nothing that could be said of others."""
        return self

    @property
    def pairs(self) -> LikelyPairs:
        """Nobody."""
        return NO_PAIRS

    def compare(self, left: np.ndarray, right: np.ndarray) -> PersonEvidence:
        """Nothing is comparable."""
        nothing = np.zeros(len(left))
        levels = np.full((len(left), 4), -1, np.int8)
        return PersonEvidence(nothing, nothing, nothing, levels)


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

    A model that does not converge gives way to one without homes, which has fewer classes.

    Args:
        left: people with `record_id` 0 … n - 1 and the specification's columns.
        right: the same.
        spec: what to compare and block on.
        settings: the engine's.
        least_bits: pairs that cannot reach this evidence are dropped here and now.
    """
    witness = _trained_witness(left, right, spec, settings, least_bits)
    if isinstance(witness, SilentWitness) or witness.trained.converged:
        return witness
    simpler = _trained_witness(left, right, _without_places(spec), settings, least_bits)
    if isinstance(simpler, SilentWitness) or not simpler.trained.converged:
        return witness
    warning = "homes are left out: with them the person model did not converge"
    return replace(simpler, warnings=(warning, *simpler.warnings))


def _trained_witness(
    left: pa.Table, right: pa.Table, spec: LinkageSpec, settings: LinkageSettings, least_bits: float
) -> EngineWitness | SilentWitness:
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
    witness = EngineWitness(
        encoded=encoded,
        model=model,
        trained=trained,
        credits=frequency_credits(encoded, persons_only, EQUAL_WEIGHTS, model.probabilities.u),
        blocked=NO_PAIRS,
        affinity=_affinity_under(persons_only, gathered),
        lists=list_sizes(encoded),
        warnings=(*encoded.warnings, *gathered.blocking.warnings, *trained.warnings),
    )
    return replace(witness, blocked=_likely_pairs(witness, gathered, least_bits))


def _likely_pairs(witness: EngineWitness, gathered: Gathered, least_bits: float) -> LikelyPairs:
    """The blocked pairs that reach this evidence, places left out.

    What a pattern says, and what its agreed values may add at most, rules most pairs out unseen;
    the others are weighed by the levels that blocking has already found.
    """
    spec, layout = witness.encoded.spec, gathered.layout
    kept = [i for i, name in enumerate(layout.names) if name in spec.comparison_names]
    levels = unpack(gathered.counts.patterns, layout)[:, kept]
    most = pattern_evidence(levels, witness.model.probabilities)[0] * BITS_PER_NAT
    for index, credit in witness.credits.items():
        is_exact = levels[:, index] == spec.comparisons[index].exact_level
        most += np.where(is_exact, max(float(credit.max()), 0.0) * BITS_PER_NAT, 0.0)
    pairs = gathered.pairs.where(most >= least_bits - DEPENDENCE_BITS)
    parts = [NO_PAIRS]
    for start in range(0, len(pairs.left), CHUNK_PAIRS):
        chunk = slice(start, start + CHUNK_PAIRS)
        left, right = pairs.left[chunk], pairs.right[chunk]
        found = witness.weigh(levels[pairs.pattern[chunk]], left, right)
        bits = found.bits + found.surname_bits
        likely = bits >= least_bits
        parts.append(
            LikelyPairs(left[likely].astype(np.int64), right[likely].astype(np.int64), bits[likely])
        )
    return LikelyPairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _affinity_under(spec: LinkageSpec, gathered: Gathered) -> NameAffinity | None:
    """What was learned of names, under a specification without places; they learn nothing anew."""
    if gathered.affinity is None:
        return None
    kinds = [comparison.kind for comparison in spec.comparisons]
    given_name, surname = kinds.index("given_name"), kinds.index("surname")
    return replace(gathered.affinity, given_name=given_name, surname=surname)


def _without_places(spec: LinkageSpec) -> LinkageSpec:
    return spec.without([spec.comparisons[i].column for i in _places(spec)])


def _places(spec: LinkageSpec) -> list[int]:
    return [i for i, item in enumerate(spec.comparisons) if item.definition.is_place]


def _column(table: np.ndarray, names: tuple[str, ...], name: str, missing: float) -> np.ndarray:
    if name not in names:
        return np.full(len(table), missing)
    return np.asarray(table[:, names.index(name)])
