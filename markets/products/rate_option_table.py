"""The swaptions, caps and floors of a book: options on the par rate of a swap, however short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.kernels.bachelier import (
    ANNUITY,
    FLOATING,
    NOTIONAL,
    SD,
    SIGN,
    STRIKE,
    TERMS,
    swaption_bends,
    swaption_slopes,
    swaption_values,
)
from markets.kernels.flows import flow_bends, flow_slopes, flow_values
from markets.kernels.options import VALUE
from markets.products.dates import Period
from markets.products.table import Table, When
from sim.memo import Memo

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NONE = -1  # seconds: no period begins on the day of a flow


class Optionlet(NamedTuple):
    """An option on the par rate F = L / A of the swap of two legs: pays notional A max(sign (F - strike), 0).

    It is decided at the close of `expiry`, and paid then or, where `paid` is later, at that day.
    """

    expiry: date
    paid: date
    sign: float  # +1 payer, -1 receiver
    notional: float  # $, signed
    vol: float  # normal, decimal per sqrt(trading year)
    fixed: tuple[Period, ...]
    floating: tuple[Period, ...]
    strike: float = 0.0  # decimal


class Flows(NamedTuple):
    """Both legs of a swap by day, (days,) each: a floating period pays exp(basis(s, e)) DF(s) - DF(e)."""

    seconds: Ints
    years: Floats
    accrual: Floats  # to the annuity, years
    ends: Floats  # floating periods that end then
    until_seconds: Ints  # end of the floating period that begins then, or NONE
    until_years: Floats

    def left(self, clock: Clock, tick: int, later: float = 0.0) -> tuple[Floats, Floats]:
        """Calendar years to the days, and to the ends of the periods that begin then; 0 where they have come."""
        now, elapsed = clock.ticks[tick], clock.calendar_years[tick] + later
        pairs = (self.seconds, self.years), (self.until_seconds, self.until_years)
        days, ends = (np.where(at <= now, 0.0, np.maximum(years - elapsed, 0.0)) for at, years in pairs)
        return days, ends

    def amounts(self, days: Floats, ends: Floats, start: Start) -> Floats:
        """What each day adds to annuity and floating leg per unit of its discount factor, (days, 2)."""
        growth = np.where(self.until_seconds == NONE, 0.0, np.exp(start.basis(days, np.maximum(ends, days))))
        return np.stack([self.accrual, growth - self.ends], axis=1)


def flows_of(option: Optionlet, clock: Clock) -> Flows:
    """The legs of an option's swap."""
    accrual: dict[date, float] = defaultdict(float)
    ends: dict[date, float] = defaultdict(float)
    for period in option.fixed:
        accrual[period.end] += period.accrual
    for period in option.floating:
        ends[period.end] += 1.0
    until = {period.start: period.end for period in option.floating}
    days = sorted({*accrual, *ends, *until})
    return Flows(
        np.array([clock.seconds(day) for day in days], dtype=np.int64),
        np.array([clock.calendar_years_to(day) for day in days]),
        np.array([accrual[day] for day in days]),
        np.array([ends[day] for day in days]),
        np.array([clock.seconds(until[day]) if day in until else NONE for day in days], dtype=np.int64),
        np.array([clock.calendar_years_to(until[day]) if day in until else 0.0 for day in days]),
    )


