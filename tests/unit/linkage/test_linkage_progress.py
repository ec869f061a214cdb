"""Progress: a line on a terminal, nothing elsewhere."""

from __future__ import annotations

import io

from linkage_people import linked_tables

from pipeline.linkage import LinkageSettings, link
from pipeline.linkage.progress import note_progress, progress_in_words, progress_shown


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_words() -> None:
    said = progress_in_words(2_000_000, 8_000_000, 4.0)
    assert said == "2,000,000 of 8,000,000 pairs, 500,000 a second, 12 s left"


def test_a_terminal_sees_all_pairs_done() -> None:
    left, right = linked_tables(300, seed=3)
    screen = Terminal()
    with progress_shown(screen):
        link(left, right, settings=LinkageSettings(random_pairs=1_000, chunk_pairs=500))
    said = screen.getvalue().split("\r")
    assert "pairs" in said[-3]
    done, total = said[-3].split(" pairs")[0].split(" of ")
    assert done == total
    assert said[-2].strip() == ""


def test_logs_stay_quiet() -> None:
    log = io.StringIO()
    with progress_shown(log):
        note_progress(1, 2)
    note_progress(1, 2)
    assert log.getvalue() == ""
