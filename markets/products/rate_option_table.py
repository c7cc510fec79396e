"""The swaptions, caps and floors of a book: options on the par rate of a swap, however short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import RATES_VOL
from markets.kernels.bachelier import (
    ANNUITY,
    FLOATING,
    NOTIONAL,
    RESPONSE,
    SD,
    SIGN,
    STRIKE,
    TERMS,
    swaption_bends,
    swaption_slopes,
    swaption_values,
    swaption_vegas,
)
from markets.kernels.flows import AMOUNT, NO_FIXING, flow_bends, flow_slopes, flow_values
from markets.kernels.options import VALUE
from markets.products.dates import Period
from markets.products.projection import RateRows
from markets.products.table import Table, When
from markets.vols.smile import term_response
from sim.memo import Memo
from sim.named_tuple import NamedTuple
from sim.vectors import distinct

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from markets.products.vega_grid import VegaGrid
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# What is paid on a day, to the annuity, years, and to the floating leg. The second day is the end of a period whose
# floating rate is read from a curve that moves on its own; else it is the first.
Days = dict[tuple[date, date], tuple[float, float]]


_NO_FIXINGS = np.empty((0, 0))


class Optionlet(NamedTuple):
    """An option on the par rate F = L / A of the swap of two legs: pays notional A max(sign (F - strike), 0).

    It is decided at the close of `expiry`, and paid then or, where `paid` is later, at that day.
    """

    expiry: date
    paid: date
    sign: float  # +1 payer, -1 receiver
    notional: float  # $, signed
    fixed: tuple[Period, ...]
    floating: tuple[Period, ...]
    strike: float = 0.0  # decimal
    vol: float = 0.0  # normal, decimal per sqrt(trading year)

    def days(self, clock: Clock, start: Start) -> Days:
        """Both legs as amounts by day; a floating period pays exp(spread (e - s) + basis) DF(s) - DF(e)."""
        found: dict[tuple[date, date], list[float]] = defaultdict(lambda: [0.0, 0.0])
        moves = start.projected().spread is not None
        for period in self.fixed:
            found[period.end, period.end][ANNUITY] += period.accrual
        for period in self.floating:
            begin, end = clock.calendar_years_to(period.start), clock.calendar_years_to(period.end)
            growth = start.projection_spread * (end - begin) + float(start.basis(begin, end))
            found[period.start, period.end if moves else period.start][FLOATING] += np.exp(growth)
            found[period.end, period.end][FLOATING] -= 1.0
        kept = {day: (legs[ANNUITY], legs[FLOATING]) for day, legs in found.items() if any(legs)}
        return dict(sorted(kept.items()))


def par(options: Sequence[Optionlet], clock: Clock, start: Start) -> float:
    """The strike at which payers and receivers on all of the swaps are worth the same at the start, decimal."""
    legs = np.zeros(2)
    for option in options:
        for (day, until), amounts in option.days(clock, start).items():
            begin, end = clock.calendar_years_to(day), clock.calendar_years_to(until)
            legs += start.discount(begin) * np.exp(start.spread_growth(begin, end)) * np.array(amounts)
    return float(legs[FLOATING] / legs[ANNUITY])


def vol_of(option: Optionlet, given: float | None, clock: Clock, start: Start) -> float:
    """The normal vol of an option with its strike: as given, or the market's, decimal per sqrt(trading year)."""
    if given is not None:
        return given
    years = clock.calendar_years_to(option.expiry)
    tenor = clock.calendar_years_to(option.fixed[-1].end) - years
    return start.rate_vol(years, tenor, option.strike, par([option], clock, start))


class RateOption(Protocol):
    """An instrument that is nothing but optionlets."""

    def optionlets(self, clock: Clock, start: Start) -> list[Optionlet]:
        """What is still to be decided. Raises UserError where that is nothing."""


class Rows(NamedTuple):
    """What is alive at a moment: options still open, and amounts that are decided."""

    options: Floats  # (open, TERMS) of `markets.kernels.bachelier`
    first: Ints  # (open + 1,) where the flows of each begin
    terms: Floats  # (flows, FLOW_TERMS) of one unit each
    amounts: Floats  # (flows, 2)
    decided: Floats  # (decided, FLOW_TERMS), $ per 1.00 of the fixing
    slots: Ints  # (decided,) of the fixings
    spans: Floats  # (open, SPANS)


class OpenOption(NamedTuple):
    """An option that is not decided yet, as an agreement states it; see `Optionlet`."""

    sign: float
    notional: float
    strike: float
    years: float  # calendar years to its expiry
    tenor: float  # years, of its swap
    forward: Floats  # (paths,) decimal


EXPIRY, TENOR, ROOT = range(3)
SPANS = 3  # of an open option: years to expiry, length of its swap in years, square root of the trading years left


