"""The demonstration: made-up agencies, one run of the flow, and how good it was.

In: an out folder, a scale and a seed. Out: extracts, a published run, and lines on the terminal.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from flows.launch import Asked, Say, run_once
from pipeline.settings.run import DEMO_CONFIG

DATASETS = (
    ("authority_lists/", "one list per authority: Parquet and CSV"),
    ("family_links.parquet", "every link with its weight, probability and band (internal)"),
    ("linked_families.parquet", "the same links pseudonymised, for analysts"),
    ("children.parquet", "one row per identified child, for analysts"),
    ("declared_children.parquet", "children declared, named, linked and unlinked, per offender"),
    ("person_map.parquet", "which record is which person (internal)"),
    ("quality.parquet", "input profile, quarantine, match rates by group"),
    ("datapackage.json", "what every file and column means"),
)


def run_demo(out: Path, scale: str, seed: int, say: Say) -> None:
    """Make made-up agencies, run the flow, evaluate it against the truth, and say all of it."""
    from pipeline.evaluate import evaluate_run
    from pipeline.settings.synthetic import load_synthetic_settings
    from pipeline.synthetic import synthesise

    extracts = out / "extracts"
    started = time.perf_counter()
    say(f"Making up three kinds of agency ({scale}, seed {seed}). Nobody in them is real.")
    rates = load_synthetic_settings()
    synthesise(extracts, scale, seed, rates)
    say(f"  extracts in {extracts} ({time.perf_counter() - started:.0f} s)")
    say("Finding the children: rows in and out of each stage.")
    say("  (a machine's first run takes up to a minute longer: comparison kernels are compiled)")
    asked = Asked(DEMO_CONFIG, extracts, out, rates.as_of)
    run = run_once(asked, lambda line: say(f"  {line}"))
    say("Datasets:")
    for name, meaning in DATASETS:
        say(f"  {run / name}\n      {meaning}")
    say("How good it was, against the truth that only the made-up agencies have (links of a parent")
    say("and a child; findable recall is of the pairs that an agency names or records):")
    for line in evaluate_run(run, extracts / "truth").to_summary().splitlines():
        say(f"  {line}")
    say("The whole report, by group and with calibration:")
    say(f"  {sys.argv[0]} evaluate --run {out / 'current'} --truth {extracts / 'truth'}")
