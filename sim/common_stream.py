"""One path's noise, dealt to all paths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.stream import Stream

Vector = NDArray[np.float64]


class CommonStream:
    """A stream of which every path has the numbers of `one`, a stream of a single path."""

    def __init__(self, one: Stream, paths: int) -> None:
        self._one, self._paths = one, paths

    def normal(self) -> Vector:
        """The next standard normal, (paths,) times."""
        return np.repeat(self._one.normal(), self._paths)

    def normals(self, rows: int) -> Vector:
        """The next `rows` standard normals, each (paths,) times: (rows, paths)."""
        return np.repeat(self._one.normals(rows), self._paths, axis=-1)

    def uniform(self) -> Vector:
        """The next uniform on [0, 1), (paths,) times."""
        return np.repeat(self._one.uniform(), self._paths)
