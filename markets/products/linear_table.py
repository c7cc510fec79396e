"""The linear part of a book: dated flows, netted by date, floating rates with their fixings, and units of the asset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT
from markets.kernels.flows import NO_FIXING, flow_bends, flow_slopes, flow_steps, flow_values, weighed
from markets.kernels.options import DELTA, NODE, VALUE
from markets.products.condensed import MANY, carrying, few, netted
from markets.products.dates import Period
from markets.products.projection import RateRows, together
from markets.products.risk import STEPPED, Risk
from markets.products.table import Steps, Table, When
from sim.dataclass import dataclass
from sim.memo import Memo
from sim.named_tuple import NamedTuple
from sim.vectors import distinct

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Forward(NamedTuple):
    """The asset at an agreed price: Q units are worth Q e^(-q t) S - Q K e^(-z t)."""

    expiry: date
    units: float
    price: float  # $


@dataclass(frozen=True)
class Legs:
    """All that a linear instrument pays."""

    fixed: tuple[tuple[date, float], ...] = ()  # day, and $
    floating: tuple[tuple[Period, float], ...] = ()  # period whose rate is received, and on how many $
    forwards: tuple[Forward, ...] = ()
    units: float = 0.0  # of the asset itself
    rates: bool = False  # whether a desk hedges its rates risk


class Linear(Protocol):
    """An instrument that is nothing but `Legs`."""

    def legs(self, clock: Clock, start: Start) -> Legs:
        """Flows still to be paid. Raises UserError if there are none."""


class Flows(NamedTuple):
    """Flows alive at a moment."""

    terms: Floats  # (flows, FLOW_TERMS), see `markets.kernels.flows`
    slots: Ints  # (flows,) row of the fixings that multiplies a flow, or NO_FIXING
    sums: tuple[Floats, Ints] | None  # of which fixings those rows are sums: weights and slots of `weighed`
    units: float  # of the asset


class LinearTable(Table[Flows]):
    """Fixed flows (dates,), floating periods (periods,), each netted over all instruments, forwards and the asset.

    Where they are many they are carried to a few times; see `markets.products.condensed`.

    A period whose rate is not yet fixed pays P(s) / P(e) - 1 on the projection curve P, so its value is
    exp(spread (e - s) + basis) DF(s) - DF(e): two flows. A fixed one is a flow whose amount differs by path.
    """

    order: ClassVar[int] = 2
    bends: ClassVar[bool] = True

    def __init__(self, items: Sequence[Linear], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start = clock, start
        legs = [start.asked(item, clock, item.legs) for item in items]
        fixed: dict[date, float] = defaultdict(float)
        floating: dict[tuple[date, date, str], tuple[Period, float]] = {}
        for each in legs:
            for day, amount in each.fixed:
                fixed[day] += amount
            for period, notional in each.floating:
                key = (period.start, period.end, period.curve)
                floating[key] = (period, floating.get(key, (period, 0.0))[1] + notional)
        self._sums: Memo[Floats] = Memo()
        self._set_fixed(fixed)
        self._set_periods([floating[key] for key in sorted(floating)])
        self._set_forwards([forward for each in legs for forward in each.forwards])
        self.asset_units = float(sum(each.units for each in legs))
        self.gross_units = float(sum(abs(each.units) for each in legs) + np.abs(self.quantity).sum())
        self.rates = any(each.rates for each in legs)
        self.dates = np.concatenate([self.expiry, self.paid, self.begin, self.end])
        self.needs = (*([SPOT] if self.gross_units else []), *(self.factors.keys if self.dates.size else ()))

    def _set_fixed(self, fixed: dict[date, float]) -> None:
        days = sorted(fixed)
        self.amount = np.array([fixed[day] for day in days])  # $
        self.paid, self.paid_years = self._seconds(days), self._years(days)

    def _set_periods(self, periods: list[tuple[Period, float]]) -> None:
        starts, ends = [p.start for p, _ in periods], [p.end for p, _ in periods]
        self.notional = np.array([size for _, size in periods])  # $ whose floating rate the book receives
        self.accrual = np.array([p.accrual for p, _ in periods])
        self.begin, self.begin_years = self._seconds(starts), self._years(starts)
        self.end, self.end_years = self._seconds(ends), self._years(ends)
        self.curves = np.array([p.curve for p, _ in periods], dtype=np.str_)  # of the rates, (periods,)
        self.projections = {name: self.start.projected(name) for name in distinct(self.curves).tolist()}
        self.factors = RateRows(self.start.curve, list(self.projections.values()))
        self.flat, self.basis = np.zeros((2, len(periods)))  # of the projection curve, (periods,)
        for name, projection in self.projections.items():
            mine = self.curves == name
            self.flat[mine] = projection.flat
            self.basis[mine] = self.start.basis(self.begin_years[mine], self.end_years[mine], name)
        self.fixings = int((self.begin <= self.clock.ticks[-1]).sum())  # periods are in order of their start

    def _set_forwards(self, forwards: list[Forward]) -> None:
        days = [forward.expiry for forward in forwards]
        self.expiry, self.expiry_years = self._seconds(days), self._years(days)
        self.quantity = np.array([forward.units for forward in forwards])
        self.price = np.array([forward.price for forward in forwards], dtype=np.float64)  # $

    # --- floating rates --------------------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """Room for every fixing of the run, (fixings, paths); those of periods under way are filled in."""
        out = np.zeros((self.fixings, paths))
        for slot in np.flatnonzero(self.begin[: self.fixings] <= self.clock.ticks[0]):
            begin, end = self.begin_years[slot], self.end_years[slot]
            out[slot] = first_fixing(self.start, self.accrual[slot], begin, end, str(self.curves[slot]))
        return out

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Write the simple forwards of the periods that start in (since, tick]."""
        ticks, begin, curve = self.clock.ticks, self.begin[: self.fixings], self.start.curve
        for slot in np.flatnonzero((begin > ticks[since]) & (begin <= ticks[tick])):
            years = max(self.end_years[slot] - self.clock.calendar_years[tick], 0.0)
            growth = curve.zero(years, snapshot.block(curve.block)) + self.flat[slot] * years
            growth = growth + self.projections[str(self.curves[slot])].growth(0.0, years, snapshot)
            fixings[slot] = np.expm1(growth + self.basis[slot]) / self.accrual[slot]
        self._sums.forget()

    def _rates(self, rows: Flows, fixings: Floats) -> Floats:
        """The fixings that multiply the rows."""
        if rows.sums is None:
            return fixings
        weights, slots = rows.sums
        return self._sums.get(lambda: weighed(weights, slots, fixings), weights, fixings)

    # --- value and risk --------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows = self.known(when)
        if len(rows.terms):
            rates = self._rates(rows, fixings)
            flow_values(self.factors.of(snapshot), rates, rows.terms, rows.slots, out)
        if rows.units:
            out += rows.units * snapshot.row(SPOT)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives."""
        rows = self.known(when)
        if len(rows.terms) and fixings is not None:
            self._add_flows(rows, snapshot, fixings, into)
        if rows.units:
            into.add(rows.units * snapshot.row(SPOT))
            into.add(rows.units, SPOT)

    def stepped(self, when: When, old: Snapshot, new: Snapshot, fixings: Floats) -> tuple[Risk, Steps] | None:
        """Value and delta in an old market, and the values as spot, then the curve moves; None on several curves."""
        rows = self.known(when)
        if len(self.factors.keys) > len(self.start.curve.nodes) or not len(rows.terms):
            return None
        slopes, values = Risk(STEPPED, new.paths), np.empty((2, new.paths))
        flows = self._rates(rows, fixings), rows.terms, rows.slots
        flow_steps(self.factors.of(old), self.factors.of(new), *flows, slopes.rows[VALUE], values)
        slopes.rows[DELTA], slopes.blank = rows.units, False
        if rows.units:
            slopes.rows[VALUE] += rows.units * old.row(SPOT)
            values += rows.units * new.row(SPOT)
        return slopes, (values[0], values[0], values[1])

    def _add_flows(self, rows: Flows, snapshot: Snapshot, fixings: Floats, into: Risk) -> None:
        nodes, out = self.factors.keys, into.filled()
        flows = self.factors.of(snapshot), self._rates(rows, fixings), rows.terms, rows.slots
        if len(out) < NODE:
            flow_values(*flows, out[VALUE])
            return
        sums = np.zeros((1 + len(nodes), snapshot.paths))
        flow_slopes(*flows, sums)
        out[VALUE] += sums[0]
        own = len(self.start.curve.nodes)
        out[NODE : NODE + own] += sums[1 : 1 + own]
        for key, slope in zip(nodes[own:], sums[1 + own :], strict=True):
            into.add(slope, key)
        if (nodes[0], nodes[0]) in into.where:
            bends = np.zeros((len(nodes), len(nodes), snapshot.paths))
            flow_bends(*flows, bends)
            for i, one in enumerate(nodes):
                for j, other in enumerate(nodes[i:], start=i):
                    into.add(bends[i, j], one, other)

    # --- alive at a moment
    # ---------------------------------------------------------------------------------------------
    def rows(self, when: When) -> Flows:
        """Flows that were unpaid after `settled`, and units of the asset.

        With `due`, only what is paid by the tick, and not the asset itself. A rate is known if its period began by
        `settled`.
        """
        mine, left = self._alive(self.expiry, self.expiry_years, when)
        left = left[mine]
        units = (self.quantity[mine] * np.exp(-self.start.dividend_yield * left)).sum()
        agreed = self.start.curve.flows(-(self.quantity * self.price)[mine], left)
        terms, slots, sums = self._cash(when)
        slots = np.concatenate([slots, np.full(len(agreed), NO_FIXING, dtype=np.int64)])
        units = float(units + (0.0 if when.due else self.asset_units))
        return Flows(together(terms, agreed), slots, sums, units)

    def _cash(self, when: When) -> tuple[Floats, Ints, tuple[Floats, Ints] | None]:
        """Terms, slots and sums of the fixed flows and of the floating periods."""
        since, curve = self.clock.ticks[when.settled], self.start.curve
        fixed, paid = self._alive(self.paid, self.paid_years, when)
        unpaid, end = self._alive(self.end, self.end_years, when)
        known, open_ = unpaid & (self.begin <= since), unpaid & (self.begin > since)
        _, begin = self._alive(self.begin, self.begin_years, when)
        growth = np.exp(self.flat * (end - begin) + self.basis)
        still = np.isin(self.curves, [name for name, by in self.projections.items() if by.spread is None])
        plain = open_ & still  # rates on curves that keep their gap
        years = np.concatenate([paid[fixed], begin[plain], end[open_]])
        amounts = np.concatenate([self.amount[fixed], (self.notional * growth)[plain], -self.notional[open_]])
        amounts, years = netted(amounts, years)
        certain = curve.flows_of_scaled(*few(curve.scaled(amounts, years), years, curve.times))
        if not still.all():
            certain = together(certain, *self._moving(open_, self.notional * growth, begin, end))
        slots, sums = np.flatnonzero(known), None
        amounts, years = curve.scaled((self.notional * self.accrual)[known], end[known]), end[known]
        if slots.size > MANY:
            weights, years = carrying(years, curve.times)
            sums, slots = (weights * amounts, slots), np.arange(len(weights))
            amounts = np.ones(len(weights))
        none = np.full(len(certain), NO_FIXING, dtype=np.int64)
        return together(certain, curve.flows_of_scaled(amounts, years)), np.concatenate([none, slots]), sums

    def _moving(self, open_: NDArray[np.bool_], amounts: Floats, begin: Floats, end: Floats) -> Iterator[Floats]:
        """Rows of the first flows of open periods on curves that a spread moves."""
        for name, projection in self.projections.items():
            mine = open_ & (self.curves == name)
            if projection.spread is not None and mine.any():
                yield self.factors.projected(projection, amounts[mine], begin[mine], end[mine])

    def _alive(self, seconds: Ints, years: Floats, when: When) -> tuple[NDArray[np.bool_], Floats]:
        """What of times is still ahead after `settled` (with `due`: and paid by the tick), and calendar years to them,
        0 where they have come.
        """
        now, since = self.clock.ticks[when.tick], self.clock.ticks[when.settled]
        elapsed = self.clock.calendar_years[when.tick] + when.later
        left = np.where(seconds <= now, 0.0, np.maximum(years - elapsed, 0.0))
        return (seconds > since) & (not when.due or seconds <= now), left

    def _seconds(self, days: list[date]) -> Ints:
        return np.array([self.clock.seconds(day) for day in days], dtype=np.int64)

    def _years(self, days: list[date]) -> Floats:
        return np.array([self.clock.calendar_years_to(day) for day in days], dtype=np.float64)


def first_fixing(start: Start, accrual: float, begin: float, end: float, curve: str = "") -> float:
    """Rate of a period under way at the start: the starting spot rate for the length of the period."""
    return start.forward_rate(0.0, end - begin, curve) / accrual
