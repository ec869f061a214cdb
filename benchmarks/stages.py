"""Where Kinlink's time goes, by sampling: no stage needs to know that it is being watched.

In: a running main thread. Out: seconds by room of `pipeline/linkage` and by function, as JSON. Time
since the last look is given to whatever the main thread is doing now; the compiled kernels run
beneath a Python function that waits for them, and count as its time.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

EVERY_SECONDS = 0.005
ENGINE = "pipeline/linkage/"
MOST_FUNCTIONS = 25
IMPORTING = "import"
OTHER = "other"


@contextmanager
def noted_stages(target: Path) -> Iterator[None]:
    """Watch the calling thread until the block ends, then write what was seen."""
    stages: defaultdict[str, float] = defaultdict(float)
    functions: defaultdict[str, float] = defaultdict(float)
    done = threading.Event()
    watched = threading.get_ident()

    def watch() -> None:
        last = time.perf_counter()
        while not done.wait(EVERY_SECONDS):
            now = time.perf_counter()
            stage, function = _where(sys._current_frames().get(watched))
            stages[stage] += now - last
            functions[function] += now - last
            last = now

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        found = {
            "stages": _longest_first(stages),
            "functions": _longest_first(functions, MOST_FUNCTIONS),
        }
        target.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _longest_first(seconds: Mapping[str, float], most: int | None = None) -> dict[str, float]:
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return {name: round(value, 3) for name, value in ordered[:most]}


def _where(frame: FrameType | None) -> tuple[str, str]:
    """The room, and the function, of the innermost engine frame; an import beneath it wins."""
    while frame is not None:
        path, name = frame.f_code.co_filename.replace("\\", "/"), frame.f_code.co_name
        if path.startswith("<frozen importlib"):
            return IMPORTING, IMPORTING
        if ENGINE in path:
            inside = path.split(ENGINE, 1)[1].removesuffix(".py")
            return inside.split("/")[0], f"{inside}.{name}"
        frame = frame.f_back
    return OTHER, OTHER
