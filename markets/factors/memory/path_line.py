"""Levels of the path-dependent laws on the storyline itself, with the expected squares of the noise.

R1 is the storyline's own; R2 uses each return's expected square: the storyline's move and the noise around it. So the
laws' levels on the storyline are known before the run, and so is an anchor's residual.
"""

from __future__ import annotations

import math
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
    spec, count, years = market.memory, len(clock.ticks), clock.variance_years
    squares = _Squares(clock, spot, market)
    laws = [
        _Held(Memory(spec.returns, spec.squares, vol_start(spec, vol0), 1)),
        _Held(Memory(credit.returns, credit.squares, credit_start(credit, spec, vol0), 1)),
    ]
    ends = settlements(clock, spec.clock)
    since = years - years[_settled_before(ends)]
    left = [law.left(since) for law in laws]
    implied, own, index, sigma = [0.0] * count, [0.0] * count, [0.0] * count, [0.0] * count
    for k in range(count):
        if k > 0:
            squares.step(k, sigma[k - 1])
        now = [law.moved(stays[k], squares.mean, squares.square) for law, stays in zip(laws, left, strict=True)]
        (r1, a1), (r2, a2) = [law.read(factors) for law, factors in zip(laws, now, strict=True)]
        implied[k], own[k], index[k] = _implied(spec, r1, a1), _realised(spec, r1, a1), _index(credit, r2, a2)
        sigma[k] = _sigma(k, spot, realised, market, own[k], vol[k])
        if ends[k]:
            for law, factors in zip(laws, now, strict=True):
                law.factors = factors
            squares.restart()
    ln_index = np.log(index)
    cash = _cash(ln_index, np.expm1(-credit.lag * since), ends)
    return PathLine(np.log(implied), np.log(own), ln_index, cash, np.array(sigma))


def _settled_before(ends: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The last tick before each at which a return ended, (ticks,); the first tick where there is none."""
    ticks = np.where(ends, np.arange(ends.size), 0)
    return np.concatenate([[0], np.maximum.accumulate(ticks)[:-1]])


def _cash(index: Vector, gone: Vector, ends: NDArray[np.bool_]) -> Vector:
    """ln of the cash spread, (ticks,): it follows the index from its level at the last settlement. gone: e^-x - 1."""
    cash, settled = [], float(index[0])
    for now, share, end in zip(index.tolist(), gone.tolist(), ends.tolist(), strict=True):
        cash.append(settled - share * (now - settled))
        settled = cash[-1] if end else settled
    return np.array(cash)


class _Held:
    """The factors of one law after the last settlement, as numbers: NumPy takes as long for four as for a thousand."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._speed, self._weight = memory.speed.tolist(), memory.weight.tolist()
        self.factors: list[float] = memory.held[:, 0].tolist()

    def left(self, years: Vector) -> list[list[float]]:
        """What stays of each factor after so many years, by tick."""
        found: list[list[float]] = self._memory.stays(years).tolist()
        return found

    def moved(self, left: list[float], mean: float, square: float) -> list[float]:
        """The factors with a running return and its square."""
        moves = [mean] * SQUARES_FAST + [square] * SQUARES_FAST
        return [h * e + v * x for h, e, v, x in zip(self.factors, left, self._speed, moves, strict=True)]

    def read(self, factors: list[float]) -> tuple[float, float]:
        """R1 and sqrt(R2)."""
        fast, slow, squares_fast, squares_slow = [w * f for w, f in zip(self._weight, factors, strict=True)]
        return fast + slow, math.sqrt(squares_fast + squares_slow)


class _Squares:
    """Mean and expected square of the return since the last settlement, with bridged noise."""

    def __init__(self, clock: Clock, spot: Told, market: MarketSpec) -> None:
        years = np.diff(clock.variance_years, prepend=0.0)
        self._keep, self._at = spot.keep.tolist(), spot.level.tolist()
        self._left, self._gathered = (each.tolist() for each in reversion(market.spot_reversion, years))
        self._jumps = (_jump_variance(market) * years).tolist()
        self._level = self._at[0]
        self.mean = self.square = self._variance = self._before = self._shared = 0.0

    def step(self, k: int, sigma: float) -> None:
        keep = self._keep[k]
        stays = keep * self._left[k]
        self._variance = stays**2 * self._variance + sigma**2 * self._gathered[k] * keep + keep**2 * self._jumps[k]
        self._shared *= stays
        self.mean = self._at[k] - self._level
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


def _implied(spec: MemorySpec, trend: float, activity: float) -> float:
    return min(max(spec.base + spec.trend * trend + spec.activity * activity, spec.base), spec.most)


def _realised(spec: MemorySpec, trend: float, activity: float) -> float:
    level = spec.realised_base + spec.realised_trend * trend + spec.realised_activity * activity
    return min(max(level, LEAST_REALISED), spec.most)


def _index(spec: CreditMemorySpec, trend: float, activity: float) -> float:
    return max(spec.base + spec.trend * trend + spec.activity * activity, spec.base)


def _sigma(k: int, spot: Told, realised: Vector, market: MarketSpec, own: float, vol: float) -> float:
    """Realised vol from tick k on: as stated, or by the law, less the variance of the storyline's own move.

    own: realised vol by the law.
    """
    if math.isfinite(realised[k]):
        return float(realised[k])
    if market.vol_law == "leverage":
        return float(np.exp(vol)) * market.realised_ratio
    law, moved = float(np.exp(2 * np.log(own))), float(spot.squared[min(k + 1, len(spot.squared) - 1)])
    share = market.memory.move_share if moved > 0 else 0.0
    return market.memory.realised_level * math.sqrt((1 - share) * law + share * moved)
