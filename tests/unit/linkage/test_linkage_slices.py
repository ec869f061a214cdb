"""Long arrays worked on by several threads: every row once, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.linkage.slices import WORTH_A_THREAD, in_slices


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("n_rows", [0, 1, WORTH_A_THREAD, WORTH_A_THREAD + 3])
def test_every_row_is_worked_on_once(n_rows: int, threads: int) -> None:
    done = np.zeros(n_rows, np.int64)

    def count(part: slice) -> None:
        done[part] += 1

    in_slices(n_rows, count, threads)

    assert (done == 1).all()


def test_an_error_of_the_work_is_raised() -> None:
    def fail(part: slice) -> None:
        raise ValueError("told")

    with pytest.raises(ValueError, match="told"):
        in_slices(WORTH_A_THREAD + 1, fail)
