"""Least squares in which a large miss counts linearly: Levenberg's and Marquardt's steps on the normal equations.

For many days and few numbers: each step costs one product of the slopes with themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
TOLERANCE = 1e-7  # relative fall of the sum at which a search ends
DAMPED = 1e9  # no step that is damped more brings the sum down


@dataclass(frozen=True)
class Problem:
    """miss: (numbers,) -> (days,) what is to be small; slopes: (numbers,) -> (days, numbers), its derivatives."""

    miss: Callable[[Vector], Vector]
    slopes: Callable[[Vector], Vector]
    tail: float  # a miss beyond this counts linearly

    def cost(self, q: Vector) -> float:
        """Sum of soft_l1: tail^2 (sqrt(1 + (miss / tail)^2) - 1)."""
        return self.tail**2 * float(np.sum(np.sqrt(1 + (self.miss(q) / self.tail) ** 2) - 1))

    def equations(self, q: Vector) -> tuple[Vector, Vector]:
        """Gradient of the cost, and its curvature without the second derivatives of the miss."""
        miss, slopes = self.miss(q), self.slopes(q)
        far = 1 + (miss / self.tail) ** 2
        return slopes.T @ (miss / np.sqrt(far)), slopes.T @ (slopes * (far**-1.5)[:, None])


def least(problem: Problem, start: Vector, steps: int) -> Vector:
    """The numbers with the least cost near `start`, after at most so many steps."""
    q, cost, damping = start, problem.cost(start), 1e-3
    for _ in range(steps):
        gradient, curvature = problem.equations(q)
        scale = np.diag(curvature) + 1e-12 * float(np.trace(curvature))
        fell = 0.0
        while damping < DAMPED:
            new = q - np.linalg.solve(curvature + damping * np.diag(scale), gradient)
            fell = cost - problem.cost(new)
            if fell > 0:
                q, cost, damping = new, cost - fell, damping / 5
                break
            damping *= 4
        if not fell > TOLERANCE * cost:
            break
    return q
