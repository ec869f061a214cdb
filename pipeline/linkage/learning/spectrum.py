"""Which values stand together more often than chance has it: the leading parts of a sparse table.

In: pairs of values, each pair once. Out: for every value a few coordinates, whose products say how
much likelier a pair is than if its values were independent. It must not know what the values are.

With A the table of pairs (1 where a pair occurs), r and c its row and column sums, N their total
and τ `DAMPING`, the leading singular parts of

    M = (A − r cᵀ / N) / √((r + τ)(c + τ)ᵀ)

are found by subspace iteration. Parts that are no larger than those of the same table with its
pairs shuffled are chance (parallel analysis) and left out, so that values which go together with
nothing keep λ = 1 whatever the size of the table.

Source: Greenacre 1984 (correspondence analysis) for the table; Amini, Chen, Bickel and Levina 2013
for the damping, without which rare values make parts of their own; Horn 1965 for parallel analysis;
Halko, Martinsson and Tropp 2011, algorithm 4.4, for the iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.linkage.compiled import compiled

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

DAMPING = 5.0
"""Partners' worth of belief that a value stands with anything alike. Of names held out, λ foretold
a little more with 2, but parts were nearer to chance; with 20 it foretold a quarter less."""

PARTS = 24
"""At most so many parts. Twice as many foretold no more names that were held out."""

SPARE_PARTS = 8
"""Carried along, so that the wanted ones converge quickly."""

ROUNDS = 8
OF_CHANCE = 1.2
"""A part counts from this many times the largest of the shuffled table. What stands out by less is
a few records' doing."""

SMALLEST = 1e-12
SEED = 20


@dataclass(frozen=True)
class Spectrum:
    """Coordinates of the values: λ(row, column) = 1 + Σ_k rows[row, k] · columns[column, k].

    Attributes:
        rows: (n_rows, n_parts).
        columns: (n_columns, n_parts).
    """

    rows: Floats
    columns: Floats

    def ratio(self, row: NDArray[np.int32], column: NDArray[np.int32]) -> Floats:
        """(n,) λ of each pair; 1 where either is -1."""
        found = np.ones(len(row))
        _add_products(row, column, self.rows, self.columns, found)
        return found


def spectrum(row: Numbers, column: Numbers, sizes: tuple[int, int]) -> Spectrum:
    """The parts of a table of pairs that are no chance.

    Args:
        row: (n_pairs,) row of each pair, ascending.
        column: (n_pairs,) its column; no pair stands twice.
        sizes: number of rows and of columns.
    """
    rng = np.random.default_rng(SEED)
    values, rows, columns = _leading(row, column, sizes, PARTS + SPARE_PARTS, rng)
    by_chance, _, _ = _leading(row, rng.permutation(column), sizes, SPARE_PARTS, rng)
    kept = np.flatnonzero(values[:PARTS] > OF_CHANCE * by_chance.max(initial=0.0))
    return Spectrum(np.ascontiguousarray(rows[:, kept]), np.ascontiguousarray(columns[:, kept]))


def _leading(
    row: Numbers, column: Numbers, sizes: tuple[int, int], parts: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Singular values of M, descending, and the coordinates of rows and columns in each part."""
    parts = min(parts, *sizes)
    places = ((row, sizes[0]), (column, sizes[1]))
    sums = [np.bincount(place, minlength=size).astype(float) for place, size in places]
    scale = [1 / np.sqrt(total + DAMPING) for total in sums]
    mean = [total / np.sqrt((total + DAMPING) * len(row)) for total in sums]

    def times(vectors: Floats, side: int) -> Floats:
        """M · vectors for side 0, Mᵀ · vectors for side 1."""
        out = np.zeros((sizes[side], vectors.shape[1]))
        to, of = (row, column) if side == 0 else (column, row)
        _gather_sums(to, of, vectors * scale[1 - side][:, None], out)
        expected = np.einsum("i,ik->k", mean[1 - side], vectors)
        return np.asarray(out * scale[side][:, None] - mean[side][:, None] * expected)

    vectors = _orthonormal(rng.standard_normal((sizes[1], parts)))
    for _ in range(ROUNDS):
        vectors = _orthonormal(times(times(vectors, 0), 1))
    images = times(vectors, 0)
    squares, turn = np.linalg.eigh(_gram(images))
    turn = np.ascontiguousarray(turn[:, ::-1])
    values = np.sqrt(np.maximum(squares[::-1], 0.0))
    rows, columns = _turned(images, turn), _turned(vectors, turn)
    return values, len(row) * rows * scale[0][:, None], columns * scale[1][:, None]


def _orthonormal(vectors: Floats) -> Floats:
    """The same space by orthonormal vectors; zeros for directions that are not there."""
    squares, turn = np.linalg.eigh(_gram(vectors))
    is_there = squares > SMALLEST * squares.max(initial=SMALLEST)
    lengths = np.sqrt(np.where(is_there, squares, 1.0))
    return _turned(vectors, np.ascontiguousarray(turn * (is_there / lengths)))


# Products of tall tables are kernels of our own: those of the linear algebra library come out
# differently in the last digit with another number of threads.


def _gram(vectors: Floats) -> Floats:
    """vectorsᵀ · vectors."""
    out = np.zeros((vectors.shape[1], vectors.shape[1]))
    _add_gram(vectors, out)
    return out


def _turned(vectors: Floats, turn: Floats) -> Floats:
    """vectors · turn."""
    out = np.zeros((len(vectors), turn.shape[1]))
    _add_turned(vectors, turn, out)
    return out


@compiled
def _gather_sums(to: Numbers, of: Numbers, vectors: Floats, out: Floats) -> None:
    """Add to each row of `out` the vectors of its partners."""
    for pair in range(len(to)):
        t, o = to[pair], of[pair]
        for k in range(vectors.shape[1]):
            out[t, k] += vectors[o, k]


@compiled
def _add_gram(vectors: Floats, out: Floats) -> None:
    """Add the products of all columns with one another."""
    width = vectors.shape[1]
    for i in range(len(vectors)):
        for j in range(width):
            one = vectors[i, j]
            for k in range(width):
                out[j, k] += one * vectors[i, k]


@compiled
def _add_turned(vectors: Floats, turn: Floats, out: Floats) -> None:
    """Add vectors · turn."""
    for i in range(len(vectors)):
        for j in range(vectors.shape[1]):
            one = vectors[i, j]
            for k in range(turn.shape[1]):
                out[i, k] += one * turn[j, k]


@compiled
def _add_products(
    row: NDArray[np.int32], column: NDArray[np.int32], rows: Floats, columns: Floats, found: Floats
) -> None:
    """Add the product of the coordinates of each pair; nothing where either is -1."""
    for pair in range(len(row)):
        r, c = row[pair], column[pair]
        if r >= 0 and c >= 0:
            for k in range(rows.shape[1]):
                found[pair] += rows[r, k] * columns[c, k]
