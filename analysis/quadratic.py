"""The tail of a z^2 / 2 + b z, z standard normal: a book by its delta and gamma."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FARTHEST = 9.0  # standard deviations
STEPS = 80  # of bisection: far below rounding


def value_at_risk(delta: Floats, gamma: Floats, level: float) -> Floats:
    """Loss that delta z + gamma z^2 / 2 exceeds with probability 1 - level, any shape; exact, by bisection."""
    delta, gamma = np.broadcast_arrays(np.asarray(delta, float), np.asarray(gamma, float))
    size = np.abs(delta) * FARTHEST + 0.5 * np.abs(gamma) * FARTHEST**2
    low, high = -size, size.copy()
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        beyond = _probability(delta, gamma, middle) > 1 - level
        above, below = np.where(beyond, middle, low), np.where(beyond, high, middle)
        if np.array_equal(above, low) and np.array_equal(below, high):
            break  # and so at every further step
        low, high = above, below
    found: Floats = 0.5 * (low + high)
    return found


def expected_shortfall(delta: Floats, gamma: Floats, level: float, *, at: Floats | None = None) -> Floats:
    """Mean loss beyond the value at risk of that level, same shape. at: that value at risk, where it is known."""
    delta, gamma = np.broadcast_arrays(np.asarray(delta, float), np.asarray(gamma, float))
    _, gain = _tail(delta, gamma, value_at_risk(delta, gamma, level) if at is None else at)
    return -gain / (1 - level)


def _probability(delta: Floats, gamma: Floats, loss: Floats) -> Floats:
    """The first of `_tail`."""
    part = _share(*_roots(delta, gamma, loss))
    return np.where(gamma < 0, 1 - part, part)


def _tail(delta: Floats, gamma: Floats, loss: Floats) -> tuple[Floats, Floats]:
    """Probability that the gain is at most -loss, and the gain's expectation there.

    The quadratic is at most -loss between its roots where gamma > 0, outside them where gamma < 0, and on one side of
    the only root where gamma is 0.
    """
    first, second = _roots(delta, gamma, loss)
    inside = _partial(delta, gamma, first, second)
    whole = np.ones_like(delta), 0.5 * gamma
    bent = gamma < 0
    return tuple(np.where(bent, all_ - part, part) for all_, part in zip(whole, inside, strict=True))  # type: ignore[return-value]


def _roots(delta: Floats, gamma: Floats, loss: Floats) -> tuple[Floats, Floats]:
    """Ends of the interval between the roots of gamma z^2 / 2 + delta z + loss; empty where there are none.

    By q = -(b + sign(b) sqrt(b^2 - 4ac)) / 2, roots q / a and c / q, which lose no digits where gamma is small.
    """
    a, within = 0.5 * gamma, delta**2 - 2 * gamma * loss
    root = np.sqrt(np.maximum(within, 0.0))
    q = -0.5 * (delta + np.copysign(root, delta))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = np.where(q == 0, 0.0, loss / q), q / a
    far = np.where(np.isnan(other), np.copysign(np.inf, -delta), other)
    low, high = np.minimum(one, far), np.maximum(one, far)
    return np.where(within < 0, 0.0, low), np.where(within < 0, 0.0, high)


def _partial(delta: Floats, gamma: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Probability of low < z < high, and E[delta z + gamma z^2 / 2] there."""
    share = _share(low, high)
    low, high = np.clip(low, -40.0, 40.0), np.clip(high, -40.0, 40.0)
    at_low, at_high = (np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) for z in (low, high))
    second = share + low * at_low - high * at_high
    return share, delta * (at_low - at_high) + 0.5 * gamma * second


def _share(low: Floats, high: Floats) -> Floats:
    """Probability of low < z < high."""
    from scipy.special import ndtr

    found: Floats = ndtr(np.clip(high, -40.0, 40.0)) - ndtr(np.clip(low, -40.0, 40.0))
    return found
