"""Loop gain with memory: re-hedging adds variance, the path-dependent laws remember it, and vol rises again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from markets.factors.memory.trace import mass, realised_terms

if TYPE_CHECKING:
    from markets.specs.memory import MemorySpec

SMALL = 1e-12  # of an impulse: a smaller rest is left out
MOST_TICKS = 100_000  # maximum length of a response
HALVINGS = 50


def hedged_variance(gain: float, *, ticks: int = 1, lasting: float = 1.0, decay: float = 0.0) -> float:
    """Variance of a return over `ticks` ticks with a desk of that loop gain / variance without it.

    At each tick the desk sees m_t = u_t + y_{t-1} - (1 - d) T_{t-1} and trades y_t = gain m_t; T_t = d T_{t-1} +
    (1 - lasting) y_t is the impact that still decays, d = exp(-decay), and the return is m_t + y_t - y_{t-1}. With
    lasting impact it is (1 + 2a - 2a^3) / (1 - a^2) for a tick, and 1 / (1 - a)^2 for many. Infinite if shocks grow
    without limit.
    """
    left, passing = np.exp(-decay), (1 - lasting) * gain
    carry = np.array([[gain, left - 1], [passing * gain, left - passing * (1 - left)]])
    radius = abs(gain) if passing == 0 or left == 1 else float(np.abs(np.linalg.eigvals(carry)).max())
    if radius >= 1:
        return np.inf
    count = 2 if radius == 0 else int(min(np.log(SMALL) / np.log(radius) + 2, MOST_TICKS))
    state, seen = np.array([1.0, passing]), np.zeros(count + 1)
    for k in range(count):
        seen[k + 1] = state[0]
        state = carry.dot(state)  # as `@`, in half the time
    moved = np.cumsum(seen[1:] + gain * np.diff(seen))  # response of ln S after each number of ticks to a unit shock
    whole = np.concatenate([np.zeros(ticks), moved, np.full(ticks, moved[-1])])
    return float(((whole[ticks:] - whole[:-ticks]) ** 2).sum() / ticks)


def long_run_gain(spec: MemorySpec, *, step: float, variance: float = 1.0) -> float:
    """Share of a lasting rise of realised vol that is added again through squared returns; below 1 the sum converges.

    level x activity x sqrt(mass of the squares x variance), of realised vol. step: trading years between returns of the
    law's clock. variance: `hedged_variance` of such a return, if desks re-hedge.
    """
    _, _, activity = realised_terms(spec)
    return float(activity * np.sqrt(mass(spec.squares, step) * variance))


def long_run_multiplier(spec: MemorySpec, *, step: float, variance: float = 1.0) -> float:
    """1 / (1 - long-run gain): final rise per unit rise of vol; infinite if the gain is 1 or more."""
    gain = long_run_gain(spec, step=step, variance=variance)
    return 1 / (1 - gain) if gain < 1 else np.inf


def remembered_variance(spec: MemorySpec, *, step: float, variance: float) -> float:
    """Long-run variance with desks that multiply it by `variance` / long-run variance without them.

    variance x (multiplier with the desks / multiplier without)^2, R2 taken at its mean.
    """
    rise = long_run_multiplier(spec, step=step, variance=variance) / long_run_multiplier(spec, step=step)
    return variance * rise**2


def critical_gain(spec: MemorySpec, *, step: float, ticks: int = 1, lasting: float = 1.0, decay: float = 0.0) -> float:
    """Loop gain which, if it lasted, makes the long-run gain 1; 0 if it is 1 without any desk.

    ticks, lasting, decay: as in `hedged_variance`.
    """
    most = long_run_gain(spec, step=step) ** -2 if spec.realised_activity > 0 else np.inf
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if hedged_variance(middle, ticks=ticks, lasting=lasting, decay=decay) < most:
            low = middle
        else:
            high = middle
    return low if most > 1 else 0.0
