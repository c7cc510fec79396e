"""The zero curve on three nodes (overnight, 2Y, 10Y), and the benchmark par swaps that are traded on it.

Rates are continuously compounded, act/365. The zero rate is linear between the nodes and flat outside, so the log of
a discount factor is linear in the nodes: DF(tau) = exp(-(b0 r_on + b1 r_2y + b2 r_10y)), b = tau * node_weights(tau).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.factors.key import USD
from markets.kernels.swaps import FLOW_TERMS, NO_FIXING, flow_greeks, flow_values
from markets.kernels.terms import NODE_YEARS
from markets.kernels.terms import node_weights as node_weights_into
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from sim.clock import Clock

Floats = NDArray[np.float64]

_NO_FIXINGS = np.empty((0, 0))


def node_weights(years: ArrayLike) -> Floats:
    """Share of each node in the zero rate at `years` (any shape): (..., 3), rows sum to 1."""
    tau = np.asarray(years, dtype=np.float64)
    out = np.empty((tau.size, len(NODE_YEARS)))
    node_weights_into(tau.reshape(-1), out)
    return out.reshape(*tau.shape, len(NODE_YEARS))


def log_discount_weights(years: ArrayLike) -> Floats:
    """b such that -ln DF = b . nodes: (..., 3) years."""
    tau = np.asarray(years, dtype=np.float64)
    return tau[..., None] * node_weights(tau)


def discount_factor(years: float, overnight: Floats, us2y: Floats, us10y: Floats) -> Floats:
    """Discount factor to one time, (paths,) $ per $."""
    b0, b1, b2 = log_discount_weights(years)
    return np.asarray(np.exp(-(b0 * overnight + b1 * us2y + b2 * us10y)))


class BenchmarkGreeks(NamedTuple):
    """Annuity and floating leg per unit, (paths,), and their change per 1.00 of the node rates, (3, paths)."""

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
        legs = []
        for flows in _legs(self, tick):
            out = np.zeros(snapshot.paths)
            flow_values(snapshot.block(USD), _NO_FIXINGS, flows, _none(flows), out)
            legs.append(out)
        return legs[0], legs[1]

    def sensitivities(self, tick: int, snapshot: Snapshot) -> BenchmarkGreeks:
        """Both legs with their node sensitivities; a position's are NC * annuity_dv - N * floating_dv."""
        legs = []
        for flows in _legs(self, tick):
            out = np.zeros((4, snapshot.paths))
            flow_greeks(snapshot.block(USD), _NO_FIXINGS, flows, _none(flows), out)
            legs.append(out)
        fixed, floating = legs
        return BenchmarkGreeks(fixed[0], floating[0], fixed[1:], floating[1:])


@lru_cache(maxsize=16)
def _legs(swap: Benchmark, tick: int) -> tuple[Floats, Floats]:
    """Flows of the fixed leg (1 a year) and of the floating leg (1 now, -1 at maturity), asked for often in a tick."""
    years = swap.years(tick)
    times = years - np.arange(np.ceil(years), dtype=np.float64)
    fixed = flow_terms(np.minimum(1.0, times), times)
    return fixed, flow_terms(np.array([1.0, -1.0]), np.array([0.0, years]))


def flow_terms(amounts: Floats, years: Floats) -> Floats:
    """Rows for the flow kernels, (flows, FLOW_TERMS): amount and weights of the nodes."""
    terms = np.empty((amounts.size, FLOW_TERMS))
    terms[:, 0] = amounts
    terms[:, 1:] = log_discount_weights(years)
    return terms


def _none(flows: Floats) -> NDArray[np.int64]:
    return np.full(len(flows), NO_FIXING, dtype=np.int64)