def par(options: Sequence[Optionlet], clock: Clock, start: Start) -> float:
    """The strike at which payers and receivers on all of the swaps are worth the same at the start, decimal."""
    legs = np.zeros(2)
    for option in options:
        flows = flows_of(option, clock)
        days, ends = flows.left(clock, 0)
        legs += np.array([start.discount(years) for years in days]) @ flows.amounts(days, ends, start)
    return float(legs[FLOATING] / legs[ANNUITY])


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
        flows = [flows_of(option, clock) for option in options]
        self.flows = Flows(*(np.concatenate(column) for column in zip(*flows, strict=True)))
        self.owner = np.repeat(np.arange(len(options)), [len(each.years) for each in flows])  # (flows,)
        later = (self.paid > self.expiry) & (self.expiry <= clock.ticks[-1])
        self.slot = np.where(later, np.cumsum(later) - 1, -1)  # (options,) of the fixings
        self.fixings = int(later.sum())
        self.dates = np.unique(np.concatenate([self.expiry, self.paid]))
        self.needs = start.curve.nodes
        self._flat: Memo[Floats] = Memo()

    def _set_options(self, options: Sequence[Optionlet]) -> None:
        self.expiry = np.array([self.clock.seconds(option.expiry) for option in options], dtype=np.int64)
        self.variance_years = np.array([self.clock.variance_years_to(option.expiry) for option in options])
        self.paid = np.array([self.clock.seconds(option.paid) for option in options], dtype=np.int64)
        self.paid_years = np.array([self.clock.calendar_years_to(option.paid) for option in options])
        self.accrual = np.array([sum(period.accrual for period in option.fixed) for option in options])
        self.vol = np.array([option.vol for option in options])
        self.terms = np.zeros((len(options), TERMS))
        self.terms[:, SIGN] = [option.sign for option in options]
        self.terms[:, NOTIONAL] = [option.notional for option in options]
        self.terms[:, STRIKE] = [option.strike for option in options]

    # --- vols -------------------------------------------------------------------------------------------------------
    def stretch(self, snapshot: Snapshot) -> Floats:
        """What every option's vol is times its starting one, (paths,): 1 while no factor moves the vols of rates."""
        return self._flat.get(lambda: np.ones(snapshot.paths), snapshot.paths)

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
            growth = curve.zero(left, snapshot.block(curve.block)) + float(self.start.basis(0.0, left))
            forward = np.expm1(growth) / self.accrual[i]
            fixings[self.slot[i]] = np.maximum(self.terms[i, SIGN] * (forward - self.terms[i, STRIKE]), 0.0)

    # --- value and risk ---------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        rows, curve = self.known(when), snapshot.block(self.start.curve.block)
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
        nodes = self.start.curve.nodes
        if (nodes[0],) not in into.where:
            self.value(when, snapshot, fixings, into.filled()[VALUE])
            return
        rows, curve, sums = (
            self.known(when),
            snapshot.block(self.start.curve.block),
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

    def _add_bends(self, rows: Rows, snapshot: Snapshot, fixings: Floats, into: Risk) -> None:
        nodes, curve = self.start.curve.nodes, snapshot.block(self.start.curve.block)
        bends = np.zeros((len(nodes), len(nodes), snapshot.paths))
        if len(rows.options):
            swaption_bends(curve, self.stretch(snapshot), *rows[:4], bends)
        if len(rows.slots):
            flow_bends(curve, fixings, rows.decided, rows.slots, bends)
        for i, one in enumerate(nodes):
            for j, other in enumerate(nodes[i:], start=i):
                into.add(bends[i, j], one, other)

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
        options = self.terms[open_]
        options[:, SD] = self.vol[open_] * np.sqrt(np.where(self.expiry <= now, 0.0, np.maximum(left, 0.0))[open_])
        curve, (days, ends) = self.start.curve, self.flows.left(self.clock, when.tick, when.later)
        amounts = self.flows.amounts(days, ends, self.start)
        kept = open_[self.owner] & amounts.any(axis=1)
        terms = curve.flows(curve.scaled(np.ones(kept.sum()), days[kept]), days[kept])
        count = np.bincount(self.owner[kept], minlength=open_.size)[open_]
        first = np.concatenate([[0], np.cumsum(count)])
        return Rows(options, first, terms, amounts[kept], *self._decided(decided, when))

    def _decided(self, decided: NDArray[np.bool_], when: When) -> tuple[Floats, Ints]:
        """Flows of what is decided and unpaid, per 1.00 of its fixing, and the fixings' slots."""
        curve, elapsed = self.start.curve, self.clock.calendar_years[when.tick] + when.later
        over = self.paid[decided] <= self.clock.ticks[when.tick]
        years = np.where(over, 0.0, np.maximum(self.paid_years[decided] - elapsed, 0.0))
        amounts = (self.terms[:, NOTIONAL] * self.accrual)[decided]
        return curve.flows(curve.scaled(amounts, years), years), self.slot[decided]
