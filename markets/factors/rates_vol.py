"""Vol of rates as a function of the path of the curve and of the asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact
from markets.factors.key import RATES_VOL, SPOT, USD, FactorKey
from markets.factors.law import Law, Moved
from markets.factors.memory.path_memory import settlements
from markets.factors.memory.rates_memory import RatesMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.noise import Noise
    from markets.factors.price import PriceLaw
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.specs.rates_vol import RatesVolSpec

Vector = NDArray[np.float64]


class RatesVol(Law):
    """m = f, the law's level given the path (`RatesMemory`); with told levels ln m = ln L + X + ln f - ln f_outside.

    f_outside is the law given the same path without the displacement by trades, X its distance from the law on the
    storyline, bridged to the anchors: X <- keep (X + change). With the loop `rates_vol` at less than 1, f sees only
    that share of what trades displaced. It steps before the laws that move the path: it answers the tick before.
    Trades in options displace it.
    """

    keys = (RATES_VOL,)

    def __init__(
        self, setting: Setting, spec: RatesVolSpec, price: PriceLaw, displaced: Callable[[FactorKey], Vector | None]
    ) -> None:
        """price: of the main asset. displaced: a factor by trades; None where none can move it."""
        clock, paths, line = setting.clock, setting.streams.paths, setting.storyline.rates_vol
        assert line is not None
        self._nodes = [FactorKey(*USD, node.name) for node in setting.market.rates.curve if node.years > 0]
        self._ends: list[bool] = settlements(clock, "closes").tolist()
        self._years: list[float] = clock.variance_years.tolist()
        self._loop, self._price, self._displaced = setting.feedback.rates_vol, price, displaced
        self._spec, self._line = spec, line
        self._felt = _Path(RatesMemory(spec, line.start, paths))
        self._outside = None if line.pull is None else _Path(RatesMemory(spec, line.start, paths))
        self._keep = None if line.pull is None else 1 - (1 - setting.market.dispersion) * line.pull
        self._bridged, self._off = np.zeros(paths), np.zeros(paths)  # X, and ln f_outside - law on the storyline; ln
        self._since = 0.0  # trading years at the last end of a move
        self._answer = np.full(paths, min(max(line.start, spec.least), spec.most))  # without trades in options
        self._days_a_year = clock.days_a_year
        self.impact: dict[FactorKey, Impact] = {}

    @property
    def base(self) -> float:
        """Level at the start."""
        return self._line.start

    def told(self, tick: int) -> float:
        """The storyline's level, decimal a year."""
        return float(np.exp(self._line.told[tick]))

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Answer the moves up to `now`, the market at the tick before with its trades."""
        for impact in self.impact.values():
            impact.decay(self._years[tick] - self._years[tick - 1])
        years, ends = self._years[tick - 1] - self._since, self._ends[tick - 1]
        felt = self._felt.level(self._levels(now, self._loop), years, ends=ends)
        if self._outside is None:
            self._answer = felt
        else:
            self._answer = self._with_told(tick, felt, self._outside.level(self._levels(now, 0.0), years, ends=ends))
        if ends:
            self._since = self._years[tick - 1]
        return self.levels()

    def _with_told(self, tick: int, felt: Vector, outside: Vector) -> Vector:
        """exp(ln L + X + ln f - ln f_outside), (paths,)."""
        assert self._keep is not None
        off = np.log(outside) - self._line.law[tick]
        self._bridged = self._keep[tick] * (self._bridged + off - self._off)
        self._off = off
        level: Vector = np.exp(self._line.told[tick] + self._bridged + np.log(felt / outside))
        return level

    def _levels(self, now: Snapshot, loop: float) -> list[Vector]:
        """Price of the asset and rates of the nodes, with the share `loop` of what trades displaced."""
        spot, rates = now.row(SPOT), [now.row(key) for key in self._nodes]
        if loop == 1.0:
            return [spot, *rates]
        moved = self._displaced(SPOT)
        spot = spot if moved is None else self._price.moved(spot, -(1 - loop) * moved)
        displaced = [self._displaced(key) for key in self._nodes]
        return [spot, *(r if by is None else r - (1 - loop) * by for r, by in zip(rates, displaced, strict=True))]

    def levels(self) -> Moved:
        """The vol."""
        if not any(impact.moved for impact in self.impact.values()):
            return Moved({RATES_VOL: self._answer})
        level = self._answer + self.impact[RATES_VOL].total
        return Moved({RATES_VOL: np.clip(level, self._spec.least, self._spec.most)})

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades in options displace the vol."""
        rows = np.zeros((2, self._answer.size))
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move the vol, within its limits."""
        self.impact[key].add(move)
        return np.clip(level + move, self._spec.least, self._spec.most)


class _Path:
    """A memory and the levels at the last end of a move."""

    def __init__(self, memory: RatesMemory) -> None:
        self._memory = memory
        self._from: list[Vector] | None = None

    def level(self, levels: list[Vector], years: float, *, ends: bool) -> Vector:
        """The vol that follows from a path up to these levels, the running move begun `years` ago."""
        (spot, *rates), (spot0, *rates0) = levels, self._from or levels
        moves = [rate - before for rate, before in zip(rates, rates0, strict=True)]
        square = sum((move * move for move in moves), np.zeros(spot.size)) / len(moves)
        if ends or self._from is None:
            self._from = levels
        return self._memory.level(years, np.log(spot / spot0), square, ends=ends)
