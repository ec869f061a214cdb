"""A trained model: what was learned, of which specification, from what, and when.

In: level probabilities and expected numbers of pairs, or a JSON file written earlier. Out: a frozen
`TrainedModel` and its JSON. It must not know tables; a model holds no value of any record.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import LinkageError, SpecError
from pipeline.linkage.decision import PairDecision, ValueShares
from pipeline.linkage.learning.beliefs import table_width
from pipeline.linkage.learning.calibration import Calibration
from pipeline.linkage.learning.classes import (
    ClassProbabilities,
    ErrorTypes,
    Movers,
    Population,
    StrangerTie,
)
from pipeline.linkage.probability_document import read, written
from pipeline.linkage.spec import LinkageSpec, spec_from_mapping
from pipeline.linkage.spec_document import spec_document, spec_hash
from pipeline.linkage.table_files import write_text

Floats = NDArray[np.float64]

FORMAT = "kinlink-linkage-model"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from.

    Attributes:
        trained_on: Date of training, ISO; empty where the caller named none.
        left_records: Records of the left table.
        right_records: Records of the right table; equal to left for one table with itself.
        is_dedupe: Whether one table was linked with itself.
        candidate_pairs: Distinct candidate pairs.
        random_pairs: Random pairs that u rests on.
        iterations: EM iterations.
        converged: Whether EM converged.
        learned: False where there was too little data and prior beliefs stand in.
        seed: Seed of the random pairs.
        labels: Labelled pairs that helped.
    """

    trained_on: str
    left_records: int
    right_records: int
    is_dedupe: bool
    candidate_pairs: int
    random_pairs: int
    iterations: int
    converged: bool
    learned: bool
    seed: int
    labels: int = 0


