"""What draws noise for some paths."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Stream(Protocol):
    """One stream of noise for some paths. What it returns is the caller's to change."""

    def normal(self) -> Vector:
        """The next standard normal of each path: (paths,)."""

    def normals(self, rows: int) -> Vector:
        """The next `rows` standard normals of each path: (rows, paths), the numbers of `rows` calls of `normal`."""

    def uniform(self) -> Vector:
        """The next uniform on [0, 1) of each path: (paths,)."""
