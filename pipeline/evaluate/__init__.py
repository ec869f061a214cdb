"""How good a published run is, against the truth about the same people.

In: a run folder (or `current`, or an out folder) and a truth folder. Out: precision, recall, F1 and
calibration, by band, threshold and group, and what other thresholds would give. What counts as
right is written in `families.py`.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.evaluate.breakdown import breakdown
from pipeline.evaluate.calibration import calibration_table, expected_calibration_error
from pipeline.evaluate.families import family_measures, judge_links, other_relatives
from pipeline.evaluate.inputs import matched_records, read_run, read_truth, share
from pipeline.evaluate.persons import person_measures
from pipeline.evaluate.reliability import reliability, sensitivity
from pipeline.evaluate.report import Evaluation

__all__ = ["Evaluation", "evaluate_run"]


def evaluate_run(run: Path, truth: Path) -> Evaluation:
    """Measure a run against the truth.

    Args:
        run: a run folder, `current`, or an out folder.
        truth: a folder with person_truth.parquet, family_truth.parquet and, if known,
            persons.parquet.

    Raises:
        EvaluationError: either is missing, damaged, or of other people.
    """
    published, known = read_run(Path(run)), read_truth(Path(truth))
    records = matched_records(published, known)
    judged = judge_links(published, known, records)
    calibration = calibration_table(judged.links["match_probability"], judged.links["is_right"])
    covered = len(records.drop_duplicates(["source", "table", "record_id"]))
    return Evaluation(
        run_id=published.run_id,
        persons=person_measures(records),
        families=family_measures(judged),
        calibration=calibration,
        expected_calibration_error=expected_calibration_error(calibration),
        reliability=reliability(judged, published, known),
        sensitivity=sensitivity(judged),
        breakdown=breakdown(judged, published, known),
        wrong_matches=other_relatives(judged),
        left_out_links=judged.left_out,
        record_coverage=share(covered, len(known.records)),
    )
