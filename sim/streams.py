"""Named streams of random numbers: a pure function of (generator, seed, stream, path, draw)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.block_stream import BlockStream
from sim.common_stream import CommonStream
from sim.stream import Stream as Stream

Generator: TypeAlias = Literal["numpy", "philox"]
DEFAULT: Generator = "philox"
Vector = NDArray[np.float64]


class Streams:
    """All streams of one chunk of paths; the same in every world of a run.

    generator: "philox" (Philox4x32-10 and Box-Muller, in our own kernels), or "numpy" (Philox4x64 and ziggurat, in
        blocks of 1,024 paths), which all streams were before there was a choice.
    common: all paths have the noise of path 0, so that they differ only by what is done on them.
    """

    def __init__(
        self, seed: int, first: int, paths: int, generator: Generator = DEFAULT, *, common: bool = False
    ) -> None:
        self.seed = seed
        self.common = common
        self.first = first
        self.paths = paths
        self._kind = _kind(generator)

    def stream(self, name: str) -> Stream:
        """A stream by name, at its first draw."""
        if self.common:
            return CommonStream(self._kind(self.seed, name, 0, 1), self.paths)
        return self._kind(self.seed, name, self.first, self.paths)

    def shared(self, name: str) -> Stream:
        """A stream of one path, the same one for all chunks of a run."""
        return self._kind(self.seed, name, 0, 1)


def _kind(generator: Generator) -> Callable[[int, str, int, int], Stream]:
    if generator == "numpy":
        return BlockStream
    from sim.counter_stream import CounterStream  # it loads kernels, so numba

    return CounterStream
