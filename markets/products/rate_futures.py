"""Futures on overnight rates: what each close pays, and the rate that they are marked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.flows import NO_FIXING, flow_values
from markets.products.cash_legs import Overnight
from markets.products.overnight import OvernightGrowth, Timeline
from markets.products.projection import sparse
from markets.rate_vols.convexity import averaged_convexity, compounded_convexity

if TYPE_CHECKING:
    from markets.products.cash_legs import RateFuture
    from markets.products.flow_sums import Sums
    from markets.products.overnight_curve import OvernightCurve
    from markets.products.table import When

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class RateFutures:
    """Futures in columns, (futures,), with fixings (growth rows, then one a future, paths).

    A future is marked at y = growth / accrual, or (sum of rates x days) / accrual of an averaged one: its rate but for
    a constant. growth = G(n) P(n) / P(end) exp(convexity), n the day up to which the rate is fixed. Its own fixing is
    y at the last settlement; it is worth size (fixing - y) until the next one pays that.
    """

    def __init__(self, futures: Sequence[RateFuture], time: Timeline, curve: OvernightCurve) -> None:
        self.time, self.curve, self.futures = time, curve, list(futures)
        periods = [Overnight(f.start, f.end, f.end, 0.0, f.averaged, f.known) for f in futures]
        self.growth = OvernightGrowth(periods, time, curve, logs=True)
        self.count = self.growth.count + len(futures)
        self.begin = np.array([time.years(f.start) for f in futures], dtype=np.float64)
        self.end = np.array([time.years(f.end) for f in futures], dtype=np.float64)
        self.last = np.array([time.seconds(f.end) for f in futures], dtype=np.int64)  # seconds of the last settlement
        self.size = np.array([f.size for f in futures], dtype=np.float64)
        self.accrual = np.array([f.accrual for f in futures], dtype=np.float64)
        self.averaged = np.array([f.averaged for f in futures], dtype=bool)

    # --- fixings ----------------------------------------------------------------------------------------------------
    def first(self, curve: Floats) -> Floats:
        """At the start, (count, 1): marked at the rate agreed on, or else at the model's."""
        growth = self.growth.first(curve)
        out = np.concatenate([growth, np.zeros((len(self.futures), curve.shape[1]))])
        self._mark(0, 0, curve, out)
        for i, future in enumerate(self.futures):
            if future.rate is not None:
                out[self.growth.count + i] = future.rate + (0.0 if future.averaged else 1.0 / future.accrual)
        return out

    def settle(self, since: int, tick: int, curve: Floats, fixings: Floats) -> None:
        """Mark every future at the market of a close."""
        self._mark(tick, since, curve, fixings)

    def fix(self, tick: int, curve: Floats, fixings: Floats) -> None:
        """Fix the overnight rate until the next close."""
        self.growth.fix(tick, curve, fixings[: self.growth.count])

    def _mark(self, tick: int, settled: int, curve: Floats, fixings: Floats) -> None:
        now, count = float(self.time.clock.calendar_years[tick]), self.growth.count
        alive = np.ones(len(self.futures), dtype=bool)
        amounts, weights, slots, known = self._terms(now, settled, alive)
        for i, averaged in enumerate(self.averaged.tolist()):
            marked = np.zeros(curve.shape[1])
            if averaged:
                for node in np.flatnonzero(weights[i]):
                    marked -= amounts[i] * weights[i, node] * curve[node]
                marked += known[i] + (amounts[i] * fixings[slots[i]] if slots[i] != NO_FIXING else 0.0)
            else:
                flow_values(curve, fixings, sparse(amounts[i : i + 1], weights[i : i + 1]), slots[i : i + 1], marked)
            fixings[count + i] = marked

    # --- value ------------------------------------------------------------------------------------------------------
    def add(self, when: When, sums: Sums, first: int) -> None:
        """Add the flows of a moment; with `due` what a close that has come pays. first: of its rows among all."""
        ticks = self.time.clock.ticks
        alive = self.last > ticks[when.settled]
        if when.due and not self.time.closing(when.settled, when.tick):
            return
        now = float(self.time.clock.calendar_years[when.tick]) + when.later
        amounts, weights, slots, known = self._terms(now, when.settled, alive)
        size, averaged = self.size[alive], self.averaged[alive]
        own = first + self.growth.count + np.flatnonzero(alive)
        sums.mix(size, np.zeros_like(weights), own)
        shifted = np.where(slots == NO_FIXING, NO_FIXING, slots + first)
        plain = ~averaged
        sums.mix(-(size * amounts)[plain], weights[plain], shifted[plain])
        if averaged.any():
            scale = (size * amounts)[averaged]
            sums.line(scale[:, None] * weights[averaged], None)
            sums.pay(-(size * known)[averaged], np.zeros(int(averaged.sum())))
            begun = averaged & (slots != NO_FIXING)
            sums.mix(-(size * amounts)[begun], np.zeros((int(begun.sum()), weights.shape[1])), shifted[begun])

    def _terms(self, now: float, settled: int, alive: NDArray[np.bool_]) -> tuple[Floats, Floats, Ints, Floats]:
        """Of y: amounts (alive,), weights (alive, keys), slots, and of averaged ones what is known besides.

        Compounded: y = amount x exp(-weights . nodes) x growth. Averaged: y = amount (sum - weights . nodes) + known.
        """
        begin, end = self.begin[alive], self.end[alive]
        fixed = np.clip(self.time.fixed_until(settled), begin, end)
        w, known = self.curve.grown(fixed, end, now)
        known = known + self._convexity(np.maximum(begin - now, 0.0), np.maximum(end - now, 0.0), alive)
        per = 1.0 / self.accrual[alive]
        amounts = np.where(self.averaged[alive], per, per * np.exp(known))
        return amounts, -w, self.growth.slots(alive, settled), per * known

    def _convexity(self, begin: Floats, end: Floats, alive: NDArray[np.bool_]) -> Floats:
        """What the log of the growth of a future lies above that of the forward, (alive,)."""
        out = np.zeros(begin.size)
        for i, number in enumerate(np.flatnonzero(alive).tolist()):
            future = self.futures[number]
            of = averaged_convexity if future.averaged else compounded_convexity
            out[i] = of(float(begin[i]), float(end[i]), future.reversion, future.vol)
        return out
