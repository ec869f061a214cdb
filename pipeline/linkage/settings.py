"""Settings of one linkage run: what to return, how much work to allow, how long to iterate.

In: numbers a user may set. Out: frozen `LinkageSettings`. What to compare belongs in the
specification, what was learned belongs in the model; neither belongs here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from pipeline.errors import SpecError
from pipeline.linkage.method import WHOLE_METHOD, Method

BOUNDS: dict[str, tuple[float, float]] = {
    "threshold": (0.0, 1.0),
    "pairs_per_record": (0.01, 10_000),
    "spare_pairs": (0, 1e12),
    "random_pairs": (1_000, 1e9),
    "chunk_pairs": (1, 1e9),
    "threads": (1, 1_024),
    "seed": (0, 2**63 - 1),
    "max_iterations": (1, 100_000),
    "tolerance": (1e-12, 0.1),
    "refine_rounds": (0, 100),
    "dependence": (0.0, 1.0),
    "component_floor": (1e-6, 0.5),
    "max_component": (2, 100_000),
    "min_training_pairs": (0, 1e9),
}


@dataclass(frozen=True)
class LinkageSettings:
    """How one linkage runs.

    Attributes:
        threshold: Lowest match probability that is returned; 0 returns every candidate pair.
        one_to_one: Return at most one partner a record (linking) after the pairs are scored.
        exact: Further columns to compare for equality by the default specification.
        pairs_per_record: A blocking rule may make this many pairs a record (B in the method).
        spare_pairs: Pairs a rule may make however few records there are.
        random_pairs: Pairs drawn at random to learn how often strangers agree.
        chunk_pairs: Pairs held at once while comparing; changes memory, never the result.
        threads: Threads of the compiled kernels; changes speed, never the result.
        seed: Seed of the random pairs.
        max_iterations: EM gives up after so many and says that it did not converge.
        tolerance: Largest change of any probability in a cycle that counts as converged.
        refine_rounds: Most rounds of re-estimation from all candidates after EM.
        dependence: How far pairs of one cluster repeat one another's evidence (ρ in the method);
            None learns it.
        component_floor: Pairs at least this probable hold a component of a table together.
        max_component: Larger components are cut at ever higher probabilities before clustering.
        min_training_pairs: With fewer candidate pairs nothing is learned: prior beliefs are used.
        method: Parts of the method in use; for ablations only.
    """

    threshold: float = 0.5
    one_to_one: bool = False
    exact: tuple[str, ...] = ()
    pairs_per_record: float = 20.0
    spare_pairs: int = 5_000
    random_pairs: int = 1_000_000
    chunk_pairs: int = 250_000
    threads: int = 2
    seed: int = 1
    max_iterations: int = 1_000
    tolerance: float = 1e-3
    refine_rounds: int = 50
    dependence: float | None = None
    component_floor: float = 0.1
    max_component: int = 400
    min_training_pairs: int = 50
    method: Method = WHOLE_METHOD

    def __post_init__(self) -> None:
        """Refuse a value outside its bounds.

        Raises:
            SpecError: A setting is out of bounds.
        """
        for field in fields(self):
            if field.name not in BOUNDS:
                continue
            low, high = BOUNDS[field.name]
            value = getattr(self, field.name)
            if value is not None and not low <= value <= high:
                raise SpecError(f"setting {field.name} is {value}; use {low:g} to {high:g}")
