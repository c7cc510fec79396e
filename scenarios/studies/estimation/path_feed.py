"""What the path-dependent laws are fed with: returns and squared returns by day, and sums of them that forget."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from markets.specs.memory import KernelSpec
from scenarios.studies.estimation.clock_squares import filled_squares
from scenarios.studies.estimation.daily_record import DailyRecord
from sim.dataclass import dataclass

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Feed:
    """returns: (days - 1,) log returns of the closes; squares: (days - 1,) what each day adds to the squared returns.

    day: trading years. before: mean return and mean square of the days before the first, which no record shows.
    clock: whose squares they are.
    """

    returns: Vector
    squares: Vector
    day: float
    before: tuple[float, float]
    clock: str = "closes"

    @classmethod
    def of(cls, record: DailyRecord, clock: str = "closes") -> Feed:
        """A record's returns; the days before it are taken for its average."""
        returns, squares = record.log_changes("spot"), filled_squares(record, clock)
        return cls(returns, squares, record.day, (float(returns.mean()), float(squares.mean())), clock)

    def trend(self, kernel: KernelSpec) -> Vector:
        """R1 at each close, (days,) ln S per trading year."""
        return weighted(self.returns, kernel, self.day, self.before[0])

    def activity(self, kernel: KernelSpec) -> Vector:
        """R2 at each close, (days,) variance a trading year."""
        return weighted(self.squares, kernel, self.day, self.before[1])


def weighted(values: Vector, kernel: KernelSpec, day: float, before: float) -> Vector:
    """(1 - slow_share) fast sum + slow_share slow sum, (days,)."""
    fast = forgetting(values, kernel.fast, day, before)
    return (1 - kernel.slow_share) * fast + kernel.slow_share * forgetting(values, kernel.slow, day, before)


def forgetting(values: Vector, speed: float, day: float, before: float) -> Vector:
    """R_t = exp(-speed day) R_{t-1} + speed x_t, (days,), from what a market that always did `before` a day has."""
    from scipy.signal import lfilter

    kept = math.exp(-speed * day)
    start = speed * before / -math.expm1(-speed * day)
    sums, _ = lfilter([speed], [1.0, -kept], values, zi=np.array([kept * start]))
    return np.concatenate([[start], sums])