@dataclass(frozen=True)
class TrainedModel:
    """Level probabilities of a specification's comparisons.

    Attributes:
        spec: The specification, without columns that said nothing in the training data.
        probabilities: m, h and u, each (n_comparisons, max levels), and what refines them.
        population: Pairs in the training data, and expected matches and household pairs among them.
        trained: Expected matched pairs that taught each level; 0 means belief alone.
        provenance: Where it comes from.
        warnings: What was found doubtful while training.
        decision: How pairs are judged where the model says so itself; None for the whole method.
        calibration: What labels say of the final log odds; None where there were too few.
    """

    spec: LinkageSpec
    probabilities: ClassProbabilities
    population: Population
    trained: Floats
    provenance: Provenance
    warnings: tuple[str, ...] = ()
    decision: PairDecision | None = None
    calibration: Calibration | None = None

    @property
    def converged(self) -> bool:
        """Whether estimation converged; a flow must not publish a model that did not."""
        return self.provenance.converged

    @property
    def spec_hash(self) -> str:
        """SHA-256 of the specification's canonical JSON."""
        return spec_hash(self.spec)

    @property
    def prior_bits(self) -> float:
        """log2 of the expected share of matches among all pairs."""
        return math.log2(self.population.matches / self.population.pairs)

    def weights_bits(self) -> Floats:
        """log2 m/u of every level, (n_comparisons, max levels); 0 beyond a comparison's levels."""
        is_used = self.probabilities.u > 0
        m = np.where(is_used, self.probabilities.m, 1.0)
        u = np.where(is_used, self.probabilities.u, 1.0)
        weights: Floats = np.log2(m) - np.log2(u)
        return weights

    def restricted_to(self, spec: LinkageSpec) -> TrainedModel:
        """The same model for a specification that lacks some of its comparisons.

        Raises:
            SpecError: The specification has a comparison that was not trained.
        """
        trained = [(c.name, c.kind, c.column, c.ladder) for c in self.spec.comparisons]
        wanted = [(c.name, c.kind, c.column, c.ladder) for c in spec.comparisons]
        missing = [name for name, *rest in wanted if (name, *rest) not in trained]
        if missing:
            raise SpecError(f"the model was not trained for comparisons {missing}")
        rows, width = [trained.index(one) for one in wanted], table_width(spec.comparisons)
        tables = [table[rows, :width].copy() for table in self.probabilities.stacked()]
        for row, comparison in enumerate(spec.comparisons):
            _drop_levels(tables, row, len(comparison.levels))
        return replace(
            self,
            spec=spec,
            probabilities=ClassProbabilities(
                m=tables[0],
                h=tables[1],
                u=tables[2],
                movers=self._restricted_movers(rows),
                error_types=self._restricted_types(spec, rows, width),
                ties=self._restricted_ties(spec, rows),
            ),
            trained=self.trained[rows, :width],
        )

    def _restricted_movers(self, rows: list[int]) -> Movers | None:
        movers = self.probabilities.movers
        if movers is None:
            return None
        places = tuple(new for new, old in enumerate(rows) if old in movers.places)
        return replace(movers, places=places) if places else None

    def _restricted_types(
        self, spec: LinkageSpec, rows: list[int], width: int
    ) -> ErrorTypes | None:
        types = self.probabilities.error_types
        if types is None:
            return None
        tables = list(types.m[:, rows, :width].copy())
        for row, comparison in enumerate(spec.comparisons):
            _drop_levels(tables, row, len(comparison.levels))
        return ErrorTypes(types.shares, np.stack(tables))

    def _restricted_ties(self, spec: LinkageSpec, rows: list[int]) -> tuple[StrangerTie, ...]:
        levels = {old: (new, len(spec.comparisons[new].levels)) for new, old in enumerate(rows)}
        return tuple(
            StrangerTie(first, second, tie.log_ratios[:high, :wide])
            for tie in self.probabilities.ties
            if {tie.first, tie.second} <= set(rows)
            for (first, high), (second, wide) in [(levels[tie.first], levels[tie.second])]
        )

    def to_json(self) -> str:
        """The model as JSON text; reading it back gives the same model to the last bit."""
        return json.dumps(_document(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> TrainedModel:
        """The model in a JSON text.

        Raises:
            LinkageError: The text is no model, of another version, or was changed by hand so that
                its specification and hash disagree.
        """
        try:
            document = json.loads(text)
            return _model(document)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise LinkageError(
                f"this is not a Kinlink linkage model ({type(error).__name__}: {error}); "
                "write one with `kinlink train`"
            ) from error

    def save(self, path: str | Path) -> None:
        """Write the model as JSON; the file appears whole or not at all."""
        write_text(self.to_json(), path)

    @classmethod
    def load(cls, path: str | Path) -> TrainedModel:
        """Read a model written by `save`.

        Raises:
            LinkageError: The file is missing or no model.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LinkageError(f"model '{path}' cannot be read: {error}") from error
        try:
            return cls.from_json(text)
        except LinkageError as error:
            raise LinkageError(f"model '{path}': {error}") from error


def _drop_levels(tables: list[Floats], row: int, levels: int) -> None:
    """Take away levels beyond these: a given name without its surname cannot be swapped with it."""
    for table in tables:
        if table[row, levels:].any():
            table[row, levels:] = 0
            table[row] /= table[row].sum()


def _document(model: TrainedModel) -> dict[str, Any]:
    """The model as it is written; what only labels bring is not mentioned without them."""
    provenance = asdict(model.provenance)
    if not model.provenance.labels:
        del provenance["labels"]
    calibration = model.calibration
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "provenance": provenance,
        "population": asdict(model.population),
        "warnings": list(model.warnings),
        "spec_sha256": model.spec_hash,
        "spec": spec_document(model.spec),
        **written(model.spec, model.probabilities, model.trained),
        "decision": None if model.decision is None else asdict(model.decision),
        **({} if calibration is None else {"calibration": asdict(calibration)}),
    }


def _model(document: dict[str, Any]) -> TrainedModel:
    if document["format"] != FORMAT or document["version"] != FORMAT_VERSION:
        raise ValueError(f"expected {FORMAT} version {FORMAT_VERSION}")
    spec = spec_from_mapping(document["spec"], "model")
    if spec_hash(spec) != document["spec_sha256"]:
        raise ValueError("its specification does not have the hash it was trained with")
    probabilities, trained = read(spec, document)
    return TrainedModel(
        spec=spec,
        probabilities=probabilities,
        population=Population(**document["population"]),
        trained=trained,
        provenance=Provenance(**document["provenance"]),
        warnings=tuple(document["warnings"]),
        decision=_decision(document.get("decision")),
        calibration=_calibration(document.get("calibration")),
    )


def _calibration(entry: dict[str, Any] | None) -> Calibration | None:
    if entry is None:
        return None
    found = Calibration(**entry)
    if not (math.isfinite(found.intercept) and 0 < found.slope < math.inf):
        raise ValueError("its calibration turns the order of pairs round")
    return found


def _decision(entry: dict[str, Any] | None) -> PairDecision | None:
    """How pairs are judged; models written before this could be said do not say it."""
    if entry is None:
        return None
    return PairDecision(tuple(ValueShares(**one) for one in entry["value_shares"]))
