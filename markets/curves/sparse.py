"""Sparse matrices of curves: the few operations needed, in the order of additions of SciPy, which is slow to import.

A row's entries are added one after the other, in the order in which they are stored: digits are those of
`scipy.sparse.csr_array`, of which this is the small part that curves and swaps use.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
NONE = (np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Sparse:
    """Entries row by row: rows, columns and values (entries,) of a matrix of this shape."""

    values: Floats
    rows: Indices
    columns: Indices
    shape: tuple[int, int]

    @staticmethod
    def of(values: Floats, rows: Indices, columns: Indices, shape: tuple[int, int]) -> Sparse:
        """From entries in any order; those of one place are added up."""
        place = rows * shape[1] + columns
        order = np.argsort(place, kind="stable")
        first, number = _distinct(place[order])
        summed = _sums(number, values[order], first.size)
        return Sparse(summed, first // shape[1], first % shape[1], shape) if first.size else Sparse(*NONE, shape)

    def __matmul__(self, other: Floats) -> Floats:
        """Times a vector (columns,) or a full matrix (columns, any)."""
        if other.ndim == 1:
            return self._times(other)
        out = np.empty((self.shape[0], other.shape[1]))
        for k, column in enumerate(np.ascontiguousarray(other.T)):
            out[:, k] = self._times(column)
        return out

    def _times(self, vector: Floats) -> Floats:
        return _sums(self.rows, self.values * vector[self.columns], self.shape[0])

    def scaled(self, by: Floats) -> Sparse:
        """Each column times a number, (columns,)."""
        return Sparse.of(self.values * by[self.columns], self.rows, self.columns, self.shape)

    def full(self) -> Floats:
        """The matrix with its zeros."""
        out = np.zeros(self.shape)
        out[self.rows, self.columns] = self.values
        return out


@dataclass(frozen=True, eq=False)
class Gathering:
    """Sums of a matrix's rows: each new row is that of the rows that go into it, times weights that are given later.

    into: of each row of the matrix, (rows,), the new row that it goes into, one of `count`.
    """

    matrix: Sparse
    into: Indices
    count: int

    def of(self, weights: Floats) -> Sparse:
        """The new matrix, from the weight of each row, (rows,)."""
        place, rows, columns = self._places
        values = _sums(place, weights[self.matrix.rows] * self.matrix.values, rows.size)
        return Sparse(values, rows, columns, (self.count, self.matrix.shape[1]))

    @cached_property
    def _places(self) -> tuple[Indices, Indices, Indices]:
        """Of each entry the one that it is added to; rows and columns of these: in a row, what came first stands last,
        as in a product of SciPy's.
        """
        old = self.matrix
        into = self.into[old.rows]
        key = into * old.shape[1] + old.columns
        order = np.argsort(key, kind="stable")
        _, number = _distinct(key[order])
        seen = order[np.flatnonzero(np.diff(number, prepend=-1))]  # where each place first appears
        last = np.lexsort((-seen, into[seen]))
        rank = np.empty_like(last)
        rank[last] = np.arange(last.size)
        place = np.empty_like(order)
        place[order] = rank[number]
        return place, into[seen][last], old.columns[seen][last]


def _sums(places: Indices, values: Floats, count: int) -> Floats:
    """The values of each place, one after the other, (count,)."""
    return np.bincount(places, weights=values, minlength=count).astype(np.float64, copy=False)


def _distinct(ordered: Indices) -> tuple[Indices, Indices]:
    """Of numbers in ascending order: the different ones, and the number of each in them."""
    new = np.diff(ordered, prepend=-1) != 0
    return ordered[new], np.cumsum(new) - 1
