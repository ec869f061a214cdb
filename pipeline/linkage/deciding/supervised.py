"""Supervised: judge with a model, and bring its log odds in line with labelled pairs.

In: gathered pairs, a trained model and labelled pairs. Out: the model with a calibration, or with a
warning that says why there is none. It must not know how odds are judged, nor how lines are fitted.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.linkage.deciding.judge import judge
from pipeline.linkage.learning.calibration import (
    FEWEST,
    LEAST_SLOPE,
    count_of_either_kind,
    fit_calibration,
)
from pipeline.linkage.learning.gather import Gathered
from pipeline.linkage.learning.lessons import LabelledPairs
from pipeline.linkage.model import TrainedModel
from pipeline.linkage.settings import LinkageSettings

LEAST_PROBABILITY = 1e-4
"""Pairs less probable are not asked for: calibrated or not, they are no links."""


def calibrated(
    gathered: Gathered, model: TrainedModel, settings: LinkageSettings, labelled: LabelledPairs
) -> TrainedModel:
    """The model with the calibration that the labels teach.

    A model that was calibrated before is calibrated anew, or stays as it was where labels are few.
    """
    plain = replace(model, calibration=None).restricted_to(gathered.encoded.spec)
    every = replace(settings, threshold=LEAST_PROBABILITY)
    judged = judge(gathered, plain, every)
    row = labelled.rows_among(judged.left, judged.right, gathered.encoded.n_right)
    is_scored = row >= 0
    match, weight = labelled.match[is_scored], labelled.weight[is_scored]
    line = fit_calibration(judged.log_odds[row[is_scored]], match, weight)
    if line is not None:
        said = () if line.slope > 2 * LEAST_SLOPE else (CONTRARY,)
        return replace(model, calibration=line, warnings=(*model.warnings, *said))
    matches, others = count_of_either_kind(match)
    few = (
        f"labels: of {len(is_scored):,} labelled pairs (exact copies as one) {matches:,} that "
        f"match and {others:,} that do not are among the scored pairs; probabilities are not "
        f"calibrated by fewer than {FEWEST} of each: label more, and doubtful ones among them"
    )
    return replace(model, warnings=(*model.warnings, few))


CONTRARY = (
    "labels: they hardly follow the probabilities, or run against them; check that true and false "
    "were not exchanged and that the labels are of these files before using anything"
)
