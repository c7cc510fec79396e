"""Means, variances and covariance of two quantities by group, gathered a vector at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import FloatArray
from sim.blockwise import BLOCK


class CoMoments:
    """Of pairs x, y in each of `groups` groups: count, means, and sums of squares and products about the means.

    Two sets are merged as in Chan, Golub and LeVeque (1983), The American Statistician 37: nothing cancels, however
    large the means are. `n`, `x`, `y`, `xx`, `yy`, `xy`: (groups,).
    """

    def __init__(self, groups: int) -> None:
        self.n, self.x, self.y, self.xx, self.yy, self.xy = np.zeros((6, groups))

    def add(self, x: FloatArray, y: FloatArray, group: NDArray[np.int16] | None = None) -> None:
        """Take in pairs. group: of each pair; all in the first where None."""
        for begin in range(0, x.size, BLOCK):
            part = slice(begin, begin + BLOCK)
            self._add(x[part], y[part], None if group is None else group[part])

    def _add(self, x: FloatArray, y: FloatArray, group: NDArray[np.int16] | None) -> None:
        count = self.n.size
        found, at = CoMoments(count), _groups(x.size, group, count)
        found.n = np.full(1, float(x.size)) if count == 1 else np.bincount(at, minlength=count).astype(np.float64)
        found.x, found.y = (total / np.maximum(found.n, 1) for total in _sums((x, y), at, count))
        dx, dy = x - found.x[at], y - found.y[at]
        found.xx, found.yy, found.xy = _sums((dx * dx, dy * dy, dx * dy), at, count)
        self.merge(found)

    def merge(self, other: CoMoments) -> None:
        """Take in other pairs, group by group."""
        n = np.maximum(self.n + other.n, 1)
        dx, dy, shared = other.x - self.x, other.y - self.y, self.n * other.n / n
        self.xx, self.yy = self.xx + other.xx + dx * dx * shared, self.yy + other.yy + dy * dy * shared
        self.xy = self.xy + other.xy + dx * dy * shared
        self.x, self.y = self.x + dx * other.n / n, self.y + dy * other.n / n
        self.n = self.n + other.n

    def without(self, left_out: int) -> CoMoments:
        """All groups but one, as one group."""
        found = CoMoments(1)
        for group in range(self.n.size):
            if group != left_out:
                found.merge(self._one(group))
        return found

    def without_each(self) -> Iterator[CoMoments]:
        """`without` each group in turn, to the same digits: one merge for all of them together."""
        found, every = CoMoments(self.n.size), np.arange(self.n.size)
        for group in range(self.n.size):
            other, left_out = CoMoments(self.n.size), every == group
            other.n, other.xx, other.yy, other.xy = (
                np.where(left_out, 0.0, values[group]) for values in (self.n, self.xx, self.yy, self.xy)
            )
            other.x = np.where(left_out, found.x, self.x[group])  # no pairs there: nothing moves
            other.y = np.where(left_out, found.y, self.y[group])
            found.merge(other)
        yield from map(found._one, range(self.n.size))

    def _one(self, group: int) -> CoMoments:
        found, kept = CoMoments(1), slice(group, group + 1)
        for name, values in vars(self).items():
            setattr(found, name, values[kept])
        return found

    @property
    def variances(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """var(x), var(y), cov(x, y), (groups,) each."""
        n = np.maximum(self.n, 1)
        return self.xx / n, self.yy / n, self.xy / n


def _groups(size: int, group: NDArray[np.int16] | None, count: int) -> NDArray[np.intp]:
    """The group of each pair, as NumPy counts with it; (1,) where there is but one."""
    if count == 1:
        return np.zeros(1, dtype=np.intp)
    return np.zeros(size, dtype=np.intp) if group is None else group.astype(np.intp)


def _sums(vectors: tuple[FloatArray, ...], group: NDArray[np.intp], count: int) -> list[FloatArray]:
    """(count,) sums of each vector by group, one pair after the other.

    Of one group the vectors take turns: a sum that waits for itself at every number takes twice as long.
    """
    if count > 1:
        return [np.asarray(np.bincount(group, each, count), dtype=np.float64) for each in vectors]
    turns = _turns(vectors[0].size, len(vectors))
    return list(np.bincount(turns, np.stack(vectors, axis=1).ravel(), len(vectors)).astype(np.float64)[:, None])


@lru_cache(maxsize=4)
def _turns(size: int, vectors: int) -> NDArray[np.intp]:
    """0, 1, ... for each of so many vectors, so many times."""
    return np.tile(np.arange(vectors), size)
