"""Vol of rates as a function of the path of the curve and of the asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.impact import Impact
from markets.factors.key import RATES_VOL, SPOT, USD, FactorKey
from markets.factors.law import Law, Moved
from markets.factors.memory.path_memory import settlements

if TYPE_CHECKING:
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.specs.rates_vol import RatesVolSpec

Vector = NDArray[np.float64]


class RatesVol(Law):
    """m = base + trend R1 + activity sqrt(R2), after Guyon and Lekeufack (2023), see `RatesVolSpec`.

    R <- R exp(-speed dt) + speed x: x the log return of the asset for R1, the mean over the nodes beyond overnight of
    their squared moves for the two factors of R2. Moves end at closes; the running one counts as if it ended now.
    Trades move the curve after the market's step, so the vol answers them, and all else, at the next tick. No noise.
    Trades in options displace it.
    """

    keys = (RATES_VOL,)

    def __init__(self, setting: Setting, spec: RatesVolSpec) -> None:
        self._spec, clock, paths = spec, setting.clock, setting.streams.paths
        self._nodes = [FactorKey(*USD, node.name) for node in setting.market.rates.curve if node.years > 0]
        self._ends = settlements(clock, "closes").tolist()
        self._years: list[float] = clock.variance_years.tolist()
        self._speed = (spec.squares.fast, spec.squares.slow)  # 1/trading year
        self._share = (1 - spec.squares.slow_share, spec.squares.slow_share)
        settled = (max(spec.start - spec.base, 0.0) / spec.activity) ** 2
        self._squares = [np.full(paths, settled) for _ in self._speed]  # decimal^2 a year
        self._trend = np.zeros(paths)  # ln S a year
        self._from: Snapshot | None = None  # the market at the last end of a move
        self._since = 0.0  # trading years there
        self._answer = np.full(paths, min(max(spec.start, spec.least), spec.most))  # without trades in options
        self._days_a_year = clock.days_a_year
        self.impact: dict[FactorKey, Impact] = {}

    @property
    def base(self) -> float:
        """Level at the start."""
        return self._spec.start

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Answer the moves up to `now`, the market at the tick before with its trades."""
        if self._from is None:
            self._from = now
        for impact in self.impact.values():
            impact.decay(self._years[tick] - self._years[tick - 1])
        trend, squares = self._recalled(self._years[tick - 1] - self._since, now)
        if self._ends[tick - 1]:
            self._trend, self._squares = trend, squares
            self._from, self._since = now, self._years[tick - 1]
        spec = self._spec
        activity = np.sqrt(self._share[0] * squares[0] + self._share[1] * squares[1])
        self._answer = np.clip(spec.base + spec.trend * trend + spec.activity * activity, spec.least, spec.most)
        return self.levels()

    def _recalled(self, years: float, now: Snapshot) -> tuple[Vector, list[Vector]]:
        """R1 and the factors of R2 with the running move, begun `years` ago."""
        assert self._from is not None
        moves = [now.row(key) - self._from.row(key) for key in self._nodes]
        square = sum((move * move for move in moves), np.zeros(self._trend.size)) / len(moves)
        fall = np.log(now.row(SPOT) / self._from.row(SPOT))
        kept, speed = np.exp(-self._spec.returns * years), self._spec.returns
        squares = [
            np.exp(-speed * years) * held + speed * square
            for speed, held in zip(self._speed, self._squares, strict=True)
        ]
        return kept * self._trend + speed * fall, squares

    def levels(self) -> Moved:
        """The vol."""
        if not any(impact.moved for impact in self.impact.values()):
            return Moved({RATES_VOL: self._answer})
        level = self._answer + self.impact[RATES_VOL].total
        return Moved({RATES_VOL: np.clip(level, self._spec.least, self._spec.most)})

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades in options displace the vol."""
        rows = np.zeros((2, self._trend.size))
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move the vol, within its limits."""
        self.impact[key].add(move)
        return np.clip(level + move, self._spec.least, self._spec.most)
