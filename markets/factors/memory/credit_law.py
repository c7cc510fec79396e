"""Credit as a function of the traded path: an index spread, and a cash spread that follows it with a lag."""

from __future__ import annotations

from math import expm1, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_memory import Memory, credit_start
from markets.kernels.memory import answer, approach, credit_answers

if TYPE_CHECKING:
    from markets.factors.memory.path_line import PathLine
    from markets.specs.memory import CreditMemorySpec, MemorySpec
    from sim.clock import Clock
    from sim.streams import Streams

Vector = NDArray[np.float64]
WIDEST = 10.0  # decimal: upper limit of the spread, 1,000 %


class CreditLaw:
    """ln c = ln L_c + credit (y - y on the storyline) + noise;  y follows ln index with a lag.

    index = base + trend R1 + activity sqrt(R2), not below `base`. y moves from its level at the last close (or open, or
    tick: the law's clock) by the share 1 - exp(-lag dt) of the gap. The noise is bridged to the credit's anchors.
    """

    def __init__(
        self,
        spec: CreditMemorySpec,
        vol: MemorySpec,
        line: PathLine,
        vol0: float,
        power: float,
        clock: Clock,
        keep: Vector,
        streams: Streams,
    ) -> None:
        """vol0: implied vol at the start. power: the switch `credit`. keep: (ticks,) share of noise left by the
        bridge."""
        paths = streams.paths
        self._spec, self._power = spec, power
        self._cash: list[float] = line.cash.tolist()
        self._told_lead: list[float] = (line.index - line.cash).tolist()
        self._memory = Memory(spec.returns, spec.squares, credit_start(spec, vol, vol0), paths)
        self._terms = np.array([spec.base, spec.trend, spec.activity, spec.base, WIDEST])
        self._draws = streams.stream("market/credit")
        self._years = np.diff(clock.variance_years, prepend=0.0).tolist()
        self._keep = keep.tolist()
        self._noise = np.zeros(paths)
        self._settled = np.full(paths, line.index[0])  # y at the end of the last return
        self._index, self._y = self._settled.copy(), self._settled.copy()
        self.response = np.zeros(paths)  # ln cash spread above the storyline's
        self._tick = 0

    def settle(self, years: float, move: Vector) -> None:
        """End of a return (paths,) over `years`."""
        self._follow(years, move)
        self._settled[:] = self._y
        self._memory.settle(years, move)

    def step(self, tick: int, years: float, move: Vector) -> None:
        """Respond to the running return, begun `years` ago."""
        self._tick, left, scale, shock = tick, 1.0, 0.0, move  # without noise
        if self._spec.noise > 0:
            left, scale = self._stirred(tick)
            shock = self._draws.normal()
        credit_answers(
            *self._memory.now(years),
            move,
            self._terms,
            self._settled,
            self._cash[tick],
            self._power,
            (self._closed(years), left, scale),
            shock,
            self._noise,
            self._index,
            self._y,
            self.response,
        )

    @property
    def lead(self) -> Vector:
        """ln index spread less ln cash spread, (paths,)."""
        told = self._told_lead[self._tick]
        lead: Vector = told + self._power * (self._index - self._y - told)
        return lead

    def _follow(self, years: float, move: Vector) -> None:
        trend, activity = self._memory.recall(years, move)
        answer(self._terms, 0.0, 1.0, trend, activity, self._index)
        approach(self._settled, self._closed(years), self._index, self._y)

    def _closed(self, years: float) -> float:
        """Share of the gap between index and cash spread that closes."""
        return -expm1(-self._spec.lag * years)

    def _stirred(self, tick: int) -> tuple[float, float]:
        """What stays of the noise, and the standard deviation of the step."""
        speed, years, keep = self._spec.reversion, self._years[tick], self._keep[tick]
        gathered = years if speed == 0 else -expm1(-2 * speed * years) / (2 * speed)
        return keep * float(np.exp(-speed * years)), self._spec.noise * sqrt(gathered * keep)
