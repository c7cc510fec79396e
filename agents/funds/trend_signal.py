"""Signals of the trend of a price, between -1 and 1, from its closes."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from markets.plausible import DAYS
from sim.dataclass import dataclass
from sim.params import param
from sim.vectors import total

if TYPE_CHECKING:
    from markets.venues.venue import Venue
    from sim.place import Place

Vector = NDArray[np.float64]
MOST_DAYS = 2600  # of a window: ten years
LEAST = 1e-4  # vol, decimal a year, of a price that has not moved


@dataclass(frozen=True, kw_only=True)
class TrendSpec:
    """How the trend of x, the ln of the price at the closes, is measured.

    signs: mean over the windows n of the sign of x - x(n days ago). scaled: mean of (x - x(n days ago)) / (vol
    sqrt(n)), each within -1 and 1. crossover: the fast less the slow exponential mean of x, over its standard deviation
    for a price without trend, within -1 and 1.
    """

    kind: Literal["signs", "scaled", "crossover"] = param("scaled", help="which of them")
    windows: tuple[int, ...] = param(
        (21, 63, 126), unit="trading days", help="over which returns are taken", longest=20, plausible=DAYS
    )
    fast_days: float = param(8.0, unit="trading days", help="half-life of the fast mean", gt=0, plausible=DAYS)
    slow_days: float = param(32.0, unit="trading days", help="half-life of the slow mean", gt=0, plausible=DAYS)
    past_return: float = param(
        0.0, unit="ln S a trading day", help="return of every day before the start", plausible=(-0.05, 0.05)
    )

    def check(self, at: Place) -> None:
        """There is a window, and slow is slower."""
        if not self.windows:
            raise at.at("windows").error("needs at least one window", remedy="write windows = [21, 63, 126]")
        for i, days in enumerate(self.windows):
            if not 1 <= days <= MOST_DAYS:
                raise at.at("windows", i).error(f"must be 1 to {MOST_DAYS} days", value=days)
        if self.slow_days <= self.fast_days:
            rule = f"the slow mean is slower than the fast one, {self.fast_days:g} days"
            raise at.at("slow_days").error(rule, value=self.slow_days, remedy="raise it")


class Trend:
    """State of a signal at one venue in one world."""

    def __init__(self, spec: TrendSpec, venue: Venue, days_a_year: float) -> None:
        self._spec, self._venue, self._days_a_year = spec, venue, days_a_year
        now, a_day = np.log(venue.mid), spec.past_return
        days = range(max(spec.windows), -1, -1)
        self._closes = [now - a_day * back for back in days]  # ln, the oldest first
        self._kept = [0.5 ** (1 / days) for days in (spec.fast_days, spec.slow_days)]
        self._means = [now - a_day * kept / (1 - kept) for kept in self._kept]

    def learn(self) -> None:
        """Take in the day that ends now, before the trades of its close."""
        now = np.log(self._venue.mid)
        self._means = self._means_with(now)
        self._closes = [*self._closes[1:], now]

    def now(self, vol: Vector) -> Vector:
        """By the days that are over, (paths,). vol: of the price, decimal a year."""
        if self._spec.kind == "crossover":
            return self._crossed(self._means, vol)
        last = self._closes[-1]
        return self._over_windows([last - self._closes[-1 - n] for n in self._spec.windows], vol)

    def had_the_day_ended(self, price: Vector, vol: Vector) -> Vector:
        """If this day ended at a price, (paths,); signs are those at the present price, since they turn at a point."""
        last = np.log(self._venue.mid if self._spec.kind == "signs" else price)
        if self._spec.kind == "crossover":
            return self._crossed(self._means_with(last), vol)
        return self._over_windows([last - self._closes[-n] for n in self._spec.windows], vol)

    def _over_windows(self, moves: list[Vector], vol: Vector) -> Vector:
        """Mean of the signs of the windows' moves, or of the scaled moves within their limits, (paths,)."""
        if self._spec.kind == "signs":
            return np.asarray(total([np.sign(move) for move in moves]) / len(moves))
        a_day = self._a_day(vol)
        scaled = [move / (a_day * sqrt(n)) for move, n in zip(moves, self._spec.windows, strict=True)]
        return np.asarray(total([np.clip(move, -1.0, 1.0) for move in scaled]) / len(moves))

    def _crossed(self, means: list[Vector], vol: Vector) -> Vector:
        """The fast less the slow mean in standard deviations, within -1 and 1, (paths,).

        The return k days ago counts s^(k+1) - f^(k+1), f and s the weights kept a day: its variance is the sum of their
        squares.
        """
        fast, slow = self._kept
        variance = fast**2 / (1 - fast**2) + slow**2 / (1 - slow**2) - 2 * fast * slow / (1 - fast * slow)
        return np.clip((means[0] - means[1]) / (self._a_day(vol) * sqrt(variance)), -1.0, 1.0)

    def _a_day(self, vol: Vector) -> Vector:
        """Standard deviation of a day's return, (paths,), not below that of `LEAST`."""
        a_day: Vector = np.maximum(vol, LEAST) / sqrt(self._days_a_year)
        return a_day

    def _means_with(self, now: Vector) -> list[Vector]:
        """The means with one more close."""
        return [kept * mean + (1 - kept) * now for kept, mean in zip(self._kept, self._means, strict=True)]
