"""Credit as a function of the traded path: an index spread, and a cash spread that follows it with a lag."""

from __future__ import annotations

from math import expm1, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.path_memory import Memory, credit_start
from markets.kernels.memory import (
    CREDIT_FOLLOWER,
    CREDIT_INDEX,
    CREDIT_RESPONSE,
    CREDIT_SETTLED,
    CREDIT_STATE,
    answer,
    approach,
    credit_answers,
)
from sim.vectors import lined_up

if TYPE_CHECKING:
    from markets.factors.memory.path_line import PathLine
    from markets.factors.snapshot import Paths
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
        running: Vector,
    ) -> None:
        """vol0: implied vol at the start. power: the switch `credit`. keep: (ticks,) share of noise left by the
        bridge. running: see `PathLaws`."""
        paths = streams.paths
        self._spec, self._stirred, self._power = spec, spec.noise > 0, power
        self._told_lead: list[float] = (line.index - line.cash).tolist()
        self._memory = Memory(spec.returns, spec.squares, credit_start(spec, vol, vol0), paths)
        self._terms = np.array([spec.base, spec.trend, spec.activity, spec.base, WIDEST])
        self._draws = streams.stream("market/credit")
        closed, noise = [*map(self._closed, running.tolist())], _noise_terms(spec, clock.variance_years, keep)
        # (ticks, CREDIT_TICK), as the kernel reads it, with the share of the gap that closes
        self._at = np.hstack([self._memory.stays(running), np.column_stack([line.cash, closed, *noise])])
        self._fixed = np.concatenate([self._memory.speed, self._memory.weight, self._terms, [power]])
        self._state = self._memory.within(lined_up(CREDIT_STATE, paths))
        self._settled = self._state[CREDIT_SETTLED]  # y at the end of the last return
        self._index, self._y = self._state[CREDIT_INDEX], self._state[CREDIT_FOLLOWER]
        for level in (self._settled, self._index, self._y):
            level[:] = line.index[0]
        self.response = self._state[CREDIT_RESPONSE]  # ln cash spread above the storyline's
        self._tick = 0

    def settle(self, years: float, move: Vector) -> None:
        """End of a return (paths,) over `years`."""
        self._follow(years, move)
        self._settled[:] = self._y
        self._memory.settle(years, move)

    def step(self, tick: int, move: Vector) -> None:
        """Respond to the running return."""
        self._tick = tick
        shock = self._draws.normal() if self._stirred else move
        credit_answers(move, shock, self._at[tick], self._fixed, self._state)

    @property
    def lead(self) -> Vector:
        """ln index spread less ln cash spread, (paths,)."""
        return self.lead_on(slice(None))

    def lead_on(self, paths: Paths) -> Vector:
        """The same on some paths."""
        told = self._told_lead[self._tick]
        lead: Vector = told + self._power * (self._index[paths] - self._y[paths] - told)
        return lead

    def _follow(self, years: float, move: Vector) -> None:
        trend, activity = self._memory.recall(years, move)
        answer(self._terms, 0.0, 1.0, trend, activity, self._index)
        approach(self._settled, self._closed(years), self._index, self._y)

    def _closed(self, years: float) -> float:
        """Share of the gap between index and cash spread that closes."""
        return -expm1(-self._spec.lag * years)


def _noise_terms(spec: CreditMemorySpec, years: Vector, keep: Vector) -> tuple[list[float], list[float]]:
    """Of the noise of ln credit at every tick: what stays in the step, and the step's sd.

    years: trading years since the start, keep: share of the noise left by the bridge, (ticks,) each.
    """
    if spec.noise <= 0:
        return [1.0] * years.size, [0.0] * years.size
    speed, steps = spec.reversion, np.diff(years, prepend=0.0)
    gathered = (each if speed == 0 else -expm1(-2 * speed * each) / (2 * speed) for each in steps.tolist())
    left: list[float] = (keep * np.exp(-speed * steps)).tolist()
    return left, [spec.noise * sqrt(each * kept) for each, kept in zip(gathered, keep.tolist(), strict=True)]
