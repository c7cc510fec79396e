"""Levels of the path-dependent laws on the storyline itself, with the expected squares of the noise.

R1 is the storyline's own; R2 uses each return's expected square: the storyline's move and the noise around it. So the
laws' levels on the storyline are known before the run, and so is an anchor's residual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_memory import Memory, credit_start, settlements, vol_start
from markets.factors.reversion import reversion
from markets.kernels.memory import SQUARES_FAST
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.factors.level import Level
    from markets.spec import MarketSpec
    from markets.specs.memory import CreditMemorySpec, MemorySpec
    from sim.clock import Clock

Vector = NDArray[np.float64]
LEAST_REALISED = 0.02  # decimal: lower limit of realised vol


@dataclass(frozen=True)
class PathLine:
    """Levels on the storyline at every tick, (ticks,): ln of implied vol, of realised vol by the law, of the index
    spread and of the cash spread; and sigma, the realised vol in force from the tick on, decimal."""

    implied: Vector
    realised: Vector
    index: Vector
    cash: Vector
    sigma: Vector


@dataclass(frozen=True)
class Told:
    """A storyline's spot: ln level (ticks,), and its own squared move per year into each tick (0 after its end)."""

    level: Vector
    squared: Vector
    keep: Vector  # share of the noise left by the bridge in the step into each tick


def told(spot: Level, knots: Vector, clock: Clock, dispersion: float) -> Told:
    """The spot's storyline, with anchors at trading times `knots`."""
    years = clock.variance_years
    at = np.interp(knots, years, spot.level)
    inside = np.diff(at) ** 2 / np.diff(knots)
    which = np.searchsorted(knots, years)  # the anchor at or after each tick
    squared = np.concatenate([[0.0], inside, [0.0]])[np.minimum(which, len(inside) + 1)]
    return Told(spot.level, squared, spot.kept(dispersion))


def path_line(
    clock: Clock, spot: Told, realised: Vector, market: MarketSpec, credit: CreditMemorySpec, vol0: float, vol: Vector
) -> PathLine:
    """Run the laws along the storyline.

    realised: (ticks,) stated realised vol, NaN if the law decides. vol0: implied vol at the start. vol: (ticks,) ln
    implied vol of the storyline, if vol has the one-factor law.
    """
    spec, count = market.memory, len(clock.ticks)
    squares = _Squares(clock, spot, market)
    memories = [
        Memory(spec.returns, spec.squares, vol_start(spec, vol0), 1),
        Memory(credit.returns, credit.squares, credit_start(credit, spec, vol0), 1),
    ]
    held = [memory.held[:, 0].copy() for memory in memories]
    ends, years = settlements(clock, spec.clock), clock.variance_years
    implied, own, index, cash, sigma = np.empty((5, count))
    last, since, settled = 0, 0.0, np.nan
    for k in range(count):
        if k > 0:
            squares.step(k, sigma[k - 1])
            since = float(years[k] - years[last])
        x = np.array([squares.mean] * SQUARES_FAST + [squares.square] * SQUARES_FAST)
        now = [h * np.exp(-m.speed * since) + m.speed * x for h, m in zip(held, memories, strict=True)]
        (r1, a1), (r2, a2) = [_read(m, n) for m, n in zip(memories, now, strict=True)]
        implied[k] = np.log(_implied(spec, r1, a1))
        own[k] = np.log(_realised(spec, r1, a1))
        index[k] = np.log(_index(credit, r2, a2))
        settled = index[k] if k == 0 else settled
        cash[k] = settled - np.expm1(-credit.lag * since) * (index[k] - settled)
        sigma[k] = _sigma(k, spot, realised, market, own[k], vol[k])
        if ends[k]:
            held, last, settled = now, k, cash[k]
            squares.restart()
    return PathLine(implied, own, index, cash, sigma)


class _Squares:
    """Mean and expected square of the return since the last settlement, with bridged noise."""

    def __init__(self, clock: Clock, spot: Told, market: MarketSpec) -> None:
        years = np.diff(clock.variance_years, prepend=0.0)
        self._spot, (self._left, self._gathered) = spot, reversion(market.spot_reversion, years)
        self._jumps = _jump_variance(market) * years
        self._level = float(spot.level[0])
        self.mean = self.square = self._variance = self._before = self._shared = 0.0

    def step(self, k: int, sigma: float) -> None:
        keep = self._spot.keep[k]
        stays = keep * self._left[k]
        self._variance = (
            stays**2 * self._variance + sigma**2 * self._gathered[k] * keep + keep**2 * float(self._jumps[k])
        )
        self._shared *= stays
        self.mean = float(self._spot.level[k]) - self._level
        self.square = self.mean**2 + max(self._variance + self._before - 2 * self._shared, 0.0)

    def restart(self) -> None:
        self._level += self.mean
        self._before = self._shared = self._variance
        self.mean = self.square = 0.0


def _jump_variance(market: MarketSpec) -> float:
    """Variance of jumps a trading year."""
    jumps = market.jumps
    if jumps.kind == "none":
        return 0.0
    if jumps.kind == "merton":
        return jumps.intensity * (jumps.mean**2 + jumps.sd**2)
    up, down = jumps.up_probability * 2 * jumps.up_mean**2, (1 - jumps.up_probability) * 2 * jumps.down_mean**2
    return jumps.intensity * (up + down)


def _read(memory: Memory, factors: Vector) -> tuple[float, float]:
    parts = memory.weight * factors
    return float(parts[:SQUARES_FAST].sum()), float(np.sqrt(parts[SQUARES_FAST:].sum()))


def _implied(spec: MemorySpec, trend: float, activity: float) -> float:
    return min(max(spec.base + spec.trend * trend + spec.activity * activity, spec.base), spec.most)


def _realised(spec: MemorySpec, trend: float, activity: float) -> float:
    level = spec.realised_base + spec.realised_trend * trend + spec.realised_activity * activity
    return min(max(level, LEAST_REALISED), spec.most)


def _index(spec: CreditMemorySpec, trend: float, activity: float) -> float:
    return max(spec.base + spec.trend * trend + spec.activity * activity, spec.base)


def _sigma(k: int, spot: Told, realised: Vector, market: MarketSpec, own: float, vol: float) -> float:
    """Realised vol from tick k on: as stated, or by the law, less the variance of the storyline's own move."""
    if np.isfinite(realised[k]):
        return float(realised[k])
    if market.vol_law == "leverage":
        return float(np.exp(vol)) * market.realised_ratio
    law, moved = float(np.exp(2 * own)), float(spot.squared[min(k + 1, len(spot.squared) - 1)])
    share = market.memory.move_share if moved > 0 else 0.0
    return market.memory.realised_level * float(np.sqrt((1 - share) * law + share * moved))
