"""The equations of a market with memory, written out once more: none of this is the engine's own code.

Levels of a given path by direct sums over its past, and simulations of the free market, with a desk or without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """K(t) = sum of share x speed x exp(-speed t). shares, speeds: (factors,), speeds in 1/year."""

    shares: tuple[float, ...]
    speeds: tuple[float, ...]

    def __call__(self, age: Array) -> Array:
        """At ages in years, same shape, 1/year."""
        found = np.zeros_like(age)
        for share, speed in zip(self.shares, self.speeds, strict=True):
            found += share * speed * np.exp(-speed * age)
        return found

    def take(self, factors: Array, years: float, taken: Array) -> Array:
        """Factors (factors, paths) after `years`, with a return (or its square) taken in at their end."""
        speed = np.array(self.speeds)[:, None]
        return np.exp(-speed * years) * factors + speed * taken

    def read(self, factors: Array) -> Array:
        """The sum, (paths,)."""
        return np.array(self.shares) @ factors

    def of_start(self, age: Array, start: tuple[float, ...]) -> Array:
        """What is left of factors that stood at `start`."""
        found = np.zeros_like(age)
        for share, speed, held in zip(self.shares, self.speeds, start, strict=True):
            found += share * held * np.exp(-speed * age)
        return found


@dataclass(frozen=True, kw_only=True)
class Law:
    """base + trend R1 + activity sqrt(R2), no lower than `least`."""

    base: float
    trend: float
    activity: float
    least: float

    def level(self, trend: Array, activity: Array) -> Array:
        """Of R1 and sqrt(R2), same shape."""
        return np.maximum(self.base + self.trend * trend + self.activity * activity, self.least)


@dataclass(frozen=True, kw_only=True)
class Past:
    """Kernels of the returns and of their squares, and the factors at the start."""

    returns: Kernel
    squares: Kernel
    returns_start: tuple[float, ...]
    squares_start: tuple[float, ...]

    def sums(self, log_price: Array, years: Array, ends: NDArray[np.bool_]) -> tuple[Array, Array]:
        """R1 and sqrt(R2) at every tick, (ticks, paths) each, of prices (ticks, paths) at `years` (ticks,).

        ends: (ticks,) where a return is over. The one that is running counts as if it ended now.
        """
        r1, r2 = np.zeros_like(log_price), np.zeros_like(log_price)
        over = np.flatnonzero(ends)
        for k in range(len(years)):
            until = np.unique(np.concatenate([[0], over[over < k], [k]]))
            moves, weight = np.diff(log_price[until], axis=0), years[k] - years[until[1:]]
            r1[k] = self.returns(weight) @ moves + self.returns.of_start(years[k], self.returns_start)
            r2[k] = self.squares(weight) @ moves**2 + self.squares.of_start(years[k], self.squares_start)
        return r1, np.sqrt(r2)


def follow(target: Array, years: Array, ends: NDArray[np.bool_], speed: float) -> Array:
    """A level that follows another with a lag, (ticks, paths): from where it was when the last return was over."""
    found, settled, since = target.copy(), target[0], 0.0
    for k in range(1, len(years)):
        found[k] = settled + (1 - np.exp(-speed * (years[k] - since))) * (target[k] - settled)
        if ends[k]:
            settled, since = found[k], years[k]
    return found


def reverting(shocks: Array, years: Array, speed: float, sd: float) -> Array:
    """An Ornstein-Uhlenbeck noise of that stationary sd that starts at 0, less what it adds to the mean square of its
    exponential, (ticks, paths); shocks: standard normals into each tick, the first unused."""
    noise = np.zeros_like(shocks)
    for k in range(1, len(years)):
        left = np.exp(-speed * (years[k] - years[k - 1]))
        noise[k] = left * noise[k - 1] + sd * np.sqrt(1 - left**2) * shocks[k]
    return noise - sd**2 * (1 - np.exp(-2 * speed * years))[:, None]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Hedges, at every tick, a claim whose delta is ln S: `gain` is impact x Gamma S^2 / depth at the start.

    It trades on what the price has moved since it last looked, its own impact of then included.
    """

    gain: float
    lasting: float = 1.0  # share of its impact that stays
    resilience: float = 0.0  # of the rest, 1/year

    def impact(self, now: Array, before: Array) -> Array:
        """ln S that its trade moves the price by, (paths,): units as ln S moved, worth S each, over a depth in $."""
        return self.gain * np.exp(now) * (now - before)


NOBODY = Desk(gain=0.0)


def simulate(
    realised: Law,
    past: Past,
    shocks: Array,
    years: Array,
    ends: NDArray[np.bool_],
    *,
    noise: Array | None = None,
    desk: Desk = NOBODY,
) -> tuple[Array, Array]:
    """ln S and realised vol at every tick, (ticks, paths) each, of a market whose vol remembers.

    shocks: standard normals into each tick, the first unused. ends: (ticks,) where a return is over. noise: of ln
    realised vol, as `reverting` has it. A trade of a tick comes after vol has answered the tick's move.
    """
    price, vol = np.zeros_like(shocks), np.zeros_like(shocks)
    paths = shocks.shape[1]
    r1 = np.repeat(np.array(past.returns_start)[:, None], paths, axis=1)
    r2 = np.repeat(np.array(past.squares_start)[:, None], paths, axis=1)
    since, at = np.zeros(paths), 0.0  # ln S and time when the last return was over
    passing, looked = np.zeros(paths), np.zeros(paths)
    for k in range(len(years)):
        if k:
            step = years[k] - years[k - 1]
            gone = (1 - np.exp(-desk.resilience * step)) * passing
            passing -= gone
            price[k] = price[k - 1] + vol[k - 1] * np.sqrt(step) * shocks[k] - gone
        trend = past.returns.read(past.returns.take(r1, years[k] - at, price[k] - since))
        square = past.squares.read(past.squares.take(r2, years[k] - at, (price[k] - since) ** 2))
        vol[k] = realised.level(trend, np.sqrt(square))
        if noise is not None:
            vol[k] *= np.exp(noise[k])
        impact = desk.impact(price[k], looked)
        looked = price[k].copy()
        price[k] += impact
        passing += (1 - desk.lasting) * impact
        if k and ends[k]:
            r1 = past.returns.take(r1, years[k] - at, price[k] - since)
            r2 = past.squares.take(r2, years[k] - at, (price[k] - since) ** 2)
        if ends[k] or not k:
            since, at = price[k].copy(), float(years[k])
    return price, vol
