"""Correlated noise from independent normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError


def mixing(matrix: NDArray[np.float64], place: str) -> NDArray[np.float64]:
    """Lower triangular root of a correlation matrix, (n, n), whose first row keeps the first normal as it is.

    Raises UserError where the correlations are not those of any variables.
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < -1e-9:
        raise UserError(
            "correlations form a positive semidefinite matrix",
            value=f"least eigenvalue {values[0]:.3g}",
            place=place,
            remedy="bring the correlations closer to zero",
        )
    _, r = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)
    lower: NDArray[np.float64] = (r * np.sign(np.where(np.diag(r) == 0, 1.0, np.diag(r)))[:, None]).T
    return lower
