"""The parts of the method, each of which can be left out to see what it buys.

In: nothing. Out: `Method`, carried by the settings. It is for ablations (`benchmarks/quality.py`
leaves out one part at a time): nothing published should ever leave a part out. It must not know how
a part works; each is honoured in one place, named beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Method:
    """Which parts of the method are in use: all of them, but in an ablation.

    Attributes:
        household_class: A third class of pairs, two people of one household (`Evidence`).
        movers: Matches and households that moved apart are told from those who did not
            (`starting_probabilities`).
        stranger_ties: What goes together among strangers counts once (`evidence_of`).
        household_caps: Near agreement on a person's own values is held down in that class, and
            disagreement on places (`update_h`).
        decontamination: Matches are taken out of the random pairs that u rests on
            (`stranger_shares`).
        term_frequency: Agreeing on a rare value says more (`pair_credits`).
        frequency_by_entity: In one table a value is counted by person, not by record
            (`score_candidates`).
        name_swaps: Given name and surname are compared crosswise too (`gather`).
        refinement: After EM, learn once more from all candidates (`train_model`).
        error_types: Slips that go together, or come alone, are learned (`train_model`).
        excess: Where more pairs of a pattern are seen than expected, the class that expects most is
            taken to be misjudged (`observed_evidence`).
        name_affinity: Full names more common than their parts suggest count for less (`gather`).
        group_evidence: Rivals compete between two tables, and clusters are judged as wholes within
            one (`judge`).
        counts_before_deduplication: EM counts a pair under every rule that makes it, not only under
            the first (`rule_levels`).
    """

    household_class: bool = True
    movers: bool = True
    stranger_ties: bool = True
    household_caps: bool = True
    decontamination: bool = True
    term_frequency: bool = True
    frequency_by_entity: bool = True
    name_swaps: bool = True
    refinement: bool = True
    error_types: bool = True
    excess: bool = True
    name_affinity: bool = True
    group_evidence: bool = True
    counts_before_deduplication: bool = True


PARTS = tuple(field.name for field in fields(Method))
"""Names of all parts, in the order of a table of ablations."""

WHOLE_METHOD = Method()
