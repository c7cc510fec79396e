"""Correlation matrices: a check that they are possible, and weights that turn independent normals into such noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError

LEAST = -1e-9  # an eigenvalue below this is no rounding error


def impossible(matrix: NDArray[np.float64]) -> float | None:
    """Least eigenvalue of a matrix that is not positive semidefinite; None if it is."""
    least = float(np.linalg.eigvalsh(matrix)[0])
    return least if least < LEAST else None


def contradiction(least: float, place: str, value: str | None = None) -> UserError:
    """The error for correlations with this negative eigenvalue, to be raised. value: the variables concerned."""
    rule = "the correlations contradict each other (matrix not positive semidefinite)"
    remedy = f"bring the correlations closer to 0 (lowest eigenvalue {least:.3f})"
    return UserError(rule, value=value, place=place, remedy=remedy)


def mixing(matrix: NDArray[np.float64], place: str) -> NDArray[np.float64]:
    """Lower triangular root of a correlation matrix, (n, n), whose first row keeps the first normal as it is.

    Raises UserError if the matrix is not positive semidefinite.
    """
    least = impossible(matrix)
    if least is not None:
        raise contradiction(least, place)
    values, vectors = np.linalg.eigh(matrix)
    _, r = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)
    lower: NDArray[np.float64] = (r * np.sign(np.where(np.diag(r) == 0, 1.0, np.diag(r)))[:, None]).T
    return lower
