"""Compare: pairs become agreement patterns.

In: `Encoded` and record numbers. Out: one packed integer per pair. It must not know what a pattern
is worth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from pipeline.linkage.blocking.block import Blocking, candidate_chunk, chunk_bounds
from pipeline.linkage.comparing.kernel import compare_chunk, kernel_steps, kernel_tables
from pipeline.linkage.comparing.pairs import ComparedChunk
from pipeline.linkage.comparing.patterns import (
    PatternCounts,
    PatternLayout,
    layout_of,
    pack,
    unpack,
)
from pipeline.linkage.comparing.sample import random_pairs
from pipeline.linkage.compiled import Int32s, Words
from pipeline.linkage.encoding.encoded import Encoded
from pipeline.linkage.progress import note_progress
from pipeline.linkage.slices import in_slices

__all__ = [
    "ComparedChunk", "PatternCounts", "PatternLayout", "compare_candidates",
    "compare_pairs", "layout_of", "pack", "random_pairs", "unpack",
]  # fmt: skip


def compare_pairs(
    encoded: Encoded, left: Int32s, right: Int32s, layout: PatternLayout, threads: int = 2
) -> Words:
    """Agreement patterns uint64 (n_pairs,) of the pairs (left[i], right[i]) of record numbers."""
    tables, steps = kernel_tables(encoded), kernel_steps(encoded, layout)
    patterns = np.zeros(len(left), np.uint64)
    left, right = np.ascontiguousarray(left, np.int32), np.ascontiguousarray(right, np.int32)

    in_slices(
        len(left),
        lambda part: compare_chunk(tables, steps, left[part], right[part], patterns[part]),
        threads,
    )
    return patterns


def compare_candidates(
    encoded: Encoded,
    blocking: Blocking,
    layout: PatternLayout,
    chunk_pairs: int = 250_000,
    threads: int = 2,
) -> Iterator[ComparedChunk]:
    """Block and compare in one pass, chunk by chunk, in left order.

    The pairs and their order are the same for any chunk size and thread count. At most
    `threads` + 1 chunks exist at once.
    """
    tables, steps = kernel_tables(encoded), kernel_steps(encoded, layout)

    def make(bounds: tuple[int, int]) -> ComparedChunk:
        pairs = candidate_chunk(blocking, *bounds)
        patterns = np.zeros(len(pairs.left), np.uint64)
        compare_chunk(tables, steps, pairs.left, pairs.right, patterns)
        return ComparedChunk(pairs.left, pairs.right, pairs.rules, patterns)

    with ThreadPoolExecutor(threads) as pool:
        running: deque[tuple[int, Future[ComparedChunk]]] = deque()
        for bounds in chunk_bounds(blocking, chunk_pairs):
            running.append((bounds[1], pool.submit(make, bounds)))
            if len(running) > threads:
                yield _finished(blocking, *running.popleft())
        while running:
            yield _finished(blocking, *running.popleft())


def _finished(blocking: Blocking, stop: int, chunk: Future[ComparedChunk]) -> ComparedChunk:
    """The chunk whose left records end before `stop`, when it is done."""
    compared = chunk.result()
    note_progress(int(blocking.pairs_before[stop]), int(blocking.pairs_before[-1]))
    return compared