class RateOptionTable(Table[Rows]):
    """Options on rates in columns, (options,) each, in the order of their expiry.

    The fixings of a period that is paid later than it is decided are what the option then pays as a rate,
    max(sign (F - K), 0).
    """

    order: ClassVar[int] = 3
    bends: ClassVar[bool] = True

    def __init__(self, items: Sequence[RateOption], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start, self.rates = clock, start, True
        found = [option for item in items for option in item.optionlets(clock, start)]
        options = sorted(found, key=lambda option: option.expiry)
        self._set_options(options)
        self._set_flows([option.days(clock, start) for option in options])
        later = (self.paid > self.expiry) & (self.expiry <= clock.ticks[-1])
        self.slot = np.where(later, np.cumsum(later) - 1, -1)  # (options,) of the fixings
        self.fixings = int(later.sum())
        self.dates = distinct(np.concatenate([self.expiry, self.paid]))
        self.projection = start.projected()
        self.factors = RateRows(start.curve, [self.projection])
        self.needs = self.factors.keys
        self._stretch: Memo[Floats] = Memo()
        moved = RATES_VOL in start.snapshot.keys
        self.vol_base = float(start.snapshot.row(RATES_VOL)[0]) if moved else None  # level of the factor at the start
        if moved:
            self.needs = (*self.needs, RATES_VOL)

    def _set_options(self, options: Sequence[Optionlet]) -> None:
        self.expiry = np.array([self.clock.seconds(option.expiry) for option in options], dtype=np.int64)
        self.variance_years = np.array([self.clock.variance_years_to(option.expiry) for option in options])
        self.paid = np.array([self.clock.seconds(option.paid) for option in options], dtype=np.int64)
        self.paid_years = np.array([self.clock.calendar_years_to(option.paid) for option in options])
        self.begin_years = np.array([self.clock.calendar_years_to(option.expiry) for option in options])
        ends = np.array([self.clock.calendar_years_to(option.fixed[-1].end) for option in options])
        self.tenor = ends - self.begin_years
        self.accrual = np.array([sum(period.accrual for period in option.fixed) for option in options])
        self.vol = np.array([option.vol for option in options])
        self.terms = np.zeros((len(options), TERMS))
        self.terms[:, SIGN] = [option.sign for option in options]
        self.terms[:, NOTIONAL] = [option.notional for option in options]
        self.terms[:, STRIKE] = [option.strike for option in options]

    def _set_flows(self, legs: Sequence[Days]) -> None:
        days = [days for each in legs for days in each]
        self.flow_seconds = np.array([self.clock.seconds(day) for day, _ in days], dtype=np.int64)
        self.flow_years = np.array([self.clock.calendar_years_to(day) for day, _ in days])
        self.until_seconds = np.array([self.clock.seconds(day) for _, day in days], dtype=np.int64)
        self.until_years = np.array([self.clock.calendar_years_to(day) for _, day in days])
        self.flow_amounts = np.array([amounts for each in legs for amounts in each.values()], dtype=np.float64)
        self.flow_count = np.array([len(each) for each in legs], dtype=np.int64)

    # --- vols -------------------------------------------------------------------------------------------------------
    def stretch(self, snapshot: Snapshot) -> Floats:
        """Log of what short options' vols are times their starting ones, (paths,): 0 while no factor moves them."""
        if self.vol_base is None:
            return self._stretch.get(lambda: np.zeros(snapshot.paths), snapshot.paths)
        vol, base = snapshot.row(RATES_VOL), self.vol_base
        return self._stretch.get(lambda: np.log(vol / base), vol)

    # --- what is fixed ----------------------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """Room for what is decided in the run, (fixings, paths)."""
        return np.zeros((self.fixings, paths))

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Write what options decided in (since, tick] pay as a rate, max(sign (F - K), 0)."""
        ticks, curve = self.clock.ticks, self.start.curve
        fresh = (self.slot >= 0) & (self.expiry > ticks[since]) & (self.expiry <= ticks[tick])
        for i in np.flatnonzero(fresh):
            left = max(self.paid_years[i] - self.clock.calendar_years[tick], 0.0)
            period = self.paid_years[i] - self.begin_years[i]
            growth = curve.zero(left, snapshot.block(curve.block)) + self.start.projection_spread * period
            growth = growth + float(self.start.basis(self.begin_years[i], self.paid_years[i]))
            growth = growth + self.projection.growth(0.0, left, snapshot)
            forward = np.expm1(growth) / self.accrual[i]
            fixings[self.slot[i]] = np.maximum(self.terms[i, SIGN] * (forward - self.terms[i, STRIKE]), 0.0)

    # --- value and risk ---------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows, curve = self.known(when), self.factors.of(snapshot)
        if len(rows.options):
            swaption_values(curve, self.stretch(snapshot), *rows[:4], out)
        if len(rows.slots):
            flow_values(curve, fixings, rows.decided, rows.slots, out)

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives by the nodes. `vol_multiplier` is of vols of the asset, and scales none here."""
        if fixings is None:
            return
        nodes = self.factors.keys
        if (nodes[0],) not in into.where:
            self.value(when, snapshot, fixings, into.filled()[VALUE])
            return
        rows, curve, sums = (
            self.known(when),
            self.factors.of(snapshot),
            np.zeros((1 + len(nodes), snapshot.paths)),
        )
        if len(rows.options):
            swaption_slopes(curve, self.stretch(snapshot), *rows[:4], sums)
        if len(rows.slots):
            flow_slopes(curve, fixings, rows.decided, rows.slots, sums)
        into.add(sums[0])
        for node, slope in zip(nodes, sums[1:], strict=True):
            into.add(slope, node)
        if (nodes[0], nodes[0]) in into.where:
            self._add_bends(rows, snapshot, fixings, into)
        if into.grid is not None and len(rows.options):
            self._add_vegas(rows, snapshot, into.grid, into)

    def open_options(self, when: When, snapshot: Snapshot) -> list[OpenOption]:
        """Every option that is not decided yet, with its forward rate."""
        rows, curve = self.known(when), self.factors.of(snapshot)
        found = []
        for k, option in enumerate(rows.options):
            own = slice(rows.first[k], rows.first[k + 1])
            legs = np.zeros((2, snapshot.paths))
            for leg in (ANNUITY, FLOATING):
                terms = rows.terms[own].copy()
                terms[:, AMOUNT] *= rows.amounts[own, leg]
                flow_values(curve, _NO_FIXINGS, terms, np.full(len(terms), NO_FIXING, dtype=np.int64), legs[leg])
            sign, notional, strike, years, tenor = map(float, (*option[[SIGN, NOTIONAL, STRIKE]], *rows.spans[k, :2]))
            found.append(OpenOption(sign, notional, strike, years, tenor, legs[FLOATING] / legs[ANNUITY]))
        return found

    def _add_bends(self, rows: Rows, snapshot: Snapshot, fixings: Floats, into: Risk) -> None:
        nodes, curve = self.factors.keys, self.factors.of(snapshot)
        bends = np.zeros((len(nodes), len(nodes), snapshot.paths))
        if len(rows.options):
            swaption_bends(curve, self.stretch(snapshot), *rows[:4], bends)
        if len(rows.slots):
            flow_bends(curve, fixings, rows.decided, rows.slots, bends)
        for i, one in enumerate(nodes):
            for j, other in enumerate(nodes[i:], start=i):
                into.add(bends[i, j], one, other)

    def _add_vegas(self, rows: Rows, snapshot: Snapshot, grid: VegaGrid, into: Risk) -> None:
        """$ per 1.00 of each bucket's normal vol, or per unit of its log at the vols of the start."""
        curve, vegas = self.factors.of(snapshot), np.zeros((len(grid.keys), snapshot.paths))
        shares = grid.weights(rows.spans[:, EXPIRY], rows.spans[:, TENOR])
        roots = np.ascontiguousarray(rows.options[:, SD] if grid.relative else rows.spans[:, ROOT])
        swaption_vegas(curve, self.stretch(snapshot), rows.options, roots, shares, *rows[1:4], vegas)
        for key, vega in zip(grid.keys, vegas, strict=True):
            into.add(vega, key)

    # --- what is alive ----------------------------------------------------------------------------------------------
    def rows(self, when: When) -> Rows:
        """Options that were undecided after `settled`, and amounts that were decided by then and unpaid.

        With `due`, only what is paid by the tick. What is decided by the tick has no time
        left: its value is the payoff.
        """
        now, since = self.clock.ticks[when.tick], self.clock.ticks[when.settled]
        alive = (self.paid > since) & (not when.due or self.paid <= now)
        open_, decided = alive & (self.expiry > since), alive & (self.expiry <= since)
        left = self.variance_years - (self.clock.variance_years[when.tick] + when.later)
        options, reversion = self.terms[open_], self.start.term_reversion
        left = np.where(self.expiry <= now, 0.0, np.maximum(left, 0.0))[open_]
        options[:, RESPONSE] = term_response(left, reversion)
        options[:, SD] = self.vol[open_] * np.sqrt(left)
        ahead = self._left(self.expiry[open_], self.begin_years[open_], when)
        flows = np.repeat(open_, self.flow_count)
        years = self._left(self.flow_seconds[flows], self.flow_years[flows], when)
        until = self._left(self.until_seconds[flows], self.until_years[flows], when)
        terms = self.factors.projected(self.projection, np.ones(years.size), years, until)
        amounts = (self.terms[:, NOTIONAL] * self.accrual)[decided]
        paid = self.start.curve.flows(amounts, self._left(self.paid[decided], self.paid_years[decided], when))
        first = np.concatenate([[0], np.cumsum(self.flow_count[open_])])
        spans = np.stack([ahead, self.tenor[open_], np.sqrt(left)], axis=1)
        return Rows(options, first, terms, self.flow_amounts[flows], paid, self.slot[decided], spans)

    def _left(self, seconds: Ints, years: Floats, when: When) -> Floats:
        """Calendar years to times, 0 where they have come."""
        elapsed = self.clock.calendar_years[when.tick] + when.later
        return np.where(seconds <= self.clock.ticks[when.tick], 0.0, np.maximum(years - elapsed, 0.0))
