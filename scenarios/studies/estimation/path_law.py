"""A level that follows from the traded path: base + trend R1 + activity sqrt(R2), and how far a record is from it.

Guyon and Lekeufack (2023), "Volatility is (mostly) path-dependent", Quantitative Finance 23(9).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from markets.specs.memory import CreditMemorySpec, KernelSpec, MemorySpec
from scenarios.studies.estimation.path_feed import Feed, Vector


@dataclass(frozen=True)
class PathLaw:
    """level = max(base + trend R1 + activity sqrt(R2), base), decimals.

    lag: a trading year, of a level that follows the law's: d ln c = lag (ln level - ln c) dt; None: it is the law's.
    """

    returns: KernelSpec
    squares: KernelSpec
    base: float
    trend: float
    activity: float
    lag: float | None = None

    @classmethod
    def of_vol(cls, spec: MemorySpec | None = None) -> PathLaw:
        """Implied vol's law in a scenario, by default the market's own."""
        s = spec or MemorySpec()
        return cls(s.returns, s.squares, s.base, s.trend, s.activity)

    @classmethod
    def of_credit(cls, spec: CreditMemorySpec | None = None) -> PathLaw:
        """The cash spread's law in a scenario, by default the market's own."""
        s = spec or CreditMemorySpec()
        return cls(s.returns, s.squares, s.base, s.trend, s.activity, s.lag)

    def log_levels(self, feed: Feed) -> Vector:
        """ln level at each close, (days,)."""
        trend, activity = feed.trend(self.returns), np.sqrt(feed.activity(self.squares))
        level = np.log(np.maximum(self.base + self.trend * trend + self.activity * activity, self.base))
        return level if self.lag is None else following(level, -math.expm1(-self.lag * feed.day))

    def ordered(self) -> PathLaw:
        """The same law with the faster factor called fast."""
        return PathLaw(ordered(self.returns), ordered(self.squares), self.base, self.trend, self.activity, self.lag)


def following(level: Vector, share: float) -> Vector:
    """y_t = y_{t-1} + share (level_t - y_{t-1}), (days,), from the first level."""
    from scipy.signal import lfilter

    followed: Vector = level[0] + lfilter([share], [1.0, share - 1.0], level - level[0])
    return followed


def ordered(kernel: KernelSpec) -> KernelSpec:
    """The same kernel with fast >= slow."""
    if kernel.fast >= kernel.slow:
        return kernel
    return KernelSpec(fast=kernel.slow, slow=kernel.fast, slow_share=1 - kernel.slow_share)
