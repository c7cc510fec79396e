"""The benchmark par swaps that are traded on the zero curve."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.curves.curve import Curve, usd_curve
from markets.kernels.flows import NO_FIXING, flow_slopes, flow_values
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from sim.clock import Clock

Floats = NDArray[np.float64]
Slots = NDArray[np.int64]

_NO_FIXINGS = np.empty((0, 0))


class BenchmarkRisk(NamedTuple):
    """Annuity and floating leg per unit, (paths,), and their change per 1.00 of the node rates, (nodes, paths)."""

    annuity: Floats
    floating: Floats
    annuity_dv: Floats
    floating_dv: Floats


@dataclass(frozen=True)
class Benchmark:
    """A swap to a fixed maturity whose accruals, on both legs, settle daily in cash.

    A position (notional N, coupon-notional NC) that receives fixed is worth NC * A(t) - N * (1 - DF(t, T)): the fixed
    leg pays NC a year, annually backwards from maturity with a stub in front, A(t) being its value per unit; the
    floating leg resets to par each day. Trades at different rates net exactly, since both legs are linear.
    Raises UserError if it matures by the last tick at which it is valued.
    """

    maturity: date
    clock: Clock
    last: int = -1  # tick at which it is valued for the last time: the run's last, or where positions roll
    curve: Curve = field(default_factory=usd_curve)

    def __post_init__(self) -> None:
        if self.clock.seconds(self.maturity) <= int(self.clock.ticks[self.last]):
            raise UserError(
                "a benchmark swap outlives its use",
                value=f"maturity {self.maturity}",
                place="clock.tick_minutes",
                remedy="shorten the ticks: positions roll into a fresh benchmark at the first tick after a year",
            )

    def years(self, tick: int) -> float:
        """Calendar years to maturity."""
        return self.clock.calendar_years_to(self.maturity) - float(self.clock.calendar_years[tick])

    def terms(self, tick: int, snapshot: Snapshot) -> tuple[Floats, Floats]:
        """Annuity A (years) and floating leg 1 - DF, (paths,) each per unit of notional."""
        rates, legs = snapshot.block(self.curve.block), []
        for flows, unfixed in _legs(self, tick):
            out = np.zeros(snapshot.paths)
            flow_values(rates, _NO_FIXINGS, flows, unfixed, out)
            legs.append(out)
        return legs[0], legs[1]

    def sensitivities(self, tick: int, snapshot: Snapshot) -> BenchmarkRisk:
        """Both legs with their node sensitivities; a position's are NC * annuity_dv - N * floating_dv."""
        rates, legs = snapshot.block(self.curve.block), []
        for flows, unfixed in _legs(self, tick):
            out = np.zeros((1 + len(rates), snapshot.paths))
            flow_slopes(rates, _NO_FIXINGS, flows, unfixed, out)
            legs.append(out)
        fixed, floating = legs
        return BenchmarkRisk(fixed[0], floating[0], fixed[1:], floating[1:])


@lru_cache(maxsize=2048)
def _legs(swap: Benchmark, tick: int) -> tuple[tuple[Floats, Slots], tuple[Floats, Slots]]:
    """Flows of the fixed leg (1 a year) and of the floating leg (1 now, -1 at maturity), asked for often in a tick;
    with them the slots of their fixings, of which they have none.

    Kept for the same ticks of the next world.
    """
    years = swap.years(tick)
    times = years - np.arange(np.ceil(years), dtype=np.float64)
    fixed = swap.curve.flows(np.minimum(1.0, times), times)
    floating = swap.curve.flows(np.array([1.0, -1.0]), np.array([0.0, years]))
    return (fixed, _unfixed(fixed)), (floating, _unfixed(floating))


def _unfixed(flows: Floats) -> Slots:
    return np.full(len(flows), NO_FIXING, dtype=np.int64)
