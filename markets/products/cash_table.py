"""Payments by their own days, overnight periods with their lags, and futures on overnight rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from markets.kernels.flows import FLOW_TERMS, NO_FIXING, flow_bends, flow_slopes, flow_values
from markets.kernels.options import NODE, VALUE
from markets.products.cash_legs import Cash, Overnight, Payment, RateFuture
from markets.products.condensed import few, netted
from markets.products.flow_sums import Sums
from markets.products.overnight import OvernightGrowth, Timeline
from markets.products.overnight_curve import OvernightCurve
from markets.products.projection import sparse
from markets.products.rate_futures import RateFutures
from markets.products.table import Table, When
from sim.named_tuple import NamedTuple
from sim.vectors import distinct

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NO_FIXINGS = np.zeros((0, 0))
ROUNDING = 1e-13  # years: a weight below it is the difference of two that are equal
MANY_LAGS = 512  # periods with a payment lag, from which on the lag is discounted at the start's forward rate


class Rows(NamedTuple):
    """What is alive at a moment.

    lines: by node, flows that are multiplied by the node's rate, and its number.
    """

    certain: Floats  # (flows, FLOW_TERMS)
    mixed: Floats  # (flows, FLOW_TERMS or more)
    slots: Ints  # (flows,) of the fixings that multiply `mixed`, or NO_FIXING
    lines: tuple[tuple[int, Floats], ...]


class CashTable(Table[Rows]):
    """Cash flows on one curve by their days, (payments,), overnight periods, (periods,), and futures, (futures,).

    A compounded period pays growth - 1, growth = P(start) / P(end) of the projection curve as it turns out: at every
    close the overnight rate until the next one is fixed, and multiplies what has grown since the start. With n the day
    up to which it is fixed, the period is worth G(n) P(n) / P(end) P(paid) - P(paid): a flow on up to six nodes, exact
    with its payment lag. An averaged period pays the sum of the daily rates: ln P(n) / P(end), linear in the nodes.
    """

    order: ClassVar[int] = 5
    bends: ClassVar[bool] = True

    def __init__(self, items: Sequence[Cash], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start, self.rates = clock, start, True
        legs = [item.cash_legs(clock, start) for item in items]
        self.time, self.curve = Timeline(clock), OvernightCurve(start)
        periods = [period for each in legs for period in each.overnight]
        self.growth = OvernightGrowth(periods, self.time, self.curve)
        self._set_periods(periods)
        self._set_payments([*(p for each in legs for p in each.payments), *_returned(periods)])
        futures: list[RateFuture] = [future for each in legs for future in each.futures]
        self.futures = RateFutures(futures, self.time, self.curve)
        self.fixings = self.growth.count + self.futures.count
        self.needs = self.curve.keys
        self.dates = distinct(np.concatenate([self.settled, self._closes(periods, futures)]))

    def _set_payments(self, payments: Sequence[Payment]) -> None:
        sums: dict[tuple[date, date, float, date], float] = defaultdict(float)
        for each in payments:
            sums[each.day, each.settled or each.day, each.spread, each.over or each.day] += each.amount
        kept = {key: amount for key, amount in sorted(sums.items()) if amount}
        years = self.time.years
        self.paid = np.array([years(day) for day, *_ in kept], dtype=np.float64)
        self.settled = np.array([self.time.seconds(day) for _, day, *_ in kept], dtype=np.int64)
        self.later = self.paid - np.array([years(day) for _, day, *_ in kept], dtype=np.float64)  # due after settled
        self.spread = np.array([spread for _, _, spread, _ in kept], dtype=np.float64)
        self.over = np.array([years(day) for *_, day in kept], dtype=np.float64)
        self.amount = np.array(list(kept.values()), dtype=np.float64)

    def _set_periods(self, periods: Sequence[Overnight]) -> None:
        years, seconds = self.time.years, self.time.seconds
        self.begin = np.array([years(p.start) for p in periods], dtype=np.float64)
        self.end = np.array([years(p.end) for p in periods], dtype=np.float64)
        self.pay = np.array([years(p.paid) for p in periods], dtype=np.float64)
        self.pay_seconds = np.array([seconds(p.paid) for p in periods], dtype=np.int64)
        self.notional = np.array([p.notional for p in periods], dtype=np.float64)
        self.averaged = np.array([p.averaged for p in periods], dtype=bool)
        self.many = int((self.pay != self.end).sum()) > MANY_LAGS

    def _closes(self, periods: Sequence[Overnight], futures: Sequence[RateFuture]) -> Ints:
        """Seconds of the closes at which something is fixed."""
        days = [*(p.paid for p in periods), *(f.end for f in futures)]
        last = max((self.time.seconds(day) for day in days), default=-1)
        return self.time.closes[self.time.closes <= last]

    # --- what is fixed ----------------------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """What has grown by the first close and is known until the next one, and the futures' last prices."""
        out = np.empty((self.fixings, paths))
        curve = self.curve.of(self.start.snapshot)
        out[: self.growth.count] = self.growth.first(curve)
        out[self.growth.count :] = self.futures.first(curve)
        return out

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """At a close in (since, tick]: settle the futures, then fix the overnight rate until the next close."""
        if self.time.closing(since, tick):
            curve, count = self.curve.of(snapshot), self.growth.count
            self.futures.settle(since, tick, curve, fixings[count:])
            self.growth.fix(tick, curve, fixings[:count])
            self.futures.fix(tick, curve, fixings[count:])

    # --- value and risk ---------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows, curve = self.known(when), self.curve.of(snapshot)
        if len(rows.certain):
            flow_values(curve, NO_FIXINGS, rows.certain, _unfixed(rows.certain), out)
        if len(rows.mixed):
            flow_values(curve, fixings, rows.mixed, rows.slots, out)
        for node, terms in rows.lines:
            worth = np.zeros(snapshot.paths)
            flow_values(curve, NO_FIXINGS, terms, _unfixed(terms), worth)
            out += curve[node] * worth

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives by the nodes."""
        if fixings is None:
            return
        nodes, out = self.curve.keys, into.filled()
        if len(out) < NODE:
            self.value(when, snapshot, fixings, out[VALUE])
            return
        bends = np.zeros((len(nodes), len(nodes), snapshot.paths)) if (nodes[0], nodes[0]) in into.where else None
        sums = self._sums(self.known(when), self.curve.of(snapshot), fixings, bends)
        own = 1 + len(self.start.curve.nodes)
        out[VALUE] += sums[0]
        out[NODE : NODE + own - 1] += sums[1:own]
        for key, slope in zip(nodes[own - 1 :], sums[own:], strict=True):
            into.add(slope, key)
        if bends is not None:
            for i, one in enumerate(nodes):
                for j, other in enumerate(nodes[i:], start=i):
                    into.add(bends[i, j], one, other)

    def _sums(self, rows: Rows, curve: Floats, fixings: Floats, bends: Floats | None) -> Floats:
        """Value and slopes by node, (1 + nodes, paths); the second derivatives are added to `bends`."""
        sums = np.zeros((1 + len(curve), curve.shape[1]))
        flows = (NO_FIXINGS, rows.certain, _unfixed(rows.certain)), (fixings, rows.mixed, rows.slots)
        for each in flows:
            if len(each[1]):
                flow_slopes(curve, *each, sums)
                if bends is not None:
                    flow_bends(curve, *each, bends)
        for node, terms in rows.lines:
            _add_line(curve, node, terms, sums, bends)
        return sums

    # --- what is alive ----------------------------------------------------------------------------------------------
    def rows(self, when: When) -> Rows:
        """What is unpaid after `settled`; with `due` only what is paid by the tick."""
        sums, curve = Sums(), self.start.curve
        self._add_payments(when, sums)
        alive = self._alive(self.pay_seconds, when)
        self._add_compounded(when, alive & ~self.averaged, sums)
        self._add_averaged(when, alive & self.averaged, sums)
        self.futures.add(when, sums, self.growth.count)
        amounts, years = netted(*(np.concatenate(each) for each in (sums.amounts, sums.years)))
        certain = curve.flows_of_scaled(*few(curve.scaled(amounts, years), years, curve.times))
        lines = []
        for node, parts in sorted(sums.lines.items()):
            amounts, years = netted(*(np.concatenate([part[i] for part in parts]) for i in (0, 1)))
            lines.append((node, curve.flows_of_scaled(*few(curve.scaled(amounts, years), years, curve.times))))
        if not sums.mixed:
            return Rows(certain, np.zeros((0, FLOW_TERMS)), np.zeros(0, dtype=np.int64), tuple(lines))
        amounts, weights, slots = (np.concatenate([part[i] for part in sums.mixed]) for i in range(3))
        return Rows(certain, sparse(amounts, weights), slots, tuple(lines))

    def _add_payments(self, when: When, sums: Sums) -> None:
        alive, now = self._alive(self.settled, when), self.clock.ticks[when.tick]
        left = np.where(self.settled <= now, self.later, np.maximum(self.paid - self._now(when), 0.0))[alive]
        amounts, over, paid = (
            self.amount[alive] * np.exp(-self.spread[alive] * left),
            self.over[alive],
            self.paid[alive],
        )
        plain = (over == paid) | (not self.curve.moving)
        sums.pay((amounts * np.exp(-self.curve.beyond(over, paid)))[plain], left[plain])
        if not plain.all():
            begin = np.maximum(over, self._now(when))[~plain]
            w, c = self.curve.grown(begin, begin + (paid - over)[~plain], self._now(when))
            b, e = self.curve.discount(begin - self._now(when))
            sums.mix(amounts[~plain] * np.exp(-c - e), b + w, np.full(begin.size, NO_FIXING, dtype=np.int64))

    def _add_compounded(self, when: When, alive: NDArray[np.bool_], sums: Sums) -> None:
        """Notional x growth so far x P(n) / P(end) P(paid); the 1 that comes off is among the payments."""
        now, curve = self._now(when), self.curve
        fixed, end, notional = self._fixed(when)[alive], self.end[alive], self.notional[alive]
        slots, late = self.growth.slots(alive, when.settled), self.pay[alive] != end
        grown = notional * np.exp(curve.beyond(fixed, end))
        plain = (slots == NO_FIXING) & ~late & (not curve.moving)
        sums.pay(grown[plain], np.maximum(fixed[plain] - now, 0.0))
        lagged = ~plain
        if (
            self.many and not curve.moving
        ):  # the lag at the start's forward rate: notional x ratio x (P(n) - P(end)), exact at the start
            self._add_many(now, grown[lagged], notional[lagged], fixed[lagged], alive, lagged, slots[lagged], sums)
            return
        w, c = curve.grown(fixed[lagged], end[lagged], now)
        b, e = curve.discount(np.maximum(self.pay[alive][lagged] - now, 0.0))
        weights = b - w
        weights[np.abs(weights) < ROUNDING] = 0.0  # of a period without a lag
        sums.mix(notional[lagged] * np.exp(c - e), weights, slots[lagged])

    def _add_many(
        self,
        now: float,
        grown: Floats,
        notional: Floats,
        fixed: Floats,
        alive: NDArray[np.bool_],
        lagged: NDArray[np.bool_],
        slots: Ints,
        sums: Sums,
    ) -> None:
        """The same for many periods, so that they can be netted: their lags discounted at the start's forward rate.

        Notional x ratio x (P(n) - P(end)), ratio = P(paid) / P(end) on the starting curve.
        """
        end, pay = (np.maximum(times[alive][lagged] - now, 0.0) for times in (self.end, self.pay))
        ratio = np.exp(self.curve.starting(end) - self.curve.starting(pay))
        open_, left = slots == NO_FIXING, np.where(end > 0, fixed - now, 0.0)
        sums.pay((grown * ratio)[open_], np.maximum(left[open_], 0.0))
        sums.pay(-notional * ratio, end)
        sums.pay(notional, pay)  # takes back the 1 that comes off at the payment
        begun = np.stack([slots[~open_], left[~open_]])  # those of one beginning are fixed up to the same day
        known, where = np.unique(begun, axis=1, return_inverse=True)
        sizes = (grown * ratio)[~open_]
        amounts: Floats = np.bincount(where.ravel(), weights=sizes, minlength=known.shape[1]).astype(np.float64)
        b, e = self.curve.discount(known[1])
        sums.mix(amounts * np.exp(-e), b, known[0].astype(np.int64))

    def _add_averaged(self, when: When, alive: NDArray[np.bool_], sums: Sums) -> None:
        """Notional x (sum so far + ln P(n) / P(end) + what daily rates are above their logs) P(paid)."""
        if not alive.any():
            return
        now, curve = self._now(when), self.curve
        fixed, end, notional = self._fixed(when)[alive], self.end[alive], self.notional[alive]
        left, slots = np.maximum(self.pay[alive] - now, 0.0), self.growth.slots(alive, when.settled)
        w, c = curve.grown(fixed, end, now)
        sums.pay(notional * (c + self.growth.above[alive] * (end - fixed)), left)
        sums.line(notional[:, None] * w, left)
        (begun,) = np.nonzero(slots != NO_FIXING)
        b, e = curve.discount(left[begun])
        sums.mix(notional[begun] * np.exp(-e), b, slots[begun])

    def _fixed(self, when: When) -> Floats:
        """Up to when each period is fixed at a moment: its start before it begins, years, (periods,)."""
        return np.asarray(np.clip(self.time.fixed_until(when.settled), self.begin, self.end))

    def _now(self, when: When) -> float:
        return float(self.clock.calendar_years[when.tick]) + when.later

    def _alive(self, seconds: Ints, when: When) -> NDArray[np.bool_]:
        """What is still unpaid after `settled` (with `due`: and paid by the tick)."""
        now, since = self.clock.ticks[when.tick], self.clock.ticks[when.settled]
        return np.asarray((seconds > since) & (not when.due or seconds <= now))


def _returned(periods: Sequence[Overnight]) -> list[Payment]:
    """The 1 that comes off the growth of every compounded period."""
    return [Payment(p.paid, -p.notional) for p in periods if not p.averaged]


def _unfixed(terms: Floats) -> Ints:
    return np.full(len(terms), NO_FIXING, dtype=np.int64)


def _add_line(curve: Floats, node: int, terms: Floats, sums: Floats, bends: Floats | None) -> None:
    """Add x W and its derivatives, x the rate of a node, W flows."""
    worth, slots = np.zeros_like(sums), _unfixed(terms)
    flow_slopes(curve, NO_FIXINGS, terms, slots, worth)
    sums += curve[node] * worth
    sums[1 + node] += worth[0]
    if bends is not None:
        second = np.zeros_like(bends)
        flow_bends(curve, NO_FIXINGS, terms, slots, second)
        bends += curve[node] * second
        bends[node] += worth[1:]
        bends[:, node] += worth[1:]
