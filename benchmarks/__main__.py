"""`python -m benchmarks DATA_FOLDER`: every benchmark there is, on a folder of open data sets."""

from __future__ import annotations

import runpy
from pathlib import Path

if __name__ == "__main__":
    # Linkage quality is the only benchmark so far; speed against other tools is to come.
    runpy.run_path(str(Path(__file__).with_name("quality.py")), run_name="__main__")
