"""Memory of the traded price: weighted sums of its past returns and of their squares, one pair per law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.memory import FACTORS, SQUARES_FAST, SQUARES_SLOW, recall, settle

if TYPE_CHECKING:
    from markets.specs.memory import CreditMemorySpec, KernelSpec, MemorySpec, StartSpec
    from sim.clock import Clock

Vector = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Memory:
    """R1 and R2 of one law: two exponential factors each, (paths,), after the last finished return.

    R <- R exp(-speed dt) + speed x for the returns, speed x^2 for the squares, x a log return.
    """

    def __init__(self, returns: KernelSpec, squares: KernelSpec, start: Vector, paths: int) -> None:
        """start: (FACTORS,), the factors at the first tick."""
        self.speed = np.array([returns.fast, returns.slow, squares.fast, squares.slow])  # 1/trading year
        self.weight = np.array([1 - returns.slow_share, returns.slow_share, 1 - squares.slow_share, squares.slow_share])
        self.held = np.repeat(start[:, None], paths, axis=1)

    def within(self, state: Vector) -> Vector:
        """Hold the factors in the first rows of a law's state, (rows, paths); returns it."""
        state[:FACTORS] = self.held
        self.held = state[:FACTORS]
        return state

    def settle(self, years: float, move: Vector) -> None:
        """Add a finished return (paths,) over `years` to the factors."""
        settle(self.held, np.exp(-self.speed * years), self.speed, move)

    def stays(self, years: Vector) -> Vector:
        """What stays of each factor after so many years, (n,): (n, FACTORS)."""
        left: Vector = np.exp(-self.speed * years[:, None])
        return left

    def recall(self, years: float, move: Vector) -> tuple[Vector, Vector]:
        """R1 (ln S a year) and sqrt(R2) (vol, decimal), (paths,) each, including a running return begun `years` ago."""
        trend, activity = np.empty_like(move), np.empty_like(move)
        recall(self.held, np.exp(-self.speed * years), self.speed, self.weight, move, trend, activity)
        return trend, activity

    @property
    def gains(self) -> tuple[float, float]:
        """Immediate rise of R1 per unit of return, and of R2 per unit of squared return: 1/year."""
        shares = self.weight * self.speed
        return float(shares[:SQUARES_FAST].sum()), float(shares[SQUARES_FAST:].sum())


def settlements(clock: Clock, kind: str) -> Bools:
    """Ticks at which a return ends, (ticks,) bool: closes, opens and closes ("sessions"), or all ("ticks")."""
    if kind == "ticks":
        return np.ones(len(clock.ticks), dtype=np.bool_)
    ends = clock.is_close | clock.is_open if kind == "sessions" else clock.is_close
    return np.asarray(ends)


def vol_start(spec: MemorySpec, vol: float) -> Vector:
    """Factors (FACTORS,) at which the law gives `vol`: no trend, and the same activity at both speeds."""
    activity = max(vol - spec.base, 0.0) / spec.activity if spec.activity > 0 else 0.0
    return _started(spec.start, activity**2, activity**2)


def credit_start(spec: CreditMemorySpec, vol: MemorySpec, implied: float) -> Vector:
    """Factors at the start for credit: activity from implied vol (fast factor) and from the long run (slow factor)."""
    fast = vol_start(vol, implied)[SQUARES_FAST]
    return _started(spec.start, fast, long_run(vol) ** 2)


def long_run(spec: MemorySpec) -> float:
    """Stationary realised vol without noise, decimal: level base / (1 - level activity); else the upper limit."""
    left = 1 - spec.realised_level * spec.realised_activity
    return min(spec.realised_level * spec.realised_base / left, spec.most) if left > 0 else spec.most


def implied_at(spec: MemorySpec, start: Vector) -> float:
    """Implied vol of the law at the factors `start`, (FACTORS,), decimal."""
    memory = Memory(spec.returns, spec.squares, start, 1)
    trend, activity = memory.recall(0.0, np.zeros(1))
    level = spec.base + spec.trend * float(trend[0]) + spec.activity * float(activity[0])
    return min(max(level, spec.base), spec.most)


def _started(given: StartSpec, fast: float, slow: float) -> Vector:
    start = np.array([0.0, 0.0, fast, slow])
    names = ("returns_fast", "returns_slow", "squares_fast", "squares_slow")
    assert len(start) == FACTORS == SQUARES_SLOW + 1
    for i, name in enumerate(names):
        if (value := getattr(given, name)) is not None:
            start[i] = value
    return start


def own_gain(spec: MemorySpec, years: float) -> float:
    """Mean square of realised vol that follows from a mean square of 1; below 1 the law is stable.

    level^2 (activity^2 S2 + trend^2 Q1), S2 = sum K2 dt, Q1 = sum K1^2 dt over returns of `years` each. The correlation
    of R1 and sqrt(R2) is neglected. Vol is limited by `most`, so nothing grows for ever.
    """
    memory = Memory(spec.returns, spec.squares, np.zeros(FACTORS), 1)
    share = memory.weight * memory.speed
    mass = share * years / -np.expm1(-memory.speed * years)
    pair = memory.speed[:SQUARES_FAST, None] + memory.speed[None, :SQUARES_FAST]
    square = np.outer(share[:SQUARES_FAST], share[:SQUARES_FAST]) * years / -np.expm1(-pair * years)
    answers = spec.realised_activity**2 * mass[SQUARES_FAST:].sum() + spec.realised_trend**2 * square.sum()
    return float(spec.realised_level**2 * answers)
