"""How weighted sensitivities add up, in and across buckets (MAR21.4 to 21.7); kernels on arrays."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.vectors import total

Floats = NDArray[np.float64]
Scenario = Literal["low", "medium", "high"]
SCENARIOS: tuple[Scenario, ...] = ("low", "medium", "high")


def correlated(medium: Floats, scenario: Scenario) -> Floats:
    """Correlations of a scenario: high 1.25 x, at most 1; low the larger of 2 x - 1 and 0.75 x (MAR21.6)."""
    if scenario == "high":
        return np.minimum(1.25 * medium, 1.0)
    return np.maximum(2 * medium - 1, 0.75 * medium) if scenario == "low" else medium


def bucket_charge(weighted: Floats, rho: Floats) -> Floats:
    """K = sqrt(max(0, WS' rho WS)), (paths,). weighted: (factors, paths); rho: (factors, factors), diagonal 1."""
    return _root(_form(weighted, rho))


def charge(buckets: Floats, sums: Floats, gamma: Floats) -> Floats:
    """sqrt(sum K^2 + sum gamma S S), (paths,); where that is negative, S is held within -K and K (MAR21.4(5)).

    buckets: K, (buckets, paths). sums: S, sum of WS. gamma: (buckets, buckets), 0 on the diagonal.
    """
    squares = total(buckets**2)
    free = squares + _form(sums, gamma)
    held = squares + _form(np.clip(sums, -buckets, buckets), gamma)
    return _root(np.where(free < 0, held, free))


def curved_bucket(cvr: Floats, rho: Floats) -> Floats:
    """K = sqrt(max(0, sum max(CVR, 0)^2 + sum rho CVR CVR psi)), (paths,); psi 0 for two negative ones (MAR21.5(3))."""
    return _root(total(np.maximum(cvr, 0.0) ** 2) + _one_positive(cvr, rho))


def curved_charge(buckets: Floats, sums: Floats, gamma: Floats) -> Floats:
    """sqrt(max(0, sum K^2 + sum gamma S S psi)), (paths,) (MAR21.5(4))."""
    return _root(total(buckets**2) + _one_positive(sums, gamma))


def _root(square: Floats) -> Floats:
    """Root of what is positive."""
    root: Floats = np.sqrt(np.maximum(square, 0.0))
    return root


def _one_positive(values: Floats, correlation: Floats) -> Floats:
    """Sum over pairs of two of correlation x a x b, but for pairs that are both negative, (paths,)."""
    pairs = correlation - np.diag(np.diag(correlation))
    both = np.minimum(values, 0.0)
    return _form(values, pairs) - _form(both, pairs)


def _form(values: Floats, matrix: Floats) -> Floats:
    """v' M v by path, (paths,)."""
    image = np.zeros_like(values)
    for column, value in zip(matrix.T, values, strict=True):  # a product of matrices rounds by the number of paths
        image += column[:, None] * value
    return total(values * image)
