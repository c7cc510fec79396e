"""The swaps of a book as dated flows, netted by date, and the fixings of their floating legs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.curves.curve import flow_terms, log_discount_weights
from markets.factors.key import USD
from markets.kernels.swaps import FLOW_TERMS, NO_FIXING
from markets.products.instruments import Period, Swap
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOTHING = np.empty((0, FLOW_TERMS)), np.empty(0, dtype=np.int64)


class FlowTable:
    """Fixed flows (dates,) and floating periods (periods,), each netted over all swaps.

    A period whose rate is not yet fixed pays P(s) / P(e) - 1 on the projection curve P = DF exp(-spread tau), so its
    value is exp(spread (e - s)) DF(s) - DF(e): two flows. A fixed one is a flow whose amount differs by path.
    """

    def __init__(self, swaps: Sequence[Swap], clock: Clock, start: Start) -> None:
        self.clock, self.start = clock, start
        self._nodes = start.nodes
        coupons: dict[date, float] = defaultdict(float)
        floats: dict[tuple[date, date], tuple[Period, float]] = {}
        for swap in swaps:
            fixed, floating = self._legs(swap)
            rate = self._par_rate(fixed, floating) if swap.fixed_rate is None else swap.fixed_rate
            for period in fixed:
                coupons[period.end] += swap.notional * rate * period.accrual
            for period in floating:
                known = floats.get((period.start, period.end), (period, 0.0))[1]
                floats[period.start, period.end] = (period, known - swap.notional)
        self._set_coupons(coupons)
        self._set_periods([floats[key] for key in sorted(floats)])

    def _set_coupons(self, coupons: dict[date, float]) -> None:
        days = sorted(coupons)
        self.amount = np.array([coupons[day] for day in days])  # $
        self.paid = self._seconds(days)
        self.paid_years = self._years(days)

    def _set_periods(self, periods: list[tuple[Period, float]]) -> None:
        starts, ends = [p.start for p, _ in periods], [p.end for p, _ in periods]
        self.notional = np.array([size for _, size in periods])  # $ whose floating rate the book receives
        self.accrual = np.array([p.accrual for p, _ in periods])
        self.begin, self.begin_years = self._seconds(starts), self._years(starts)
        self.end, self.end_years = self._seconds(ends), self._years(ends)
        self.fixings = int((self.begin <= self.clock.ticks[-1]).sum())  # periods are in order of their start

    def _legs(self, swap: Swap) -> tuple[list[Period], list[Period]]:
        """Periods still to be paid."""
        today, start = self.clock.session_dates[0], swap.start or self.clock.session_dates[0]
        if swap.maturity <= today:
            raise UserError(
                "a swap matures after the start",
                value=str(swap.maturity),
                place="maturity",
                remedy="choose a later date",
            )
        first = self.clock.ticks[0]
        fixed = [p for p in swap.fixed_leg(start) if self.clock.seconds(p.end) > first]
        return fixed, [p for p in swap.float_leg(start) if self.clock.seconds(p.end) > first]

    def _par_rate(self, fixed: list[Period], floating: list[Period]) -> float:
        """The fixed rate at which a swap is worth nothing at the start."""
        annuity = sum(p.accrual * self._discount(self._years([p.end])[0]) for p in fixed)
        worth = 0.0
        for period in floating:
            begin, end = self._years([period.start, period.end])
            rate = (
                self._first_fixing(period.accrual, begin, end)
                if begin <= 0
                else self._forward(begin, end) / period.accrual
            )
            worth += rate * period.accrual * self._discount(end)
        return float(worth / annuity)

    def _discount(self, years: float) -> float:
        return float(np.exp(-log_discount_weights(years) @ self._nodes))

    def _forward(self, begin: float, end: float) -> float:
        """P(begin) / P(end) - 1 on the starting projection curve."""
        growth = (log_discount_weights(end) - log_discount_weights(begin)) @ self._nodes
        return float(np.expm1(growth + self.start.projection_spread * (end - begin)))

    def _first_fixing(self, accrual: float, begin: float, end: float) -> float:
        """Rate of a period under way at the start: the starting spot rate for the length of the period."""
        return self._forward(0.0, end - begin) / accrual

    def new_fixings(self, paths: int) -> Floats:
        """Room for every fixing of the run, (fixings, paths); those of periods under way are filled in."""
        out = np.zeros((self.fixings, paths))
        for slot in np.flatnonzero(self.begin[: self.fixings] <= self.clock.ticks[0]):
            out[slot] = self._first_fixing(self.accrual[slot], self.begin_years[slot], self.end_years[slot])
        return out

    def fix(self, tick_from: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Write the simple forwards of the periods that start in (tick_from, tick]."""
        ticks, begin = self.clock.ticks, self.begin[: self.fixings]
        overnight, us2y, us10y = snapshot.block(USD)
        for slot in np.flatnonzero((begin > ticks[tick_from]) & (begin <= ticks[tick])):
            years = max(self.end_years[slot] - self.clock.calendar_years[tick], 0.0)
            b0, b1, b2 = log_discount_weights(years)
            growth = b0 * overnight + b1 * us2y + b2 * us10y + self.start.projection_spread * years
            fixings[slot] = np.expm1(growth) / self.accrual[slot]

    def rows(self, tick: int, settled: int, *, due: bool = False, later: float = 0.0) -> tuple[Floats, Ints]:
        """Flows at `tick` that were unpaid after `settled`, (flows, FLOW_TERMS), and their fixings' slots, (flows,).

        With `due`, only those paid by `tick`. A rate is known if its period began by `settled`.
        later: calendar years that have passed since `tick` while nothing else happened.
        """
        if not self.paid.size and not self.end.size:
            return _NOTHING
        now, since = self.clock.ticks[tick], self.clock.ticks[settled]
        fixed = (self.paid > since) & (not due or self.paid <= now)
        unpaid = (self.end > since) & (not due or self.end <= now)
        known, open_ = unpaid & (self.begin <= since), unpaid & (self.begin > since)
        end = self._years_left(self.end, self.end_years, tick, later)
        begin = self._years_left(self.begin, self.begin_years, tick, later)
        growth = np.exp(self.start.projection_spread * (end - begin))[open_]
        paid = self._years_left(self.paid, self.paid_years, tick, later)
        years = np.concatenate([paid[fixed], begin[open_], end[open_]])
        amounts = np.concatenate([self.amount[fixed], self.notional[open_] * growth, -self.notional[open_]])
        terms = np.concatenate([_netted(amounts, years), flow_terms((self.notional * self.accrual)[known], end[known])])
        slots = np.full(len(terms), NO_FIXING, dtype=np.int64)
        slots[len(terms) - known.sum() :] = np.flatnonzero(known)
        return terms, slots

    def _years_left(self, seconds: Ints, years: Floats, tick: int, later: float) -> Floats:
        """Calendar years to a time, 0 if it has come."""
        now = self.clock.calendar_years[tick] + later
        return np.where(seconds <= self.clock.ticks[tick], 0.0, np.maximum(years - now, 0.0))

    def _seconds(self, days: list[date]) -> Ints:
        return np.array([self.clock.seconds(day) for day in days], dtype=np.int64)

    def _years(self, days: list[date]) -> Floats:
        return np.array([self.clock.calendar_years_to(day) for day in days], dtype=np.float64)


def _netted(amounts: Floats, years: Floats) -> Floats:
    """One flow a time; what nets to nothing is left out."""
    times, where = np.unique(years, return_inverse=True)
    sums = np.bincount(where, weights=amounts, minlength=times.size)
    kept = sums != 0
    return flow_terms(sums[kept], times[kept])
