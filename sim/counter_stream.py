"""A stream of random numbers by our own Philox: each number is a function of its counter."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.kernels.philox import fill_normals, fill_uniforms

AHEAD = 4096  # numbers of few paths that are drawn together: a call costs as much as some hundred of them

READY = 64  # rows that are made ready together to be dealt one by one

Vector = NDArray[np.float64]
Fill = Callable[[NDArray[np.uint64], int, int, Vector], None]


def stream_words(seed: int, name: str, kind: str) -> NDArray[np.uint64]:
    """(4,) words of 32 bits: two of the key and two of the counter. BLAKE2b of seed, name and kind."""
    digest = hashlib.blake2b(f"{seed}/{kind}/{name}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, "<u4").astype(np.uint64)


class _Draws:
    """Rows of one kind, in order; some are drawn before they are wanted."""

    def __init__(self, fill: Fill, words: NDArray[np.uint64], first: int, paths: int) -> None:
        self._fill, self._words, self._first = fill, words, first
        self._pair, self._pairs_ahead = 0, max(AHEAD // paths // 2, 1)
        self._rows: Vector = np.empty((0, paths))
        self._taken = 0  # of the rows, those that are ready included
        self.ready: list[Vector] = []  # rows to be dealt one by one, the next one last: (paths,) each

    def take(self, rows: int) -> Vector:
        """The next `rows` draws of each path: (rows, paths), the caller's to change."""
        if self.ready:
            self._taken -= len(self.ready)
            self.ready.clear()
        first, last = self._taken, self._taken + rows
        if last > len(self._rows):
            self._draw(rows)
            first, last = 0, rows
        self._taken = last
        return self._rows[first:last]

    def one(self) -> Vector:
        """The next draw of each path: (paths,), the caller's to change."""
        if not self.ready:
            if self._taken == len(self._rows):
                self._draw(1)
            coming = self._rows[self._taken : self._taken + READY]
            self._taken += len(coming)
            self.ready.extend(coming[::-1])
        return self.ready.pop()

    def _draw(self, wanted: int) -> None:
        """Have so many rows that are not taken."""
        left = self._rows[self._taken :]
        kept = len(left)
        pairs = max((wanted - kept + 1) // 2, self._pairs_ahead)
        rows = np.empty((kept + 2 * pairs, left.shape[1]))
        rows[:kept] = left
        self._fill(self._words, self._first, self._pair, rows[kept:])
        self._rows, self._taken, self._pair = rows, 0, self._pair + pairs


class CounterStream:
    """One stream of noise for the paths [first, first + paths), by Philox4x32-10 (`sim.kernels.philox`).

    A path's numbers do not depend on which other paths are simulated with it, its normals not on its uniforms. Paths
    below 2^32, draws below 2^33.
    """

    def __init__(self, seed: int, name: str, first: int, paths: int) -> None:
        self._of = seed, name, first, paths

    @cached_property
    def _normals(self) -> _Draws:
        """Made at the first draw, as many streams are never used."""
        return self._draws(fill_normals, "normal")

    @cached_property
    def _uniforms(self) -> _Draws:
        return self._draws(fill_uniforms, "uniform")

    def _draws(self, fill: Fill, kind: str) -> _Draws:
        seed, name, first, paths = self._of
        return _Draws(fill, stream_words(seed, name, kind), first, paths)

    def normal(self) -> Vector:
        """The next standard normal of each path: (paths,)."""
        draws = self._normals
        return draws.ready.pop() if draws.ready else draws.one()  # as `one`, mostly without a call

    def normals(self, rows: int) -> Vector:
        """The next `rows` standard normals of each path: (rows, paths), the numbers of `rows` calls of `normal`."""
        return self._normals.take(rows)

    def uniform(self) -> Vector:
        """The next uniform on (0, 1) of each path: (paths,)."""
        return self._uniforms.one()
