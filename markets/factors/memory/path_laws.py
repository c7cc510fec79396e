"""The path-dependent laws of a world: they share one clock of returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.memory.credit_law import CreditLaw
from markets.factors.memory.path_memory import settlements
from markets.factors.memory.vol_law import VolLaw

if TYPE_CHECKING:
    from markets.factors.setting import Setting

Vector = NDArray[np.float64]
Bools = NDArray[np.bool_]


class PathLaws:
    """Feeds the returns of the price that agents trade at, their impact included, to the laws of vol and credit.

    Finished returns are stored; the running one counts as if it ended now. Trades of an instant move the price after
    the market's step, so vol and credit respond at the next tick.

    What laws know of the running return beforehand: trading years since it began, at every tick (`running`, (ticks,)).
    """

    def __init__(self, setting: Setting) -> None:
        clock, streams, storyline = setting.clock, setting.streams, setting.storyline
        market, feedback, credit = setting.market, setting.feedback, setting.credit
        line, vol0 = storyline.line, float(np.exp(storyline.vol.level[0]))
        ends = settlements(clock, market.memory.clock)
        running = _running(clock.variance_years, ends)
        self.vol: VolLaw | None = None
        self.credit: CreditLaw | None = None
        if line is not None and market.vol_law == "path_dependent":
            self.vol = VolLaw(market.memory, line, vol0, feedback.leverage, clock, streams, running)
        if line is not None and credit.law == "path_dependent":
            keep = storyline.credit.kept(market.dispersion)
            self.credit = CreditLaw(
                credit.memory, market.memory, line, vol0, feedback.credit, clock, keep, streams, running
            )
        self.laws: list[VolLaw | CreditLaw] = [law for law in (self.vol, self.credit) if law is not None]
        self.ends: list[bool] = (ends & bool(self.laws)).tolist()  # whether a return ends at a tick
        self._years = clock.variance_years.tolist()
        self._since = 0.0  # trading years at the last settlement
        self._from: Vector = np.full(streams.paths, storyline.spot.level[0])  # ln S there, (paths,)

    def leave(self, tick: int, spot: Vector) -> None:
        """Before the step out of a tick at which a return ends. spot: ln S, (paths,), with all trades of the tick."""
        for law in self.laws:
            law.settle(self._years[tick] - self._since, spot - self._from)
        self._from, self._since = spot, self._years[tick]

    def arrive(self, tick: int, spot: Vector) -> None:
        """After the step into `tick`. spot: ln S, (paths,), before the tick's trades; its memory is used."""
        move = np.subtract(spot, self._from, out=spot)
        for law in self.laws:
            law.step(tick, move)


def _running(years: Vector, ends: Bools) -> Vector:
    """Trading years from the end of the last return, or the start, to each tick, (ticks,)."""
    ended = np.maximum.accumulate(np.where(ends, years, 0.0))
    running: Vector = years - np.concatenate([[0.0], ended[:-1]])
    return running
