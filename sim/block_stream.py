"""A stream of random numbers by NumPy's generator: a child generator for each block of 1,024 paths."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024  # paths that share one Philox child

Vector = NDArray[np.float64]


def _key(name: str) -> tuple[int, ...]:
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))


class BlockStream:
    """One stream of noise for the paths [first, first + paths), by NumPy's Philox4x64 and its ziggurat.

    Each block of 1,024 paths has its own Philox child, and every draw is for the whole block. So a path's numbers do
    not depend on which other paths are simulated with it.
    """

    def __init__(self, seed: int, name: str, first: int, paths: int) -> None:
        start = first // BLOCK
        self._seed, self._name = seed, name
        self._children = range(start, (first + paths - 1) // BLOCK + 1)
        offset = first - start * BLOCK
        self._cut = slice(offset, offset + paths)
        self._blocks = [slice(i * BLOCK, (i + 1) * BLOCK) for i in range(len(self._children))]

    @cached_property
    def _generators(self) -> list[np.random.Generator]:
        """Made at the first draw, as many streams are never used."""
        key = _key(self._name)
        seeds = [np.random.SeedSequence(self._seed, spawn_key=(*key, child)) for child in self._children]
        return [np.random.Generator(np.random.Philox(s)) for s in seeds]

    def normal(self) -> Vector:
        """The next standard normal of each path: (paths,)."""
        out = np.empty((len(self._children), BLOCK))
        for generator, block in zip(self._generators, out, strict=True):
            generator.standard_normal(out=block)
        return out.reshape(-1)[self._cut]

    def normals(self, rows: int) -> Vector:
        """The next `rows` standard normals of each path: (rows, paths), the numbers of `rows` calls of `normal`."""
        out = np.empty((rows, len(self._blocks) * BLOCK))
        for generator, block in zip(self._generators, self._blocks, strict=True):
            for row in out:
                generator.standard_normal(out=row[block])
        return out[:, self._cut]

    def uniform(self) -> Vector:
        """The next uniform on [0, 1) of each path: (paths,)."""
        out = np.empty(len(self._blocks) * BLOCK)
        for generator, block in zip(self._generators, self._blocks, strict=True):
            generator.random(out=out[block])
        return out[self._cut]
