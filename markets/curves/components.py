"""Principal components of the moves of a curve, and a covariance that is made of the first of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.dataclass import dataclass

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """variance: eigenvalues, falling, (points,). weights: a row a component, of length 1, (components, points)."""

    variance: Floats
    weights: Floats

    @property
    def shares(self) -> Floats:
        """Of the whole variance, (points,)."""
        return np.asarray(self.variance / self.variance.sum())

    def covariance(self, number: int) -> Floats:
        """Of the first components and, node by node, what they leave of its variance, (points, points)."""
        full = self.weights.T * self.variance @ self.weights
        kept = self.weights[:number].T * self.variance[:number] @ self.weights[:number]
        return kept + np.diag(np.diag(full) - np.diag(kept))


def components(covariance: ArrayLike) -> Components:
    """Of a symmetric covariance (points, points). The first has a positive sum, others rise at the long end."""
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    weights = vectors.T[::-1].copy()
    for row in weights:
        row *= np.sign(row[-1]) or 1.0
    weights[0] *= np.sign(weights[0].sum()) or 1.0
    return Components(np.maximum(values[::-1], 0.0), weights)
