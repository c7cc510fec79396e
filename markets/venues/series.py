"""The benchmark swaps of one tenor, one after another: each is traded for a year, then all positions roll."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.benchmark import Benchmark
from markets.products.dates import add_months
from markets.venues.listing import NEVER
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from sim.clock import Clock


@dataclass(frozen=True)
class Series:
    """Benchmarks of one tenor. ticks: (n,) from which each is the one that is traded, the first of them 0."""

    ticks: tuple[int, ...]
    swaps: tuple[Benchmark, ...]

    def at(self, tick: int) -> Benchmark:
        """The swap that is traded at a tick."""
        swaps = self.swaps
        return swaps[0] if len(swaps) == 1 else swaps[bisect_right(self.ticks, tick) - 1]

    def until(self, tick: int) -> int:
        """The tick from which another one is traded."""
        ahead = bisect_right(self.ticks, tick)
        return self.ticks[ahead] if ahead < len(self.ticks) else NEVER


def series(years: float, clock: Clock, curve: Curve) -> Series:
    """One swap of `years` from the start, and a new one on every anniversary within the run.

    The new one matures `years` after the anniversary. It is traded from the first tick of the first trading day on or
    after the anniversary, just after accruals were settled.
    """
    months, firsts = round(12 * years), np.flatnonzero(clock.is_open)
    days = [clock.session_dates[day] for day in clock.day[firsts]]
    ticks, maturities = [0], [add_months(clock.first, months)]
    anniversary, year = add_months(clock.first, 12), 1
    for tick, day in zip(firsts.tolist(), days, strict=True):
        while day >= anniversary:
            if ticks[-1] == tick:  # a tick that is longer than a year
                ticks.pop(), maturities.pop()
            ticks.append(tick)
            maturities.append(add_months(anniversary, months))
            year += 1
            anniversary = add_months(clock.first, 12 * year)
    last = [*ticks[1:], len(clock.ticks) - 1]
    swaps = (Benchmark(maturity, clock, tick, curve) for maturity, tick in zip(maturities, last, strict=True))
    return Series(tuple(ticks), tuple(swaps))
