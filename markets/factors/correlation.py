"""Correlations: whether any variables have them, and noise that has them from independent normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError

LEAST = -1e-9  # an eigenvalue below is no rounding


def impossible(matrix: NDArray[np.float64]) -> float | None:
    """Least eigenvalue of a matrix that is not positive semidefinite; None where variables may have it."""
    least = float(np.linalg.eigvalsh(matrix)[0])
    return least if least < LEAST else None


def mixing(matrix: NDArray[np.float64], place: str) -> NDArray[np.float64]:
    """Lower triangular root of a correlation matrix, (n, n), whose first row keeps the first normal as it is.

    Raises UserError where the correlations are not those of any variables.
    """
    least = impossible(matrix)
    if least is not None:
        raise UserError(
            "correlations form a positive semidefinite matrix",
            value=f"least eigenvalue {least:.3g}",
            place=place,
            remedy="bring the correlations closer to zero",
        )
    values, vectors = np.linalg.eigh(matrix)
    _, r = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)
    lower: NDArray[np.float64] = (r * np.sign(np.where(np.diag(r) == 0, 1.0, np.diag(r)))[:, None]).T
    return lower
